/* SPDX-License-Identifier: Apache-2.0 */
/* http_date: see http_date.h. */
#include "cache/http_date.h"

#include "wire/date.h"

enum { HTTP_DATE__BYTES_MAX = 40 }; /* "Wednesday, 06-Nov-94 08:49:37 GMT" is 33 */

static bool http_date__is_letter(char c)
{
	c = slice_lower(c);
	return c >= 'a' && c <= 'z';
}

enum err http_date__parse(struct slice s, int64_t now_s, int64_t *ret_s)
{
	char folded[HTTP_DATE__BYTES_MAX];

	if (s.n > sizeof folded)
		return ERR_SYNTAX;
	for (size_t i = 0; i < s.n; i++) {
		bool inner = i > 0 && http_date__is_letter(s.p[i - 1]);
		char c = slice_lower(s.p[i]);
		folded[i] = !inner && http_date__is_letter(c) ? (char)(c & ~0x20) : c;
	}
	if (s.n >= 3 && slice_eq(slice_from(slice_of(folded, s.n), s.n - 3), SLICE("Gmt")))
		memcpy(folded + s.n - 3, "GMT", 3);
	return date_parse(slice_of(folded, s.n), now_s, ret_s);
}

bool http_date__of(const struct field *fields, size_t n, enum field_id id, int64_t now_s, int64_t *ret_s)
{
	return field_count(fields, n, id) == 1 &&
	       http_date__parse(field_find(fields, n, id)->value, now_s, ret_s) == OK;
}
