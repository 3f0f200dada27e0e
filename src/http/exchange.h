/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange: one request and its response, between a protocol session (HTTP/1 now; others later) and whoever answers
 * (the edge's request machine, the sample app). Two small vtables: `ops` is what the answering side may ask of the
 * session, `handler` is what the session tells the answering side. No I/O of its own.
 *
 * Order of calls: begin; then any of on_body / on_room; the handler answers with head, write…, finish. After finish or
 * abort, or after on_gone, neither side uses the exchange any more.
 */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/ip.h"
#include "http/http_tls.h"
#include "wire/h1_head.h"

struct http_request {
	struct slice method;
	enum method method_id;
	struct slice host; /* with port as sent; empty only for HTTP/1.0 without Host */
	struct slice path; /* with query; starts with '/', or "*" */
	struct field *fields;
	size_t fields_n;
	uint8_t version; /* 10, 11, later 20, 30 */
	bool tls;
	const char *tls_version, *tls_cipher; /* "TLSv1.3", "TLS_AES_128_GCM_SHA256"; NULL when plain */
	const struct http_tls *visitor;       /* more about that connection; NULL when plain */
	bool early;    /* came as early data (RFC 8446 2.3) of a handshake that is not over: it may be a replay */
	bool has_body; /* content follows (possibly of length 0 when chunked) */
	bool has_length;
	uint64_t length;
	bool upgrade; /* asks to switch protocols */
	bool expect_continue;
	struct ip_port client; /* the peer of the connection */
	struct ip_port local;
};

enum http_body {
	HTTP_BODY_NONE,   /* no content; a Content-Length field may still stand among the fields (HEAD, 304) */
	HTTP_BODY_LENGTH, /* exactly `length` bytes follow */
	HTTP_BODY_STREAM, /* unknown length: chunked, or until close */
	HTTP_BODY_TUNNEL  /* status 101: raw bytes both ways from here */
};

struct http_response {
	uint16_t status;
	enum http_body body;
	uint64_t length;
	/* Stored fields: as an array, and the same as ready-made "Name: value\r\n" lines when there are any. */
	const struct field *stored;
	size_t stored_n;
	struct slice stored_h1;
	/* Fields of this answer, written after the stored ones. Framing fields are the session's own business. */
	const struct field *fields;
	size_t fields_n;
	/* Ends the connection after this answer (HTTP/1). */
	bool close;
};

struct exchange;

struct exchange_ops {
	/*
	 * Moves the request (all slices of x->req) into x->arena, so that it outlives the current call. Must be called
	 * before returning from begin without having finished. errors: ERR_ARENA_FULL.
	 */
	enum err (*keep)(struct exchange *x);
	/* Sends an interim response (100, 103 …). No-op for HTTP/1.0. */
	void (*interim)(struct exchange *x, uint16_t status, const struct field *fields, size_t n);
	/* Sends the final head. Once. */
	void (*head)(struct exchange *x, const struct http_response *r);
	/* Offers body bytes; returns how many were taken (0 to n); fewer than n: wait for on_room. */
	size_t (*write)(struct exchange *x, struct slice data);
	/* Takes all body bytes, copying what cannot be sent now; look at room() to know when to stop. */
	void (*write_all)(struct exchange *x, struct slice data);
	/* Whether more may be written now; when false, on_room will come. */
	bool (*room)(struct exchange *x);
	/* Ends the answer; trailers are sent where the protocol can. x is dead for the caller afterwards. */
	void (*finish)(struct exchange *x, const struct field *trailers, size_t n);
	/* Cuts the answer so that the client sees it is incomplete. x is dead for the caller afterwards. */
	void (*abort)(struct exchange *x);
	/* Turns delivery of the request body on or off; off at begin. */
	void (*read)(struct exchange *x, bool on);
};

struct exchange_handler {
	/* A complete request head. x->req is valid during the call only, unless keep is called. */
	void (*begin)(struct exchange *x);
	/*
	 * A request that could not be parsed: answer it with an error page; the session closes afterwards. x->req holds
	 * what is known (client and local always; the rest may be empty).
	 */
	void (*refuse)(struct exchange *x, enum err why);
	/* Body bytes, borrowed for the call; end: the body is complete (data may be empty). In a tunnel: raw bytes;
	 * end: the client ended its direction. */
	void (*on_body)(struct exchange *x, struct slice data, bool end);
	/* Room again after write took less or room() was false. */
	void (*on_room)(struct exchange *x);
	/* The client is gone or broke the rules in its body (why); nothing more can be sent. x is dead after the call.
	 */
	void (*on_gone)(struct exchange *x, enum err why);
};

struct exchange {
	const struct exchange_ops *ops;
	const struct exchange_handler *handler;
	void *server; /* the handler's per-worker argument, set by the session */
	void *owner;  /* the handler's state of this request; NULL at begin */
	struct http_request req;
	struct arena *arena; /* lives until finish, abort or on_gone; budget request_arena_bytes */
	uint64_t bytes_out;  /* head and body bytes of this answer handed to the connection so far */
};

#endif
