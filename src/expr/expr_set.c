/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expr_set: see expr_set.h. Numbers and addresses become keys of 17 bytes that compare as bytes do: family, then
 * network order; numbers have family 0 and the sign bit turned.
 */
#include "expr/expr_set.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdlib.h>

enum { EXPR_SET__KEY = 17 };

struct expr_set__range {
	uint8_t lo[EXPR_SET__KEY], hi[EXPR_SET__KEY];
};

/* Its own allocation. */
struct expr_set__text {
	char *p;
	size_t n;
};

struct expr_set {
	uint8_t scalar;
	bool sealed;
	struct expr_set__range *ranges;
	size_t ranges_n, ranges_cap;
	struct expr_set__text *texts;
	size_t texts_n, texts_cap;
};

struct expr_set *expr_set_new(enum expr_type scalar)
{
	struct expr_set *s = mem_alloc(sizeof *s);

	CHECK(scalar == EXPR_INT || scalar == EXPR_IP || scalar == EXPR_BYTES);
	s->scalar = (uint8_t)scalar;
	return s;
}

void expr_set_free(struct expr_set *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->texts_n; i++)
		mem_free(s->texts[i].p);
	mem_free(s->texts);
	mem_free(s->ranges);
	mem_free(s);
}

enum expr_type expr_set_type(const struct expr_set *s)
{
	return (enum expr_type)s->scalar;
}

static void expr_set__int_key(int64_t v, uint8_t key[EXPR_SET__KEY])
{
	uint64_t u = (uint64_t)v ^ (1ULL << 63);

	memset(key, 0, EXPR_SET__KEY);
	for (unsigned i = 0; i < 8; i++)
		key[1 + i] = (uint8_t)(u >> (56 - 8 * i));
}

static void expr_set__ip_key(const struct ip *ip, uint8_t key[EXPR_SET__KEY])
{
	key[0] = ip->family;
	memcpy(key + 1, ip->b, 16);
}

static struct expr_set__range *expr_set__grow(struct expr_set *s)
{
	CHECK(!s->sealed);
	if (s->ranges_n == s->ranges_cap) {
		s->ranges_cap = s->ranges_cap ? s->ranges_cap * 2 : 8;
		s->ranges = mem_resize(s->ranges, s->ranges_cap * sizeof *s->ranges);
	}
	return &s->ranges[s->ranges_n++];
}

void expr_set_add_ints(struct expr_set *s, int64_t lo, int64_t hi)
{
	CHECK(s->scalar == EXPR_INT && lo <= hi);
	struct expr_set__range *r = expr_set__grow(s);
	expr_set__int_key(lo, r->lo);
	expr_set__int_key(hi, r->hi);
}

void expr_set_add_ips(struct expr_set *s, const struct ip *lo, const struct ip *hi)
{
	CHECK(s->scalar == EXPR_IP && lo->family == hi->family && memcmp(lo->b, hi->b, 16) <= 0);
	struct expr_set__range *r = expr_set__grow(s);
	expr_set__ip_key(lo, r->lo);
	expr_set__ip_key(hi, r->hi);
}

void expr_set_add_prefix(struct expr_set *s, const struct ip_prefix *p)
{
	struct ip hi = p->ip;

	for (unsigned bit = p->bits; bit < (p->ip.family == 4 ? 32u : 128u); bit++)
		hi.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	expr_set_add_ips(s, &p->ip, &hi);
}

/* "address/bits" with host bits ignored. */
static enum err expr_set__network(struct slice text, size_t slash, struct ip_prefix *ret)
{
	uint64_t bits;

	TRY(ip_parse(slice_first(text, slash), &ret->ip));
	unsigned all = ret->ip.family == 4 ? 32 : 128;
	if (text.n - slash > 4 || !slice_u64(slice_from(text, slash + 1), &bits) || bits > all)
		return ERR_SYNTAX;
	ret->bits = (uint8_t)bits;
	for (unsigned bit = ret->bits; bit < all; bit++)
		ret->ip.b[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	return OK;
}

/* Where ".." stands, or SIZE_MAX. */
static size_t expr_set__dots(struct slice text)
{
	for (size_t i = 0; i + 1 < text.n; i++)
		if (text.p[i] == '.' && text.p[i + 1] == '.')
			return i;
	return SIZE_MAX;
}

enum err expr_set_add_ip_text(struct expr_set *s, struct slice text)
{
	size_t dots = expr_set__dots(text), slash = slice_find(text, '/');
	struct ip_prefix p = { .bits = 0 };
	struct ip lo, hi;

