/* SPDX-License-Identifier: Apache-2.0 */
/* waf_cmd: `seawall waf`: what the firewall found in a request, and the narrowest exclusion that lets it pass. */
#include "client/columns.h"
#include "client/verbs.h"

enum { WAF_CMD__PAGE = 1000 };

/* ---- looking events up ---- */

/* The zone of a ray: as said, or as the edges remember. NULL after a complaint. */
static const char *waf_cmd__zone(struct cli *c)
{
	const char *zone = cli_text(c, "--zone");
	json_t *request;

	if (zone)
		return zone;
	int status = call_get(c->call, cli_format(c, "/seawall/explain/%s", cli_escape(c, cli_word(c, 0))), &request);
	if (status != CLIENT_OK)
		return NULL;
	zone = cli_format(c, "%s", cli_member(c, request, "zone"));
	json_decref(request);
	return zone;
}

static const char *waf_cmd__path(struct cli *c, const char *zone, const char *behind)
{
	return cli_format(c, "/zones/%s/firewall/%s", cli_escape(c, zone), behind);
}

/* The event of the ray; NULL after a complaint. The caller's reference. */
static json_t *waf_cmd__event(struct cli *c, const char *zone)
{
	json_t *list, *event;

	int status = call_get(
		c->call, cli_format(c, "%s?ray=%s", waf_cmd__path(c, zone, "events"), cli_escape(c, cli_word(c, 0))),
		&list);
	if (status != CLIENT_OK)
		return NULL;
	event = json_incref(json_array_get(list, 0));
	json_decref(list);
	if (!event)
		cli_fail(c, "the firewall found nothing in %s, or it was too long ago; the audit log has all",
			 cli_word(c, 0));
	return event;
}

/* ---- explain ---- */

static void waf_cmd__head(struct cli *c, const json_t *e)
{
	static const char *const members[] = { "ray", "client", "user_agent", "action", "score", "gave_up" };
	const json_t *body = json_object_get(e, "body");

	columns_line("request", cli_format(c, "%s %s%s", cli_member(c, e, "method"), cli_member(c, e, "host"),
					   cli_member(c, e, "path")));
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		if (json_object_get(e, members[i]))
			columns_line(members[i], cli_value(c, json_object_get(e, members[i])));
	if (body)
		columns_line("body", cli_format(c, "%s of %s bytes were inspected",
						cli_value(c, json_object_get(body, "inspected")),
						cli_value(c, json_object_get(body, "of"))));
}

static int waf_cmd__explain(struct cli *c)
{
	static const char *const heads[] = { "RULE", "WHAT", "WHERE", "VALUE" };
	const char *zone = waf_cmd__zone(c);
	json_t *event = zone ? waf_cmd__event(c, zone) : NULL, *match;
	struct columns t;
	size_t i;

	if (!event)
		return CLIENT_FAILED;
	if (c->json) {
		cli_print_json(event);
		json_decref(event);
		return CLIENT_OK;
	}
	waf_cmd__head(c, event);
	putchar('\n');
	columns_begin(&t, c, heads, 4, 3);
	json_array_foreach(json_object_get(event, "matches"), i, match)
	{
		columns_add(&t, cli_value(c, json_object_get(match, "rule")));
		columns_add(&t, cli_member(c, match, "msg"));
		columns_add(&t, cli_member(c, match, "variable"));
		columns_add(&t, cli_member(c, match, "value"));
	}
	columns_end(&t, "No rule matched.");
	json_decref(event);
	return CLIENT_OK;
}

/* ---- exclude ---- */

/* A match that a rule made by looking at the request; others sum up what those found. */
static bool waf_cmd__is_finding(const json_t *match)
{
	struct slice variable = slice_str(json_string_value(json_object_get(match, "variable")));

	return variable.n && !slice_starts(variable, SLICE("TX:")) && variable.p[0] != '&';
}

static bool waf_cmd__same(const json_t *a, const json_t *b)
{
	return json_equal(json_object_get((json_t *)(uintptr_t)a, "rule"),
			  json_object_get((json_t *)(uintptr_t)b, "rule")) &&
	       json_equal(json_object_get((json_t *)(uintptr_t)a, "variable"),
			  json_object_get((json_t *)(uintptr_t)b, "variable"));
}

/* Whether one of the exclusions, which are for this path, leaves the match out. */
static bool waf_cmd__is_left_out(const json_t *exclusions, const json_t *match, bool same_path)
{
	json_t *x;
	size_t i;

	if (same_path)
		json_array_foreach(exclusions, i, x) if (waf_cmd__same(x, match)) return true;
	return false;
}

/* How many kept requests the exclusions would change, of how many. */
struct waf_cmd__replay {
	size_t kept, changed, pass, still;
};

static void waf_cmd__replay_one(const json_t *event, const json_t *like, const json_t *exclusions,
				struct waf_cmd__replay *r)
{
	bool same_path = json_equal(json_object_get(event, "path"), json_object_get(like, "path"));
	size_t out = 0, left = 0, i;
	json_t *match;

