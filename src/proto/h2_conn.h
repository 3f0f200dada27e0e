/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2_conn: the state of one HTTP/2 connection and its streams; private to h2_server.c (life, input), h2_message.c
 * (request heads), h2_reply.c (answers), h2_guard.c (what is not let through to nghttp2).
 *
 * No handler runs inside a callback of nghttp2, because a handler answers and nghttp2 must not be called back from
 * there: callbacks only note what happened, h2_server__serve does it when nghttp2 has returned.
 */
#ifndef PROTO_H2_CONN_H
#define PROTO_H2_CONN_H

#include "base/buf.h"
#include "base/check.h"
#include "proto/proto.h"
#include "proto/transport.h"

#include <nghttp2/nghttp2.h>

enum {
	H2_STREAM_WINDOW = 262144, /* of request bodies, kept until the handler takes them */
	H2_CONN_WINDOW = 1048576,
	H2_ENDED_KEPT = 64 /* streams that we ended early, on which frames may still be on their way */
};

/* One request and its answer. Lifetime: until the stream has closed on both sides and the exchange is over. */
struct h2_stream {
	uint32_t magic; /* OBJ_H2_STREAM */
	int32_t id;
	struct h2_conn *c;
	struct h2_stream *next, **prev; /* c->streams */
	struct h2_stream *next_due;     /* c->due: something for the handler */
	struct exchange x;
	struct arena arena;

	/* request */
	size_t head_bytes, fields_cap;
	struct slice method, scheme, authority, path, cookie, protocol;
	struct buf in;       /* body that the handler has not taken */
	enum err refuse;     /* why the head is answered by an error page */
	uint64_t body_ms;    /* last time body bytes came or were asked for */
	bool head_done;      /* begin or refuse is due or done */
	bool begun;          /* the handler knows it */
	bool body_ended;     /* END_STREAM came */
	bool body_delivered; /* and the handler has it */
	bool read_on, due;
	bool connect; /* extended CONNECT (RFC 8441): for those behind us a GET that asks to switch protocols */
	bool tunnel;  /* and it was switched: DATA frames are raw bytes */

	/* answer */
	struct buf out;        /* bytes taken, not sent */
	size_t promised;       /* of a frame that nghttp2 has begun: it comes back for exactly these */
	struct slice borrowed; /* bytes of a write under way */
	uint64_t left;         /* of an announced length */
	const struct field *trailers;
	size_t trailers_n;
	uint64_t sent_ms; /* last time bytes left while more were waiting */
	bool has_length, bodyless;
	bool head_sent, finished;
	bool deferred;          /* nghttp2 waits for nghttp2_session_resume_data */
	bool want_room, hungry; /* on_room is owed; nghttp2 asked and there was nothing */
	bool closed;            /* by either side; nghttp2 has forgotten it */
	bool reset;             /* we sent or got RST_STREAM */
};

/* What passed through h2_guard.c so far. */
struct h2_guard {
	uint8_t head[9]; /* of the frame that begins */
	size_t head_n;
	size_t payload_left;
	size_t preface_left;
	size_t block_bytes; /* of the header block under way; 0: none */
	size_t decoded;     /* bytes of fields that came out of it, which can be many more */
	int32_t last_id;    /* highest stream that the client opened */
	int64_t points;     /* what is left of the budget, in thousandths */
	uint64_t points_ms; /* when it was filled up last */
	int32_t ended[H2_ENDED_KEPT];
	size_t ended_n;
};

struct h2_conn {
	uint32_t magic; /* OBJ_H2_CONN */
	struct loop_io io;
	struct loop_timer timer;
	struct loop_task task;
	struct proto *p;
	struct h2_conn *next, **prev; /* p->h2s */
	struct rest rest;             /* while there is no stream */
	struct tls_session *tls;
	struct tls_session_info info; /* of tls */
	nghttp2_session *session;
	struct h2_guard guard;
	struct h2_stream *streams, *due;
	size_t streams_n;
	struct ip_port peer, local;
	struct buf out; /* what the socket did not take */
	uint64_t since_ms, sent_ms, block_ms;
	bool registered, readable, writable, fin_hint;
	bool broken;    /* no byte can be sent any more */
	bool lingering; /* all is said; read on a little, so that the client gets it before a reset */
	bool leaving;   /* close when all is sent */
	bool inside;    /* nghttp2 is running */
	bool calm;      /* it asks for more than it may: to be ended with ENHANCE_YOUR_CALM */
	bool running, again, closed;
};

/* h2_server.c: looks at the connection again in this turn. */
void h2_server_wake(struct h2_conn *c);
/* h2_server.c: something for the handler of this stream is due. */
void h2_server_due(struct h2_stream *s);
/* h2_server.c: the exchange is over for the handler. */
void h2_server_replied(struct h2_stream *s);
/* h2_server.c: lets nghttp2 send what it has, into the worker's buffer. */
void h2_server_send(struct h2_conn *c);

/* h2_reply.c: the answering side as exchange_ops. Process lifetime. */
const struct exchange_ops *h2_reply_ops(void);
/* h2_reply.c: nghttp2's callback to send DATA. */
int h2_reply_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head, size_t n,
		       nghttp2_data_source *source, void *arg);
/* h2_reply.c: puts bytes into the worker's buffer; false when the socket is not ready for more. */
bool h2_reply_put(struct h2_conn *c, const void *p, size_t n, const void *p2, size_t n2);
/* h2_reply.c: sends what is assembled or queued; sets broken on failure. */
void h2_reply_flush(struct h2_conn *c);

/* h2_message.c: one field of the head that comes; problems become s->refuse. */
void h2_message_field(struct h2_stream *s, struct slice name, struct slice value);
/* h2_message.c: the head is complete: fills s->x.req. errors: as h1_request_parse. */
enum err h2_message_end(struct h2_stream *s, bool has_body) MUST_USE;

/* h2_guard.c: at the start of a connection. */
void h2_guard_init(struct h2_guard *g, uint64_t now_ms);
/*
 * h2_guard.c: how many of the received bytes go to nghttp2 now, at most up to the end of a frame.
 * out: *ret_code NGHTTP2_NO_ERROR, or with which the connection is to end instead of passing them.
 */
size_t h2_guard_next(struct h2_conn *c, struct slice in, uint32_t *ret_code);
/* h2_guard.c: n bytes of a field were decoded; false when a block becomes many times what a head may be. */
bool h2_guard_field(struct h2_conn *c, size_t n);
/* h2_guard.c: a header block is complete, or a stream was reset for what the client did in it: both are paid for. False
 * when the budget is used up. */
bool h2_guard_block_done(struct h2_conn *c);
bool h2_guard_fault(struct h2_conn *c);
/* h2_guard.c: we ended this stream although the client may not have. */
void h2_guard_ended(struct h2_guard *g, int32_t id);
/* h2_guard.c: an answer was complete, or DATA of n bytes left: part of the budget comes back. */
void h2_guard_answered(struct h2_guard *g);
void h2_guard_sent(struct h2_guard *g, size_t n);

#endif
