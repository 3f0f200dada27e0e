/* SPDX-License-Identifier: Apache-2.0 */
/* routes: see routes.h. A new noun: its table's prototype in routes.h, and a row here. */
#include "api/routes.h"

#include "api/api_int.h"
#include "base/text.h"
#include "wire/uri.h"

#include <string.h>

static const struct api_route *(*const routes__tables[])(void) = {
	api_rulesets_routes,
	api_lists_routes,
	api_access_routes,
	api_bans_routes,
	api_kernel_drop_routes,
	api_graphql_routes,
	api_zones_routes,
	api_dns_records_routes,
	api_users_routes,
	api_tokens_routes,
	api_sessions_routes,
	api_logins_routes,
	api_misc_routes,
	api_dnssec_routes,
	api_dns_analytics_routes,
	api_settings_routes,
	api_shield_routes,
	api_tops_routes,
	api_traffic_routes,
	api_purge_routes,
	api_explain_routes,
	api_firewall_events_routes,
	api_metrics_routes,
	api_certificate_packs_routes,
	api_client_cas_routes,
	api_custom_certificates_routes,
	api_ssl_doctor_routes,
	api_origin_pull_routes,
	NULL,
};

/* ---- paths ---- */

bool api_routes_decode(struct slice s, bool plus, char *out, size_t *ret_n)
{
	return uri_decode(s, plus, out, ret_n) && !memchr(out, '\0', *ret_n) && text_is_utf8(slice_of(out, *ret_n));
}

/* Splits and decodes; one slash at the end does not count. */
static bool routes__split(struct api_call *call)
{
	struct slice rest = call->path;

	call->segments_n = 0;
	if (!slice_starts(rest, SLICE("/")))
		return false;
	rest = slice_from(rest, 1);
	if (slice_ends(rest, SLICE("/")))
		rest.n--;
	while (rest.p) {
		struct slice one = slice_split(&rest, '/');
		char *out = arena_alloc(&call->arena, one.n + 1);
		size_t n = 0;
		if (!out || call->segments_n == API_SEGMENTS_MAX || !api_routes_decode(one, false, out, &n))
			return false;
		call->segments[call->segments_n++] = slice_of(out, n);
	}
	return true;
}

/* ---- matching ---- */

static bool routes__matches(const struct api_route *r, const struct api_call *call)
{
	struct slice rest = slice_str(r->path);
	size_t i = 0;

	if (slice_starts(rest, SLICE("/"))) {
		rest = slice_from(rest, 1);
	} else {
		if (call->segments_n < 2 || !slice_eq(call->segments[0], SLICE("client")) ||
		    !slice_eq(call->segments[1], SLICE("v4")))
			return false;
		i = 2;
	}
	for (; rest.p; i++) {
		struct slice one = slice_split(&rest, '/');
		if (i == call->segments_n || call->segments[i].n == 0)
			return false;
		if (one.p[0] != ':' && !slice_eq(one, call->segments[i]))
			return false;
	}
	return i == call->segments_n;
}

const struct api_route *api_routes_find(struct api_call *call, bool *ret_other)
{
	enum method method = call->method == METHOD_HEAD ? METHOD_GET : call->method;

	*ret_other = false;
	if (!routes__split(call))
		return NULL;
	for (const struct api_route *(*const *t)(void) = call->dialect ? call->dialect->tables : routes__tables; *t;
	     t++) {
		for (const struct api_route *r = (*t)(); r->fn; r++) {
			if (!routes__matches(r, call))
				continue;
			if (r->method == method)
				return r;
			*ret_other = true;
		}
	}
	return NULL;
}

size_t api_routes_segment(const struct api_route *route, const char *name)
{
	struct slice rest = slice_str(route->path);
	size_t i = 2;

	if (slice_starts(rest, SLICE("/"))) {
		rest = slice_from(rest, 1);
		i = 0;
	}
	for (; rest.p; i++) {
		struct slice one = slice_split(&rest, '/');
		if (one.n > 1 && one.p[0] == ':' && slice_eq(slice_from(one, 1), slice_str(name)))
			return i;
	}
	return SIZE_MAX;
}

const struct api_route *api_routes_at(size_t i)
{
	for (const struct api_route *(*const *t)(void) = routes__tables; *t; t++)
		for (const struct api_route *r = (*t)(); r->fn; r++)
			if (i-- == 0)
				return r;
	return NULL;
}

size_t api_routes_count(void)
{
	size_t n = 0;

	while (api_routes_at(n))
		n++;
	return n;
}