	r->kept++;
	json_array_foreach(json_object_get(event, "matches"), i, match)
	{
		if (!waf_cmd__is_finding(match))
			continue;
		if (waf_cmd__is_left_out(exclusions, match, same_path))
			out++;
		else
			left++;
	}
	r->changed += out > 0;
	r->pass += out > 0 && left == 0;
	r->still += out > 0 && left > 0;
}

/* The findings of the event, each once, as {rule, variable}. */
static json_t *waf_cmd__findings(const json_t *event)
{
	json_t *list = json_array(), *match;
	size_t i;

	json_array_foreach(json_object_get(event, "matches"), i, match)
	{
		if (waf_cmd__is_finding(match) && !waf_cmd__is_left_out(list, match, true))
			json_array_append_new(list, json_pack("{s:O, s:O}", "rule", json_object_get(match, "rule"),
							      "variable", json_object_get(match, "variable")));
	}
	return list;
}

static int waf_cmd__replay(struct cli *c, const char *zone, const json_t *like, const json_t *exclusions,
			   struct waf_cmd__replay *ret)
{
	json_t *list, *event;
	size_t i;
	int status = call_list(c->call, waf_cmd__path(c, zone, "events"), WAF_CMD__PAGE, &list);

	if (status != CLIENT_OK)
		return status;
	json_array_foreach(list, i, event) waf_cmd__replay_one(event, like, exclusions, ret);
	json_decref(list);
	return CLIENT_OK;
}

static int waf_cmd__apply(struct cli *c, const char *zone, const json_t *event, const json_t *exclusions)
{
	json_t *x, *made;
	size_t i;

	json_array_foreach(exclusions, i, x)
	{
		json_t *body = json_pack("{s:O, s:O, s:O, s:s}", "rule", json_object_get(x, "rule"), "path",
					 json_object_get(event, "path"), "parameter", json_object_get(x, "variable"),
					 "description", cli_format(c, "from request %s", cli_word(c, 0)));
		int status = call_json(c->call, "POST", waf_cmd__path(c, zone, "waf/exclusions"), body, &made);
		if (status != CLIENT_OK)
			return status;
		cli_done(c, "excluded: rule %s, %s, %s, id %s", cli_value(c, json_object_get(made, "rule")),
			 cli_member(c, made, "path"), cli_member(c, made, "parameter"), cli_member(c, made, "id"));
		json_decref(made);
	}
	return CLIENT_OK;
}

static void waf_cmd__show(struct cli *c, const json_t *event, const json_t *exclusions, const struct waf_cmd__replay *r)
{
	json_t *x;
	size_t i;

	json_array_foreach(exclusions, i, x) columns_line(
		"exclude", cli_format(c, "rule %s, path %s, parameter %s", cli_value(c, json_object_get(x, "rule")),
				      cli_member(c, event, "path"), cli_member(c, x, "variable")));
	columns_line("requests kept", cli_format(c, "%zu with findings", r->kept));
	columns_line("would change", cli_format(c, "%zu: %zu without any finding left, %zu with others", r->changed,
						r->pass, r->still));
}

static int waf_cmd__exclude(struct cli *c)
{
	const char *zone = waf_cmd__zone(c);
	json_t *event = zone ? waf_cmd__event(c, zone) : NULL;
	struct waf_cmd__replay replay = { 0 };

	if (!event)
		return CLIENT_FAILED;
	json_t *exclusions = waf_cmd__findings(event);
	int status = json_array_size(exclusions) ? waf_cmd__replay(c, zone, event, exclusions, &replay)
						 : cli_fail(c, "no rule found anything in a part of this request");
	if (status == CLIENT_OK) {
		if (c->json)
			cli_print_json(exclusions);
		else
			waf_cmd__show(c, event, exclusions, &replay);
		if (cli_flag(c, "--apply"))
			status = waf_cmd__apply(c, zone, event, exclusions);
	}
	json_decref(exclusions);
	json_decref(event);
	return status;
}

static const struct verb_option waf_cmd__explain_options[] = {
	{ "--zone", VERB_TEXT, "ZONE", "whose request it is, when no edge remembers it any more", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb_option waf_cmd__exclude_options[] = {
	{ "--apply", VERB_FLAG, NULL, "save the exclusions; without it they are only shown", NULL },
	{ "--zone", VERB_TEXT, "ZONE", "whose request it is, when no edge remembers it any more", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb waf_cmd__verbs[] = {
	{ "explain", "RAY", "show what the firewall found in a request", waf_cmd__explain_options,
	  "RAY is the CF-Ray header of the answer. Values of passwords, tokens and cookies are masked.",
	  "seawall waf explain 8f2a1c3d4e5f6071", waf_cmd__explain, false },
	{ "exclude", "RAY", "propose the narrowest exclusion that lets a request pass", waf_cmd__exclude_options,
	  "For each finding: this rule is not asked about this parameter of this path. What that changes is shown with "
	  "the\nrequests that the firewall found something in lately.",
	  "seawall waf exclude 8f2a1c3d4e5f6071\nseawall waf exclude 8f2a1c3d4e5f6071 --apply", waf_cmd__exclude,
	  false },
	{ 0 },
};

const struct verb_noun waf_cmd = { "waf", "what the firewall finds, and what it shall leave alone", NULL,
				   waf_cmd__verbs };
