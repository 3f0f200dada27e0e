/* SPDX-License-Identifier: Apache-2.0 */
/* app_logs_cmd: `seawall logs`, logs-archives, timeline, user-timeline, stats. */
#include "client/app_call.h"
#include "client/box.h"
#include "client/verbs.h"

/* What comes of a stream, line by line. */
struct app_logs_cmd__reader {
	struct cli *cli;
	char line[32768];
	size_t n;
	bool events; /* of the form "data: …" */
};

/* A line as it is for programs, made safe for a terminal. */
static void app_logs_cmd__line(struct app_logs_cmd__reader *r, struct slice line)
{
	if (r->events && !slice_starts(line, SLICE("data: ")))
		return;
	if (r->events)
		line = slice_from(line, 6);
	printf("%.*s\n", SLICE_ARG(line));
	fflush(stdout);
}

static bool app_logs_cmd__read(void *arg, struct slice data)
{
	struct app_logs_cmd__reader *r = arg;

	for (size_t i = 0; i < data.n; i++) {
		if (data.p[i] == '\n') {
			app_logs_cmd__line(r, slice_of(r->line, r->n));
			r->n = 0;
		} else if (r->n < sizeof r->line && data.p[i] != '\r') {
			r->line[r->n++] = data.p[i];
		}
	}
	return !ferror(stdout);
}

static bool app_logs_cmd__known(struct cli *c, const json_t *types, struct slice word)
{
	static const char *const others[] = { "router", "manager", "one-off", "postdeploy" };
	const json_t *each;
	size_t i;

	for (i = 0; i < sizeof others / sizeof others[0]; i++)
		if (slice_starts(word, slice_str(others[i])))
			return true;
	json_array_foreach(types, i, each)
	{
		struct slice type = slice_str(cli_member(c, each, "name"));
		if (slice_starts(word, type) && (word.n == type.n || word.p[type.n] == '-'))
			return true;
	}
	return false;
}

/* A filter that lets nothing through is a mistake, not an answer. */
static int app_logs_cmd__filter(struct cli *c, const char *filter)
{
	struct slice rest = slice_str(filter);
	json_t *types;
	int status = app_call_get(c, "/containers", "containers", &types);

	while (status == CLIENT_OK && rest.p) {
		struct slice word = slice_split(&rest, '|');
		if (!app_logs_cmd__known(c, types, word)) {
			status = app_call_fail(
				"%.*s is not a process type of the app, nor router, manager, one-off or postdeploy",
				SLICE_ARG(word));
		}
	}
	json_decref(types);
	return status;
}

static int app_logs_cmd__logs(struct cli *c)
{
	const char *lines = cli_text(c, "--lines"), *filter = cli_text(c, "--filter");
	struct app_logs_cmd__reader r = { .cli = c };
	json_int_t n = 20;
	json_t *v;
	long got;
	int status = lines && !cli_number(lines, 0, 100000, &n)
			     ? cli_misuse(c, "--lines needs a number up to 100000, not %s", cli_clean(c, lines))
			     : app_call_open(c);

	if (status == CLIENT_OK && filter)
		status = app_logs_cmd__filter(c, filter);
	if (status == CLIENT_OK)
		status = app_call_get(c, "/logs", "logs_url", &v);
	if (status != CLIENT_OK)
		return status;
	const char *url = cli_format(c, "%s&filter=%s", json_string_value(v) ? json_string_value(v) : "",
				     filter ? cli_escape(c, filter) : "");
	json_decref(v);
	status = call_stream(c->call, cli_format(c, "%s&stream=false&n=%lld", url, (long long)n), app_logs_cmd__read,
			     &r, &got);
	if (status == CLIENT_OK && got != 200 && !cli_flag(c, "--follow")) {
		fprintf(stderr, " !     There is no log for this application\n");
		return CLIENT_OK;
	}
	r.events = true;
	if (status == CLIENT_OK && cli_flag(c, "--follow"))
		status = call_stream(c->call, cli_format(c, "%s&stream=true", url), app_logs_cmd__read, &r, &got);
	return status;
}

static int app_logs_cmd__archives(struct cli *c)
{
	static const char *const heads[] = { "NAME", "FROM", "TO", "BYTES", "URL" };
	json_t *list, *each;
	struct box t;
	size_t i;
	int status = app_call_open(c);

	if (status == CLIENT_OK)
		status = app_call_get(c, "/logs_archives", "archives", &list);
	if (status != CLIENT_OK)
		return status;
	if (c->json) {
		cli_print_json(list);
	} else {
		box_begin(&t, heads, 5);
		json_array_foreach(list, i, each)
		{
			box_add(&t, cli_member(c, each, "name"));
			box_add(&t, app_call_time(c, each, "from"));
			box_add(&t, app_call_time(c, each, "to"));
			box_add(&t, cli_value(c, json_object_get(each, "size")));
			box_add(&t, cli_member(c, each, "url"));
		}
		box_end(&t);
	}
	json_decref(list);
	return CLIENT_OK;
}

/* ---- events ---- */

