/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cursor: bounded reading and writing of binary messages with a sticky error.
 * After the first step outside the bounds every later call is a no-op that gives zeroes; the caller looks
 * at `bad` once at the end, so a parser reads like the format. Integers are big-endian (network order).
 */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include "base/slice.h"

struct cursor {
	const uint8_t *p;
	size_t at, n;
	bool bad;
};

struct cursor_out {
	uint8_t *p;
	size_t at, n;
	bool bad;
};

static inline struct cursor cursor_of(struct slice s)
{
	return (struct cursor){ (const uint8_t *)s.p, 0, s.n, false };
}

/* Bytes not read yet; 0 once bad. */
static inline size_t cursor_left(const struct cursor *c)
{
	return c->bad ? 0 : c->n - c->at;
}

/* The next byte; 0 once bad. */
uint8_t cursor_u8(struct cursor *c);
/* The next two bytes as a number; 0 once bad. */
uint16_t cursor_u16(struct cursor *c);
/* The next four bytes as a number; 0 once bad. */
uint32_t cursor_u32(struct cursor *c);
/* The next eight bytes as a number; 0 once bad. */
uint64_t cursor_u64(struct cursor *c);
/* The next n bytes, borrowed from the input; empty once bad. */
struct slice cursor_bytes(struct cursor *c, size_t n);

static inline struct cursor_out cursor_out_of(void *p, size_t n)
{
	return (struct cursor_out){ p, 0, n, false };
}

/* Writes one byte; past the end nothing is written and c is bad. */
void cursor_put_u8(struct cursor_out *c, uint8_t v);
/* Writes two bytes, likewise. */
void cursor_put_u16(struct cursor_out *c, uint16_t v);
/* Writes four bytes, likewise. */
void cursor_put_u32(struct cursor_out *c, uint32_t v);
/* Writes eight bytes, likewise. */
void cursor_put_u64(struct cursor_out *c, uint64_t v);
/* Writes all of s or nothing, likewise. */
void cursor_put_bytes(struct cursor_out *c, struct slice s);

#endif
