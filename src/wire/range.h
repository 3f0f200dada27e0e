/* SPDX-License-Identifier: Apache-2.0 */
/* range: byte ranges that are asked for, and the one of a partial answer (RFC 9110 section 14). Pure. */
#ifndef WIRE_RANGE_H
#define WIRE_RANGE_H

#include "base/err.h"
#include "base/slice.h"

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
enum err range_content_parse(struct slice value, struct byte_range *ret, uint64_t *ret_size) MUST_USE;

#endif