static int app_logs_cmd__events(struct cli *c, const char *path)
{
	json_t *answer, *each;
	size_t i;
	int status = app_call_send(c, "GET", path, NULL, &answer);

	if (status != CLIENT_OK)
		return status;
	const json_t *list = json_object_get(answer, "events");
	if (c->json)
		cli_print_json(list);
	json_array_foreach(list, i, each)
	{
		if (c->json)
			break;
		const json_t *data = json_object_get(each, "type_data");
		printf("* %s - %s - %s%s%s\n", app_call_time(c, each, "created_at"), cli_member(c, each, "app_name"),
		       cli_member(c, each, "type"), json_object_size(data) ? " " : "",
		       json_object_size(data) ? cli_value(c, data) : "");
		printf("  by %s\n", cli_member(c, json_object_get(each, "user"), "username"));
	}
	json_decref(answer);
	return CLIENT_OK;
}

static const char *app_logs_cmd__page(struct cli *c)
{
	const char *page = cli_text(c, "--page"), *per_page = cli_text(c, "--per-page");

	return cli_format(c, "?page=%s&per_page=%s", page ? cli_escape(c, page) : "1",
			  per_page ? cli_escape(c, per_page) : "30");
}

static int app_logs_cmd__timeline(struct cli *c)
{
	int status = app_call_open(c);
	const char *path =
		status == CLIENT_OK ? app_call_path(c, cli_format(c, "/events%s", app_logs_cmd__page(c))) : NULL;

	if (status != CLIENT_OK)
		return status;
	return path ? app_logs_cmd__events(c, path) : CLIENT_USAGE;
}

static int app_logs_cmd__user_timeline(struct cli *c)
{
	int status = app_call_open(c);

	return status == CLIENT_OK ? app_logs_cmd__events(c, cli_format(c, "/events%s", app_logs_cmd__page(c)))
				   : status;
}

static int app_logs_cmd__stats(struct cli *c)
{
	static const char *const heads[] = { "NAME", "CPU", "MEMORY", "LIMIT", "HIGHEST" };
	static const char *const members[] = { "id", "cpu_usage", "memory_usage", "memory_limit",
					       "highest_memory_usage" };
	json_t *list, *each;
	struct box t;
	size_t i;
	int status = app_call_open(c);

	if (status == CLIENT_OK)
		status = app_call_get(c, "/stats", "stats", &list);
	if (status != CLIENT_OK)
		return status;
	if (c->json) {
		cli_print_json(list);
	} else {
		box_begin(&t, heads, 5);
		json_array_foreach(list, i, each) for (size_t k = 0; k < 5; k++)
			box_add(&t, cli_value(c, json_object_get(each, members[k])));
		box_end(&t);
	}
	json_decref(list);
	return CLIENT_OK;
}

static const struct verb_option app_logs_cmd__plain[] = { APP_CALL_OPTIONS, { NULL, VERB_FLAG, NULL, NULL, NULL } };
static const struct verb_option app_logs_cmd__reading[] = {
	APP_CALL_OPTIONS,
	{ "--lines", VERB_TEXT, "N", "how many of the newest lines; default 20 (-n)", NULL },
	{ "--follow", VERB_FLAG, NULL, "go on with those that come (-f)", NULL },
	{ "--filter", VERB_TEXT, "SOURCE", "of these only: web, web-1, router, 'web|worker' (-F)",
	  "web router manager" },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};
static const struct verb_option app_logs_cmd__paged[] = {
	APP_CALL_OPTIONS,
	{ "--page", VERB_TEXT, "N", "which page; default 1", NULL },
	{ "--per-page", VERB_TEXT, "N", "how many on a page; default 30", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb app_logs_cmd__logs_verb[] = {
	{ "", "", "show the log of an app", app_logs_cmd__reading, NULL,
	  "seawall --app my-app logs -n 100\nseawall --app my-app logs -f -F router", app_logs_cmd__logs, true },
	{ 0 }
};
static const struct verb app_logs_cmd__archives_verb[] = {
	{ "", "", "list the files of an app's log", app_logs_cmd__plain, NULL, "seawall --app my-app logs-archives",
	  app_logs_cmd__archives, true },
	{ 0 }
};
static const struct verb app_logs_cmd__timeline_verb[] = { { "", "", "what was done to an app", app_logs_cmd__paged,
							     NULL, "seawall --app my-app timeline",
							     app_logs_cmd__timeline, true },
							   { 0 } };
static const struct verb app_logs_cmd__user_verb[] = { { "", "", "what was done to all apps", app_logs_cmd__paged, NULL,
							 "seawall user-timeline --per-page 100",
							 app_logs_cmd__user_timeline, true },
						       { 0 } };
static const struct verb app_logs_cmd__stats_verb[] = { { "", "", "what the processes of an app use",
							  app_logs_cmd__plain, NULL, "seawall --app my-app stats",
							  app_logs_cmd__stats, true },
							{ 0 } };

const struct verb_noun app_logs_cmd = { "logs", "show the log of an app", NULL, app_logs_cmd__logs_verb };
const struct verb_noun app_logs_cmd_archives = { "logs-archives", "list the files of an app's log", NULL,
						 app_logs_cmd__archives_verb };
const struct verb_noun app_logs_cmd_timeline = { "timeline", "what was done to an app", NULL,
						 app_logs_cmd__timeline_verb };
const struct verb_noun app_logs_cmd_user = { "user-timeline", "what was done to all apps", NULL,
					     app_logs_cmd__user_verb };
const struct verb_noun app_logs_cmd_stats = { "stats", "what the processes of an app use", NULL,
					      app_logs_cmd__stats_verb };
