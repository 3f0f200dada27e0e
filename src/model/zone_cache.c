/* SPDX-License-Identifier: Apache-2.0 */
/* zone_cache: see zone_cache.h. Names and rules as Cloudflare's cache rules have them. */
#include "model/zone_cache.h"

#include "base/mem.h"
#include "model/zone_key.h"
#include "model/zone_port.h"

enum { ZONE_CACHE__PORTS_MAX = 32 };

static const int64_t zone_cache__ttl_range[2] = { 0, INT32_MAX }; /* RFC 9111 1.2.2: delta-seconds */

static const struct json_read_member zone_cache__members[] = {
	{ "cache", JSON_READ_BOOL, false },
	{ "edge_ttl", JSON_READ_OBJECT, false },
	{ "browser_ttl", JSON_READ_OBJECT, false },
	{ "serve_stale", JSON_READ_OBJECT, false },
	{ "additional_cacheable_ports", JSON_READ_ARRAY, false },
	{ "cache_key", JSON_READ_OBJECT, false },
	{ NULL, JSON_READ_BOOL, false },
};

static const struct json_read_member zone_cache__edge_members[] = {
	{ "mode", JSON_READ_STRING, true },
	{ "default", JSON_READ_INT, false },
	{ "status_code_ttl", JSON_READ_ARRAY, false },
	{ NULL, JSON_READ_BOOL, false },
};

static const struct json_read_member zone_cache__browser_members[] = {
	{ "mode", JSON_READ_STRING, true },
	{ "default", JSON_READ_INT, false },
	{ NULL, JSON_READ_BOOL, false },
};

static const struct json_read_member zone_cache__stale_members[] = {
	{ "disable_stale_while_updating", JSON_READ_BOOL, false },
	{ NULL, JSON_READ_BOOL, false },
};

static const struct json_read_member zone_cache__status_members[] = {
	{ "status_code", JSON_READ_INT, false },
	{ "status_code_range", JSON_READ_OBJECT, false },
	{ "value", JSON_READ_INT, true },
	{ NULL, JSON_READ_BOOL, false },
};

static const struct json_read_member zone_cache__range_members[] = {
	{ "from", JSON_READ_INT, false },
	{ "to", JSON_READ_INT, false },
	{ NULL, JSON_READ_BOOL, false },
};

/* The seconds beside a mode: needed with override_origin, refused with any other. */
static enum err zone_cache__default(struct json_read *r, const json_t *obj, bool is_override, int64_t *ret_s)
{
	bool given = json_object_get(obj, "default") != NULL;

	if (given == is_override)
		return json_read_int(r, obj, "default", zone_cache__ttl_range, ret_s);
	json_read_in(r, "default");
	return given ? json_read_fail(r, "goes with mode override_origin only")
		     : json_read_fail(r, "is missing; mode override_origin needs it");
}

static enum err zone_cache__status_row(struct json_read *r, const json_t *row, struct status_ttl *ret)
{
	static const int64_t codes[2] = { 100, 999 }, values[2] = { -1, INT32_MAX };
	const json_t *range = json_object_get(row, "status_code_range"), *one = json_object_get(row, "status_code");
	int64_t from = 100, to = 999;

	TRY(json_read_object(r, row, zone_cache__status_members));
	if ((range != NULL) == (one != NULL))
		return json_read_fail(r, "needs status_code or status_code_range, one of the two");
	if (one) {
		TRY(json_read_int(r, row, "status_code", codes, &from));
		to = from;
	} else {
		size_t mark = json_read_in(r, "status_code_range");
		TRY(json_read_object(r, range, zone_cache__range_members));
		TRY(json_read_int(r, range, "from", codes, &from));
		TRY(json_read_int(r, range, "to", codes, &to));
		if (json_object_size(range) == 0)
			return json_read_fail(r, "needs from, to or both");
		if (from > to)
			return json_read_fail(r, "ends before it begins");
		json_read_out(r, mark);
	}
	TRY(json_read_int(r, row, "value", values, &ret->ttl_s));
	ret->from = (uint16_t)from;
	ret->to = (uint16_t)to;
	return OK;
}

static enum err zone_cache__status_rows(struct json_read *r, const json_t *edge, struct cache_policy *p)
{
	const json_t *rows = json_object_get(edge, "status_code_ttl");
	size_t mark = json_read_in(r, "status_code_ttl"), n = json_array_size(rows);

	if (n > SITE_STATUS_TTLS_MAX)
		return json_read_fail(r, "holds %zu rows, at most %d", n, SITE_STATUS_TTLS_MAX);
	if (n)
		p->status_ttls = mem_alloc_array(n, sizeof *p->status_ttls); /* also in an error the owner frees it */
	for (size_t i = 0; i < n; i++) {
		size_t element = json_read_in_index(r, i);
		TRY(zone_cache__status_row(r, json_array_get(rows, i), &p->status_ttls[i]));
		json_read_out(r, element);
	}
	p->status_ttls_n = n;
	json_read_out(r, mark);
	return OK;
}

