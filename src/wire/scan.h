/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan: byte classes and the few loops that walk over many bytes of a head, private to wire.
 * The SSE2 forms look at 16 bytes at a time; the plain forms do the same with the class table. SSE2 is part of amd64
 * itself, so there is no run-time choice. No form reads past the end of its input.
 */
#ifndef WIRE_SCAN_H
#define WIRE_SCAN_H

#include "base/slice.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Classes of a byte, one bit each. */
enum scan_class {
	SCAN_TOKEN = 1,    /* RFC 9110 5.6.2 tchar */
	SCAN_VALUE = 2,    /* RFC 9110 5.5 field-value byte: HTAB, SP, VCHAR, obs-text */
	SCAN_TARGET = 4,   /* a byte that we let stand in a request target, see h1_head.h */
	SCAN_HOST = 8,     /* letter, digit, '-', '_' (the dot is the separator) */
	SCAN_ETAG = 16,    /* RFC 9110 8.8.3 etagc */
	SCAN_SF_KEY = 32,  /* RFC 8941 3.1.2, all but the first byte of a key */
	SCAN_SF_TOKEN = 64 /* RFC 8941 3.3.4, all but the first byte of an sf-token */
};

extern const uint8_t scan__class[256];

/* True when c is in one of the classes of mask. */
static inline bool scan_is(char c, unsigned mask)
{
	return (scan__class[(uint8_t)c] & mask) != 0;
}

/* Offset of the first byte at or after `at` that is in none of the classes of mask, or n. */
static inline size_t scan_while(const char *p, size_t at, size_t n, unsigned mask)
{
	while (at < n && scan_is(p[at], mask))
		at++;
	return at;
}

/* True when all bytes are in the classes of mask; true for the empty slice. */
static inline bool scan_all(struct slice s, unsigned mask)
{
	return scan_while(s.p, 0, s.n, mask) == s.n;
}

#ifdef __SSE2__

/* All ones in each of the 16 bytes that is <= max, unsigned. */
static inline __m128i scan__at_most(__m128i v, char max)
{
	return _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(max)), v);
}

/* Offset of the first byte that cannot stand in a field value, or n. */
static inline size_t scan_value(const char *p, size_t at, size_t n)
{
	for (; n - at >= 16; at += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + at));
		__m128i control = _mm_andnot_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('\t')), scan__at_most(v, 0x1f));
		__m128i stop = _mm_or_si128(control, _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)));
		unsigned bits = (unsigned)_mm_movemask_epi8(stop);
		if (bits)
			return at + (unsigned)__builtin_ctz(bits);
	}
	return scan_while(p, at, n, SCAN_VALUE);
}

/* Offset of the first byte that cannot stand in a request target, or n. */
static inline size_t scan_target(const char *p, size_t at, size_t n)
{
	for (; n - at >= 16; at += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + at));
		__m128i other =
			_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)), _mm_cmpeq_epi8(v, _mm_set1_epi8('#')));
		unsigned bits = (unsigned)_mm_movemask_epi8(_mm_or_si128(scan__at_most(v, 0x20), other));
		if (bits)
			return at + (unsigned)__builtin_ctz(bits);
	}
	return scan_while(p, at, n, SCAN_TARGET);
}

/* Offset of the first ':', control byte or space, or n: where a header name stops at the latest. */
static inline size_t scan_name(const char *p, size_t at, size_t n)
{
	for (; n - at >= 16; at += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + at));
		__m128i stop = _mm_or_si128(scan__at_most(v, 0x20), _mm_cmpeq_epi8(v, _mm_set1_epi8(':')));
		unsigned bits = (unsigned)_mm_movemask_epi8(stop);
		if (bits)
			return at + (unsigned)__builtin_ctz(bits);
	}
	while (at < n && (uint8_t)p[at] > 0x20 && p[at] != ':')
		at++;
	return at;
}

#else

static inline size_t scan_value(const char *p, size_t at, size_t n)
{
	return scan_while(p, at, n, SCAN_VALUE);
}

static inline size_t scan_target(const char *p, size_t at, size_t n)
{
	return scan_while(p, at, n, SCAN_TARGET);
}

static inline size_t scan_name(const char *p, size_t at, size_t n)
{
	while (at < n && (uint8_t)p[at] > 0x20 && p[at] != ':')
		at++;
	return at;
}

#endif

#endif
