/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of the table, by file: transform_text.c, transform_decode.c, transform_unicode.c, transform_path.c. */
#ifndef WAF_TRANSFORM_INT_H
#define WAF_TRANSFORM_INT_H

#include "waf/transform.h"

#define TRANSFORM(name, text, fn, triggers) size_t fn(struct slice in, char *out);
#include "waf/transform.def"
#undef TRANSFORM

/* The value of a hexadecimal digit, or -1. */
static inline int transform__hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = slice_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What C's isspace says in the C locale. */
static inline bool transform__space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The byte that a full-width form (U+FF01 to U+FF5E) stands for, else the low byte. code: the 16 bits. */
static inline char transform__narrow(unsigned code)
{
	unsigned low = code & 0xff;

	if ((code & 0xff00) == 0xff00 && low > 0 && low < 0x5f)
		low += 0x20;
	return (char)low;
}

/* The ASCII byte nearest to a code point of the Basic Multilingual Plane (code page 20127), or -1. */
int transform__best_fit(unsigned code);

#endif
