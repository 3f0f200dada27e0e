/* SPDX-License-Identifier: Apache-2.0 */
/* base64: see base64.h. */
#include "base/base64.h"

static const char base64__standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64__url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static enum err base64__write(struct slice s, const char *alphabet, bool pad, struct buf *b)
{
	size_t full = s.n / 3 * 4, tail = s.n % 3, n = full + (tail ? pad ? 4 : tail + 1 : 0);

	if (n == 0)
		return OK;
	char *out = buf_room(b, n);
	if (!out)
		return ERR_QUEUE_FULL;
	for (size_t at = 0; at < s.n; at += 3) {
		uint32_t v = 0;
		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (at + k < s.n ? (uint8_t)s.p[at + k] : 0);
		size_t digits = s.n - at >= 3 ? 4 : s.n - at + 1;
		for (size_t k = 0; k < digits; k++)
			*out++ = alphabet[v >> (18 - 6 * k) & 63];
		for (size_t k = digits; k < 4 && pad; k++)
			*out++ = '=';
	}
	buf_commit(b, n);
	return OK;
}

enum err base64_write(struct slice s, struct buf *b)
{
	return base64__write(s, base64__standard, true, b);
}

enum err base64_write_url(struct slice s, struct buf *b)
{
	return base64__write(s, base64__url, false, b);
}

/* 0xff where a is below b as bytes, else 0: without a branch, since what is read may be a key. */
static unsigned base64__below(unsigned a, unsigned b)
{
	return (a - b) >> 8 & 0xff;
}

/* c's value when it lies in first..last, moved to begin at base; else 0. */
static unsigned base64__in(unsigned c, unsigned first, unsigned last, unsigned base)
{
	return ~base64__below(c, first) & ~base64__below(last, c) & (c - first + base + 1) & 0xff;
}

/* 1 + the value of a digit, 0 when it is none; *seen: which alphabets' own digits came (1 standard, 2 for URLs). */
static unsigned base64__digit(unsigned c, unsigned *seen)
{
	unsigned standard = base64__in(c, '+', '+', 62) | base64__in(c, '/', '/', 63);
	unsigned url = base64__in(c, '-', '-', 62) | base64__in(c, '_', '_', 63);

	*seen |= (standard != 0) | (unsigned)(url != 0) << 1;
	return base64__in(c, 'A', 'Z', 0) | base64__in(c, 'a', 'z', 26) | base64__in(c, '0', '9', 52) | standard | url;
}

/* The digits without padding; false when the padding is wrong. */
static bool base64__unpadded(struct slice *text)
{
	size_t pad = 0;

	while (text->n && pad < 3 && text->p[text->n - 1] == '=') {
		text->n--;
		pad++;
	}
	return pad == 0 ? text->n % 4 != 1 : pad <= 2 && (text->n + pad) % 4 == 0;
}

enum err base64_read(struct slice text, struct buf *b)
{
	uint32_t v = 0;
	unsigned bits = 0, seen = 0, bad = 0;

	if (!base64__unpadded(&text))
		return ERR_SYNTAX;
	size_t n = text.n / 4 * 3 + text.n % 4 * 3 / 4;
	if (text.n == 0)
		return OK;
	char *out = buf_room(b, n);
	if (!out)
		return ERR_QUEUE_FULL;
	for (size_t i = 0; i < text.n; i++) {
		unsigned digit = base64__digit((uint8_t)text.p[i], &seen);
		bad |= digit == 0;
		v = v << 6 | ((digit - 1) & 63);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*out++ = (char)(v >> bits & 0xff);
		}
	}
	if (bad || seen == 3 || (v & ((1u << bits) - 1)))
		return ERR_SYNTAX;
	buf_commit(b, n);
	return OK;
}
