/* SPDX-License-Identifier: Apache-2.0 */
/* test_zone_from: what the JSON of a zone becomes, and every refusal with its place. */
#include "test_model.h"

#include "base/buf.h"
#include "model/kind.h"
#include "model/zone_json.h"
#include "model/zone_port.h"

#include <stdio.h>

static enum err build(const char *json, struct zone **ret, struct diag *d)
{
	struct limits limits;

	limits_init(&limits);
	limits.zone_hosts_max = 3;
	limits.plan_item_bytes_max = 20000;
	diag_init(d);
	return zone_from_json(slice_str(json), 1, &limits, ret, d);
}

/* A zone with one host, into which `more` goes. */
static enum err build_host(const char *more, struct zone **ret, struct diag *d)
{
	char json[8192];

	snprintf(json, sizeof json,
		 "{\"kind\":\"zone\",\"name\":\"a.test\",\"hosts\":[{\"name\":\"a.test\",\"origins\":[\"192.0.2.1:80\"]"
		 "%s}]}",
		 more);
	return build(json, ret, d);
}

static void everything_is_read(void **state)
{
	struct zone *z;
	struct diag d;

	assert_int_equal(
		build("{\"kind\":\"zone\",\"name\":\"Example.TEST.\",\"cache_level\":\"simplified\",\"hosts\":[{"
		      "\"name\":\"WWW.example.test\",\"origins\":[\"192.0.2.1:80\",\"[2001:db8::1]:8080\"],"
		      "\"origin_host\":\"origin.internal:81\",\"always_online\":true,"
		      "\"timeouts\":{\"connect_ms\":50,\"first_byte_ms\":60,\"read_ms\":70},"
		      "\"cache\":{\"cache\":true,\"edge_ttl\":{\"mode\":\"override_origin\",\"default\":3600,"
		      "\"status_code_ttl\":[{\"status_code\":404,\"value\":60},"
		      "{\"status_code_range\":{\"from\":500,\"to\":599},\"value\":-1},"
		      "{\"status_code_range\":{\"from\":600},\"value\":0}]},"
		      "\"browser_ttl\":{\"mode\":\"override_origin\",\"default\":30},"
		      "\"serve_stale\":{\"disable_stale_while_updating\":true}}},"
		      "{\"name\":\"*.example.test\",\"origins\":[\"192.0.2.1:80\"]}]}",
		      &z, &d),
		OK);
	assert_true(slice_eq(z->name, SLICE("example.test")));
	assert_int_equal(z->sites_n, 2);
	const struct site *s = &z->sites[0];
	assert_true(slice_eq(s->host, SLICE("www.example.test")));
	assert_true(slice_eq(s->origin_host, SLICE("origin.internal:81")));
	assert_int_equal(s->origins_n, 2);
	assert_int_equal(s->origins[1].port, 8080);
	assert_int_equal(s->origins[1].ip.family, 6);
	assert_int_equal(s->connect_ms, 50);
	assert_int_equal(s->first_byte_ms, 60);
	assert_int_equal(s->read_ms, 70);
	const struct cache_policy *c = &s->cache;
	assert_int_equal(c->eligibility, CACHE_EVERYTHING);
	assert_int_equal(c->level, CACHE_LEVEL_SIMPLIFIED);
	assert_int_equal(c->edge_ttl_mode, EDGE_TTL_OVERRIDE_ORIGIN);
	assert_int_equal(c->edge_ttl_s, 3600);
	assert_int_equal(c->browser_ttl_mode, BROWSER_TTL_OVERRIDE_ORIGIN);
	assert_int_equal(c->browser_ttl_s, 30);
	assert_false(c->stale_while_updating);
	assert_true(c->serve_stale_on_error);
	assert_int_equal(c->status_ttls_n, 3);
	assert_int_equal(c->status_ttls[0].from, 404);
	assert_int_equal(c->status_ttls[0].to, 404);
	assert_int_equal(c->status_ttls[1].to, 599);
	assert_int_equal(c->status_ttls[1].ttl_s, -1);
	assert_int_equal(c->status_ttls[2].to, 999);
	const struct site *other = &z->sites[1];
	assert_true(slice_eq(other->host, SLICE("*.example.test")));
	assert_int_equal(other->origin_host.n, 0);
	assert_int_equal(other->cache.eligibility, CACHE_BY_EXTENSION);
	assert_true(other->cache.stale_while_updating);
	assert_false(other->cache.serve_stale_on_error);
	zone_unref(z);
}

