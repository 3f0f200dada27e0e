/* SPDX-License-Identifier: Apache-2.0 */
/* rules_phase: see rules_phase.h. */
#include "client/rules_phase.h"

/* ---- options to parameters ---- */

static void rules_phase__number(struct cli *c, const char *option, json_t *into, const char *member)
{
	const char *value = cli_text(c, option);
	json_int_t n;

	if (value)
		json_object_set_new(into, member,
				    cli_number(value, 0, INT32_MAX, &n) ? json_integer(n) : json_string(value));
}

static void rules_phase__custom(struct cli *c, json_t *p, const char **ret_missing)
{
	const char *action = cli_text(c, "--action");

	if (action && strcmp(action, "skip") == 0)
		json_object_set_new(p, "ruleset", json_string("current"));
}

static void rules_phase__cache(struct cli *c, json_t *p, const char **ret_missing)
{
	static const char *const ttls[][2] = { { "--edge-ttl", "edge_ttl" }, { "--browser-ttl", "browser_ttl" } };

	json_object_set_new(p, "cache", json_boolean(!cli_flag(c, "--bypass")));
	for (size_t i = 0; i < 2; i++) {
		if (!cli_flag(c, ttls[i][0]))
			continue;
		json_t *ttl = json_pack("{s:s}", "mode", "override_origin");
		rules_phase__number(c, ttls[i][0], ttl, "default");
		json_object_set_new(p, ttls[i][1], ttl);
	}
}

static void rules_phase__redirect(struct cli *c, json_t *p, const char **ret_missing)
{
	const char *to = cli_text(c, "--to"), *expression = cli_text(c, "--to-expression");
	json_t *from_value = json_object();

	if (!to && !expression)
		*ret_missing = "where to? Give --to URL or --to-expression EXPRESSION";
	json_object_set_new(from_value, "target_url",
			    expression ? json_pack("{s:s}", "expression", expression)
				       : json_pack("{s:s}", "value", to ? to : ""));
	json_object_set_new(from_value, "status_code", json_integer(301));
	rules_phase__number(c, "--status", from_value, "status_code");
	json_object_set_new(from_value, "preserve_query_string", json_boolean(cli_flag(c, "--keep-query")));
	json_object_set_new(p, "from_value", from_value);
}

static void rules_phase__origin(struct cli *c, json_t *p, const char **ret_missing)
{
	const char *host = cli_text(c, "--host-header"), *origin = cli_text(c, "--host"), *sni = cli_text(c, "--sni");
	json_t *to = json_object();

	rules_phase__number(c, "--port", to, "port");
	if (origin)
		json_object_set_new(to, "host", json_string(origin));
	if (json_object_size(to))
		json_object_set(p, "origin", to);
	json_decref(to);
	if (host)
		json_object_set_new(p, "host_header", json_string(host));
	if (sni)
		json_object_set_new(p, "sni", json_pack("{s:s}", "value", sni));
	if (json_object_size(p) == 0)
		*ret_missing = "what of the origin? Give --port N, --host NAME, --host-header NAME or --sni NAME";
}

static void rules_phase__rewrite(struct cli *c, json_t *p, const char **ret_missing)
{
	static const char *const parts[][3] = { { "--path", "path", "value" },
						{ "--path-expression", "path", "expression" },
						{ "--query", "query", "value" },
						{ "--query-expression", "query", "expression" } };
	json_t *uri = json_object();

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		const char *value = cli_text(c, parts[i][0]);
		if (value)
			json_object_set_new(uri, parts[i][1], json_pack("{s:s}", parts[i][2], value));
	}
	if (json_object_size(uri) == 0)
		*ret_missing = "rewrite what? Give --path, --path-expression, --query or --query-expression";
	json_object_set_new(p, "uri", uri);
}

static void rules_phase__headers(struct cli *c, json_t *p, const char **ret_missing)
{
	static const char *const ways[][3] = { { "--set-header", "set", "value" },
					       { "--add-header", "add", "value" },
					       { "--header-expression", "set", "expression" },
					       { "--remove-header", "remove", NULL } };
	json_t *headers = json_object();
	const char *value;

	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
		for (size_t at = 0; (value = cli_next(c, ways[i][0], &at));) {
			struct slice rest = slice_str(value), name = slice_split(&rest, '=');
			json_t *one = json_pack("{s:s}", "operation", ways[i][1]);
			if (ways[i][2])
				json_object_set_new(one, ways[i][2], json_string(rest.p ? rest.p : ""));
			json_object_set_new(headers, cli_format(c, "%.*s", SLICE_ARG(name)), one);
		}
	if (json_object_size(headers) == 0)
		*ret_missing = "which headers? Give --set-header NAME=VALUE, --add-header or --remove-header NAME";
	json_object_set_new(p, "headers", headers);
}

