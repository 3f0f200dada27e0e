/* SPDX-License-Identifier: Apache-2.0 */
/* audit_cmd: `seawall audit`: who changed what. */
#include "client/columns.h"
#include "client/verbs.h"

/* What is new in an object, and was otherwise before: "ttl 60 -> 300". */
static const char *audit_cmd__changes(struct cli *c, const json_t *before, json_t *after)
{
	const char *text = "", *name;
	json_t *value;

	json_object_foreach(after, name, value)
	{
		const json_t *old = json_object_get(before, name);
		if (strcmp(name, "modified_on") == 0 || !old || json_equal(old, value))
			continue;
		text = cli_format(c, "%s%s%s %s -> %s", text, text[0] ? ", " : "", cli_clean(c, name),
				  cli_value(c, old), cli_value(c, value));
	}
	return text;
}

/* How to call the object of a row. */
static const char *audit_cmd__object(struct cli *c, const json_t *row)
{
	const json_t *after = json_object_get(row, "newValueJson"), *before = json_object_get(row, "oldValueJson");
	const json_t *is = json_is_object(after) && json_object_size(after) ? after : before;
	const char *name = cli_member(c, is, "name"), *type = cli_member(c, is, "type"),
		   *content = cli_member(c, is, "content");

	if (!name[0])
		return cli_member(c, json_object_get(row, "resource"), "id");
	return content[0] ? cli_format(c, "%s %s %s", name, type, content) : name;
}

static void audit_cmd__row(struct columns *t, struct cli *c, const json_t *row)
{
	const json_t *actor = json_object_get(row, "actor");
	const char *who = cli_member(c, actor, "name"), *ip = cli_member(c, actor, "ip");

	columns_add(t, cli_time(c, row, "when"));
	columns_add(t, cli_format(c, "%s%s%s", who[0] ? who : cli_member(c, actor, "type"), ip[0] ? " " : "", ip));
	columns_add(t, cli_member(c, json_object_get(row, "action"), "type"));
	columns_add(t, cli_member(c, json_object_get(row, "resource"), "type"));
	columns_add(t, cli_member(c, json_object_get(row, "zone"), "name"));
	columns_add(t, audit_cmd__object(c, row));
	columns_add(t,
		    audit_cmd__changes(c, json_object_get(row, "oldValueJson"), json_object_get(row, "newValueJson")));
}

static int audit_cmd__run(struct cli *c)
{
	static const char *const heads[] = { "WHEN (UTC)", "WHO", "ACTION", "WHAT", "ZONE", "OBJECT", "CHANGES" };
	const char *zone = cli_text(c, "--zone"), *since = cli_text(c, "--since"), *last = cli_text(c, "--last");
	json_int_t n = 50;
	struct columns t;
	json_t *list, *row;
	size_t i;

	if (last && !cli_number(last, 1, 1000, &n))
		return cli_misuse(c, "--last %s: a number from 1 to 1000", last);
	const char *path = cli_format(c, "/user/audit_logs?per_page=%lld", (long long)n);
	if (zone)
		path = cli_format(c, "%s&zone.id=%s", path, cli_escape(c, zone));
	if (since)
		path = cli_format(c, "%s&since=%s", path, cli_escape(c, since));
	int status = call_get(c->call, path, &list);
	if (status != CLIENT_OK)
		return status;
	if (c->json) {
		cli_print_json(list);
		json_decref(list);
		return CLIENT_OK;
	}
	columns_begin(&t, c, heads, 7, 6);
	json_array_foreach(list, i, row) audit_cmd__row(&t, c, row);
	columns_end(&t, "Nothing was changed.");
	json_decref(list);
	return CLIENT_OK;
}

static const struct verb_option audit_cmd__options[] = {
	{ "--zone", VERB_TEXT, "ZONE", "only changes in that zone", NULL },
	{ "--since", VERB_TEXT, "TIME", "only later ones: 2026-01-31T00:00:00Z", NULL },
	{ "--last", VERB_TEXT, "N", "how many, the newest first; default 50", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb audit_cmd__verbs[] = {
	{ "", "", "show who changed what, newest first", audit_cmd__options, NULL,
	  "seawall audit --zone example.com\nseawall audit --since 2026-01-31T00:00:00Z --json", audit_cmd__run,
	  false },
	{ 0 },
};

const struct verb_noun audit_cmd = { "audit", "who changed what", NULL, audit_cmd__verbs };
