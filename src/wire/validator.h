/* SPDX-License-Identifier: Apache-2.0 */
/* validator: entity tags and byte ranges (RFC 9110 8.8.3, 13, 14). Pure. */
#ifndef WIRE_VALIDATOR_H
#define WIRE_VALIDATOR_H

#include "base/err.h"
#include "base/slice.h"

/* True for `"…"` or `W/"…"` with valid bytes inside (RFC 9110 8.8.3). */
bool etag_is_valid(struct slice s);
/* Weak comparison (13.1.2) and strong comparison (neither weak, same bytes). */
bool etag_eq_weak(struct slice a, struct slice b);
bool etag_eq_strong(struct slice a, struct slice b);
/* If-None-Match: "*" or a list; true when one element weakly equals etag. Unquoted list members are compared as they
 * are. */
bool etag_list_matches_weak(struct slice list, struct slice etag);
/* If-Match with strong comparison. */
bool etag_list_matches_strong(struct slice list, struct slice etag);

struct byte_range {
	uint64_t from, to; /* inclusive, to < size */
};

enum range_verdict {
	RANGE_IGNORE,        /* unknown unit, malformed, too many: answer 200 */
	RANGE_UNSATISFIABLE, /* answer 416 */
	RANGE_ONE,
	RANGE_MANY
};

/*
 * Resolves a Range value against a representation of `size` bytes (edge behaviour: overlapping or unordered lists,
 * inverted ranges, "-0", "bytes=" with nothing behind it, and starts beyond the end are 416; more than cap ranges,
 * unknown units and other syntax are ignored). One such range makes the whole list 416; nothing fits size 0.
 * out: ranges, ascending and disjoint, *ret_n of them; untouched *ret_n unless RANGE_ONE or RANGE_MANY.
 */
enum range_verdict range_resolve(struct slice value, uint64_t size, struct byte_range *ranges, size_t cap,
				 size_t *ret_n);

/* Content-Range "bytes a-b/size" of a 206. size UINT64_MAX when '*'. errors: ERR_SYNTAX (also b < a, b >= size). */
enum err content_range_parse(struct slice value, struct byte_range *ret, uint64_t *ret_size) MUST_USE;

#endif
