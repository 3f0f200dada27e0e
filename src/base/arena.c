/* SPDX-License-Identifier: Apache-2.0 */
/* arena: see arena.h. Blocks larger than ARENA_BLOCK_BYTES are single-use and never pooled. */
#include "base/arena.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>

struct arena_block {
	struct arena_block *next;
	size_t cap;
	char data[];
};

#ifdef SEAWALL_ASAN_ARENA
enum { ARENA__EACH = 1 };
#else
enum { ARENA__EACH = 0 };
#endif

enum { ARENA__ALIGN = 16, ARENA__DATA = ARENA_BLOCK_BYTES - sizeof(struct arena_block) };

void arena_pool_init(struct arena_pool *pool, size_t free_max)
{
	*pool = (struct arena_pool){ .free_max = free_max };
}

void arena_pool_fini(struct arena_pool *pool)
{
	while (pool->free) {
		struct arena_block *b = pool->free;
		pool->free = b->next;
		mem_free(b);
	}
	pool->free_count = 0;
}

void arena_init(struct arena *a, struct arena_pool *pool, size_t budget_bytes)
{
	*a = (struct arena){ .pool = pool, .budget_bytes = budget_bytes };
}

void arena_reset(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *b = a->blocks;
		a->blocks = b->next;
		if (!ARENA__EACH && b->cap == ARENA__DATA && a->pool && a->pool->free_count < a->pool->free_max) {
#ifdef SEAWALL_DCHECK
			memset(b->data, 0xdd, b->cap);
#endif
			b->next = a->pool->free;
			a->pool->free = b;
			a->pool->free_count++;
		} else {
			mem_free(b);
		}
	}
	a->at = a->end = NULL;
	a->used_bytes = 0;
	a->full = false;
}

static struct arena_block *arena__block(struct arena *a, size_t n)
{
	size_t cap = ARENA__EACH || n > ARENA__DATA ? n : ARENA__DATA;

	if (cap == ARENA__DATA && !ARENA__EACH && a->pool && a->pool->free) {
		struct arena_block *b = a->pool->free;
		a->pool->free = b->next;
		a->pool->free_count--;
		return b;
	}
	struct arena_block *b = mem_try(sizeof *b + cap);
	if (b)
		b->cap = cap;
	return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
	if (n > a->budget_bytes) {
		a->full = true;
		return NULL;
	}
	size_t need = (n + ARENA__ALIGN - 1) & ~(size_t)(ARENA__ALIGN - 1);
	if (need == 0)
		need = ARENA__ALIGN;
	if (a->full || a->used_bytes + need > a->budget_bytes) {
		a->full = true;
		return NULL;
	}
	if ((size_t)(a->end - a->at) < need || !a->at) {
		struct arena_block *b = arena__block(a, ARENA__EACH ? (n ? n : 1) : need);
		if (!b) {
			a->full = true;
			return NULL;
		}
		b->next = a->blocks;
		a->blocks = b;
		a->used_bytes += need;
		if (ARENA__EACH)
			return b->data;
		/* A single-use block must not take the place of a pooled one that still has room. */
		if (b->cap > ARENA__DATA && (size_t)(a->end - a->at) > 0)
			return b->data;
		a->at = b->data + need;
		a->end = b->data + b->cap;
		return b->data;
	}
	char *p = a->at;
	a->at += need;
	a->used_bytes += need;
	return p;
}

void *arena_zalloc(struct arena *a, size_t n)
{
	void *p = arena_alloc(a, n);
	if (p)
		memset(p, 0, n);
	return p;
}

struct slice arena_copy(struct arena *a, struct slice s)
{
	char *p = arena_alloc(a, s.n);
	if (!p)
		return (struct slice){ NULL, 0 };
	if (s.n)
		memcpy(p, s.p, s.n);
	return slice_of(p, s.n);
}

struct slice arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *p = n >= 0 ? arena_alloc(a, (size_t)n + 1) : NULL;
	if (p)
		vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return p ? slice_of(p, (size_t)n) : (struct slice){ NULL, 0 };
}
