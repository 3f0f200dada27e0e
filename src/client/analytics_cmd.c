/* SPDX-License-Identifier: Apache-2.0 */
/* analytics_cmd: `seawall analytics`: what visitors of a zone asked for. */
#include "client/cli.h"
#include "client/columns.h"
#include "client/verbs.h"

static const char *analytics_cmd__number(struct cli *c, const json_t *row, const char *name)
{
	return cli_value(c, json_object_get(row, name));
}

/* Milliseconds of a quantile, which the API tells in microseconds. */
static const char *analytics_cmd__ms(struct cli *c, const json_t *row, const char *name)
{
	const json_t *us = json_object_get(json_object_get(row, "latency_us"), name);

	return cli_format(c, "%.1f ms", (double)json_integer_value(us) / 1000);
}

static const char *analytics_cmd__status(struct cli *c, const json_t *row, const char *name)
{
	return cli_value(c, json_object_get(json_object_get(row, "status"), name));
}

static void analytics_cmd__totals(struct cli *c, const json_t *a)
{
	static const char *const members[] = { "requests", "cached", "bytes", "cached_bytes", "threats" };
	static const char *const classes[] = { "2xx", "3xx", "4xx", "5xx" };
	static const char *const parts[] = { "p50", "p95", "p99" };
	const json_t *totals = json_object_get(a, "totals");

	columns_line("from", cli_member(c, a, "since"));
	columns_line("to", cli_member(c, a, "until"));
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		columns_line(members[i], analytics_cmd__number(c, totals, members[i]));
	for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
		columns_line(classes[i], analytics_cmd__status(c, totals, classes[i]));
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		columns_line(parts[i], analytics_cmd__ms(c, totals, parts[i]));
}

static void analytics_cmd__row(struct columns *t, struct cli *c, const json_t *row)
{
	columns_add(t, cli_member(c, row, "at"));
	columns_add(t, analytics_cmd__number(c, row, "requests"));
	columns_add(t, analytics_cmd__number(c, row, "cached"));
	columns_add(t, analytics_cmd__number(c, row, "bytes"));
	columns_add(t, analytics_cmd__status(c, row, "4xx"));
	columns_add(t, analytics_cmd__status(c, row, "5xx"));
	columns_add(t, analytics_cmd__number(c, row, "threats"));
	columns_add(t, analytics_cmd__ms(c, row, "p95"));
}

static int analytics_cmd__top(struct cli *c)
{
	static const char *const kinds[] = { "path", "network", "agent" };
	static const char *const heads[][2] = { { "PATH", "REQUESTS" },
						{ "NETWORK", "REQUESTS" },
						{ "PROGRAM", "REQUESTS" } };
	const char *days = cli_text(c, "--days");
	json_t *a, *row;
	size_t i;
	int status = call_get(
		c->call,
		cli_format(c, "%s?days=%s", cli_zone_path(c, "/analytics/top"), days ? cli_escape(c, days) : "1"), &a);

	if (status != CLIENT_OK)
		return status;
	if (c->json) {
		cli_print_json(a);
		json_decref(a);
		return CLIENT_OK;
	}
	for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
		struct columns t;
		if (k)
			putchar('\n');
		columns_begin(&t, c, heads[k], 2, 0);
		json_array_foreach(json_object_get(a, kinds[k]), i, row)
		{
			columns_add(&t, cli_member(c, row, "value"));
			columns_add(&t, cli_value(c, json_object_get(row, "requests")));
		}
		columns_end(&t, "No visitor asked for anything.");
	}
	json_decref(a);
	return CLIENT_OK;
}

static int analytics_cmd__show(struct cli *c)
{
	static const char *const heads[] = {
		"FROM (UTC)", "REQUESTS", "CACHED", "BYTES", "4XX", "5XX", "THREATS", "P95"
	};
	const char *by = cli_text(c, "--by");
	struct columns t;
	json_t *a, *row;
	size_t i;

	if (cli_flag(c, "--top"))
		return analytics_cmd__top(c);
	int status = call_get(
		c->call, cli_format(c, "%s?by=%s", cli_zone_path(c, "/analytics"), by ? cli_escape(c, by) : "hour"),
		&a);

	if (status != CLIENT_OK)
		return status;
	if (c->json) {
		cli_print_json(a);
		json_decref(a);
		return CLIENT_OK;
	}
	analytics_cmd__totals(c, a);
	putchar('\n');
	columns_begin(&t, c, heads, 8, 0);
	json_array_foreach(json_object_get(a, "series"), i, row) analytics_cmd__row(&t, c, row);
	columns_end(&t, "No visitor asked for anything.");
	json_decref(a);
	return CLIENT_OK;
}

static const struct verb_option analytics_cmd__options[] = {
	{ "--by", VERB_TEXT, "SPAN", "minute (of three hours), hour (of three days, the default) or day (of sixty)",
	  "minute hour day" },
	{ "--top", VERB_FLAG, NULL, "what was asked for most instead: paths, networks, programs", NULL },
	{ "--days", VERB_TEXT, "N", "with --top: of the last N days, 1 (today, in UTC) to 30", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb analytics_cmd__verbs[] = {
	{ "", "ZONE", "show what visitors of a zone asked for", analytics_cmd__options,
	  "Numbers come from the edges every ten seconds. Times are right within a factor of two. What was asked for "
	  "most\nis an estimate, stored once a minute: what is rare does not appear.",
	  "seawall analytics example.com\nseawall analytics example.com --by day\nseawall analytics example.com --top "
	  "--days 7",
	  analytics_cmd__show, false },
	{ 0 },
};

const struct verb_noun analytics_cmd = { "analytics", "what visitors of a zone asked for", NULL, analytics_cmd__verbs };
