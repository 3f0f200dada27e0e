/* SPDX-License-Identifier: Apache-2.0 */
/* test_rule: rules of a zone: what is read, and every refusal with its place. */
#include "test_model.h"

#include "base/mem.h"
#include "model/rule_read.h"
#include "model/zone_json.h"

#include <stdio.h>

/* A zone with two hosts and `more`. */
static enum err build(const char *more, struct zone **ret, struct diag *d)
{
	struct limits limits;
	char json[16384];

	limits_init(&limits);
	limits.zone_rules_max = 3;
	limits.zone_list_items_max = 3;
	diag_init(d);
	snprintf(json, sizeof json,
		 "{\"kind\":\"zone\",\"name\":\"a.test\",\"hosts\":[{\"name\":\"a.test\",\"origins\":[\"192.0.2.1:80\"]"
		 "},"
		 "{\"name\":\"b.a.test\",\"origins\":[\"192.0.2.2:80\"]}]%s}",
		 more);
	return zone_from_json(slice_str(json), 1, &limits, ret, d);
}

/* One rule of a phase. */
static enum err build_rule(const char *phase, const char *action, const char *params, struct zone **ret, struct diag *d)
{
	char json[8192];

	snprintf(json, sizeof json,
		 ",\"rulesets\":{\"%s\":[{\"id\":\"r1\",\"expression\":\"true\",\"action\":\"%s\"%s%s}]}", phase,
		 action, *params ? ",\"action_parameters\":" : "", params);
	return build(json, ret, d);
}

static const struct rule *only_rule(const struct zone *z, enum rule_phase phase)
{
	assert_non_null(z->book);
	assert_int_equal(z->book->phases[phase].n, 1);
	const struct rule *r = &z->book->phases[phase].rules[0];
	assert_true(slice_eq(r->id, SLICE("r1")));
	assert_int_equal(r->phase, phase);
	return r;
}

static void good(const char *phase, const char *action, const char *params, struct zone **z)
{
	struct diag d;

	if (build_rule(phase, action, params, z, &d) != OK)
		fail_msg("%s %s: %s: %s", action, params, d.where, d.text);
}

static void actions_are_read(void **state)
{
	struct zone *z;

	good("http_request_firewall_custom", "block",
	     "{\"response\":{\"status_code\":418,\"content\":\"no\",\"content_type\":\"text/plain\"}}", &z);
	const struct rule *r = only_rule(z, RULE_PHASE_CUSTOM);
	assert_int_equal(r->action, RULE_BLOCK);
	assert_int_equal(r->answer->status, 418);
	assert_true(slice_eq(r->answer->content, SLICE("no")));
	zone_unref(z);

	good("http_request_firewall_custom", "block", "", &z);
	assert_null(only_rule(z, RULE_PHASE_CUSTOM)->answer);
	zone_unref(z);

	good("http_request_firewall_custom", "skip", "{\"ruleset\":\"current\",\"products\":[\"uaBlock\"]}", &z);
	assert_int_equal(only_rule(z, RULE_PHASE_CUSTOM)->skips, RULE_SKIP_RULESET | RULE_SKIP_AGENTS);
	zone_unref(z);

	good("http_request_dynamic_redirect", "redirect",
	     "{\"from_value\":{\"status_code\":308,\"target_url\":{\"expression\":\"concat(\\\"https://\\\", "
	     "http.host)\"},"
	     "\"preserve_query_string\":true}}",
	     &z);
	r = only_rule(z, RULE_PHASE_DYNAMIC_REDIRECT);
	assert_true(r->redirect->to.expr && r->redirect->keep_query && r->redirect->status == 308);
	zone_unref(z);

	good("http_request_transform", "rewrite",
	     "{\"uri\":{\"path\":{\"value\":\"/new\"},\"query\":{\"expression\":\"\\\"x\\\"\"}}}", &z);
	r = only_rule(z, RULE_PHASE_TRANSFORM);
	assert_true(r->rewrite->has_path && r->rewrite->has_query && r->rewrite->query.expr);
	assert_true(slice_eq(r->rewrite->path.text, SLICE("/new")));
	zone_unref(z);

	good("http_request_late_transform", "rewrite",
	     "{\"headers\":{\"X-A\":{\"operation\":\"set\",\"value\":\"1\"},\"Cookie\":{\"operation\":\"remove\"}}}",
	     &z);
	r = only_rule(z, RULE_PHASE_LATE_TRANSFORM);
	assert_int_equal(r->rewrite->headers_n, 2);
	assert_int_equal(r->rewrite->headers[1].op, RULE_HEADER_REMOVE);
	assert_int_equal(r->rewrite->headers[1].id, FIELD_COOKIE);
	zone_unref(z);

	good("http_request_origin", "route",
	     "{\"host_header\":\"app.internal:81\",\"origin\":{\"host\":\"B.a.test\",\"port\":3000}}", &z);
	r = only_rule(z, RULE_PHASE_ORIGIN);
	assert_true(slice_eq(r->route->host_header, SLICE("app.internal:81")) && r->route->port == 3000);
	assert_ptr_equal(r->route->origin, &z->sites[1]);
	zone_unref(z);

	good("http_request_cache_settings", "set_cache_settings",
	     "{\"cache\":true,\"edge_ttl\":{\"mode\":\"override_origin\",\"default\":5}}", &z);
	r = only_rule(z, RULE_PHASE_CACHE);
	assert_int_equal(r->cache->members, RULE_CACHE_ELIGIBILITY | RULE_CACHE_EDGE_TTL);
	struct cache_policy p = z->sites[0].cache;
	p.browser_ttl_s = 77;
	rule_cache_merge(r->cache, &p);
	assert_true(p.eligibility == CACHE_EVERYTHING && p.edge_ttl_s == 5 && p.browser_ttl_s == 77);
	zone_unref(z);

	good("http_config_settings", "set_config", "{\"bic\":true}", &z);
	assert_true(only_rule(z, RULE_PHASE_CONFIG)->config->bic);
	zone_unref(z);

	good("http_custom_errors", "serve_error",
	     "{\"status_code\":503,\"content\":\"{}\",\"content_type\":\"application/json\"}", &z);
	assert_int_equal(only_rule(z, RULE_PHASE_ERRORS)->answer->status, 503);
	zone_unref(z);
}

