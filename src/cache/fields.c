/* SPDX-License-Identifier: Apache-2.0 */
/* fields: which fields of a response are stored, and how a newer response updates them (RFC 9111 3.1, 3.2); prototypes
 * in decide.h. */
#include "cache/decide.h"

/* Names without a number that are never stored: RFC 9111 3.1, fields of the proxy that the answer came through. */
static bool fields__is_proxy_info(struct slice name)
{
	return slice_eq_nocase(name, SLICE("proxy-authentication-info"));
}

/* What the edge writes itself into each answer, or takes for itself. */
static bool fields__is_edge_made(enum field_id id)
{
	switch ((int)id) {
	case FIELD_AGE:
	case FIELD_CONTENT_LENGTH:
	case FIELD_TRAILER: /* trailers are not stored */
	case FIELD_SET_COOKIE:
	case FIELD_SERVER:
	case FIELD_CF_CACHE_STATUS:
	case FIELD_CF_RAY:
	case FIELD_X_ACCEL_BUFFERING:
	case FIELD_X_ACCEL_CHARSET:
	case FIELD_X_ACCEL_LIMIT_RATE:
	case FIELD_X_ACCEL_REDIRECT:
		return true;
	default:
		return false;
	}
}

static bool fields__lists(struct slice names, struct slice name)
{
	return names.p != NULL && field_list_has(names, name);
}

bool cache_field_is_stored(const struct field *f, const struct field *all, size_t all_n, const struct cache_control *cc)
{
	if ((field_flags(f->id) & F_HOP) || fields__is_edge_made(f->id))
		return false;
	if (f->id == FIELD_OTHER && fields__is_proxy_info(f->name))
		return false;
	if (cc && (fields__lists(cc->no_cache_fields, f->name) || fields__lists(cc->private_fields, f->name)))
		return false;
	return !field_any_has(all, all_n, FIELD_CONNECTION, f->name);
}

bool cache_field_is_inward(enum field_id id)
{
	return id == FIELD_CLOUDFLARE_CDN_CACHE_CONTROL || id == FIELD_CACHE_TAG;
}

bool cache_field_updates(enum field_id id)
{
	if (field_flags(id) & F_HOP)
		return false;
	/* RFC 9111 3.2: never Content-Length, and not what says how the stored bytes are to be read. */
	return id != FIELD_CONTENT_LENGTH && id != FIELD_CONTENT_ENCODING && id != FIELD_CONTENT_RANGE &&
	       id != FIELD_SET_COOKIE && id != FIELD_TRAILER;
}

static bool fields__same_name(const struct field *a, const struct field *b)
{
	return a->id == b->id && (a->id != FIELD_OTHER || slice_eq_nocase(a->name, b->name));
}

static bool fields__is_replaced(const struct field *f, const struct field *newer, size_t newer_n)
{
	if (!cache_field_updates(f->id))
		return false;
	for (size_t i = 0; i < newer_n; i++)
		if (fields__same_name(f, &newer[i]))
			return true;
	return false;
}

size_t cache_merge_fields(const struct field *stored, size_t stored_n, const struct field *newer, size_t newer_n,
			  struct field *out, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < stored_n; i++) {
		if (fields__is_replaced(&stored[i], newer, newer_n))
			continue;
		if (n == cap)
			return SIZE_MAX;
		out[n++] = stored[i];
	}
	for (size_t i = 0; i < newer_n; i++) {
		if (!cache_field_updates(newer[i].id))
			continue;
		if (n == cap)
			return SIZE_MAX;
		out[n++] = newer[i];
	}
	return n;
}
