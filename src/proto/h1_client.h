/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h1_client: one HTTP/1.1 connection to an origin, one exchange at a time. Which connection to use is the pool's
 * business (origin/pool.h); what to send and what to do with the answer is the caller's.
 *
 * Life: open -> (connecting) -> busy -> idle -> busy … -> closed. While busy, events go to the owner; each exchange
 * ends with exactly one of on_end or on_error, and the connection is the owner's until it calls h1_client_free or gives
 * it back.
 */
#ifndef PROTO_H1_CLIENT_H
#define PROTO_H1_CLIENT_H

#include "base/buf.h"
#include "proto/proto.h"
#include "wire/h1_chunk.h"

struct h1_client;

struct h1_client_events {
	/* An interim response (1xx but 101). */
	void (*on_interim)(struct h1_client *c, const struct h1_response *r);
	/* The final head (or 101). Slices are valid during the call only. */
	void (*on_head)(struct h1_client *c, const struct h1_response *r);
	/* Body bytes, valid during the call only. After 101: raw bytes. */
	void (*on_body)(struct h1_client *c, struct slice data);
	/* The answer is complete; trailers valid during the call only. h1_client_reusable tells about the connection.
	 */
	void (*on_end)(struct h1_client *c, const struct field *trailers, size_t n);
	/*
	 * The exchange failed: ERR_ORIGIN_*; with the finer code of a parse error in h1_client_why. Before any byte of
	 * an answer on a reused connection: h1_client_untouched is true.
	 */
	void (*on_error)(struct h1_client *c, enum err e);
	/* Room again after h1_client_room was false. */
	void (*on_room)(struct h1_client *c);
};

struct h1_client_timeouts {
	uint64_t connect_ms, first_byte_ms, read_ms;
};

enum { H1_CLIENT_HOST_BYTES = 254 };

/* Where a connection goes. */
struct h1_client_to {
	struct ip_port at;
	bool tls;                        /* through TLS, with p->tls_client */
	bool verify;                     /* its certificate must be valid for host */
	char host[H1_CLIENT_HOST_BYTES]; /* for TLS: SNI; empty for plain connections */
};

/*
 * Starts connecting. Requests may be sent at once, they leave when the connection is there.
 * in: owner and events as for h1_client_begin. errors (nothing was opened): ERR_SYSTEM, ERR_ORIGIN_CONNECT,
 * ERR_ORIGIN_UNREACHABLE.
 */
enum err h1_client_open(struct proto *p, const struct h1_client_to *to, struct h1_client **ret_client) MUST_USE;
/* One exchange as its owner wants it. */
struct h1_client_request {
	const struct h1_client_events *events; /* process lifetime */
	void *owner;
	enum method method; /* decides the framing of the answer */
	struct slice head;  /* the whole request head; copied */
	bool body_chunked;  /* h1_client_body writes chunks */
	struct h1_client_timeouts timeouts;
};
/* Starts an exchange on a connection that is new or idle. q is read during the call only. */
void h1_client_begin(struct h1_client *c, const struct h1_client_request *q);
/* The owner given at begin. */
void *h1_client_owner(const struct h1_client *c);
/* Another owner and other events for the exchange under way. */
void h1_client_hand_over(struct h1_client *c, const struct h1_client_events *events, void *owner);
/* Sends request body bytes (copied when they do not leave at once). end: the body is complete; data may be empty. */
void h1_client_body(struct h1_client *c, struct slice data, bool end);
/* After 101: ends our direction. */
void h1_client_end_tunnel(struct h1_client *c);
/* Whether more body may be given; when false, on_room will come. */
bool h1_client_room(struct h1_client *c);
/* Pauses or resumes reading the answer (back-pressure). On at begin. */
void h1_client_read(struct h1_client *c, bool on);
/* After on_end: whether another exchange may use the connection. */
bool h1_client_reusable(const struct h1_client *c);
/* In on_error: no byte of an answer came and the connection had been used before: a safe request may be sent again
 * elsewhere. */
bool h1_client_untouched(const struct h1_client *c);
/* In on_error: the parse error behind ERR_ORIGIN_SYNTAX, else OK. */
enum err h1_client_why(const struct h1_client *c);
/* In on_error: what is wrong with TLS, behind ERR_ORIGIN_TLS and ERR_ORIGIN_CERT; NULL for other errors. Process
 * lifetime. */
const char *h1_client_tls_why(const struct h1_client *c);
/* Where it goes; lives as long as the connection. */
const struct h1_client_to *h1_client_to(const struct h1_client *c);
/*
 * Parks an idle connection: on_idle_end(owner) is called when the origin closes it or idle_ms passes; the caller frees
 * it then.
 */
void h1_client_park(struct h1_client *c, void (*on_idle_end)(struct h1_client *c), void *owner, uint64_t idle_ms);
/* Closes. No event comes any more. NULL is fine. */
void h1_client_free(struct h1_client *c);

#endif