static void the_rest_is_read(void **state)
{
	struct zone *z;
	struct diag d;

	assert_int_equal(build("", &z, &d), OK);
	assert_null(z->book);
	zone_unref(z);
	assert_int_equal(build(",\"rulesets\":{},\"access_rules\":[]", &z, &d), OK);
	assert_null(z->book);
	zone_unref(z);
	if (build(",\"lists\":{\"office\":{\"kind\":\"ip\",\"items\":[\"192.0.2.0/"
		  "24\"]},\"words\":{\"kind\":\"hostname\","
		  "\"items\":[\"a\"]},\"nets\":{\"kind\":\"asn\",\"items\":[64500]}},"
		  "\"rulesets\":{\"http_request_firewall_custom\":[{\"expression\":\"ip.src in $office\",\"action\":"
		  "\"log\",\"enabled\":false},{\"expression\":\"ip.src in $office or http.host in $words\",\"action\":"
		  "\"block\",\"ref\":\"two\"}]},"
		  "\"access_rules\":[{\"id\":\"a1\",\"mode\":\"block\",\"configuration\":{\"target\":\"ip_range\","
		  "\"value\":"
		  "\"203.0.113.0/24\"}},{\"mode\":\"whitelist\",\"configuration\":{\"target\":\"ip\",\"value\":"
		  "\"203.0.113.7\"}}],"
		  "\"lockdowns\":[{\"urls\":[\"a.test/admin*\",\"b.a.test\"],\"configurations\":[{\"target\":\"ip\","
		  "\"value\":\"192.0.2.9\"}]},{\"paused\":true,\"urls\":[\"a.test/**\"],\"configurations\":[]}],"
		  "\"ua_rules\":[{\"mode\":\"block\",\"configuration\":{\"target\":\"ua\",\"value\":\"Bad/1\"}}]",
		  &z, &d) != OK)
		fail_msg("%s: %s", d.where, d.text);
	const struct rule_book *b = z->book;
	assert_int_equal(b->phases[RULE_PHASE_CUSTOM].n, 1);
	assert_true(slice_eq(b->phases[RULE_PHASE_CUSTOM].rules[0].id, SLICE("two")));
	assert_int_equal(b->access_n, 2);
	assert_int_equal(b->lockdowns_n, 1);
	assert_int_equal(b->lockdowns[0].urls_n, 2);
	struct expr_value ua = expr_bytes(SLICE("Bad/1")), ip = expr_ip((struct ip){ 4, { 203, 0, 113, 7 } });
	assert_true(expr_set_has(b->agents[RULE_BLOCK], &ua));
	assert_true(expr_set_has(b->allow, &ip) && expr_set_has(b->refuse[RULE_BLOCK], &ip));
	zone_unref(z);
}