static void settings_are_read(void **state)
{
	struct zone *z;
	struct diag d;

	assert_int_equal(
		build("{\"kind\":\"zone\",\"name\":\"a.test\",\"cache_level\":\"bypass\",\"browser_cache_ttl\":7200,"
		      "\"always_online\":true,\"sort_query_string_for_cache\":true,\"development_until\":9,"
		      "\"true_client_ip_header\":true,\"pseudo_ipv4\":\"overwrite_header\",\"websockets\":false,"
		      "\"origin_error_page_pass_thru\":false,\"proxy_read_timeout\":7,\"hosts\":["
		      "{\"name\":\"a.test\",\"origins\":[\"192.0.2.1\",\"[2001:db8::1]\"]},"
		      "{\"name\":\"b.a.test\",\"origins\":[\"192.0.2.2:8080\"],\"always_online\":false,"
		      "\"timeouts\":{\"read_ms\":10},\"cache\":{\"cache\":true,"
		      "\"browser_ttl\":{\"mode\":\"respect_origin\"},\"additional_cacheable_ports\":[8443,81]}},"
		      "{\"name\":\"c.a.test\",\"origin_error\":1016}]}",
		      &z, &d),
		OK);
	const struct site *a = &z->sites[0], *b = &z->sites[1], *c = &z->sites[2];
	assert_int_equal(z->settings.development_until_s, 9);
	assert_int_equal(z->settings.pseudo_ipv4, PSEUDO_IPV4_OVERWRITE_HEADER);
	assert_true(z->settings.true_client_ip_header);
	assert_false(z->settings.websockets || z->settings.origin_error_page_pass_thru);
	assert_int_equal(a->cache.eligibility, CACHE_NOTHING);
	assert_int_equal(a->cache.browser_ttl_mode, BROWSER_TTL_OVERRIDE_ORIGIN);
	assert_int_equal(a->cache.browser_ttl_s, 7200);
	assert_true(a->cache.sort_query && a->cache.serve_stale_on_error);
	assert_int_equal(a->read_ms, 7000);
	assert_int_equal(a->first_byte_ms, 7000);
	assert_int_equal(a->connect_ms, 0);
	assert_int_equal(a->origins_n, 2);
	assert_int_equal(a->origins[0].port, 0);
	assert_int_equal(a->origins[1].ip.family, 6);
	/* What a host says goes before. */
	assert_int_equal(b->cache.eligibility, CACHE_EVERYTHING);
	assert_int_equal(b->cache.browser_ttl_mode, BROWSER_TTL_RESPECT_ORIGIN);
	assert_false(b->cache.serve_stale_on_error);
	assert_int_equal(b->read_ms, 10);
	assert_int_equal(b->first_byte_ms, 7000);
	assert_int_equal(b->origins[0].port, 8080);
	assert_true(zone_port_caches(8443, b->cache.more_ports));
	assert_false(zone_port_caches(8443, a->cache.more_ports));
	assert_int_equal(c->origin_error, 1016);
	assert_int_equal(c->origins_n, 0);
	zone_unref(z);
	assert_int_equal(build("{\"kind\":\"zone\",\"name\":\"a.test\",\"development_mode\":true,\"cache_level\":"
			       "\"cache_everything\",\"hosts\":[{\"name\":\"a.test\",\"origins\":[\"192.0.2.1\"]}]}",
			       &z, &d),
			 OK);
	assert_int_equal(z->settings.development_until_s, INT64_MAX);
	assert_int_equal(z->sites[0].cache.eligibility, CACHE_EVERYTHING);
	assert_true(z->settings.websockets && z->settings.origin_error_page_pass_thru);
	zone_unref(z);
}

