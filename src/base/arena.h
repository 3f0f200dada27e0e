/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena: bump allocation that is given back in one call, for everything that lives as long as a request
 * or a connection. Blocks come from a per-thread arena_pool, so that a steady server does not call malloc.
 *
 * Overflow is sticky: past the budget arena_alloc returns NULL and arena_full() stays true until reset; the
 * request machine looks once per step and turns it into a status. Built with -Dasan_arena=true every
 * allocation is a malloc of its own, so that sanitizers see each edge.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

enum { ARENA_BLOCK_BYTES = 8192 };

struct arena_block;

/* Recycled blocks of one thread. Not shared. Lifetime: process (worker). */
struct arena_pool {
	struct arena_block *free;
	size_t free_count;
	size_t free_max;
};

struct arena {
	struct arena_pool *pool;
	struct arena_block *blocks; /* newest first */
	char *at, *end;             /* free part of the newest block */
	size_t used_bytes, budget_bytes;
	bool full;
};

/* A pool that keeps at most free_max blocks of ARENA_BLOCK_BYTES for reuse. */
void arena_pool_init(struct arena_pool *pool, size_t free_max);
/* Frees the kept blocks. All arenas of the pool must be finished. */
void arena_pool_fini(struct arena_pool *pool);

/* An empty arena; budget_bytes bounds what arena_alloc will give in all. No allocation yet. */
void arena_init(struct arena *a, struct arena_pool *pool, size_t budget_bytes);
/* Gives every block back; the arena is as after init. Pointers from it are dead. */
void arena_reset(struct arena *a);

/*
 * n bytes, aligned for any type, not zeroed; NULL and sticky full past the budget or without memory.
 * n == 0 gives a valid pointer. Cost: a few instructions; a block from the pool each 8 KiB.
 */
void *arena_alloc(struct arena *a, size_t n);
/* As arena_alloc, zeroed. */
void *arena_zalloc(struct arena *a, size_t n);
/* A copy of s in the arena; the empty slice when full (look at arena_full). */
struct slice arena_copy(struct arena *a, struct slice s);
/* Text by printf into the arena; the empty slice when full. */
struct slice arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline bool arena_full(const struct arena *a)
{
	return a->full;
}

#endif
