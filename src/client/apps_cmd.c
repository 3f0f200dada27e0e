/* SPDX-License-Identifier: Apache-2.0 */
/* apps_cmd: `seawall apps`, apps-info, create, destroy, rename, and the switches of an app. */
#include "client/app_call.h"
#include "client/box.h"
#include "client/verbs.h"

static int apps_cmd__list(struct cli *c)
{
	static const char *const heads[] = { "NAME", "ROLE", "STATUS", "PROJECT" };
	json_t *answer, *user = NULL, *each;
	struct box t;
	size_t i;
	int status = app_call_open(c);

	if (status == CLIENT_OK)
		status = app_call_send(c, "GET", "/users/self", NULL, &user);
	if (status == CLIENT_OK)
		status = app_call_send(c, "GET", "/apps", NULL, &answer);
	if (status != CLIENT_OK) {
		json_decref(user);
		return status;
	}
	const char *me = cli_member(c, json_object_get(user, "user"), "email");
	if (c->json) {
		cli_print_json(json_object_get(answer, "apps"));
	} else {
		box_begin(&t, heads, 4);
		json_array_foreach(json_object_get(answer, "apps"), i, each)
		{
			const json_t *owner = json_object_get(each, "owner");
			bool mine = strcmp(cli_member(c, owner, "email"), me) == 0;
			box_add(&t, cli_member(c, each, "name"));
			box_add(&t, mine ? "owner" : "collaborator");
			box_add(&t, cli_member(c, each, "status"));
			box_add(&t, cli_format(c, "%s/%s", cli_member(c, owner, "username"),
					       cli_member(c, json_object_get(each, "project"), "name")));
		}
		box_end(&t);
	}
	json_decref(answer);
	json_decref(user);
	return CLIENT_OK;
}

/* The name of the stack with that id. */
static const char *apps_cmd__stack(struct cli *c, const char *id)
{
	json_t *answer, *each;
	const char *name = id;
	size_t i;

	if (app_call_send(c, "GET", "/features/stacks", NULL, &answer) != CLIENT_OK)
		return id;
	json_array_foreach(json_object_get(answer, "stacks"), i, each) if (strcmp(cli_member(c, each, "id"), id) == 0)
		name = cli_member(c, each, "name");
	json_decref(answer);
	return name;
}

static const char *apps_cmd__bool(const json_t *app, const char *member)
{
	return json_is_true(json_object_get(app, member)) ? "true" : "false";
}

static int apps_cmd__info(struct cli *c)
{
	static const char *const heads[] = { "SETTINGS", "VALUE" };
	json_t *app;
	struct box t;
	int status = app_call_open(c);

	if (status == CLIENT_OK)
		status = app_call_get(c, "", "app", &app);
	if (status != CLIENT_OK)
		return status;
	if (c->json) {
		cli_print_json(app);
		json_decref(app);
		return CLIENT_OK;
	}
	const char *const rows[][2] = {
		{ "Project", cli_format(c, "%s/%s", cli_member(c, json_object_get(app, "owner"), "username"),
					cli_member(c, json_object_get(app, "project"), "name")) },
		{ "Force HTTPS", apps_cmd__bool(app, "force_https") },
		{ "Sticky Session", apps_cmd__bool(app, "sticky_session") },
		{ "Router Logs", apps_cmd__bool(app, "router_logs") },
		{ "Stack", apps_cmd__stack(c, cli_member(c, app, "stack_id")) },
		{ "Status", cli_member(c, app, "status") },
		{ "URL", cli_member(c, app, "url") },
	};
	box_begin(&t, heads, 2);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		box_add(&t, rows[i][0]);
		box_add(&t, rows[i][1]);
	}
	box_end(&t);
	json_decref(app);
	return CLIENT_OK;
}

