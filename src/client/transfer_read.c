/* SPDX-License-Identifier: Apache-2.0 */
/* transfer_read: see transfer.h. */
#include "client/rules_phase.h"
#include "client/transfer.h"

struct transfer_read {
	struct cli *cli;
	struct call *from;
	const char *path; /* "/zones/ID" at the source */
	json_t *document;
};

static void transfer_read__left(struct transfer_read *r, const char *what, const char *why)
{
	json_array_append_new(json_object_get(r->document, "left"), json_pack("{s:s,s:s}", "what", what, "why", why));
}

/* The first reason of an envelope. */
static const char *transfer_read__why(struct transfer_read *r, const json_t *envelope)
{
	const char *why = cli_member(r->cli, json_array_get(json_object_get(envelope, "errors"), 0), "message");

	return why[0] ? why : "the source does not show it";
}

/* GET below the zone without complaint. out: *ret result or NULL. False when the API could not be reached. */
static bool transfer_read__get(struct transfer_read *r, const char *behind, const char *what, json_t **ret)
{
	json_t *envelope;
	long http = call_try(r->from, "GET", cli_format(r->cli, "%s%s", r->path, behind), NULL, &envelope);

	*ret = NULL;
	if (http && json_is_true(json_object_get(envelope, "success")))
		*ret = json_incref(json_object_get(envelope, "result"));
	else if (http && http != 404)
		transfer_read__left(r, what, transfer_read__why(r, envelope));
	json_decref(envelope);
	return http != 0;
}

/* ---- records ---- */

/* The members that a record is made of. */
static json_t *transfer_read__record(const json_t *record)
{
	static const char *const members[] = { "type", "name",    "content", "data", "priority",
					       "ttl",  "proxied", "comment", "tags", "settings" };
	json_t *made = json_object();

	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		json_t *value = json_object_get(record, members[i]);
		bool empty = !value || json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0) ||
			     (json_is_object(value) && json_object_size(value) == 0);
		if (!empty)
			json_object_set(made, members[i], value);
	}
	return made;
}

static int transfer_read__records(struct transfer_read *r)
{
	json_t *list, *each, *records = json_object_get(r->document, "records");
	size_t i;
	int status = call_list(r->from, cli_format(r->cli, "%s/dns_records", r->path), 100, &list);

	if (status != CLIENT_OK)
		return status;
	json_array_foreach(list, i, each) json_array_append_new(records, transfer_read__record(each));
	json_decref(list);
	return CLIENT_OK;
}

/* ---- settings ---- */

static void transfer_read__setting(struct transfer_read *r, const json_t *s)
{
	const json_t *editable = json_object_get(s, "editable");
	json_t *value = json_object_get(s, "value");

	if (value && !json_is_false(editable) && json_is_string(json_object_get(s, "modified_on")))
		json_object_set(json_object_get(r->document, "settings"), cli_member(r->cli, s, "id"), value);
}

/* All at once while the source still has that call, else one by one. */
static bool transfer_read__settings(struct transfer_read *r)
{
	static const char *const ids[] = {
		"always_online",
		"always_use_https",
		"automatic_https_rewrites",
		"browser_cache_ttl",
		"browser_check",
		"cache_level",
		"challenge_ttl",
		"cname_flattening",
		"early_hints",
		"http2",
		"http3",
		"0rtt",
		"ip_geolocation",
		"ipv6",
		"min_tls_version",
		"opportunistic_encryption",
		"origin_error_page_pass_thru",
		"origin_max_http_version",
		"proxy_read_timeout",
		"pseudo_ipv4",
		"security_header",
		"security_level",
		"sort_query_string_for_cache",
		"ssl",
		"tls_1_3",
		"tls_client_auth",
		"true_client_ip_header",
		"websockets",
	};
	json_t *envelope, *each;
	size_t i;
	long http = call_try(r->from, "GET", cli_format(r->cli, "%s/settings", r->path), NULL, &envelope);

	if (http && json_is_true(json_object_get(envelope, "success"))) {
		json_array_foreach(json_object_get(envelope, "result"), i, each) transfer_read__setting(r, each);
		json_decref(envelope);
		return true;
	}
	json_decref(envelope);
	for (i = 0; http && i < sizeof ids / sizeof ids[0]; i++) {
		http = call_try(r->from, "GET", cli_format(r->cli, "%s/settings/%s", r->path, ids[i]), NULL, &envelope);
		if (http && json_is_true(json_object_get(envelope, "success")))
			transfer_read__setting(r, json_object_get(envelope, "result"));
		json_decref(envelope);
	}
	return http != 0;
}

/* ---- rules ---- */

