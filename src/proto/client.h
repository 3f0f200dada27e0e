/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client: one exchange with an origin, whichever protocol carries it: an HTTP/1.1 connection (h1_client.h) or a stream
 * of an HTTP/2 connection (h2_client.h). Where it comes from and goes to is the pool's business (origin/pool.h); what
 * to send and what to do with the answer is the owner's.
 *
 * While it is under way, events go to the owner; it ends with exactly one of on_end and on_error, and is the owner's
 * until pool_give.
 */
#ifndef PROTO_CLIENT_H
#define PROTO_CLIENT_H

#include "proto/proto.h"
#include "tls/tls_trouble.h"
#include "wire/h1_head.h"

struct client;
struct tls_session;
struct tls_identity;

struct client_events {
	/* An interim response (1xx but 101). */
	void (*on_interim)(struct client *c, const struct h1_response *r);
	/* The final head (or 101). Slices are valid during the call only. */
	void (*on_head)(struct client *c, const struct h1_response *r);
	/* Body bytes, valid during the call only. After 101: raw bytes. */
	void (*on_body)(struct client *c, struct slice data);
	/* The answer is complete; trailers valid during the call only. */
	void (*on_end)(struct client *c, const struct field *trailers, size_t n);
	/* The exchange failed: ERR_ORIGIN_*; c->why, c->again and c->trouble say more. */
	void (*on_error)(struct client *c, enum err e);
	/* Room again after client_room was false. */
	void (*on_room)(struct client *c);
};

struct client_timeouts {
	uint64_t connect_ms, first_byte_ms, read_ms;
};

enum { CLIENT_HOST_BYTES = 254 };

/* Where a connection goes. */
struct client_to {
	struct ip_port at;
	bool tls;                      /* through TLS, with p->tls_client */
	bool verify;                   /* its certificate must be valid for host or also */
	bool h2;                       /* HTTP/2 will do, when the origin offers it */
	uint16_t streams_max;          /* of HTTP/2: requests on one connection at a time, 1 to 1000 */
	struct tls_identity *identity; /* shown to the origin; NULL: none. The pool keeps a reference */
	char host[CLIENT_HOST_BYTES];  /* for TLS: SNI; empty for plain connections */
	char also[CLIENT_HOST_BYTES];  /* for TLS: another name of the certificate that will do; "": none */
};

/* One exchange as its owner wants it. */
struct client_request {
	const struct client_events *events; /* process lifetime */
	void *owner;
	enum method method; /* decides the framing of the answer */
	struct slice head;  /* the whole head as HTTP/1.1 has it; copied */
	bool has_body;      /* client_body will come */
	bool body_chunked;  /* of unknown length */
	bool trailers;      /* the visitor takes trailers (TE: trailers) */
	struct client_timeouts timeouts;
};

/* Whether a request that failed may be sent to the origin once more. */
enum client_again {
	CLIENT_NEVER, /* something came back, or the connection was new */
	CLIENT_SAFE,  /* nothing came on a connection that had been used before: methods that may be repeated */
	CLIENT_ANY    /* the origin said that it did nothing (REFUSED_STREAM, GOAWAY): every method */
};

struct client_ops {
	void (*begin)(struct client *c, const struct client_request *q);
	void (*body)(struct client *c, struct slice data, bool end);
	void (*end_tunnel)(struct client *c);
	bool (*room)(struct client *c);
	void (*read)(struct client *c, bool on);
};

/* The head of either kind. */
struct client {
	const struct client_ops *ops;
	const struct client_events *events;
	void *owner;
	void *home;    /* the pool's */
	bool h2;       /* a stream of HTTP/2 */
	uint8_t again; /* enum client_again, in on_error */
	bool wants_h1; /* in on_error: the origin wants HTTP/1.1 for this request (RFC 9113 section 7) */
	enum err why;  /* in on_error: the parse error behind ERR_ORIGIN_SYNTAX, else OK */
	struct tls_trouble
		*trouble; /* in on_error: behind ERR_ORIGIN_TLS and ERR_ORIGIN_CERT; NULL: no matter of TLS */
};

/* Starts an exchange on a connection that is new or idle. q is read during the call only. */
static inline void client_begin(struct client *c, const struct client_request *q)
{
	c->ops->begin(c, q);
}

/* Sends request body bytes (copied when they do not leave at once). end: the body is complete; data may be empty. */
static inline void client_body(struct client *c, struct slice data, bool end)
{
	c->ops->body(c, data, end);
}

/* After 101: ends our direction. */
static inline void client_end_tunnel(struct client *c)
{
	c->ops->end_tunnel(c);
}

/* Whether more body may be given; when false, on_room will come. */
static inline bool client_room(struct client *c)
{
	return c->ops->room(c);
}

/* Pauses or resumes reading the answer (back-pressure). On at begin. */
static inline void client_read(struct client *c, bool on)
{
	c->ops->read(c, on);
}

/* Another owner and other events for the exchange under way. */
static inline void client_hand_over(struct client *c, const struct client_events *events, void *owner)
{
	c->events = events;
	c->owner = owner;
}

#endif
