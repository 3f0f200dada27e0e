/* SPDX-License-Identifier: Apache-2.0 */
/*
 * body: the bytes of an answer in memory, written by one thread and read by many without locks; private to the cache
 * room. Counted: one per object that shows it.
 *
 * Chunks never move. The first has the announced length when that is at most 1 MiB, or the size of the first append;
 * those after it double from 4 KiB to 1 MiB (1 MiB at once when a longer length was announced), so that the chunk of an
 * offset is found by arithmetic and at most half is unused. A disk tier would come in here: readers only ever ask for
 * the run at an offset.
 */
#ifndef CACHE_BODY_H
#define CACHE_BODY_H

#include "base/err.h"
#include "base/slice.h"

enum { BODY__NEAR_CHUNKS = 10 };
enum body__state { BODY__OPEN, BODY__WHOLE, BODY__BROKEN };

struct cache__body {
	uint32_t refs;
	uint8_t state;    /* enum body__state; atomic */
	uint8_t shift;    /* the second chunk is 1 << shift bytes */
	uint64_t bytes;   /* readable; atomic, released by the writer */
	uint64_t length;  /* announced, or UINT64_MAX */
	uint64_t bound;   /* never more than this */
	uint64_t charged; /* bytes of memory; the writer's, then fixed */
	uint64_t first_cap;
	char *near[BODY__NEAR_CHUNKS];
	char **far; /* the rest, allocated for the bound when it is first needed */
};

struct cache;

/* Empty and open, one reference, charged. length: announced, or UINT64_MAX. errors: NULL when memory is short. */
struct cache__body *body__new(struct cache *c, uint64_t length, uint64_t bound);
void body__ref(struct cache__body *b);
/* The last one frees and gives the bytes back. NULL is fine. */
void body__unref(struct cache *c, struct cache__body *b);
/* Writer: copies data behind what is there. errors: ERR_BODY_LARGE (over the bound or the announced length),
 * ERR_MEMORY; some of it may be there then. */
enum err body__append(struct cache *c, struct cache__body *b, struct slice data) MUST_USE;
/* Writer: no more comes. */
void body__end(struct cache__body *b, enum body__state state);
enum body__state body__state(const struct cache__body *b);
uint64_t body__bytes(const struct cache__body *b);
/* The run at `at`, inside one chunk, not past `bytes`, which was read before with body__bytes; empty at the end. */
struct slice body__run(const struct cache__body *b, uint64_t at, uint64_t bytes);

#endif
