/* SPDX-License-Identifier: Apache-2.0 */
/* rules_cmd: `seawall rules`: the rules of a zone, phase by phase. */
#include "client/columns.h"
#include "client/rules_phase.h"
#include "client/verbs.h"

enum { RULES_CMD__FILE_BYTES_MAX = 16 << 20 };

static const char *rules_cmd__entry(struct cli *c, const struct rules_phase *p)
{
	return cli_format(c, "%s/%s/entrypoint", cli_zone_path(c, "/rulesets/phases"), p->phase);
}

/* The ruleset of a phase. out: *ret NULL (and CLIENT_OK) when the zone has none there. */
static int rules_cmd__get(struct cli *c, const struct rules_phase *p, json_t **ret)
{
	json_t *envelope;
	long http = call_try(c->call, "GET", rules_cmd__entry(c, p), NULL, &envelope);
	int status = http == 0 ? CLIENT_AWAY : CLIENT_OK;

	*ret = NULL;
	if (http == 404 && json_integer_value(json_object_get(json_array_get(json_object_get(envelope, "errors"), 0),
							      "code")) == 10003)
		;
	else if (http && !json_is_true(json_object_get(envelope, "success")))
		status = call_complain(c->call, envelope);
	else if (http)
		*ret = json_incref(json_object_get(envelope, "result"));
	json_decref(envelope);
	return status;
}

static const char *rules_cmd__parameters(struct cli *c, const json_t *rule)
{
	const json_t *p = json_object_get(rule, "action_parameters");

	return p ? cli_value(c, p) : "";
}

static void rules_cmd__rows(struct cli *c, struct columns *t, const struct rules_phase *p, const json_t *ruleset)
{
	const json_t *rules = json_object_get(ruleset, "rules");
	json_t *rule;
	size_t i;

	json_array_foreach(rules, i, rule)
	{
		columns_add(t, i == 0 ? p->word : "");
		columns_add(t, cli_format(c, "%zu", i + 1));
		columns_add(t, json_is_false(json_object_get(rule, "enabled")) ? "off" : "on");
		columns_add(t, cli_member(c, rule, "expression"));
		columns_add(t, cli_format(c, "%s %s", cli_member(c, rule, "action"), rules_cmd__parameters(c, rule)));
		columns_add(t, cli_member(c, rule, "description"));
		columns_add(t, cli_member(c, rule, "id"));
	}
}

static int rules_cmd__list(struct cli *c)
{
	static const char *const heads[] = { "PHASE", "#", "", "WHEN", "THEN", "DESCRIPTION", "ID" };
	const char *only = cli_word(c, 1);
	const struct rules_phase *one = only ? rules_phase_find(c, only) : NULL, *p;
	json_t *all = json_object(), *ruleset;
	struct columns t;
	int status = only && !one ? CLIENT_USAGE : CLIENT_OK;

	columns_begin(&t, c, heads, 7, 4);
	for (size_t i = 0; status == CLIENT_OK && (p = rules_phase_at(i)); i++) {
		if (one && one != p)
			continue;
		status = rules_cmd__get(c, p, &ruleset);
		rules_cmd__rows(c, &t, p, ruleset);
		if (ruleset)
			json_object_set_new(all, p->phase, ruleset);
	}
	if (status == CLIENT_OK && c->json)
		cli_print_json(all);
	if (status == CLIENT_OK && !c->json)
		columns_end(&t, "No rules yet; `seawall rules add --help`.");
	else
		buf_fini(&t.cells);
	json_decref(all);
	return status;
}

/* ---- changing ---- */

static void rules_cmd__done(struct cli *c, const json_t *ruleset, const char *what)
{
	size_t n = json_array_size(json_object_get(ruleset, "rules"));

	cli_done(c, "%s; the phase has %zu rule%s now", what, n, n == 1 ? "" : "s");
}

/* Prints the rules of a phase after a change, and drops the ruleset. */
static int rules_cmd__print(struct cli *c, int status, json_t *ruleset, const char *what)
{
	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(ruleset);
	else
		rules_cmd__done(c, ruleset, what);
	json_decref(ruleset);
	return CLIENT_OK;
}

