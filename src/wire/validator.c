/* SPDX-License-Identifier: Apache-2.0 */
/* validator: see validator.h. */
#include "wire/validator.h"

#include "wire/scan.h"

/* The tag without its weakness: `"…"` of both `"…"` and `W/"…"`. */
static struct slice etag__opaque(struct slice s, bool *ret_weak)
{
	*ret_weak = slice_starts(s, SLICE("W/"));
	return *ret_weak ? slice_from(s, 2) : s;
}

bool etag_is_valid(struct slice s)
{
	bool weak;
	struct slice opaque = etag__opaque(s, &weak);

	return opaque.n >= 2 && opaque.p[0] == '"' && opaque.p[opaque.n - 1] == '"' &&
	       scan_all(slice_of(opaque.p + 1, opaque.n - 2), SCAN_ETAG);
}

bool etag_eq_weak(struct slice a, struct slice b)
{
	bool weak;

	return slice_eq(etag__opaque(a, &weak), etag__opaque(b, &weak));
}

bool etag_eq_strong(struct slice a, struct slice b)
{
	return slice_eq(a, b) && !slice_starts(a, SLICE("W/"));
}

/* The next member of a list of tags, trimmed. A tag has no escapes: a backslash in it is just that (RFC 9110 8.8.3). */
static bool etag__next(struct slice *rest, struct slice *ret)
{
	while (rest->n) {
		bool quoted = false;
		size_t end = 0;
		for (; end < rest->n && (quoted || rest->p[end] != ','); end++)
			quoted ^= rest->p[end] == '"';
		*ret = slice_trim(slice_first(*rest, end));
		*rest = slice_from(*rest, end < rest->n ? end + 1 : end);
		if (ret->n)
			return true;
	}
	return false;
}

static bool etag__list_matches(struct slice list, struct slice etag, bool (*eq)(struct slice, struct slice))
{
	struct slice member;

	if (slice_eq(slice_trim(list), SLICE("*")))
		return true;
	while (etag__next(&list, &member))
		if (eq(member, etag))
			return true;
	return false;
}

bool etag_list_matches_weak(struct slice list, struct slice etag)
{
	return etag__list_matches(list, etag, etag_eq_weak);
}

bool etag_list_matches_strong(struct slice list, struct slice etag)
{
	return etag__list_matches(list, etag, etag_eq_strong);
}

/* Decimal digits; a number over UINT64_MAX is read as that. False on anything else. */
static bool range__number(struct slice s, uint64_t *ret)
{
	if (slice_u64(s, ret))
		return true;
	*ret = UINT64_MAX;
	for (size_t i = 0; i < s.n; i++)
		if (!slice_is_digit(s.p[i]))
			return false;
	return s.n > 0;
}

/*
 * Reads one range-spec, "a-b", "a-" or "-n" (RFC 9110 14.1.1).
 * out: RANGE_ONE with *ret, RANGE_UNSATISFIABLE, or RANGE_IGNORE when it is something else.
 */
static enum range_verdict range__spec(struct slice s, uint64_t size, struct byte_range *ret)
{
	struct slice last = s, first = slice_split(&last, '-');
	uint64_t from, to = UINT64_MAX;

	if (last.p == NULL)
		return RANGE_IGNORE;
	if (first.n == 0) {
		if (!range__number(last, &to))
			return RANGE_IGNORE;
		if (to == 0 || size == 0)
			return RANGE_UNSATISFIABLE;
		*ret = (struct byte_range){ to < size ? size - to : 0, size - 1 };
		return RANGE_ONE;
	}
	if (!range__number(first, &from) || (last.n && !range__number(last, &to)))
		return RANGE_IGNORE;
	if (from > to || from >= size)
		return RANGE_UNSATISFIABLE;
	*ret = (struct byte_range){ from, to < size ? to : size - 1 };
	return RANGE_ONE;
}

enum range_verdict range_resolve(struct slice value, uint64_t size, struct byte_range *ranges, size_t cap,
				 size_t *ret_n)
{
	bool unsatisfiable = false;
	size_t n = 0;

	if (!slice_starts_nocase(value, SLICE("bytes=")))
		return RANGE_IGNORE;
	struct slice rest = slice_from(value, 6);
	if (slice_trim(rest).n == 0)
		return RANGE_UNSATISFIABLE;
	while (rest.n) {
		struct slice spec = slice_trim(slice_split(&rest, ','));
		struct byte_range range = { 0, 0 };
		if (spec.n == 0)
			continue;
		enum range_verdict v = range__spec(spec, size, &range);
		if (v == RANGE_IGNORE || n == cap)
			return RANGE_IGNORE;
		if (v == RANGE_UNSATISFIABLE || unsatisfiable || (n > 0 && range.from <= ranges[n - 1].to))
			unsatisfiable = true;
		else
			ranges[n] = range;
		n++;
	}
	if (n == 0)
		return RANGE_IGNORE;
	if (unsatisfiable)
		return RANGE_UNSATISFIABLE;
	*ret_n = n;
	return n == 1 ? RANGE_ONE : RANGE_MANY;
}

enum err content_range_parse(struct slice value, struct byte_range *ret, uint64_t *ret_size)
{
	struct byte_range range;
	uint64_t size = UINT64_MAX;

	if (!slice_starts_nocase(value, SLICE("bytes ")))
		return ERR_SYNTAX;
	struct slice rest = slice_from(value, 6);
	struct slice from = slice_split(&rest, '-'), to = slice_split(&rest, '/');
	if (!slice_u64(from, &range.from) || !slice_u64(to, &range.to) || range.to < range.from)
		return ERR_SYNTAX;
	if (!slice_eq(rest, SLICE("*")) && (!slice_u64(rest, &size) || range.to >= size))
		return ERR_SYNTAX;
	*ret = range;
	*ret_size = size;
	return OK;
}
