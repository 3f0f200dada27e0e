/* SPDX-License-Identifier: Apache-2.0 */
/* range: see range.h. */
#include "wire/range.h"

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

enum err range_content_parse(struct slice value, struct byte_range *ret, uint64_t *ret_size)
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
