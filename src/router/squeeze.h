/* SPDX-License-Identifier: Apache-2.0 */
/*
 * squeeze: answers of apps in gzip (RFC 1952) while they pass through: which ones, and one stream for each. A stream
 * costs 260 KiB, so a worker has a bounded number of them and uses them again. One thread.
 */
#ifndef ROUTER_SQUEEZE_H
#define ROUTER_SQUEEZE_H

#include "wire/h1_head.h"

struct squeeze;

/* The streams of one worker. */
struct squeeze_pool {
	struct squeeze *free;
	size_t n, max; /* made so far */
};

/* Where compressed bytes go; valid during the call only. */
typedef void (*squeeze_out)(void *arg, struct slice data);

enum squeeze_more {
	SQUEEZE_LATER, /* more comes at once: bytes may stay in the stream */
	SQUEEZE_NOW,   /* who reads is waiting: everything leaves */
	SQUEEZE_END
};

/* Whether bodies of that Content-Type are worth it: the list of text types. */
bool squeeze_is_type(struct slice content_type);
/*
 * Whether the answer `h` is one to compress for a client that accepts it: a type of the list, not encoded yet, a whole
 * body of some length, and no "no-transform". method: the request's.
 */
bool squeeze_fits(const struct h1_response *h, enum method method);

/* At most max streams at a time. */
void squeeze_init(struct squeeze_pool *s, size_t max);
/* Frees; every stream must have been given back. */
void squeeze_fini(struct squeeze_pool *s);
/* A stream, or NULL: they are all in use. Give it back with squeeze_give. cost: allocates the first time. */
struct squeeze *squeeze_take(struct squeeze_pool *s);
/* NULL is fine. */
void squeeze_give(struct squeeze_pool *s, struct squeeze *z);
/* Compresses data, which may be empty, and calls out for what leaves. */
void squeeze_write(struct squeeze *z, struct slice data, enum squeeze_more more, squeeze_out out, void *arg);

#endif