static enum err zone_cache__edge_ttl(struct json_read *r, const json_t *cache, struct cache_policy *p)
{
	static const char *const modes[] = {
		[EDGE_TTL_RESPECT_ORIGIN] = "respect_origin",
		[EDGE_TTL_OVERRIDE_ORIGIN] = "override_origin",
		[EDGE_TTL_BYPASS_BY_DEFAULT] = "bypass_by_default",
		NULL,
	};
	const json_t *edge = json_object_get(cache, "edge_ttl");
	int mode = EDGE_TTL_RESPECT_ORIGIN;

	if (!edge)
		return OK;
	size_t mark = json_read_in(r, "edge_ttl");
	TRY(json_read_object(r, edge, zone_cache__edge_members));
	TRY(json_read_choice(r, edge, "mode", modes, &mode));
	p->edge_ttl_mode = (enum edge_ttl_mode)mode;
	TRY(zone_cache__default(r, edge, mode == EDGE_TTL_OVERRIDE_ORIGIN, &p->edge_ttl_s));
	TRY(zone_cache__status_rows(r, edge, p));
	json_read_out(r, mark);
	return OK;
}

static enum err zone_cache__browser_ttl(struct json_read *r, const json_t *cache, struct cache_policy *p)
{
	static const char *const modes[] = {
		[BROWSER_TTL_RESPECT_ORIGIN] = "respect_origin",
		[BROWSER_TTL_OVERRIDE_ORIGIN] = "override_origin",
		[BROWSER_TTL_BYPASS] = "bypass",
		NULL,
	};
	const json_t *browser = json_object_get(cache, "browser_ttl");
	int mode = BROWSER_TTL_RESPECT_ORIGIN;

	if (!browser)
		return OK;
	size_t mark = json_read_in(r, "browser_ttl");
	TRY(json_read_object(r, browser, zone_cache__browser_members));
	TRY(json_read_choice(r, browser, "mode", modes, &mode));
	p->browser_ttl_mode = (enum browser_ttl_mode)mode;
	TRY(zone_cache__default(r, browser, mode == BROWSER_TTL_OVERRIDE_ORIGIN, &p->browser_ttl_s));
	json_read_out(r, mark);
	return OK;
}

static enum err zone_cache__serve_stale(struct json_read *r, const json_t *cache, struct cache_policy *p)
{
	const json_t *stale = json_object_get(cache, "serve_stale");

	if (!stale)
		return OK;
	size_t mark = json_read_in(r, "serve_stale");
	TRY(json_read_object(r, stale, zone_cache__stale_members));
	p->stale_while_updating = !json_read_bool(stale, "disable_stale_while_updating", false);
	json_read_out(r, mark);
	return OK;
}

static enum err zone_cache__ports(struct json_read *r, const json_t *cache, struct cache_policy *p)
{
	const json_t *ports = json_object_get(cache, "additional_cacheable_ports");
	size_t mark = json_read_in(r, "additional_cacheable_ports"), n = json_array_size(ports);

	if (n > ZONE_CACHE__PORTS_MAX)
		return json_read_fail(r, "holds %zu ports, at most %d", n, ZONE_CACHE__PORTS_MAX);
	for (size_t i = 0; i < n; i++) {
		const json_t *port = json_array_get(ports, i);
		size_t element = json_read_in_index(r, i);
		if (!json_is_integer(port) || json_integer_value(port) < 1 || json_integer_value(port) > UINT16_MAX)
			return json_read_fail(r, "must be a port, 1 to 65535");
		p->more_ports |= zone_port_bit((uint16_t)json_integer_value(port));
		json_read_out(r, element);
	}
	json_read_out(r, mark);
	return OK;
}

enum err zone_cache_read_rule(struct json_read *r, const json_t *cache, struct cache_policy *p)
{
	TRY(json_read_object(r, cache, zone_cache__members));
	if (json_object_get(cache, "cache"))
		p->eligibility = json_read_bool(cache, "cache", true) ? CACHE_EVERYTHING : CACHE_NOTHING;
	TRY(zone_cache__edge_ttl(r, cache, p));
	TRY(zone_cache__browser_ttl(r, cache, p));
	TRY(zone_cache__serve_stale(r, cache, p));
	TRY(zone_cache__ports(r, cache, p));
	/* The last one: what was read is given up by the owner of the policy. */
	if (json_object_get(cache, "cache_key"))
		TRY(zone_key_read(r, json_object_get(cache, "cache_key"), &p->key));
	return OK;
}

enum err zone_cache_read(struct json_read *r, const json_t *cache, struct cache_policy *p)
{
	if (!cache)
		return OK;
	size_t mark = json_read_in(r, "cache");
	TRY(zone_cache_read_rule(r, cache, p));
	json_read_out(r, mark);
	return OK;
}
