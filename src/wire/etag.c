/* SPDX-License-Identifier: Apache-2.0 */
/* etag: see etag.h. */
#include "wire/etag.h"

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
