/* SPDX-License-Identifier: Apache-2.0 */
/* app_scale_cmd: `seawall scale`, ps, restart, and the instances of an app. */
#include "client/app_call.h"
#include "client/box.h"
#include "client/verbs.h"

/* ---- reading ---- */

static int app_scale_cmd__types(struct cli *c)
{
	static const char *const heads[] = { "NAME", "AMOUNT", "SIZE", "COMMAND" };
	json_t *list, *each;
	struct box t;
	size_t i;
	int status = app_call_get(c, "/containers", "containers", &list);

	if (status != CLIENT_OK)
		return status;
	if (c->json) {
		cli_print_json(list);
	} else {
		box_begin(&t, heads, 4);
		json_array_foreach(list, i, each)
		{
			box_add(&t, cli_member(c, each, "name"));
			box_add(&t, cli_value(c, json_object_get(each, "amount")));
			box_add(&t, cli_member(c, each, "size"));
			box_add(&t, cli_member(c, each, "command"));
		}
		box_end(&t);
	}
	json_decref(list);
	return CLIENT_OK;
}

static int app_scale_cmd__ps(struct cli *c)
{
	static const char *const heads[] = { "NAME", "STATUS", "COMMAND", "SIZE", "CREATED AT" };
	json_t *list, *each;
	struct box t;
	size_t i;
	int status = app_call_open(c);

	if (status == CLIENT_OK)
		status = app_call_get(c, "/ps", "containers", &list);
	if (status != CLIENT_OK)
		return status;
	if (c->json) {
		cli_print_json(list);
	} else {
		box_begin(&t, heads, 5);
		json_array_foreach(list, i, each)
		{
			box_add(&t, cli_member(c, each, "label"));
			box_add(&t, cli_member(c, each, "state"));
			box_add(&t, cli_member(c, each, "command"));
			box_add(&t, cli_member(c, each, "size"));
			box_add(&t, app_call_time(c, each, "created_at"));
		}
		box_end(&t);
	}
	json_decref(list);
	return CLIENT_OK;
}

/* ---- scale ---- */

/* The amount that the app has of a type; -1: there is no such type. */
static json_int_t app_scale_cmd__now(const json_t *types, struct slice name)
{
	const json_t *each;
	size_t i;

	json_array_foreach(types, i, each)
	{
		const char *have = json_string_value(json_object_get(each, "name"));
		if (have && slice_eq(slice_str(have), name))
			return json_integer_value(json_object_get(each, "amount"));
	}
	return -1;
}

/* How much "2", "+1" or "-1" is for a type of which there are `now`; false when it is none of them. */
static bool app_scale_cmd__amount(struct slice text, json_int_t now, json_int_t *ret)
{
	bool relative = slice_starts(text, SLICE("+")) || slice_starts(text, SLICE("-"));
	uint64_t n;

	if (!slice_u64(relative ? slice_from(text, 1) : text, &n) || n > 1000)
		return false;
	*ret = (json_int_t)n;
	if (relative)
		*ret = (now > 0 ? now : 0) + (text.p[0] == '+' ? *ret : -*ret);
	if (*ret < 0)
		*ret = 0;
	return true;
}

/* "web:2", "web:2:L", "web:+1" as an element of the request; NULL after a complaint. */
static json_t *app_scale_cmd__one(struct cli *c, const char *word, const json_t *types)
{
	struct slice size = slice_str(word), name = slice_split(&size, ':'), amount = slice_split(&size, ':');
	json_int_t n;

	if (!name.n || !amount.n || !app_scale_cmd__amount(amount, app_scale_cmd__now(types, name), &n)) {
		cli_misuse(c, "\"%s\" is not TYPE:AMOUNT or TYPE:AMOUNT:SIZE, like web:2 or worker:1:XL or web:+1",
			   cli_clean(c, word));
		return NULL;
	}
	if (size.p && !slice_is_digit(amount.p[0])) {
		cli_misuse(c, "a size goes with an amount, not with a relative one: %s", cli_clean(c, word));
		return NULL;
	}
	json_t *v = json_pack("{s:s%, s:I}", "name", name.p, name.n, "amount", n);
	if (v && size.n)
		json_object_set_new(v, "size", json_stringn(size.p, size.n));
	if (!v)
		cli_misuse(c, "\"%s\" is not UTF-8", cli_clean(c, word));
	return v;
}

/* All words as the list of the request; NULL after a complaint. */
static json_t *app_scale_cmd__wanted(struct cli *c, const json_t *types)
{
	const char *command = cli_text(c, "--command");
	json_t *list = json_array();

	if (command && c->words_n != 1) {
		cli_misuse(c, "--command goes with one type");
		json_decref(list);
		return NULL;
	}
	for (size_t i = 0; i < c->words_n; i++) {
		json_t *one = app_scale_cmd__one(c, cli_word(c, i), types);
		if (one && command)
			json_object_set_new(one, "command", json_string(command));
		if (!one) {
			json_decref(list);
			return NULL;
		}
		json_array_append_new(list, one);
	}
	return list;
}

