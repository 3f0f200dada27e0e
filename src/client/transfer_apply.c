/* SPDX-License-Identifier: Apache-2.0 */
/* transfer_apply: see transfer.h. */
#include "client/transfer.h"

enum { TRANSFER_APPLY__BATCH = 200, TRANSFER_APPLY__EXISTS = 81058, TRANSFER_APPLY__NO_RULESET = 10003 };

struct transfer_apply {
	struct cli *cli;
	struct call *to;
	const char *path; /* "/zones/ID" of the zone that is made */
	json_t *report;
	bool away; /* the API was lost */
};

static void transfer_apply__count(struct transfer_apply *a, const char *how, const char *what, json_int_t n)
{
	json_t *counts = json_object_get(a->report, how);

	json_object_set_new(counts, what, json_integer(json_integer_value(json_object_get(counts, what)) + n));
}

static void transfer_apply__left(struct transfer_apply *a, const char *what, const json_t *envelope)
{
	const json_t *error = json_array_get(json_object_get(envelope, "errors"), 0);
	const char *why = cli_member(a->cli, error, "message"),
		   *at = cli_member(a->cli, json_object_get(error, "source"), "pointer");

	json_array_append_new(json_object_get(a->report, "left"),
			      json_pack("{s:s,s:s}", "what", what, "why",
					cli_format(a->cli, "%s%s%s%s", why[0] ? why : "refused without a reason",
						   at[0] ? " (at " : "", at, at[0] ? ")" : "")));
}

/* One call; the body is borrowed. Returns the first error's code, 0 for success, -1 when the API is lost. out:
 * *ret_envelope. */
static json_int_t transfer_apply__call(struct transfer_apply *a, const char *method, const char *behind, json_t *body,
				       json_t **ret_envelope)
{
	struct call_body send = { .json = body };
	long http = call_try(a->to, method, cli_format(a->cli, "%s%s", a->path, behind), &send, ret_envelope);

	if (http == 0) {
		a->away = true;
		return -1;
	}
	if (json_is_true(json_object_get(*ret_envelope, "success")))
		return 0;
	json_int_t code = json_integer_value(
		json_object_get(json_array_get(json_object_get(*ret_envelope, "errors"), 0), "code"));
	return code ? code : 1;
}

/* ---- records ---- */

static void transfer_apply__record(struct transfer_apply *a, json_t *record)
{
	json_t *envelope;
	json_int_t code = transfer_apply__call(a, "POST", "/dns_records", record, &envelope);

	if (code == 0)
		transfer_apply__count(a, "made", "records", 1);
	else if (code == TRANSFER_APPLY__EXISTS)
		transfer_apply__count(a, "there", "records", 1);
	else if (code > 0)
		transfer_apply__left(a,
				     cli_format(a->cli, "record %s %s %s", cli_member(a->cli, record, "name"),
						cli_member(a->cli, record, "type"),
						cli_member(a->cli, record, "content")),
				     envelope);
	json_decref(envelope);
}

/* Records in batches; a batch that is refused goes one by one, so that the others are made and the bad one is named. */
static void transfer_apply__records(struct transfer_apply *a, const json_t *records)
{
	size_t n = json_array_size(records);
	json_t *envelope;

	for (size_t i = 0; i < n && !a->away; i += TRANSFER_APPLY__BATCH) {
		size_t end = i + TRANSFER_APPLY__BATCH < n ? i + TRANSFER_APPLY__BATCH : n;
		json_t *posts = json_array(), *body = json_pack("{s:o}", "posts", posts);
		for (size_t k = i; k < end; k++)
			json_array_append(posts, json_array_get(records, k));
		json_int_t code = transfer_apply__call(a, "POST", "/dns_records/batch", body, &envelope);
		json_decref(body);
		json_decref(envelope);
		if (code == 0)
			transfer_apply__count(a, "made", "records", (json_int_t)(end - i));
		for (size_t k = i; code > 0 && k < end && !a->away; k++)
			transfer_apply__record(a, json_array_get(records, k));
	}
}

/* ---- settings, rules ---- */

static void transfer_apply__settings(struct transfer_apply *a, json_t *settings)
{
	const char *id;
	json_t *value, *envelope;

	json_object_foreach(settings, id, value)
	{
		if (a->away)
			return;
		json_t *body = json_pack("{s:O}", "value", value);
		json_int_t code = transfer_apply__call(
			a, "PATCH", cli_format(a->cli, "/settings/%s", cli_escape(a->cli, id)), body, &envelope);
		json_decref(body);
		if (code == 0)
			transfer_apply__count(a, "made", "settings", 1);
		else if (code > 0)
			transfer_apply__left(
				a,
				cli_format(a->cli, "setting %s = %s", cli_clean(a->cli, id), cli_value(a->cli, value)),
				envelope);
		json_decref(envelope);
	}
}

