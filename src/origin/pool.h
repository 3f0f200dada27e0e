/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool: connections of one worker to origins, kept alive and bounded. An origin is an address and port, and with TLS
 * the name and the way of checking it; each has idle connections (the newest is reused first), a count, and a queue of
 * requests that wait when the count is at its bound.
 */
#ifndef ORIGIN_POOL_H
#define ORIGIN_POOL_H

#include "proto/h1_client.h"

struct pool;
struct pool_origin;

/* A request that wants a connection. Embedded in the caller's request; zero-initialise. */
struct pool_wait {
	struct pool_wait *next, **prev; /* in the origin's queue while waiting */
	struct pool_origin *origin;     /* NULL when not waiting */
	struct loop_timer timer;
	/* The connection is there (error OK, the caller owns it until pool_give), or waiting failed. Not called from
	 * inside pool_take. */
	void (*ready)(struct pool_wait *w, struct h1_client *c, enum err e);
};

/* A pool for the worker of p; p is borrowed. */
struct pool *pool_new(struct proto *p) __attribute__((returns_nonnull));
/* Closes every idle connection. No connection may be out and nobody may wait. NULL is fine. */
void pool_free(struct pool *pool);

/*
 * Asks for a connection to `to`.
 * fresh: do not reuse a kept one (the last kept one failed).
 * Returns OK with *ret_client (reused, or new and still connecting); ERR_AGAIN: queued, w->ready comes; ERR_QUEUE_FULL;
 * ERR_ORIGIN_CONNECT, ERR_ORIGIN_UNREACHABLE, ERR_SYSTEM when it failed at once.
 * cost: one hash look-up; a new connection allocates.
 */
enum err pool_take(struct pool *pool, const struct h1_client_to *to, bool fresh, struct pool_wait *w,
		   struct h1_client **ret_client) MUST_USE;
/* Stops waiting. No-op when not waiting. */
void pool_cancel(struct pool *pool, struct pool_wait *w);
/* Gives a connection back: kept when it is reusable and there is room, handed to who waits, or closed. */
void pool_give(struct pool *pool, struct h1_client *c);

#endif