static void ports(void **state)
{
	static const uint16_t uncached[] = { 2052, 2053, 2082, 2083, 2086, 2087, 2095, 2096, 8880, 8443 };

	for (size_t i = 0; i < sizeof uncached / sizeof uncached[0]; i++) {
		assert_false(zone_port_caches(uncached[i], 0));
		assert_true(zone_port_caches(uncached[i], zone_port_bit(uncached[i])));
		bool https = uncached[i] == 8443 || uncached[i] == 2053 || uncached[i] == 2083 || uncached[i] == 2087 ||
			     uncached[i] == 2096;
		assert_int_equal(zone_port_origin(uncached[i], https), uncached[i]);
		assert_int_equal(zone_port_origin(uncached[i], !https), https ? 80 : 443);
	}
	assert_true(zone_port_caches(80, 0) && zone_port_caches(8080, 0) && zone_port_caches(12345, 0));
	assert_int_equal(zone_port_origin(8080, false), 8080);
	assert_int_equal(zone_port_origin(443, true), 443);
	assert_int_equal(zone_port_origin(443, false), 80); /* Flexible */
	assert_int_equal(zone_port_origin(80, true), 443);
	assert_int_equal(zone_port_origin(12345, false), 80);
	assert_int_equal(zone_port_origin(12345, true), 443);
}

struct refusal {
	const char *json, *where, *text; /* text: a part of it */
};

static void check_refusals(const struct refusal *rows, size_t n,
			   enum err (*fn)(const char *, struct zone **, struct diag *))
{
	for (size_t i = 0; i < n; i++) {
		struct zone *z = NULL;
		struct diag d;
		enum err e = fn(rows[i].json, &z, &d);
		if (e != ERR_PLAN || strcmp(d.where, rows[i].where) != 0 || !strstr(d.text, rows[i].text))
			fail_msg("%s\ngave %s at \"%s\": %s\nnot \"%s\": %s", rows[i].json, err_name(e), d.where,
				 d.text, rows[i].where, rows[i].text);
		assert_null(z);
	}
}

#define ZONE_OF(hosts) "{\"kind\":\"zone\",\"name\":\"a.test\",\"hosts\":[" hosts "]}"
#define SETTING_OF(member) "{\"kind\":\"zone\",\"name\":\"a.test\"," member ",\"hosts\":[]}"
#define HOST_OF(name) "{\"name\":\"" name "\",\"origins\":[\"192.0.2.1:80\"]}"

static void zones_are_refused(void **state)
{
	static const struct refusal rows[] = {
		{ "", "1:1", "" },
		{ "{", "1:1", "" },
		{ "[]", "", "must be an object" },
		{ "{\"kind\":\"zone\",\n \"kind\":\"zone\"}", "2:7", "duplicate" },
		{ "{\"kind\":\"zone\"} x", "1:17", "end of file" },
		{ "{\"kind\":\"record\",\"anything\":1}", "kind", "not available in this version" },
		{ "{\"name\":\"a.test\",\"hosts\":[]}", "kind", "is missing" },
		{ "{\"kind\":1}", "kind", "must be a string" },
		{ "{\"kind\":\"zone\",\"hosts\":[]}", "name", "is missing" },
		{ "{\"kind\":\"zone\",\"name\":\"a.test\"}", "hosts", "is missing" },
		{ "{\"kind\":\"zone\",\"name\":7,\"hosts\":[]}", "name", "must be a string" },
		{ "{\"kind\":\"zone\",\"name\":\"a.test\",\"hosts\":{}}", "hosts", "must be an array" },
		{ "{\"kind\":\"zone\",\"name\":\"a.test\",\"hosts\":[],\"x\":1}", "x", "known are kind, name" },
		{ "{\"kind\":\"zone\",\"name\":\"a.test\",\"hosts\":[]}", "hosts", "at least one" },
		{ "{\"kind\":\"zone\",\"name\":\"\",\"hosts\":[]}", "name", "is not a host name" },
		{ "{\"kind\":\"zone\",\"name\":\"a b\",\"hosts\":[]}", "name", "is not a host name" },
		{ "{\"kind\":\"zone\",\"name\":\"a.test:80\",\"hosts\":[]}", "name", "is not a host name" },
		{ "{\"kind\":\"zone\",\"name\":\"*.test\",\"hosts\":[]}", "name", "is not a host name" },
		{ "{\"kind\":\"zone\",\"name\":\"192.0.2.1\",\"hosts\":[]}", "name", "is an address" },
		{ "{\"kind\":\"zone\",\"name\":\"a.test\",\"development_mode\":1,\"hosts\":[]}", "development_mode",
		  "must be true or false" },
		{ "{\"kind\":\"zone\",\"name\":\"a.test\",\"cache_level\":\"most\",\"hosts\":[]}", "cache_level",
		  "is not one of aggressive, basic, simplified, bypass, cache_everything" },
		{ SETTING_OF("\"development_until\":-1"), "development_until", "must be from 0" },
		{ SETTING_OF("\"browser_cache_ttl\":-1"), "browser_cache_ttl", "must be from 0" },
		{ SETTING_OF("\"always_online\":\"on\""), "always_online", "must be true or false" },
		{ SETTING_OF("\"pseudo_ipv4\":\"on\""), "pseudo_ipv4",
		  "is not one of off, add_header, overwrite_header" },
		{ SETTING_OF("\"proxy_read_timeout\":0"), "proxy_read_timeout", "must be from 1 to 6000" },
		{ ZONE_OF("1"), "hosts[0]", "must be an object" },
		{ ZONE_OF("{\"origins\":[\"192.0.2.1:80\"]}"), "hosts[0].name", "is missing" },
		{ ZONE_OF("{\"name\":\"a.test\"}"), "hosts[0].origins", "is missing" },
		{ ZONE_OF(HOST_OF("b.test")), "hosts[0].name", "is not inside the zone \"a.test\"" },
		{ ZONE_OF(HOST_OF("ba.test")), "hosts[0].name", "is not inside" },
		{ ZONE_OF(HOST_OF("*.test")), "hosts[0].name", "is not inside" },
		{ ZONE_OF(HOST_OF("www.*.a.test")), "hosts[0].name", "is not a host name" },
		{ ZONE_OF(HOST_OF("*")), "hosts[0].name", "is not a host name" },
		{ ZONE_OF(HOST_OF("*.")), "hosts[0].name", "is not a host name" },
		{ ZONE_OF(HOST_OF("a..a.test")), "hosts[0].name", "is not a host name" },
		{ ZONE_OF(HOST_OF("a.test") "," HOST_OF("x.a.test") "," HOST_OF("A.TEST")), "hosts[2].name",
		  "is already the name of hosts[0]" },
		{ ZONE_OF(HOST_OF("a.test") "," HOST_OF("b.a.test") "," HOST_OF("c.a.test") "," HOST_OF("d.a.test")),
		  "hosts", "at most 3" },
	};

	check_refusals(rows, sizeof rows / sizeof rows[0], build);
}

