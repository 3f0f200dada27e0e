/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h1_conn: the state of one HTTP/1.1 client connection; private to h1_server.c (input) and h1_reply.c (output).
 * Lifetime word: connection. Recycled through proto->conns_free.
 */
#ifndef PROTO_H1_CONN_H
#define PROTO_H1_CONN_H

#include "base/buf.h"
#include "base/check.h"
#include "proto/proto.h"
#include "proto/transport.h"
#include "sys/sock.h"
#include "wire/h1_chunk.h"

enum h1_conn_state {
	H1_CONN_IDLE,   /* between requests, nothing received of the next */
	H1_CONN_HEAD,   /* part of a head received */
	H1_CONN_ACTIVE, /* an exchange is with the handler */
	H1_CONN_LINGER, /* answered for the last time: flush, then read on a little and close */
	H1_CONN_CLOSED  /* descriptor closed; the struct goes away at the end of the turn */
};

enum h1_conn_body { H1_CONN_NO_BODY, H1_CONN_LENGTH, H1_CONN_CHUNKED, H1_CONN_RAW };

struct h1_conn {
	uint32_t magic; /* OBJ_H1_CONN */
	uint8_t state;  /* enum h1_conn_state */
	uint8_t body;   /* enum h1_conn_body: of the request */
	struct loop_io io;
	struct loop_timer timer;
	struct loop_task task;
	struct proto *p;
	struct h1_conn *next, **prev; /* proto->conns */
	struct rest rest;             /* in IDLE and HEAD */
	struct exchange x;
	struct arena arena;
	struct tls_session *tls; /* NULL: plain. Owned */
	const char *tls_version, *tls_cipher;
	const struct http_tls *visitor;
	struct ip_port peer, local;
	struct slice head; /* bytes that x.req points into, until keep */

	/* input */
	struct slice cur; /* bytes at hand during h1_server__run */
	bool cur_shared;  /* cur lies in proto->in */
	struct buf in;    /* bytes kept between turns */
	size_t scanned;   /* how far the search for the end of a head has come */
	struct h1_chunk chunk;
	uint64_t body_left;
	uint64_t since_ms;            /* when the current wait began */
	bool readable, fin_hint, fin; /* fin_hint: the kernel says a FIN is queued; fin: we read it */
	bool starved;                 /* what is at hand is not enough: receive more first */
	bool read_on;                 /* the handler wants body bytes */
	bool body_done;
	bool kept;       /* x.req lives in the arena */
	bool registered; /* with the loop */
	bool running;    /* inside h1_server__run */
	bool again;      /* woken during h1_server__run */

	/* output */
	struct buf out;
	uint64_t reply_left; /* announced bytes still to come */
	uint8_t reply;       /* enum http_body as sent */
	bool writable, broken, want_room;
	bool head_sent, reply_chunked, reply_bodyless, reply_close;
	bool sent_fin;
	uint64_t sent_ms; /* last time bytes left while more were waiting */
	unsigned served;  /* requests answered in this turn */
};

/* h1_reply.c: the output side as exchange_ops. Process lifetime. */
const struct exchange_ops *h1_reply_ops(void);
/* Sends what is assembled or queued; sets broken on failure. */
void h1_reply_flush(struct h1_conn *c);
/* True when nothing waits to be sent. */
bool h1_reply_drained(const struct h1_conn *c);
/* A minimal answer by the session itself, for errors in the middle of a request. Only while no head was sent. */
void h1_reply_canned(struct h1_conn *c, uint16_t status);

/* h1_server.c: the reply is complete; next request, linger or close. */
void h1_server_replied(struct h1_conn *c);
/* h1_server.c: closes the descriptor now and the struct at the end of the turn. The exchange must be over. */
void h1_server_close(struct h1_conn *c, bool reset);
/* h1_server.c: looks at the connection again in this turn (after broken, or when reading was turned on). */
void h1_server_wake(struct h1_conn *c);

#endif