/* Replaces a phase's rules; on refusal drops those that are refused one by one. */
static void transfer_apply__phase(struct transfer_apply *a, const char *phase, json_t *rules)
{
	const char *behind = cli_format(a->cli, "/rulesets/phases/%s/entrypoint", cli_escape(a->cli, phase));
	json_t *good = json_array(), *rule, *envelope;
	size_t i;

	json_array_foreach(rules, i, rule)
	{
		json_t *body = json_pack("{s:O}", "rules", good);
		json_array_append(good, rule);
		json_int_t code =
			transfer_apply__call(a, "PUT", cli_format(a->cli, "%s?dry_run=true", behind), body, &envelope);
		json_decref(body);
		if (code != 0)
			json_array_remove(good, json_array_size(good) - 1);
		if (code > 0)
			transfer_apply__left(a,
					     cli_format(a->cli, "rule %zu of %s (%s)", i + 1, cli_clean(a->cli, phase),
							cli_member(a->cli, rule, "expression")),
					     envelope);
		json_decref(envelope);
		if (a->away)
			break;
	}
	json_t *body = json_pack("{s:O}", "rules", good);
	if (json_array_size(good) && !a->away) {
		if (transfer_apply__call(a, "PUT", behind, body, &envelope) == 0)
			transfer_apply__count(a, "made", "rules", (json_int_t)json_array_size(good));
		json_decref(envelope);
	}
	json_decref(body);
	json_decref(good);
}

static void transfer_apply__rulesets(struct transfer_apply *a, json_t *rulesets)
{
	const char *phase;
	json_t *rules, *envelope;

	json_object_foreach(rulesets, phase, rules)
	{
		if (a->away)
			return;
		json_t *body = json_pack("{s:O}", "rules", rules);
		json_int_t code = transfer_apply__call(
			a, "PUT", cli_format(a->cli, "/rulesets/phases/%s/entrypoint", cli_escape(a->cli, phase)), body,
			&envelope);
		json_decref(body);
		json_decref(envelope);
		if (code == 0)
			transfer_apply__count(a, "made", "rules", (json_int_t)json_array_size(rules));
		else if (code > 0)
			transfer_apply__phase(a, phase, rules);
	}
}

static void transfer_apply__access(struct transfer_apply *a, const json_t *rules)
{
	json_t *rule, *envelope;
	size_t i;

	json_array_foreach(rules, i, rule)
	{
		if (a->away)
			return;
		json_int_t code = transfer_apply__call(a, "POST", "/firewall/access_rules/rules", rule, &envelope);
		if (code == 0)
			transfer_apply__count(a, "made", "access_rules", 1);
		else if (code == 10009)
			transfer_apply__count(a, "there", "access_rules", 1);
		else if (code > 0)
			transfer_apply__left(a,
					     cli_format(a->cli, "access rule %s %s", cli_member(a->cli, rule, "mode"),
							cli_value(a->cli, json_object_get(rule, "configuration"))),
					     envelope);
		json_decref(envelope);
	}
}

/* ---- the zone ---- */

static int transfer_apply__zone(struct transfer_apply *a, const char *name)
{
	json_t *zones, *made;
	int status = call_get(a->to, cli_format(a->cli, "/zones?name=%s", cli_escape(a->cli, name)), &zones);

	if (status != CLIENT_OK)
		return status;
	if (json_array_size(zones)) {
		a->path = cli_format(a->cli, "/zones/%s", cli_member(a->cli, json_array_get(zones, 0), "id"));
		transfer_apply__count(a, "there", "zones", 1);
		json_decref(zones);
		return CLIENT_OK;
	}
	json_decref(zones);
	status = call_json(a->to, "POST", "/zones", json_pack("{s:s,s:s}", "name", name, "type", "full"), &made);
	if (status != CLIENT_OK)
		return status;
	a->path = cli_format(a->cli, "/zones/%s", cli_member(a->cli, made, "id"));
	transfer_apply__count(a, "made", "zones", 1);
	json_decref(made);
	return CLIENT_OK;
}

int transfer_apply(struct cli *c, struct call *to, const json_t *document, json_t **ret)
{
	struct transfer_apply a = { .cli = c, .to = to };
	json_t *left = json_object_get(document, "left");

	a.report = json_pack("{s:{},s:{},s:[]}", "made", "there", "left");
	if (json_is_array(left))
		json_array_extend(json_object_get(a.report, "left"), left);
	int status = transfer_apply__zone(&a, cli_member(c, document, "name"));
	if (status == CLIENT_OK) {
		transfer_apply__records(&a, json_object_get(document, "records"));
		transfer_apply__settings(&a, json_object_get(document, "settings"));
		transfer_apply__rulesets(&a, json_object_get(document, "rulesets"));
		transfer_apply__access(&a, json_object_get(document, "access_rules"));
		status = a.away ? CLIENT_AWAY : CLIENT_OK;
	}
	if (status == CLIENT_OK)
		*ret = json_incref(a.report);
	json_decref(a.report);
	return status;
}