#define KEY_OF(members) ",\"cache\":{\"cache_key\":{" members "}}"
#define CUSTOM_OF(members) KEY_OF("\"custom_key\":{" members "}")
#define AT_KEY "hosts[0].cache.cache_key"
#define AT_CUSTOM AT_KEY ".custom_key"

static void keys_are_read(void **state)
{
	static const char *const names[] = { "utm", "x-a", "accept-language", "x-b", "Session", "beta" };
	struct zone *z;
	struct diag d;

	assert_int_equal(
		build_host(KEY_OF("\"ignore_query_strings_order\":true,\"cache_by_device_type\":true,\"custom_key\":{"
				  "\"query_string\":{\"exclude\":{\"list\":[\"utm\"]}},"
				  "\"header\":{\"include\":[\"X-A\",\"Accept-Language\"],\"check_presence\":[\"X-B\"],"
				  "\"exclude_origin\":true},\"cookie\":{\"include\":[\"Session\"],"
				  "\"check_presence\":[\"beta\"]},\"user\":{\"lang\":true}}"),
			   &z, &d),
		OK);
	const struct cache_key_rule *k = z->sites[0].cache.key;
	assert_true(k->sort && k->device && k->lang);
	assert_int_equal(k->query, CACHE_KEY_QUERY_WITHOUT);
	assert_int_equal(k->names_n, 6);
	for (size_t i = 0; i < 6; i++)
		assert_true(slice_eq(k->names[i], slice_str(names[i])));
	assert_true(k->params_n == 1 && k->headers_n == 2 && k->present_n == 1);
	assert_true(k->cookies_n == 1 && k->cookies_present_n == 1);
	zone_unref(z);
	static const struct {
		const char *query;
		enum cache_key_query mode;
	} rows[] = { { "\"include\":{\"all\":true}", CACHE_KEY_QUERY_ALL },
		     { "\"include\":[\"*\"]", CACHE_KEY_QUERY_ALL },
		     { "\"exclude\":{\"all\":true}", CACHE_KEY_QUERY_NONE },
		     { "\"exclude\":[\"*\"]", CACHE_KEY_QUERY_NONE },
		     { "\"include\":[\"a\",\"b\"]", CACHE_KEY_QUERY_ONLY } };
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[256];
		snprintf(text, sizeof text, CUSTOM_OF("\"query_string\":{%s}"), rows[i].query);
		assert_int_equal(build_host(text, &z, &d), OK);
		assert_int_equal(z->sites[0].cache.key->query, rows[i].mode);
		zone_unref(z);
	}
}