/* Which types there are, and how to ask. */
static void app_scale_cmd__hint(struct cli *c, const json_t *types)
{
	const json_t *each;
	size_t i;

	printf("\n       Your available process types are:\n");
	json_array_foreach(types, i, each) printf("       - %s\n", cli_member(c, each, "name"));
	printf("\n       Example of usage:\n       seawall --app my-app scale web:2 worker:1:L\n"
	       "       seawall --app my-app scale worker:1 --command './worker --queue mail'\n");
}

static int app_scale_cmd__ended(struct cli *c, const char *what)
{
	int64_t ms;

	if (!cli_flag(c, "--synchronous") || c->json)
		return CLIENT_OK;
	int status = app_call_wait(c, &ms);
	if (status != CLIENT_OK)
		return status;
	printf("Status:  Done in %lld.%03lld seconds\n", (long long)(ms / 1000), (long long)(ms % 1000));
	printf("Your application has been %s.\n", what);
	return CLIENT_OK;
}

static int app_scale_cmd__scale(struct cli *c)
{
	json_t *types, *list, *answer = NULL, *each;
	size_t i;
	int status = app_call_open(c);

	if (status != CLIENT_OK || c->words_n == 0)
		return status == CLIENT_OK ? app_scale_cmd__types(c) : status;
	status = app_call_get(c, "/containers", "containers", &types);
	if (status != CLIENT_OK)
		return status;
	list = app_scale_cmd__wanted(c, types);
	if (!list) {
		json_decref(types);
		return CLIENT_USAGE;
	}
	status = app_call_send(c, "POST", app_call_path(c, "/scale"), json_pack("{s:o}", "containers", list), &answer);
	if (status == CLIENT_FAILED && call_status(c->call) == 422)
		app_scale_cmd__hint(c, types);
	json_decref(types);
	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(json_object_get(answer, "containers"));
	else
		printf("Your application is being scaled to:\n");
	json_array_foreach(json_object_get(answer, "containers"), i, each) if (!c->json)
		printf("  %s: %lld - %s\n", cli_member(c, each, "name"),
		       (long long)json_integer_value(json_object_get(each, "amount")), cli_member(c, each, "size"));
	json_decref(answer);
	return app_scale_cmd__ended(c, "scaled");
}

static int app_scale_cmd__restart(struct cli *c)
{
	json_t *scope = json_array();
	int status = app_call_open(c);

	for (size_t i = 0; i < c->words_n; i++)
		json_array_append_new(scope, json_string(cli_word(c, i)));
	const char *path = status == CLIENT_OK ? app_call_path(c, "/restart") : NULL;
	if (!path) {
		json_decref(scope);
		return status == CLIENT_OK ? CLIENT_USAGE : status;
	}
	status = app_call_send(c, "POST", path, json_pack("{s:o}", "scope", scope), NULL);
	if (status != CLIENT_OK)
		return status;
	if (!c->json)
		printf("Your application is being restarted.\n");
	return app_scale_cmd__ended(c, "restarted");
}

/* ---- instances ---- */

static int app_scale_cmd__instances(struct cli *c)
{
	static const char *const heads[] = { "NAME", "ADDRESS", "STATUS", "SERVING", "REGISTERED", "CREATED AT" };
	json_t *list, *each;
	struct box t;
	size_t i;
	int status = app_call_open(c);

	if (status == CLIENT_OK)
		status = app_call_get(c, "/instances", "instances", &list);
	if (status != CLIENT_OK)
		return status;
	if (c->json) {
		cli_print_json(list);
	} else {
		box_begin(&t, heads, 6);
		json_array_foreach(list, i, each)
		{
			box_add(&t, cli_member(c, each, "name"));
			box_add(&t, cli_member(c, each, "address"));
			box_add(&t, cli_member(c, each, "state"));
			box_add(&t, cli_value(c, json_object_get(each, "serving")));
			box_add(&t, cli_value(c, json_object_get(each, "registered")));
			box_add(&t, app_call_time(c, each, "created_at"));
		}
		box_end(&t);
	}
	json_decref(list);
	return CLIENT_OK;
}

static int app_scale_cmd__add(struct cli *c)
{
	const char *type = cli_text(c, "--type");
	int status = app_call_open(c);

	for (size_t i = 0; i < c->words_n && status == CLIENT_OK; i++) {
		const char *path = app_call_path(c, "/instances");
		json_t *answer, *body = json_pack("{s:{s:s, s:s}}", "instance", "address", cli_word(c, i), "type",
						  type ? type : "web");
		if (!path || !body) {
			json_decref(body);
			return CLIENT_USAGE;
		}
		status = app_call_send(c, "POST", path, body, &answer);
		if (status != CLIENT_OK)
			return status;
		const json_t *made = json_object_get(answer, "instance");
		bool serving = json_is_true(json_object_get(made, "serving"));
		if (c->json)
			cli_print_json(made);
		else
			app_call_done("Instance %s at %s has been registered%s", cli_member(c, made, "name"),
				      cli_member(c, made, "address"),
				      serving ? "" : "; it gets requests when the app is scaled up");
		json_decref(answer);
	}
	return status;
}