static int apps_cmd__create(struct cli *c)
{
	const char *name = cli_word(c, 0);
	json_t *answer;
	int status = app_call_open(c);

	if (status == CLIENT_OK)
		status = app_call_send(c, "POST", "/apps", json_pack("{s:{s:s}}", "app", "name", name), &answer);
	if (status != CLIENT_OK)
		return status;
	const json_t *app = json_object_get(answer, "app");
	if (c->json) {
		cli_print_json(app);
	} else {
		app_call_done("App '%s' has been created", cli_member(c, app, "name"));
		app_call_info("It answers at %s when it has an instance:", cli_member(c, app, "base_url"));
		app_call_info("seawall --app %s instances-add 127.0.0.1:4000", cli_member(c, app, "name"));
	}
	json_decref(answer);
	return CLIENT_OK;
}

static int apps_cmd__destroy(struct cli *c)
{
	const char *name = cli_word(c, 0);
	int status = app_call_open(c);

	if (status == CLIENT_OK && !name)
		status = app_call_name(c, &name);
	if (status != CLIENT_OK)
		return status;
	if (!cli_flag(c, "--force")) {
		app_call_warn("You're going to delete the app %s, this operation is irreversible.", cli_clean(c, name));
		if (!app_call_confirm(c, "       To confirm type the name of the application:", name))
			return app_call_fail("'%s' is not '%s', aborting…", "the answer", cli_clean(c, name));
	}
	const char *path = cli_format(c, "/apps/%s?current_name=%s", cli_escape(c, name), cli_escape(c, name));
	status = app_call_send(c, "DELETE", path, NULL, NULL);
	if (status == CLIENT_OK && !c->json)
		app_call_done("App %s has been deleted", cli_clean(c, name));
	return status;
}

static int apps_cmd__rename(struct cli *c)
{
	const char *name, *to = cli_word(c, 0);
	int status = app_call_open(c);

	if (status == CLIENT_OK)
		status = app_call_name(c, &name);
	if (status != CLIENT_OK)
		return status;
	if (!cli_flag(c, "--force")) {
		app_call_warn("You're going to rename %s to %s; its default domain changes with it.",
			      cli_clean(c, name), cli_clean(c, to));
		if (!app_call_confirm(c, "       To confirm type the name of the application:", name))
			return app_call_fail("the answer is not '%s', aborting…", cli_clean(c, name));
	}
	status = app_call_send(c, "POST", app_call_path(c, "/rename"),
			       json_pack("{s:s, s:s}", "current_name", name, "new_name", to), NULL);
	if (status == CLIENT_OK && !c->json)
		app_call_done("App %s has been renamed to %s", cli_clean(c, name), cli_clean(c, to));
	return status;
}

/* ---- switches ---- */

/* A setting that is on or off: "%s has been enabled on my-app". */
static int apps_cmd__switch(struct cli *c, const char *member, const char *what, bool enable)
{
	const char *name;
	int status = app_call_open(c);

	if (cli_flag(c, "--enable") && cli_flag(c, "--disable"))
		return cli_misuse(c, "--enable or --disable, not both");
	if (status == CLIENT_OK)
		status = app_call_name(c, &name);
	if (status != CLIENT_OK)
		return status;
	enable = (enable || cli_flag(c, "--enable")) && !cli_flag(c, "--disable");
	status = app_call_send(c, "PATCH", app_call_path(c, ""), json_pack("{s:{s:b}}", "app", member, (int)enable),
			       NULL);
	if (status == CLIENT_OK && !c->json)
		app_call_done("%s been %s on %s", what, enable ? "enabled" : "disabled", cli_clean(c, name));
	return status;
}

static int apps_cmd__force_https(struct cli *c)
{
	return apps_cmd__switch(c, "force_https", "Force HTTPS has", true);
}

static int apps_cmd__sticky(struct cli *c)
{
	return apps_cmd__switch(c, "sticky_session", "Sticky session has", true);
}

static int apps_cmd__router_logs(struct cli *c)
{
	return apps_cmd__switch(c, "router_logs", "Router logs have", false);
}