static void hosts_are_refused(void **state)
{
	static const struct refusal rows[] = {
		{ ",\"ttl\":1", "hosts[0].ttl", "known are name, origins" },
		{ ",\"origin_host\":1", "hosts[0].origin_host", "must be a string" },
		{ ",\"origin_host\":\"a b\"", "hosts[0].origin_host", "is not a host" },
		{ ",\"always_online\":\"yes\"", "hosts[0].always_online", "must be true or false" },
		{ ",\"timeouts\":[]", "hosts[0].timeouts", "must be an object" },
		{ ",\"timeouts\":{\"connect\":1}", "hosts[0].timeouts.connect", "known are connect_ms" },
		{ ",\"timeouts\":{\"connect_ms\":1}", "hosts[0].timeouts.connect_ms", "must be from 10 to 600000" },
		{ ",\"timeouts\":{\"read_ms\":1.5}", "hosts[0].timeouts.read_ms", "must be a whole number" },
		{ ",\"timeouts\":{\"first_byte_ms\":-1}", "hosts[0].timeouts.first_byte_ms", "must be from" },
		{ ",\"cache\":true", "hosts[0].cache", "must be an object" },
		{ ",\"cache\":{\"cache\":1}", "hosts[0].cache.cache", "must be true or false" },
		{ ",\"cache\":{\"edge\":{}}", "hosts[0].cache.edge", "known are cache, edge_ttl" },
		{ ",\"cache\":{\"edge_ttl\":{}}", "hosts[0].cache.edge_ttl.mode", "is missing" },
		{ ",\"cache\":{\"edge_ttl\":{\"mode\":\"x\"}}", "hosts[0].cache.edge_ttl.mode", "is not one of" },
		{ ",\"cache\":{\"edge_ttl\":{\"mode\":\"override_origin\"}}", "hosts[0].cache.edge_ttl.default",
		  "override_origin needs it" },
		{ ",\"cache\":{\"edge_ttl\":{\"mode\":\"respect_origin\",\"default\":1}}",
		  "hosts[0].cache.edge_ttl.default", "goes with mode override_origin only" },
		{ ",\"cache\":{\"edge_ttl\":{\"mode\":\"override_origin\",\"default\":-1}}",
		  "hosts[0].cache.edge_ttl.default", "must be from 0" },
		{ ",\"cache\":{\"edge_ttl\":{\"mode\":\"override_origin\",\"default\":99999999999999999999}}", "1:160",
		  "too big integer" },
		{ ",\"cache\":{\"browser_ttl\":{\"mode\":\"bypass\",\"default\":1}}",
		  "hosts[0].cache.browser_ttl.default", "override_origin only" },
		{ ",\"cache\":{\"browser_ttl\":{\"mode\":\"bypass_by_default\"}}", "hosts[0].cache.browser_ttl.mode",
		  "is not one of respect_origin, override_origin, bypass" },
		{ ",\"origin_error\":1016", "hosts[0].origin_error", "without origins only" },
		{ ",\"origin_error\":1001", "hosts[0].origin_error", "is not one of 1000" },
		{ ",\"origin_error\":7", "hosts[0].origin_error", "must be from 1000 to 1016" },
		{ KEY_OF("\"cache_deception_armor\":true"), AT_KEY ".cache_deception_armor", "cannot be true" },
		{ KEY_OF("\"x\":1"), AT_KEY ".x", "known are" },
		{ CUSTOM_OF("\"query_string\":{}"), AT_CUSTOM ".query_string", "include or exclude" },
		{ CUSTOM_OF("\"query_string\":{\"include\":[\"a\"],\"exclude\":[\"b\"]}"), AT_CUSTOM ".query_string",
		  "include or exclude" },
		{ CUSTOM_OF("\"query_string\":{\"include\":{\"list\":[]}}"), AT_CUSTOM ".query_string.include",
		  "must be" },
		{ CUSTOM_OF("\"query_string\":{\"include\":{\"list\":[1]}}"), AT_CUSTOM ".query_string.include[0]",
		  "must be a name" },
		{ CUSTOM_OF("\"header\":{\"include\":[\"a b\"]}"), AT_CUSTOM ".header.include[0]", "must be a name" },
		{ CUSTOM_OF("\"header\":{\"include\":[\"Cookie\"]}"), AT_CUSTOM ".header.include[0]",
		  "cannot be part" },
		{ CUSTOM_OF("\"header\":{\"check_presence\":[\"CF-Ray\"]}"), AT_CUSTOM ".header.check_presence[0]",
		  "cannot be part" },
		{ CUSTOM_OF("\"header\":{\"contains\":{}}"), AT_CUSTOM ".header.contains", "known are" },
		{ CUSTOM_OF("\"header\":{\"exclude_origin\":false}"), AT_CUSTOM ".header.exclude_origin",
		  "can only be true" },
		{ CUSTOM_OF("\"user\":{\"geo\":true}"), AT_CUSTOM ".user.geo", "no database of locations" },
		{ CUSTOM_OF("\"host\":{\"resolved\":true}"), AT_CUSTOM ".host.resolved", "cannot be true" },
		{ ",\"cache\":{\"additional_cacheable_ports\":[0]}", "hosts[0].cache.additional_cacheable_ports[0]",
		  "must be a port" },
		{ ",\"cache\":{\"serve_stale\":{\"x\":true}}", "hosts[0].cache.serve_stale.x", "known are" },
	};

	check_refusals(rows, sizeof rows / sizeof rows[0], build_host);
}

