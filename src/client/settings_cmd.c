/* SPDX-License-Identifier: Apache-2.0 */
/* settings_cmd: `seawall settings`. */
#include "client/columns.h"
#include "client/verbs.h"

static const char *settings_cmd__path(struct cli *c, const char *name)
{
	return cli_format(c, "%s/%s", cli_zone_path(c, "/settings"), cli_escape(c, name));
}

static int settings_cmd__list(struct cli *c)
{
	static const char *const heads[] = { "SETTING", "VALUE", "EDITABLE", "CHANGED" };
	struct columns t;
	json_t *list, *each;
	size_t i;
	int status = call_get(c->call, cli_zone_path(c, "/settings"), &list);

	if (status != CLIENT_OK)
		return status;
	columns_begin(&t, c, heads, 4, 1);
	json_array_foreach(list, i, each)
	{
		const json_t *changed = json_object_get(each, "modified_on");
		if (cli_flag(c, "--changed") && !json_is_string(changed))
			continue;
		columns_add(&t, cli_member(c, each, "id"));
		columns_add(&t, cli_value(c, json_object_get(each, "value")));
		columns_add(&t, cli_value(c, json_object_get(each, "editable")));
		columns_add(&t, cli_time(c, each, "modified_on"));
	}
	if (c->json) {
		cli_print_json(list);
		buf_fini(&t.cells);
	} else {
		columns_end(&t, "Every setting has its default.");
	}
	json_decref(list);
	return CLIENT_OK;
}

static int settings_cmd__get(struct cli *c)
{
	json_t *setting;
	int status = call_get(c->call, settings_cmd__path(c, cli_word(c, 1)), &setting);

	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(setting);
	else
		printf("%s\n", cli_value(c, json_object_get(setting, "value")));
	json_decref(setting);
	return CLIENT_OK;
}

/* What the word means as a value of the type that the setting has now. NULL after a complaint. */
static json_t *settings_cmd__value(struct cli *c, const json_t *now, const char *word)
{
	json_error_t bad;

	if (json_is_string(now))
		return json_string(word);
	json_t *value = json_loads(word, JSON_DECODE_ANY, &bad);
	if (!value && (json_is_object(now) || json_is_array(now)))
		cli_misuse(c, "the value is JSON, as in '%s'; yours: column %d: %s", cli_value(c, now), bad.column,
			   bad.text);
	else if (!value)
		value = json_string(word); /* let the API say what it expects */
	return value;
}

static int settings_cmd__set(struct cli *c)
{
	json_t *setting;
	const char *path = settings_cmd__path(c, cli_word(c, 1));
	int status = call_get(c->call, path, &setting);

	if (status != CLIENT_OK)
		return status;
	json_t *value = settings_cmd__value(c, json_object_get(setting, "value"), cli_word(c, 2));
	json_decref(setting);
	if (!value)
		return CLIENT_USAGE;
	status = call_json(c->call, "PATCH", path, json_pack("{s:o}", "value", value), &setting);
	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(setting);
	else
		cli_done(c, "%s is %s", cli_member(c, setting, "id"), cli_value(c, json_object_get(setting, "value")));
	json_decref(setting);
	return CLIENT_OK;
}

static const struct verb_option settings_cmd__list_options[] = {
	{ "--changed", VERB_FLAG, NULL, "only those that somebody changed", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb settings_cmd__verbs[] = {
	{ "list", "ZONE", "list the settings of a zone", settings_cmd__list_options, NULL,
	  "seawall settings list example.com\nseawall settings list example.com --changed", settings_cmd__list, false },
	{ "get", "ZONE SETTING", "print one value", NULL, NULL, "seawall settings get example.com cache_level",
	  settings_cmd__get, false },
	{ "set", "ZONE SETTING VALUE", "change one value", NULL,
	  "VALUE is a word or a number; for settings that are objects it is JSON.",
	  "seawall settings set example.com development_mode on\n"
	  "seawall settings set example.com browser_cache_ttl 14400\n"
	  "seawall settings set example.com security_header \\\n"
	  "    '{\"strict_transport_security\":{\"enabled\":true,\"max_age\":31536000}}'",
	  settings_cmd__set, false },
	{ 0 },
};

const struct verb_noun settings_cmd = { "settings", "the settings of a zone", NULL, settings_cmd__verbs };
