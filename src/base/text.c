/* SPDX-License-Identifier: Apache-2.0 */
/* text: see text.h. */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

void text_u64(struct text *t, uint64_t v)
{
	char d[20];
	size_t at = sizeof d;

	do {
		d[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	text_add(t, slice_of(d + at, sizeof d - at));
}

void text_i64(struct text *t, int64_t v)
{
	if (v < 0) {
		text_byte(t, '-');
		text_u64(t, 0 - (uint64_t)v);
	} else {
		text_u64(t, (uint64_t)v);
	}
}

void text_hex(struct text *t, uint64_t v, unsigned digits)
{
	static const char hex[16] = "0123456789abcdef";
	char d[16];

	if (digits > 16)
		digits = 16;
	for (unsigned i = digits; i > 0; i--, v >>= 4)
		d[i - 1] = hex[v & 15];
	text_add(t, slice_of(d, digits));
}

void text_ms(struct text *t, uint64_t ms)
{
	char d[4] = { '.', (char)('0' + ms % 1000 / 100), (char)('0' + ms % 100 / 10), (char)('0' + ms % 10) };

	text_u64(t, ms / 1000);
	text_add(t, slice_of(d, sizeof d));
}

/* First bytes of multi-byte sequences, their length, and the range of the second byte (RFC 3629 section 4). */
static const struct {
	uint8_t first, last, n, from, to;
} text__sequences[] = {
	{ 0xc2, 0xdf, 2, 0x80, 0xbf }, { 0xe0, 0xe0, 3, 0xa0, 0xbf }, { 0xe1, 0xec, 3, 0x80, 0xbf },
	{ 0xed, 0xed, 3, 0x80, 0x9f }, { 0xee, 0xef, 3, 0x80, 0xbf }, { 0xf0, 0xf0, 4, 0x90, 0xbf },
	{ 0xf1, 0xf3, 4, 0x80, 0xbf }, { 0xf4, 0xf4, 4, 0x80, 0x8f },
};

/* Length of the valid multi-byte UTF-8 sequence at s (2 to 4), or 0 when the bytes are none. */
static size_t text__utf8(struct slice s)
{
	const uint8_t *u = (const uint8_t *)s.p;

	for (size_t i = 0; i < sizeof text__sequences / sizeof text__sequences[0]; i++) {
		size_t n = text__sequences[i].n;

		if (u[0] < text__sequences[i].first || u[0] > text__sequences[i].last)
			continue;
		if (n > s.n || u[1] < text__sequences[i].from || u[1] > text__sequences[i].to)
			return 0;
		for (size_t k = 2; k < n; k++)
			if ((u[k] & 0xc0) != 0x80)
				return 0;
		return n;
	}
	return 0;
}

bool text_is_utf8(struct slice s)
{
	while (s.n) {
		size_t n = (uint8_t)s.p[0] < 0x80 ? 1 : text__utf8(s);
		if (n == 0)
			return false;
		s = slice_from(s, n);
	}
	return true;
}

static void text__json_byte(struct text *t, uint8_t c)
{
	text_add(t, SLICE("\\u00"));
	text_hex(t, c, 2);
}

void text_json(struct text *t, struct slice s)
{
	text_byte(t, '"');
	while (s.n) {
		size_t plain = 0;
		while (plain < s.n && (uint8_t)s.p[plain] >= 0x20 && (uint8_t)s.p[plain] < 0x7f && s.p[plain] != '"' &&
		       s.p[plain] != '\\')
			plain++;
		if (plain) {
			text_add(t, slice_first(s, plain));
			s = slice_from(s, plain);
			continue;
		}
		uint8_t c = (uint8_t)s.p[0];
		size_t n = c < 0x80 ? 0 : text__utf8(s);
		if (n) {
			text_add(t, slice_first(s, n));
		} else if (c == '"' || c == '\\') {
			text_byte(t, '\\');
			text_byte(t, (char)c);
		} else {
			text__json_byte(t, c);
		}
		s = slice_from(s, n ? n : 1);
	}
	text_byte(t, '"');
}

void text_html(struct text *t, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		switch (c) {
		case '&':
			text_add(t, SLICE("&amp;"));
			break;
		case '<':
			text_add(t, SLICE("&lt;"));
			break;
		case '>':
			text_add(t, SLICE("&gt;"));
			break;
		case '"':
			text_add(t, SLICE("&quot;"));
			break;
		case '\'':
			text_add(t, SLICE("&#39;"));
			break;
		default:
			if ((uint8_t)c >= 0x20 || c == '\n' || c == '\t')
				text_byte(t, c);
		}
	}
}

void text_printf(struct text *t, const char *fmt, ...)
{
	va_list ap;

	if (t->bad)
		return;
	va_start(ap, fmt);
	int n = vsnprintf(t->p + t->n, t->cap - t->n, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= t->cap - t->n)
		t->bad = true;
	else
		t->n += (size_t)n;
}
