/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2_call: the state of one HTTP/2 connection to an origin, and of one request and its answer on it; private to
 * h2_client.c (the connection) and h2_call.c (the exchanges).
 */
#ifndef PROTO_H2_CALL_H
#define PROTO_H2_CALL_H

#include "base/buf.h"
#include "proto/h2_client.h"

#include <nghttp2/nghttp2.h>

enum { H2_CALL_WINDOW = 262144 /* of answers, kept until their owner reads them */ };

/* One exchange. Lifetime: until its owner gives it back. */
struct h2_call {
	struct client base; /* first: one is the other */
	uint32_t magic;     /* OBJ_H2_CALL */
	int32_t id;         /* 0: not begun; -1: there is no stream any more */
	struct h2_client *c;
	struct h2_call *next, **prev; /* c->calls; prev NULL: out of it */
	struct loop_timer timer;
	struct loop_task task; /* hands over what waits in `in`, or frees */
	struct client_timeouts timeouts;
	enum method method;

	/* request */
	struct buf out; /* body that was not sent */
	uint64_t began_ms, sent_ms;
	bool request_done, deferred, want_room;

	/* answer */
	struct buf head; /* fields as they came: two lengths, name, value */
	size_t fields_n;
	uint16_t status;
	struct buf in;     /* body that the owner did not read */
	uint64_t since_ms; /* last progress */
	bool large;        /* the head goes past its bounds */
	bool got_head, got_byte, read_on;
	bool ended;    /* all of it came */
	bool trailers; /* head holds them */
	bool over;     /* on_end or on_error was called */
	bool freed;    /* given back */
};

struct h2_client {
	uint32_t magic; /* OBJ_H2_CLIENT */
	struct proto *p;
	struct h2_client_setup setup;
	struct loop_io io;
	struct loop_timer timer;
	struct loop_task task; /* runs or frees */
	struct tls_session *tls;
	nghttp2_session *session;
	struct h2_call *calls;
	size_t calls_n;
	struct buf out;     /* frames that the socket did not take */
	nghttp2_nv *fields; /* of a request being begun; room for fields_max */
	size_t fields_max;
	uint64_t began_n; /* requests, ever */
	uint64_t sent_ms, heard_ms, idle_ms;
	struct tls_trouble trouble; /* an alert instead of an answer */
	bool writable, readable, fin_hint, running;
	bool heard;     /* a byte came, ever */
	bool stop;      /* no new requests */
	bool said_over; /* and the pool knows */
	bool broken, closed;
};

/* h2_client.c: the connection has something to do at the end of the turn. */
void h2_client_wake(struct h2_client *c);
/* h2_client.c: an exchange has left. */
void h2_client_idle(struct h2_client *c);
/* h2_call.c: what h2_client_stream and h2_client_release say. */
struct client *h2_call_new(struct h2_client *c) __attribute__((returns_nonnull));
void h2_call_release(struct client *base);
/* h2_call.c: sets the callbacks of a session. */
void h2_call_callbacks(nghttp2_session_callbacks *cb);
/* h2_call.c: tells the owners who wait for room, when there is. */
void h2_call_rooms(struct h2_client *c);
/* h2_call.c: ends the exchange with an error, once. */
void h2_call_fail(struct h2_call *s, enum err e);
/* h2_call.c: whether the owner has the head. */
bool h2_call_answered(const struct h2_call *s);
/* h2_call.c: no longer one of its connection. */
void h2_call_unlink(struct h2_call *s);

#endif