static enum err build_status_ttl(const char *row, struct zone **ret, struct diag *d)
{
	char more[1024];

	snprintf(more, sizeof more, ",\"cache\":{\"edge_ttl\":{\"mode\":\"respect_origin\",\"status_code_ttl\":[%s]}}",
		 row);
	return build_host(more, ret, d);
}

#define ROWS_AT "hosts[0].cache.edge_ttl.status_code_ttl[0]"

static void status_ttls_are_refused(void **state)
{
	static const struct refusal rows[] = {
		{ "7", ROWS_AT, "must be an object" },
		{ "{\"status_code\":200}", ROWS_AT ".value", "is missing" },
		{ "{\"value\":1}", ROWS_AT, "one of the two" },
		{ "{\"status_code\":200,\"status_code_range\":{\"from\":200},\"value\":1}", ROWS_AT, "one of the two" },
		{ "{\"status_code\":99,\"value\":1}", ROWS_AT ".status_code", "from 100 to 999" },
		{ "{\"status_code\":200,\"value\":-2}", ROWS_AT ".value", "from -1" },
		{ "{\"status_code_range\":{},\"value\":1}", ROWS_AT ".status_code_range", "needs from, to or both" },
		{ "{\"status_code_range\":{\"from\":300,\"to\":200},\"value\":1}", ROWS_AT ".status_code_range",
		  "ends before it begins" },
		{ "{\"status_code_range\":{\"from\":300,\"to\":1000},\"value\":1}", ROWS_AT ".status_code_range.to",
		  "from 100 to 999" },
		{ "{\"status_code_range\":{\"at\":300},\"value\":1}", ROWS_AT ".status_code_range.at", "known are" },
	};

	check_refusals(rows, sizeof rows / sizeof rows[0], build_status_ttl);
}

static enum err build_origins(const char *origins, struct zone **ret, struct diag *d)
{
	char json[8192];

	snprintf(json, sizeof json,
		 "{\"kind\":\"zone\",\"name\":\"a.test\",\"hosts\":[{\"name\":\"a.test\",\"origins\":[%s]}]}", origins);
	return build(json, ret, d);
}

