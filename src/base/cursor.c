/* SPDX-License-Identifier: Apache-2.0 */
/* cursor: see cursor.h. All bounds are checked in the two take functions. */
#include "base/cursor.h"

static const uint8_t *cursor__take(struct cursor *c, size_t n)
{
	if (c->bad || n > c->n - c->at) {
		c->bad = true;
		return NULL;
	}
	const uint8_t *p = c->p + c->at;
	c->at += n;
	return p;
}

static uint64_t cursor__be(struct cursor *c, size_t n)
{
	const uint8_t *p = cursor__take(c, n);
	uint64_t v = 0;

	for (size_t i = 0; p && i < n; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t cursor_u8(struct cursor *c)
{
	return (uint8_t)cursor__be(c, 1);
}

uint16_t cursor_u16(struct cursor *c)
{
	return (uint16_t)cursor__be(c, 2);
}

uint32_t cursor_u32(struct cursor *c)
{
	return (uint32_t)cursor__be(c, 4);
}

uint64_t cursor_u64(struct cursor *c)
{
	return cursor__be(c, 8);
}

struct slice cursor_bytes(struct cursor *c, size_t n)
{
	const uint8_t *p = cursor__take(c, n);
	return p ? slice_of(p, n) : slice_of(NULL, 0);
}

static uint8_t *cursor__room(struct cursor_out *c, size_t n)
{
	if (c->bad || n > c->n - c->at) {
		c->bad = true;
		return NULL;
	}
	uint8_t *p = c->p + c->at;
	c->at += n;
	return p;
}

static void cursor__put_be(struct cursor_out *c, uint64_t v, size_t n)
{
	uint8_t *p = cursor__room(c, n);

	for (size_t i = n; p && i > 0; i--, v >>= 8)
		p[i - 1] = (uint8_t)v;
}

void cursor_put_u8(struct cursor_out *c, uint8_t v)
{
	cursor__put_be(c, v, 1);
}

void cursor_put_u16(struct cursor_out *c, uint16_t v)
{
	cursor__put_be(c, v, 2);
}

void cursor_put_u32(struct cursor_out *c, uint32_t v)
{
	cursor__put_be(c, v, 4);
}

void cursor_put_u64(struct cursor_out *c, uint64_t v)
{
	cursor__put_be(c, v, 8);
}

void cursor_put_bytes(struct cursor_out *c, struct slice s)
{
	uint8_t *p = cursor__room(c, s.n);
	if (p && s.n)
		memcpy(p, s.p, s.n);
}