static const struct {
	const char *json, *where, *text;
} refused[] = {
	{ ",\"rulesets\":{\"http_response_compression\":[]}", "rulesets.http_response_compression",
	  "not a phase whose rules run" },
	{ ",\"rulesets\":{\"http_request_firewall_custom\":{}}", "rulesets.http_request_firewall_custom",
	  "must be an array" },
	{ ",\"rulesets\":{\"http_request_firewall_custom\":[{\"expression\":\"http.hots eq 1\",\"action\":\"log\"}]}",
	  "rulesets.http_request_firewall_custom[0].expression", "column 1: unknown field" },
	{ ",\"rulesets\":{\"http_request_firewall_custom\":[{\"action\":\"log\"}]}",
	  "rulesets.http_request_firewall_custom[0].expression", "is missing" },
	{ ",\"rulesets\":{\"http_request_firewall_custom\":[{\"expression\":\"true\",\"action\":\"redirect\"}]}",
	  "rulesets.http_request_firewall_custom[0].action", "is not an action of the phase" },
	{ ",\"rulesets\":{\"http_request_firewall_custom\":[{\"expression\":\"true\",\"action\":\"log\",\"ratelimit\":{"
	  "}}]}",
	  "rulesets.http_request_firewall_custom[0].ratelimit", "phase http_ratelimit only" },
	{ ",\"rulesets\":{\"http_request_firewall_custom\":[{\"expression\":\"true\",\"action\":\"log\"},"
	  "{\"expression\":\"true\",\"action\":\"log\"},{\"expression\":\"true\",\"action\":\"log\"},"
	  "{\"expression\":\"true\",\"action\":\"log\"}]}",
	  "rulesets.http_request_firewall_custom", "at most 3 (limit zone_rules_max)" },
	{ ",\"rulesets\":{\"http_request_firewall_custom\":[{\"expression\":\"ip.src in $x\",\"action\":\"log\"}]}",
	  "rulesets.http_request_firewall_custom[0].expression", "no list named" },
	{ ",\"lists\":{\"x\":{\"kind\":\"ip\",\"items\":[\"no\"]}}", "lists.x.items[0]", "is not an address" },
	{ ",\"lists\":{\"x\":{\"kind\":\"redirect\",\"items\":[]}}", "lists.x.kind", "" },
	{ ",\"access_rules\":[{\"mode\":\"chalenge\",\"configuration\":{\"target\":\"ip\",\"value\":\"192.0.2.1\"}}]",
	  "access_rules[0].mode", "is no mode" },
	{ ",\"access_rules\":[{\"mode\":\"block\",\"configuration\":{\"target\":\"country\",\"value\":\"DE\"}}]",
	  "access_rules[0].configuration.target", "no address database" },
	{ ",\"access_rules\":[{\"mode\":\"block\",\"configuration\":{\"target\":\"ip\",\"value\":\"x\"}}]",
	  "access_rules[0].configuration.value", "is not an address" },
	{ ",\"lockdowns\":[{\"urls\":[],\"configurations\":[]}]", "lockdowns[0].urls", "1 to 10 are needed" },
	{ ",\"lockdowns\":[{\"urls\":[\"https://a\"],\"configurations\":[]}]", "lockdowns[0].urls[0]",
	  "without http://" },
	{ ",\"ua_rules\":[{\"mode\":\"block\",\"configuration\":{\"target\":\"ip\",\"value\":\"x\"}}]",
	  "ua_rules[0].configuration.target", "must be \"ua\"" },
};