static int rules_cmd__add(struct cli *c)
{
	const struct rules_phase *p = rules_phase_find(c, cli_word(c, 1));
	const char *first = cli_flag(c, "--first") ? "" : NULL, *dry = cli_flag(c, "--dry-run") ? "?dry_run=true" : "";
	json_t *rule = p ? rules_phase_rule(c, p) : NULL, *ruleset, *after;

	if (!rule)
		return CLIENT_USAGE;
	int status = rules_cmd__get(c, p, &ruleset);
	if (status != CLIENT_OK) {
		json_decref(rule);
		return status;
	}
	if (!ruleset) {
		status = call_json(c->call, "PUT", cli_format(c, "%s%s", rules_cmd__entry(c, p), dry),
				   json_pack("{s:[o]}", "rules", rule), &after);
	} else {
		if (first)
			json_object_set_new(rule, "position", json_pack("{s:s}", "before", ""));
		status = call_json(c->call, "POST",
				   cli_format(c, "%s/%s/rules%s", cli_zone_path(c, "/rulesets"),
					      cli_member(c, ruleset, "id"), dry),
				   rule, &after);
	}
	json_decref(ruleset);
	if (status == CLIENT_OK && dry[0]) {
		json_decref(after);
		printf("fine; nothing was changed\n");
		return CLIENT_OK;
	}
	return rules_cmd__print(c, status, after, "added");
}

/* The rule that a word names: its number in the list, its id, its ref. NULL after a complaint. */
static json_t *rules_cmd__pick(struct cli *c, const json_t *ruleset, const char *word)
{
	json_t *rules = json_object_get(ruleset, "rules"), *rule;
	json_int_t n;
	size_t i;

	if (strlen(word) < 6 && cli_number(word, 1, json_array_size(rules), &n))
		return json_array_get(rules, (size_t)n - 1);
	json_array_foreach(rules, i, rule) if (strcmp(cli_member(c, rule, "id"), word) == 0 ||
					       strcmp(cli_member(c, rule, "ref"), word) == 0) return rule;
	cli_fail(c, "the phase has no rule \"%s\"; `seawall rules list %s %s` numbers them", cli_clean(c, word),
		 cli_word(c, 0), cli_word(c, 1));
	return NULL;
}

/* Applies a method (and body) to the rule that the third word names. */
static int rules_cmd__one(struct cli *c, const char *method, json_t *body, const char *what)
{
	const struct rules_phase *p = rules_phase_find(c, cli_word(c, 1));
	json_t *ruleset = NULL, *after;
	int status = p ? rules_cmd__get(c, p, &ruleset) : CLIENT_USAGE;
	const json_t *rule = status == CLIENT_OK ? rules_cmd__pick(c, ruleset, cli_word(c, 2)) : NULL;

	if (status == CLIENT_OK && !rule)
		status = CLIENT_FAILED;
	if (status == CLIENT_OK) {
		const char *path = cli_format(c, "%s/%s/rules/%s", cli_zone_path(c, "/rulesets"),
					      cli_member(c, ruleset, "id"), cli_member(c, rule, "id"));
		struct call_body send = { .json = body };
		status = call_send(c->call, method, path, &send, &after);
	}
	json_decref(body);
	json_decref(ruleset);
	return rules_cmd__print(c, status, after, what);
}

static int rules_cmd__delete(struct cli *c)
{
	return rules_cmd__one(c, "DELETE", NULL, "deleted");
}

static int rules_cmd__enable(struct cli *c)
{
	return rules_cmd__one(c, "PATCH", json_pack("{s:b}", "enabled", 1), "enabled");
}

static int rules_cmd__disable(struct cli *c)
{
	return rules_cmd__one(c, "PATCH", json_pack("{s:b}", "enabled", 0), "disabled");
}

static int rules_cmd__put(struct cli *c)
{
	const struct rules_phase *p = rules_phase_find(c, cli_word(c, 1));
	struct slice text;
	json_error_t bad;
	json_t *after;

	if (!p)
		return CLIENT_USAGE;
	int status = cli_read_file(c, cli_word(c, 2), RULES_CMD__FILE_BYTES_MAX, &text);
	if (status != CLIENT_OK)
		return status;
	json_t *body = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &bad);
	if (!body)
		return cli_fail(c, "%s: line %d, column %d: %s", cli_word(c, 2), bad.line, bad.column, bad.text);
	if (json_is_array(body))
		body = json_pack("{s:o}", "rules", body);
	status = call_json(c->call, "PUT", rules_cmd__entry(c, p), body, &after);
	return rules_cmd__print(c, status, after, "replaced");
}

