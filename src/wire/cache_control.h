/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache_control: Cache-Control of requests and responses (RFC 9111 5.2, RFC 5861, RFC 8246), and targeted
 * fields (RFC 9213), which are structured-field dictionaries (RFC 8941). Pure.
 */
#ifndef WIRE_CACHE_CONTROL_H
#define WIRE_CACHE_CONTROL_H

#include "wire/field.h"

enum { CC_ABSENT = -1 };

struct cache_control {
	bool present; /* at least one field line was there */
	bool no_store, no_cache, must_revalidate, proxy_revalidate, public_, private_, no_transform, immutable,
		only_if_cached, must_understand;
	/* Seconds, 0 to 2^31 (larger values are cut to 2^31), CC_ABSENT when absent. */
	int64_t max_age, s_maxage, stale_while_revalidate, stale_if_error, max_stale, min_fresh;
	/* Field names of no-cache="…" and private="…", as written inside the quotes; p == NULL when absent. Then
	 * no_cache / private_ stay false. */
	struct slice no_cache_fields, private_fields;
};

/*
 * Reads all field lines with that number as one list.
 * A repeated directive: the first value wins for a well-formed one; of conflicting max-age values the smaller (RFC
 * 9111 4.2.1 allows either choice; take the restrictive one). A malformed or negative or missing delta-seconds makes
 * max_age/s_maxage 0 (stale), not absent. "max-age=1.5" is rounded down. Quoted numbers ("max-age="3600"") are read.
 * Directive names are case-insensitive. Spaces around '=' are malformed. max-stale without a value is 2^31, any age.
 * A malformed value of the other numbers leaves them absent. no-cache="" and more than one quoted list count as the
 * plain directive.
 */
void cache_control_parse(const struct field *fields, size_t n, enum field_id id, struct cache_control *ret);

/*
 * Reads a targeted field (RFC 9213): a structured-field dictionary, last occurrence of a key wins; the whole field is
 * ignored (returns false, *ret as absent) when it is not a valid dictionary or empty. RFC 9213 2.1 types: numbers are
 * sf-integers (a negative one is 0), the others sf-booleans, no-cache and private also sf-strings of field names. A
 * known directive with another type makes the field invalid too, so that Cache-Control decides instead of nothing.
 * Parameters and unknown directives are ignored. Each line is a dictionary of its own; empty lines count for nothing.
 */
bool cache_control_parse_targeted(const struct field *fields, size_t n, enum field_id id, struct cache_control *ret);

#endif