/* Members of `ratelimit` besides what is right. */
static const struct {
	const char *limit, *where, *text;
} bad_limits[] = {
	{ "\"period\":60,\"requests_per_period\":1", ".characteristics", "is missing" },
	{ "\"characteristics\":[],\"period\":60,\"requests_per_period\":1", ".characteristics", "1 to 16 are needed" },
	{ "\"characteristics\":[\"ip.scr\"],\"period\":60,\"requests_per_period\":1", ".characteristics[0]",
	  "unknown field" },
	{ "\"characteristics\":[\"ip.src\"],\"period\":0,\"requests_per_period\":1", ".period", "from 1 to 86400" },
	{ "\"characteristics\":[\"ip.src\"],\"period\":60", "", "one of the two" },
	{ "\"characteristics\":[\"ip.src\"],\"period\":60,\"requests_per_period\":0", ".requests_per_period",
	  "from 1" },
	{ "\"characteristics\":[\"ip.src\"],\"period\":60,\"score_per_period\":5", "", "go together" },
	{ "\"characteristics\":[\"ip.src\"],\"period\":60,\"score_per_period\":5,"
	  "\"score_response_header_name\":\"a b\"",
	  ".score_response_header_name", "not a name" },
	{ "\"characteristics\":[\"ip.src\"],\"period\":60,\"requests_per_period\":1,"
	  "\"counting_expression\":\"http.response.cod eq 1\"",
	  ".counting_expression", "column 1" },
	{ "\"characteristics\":[\"ip.src\"],\"period\":60,\"requests_per_period\":1,\"burst\":1", ".burst",
	  "is not known here" },
};

static void rate_limits_are_refused(void **state)
{
	for (size_t i = 0; i < sizeof bad_limits / sizeof bad_limits[0]; i++) {
		char json[1024], where[128];
		struct zone *z;
		struct diag d;
		snprintf(json, sizeof json,
			 ",\"rulesets\":{\"http_ratelimit\":[{\"expression\":\"true\",\"action\":\"block\","
			 "\"ratelimit\":{%s}}]}",
			 bad_limits[i].limit);
		snprintf(where, sizeof where, "rulesets.http_ratelimit[0].ratelimit%s", bad_limits[i].where);
		assert_int_equal(build(json, &z, &d), ERR_PLAN);
		if (strcmp(d.where, where) != 0 || !strstr(d.text, bad_limits[i].text))
			fail_msg("%s\n gave %s: %s", json, d.where, d.text);
	}
}

static void books_are_refused(void **state)
{
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		struct zone *z;
		struct diag d;
		assert_int_equal(build(refused[i].json, &z, &d), ERR_PLAN);
		if (strcmp(d.where, refused[i].where) != 0 || !strstr(d.text, refused[i].text))
			fail_msg("%s\n gave %s: %s", refused[i].json, d.where, d.text);
	}
}

