/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text: bounded writers into a fixed piece of memory, for heads, log lines and pages. Sticky overflow:
 * what does not fit is not written at all and `bad` stays set; the caller looks once at the end.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/slice.h"

struct text {
	char *p;
	size_t n, cap;
	bool bad;
};

static inline struct text text_of(void *p, size_t cap)
{
	return (struct text){ p, 0, cap, false };
}

static inline struct slice text_slice(const struct text *t)
{
	return slice_of(t->p, t->n);
}

/* Appends all or nothing. Inline: this is the hot path of every response head. */
static inline void text_add(struct text *t, struct slice s)
{
	if (__builtin_expect(t->bad || s.n > t->cap - t->n, 0)) {
		t->bad = true;
		return;
	}
	if (s.n)
		memcpy(t->p + t->n, s.p, s.n);
	t->n += s.n;
}

static inline void text_byte(struct text *t, char c)
{
	if (__builtin_expect(t->bad || t->n == t->cap, 0)) {
		t->bad = true;
		return;
	}
	t->p[t->n++] = c;
}

/* Unsigned decimal. */
void text_u64(struct text *t, uint64_t v);
/* Signed decimal. */
void text_i64(struct text *t, int64_t v);
/* Lower-case hexadecimal, exactly `digits` of them (1 to 16), high digits cut. */
void text_hex(struct text *t, uint64_t v, unsigned digits);
/* Seconds with three decimals from milliseconds: 1234 becomes "1.234". */
void text_ms(struct text *t, uint64_t ms);
/* True for valid UTF-8 (RFC 3629 section 4). */
bool text_is_utf8(struct slice s);
/* A JSON string with its quotes; control bytes, quotes and invalid UTF-8 are escaped, so the line stays valid JSON. */
void text_json(struct text *t, struct slice s);
/* Text for HTML: & < > " ' as entities; control bytes dropped. */
void text_html(struct text *t, struct slice s);
void text_printf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