/* ---- tables ---- */

static const struct verb_option apps_cmd__plain[] = { APP_CALL_OPTIONS, { NULL, VERB_FLAG, NULL, NULL, NULL } };
static const struct verb_option apps_cmd__sure[] = { APP_CALL_OPTIONS,
						     { "--force", VERB_FLAG, NULL, "do not ask", NULL },
						     { NULL, VERB_FLAG, NULL, NULL, NULL } };
static const struct verb_option apps_cmd__on_off[] = {
	APP_CALL_OPTIONS,
	{ "--enable", VERB_FLAG, NULL, "switch it on (-e)", NULL },
	{ "--disable", VERB_FLAG, NULL, "switch it off (-d)", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb apps_cmd__list_verb[] = {
	{ "", "", "list the apps", apps_cmd__plain, NULL, "seawall apps", apps_cmd__list, true }, { 0 }
};
static const struct verb apps_cmd__info_verb[] = { { "", "", "the settings of an app", apps_cmd__plain, NULL,
						     "seawall --app my-app apps-info", apps_cmd__info, true },
						   { 0 } };
static const struct verb apps_cmd__create_verb[] = { { "", "NAME", "create an app", apps_cmd__plain,
						       "6 to 48 lower-case letters, digits and hyphens.",
						       "seawall create my-app", apps_cmd__create, true },
						     { 0 } };
static const struct verb apps_cmd__destroy_verb[] = {
	{ "", "[NAME]", "delete an app with its domains, variables and logs", apps_cmd__sure, NULL,
	  "seawall destroy my-app\nseawall --app my-app destroy --force", apps_cmd__destroy, true },
	{ 0 }
};
static const struct verb apps_cmd__rename_verb[] = { { "", "NEW-NAME", "rename an app", apps_cmd__sure, NULL,
						       "seawall --app my-app rename your-app", apps_cmd__rename, true },
						     { 0 } };
static const struct verb apps_cmd__force_https_verb[] = {
	{ "", "", "answer plain HTTP with a redirect to HTTPS, for all names of the app", apps_cmd__on_off,
	  "Without an option it is switched on. The validation of certificates stays reachable over plain HTTP.",
	  "seawall --app my-app force-https --enable", apps_cmd__force_https, true },
	{ 0 }
};
static const struct verb apps_cmd__sticky_verb[] = {
	{ "", "", "send a visitor to the same instance each time", apps_cmd__on_off,
	  "Without an option it is switched on. A deploy, restart or scale ends all of it.",
	  "seawall --app my-app sticky-session --disable", apps_cmd__sticky, true },
	{ 0 }
};
static const struct verb apps_cmd__router_logs_verb[] = {
	{ "", "", "write a line for each request into the log of the app", apps_cmd__on_off,
	  "Without an option it is switched off.", "seawall --app my-app router-logs --enable", apps_cmd__router_logs,
	  true },
	{ 0 }
};

const struct verb_noun apps_cmd = { "apps", "list the apps", NULL, apps_cmd__list_verb };
const struct verb_noun apps_cmd_info = { "apps-info", "the settings of an app", NULL, apps_cmd__info_verb };
const struct verb_noun apps_cmd_create = { "create", "create an app", NULL, apps_cmd__create_verb };
const struct verb_noun apps_cmd_destroy = { "destroy", "delete an app", NULL, apps_cmd__destroy_verb };
const struct verb_noun apps_cmd_rename = { "rename", "rename an app", NULL, apps_cmd__rename_verb };
const struct verb_noun apps_cmd_force_https = { "force-https", "redirect an app's visitors to HTTPS", NULL,
						apps_cmd__force_https_verb };
const struct verb_noun apps_cmd_sticky = { "sticky-session", "send a visitor to the same instance", NULL,
					   apps_cmd__sticky_verb };
const struct verb_noun apps_cmd_router_logs = { "router-logs", "log the requests of an app", NULL,
						apps_cmd__router_logs_verb };