static const struct {
	const char *phase, *action, *params, *where, *text; /* where: behind the action_parameters */
} bad_params[] = {
	{ "http_request_firewall_custom", "log", "{\"x\":1}", "", "no parameters" },
	{ "http_request_firewall_custom", "skip", "", "", "is missing" },
	{ "http_request_firewall_custom", "skip", "{}", "", "skips nothing" },
	{ "http_request_firewall_custom", "skip", "{\"phases\":[\"http_sbfm\"]}", ".phases[0]",
	  "not run in this version" },
	{ "http_request_firewall_custom", "skip", "{\"ruleset\":\"all\"}", ".ruleset", "" },
	{ "http_request_firewall_custom", "block",
	  "{\"response\":{\"status_code\":200,\"content\":\"\",\"content_type\":"
	  "\"text/html\"}}",
	  ".response.status_code", "from 400 to 499" },
	{ "http_request_firewall_custom", "block", "{\"response\":{\"content\":\"\",\"content_type\":\"image/png\"}}",
	  ".response.content_type", "" },
	{ "http_request_dynamic_redirect", "redirect", "{\"from_list\":{\"name\":\"x\"}}", "", "use from_value" },
	{ "http_request_dynamic_redirect", "redirect", "{\"from_value\":{\"target_url\":{\"value\":\"ftp://x\"}}}",
	  ".from_value.target_url", "must begin with http://" },
	{ "http_request_dynamic_redirect", "redirect", "{\"from_value\":{\"target_url\":{}}}", ".from_value.target_url",
	  "value or expression" },
	{ "http_request_dynamic_redirect", "redirect",
	  "{\"from_value\":{\"status_code\":305,\"target_url\":{\"value\":\"/x\"}}}", ".from_value.status_code",
	  "301, 302, 303, 307 or 308" },
	{ "http_request_dynamic_redirect", "redirect",
	  "{\"from_value\":{\"target_url\":{\"expression\":\"http.hos\"}}}", ".from_value.target_url.expression",
	  "column 1: unknown field" },
	{ "http_request_transform", "rewrite", "{\"uri\":{\"path\":{\"value\":\"x\"}}}", ".uri.path",
	  "must begin with /" },
	{ "http_request_transform", "rewrite", "{\"uri\":{}}", ".uri", "needs path, query or both" },
	{ "http_request_transform", "rewrite", "{\"headers\":{}}", ".headers", "is not known here" },
	{ "http_request_late_transform", "rewrite", "{\"headers\":{\"Host\":{\"operation\":\"set\",\"value\":\"x\"}}}",
	  ".headers.Host", "use an origin rule" },
	{ "http_request_late_transform", "rewrite", "{\"headers\":{\"CF-Ray\":{\"operation\":\"remove\"}}}",
	  ".headers.CF-Ray", "rules do not change" },
	{ "http_request_late_transform", "rewrite", "{\"headers\":{\"X\":{\"operation\":\"add\",\"value\":\"x\"}}}",
	  ".headers.X", "not added" },
	{ "http_request_late_transform", "rewrite", "{\"headers\":{\"X\":{\"operation\":\"set\",\"value\":\"a\\nb\"}}}",
	  ".headers.X.value", "control bytes" },
	{ "http_request_late_transform", "rewrite", "{\"headers\":{\"a b\":{\"operation\":\"remove\"}}}",
	  ".headers.a b", "is not a name" },
	{ "http_request_late_transform", "rewrite",
	  "{\"headers\":{\"X\":{\"operation\":\"set\",\"expression\":\"http.response.code\"}}}",
	  ".headers.X.expression", "is not known yet" },
	{ "http_response_headers_transform", "rewrite", "{\"headers\":{\"Content-Length\":{\"operation\":\"remove\"}}}",
	  ".headers.Content-Length", "rules do not change" },
	{ "http_request_origin", "route", "{\"sni\":{\"value\":\"1.2.3.4\"}}", ".sni.value", "is not a host name" },
	{ "http_request_origin", "route", "{}", "", "needs host_header, origin or sni" },
	{ "http_request_origin", "route", "{\"origin\":{\"port\":0}}", ".origin.port", "from 1 to 65535" },
	{ "http_request_origin", "route", "{\"origin\":{\"host\":\"elsewhere.test\"}}", ".origin.host",
	  "proxied name" },
	{ "http_request_origin", "route", "{\"origin\":{\"host\":\"192.0.2.1\"}}", ".origin.host",
	  "is not a host name" },
	{ "http_config_settings", "set_config", "{\"ssl\":\"best\"}", ".ssl", "is not one of" },
	{ "http_request_cache_settings", "set_cache_settings", "{\"cache_reserve\":{}}", ".cache_reserve",
	  "is not known" },
	{ "http_request_cache_settings", "set_cache_settings", "{}", "", "sets nothing" },
};

static void parameters_are_refused(void **state)
{
	for (size_t i = 0; i < sizeof bad_params / sizeof bad_params[0]; i++) {
		struct zone *z;
		struct diag d;
		char where[256];
		snprintf(where, sizeof where, "rulesets.%s[0].action_parameters%s", bad_params[i].phase,
			 bad_params[i].where);
		assert_int_equal(build_rule(bad_params[i].phase, bad_params[i].action, bad_params[i].params, &z, &d),
				 ERR_PLAN);
		if (strcmp(d.where, where) != 0 || !strstr(d.text, bad_params[i].text))
			fail_msg("%s\n gave %s: %s", bad_params[i].params, d.where, d.text);
	}
}

static void checks_without_a_zone(void **state)
{
	struct limits limits;
	struct diag d;
	json_t *rules = json_pack("[{s:s,s:s}]", "expression", "ssl and", "action", "block");
	json_t *access = json_pack("{s:s,s:{s:s,s:s}}", "mode", "block", "configuration", "target", "ip", "value", "x");

	limits_init(&limits);
	diag_init(&d);
	assert_int_equal(rule_read_check(rules, SLICE("http_request_firewall_custom"), NULL, &limits, &d), ERR_PLAN);
	assert_string_equal(d.where, "[0].expression");
	diag_init(&d);
	assert_int_equal(rule_read_check(rules, SLICE("http_nonsense"), NULL, &limits, &d), ERR_NOT_FOUND);
	diag_init(&d);
	assert_int_equal(rule_read_check_one(access, "access_rules", &limits, &d), ERR_PLAN);
	assert_string_equal(d.where, "configuration.value");
	json_decref(rules);
	json_decref(access);
}

int test_rule(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(actions_are_read),       cmocka_unit_test(the_rest_is_read),
		cmocka_unit_test(books_are_refused),      cmocka_unit_test(rate_limits_are_refused),
		cmocka_unit_test(parameters_are_refused), cmocka_unit_test(checks_without_a_zone)
	};

	return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}
