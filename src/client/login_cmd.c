/* SPDX-License-Identifier: Apache-2.0 */
/* login_cmd: `seawall login`, logout, self, regions. */
#include "client/app_call.h"
#include "client/box.h"
#include "client/login.h"
#include "client/target.h"
#include "client/verbs.h"

#include <stdlib.h>

/* The user; out: *ret new reference. */
static int login_cmd__user(struct cli *c, json_t **ret)
{
	json_t *answer;
	int status = app_call_send(c, "GET", "/users/self", NULL, &answer);

	if (status != CLIENT_OK)
		return status;
	*ret = json_incref(json_object_get(answer, "user"));
	json_decref(answer);
	return CLIENT_OK;
}

static int login_cmd__login(struct cli *c)
{
	const char *token = cli_text(c, "--api-token"), *base;
	json_t *user;

	if (!token)
		token = getenv("SCALINGO_API_TOKEN");
	int status = target_open_with(c, token, &base);
	if (status == CLIENT_OK)
		status = login_cmd__user(c, &user);
	if (status != CLIENT_OK)
		return status;
	status = login_write(c, base, call_token(c->call));
	if (status == CLIENT_OK)
		app_call_done("Hello %s, nice to see you!", cli_member(c, user, "username"));
	json_decref(user);
	return status;
}

static int login_cmd__logout(struct cli *c)
{
	int status = login_remove(c);

	if (status == CLIENT_OK)
		app_call_done("Credentials have been deleted.");
	return status;
}

static int login_cmd__self(struct cli *c)
{
	json_t *user;
	int status = app_call_open(c);

	if (status == CLIENT_OK)
		status = login_cmd__user(c, &user);
	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(user);
	else
		app_call_done("You are logged in as %s (%s)", cli_member(c, user, "username"),
			      cli_member(c, user, "email"));
	json_decref(user);
	return CLIENT_OK;
}

static int login_cmd__regions(struct cli *c)
{
	static const char *const heads[] = { "NAME", "DISPLAY", "API ENDPOINT" };
	json_t *answer, *each;
	struct box t;
	size_t i;
	int status = app_call_open(c);

	if (status == CLIENT_OK)
		status = app_call_send(c, "GET", "/regions", NULL, &answer);
	if (status != CLIENT_OK)
		return status;
	const json_t *list = json_object_get(answer, "regions");
	if (c->json) {
		cli_print_json(list);
	} else {
		box_begin(&t, heads, 3);
		json_array_foreach(list, i, each)
		{
			box_add(&t, cli_member(c, each, "name"));
			box_add(&t, cli_member(c, each, "display_name"));
			box_add(&t, cli_member(c, each, "api"));
		}
		box_end(&t);
	}
	json_decref(answer);
	return CLIENT_OK;
}

static const struct verb_option login_cmd__token[] = {
	{ "--api-token", VERB_TEXT, "TOKEN",
	  "the API token; default: SCALINGO_API_TOKEN, --token-file, or the node's own", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};
static const struct verb_option login_cmd__plain[] = { APP_CALL_OPTIONS, { NULL, VERB_FLAG, NULL, NULL, NULL } };

static const struct verb login_cmd__login_verb[] = {
	{ "", "", "remember which API and token commands use", login_cmd__token,
	  "The token is asked what it is worth, then kept with the API's URL in ~/.config/seawall/login, mode 0600. "
	  "What is said\n"
	  "by --api, --token-file, --config or the environment goes before it.",
	  "seawall login --api https://api.example.net:9080 --api-token TOKEN", login_cmd__login, true },
	{ 0 }
};
static const struct verb login_cmd__logout_verb[] = {
	{ "", "", "forget the login", NULL, NULL, "seawall logout", login_cmd__logout, true }, { 0 }
};
static const struct verb login_cmd__self_verb[] = {
	{ "", "", "show as whom commands ask", login_cmd__plain, NULL, "seawall self", login_cmd__self, true }, { 0 }
};
static const struct verb login_cmd__regions_verb[] = { { "", "", "show the region of the node", login_cmd__plain, NULL,
							 "seawall regions", login_cmd__regions, true },
						       { 0 } };

const struct verb_noun login_cmd = { "login", "remember which API and token commands use", NULL,
				     login_cmd__login_verb };
const struct verb_noun login_cmd_logout = { "logout", "forget the login", NULL, login_cmd__logout_verb };
const struct verb_noun login_cmd_self = { "self", "show as whom commands ask", NULL, login_cmd__self_verb };
const struct verb_noun login_cmd_regions = { "regions", "show the region of the node", NULL, login_cmd__regions_verb };