static json_t *transfer_read__rule(const json_t *rule)
{
	static const char *const members[] = { "action", "action_parameters", "expression", "description", "enabled",
					       "ref",    "logging",           "ratelimit" };
	json_t *made = json_object();

	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		json_t *value = json_object_get(rule, members[i]);
		if (value && !json_is_null(value))
			json_object_set(made, members[i], value);
	}
	return made;
}

static bool transfer_read__rulesets(struct transfer_read *r)
{
	json_t *all = json_object_get(r->document, "rulesets"), *ruleset, *each;
	const struct rules_phase *p;
	size_t k;

	for (size_t i = 0; (p = rules_phase_at(i)); i++) {
		const char *behind = cli_format(r->cli, "/rulesets/phases/%s/entrypoint", p->phase);
		if (!transfer_read__get(r, behind, cli_format(r->cli, "rules of %s", p->phase), &ruleset))
			return false;
		json_t *rules = json_array();
		json_array_foreach(json_object_get(ruleset, "rules"), k, each)
			json_array_append_new(rules, transfer_read__rule(each));
		if (json_array_size(rules))
			json_object_set(all, p->phase, rules);
		json_decref(rules);
		json_decref(ruleset);
	}
	return true;
}

static bool transfer_read__access(struct transfer_read *r)
{
	json_t *list, *each, *all = json_object_get(r->document, "access_rules");
	size_t i;

	for (int page = 1; page <= 1000; page++) {
		if (!transfer_read__get(r,
					cli_format(r->cli, "/firewall/access_rules/rules?per_page=100&page=%d", page),
					"access rules", &list))
			return false;
		size_t n = json_array_size(list);
		json_array_foreach(list, i, each)
			json_array_append_new(all, json_pack("{s:O,s:O,s:s}", "mode", json_object_get(each, "mode"),
							     "configuration", json_object_get(each, "configuration"),
							     "notes", cli_member(r->cli, each, "notes")));
		json_decref(list);
		if (n < 100)
			break;
	}
	return true;
}

/* What exists at the source and has no counterpart here: said, so that nobody finds out later. */
static bool transfer_read__others(struct transfer_read *r)
{
	static const char *const others[][3] = {
		{ "/pagerules?status=active", "page rules", "make rules of them: redirect, cache, config" },
		{ "/load_balancers", "load balancers", "several A records of one name are several origins here" },
		{ "/workers/routes", "Workers routes", "there are no Workers here" },
		{ "/firewall/lockdowns", "zone lockdowns", "make custom rules of them" },
		{ "/firewall/ua_rules", "user agent rules", "make custom rules of them" },
	};
	json_t *list;

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		size_t before = json_array_size(json_object_get(r->document, "left"));
		if (!transfer_read__get(r, others[i][0], others[i][1], &list))
			return false;
		if (!list) /* not shown to this token, or no such thing there: no reason to worry anybody */
			while (json_array_size(json_object_get(r->document, "left")) > before)
				json_array_remove(json_object_get(r->document, "left"), before);
		size_t n = json_array_size(list);
		if (n)
			transfer_read__left(r, cli_format(r->cli, "%zu %s", n, others[i][1]), others[i][2]);
		json_decref(list);
	}
	return true;
}

/* The zone of that name; *ret_path "/zones/ID". */
static int transfer_read__zone(struct cli *c, struct call *from, const char *zone, const char **ret_path,
			       const char **ret_name)
{
	json_t *zones;
	int status = call_get(from, cli_format(c, "/zones?name=%s&per_page=50", cli_escape(c, zone)), &zones);

	if (status != CLIENT_OK)
		return status;
	if (json_array_size(zones) == 1) {
		*ret_path = cli_format(c, "/zones/%s", cli_escape(c, cli_member(c, json_array_get(zones, 0), "id")));
		*ret_name = cli_member(c, json_array_get(zones, 0), "name");
	} else {
		status = cli_fail(c, "the source shows %zu zones named %s to this token; exactly one is needed",
				  json_array_size(zones), cli_clean(c, zone));
	}
	json_decref(zones);
	return status;
}

int transfer_read(struct cli *c, struct call *from, const char *zone, json_t **ret)
{
	struct transfer_read r = { .cli = c, .from = from };
	const char *name = zone;
	int status = transfer_read__zone(c, from, zone, &r.path, &name);

	if (status != CLIENT_OK)
		return status;
	r.document = json_pack("{s:s,s:s,s:[],s:{},s:{},s:[],s:[]}", "format", "seawall zone 1", "name", name,
			       "records", "settings", "rulesets", "access_rules", "left");
	status = transfer_read__records(&r);
	if (status == CLIENT_OK && !(transfer_read__settings(&r) && transfer_read__rulesets(&r) &&
				     transfer_read__access(&r) && transfer_read__others(&r)))
		status = CLIENT_AWAY;
	if (status == CLIENT_OK)
		*ret = json_incref(r.document);
	json_decref(r.document);
	return status;
}
