/* SPDX-License-Identifier: Apache-2.0 */
/* buf: see buf.h. */
#include "base/buf.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdio.h>

void buf_init(struct buf *b, size_t max_bytes)
{
	*b = (struct buf){ .max_bytes = max_bytes };
}

void buf_fini(struct buf *b)
{
	mem_free(b->p);
	buf_init(b, b->max_bytes);
}

void buf_clear(struct buf *b)
{
	b->from = b->to = 0;
	b->full = false;
}

char *buf_room(struct buf *b, size_t n)
{
	size_t live = buf_len(b);

	if (b->full || n > b->max_bytes || live > b->max_bytes - n) {
		b->full = true;
		return NULL;
	}
	if (b->cap - b->to >= n && b->p)
		return b->p + b->to;
	if (b->from && b->cap - live >= n) {
		memmove(b->p, b->p + b->from, live);
	} else {
		size_t cap = b->cap ? b->cap : 256;
		while (cap < live + n)
			cap *= 2;
		char *p = mem_try(cap);
		if (!p) {
			b->full = true;
			return NULL;
		}
		if (live)
			memcpy(p, b->p + b->from, live);
		mem_free(b->p);
		b->p = p;
		b->cap = cap;
	}
	b->from = 0;
	b->to = live;
	return b->p + b->to;
}

void buf_commit(struct buf *b, size_t n)
{
	CHECK(n <= b->cap - b->to);
	b->to += n;
}

bool buf_add(struct buf *b, struct slice s)
{
	if (s.n == 0)
		return !b->full;
	char *at = buf_room(b, s.n);
	if (!at)
		return false;
	memcpy(at, s.p, s.n);
	b->to += s.n;
	return true;
}

bool buf_add_byte(struct buf *b, char c)
{
	return buf_add(b, slice_of(&c, 1));
}

bool buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *at = n >= 0 ? buf_room(b, (size_t)n + 1) : NULL;
	if (at) {
		vsnprintf(at, (size_t)n + 1, fmt, again);
		b->to += (size_t)n;
	}
	va_end(again);
	return at != NULL;
}

void buf_consume(struct buf *b, size_t n)
{
	CHECK(n <= buf_len(b));
	b->from += n;
	if (b->from == b->to)
		b->from = b->to = 0;
}
