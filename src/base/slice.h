/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slice: a borrowed run of bytes, pointer and length, passed by value.
 * Never owns memory and is never NUL-terminated by promise; whoever hands one
 * out says which lifetime it is borrowed from (docs/STYLE.md, lifetimes).
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const char *p;
	size_t n;
};

/* A slice over a string literal. */
#define SLICE(lit) ((struct slice){ "" lit, sizeof(lit) - 1 })
/* For initialisers of static tables, where a compound literal is not constant. */
#define SLICE_INIT(lit)                                                                                                \
	{                                                                                                              \
		"" lit, sizeof(lit) - 1                                                                                \
	}
/* printf arguments for "%.*s"; lengths above INT_MAX are not printed. */
#define SLICE_ARG(s) (int)((s).n > 0x7fffffff ? 0x7fffffff : (s).n), (s).p

/* A slice over n bytes at p; p may be NULL when n is 0. */
static inline struct slice slice_of(const void *p, size_t n)
{
	return (struct slice){ p, n };
}

/* A slice over a NUL-terminated string, without the NUL; NULL gives the empty slice. */
static inline struct slice slice_str(const char *s)
{
	return (struct slice){ s, s ? strlen(s) : 0 };
}

/* True when both hold the same bytes. */
static inline bool slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* ASCII lower case of one byte; other bytes unchanged. Locale-free. */
static inline char slice_lower(char c)
{
	return (c >= 'A' && c <= 'Z') ? (char)(c | 0x20) : c;
}

static inline bool slice_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* True when both hold the same bytes but for ASCII case. */
bool slice_eq_nocase(struct slice a, struct slice b);
/* True when s begins / ends with the given bytes. */
bool slice_starts(struct slice s, struct slice prefix);
bool slice_starts_nocase(struct slice s, struct slice prefix);
bool slice_ends(struct slice s, struct slice suffix);

/* The part from offset `from` to the end; empty when from is past the end. */
static inline struct slice slice_from(struct slice s, size_t from)
{
	if (from > s.n)
		from = s.n;
	return (struct slice){ s.p ? s.p + from : NULL, s.n - from };
}

/* The first `n` bytes, or all when there are fewer. */
static inline struct slice slice_first(struct slice s, size_t n)
{
	return (struct slice){ s.p, n < s.n ? n : s.n };
}

/* Offset of the first byte c, or SIZE_MAX when there is none. */
size_t slice_find(struct slice s, char c);
/* Offset of the last byte c, or SIZE_MAX. */
size_t slice_rfind(struct slice s, char c);
/* True when `needle` stands anywhere in s. Order n*m; for short needles. */
bool slice_contains(struct slice s, struct slice needle);

/* Without leading and trailing spaces and tabs (RFC 9110 5.6.3 OWS). */
struct slice slice_trim(struct slice s);

/*
 * Splits off what stands before the first `sep`.
 * in/out: *rest loses the part and the separator; without a separator the part is all and *rest
 * becomes empty with p == NULL, which is how a caller knows the end.
 */
struct slice slice_split(struct slice *rest, char sep);

/*
 * Parses an unsigned decimal of digits only (no sign, no space).
 * Returns false on the empty slice, another byte, or a value over UINT64_MAX; *ret_value untouched then.
 */
bool slice_u64(struct slice s, uint64_t *ret_value);

/* Copies up to cap-1 bytes and a NUL into dst. Returns false when it had to cut; dst is still terminated. cap >= 1. */
bool slice_cstr(struct slice s, char *dst, size_t cap);

/*
 * Compares in time that depends on the lengths only (tokens, MACs).
 * Source: the usual accumulate-differences form.
 */
bool slice_eq_ct(struct slice a, struct slice b);

#endif
