/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool: connections of one worker to origins, kept alive and bounded. An origin is an address and port, and with TLS
 * the name and the way of checking it. Each has HTTP/1.1 connections of which the idle one that was used last is taken
 * first, HTTP/2 connections that several requests share, a count, and a queue of requests that wait for one.
 */
#ifndef ORIGIN_POOL_H
#define ORIGIN_POOL_H

#include "proto/client.h"

struct pool;
struct pool_origin;

/* A request that wants a connection. Embedded in the caller's request; zero-initialise. */
struct pool_wait {
	struct pool_wait *next, **prev; /* in the origin's queue while waiting */
	struct pool_origin *origin;     /* NULL when not waiting */
	struct loop_timer timer;
	uint64_t connect_ms; /* the caller's: how long connecting may take */
	bool fresh;          /* the caller's: no kept HTTP/1.1 connection (the last one failed) */
	/* The connection is there (error OK, the caller owns it until pool_give), or waiting failed; trouble: why, when
	 * it was TLS, valid during the call, else NULL. Not called from inside pool_take. */
	void (*ready)(struct pool_wait *w, struct client *c, enum err e, const struct tls_trouble *trouble);
};

/* A pool for the worker of p; p is borrowed. */
struct pool *pool_new(struct proto *p) __attribute__((returns_nonnull));
/* Closes every idle connection. No exchange may be out and nobody may wait. NULL is fine. */
void pool_free(struct pool *pool);

/*
 * Asks for a connection to `to` (read during the call).
 * Returns OK with *ret_client (reused, or new and still connecting); ERR_AGAIN: queued, w->ready comes; ERR_QUEUE_FULL;
 * ERR_ORIGIN_CONNECT, ERR_ORIGIN_UNREACHABLE, ERR_SYSTEM when it failed at once.
 * cost: one hash look-up; a new connection allocates.
 */
enum err pool_take(struct pool *pool, const struct client_to *to, struct pool_wait *w,
		   struct client **ret_client) MUST_USE;
/* Stops waiting. No-op when not waiting. */
void pool_cancel(struct pool *pool, struct pool_wait *w);
/* Gives an exchange back: its connection is kept when it is reusable and there is room, handed to who waits, or closed.
 * A stream of HTTP/2 that is not over is reset. */
void pool_give(struct pool *pool, struct client *c);

#endif