static int app_scale_cmd__remove(struct cli *c)
{
	int status = app_call_open(c);

	for (size_t i = 0; i < c->words_n && status == CLIENT_OK; i++) {
		const char *path = app_call_path(c, cli_format(c, "/instances/%s", cli_escape(c, cli_word(c, i))));
		if (!path)
			return CLIENT_USAGE;
		status = app_call_send(c, "DELETE", path, NULL, NULL);
		if (status == CLIENT_OK && !c->json)
			app_call_done("Instance %s has been removed", cli_clean(c, cli_word(c, i)));
	}
	return status;
}

/* ---- tables ---- */

static const struct verb_option app_scale_cmd__plain[] = { APP_CALL_OPTIONS, { NULL, VERB_FLAG, NULL, NULL, NULL } };
static const struct verb_option app_scale_cmd__typed[] = { APP_CALL_OPTIONS,
							   { "--type", VERB_TEXT, "TYPE", "of process; default web",
							     NULL },
							   { NULL, VERB_FLAG, NULL, NULL, NULL } };
static const struct verb_option app_scale_cmd__waiting[] = {
	APP_CALL_OPTIONS,
	{ "--synchronous", VERB_FLAG, NULL, "wait until it is done (-s)", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};
static const struct verb_option app_scale_cmd__scaling[] = {
	APP_CALL_OPTIONS,
	{ "--synchronous", VERB_FLAG, NULL, "wait until it is done (-s)", NULL },
	{ "--command", VERB_TEXT, "COMMAND", "how the node starts a process of the type", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb app_scale_cmd__scale_verb[] = {
	{ "", "[PROCESS:AMOUNT[:SIZE]…]", "say how many processes of each type there are to be", app_scale_cmd__scaling,
	  "Without words: how many there are. An amount may be relative: web:+1. Of registered instances the first\n"
	  "AMOUNT get requests.",
	  "seawall --app my-app scale web:2 worker:1:XL\nseawall --app my-app scale web:+1 -s\n"
	  "seawall --app my-app scale web:2 --command './server --port $PORT'",
	  app_scale_cmd__scale, true },
	{ 0 }
};
static const struct verb app_scale_cmd__ps_verb[] = { { "", "", "list what runs of an app", app_scale_cmd__plain, NULL,
							"seawall --app my-app ps", app_scale_cmd__ps, true },
						      { 0 } };
static const struct verb app_scale_cmd__restart_verb[] = {
	{ "", "[PROCESS|CONTAINER…]", "restart an app, or some of its processes", app_scale_cmd__waiting, NULL,
	  "seawall --app my-app restart\nseawall --app my-app restart web-1 --synchronous", app_scale_cmd__restart,
	  true },
	{ 0 }
};
static const struct verb app_scale_cmd__instances_verb[] = {
	{ "", "", "list the instances of an app", app_scale_cmd__plain, NULL, "seawall --app my-app instances",
	  app_scale_cmd__instances, true },
	{ 0 }
};
static const struct verb app_scale_cmd__add_verb[] = {
	{ "", "HOST:PORT…", "register where an app runs", app_scale_cmd__typed,
	  "An IP address or localhost. It gets requests at once while all before it do.",
	  "seawall --app my-app instances-add 127.0.0.1:4000 127.0.0.1:4001", app_scale_cmd__add, true },
	{ 0 }
};
static const struct verb app_scale_cmd__remove_verb[] = {
	{ "", "INSTANCE…", "forget where an app ran", app_scale_cmd__plain, "By name, address or id.",
	  "seawall --app my-app instances-remove web-2", app_scale_cmd__remove, true },
	{ 0 }
};

const struct verb_noun app_scale_cmd = { "scale", "how many processes an app has", NULL, app_scale_cmd__scale_verb };
const struct verb_noun app_scale_cmd_ps = { "ps", "list what runs of an app", NULL, app_scale_cmd__ps_verb };
const struct verb_noun app_scale_cmd_restart = { "restart", "restart an app", NULL, app_scale_cmd__restart_verb };
const struct verb_noun app_scale_cmd_instances = { "instances", "list where an app runs", NULL,
						   app_scale_cmd__instances_verb };
const struct verb_noun app_scale_cmd_add = { "instances-add", "register where an app runs", NULL,
					     app_scale_cmd__add_verb };
const struct verb_noun app_scale_cmd_remove = { "instances-remove", "forget where an app ran", NULL,
						app_scale_cmd__remove_verb };
