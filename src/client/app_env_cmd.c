/* SPDX-License-Identifier: Apache-2.0 */
/* app_env_cmd: `seawall env`, env-get, env-set, env-unset. */
#include "client/app_call.h"
#include "client/verbs.h"

enum { APP_ENV__FILE_MAX = 16 << 20 };

static void app_env_cmd__hint(struct cli *c)
{
	const char *name;

	if (app_call_name(c, &name) != CLIENT_OK)
		return;
	app_call_info("Restart the app for the change to take effect:");
	app_call_info("seawall --app %s restart", cli_clean(c, name));
}

/* All variables; out: *ret new reference. */
static int app_env_cmd__all(struct cli *c, json_t **ret)
{
	int status = app_call_open(c);

	return status == CLIENT_OK ? app_call_get(c, "/variables?aliases=true", "variables", ret) : status;
}

/* A value as it is, for scripts; only a terminal gets it cleaned. */
static void app_env_cmd__print(const json_t *v)
{
	fputs(json_string_value(json_object_get(v, "value")), stdout);
	putchar('\n');
}

static int app_env_cmd__list(struct cli *c)
{
	json_t *list, *v;
	size_t i;
	int status = app_env_cmd__all(c, &list);

	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(list);
	json_array_foreach(list, i, v)
	{
		if (c->json)
			break;
		printf("%s=", cli_member(c, v, "name"));
		app_env_cmd__print(v);
	}
	json_decref(list);
	return CLIENT_OK;
}

/* The variable of that name, borrowed; NULL: there is none. */
static const json_t *app_env_cmd__find(struct cli *c, const json_t *list, const char *name)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v) if (strcmp(cli_member(c, v, "name"), name) == 0) return v;
	return NULL;
}

static int app_env_cmd__get(struct cli *c)
{
	const char *name = cli_word(c, 0);
	json_t *list;
	int status = app_env_cmd__all(c, &list);

	if (status != CLIENT_OK)
		return status;
	const json_t *v = app_env_cmd__find(c, list, name);
	if (v)
		app_env_cmd__print(v);
	else
		status = app_call_fail("variable '%s' not found", cli_clean(c, name));
	json_decref(list);
	return status;
}

/* "NAME=value" into the list. Returns CLIENT_OK or complains. */
static int app_env_cmd__pair(struct cli *c, struct slice text, json_t *list)
{
	struct slice value = text, name = slice_split(&value, '=');
	json_t *v = value.p && name.n ? json_pack("{s:s%, s:s%}", "name", name.p, name.n, "value",
						  value.n ? value.p : "", value.n)
				      : NULL;

	if (!v)
		return cli_misuse(c, "\"%.*s\" is not NAME=value in UTF-8", SLICE_ARG(slice_first(name, 60)));
	json_array_append_new(list, v);
	return CLIENT_OK;
}

/* Lines of a file; '#' begins a comment line. */
static int app_env_cmd__file(struct cli *c, const char *file, json_t *list)
{
	struct slice text;
	int status = cli_read_file(c, file, APP_ENV__FILE_MAX, &text);

	while (status == CLIENT_OK && text.p && text.n) {
		struct slice line = slice_split(&text, '\n');
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (slice_trim(line).n && line.p[0] != '#')
			status = app_env_cmd__pair(c, line, list);
	}
	return status;
}

static int app_env_cmd__set(struct cli *c)
{
	const char *file = cli_text(c, "--file");
	json_t *list = json_array(), *v;
	size_t i;
	int status = file ? app_env_cmd__file(c, file, list) : CLIENT_OK;

	for (size_t k = 0; k < c->words_n && status == CLIENT_OK; k++)
		status = app_env_cmd__pair(c, slice_str(cli_word(c, k)), list);
	if (status == CLIENT_OK && json_array_size(list) == 0)
		status = cli_misuse(c, "what? Give NAME=value, or --file FILE");
	if (status == CLIENT_OK)
		status = app_call_open(c);
	const char *path = status == CLIENT_OK ? app_call_path(c, "/variables") : NULL;
	if (status == CLIENT_OK && !path)
		status = CLIENT_USAGE;
	if (status == CLIENT_OK)
		status = app_call_send(c, "PUT", path, json_pack("{s:O}", "variables", list), NULL);
	if (status == CLIENT_OK && !c->json) {
		json_array_foreach(list, i, v)
		{
			app_call_done("%s has been set to '%s'.", cli_member(c, v, "name"), cli_member(c, v, "value"));
		}
		app_env_cmd__hint(c);
	}
	json_decref(list);
	return status;
}

static int app_env_cmd__unset(struct cli *c)
{
	json_t *list, *ids = json_array();
	int status = app_env_cmd__all(c, &list);

	for (size_t i = 0; i < c->words_n && status == CLIENT_OK; i++) {
		const json_t *v = app_env_cmd__find(c, list, cli_word(c, i));
		if (v)
			json_array_append(ids, json_object_get(v, "id"));
		else
			status = app_call_fail("variable '%s' not found", cli_clean(c, cli_word(c, i)));
		if (status != CLIENT_OK)
			json_decref(list);
	}
	if (status != CLIENT_OK) {
		json_decref(ids);
		return status;
	}
	json_decref(list);
	status = app_call_send(c, "DELETE", app_call_path(c, "/variables"), json_pack("{s:o}", "variable_ids", ids),
			       NULL);
	for (size_t i = 0; i < c->words_n && status == CLIENT_OK && !c->json; i++)
		app_call_done("%s has been unset.", cli_clean(c, cli_word(c, i)));
	if (status == CLIENT_OK && !c->json)
		app_env_cmd__hint(c);
	return status;
}

static const struct verb_option app_env_cmd__plain[] = { APP_CALL_OPTIONS, { NULL, VERB_FLAG, NULL, NULL, NULL } };
static const struct verb_option app_env_cmd__setting[] = {
	APP_CALL_OPTIONS,
	{ "--file", VERB_TEXT, "FILE", "lines NAME=value besides; - reads standard input", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb app_env_cmd__list_verb[] = { { "", "", "show the variables of an app", app_env_cmd__plain,
							NULL, "seawall --app my-app env", app_env_cmd__list, true },
						      { 0 } };
static const struct verb app_env_cmd__get_verb[] = { { "", "NAME", "show one variable", app_env_cmd__plain, NULL,
						       "seawall --app my-app env-get DATABASE_URL", app_env_cmd__get,
						       true },
						     { 0 } };
static const struct verb app_env_cmd__set_verb[] = {
	{ "", "[NAME=VALUE…]", "set variables of an app", app_env_cmd__setting,
	  "They take effect with the next restart. Variables that are not named stay.",
	  "seawall --app my-app env-set A=1 B=2\nseawall --app my-app env-set --file .env", app_env_cmd__set, true },
	{ 0 }
};
static const struct verb app_env_cmd__unset_verb[] = { { "", "NAME…", "remove variables of an app", app_env_cmd__plain,
							 NULL, "seawall --app my-app env-unset A B", app_env_cmd__unset,
							 true },
						       { 0 } };

const struct verb_noun app_env_cmd = { "env", "show the variables of an app", NULL, app_env_cmd__list_verb };
const struct verb_noun app_env_cmd_get = { "env-get", "show one variable of an app", NULL, app_env_cmd__get_verb };
const struct verb_noun app_env_cmd_set = { "env-set", "set variables of an app", NULL, app_env_cmd__set_verb };
const struct verb_noun app_env_cmd_unset = { "env-unset", "remove variables of an app", NULL, app_env_cmd__unset_verb };