static void rules_phase__config(struct cli *c, json_t *p, const char **ret_missing)
{
	const char *value;
	json_error_t bad;

	for (size_t at = 0; (value = cli_next(c, "--setting", &at));) {
		struct slice rest = slice_str(value), name = slice_split(&rest, '=');
		const char *text = rest.p ? rest.p : "true";
		json_t *v = json_loads(text, JSON_DECODE_ANY, &bad);
		json_object_set_new(p, cli_format(c, "%.*s", SLICE_ARG(name)), v ? v : json_string(text));
	}
	if (json_object_size(p) == 0)
		*ret_missing = "which settings? Give --setting NAME=VALUE";
}

static void rules_phase__given(struct cli *c, json_t *p, const char **ret_missing)
{
	if (!cli_flag(c, "--params"))
		*ret_missing = "rules of this phase need --params JSON";
}

static const struct rules_phase rules_phase__all[] = {
	{ "custom", "http_request_firewall_custom", "block", rules_phase__custom },
	{ "ratelimit", "http_ratelimit", "block", rules_phase__given },
	{ "cache", "http_request_cache_settings", "set_cache_settings", rules_phase__cache },
	{ "redirect", "http_request_dynamic_redirect", "redirect", rules_phase__redirect },
	{ "origin", "http_request_origin", "route", rules_phase__origin },
	{ "rewrite", "http_request_transform", "rewrite", rules_phase__rewrite },
	{ "request-headers", "http_request_late_transform", "rewrite", rules_phase__headers },
	{ "response-headers", "http_response_headers_transform", "rewrite", rules_phase__headers },
	{ "config", "http_config_settings", "set_config", rules_phase__config },
	{ "compression", "http_response_compression", "compress_response", rules_phase__given },
};

enum { RULES_PHASE__N = sizeof rules_phase__all / sizeof rules_phase__all[0] };

const struct rules_phase *rules_phase_at(size_t i)
{
	return i < RULES_PHASE__N ? &rules_phase__all[i] : NULL;
}

const struct rules_phase *rules_phase_find(struct cli *c, const char *word)
{
	for (size_t i = 0; i < RULES_PHASE__N; i++)
		if (strcmp(rules_phase__all[i].word, word) == 0 || strcmp(rules_phase__all[i].phase, word) == 0)
			return &rules_phase__all[i];
	cli_misuse(c, "there is no phase \"%s\"; there is " RULES_PHASE_WORDS, cli_clean(c, word));
	return NULL;
}

/* ---- a rule ---- */

/* A rule without parameters; NULL when a word is no UTF-8. */
static json_t *rules_phase__bare(struct cli *c, const struct rules_phase *p)
{
	const char *action = cli_text(c, "--action"), *description = cli_text(c, "--description");

	return json_pack("{s:s,s:s,s:s,s:b}", "action", action ? action : p->action, "expression", cli_word(c, 2),
			 "description", description ? description : "", "enabled", !cli_flag(c, "--disabled"));
}

/* A rate limit stands beside the action's parameters, not in them. */
static void rules_phase__attach(json_t *rule, json_t *parameters)
{
	json_t *limit = json_object_get(parameters, "ratelimit");

	if (limit) {
		json_object_set(rule, "ratelimit", limit);
		json_object_del(parameters, "ratelimit");
	}
	if (json_object_size(parameters))
		json_object_set(rule, "action_parameters", parameters);
}

json_t *rules_phase_rule(struct cli *c, const struct rules_phase *p)
{
	const char *params = cli_text(c, "--params"), *missing = NULL;
	json_t *parameters = json_object(), *extra = NULL, *rule = rules_phase__bare(c, p);
	json_error_t bad;

	if (!rule)
		missing = "expression, action and description must be UTF-8";
	else if (params && !(extra = json_loads(params, JSON_REJECT_DUPLICATES, &bad)))
		missing = cli_format(c, "--params is no JSON object: column %d: %s", bad.column, bad.text);
	else if (extra && !json_is_object(extra))
		missing = "--params is JSON, but no object {…}";
	else
		p->parameters(c, parameters, params ? &(const char *){ NULL } : &missing);
	if (missing) {
		cli_misuse(c, "%s", missing);
		json_decref(rule);
		rule = NULL;
	} else {
		if (extra)
			json_object_update(parameters, extra);
		rules_phase__attach(rule, parameters);
	}
	json_decref(parameters);
	json_decref(extra);
	return rule;
}
