/* SPDX-License-Identifier: Apache-2.0 */
/* http_date: dates as a cache reads them; private to the cache room. */
#ifndef CACHE_HTTP_DATE_H
#define CACHE_HTTP_DATE_H

#include "base/err.h"
#include "wire/field.h"

/*
 * As date_parse, but names of days, months and the zone in any case: a cache SHOULD match them so (RFC 9111 4.2), while
 * the grammar is case-sensitive. errors: ERR_SYNTAX.
 */
enum err http_date__parse(struct slice s, int64_t now_s, int64_t *ret_s) MUST_USE;
/* The date in the only field with that number; false when there is none, more than one, or it is malformed. */
bool http_date__of(const struct field *fields, size_t n, enum field_id id, int64_t now_s, int64_t *ret_s);

#endif