	if (slash != SIZE_MAX) {
		TRY(expr_set__network(text, slash, &p));
		expr_set_add_prefix(s, &p);
		return OK;
	}
	TRY(ip_parse(slice_first(text, dots), &lo));
	hi = lo;
	if (dots != SIZE_MAX)
		TRY(ip_parse(slice_from(text, dots + 2), &hi));
	if (lo.family != hi.family || memcmp(lo.b, hi.b, 16) > 0)
		return ERR_RANGE;
	expr_set_add_ips(s, &lo, &hi);
	return OK;
}

void expr_set_add_text(struct expr_set *s, struct slice text)
{
	CHECK(!s->sealed && s->scalar == EXPR_BYTES);
	if (s->texts_n == s->texts_cap) {
		s->texts_cap = s->texts_cap ? s->texts_cap * 2 : 8;
		s->texts = mem_resize(s->texts, s->texts_cap * sizeof *s->texts);
	}
	s->texts[s->texts_n++] = (struct expr_set__text){ mem_dup(text), text.n };
}

static int expr_set__by_lo(const void *a, const void *b)
{
	return memcmp(((const struct expr_set__range *)a)->lo, ((const struct expr_set__range *)b)->lo, EXPR_SET__KEY);
}

/* Shorter first: most look-ups end at the lengths. */
static int expr_set__order(struct slice a, struct slice b)
{
	if (a.n != b.n)
		return a.n < b.n ? -1 : 1;
	return a.n ? memcmp(a.p, b.p, a.n) : 0;
}

static int expr_set__by_text(const void *a, const void *b)
{
	const struct expr_set__text *x = a, *y = b;

	return expr_set__order(slice_of(x->p, x->n), slice_of(y->p, y->n));
}

void expr_set_seal(struct expr_set *s)
{
	size_t kept = 0;

	CHECK(!s->sealed);
	s->sealed = true;
	if (s->texts_n)
		qsort(s->texts, s->texts_n, sizeof *s->texts, expr_set__by_text);
	if (!s->ranges_n)
		return;
	qsort(s->ranges, s->ranges_n, sizeof *s->ranges, expr_set__by_lo);
	for (size_t i = 1; i < s->ranges_n; i++) {
		struct expr_set__range *last = &s->ranges[kept], *next = &s->ranges[i];
		if (memcmp(next->lo, last->hi, EXPR_SET__KEY) > 0)
			s->ranges[++kept] = *next;
		else if (memcmp(next->hi, last->hi, EXPR_SET__KEY) > 0)
			memcpy(last->hi, next->hi, EXPR_SET__KEY);
	}
	s->ranges_n = kept + 1;
}

size_t expr_set_count(const struct expr_set *s)
{
	CHECK(s->sealed);
	return s->ranges_n + s->texts_n;
}

static bool expr_set__has_text(const struct expr_set *s, struct slice text)
{
	size_t from = 0, to = s->texts_n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		int order = expr_set__order(text, slice_of(s->texts[mid].p, s->texts[mid].n));
		if (order == 0)
			return true;
		if (order < 0)
			to = mid;
		else
			from = mid + 1;
	}
	return false;
}

bool expr_set_has(const struct expr_set *s, const struct expr_value *v)
{
	uint8_t key[EXPR_SET__KEY];
	size_t from = 0, to = s->ranges_n;

	CHECK(s->sealed);
	if (v->type != s->scalar)
		return false;
	if (v->type == EXPR_BYTES)
		return expr_set__has_text(s, v->s);
	if (v->type == EXPR_INT)
		expr_set__int_key(v->i, key);
	else
		expr_set__ip_key(&v->ip, key);
	/* The last range that does not begin behind the key. */
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (memcmp(s->ranges[mid].lo, key, EXPR_SET__KEY) <= 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from > 0 && memcmp(key, s->ranges[from - 1].hi, EXPR_SET__KEY) <= 0;
}
