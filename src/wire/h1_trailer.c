/* SPDX-License-Identifier: Apache-2.0 */
/* h1_trailer: trailer sections (RFC 9112 7.1.2), see h1_head.h. */
#include "wire/h1_parse.h"

/*
 * Fields that decide about framing, routing, authentication, how the message is read or how its receiver answers:
 * they come too late in a trailer section, so a sender must not put them there (RFC 9110 6.5.1).
 */
static bool h1_trailer__comes_too_late(enum field_id id)
{
	if (field_flags(id) & (F_HOP | F_SPOOF))
		return true;
	switch ((int)id) {
	case FIELD_HOST:
	case FIELD_TRAILER:
	case FIELD_CONTENT_LENGTH:
	case FIELD_CONTENT_TYPE:
	case FIELD_CONTENT_ENCODING:
	case FIELD_CONTENT_RANGE:
	case FIELD_EXPECT:
	case FIELD_RANGE:
	case FIELD_IF_MATCH:
	case FIELD_IF_NONE_MATCH:
	case FIELD_IF_MODIFIED_SINCE:
	case FIELD_IF_UNMODIFIED_SINCE:
	case FIELD_IF_RANGE:
	case FIELD_AUTHORIZATION:
	case FIELD_COOKIE:
	case FIELD_SET_COOKIE:
	case FIELD_CACHE_CONTROL:
	case FIELD_CDN_CACHE_CONTROL:
	case FIELD_CLOUDFLARE_CDN_CACHE_CONTROL:
	case FIELD_SURROGATE_CONTROL:
	case FIELD_PRAGMA:
	case FIELD_EXPIRES:
	case FIELD_AGE:
	case FIELD_DATE:
	case FIELD_LOCATION:
	case FIELD_VARY:
	case FIELD_X_FORWARDED_FOR:
	case FIELD_X_FORWARDED_HOST:
	case FIELD_CDN_LOOP:
		return true;
	default:
		return false;
	}
}

bool h1_trailer_may_have(enum field_id id)
{
	return !h1_trailer__comes_too_late(id);
}

enum err h1_trailer_parse(struct slice in, const struct h1_bounds *bounds, struct field *fields, size_t *ret_fields_n,
			  size_t *ret_used)
{
	struct slice whole = slice_first(in, bounds->head_bytes_max);
	struct h1_section s;
	size_t at = 0, kept = 0;
	enum err e = h1_parse__fields(whole, &at, bounds->fields_max, fields, &s);

	if (e == ERR_AGAIN && in.n < bounds->head_bytes_max)
		return ERR_AGAIN;
	if (e != OK)
		return ERR_TRAILER;
	for (size_t i = 0; i < s.fields_n; i++)
		if (h1_trailer_may_have((enum field_id)fields[i].id))
			fields[kept++] = fields[i];
	*ret_fields_n = kept;
	*ret_used = at;
	return OK;
}