static const struct verb_option rules_cmd__add_options[] = {
	{ "--action", VERB_TEXT, "ACTION", "of custom and ratelimit; default block",
	  "block challenge js_challenge managed_challenge skip log" },
	{ "--port", VERB_TEXT, "N", "origin: the port that the app listens on", NULL },
	{ "--host", VERB_TEXT, "NAME", "origin: another server than the record's", NULL },
	{ "--host-header", VERB_TEXT, "NAME", "origin: the Host that it is asked for", NULL },
	{ "--sni", VERB_TEXT, "NAME", "origin: the name in its handshake", NULL },
	{ "--bypass", VERB_FLAG, NULL, "cache: never keep a copy", NULL },
	{ "--edge-ttl", VERB_TEXT, "SECONDS", "cache: keep copies that long, whatever the origin says", NULL },
	{ "--browser-ttl", VERB_TEXT, "SECONDS", "cache: what browsers are told", NULL },
	{ "--to", VERB_TEXT, "URL", "redirect: where to", NULL },
	{ "--to-expression", VERB_TEXT, "EXPRESSION", "redirect: where to, computed", NULL },
	{ "--status", VERB_TEXT, "CODE", "redirect: default 301", "301 302 303 307 308" },
	{ "--keep-query", VERB_FLAG, NULL, "redirect: with the query of the request", NULL },
	{ "--path", VERB_TEXT, "PATH", "rewrite: the origin's path", NULL },
	{ "--path-expression", VERB_TEXT, "EXPRESSION", "rewrite: the origin's path, computed", NULL },
	{ "--query", VERB_TEXT, "QUERY", "rewrite: the origin's query", NULL },
	{ "--query-expression", VERB_TEXT, "EXPRESSION", "rewrite: the origin's query, computed", NULL },
	{ "--set-header", VERB_LIST, "NAME=VALUE", "headers: replace or add", NULL },
	{ "--add-header", VERB_LIST, "NAME=VALUE", "headers: add another (answers only)", NULL },
	{ "--header-expression", VERB_LIST, "NAME=EXPRESSION", "headers: replace, computed", NULL },
	{ "--remove-header", VERB_LIST, "NAME", "headers: take away", NULL },
	{ "--setting", VERB_LIST, "NAME=VALUE", "config: a setting for these requests", NULL },
	{ "--params", VERB_TEXT, "JSON", "action_parameters as the API takes them, over the options above", NULL },
	{ "--description", VERB_TEXT, "TEXT", "what it is for", NULL },
	{ "--disabled", VERB_FLAG, NULL, "add it switched off", NULL },
	{ "--first", VERB_FLAG, NULL, "before the others; default: behind them", NULL },
	{ "--dry-run", VERB_FLAG, NULL, "only say whether it would be accepted", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb rules_cmd__verbs[] = {
	{ "list", "ZONE [PHASE]", "list the rules of a zone", NULL, NULL,
	  "seawall rules list example.com\nseawall rules list example.com cache --json", rules_cmd__list, false },
	{ "add", "ZONE PHASE EXPRESSION", "add a rule", rules_cmd__add_options,
	  "PHASE is one of: " RULES_PHASE_WORDS ".\n"
	  "EXPRESSION says to which requests it applies, in Cloudflare's rules language; true is all of them.",
	  "seawall rules add example.com origin 'http.host eq \"www.example.com\"' --port 3000\n"
	  "seawall rules add example.com cache 'starts_with(http.request.uri.path, \"/static/\")' --edge-ttl 86400\n"
	  "seawall rules add example.com redirect 'http.host eq \"example.com\"' \\\n"
	  "    --to-expression 'concat(\"https://www.example.com\", http.request.uri.path)' --keep-query\n"
	  "seawall rules add example.com custom 'http.request.uri.path contains \"/wp-login\"' --action block\n"
	  "seawall rules add example.com response-headers true --set-header X-Frame-Options=DENY --remove-header "
	  "X-Powered-By",
	  rules_cmd__add, false },
	{ "enable", "ZONE PHASE RULE", "switch a rule on", NULL, "RULE is its number in the list, its id or its ref.",
	  "seawall rules enable example.com custom 1", rules_cmd__enable, false },
	{ "disable", "ZONE PHASE RULE", "switch a rule off", NULL, "RULE is its number in the list, its id or its ref.",
	  "seawall rules disable example.com custom 1", rules_cmd__disable, false },
	{ "delete", "ZONE PHASE RULE", "remove a rule", NULL, "RULE is its number in the list, its id or its ref.",
	  "seawall rules delete example.com custom 1", rules_cmd__delete, false },
	{ "put", "ZONE PHASE FILE", "replace all rules of a phase", NULL,
	  "FILE holds {\"rules\": […]} or the array alone; - is the standard input.",
	  "seawall rules list example.com cache --json | jq .http_request_cache_settings > cache.json\n"
	  "seawall rules put example.com cache cache.json",
	  rules_cmd__put, false },
	{ 0 },
};

const struct verb_noun rules_cmd = {
	"rules", "rules of a zone: firewall, cache, redirects, origins, headers",
	"A rule is an expression (when) and an action (then); rules of a phase run in their order.", rules_cmd__verbs
};