static void origins_are_refused(void **state)
{
	static const struct refusal rows[] = {
		{ "", "hosts[0].origins", "at least one" },
		{ "80", "hosts[0].origins[0]", "must be a string" },
		{ "\"192.0.2.1:80\",\"127.0.0.1:99999\"", "hosts[0].origins[1]",
		  "\"127.0.0.1:99999\" is not an address with or without a port" },
		{ "\"[192.0.2.1]\"", "hosts[0].origins[0]", "is not an address with or without a port" },
		{ "\"2001:db8::1\"", "hosts[0].origins[0]", "is not an address with or without a port" },
		{ "\"[]\"", "hosts[0].origins[0]", "is not an address with or without a port" },
		{ "\"192.0.2.1:0\"", "hosts[0].origins[0]", "is not an address with or without a port" },
		{ "\"2001:db8::1:80\"", "hosts[0].origins[0]", "is not an address with or without a port" },
		{ "\"\"", "hosts[0].origins[0]", "is not an address with or without a port" },
		{ "\"app.internal:3000\"", "hosts[0].origins[0]", "is a name; origins are addresses" },
		{ "\"http://192.0.2.1:80\"", "hosts[0].origins[0]", "is not an address with or without a port" },
	};
	char many[4096] = "\"192.0.2.1:80\"";
	struct zone *z = NULL;
	struct diag d;

	check_refusals(rows, sizeof rows / sizeof rows[0], build_origins);
	for (int i = 1; i < SITE_ORIGINS_MAX; i++)
		strcat(many, ",\"192.0.2.1:80\"");
	assert_int_equal(build_origins(many, &z, &d), OK);
	zone_unref(z);
	strcat(many, ",\"192.0.2.1:80\"");
	assert_int_equal(build_origins(many, &z, &d), ERR_PLAN);
	assert_string_equal(d.where, "hosts[0].origins");
}

static void large_items_are_refused(void **state)
{
	char json[20010];
	struct zone *z;
	struct diag d;

	memset(json, ' ', sizeof json - 1);
	json[sizeof json - 1] = '\0';
	assert_int_equal(build(json, &z, &d), ERR_PLAN);
	assert_non_null(strstr(d.text, "plan_item_bytes_max"));
}

static void items_say_their_kind(void **state)
{
	static const struct kind *const kinds[] = { &zone_kind, NULL };
	const struct kind *kind = NULL;
	char key[KIND_KEY_BYTES];
	struct diag d;

	diag_init(&d);
	assert_int_equal(kind_of_json(kinds, SLICE("{\"kind\":\"zone\",\"x\":1}"), &kind, &d), OK);
	assert_ptr_equal(kind, &zone_kind);
	assert_true(slice_eq(kind_key(key, SLICE("zone"), SLICE("a.test")), SLICE("zone/a.test")));
	assert_string_equal(key, "zone/a.test");
	static const char *const bad[] = { "", "[]", "{}", "{\"kind\":1}", "{\"kind\":\"x\",\"name\":\"a.test\"}" };
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		diag_init(&d);
		assert_int_equal(kind_of_json(kinds, slice_str(bad[i]), &kind, &d), ERR_PLAN);
	}
	assert_string_equal(d.where, "kind");
	assert_string_equal(d.text, "\"x\" is not available in this version, which has \"zone\"");
}

/* Every prefix of a good item, and every item with one byte changed, is built or refused, without harm. */
static void damaged_items_do_no_harm(void **state)
{
	static const char good[] =
		ZONE_OF("{\"name\":\"*.a.test\",\"origins\":[\"192.0.2.1:80\"],\"cache\":{\"edge_ttl\":"
			"{\"mode\":\"override_origin\",\"default\":3600}}}");
	char json[sizeof good];

	for (size_t i = 0; i < sizeof good; i++) {
		for (int c = 0; c < 256; c += 5) {
			struct zone *z = NULL;
			struct diag d;
			memcpy(json, good, sizeof good);
			json[i] = (char)c;
			json[sizeof good - 1] = '\0';
			if (build(json, &z, &d) == OK)
				zone_unref(z);
		}
	}
}

int test_zone_from(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_read),
		cmocka_unit_test(settings_are_read),
		cmocka_unit_test(ports),
		cmocka_unit_test(keys_are_read),
		cmocka_unit_test(zones_are_refused),
		cmocka_unit_test(hosts_are_refused),
		cmocka_unit_test(status_ttls_are_refused),
		cmocka_unit_test(origins_are_refused),
		cmocka_unit_test(large_items_are_refused),
		cmocka_unit_test(items_say_their_kind),
		cmocka_unit_test(damaged_items_do_no_harm),
	};

	return cmocka_run_group_tests_name("zone_from", tests, NULL, NULL);
}
