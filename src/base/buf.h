/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf: a byte buffer that grows up to a bound and is consumed from the front.
 * Past the bound, appends fail as a whole and the sticky `full` is set: nothing is half-written.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/err.h"
#include "base/slice.h"

#include <stdarg.h>

struct buf {
	char *p;
	size_t from, to, cap; /* live bytes are p[from..to) */
	size_t max_bytes;     /* bound on live bytes */
	bool full;            /* an append was refused */
};

/* Empty, no allocation until the first append. */
void buf_init(struct buf *b, size_t max_bytes);
/* Frees the memory; b is as after init with the same bound. */
void buf_fini(struct buf *b);
/* Empties without freeing; clears full. */
void buf_clear(struct buf *b);

static inline size_t buf_len(const struct buf *b)
{
	return b->to - b->from;
}

/* The live bytes; borrowed until the next append or fini. */
static inline struct slice buf_slice(const struct buf *b)
{
	return slice_of(b->p ? b->p + b->from : NULL, b->to - b->from);
}

/* Room for n more bytes at the returned pointer, or NULL past the bound. Commit with buf_commit. */
char *buf_room(struct buf *b, size_t n);
/* n bytes of the room are now live. n <= the room asked for. */
void buf_commit(struct buf *b, size_t n);
/* Appends all or nothing. Returns false (sticky full) past the bound. */
bool buf_add(struct buf *b, struct slice s);
bool buf_add_byte(struct buf *b, char c);
/* Appends by printf. */
bool buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Drops the first n live bytes; n <= buf_len. */
void buf_consume(struct buf *b, size_t n);

#endif
