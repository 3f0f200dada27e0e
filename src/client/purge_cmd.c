/* SPDX-License-Identifier: Apache-2.0 */
/* purge_cmd: `seawall purge`. */
#include "client/cli.h"
#include "client/verbs.h"

#include <stdlib.h>

/* The values of one option as an array, or NULL when it was not given. */
static json_t *purge_cmd__list(const struct cli *c, const char *option)
{
	json_t *list = NULL;
	const char *value;

	for (size_t at = 0; (value = cli_next(c, option, &at));) {
		if (!list)
			list = json_array();
		json_array_append_new(list, json_string(value));
	}
	return list;
}

static json_t *purge_cmd__body(const struct cli *c)
{
	json_t *body = json_object();
	const char *const lists[][2] = { { "--tag", "tags" }, { "--host", "hosts" }, { "--prefix", "prefixes" } };

	if (cli_flag(c, "--everything"))
		json_object_set_new(body, "purge_everything", json_true());
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		json_t *list = purge_cmd__list(c, lists[i][0]);
		if (list)
			json_object_set_new(body, lists[i][1], list);
	}
	if (c->words_n > 1) {
		json_t *files = json_array();
		for (size_t i = 1; i < c->words_n; i++)
			json_array_append_new(files, json_string(cli_word(c, i)));
		json_object_set_new(body, "files", files);
	}
	return body;
}

static int purge_cmd__run(struct cli *c)
{
	json_t *body = purge_cmd__body(c), *answer;
	size_t forms = json_object_size(body);

	if (forms != 1) {
		json_decref(body);
		return forms ? cli_misuse(c, "one form at a time: URLs, --tag, --host, --prefix or --everything")
			     : cli_misuse(c, "what? Give URLs, --tag, --host, --prefix or --everything");
	}
	const char *path = cli_zone_path(c, cli_flag(c, "--soft") ? "/invalidate_cache" : "/purge_cache");
	int status = call_json(c->call, "POST", path, body, &answer);
	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(answer);
	else
		cli_done(c, cli_flag(c, "--soft") ? "marked stale" : "purged");
	json_decref(answer);
	return CLIENT_OK;
}

static const struct verb_option purge_cmd__options[] = {
	{ "--everything", VERB_FLAG, NULL, "all of the zone", NULL },
	{ "--tag", VERB_LIST, "TAG", "what the origin tagged with Cache-Tag", NULL },
	{ "--host", VERB_LIST, "HOST", "all of a host", NULL },
	{ "--prefix", VERB_LIST, "HOST/PATH", "all below a path, without scheme", NULL },
	{ "--soft", VERB_FLAG, NULL, "keep the copies, but ask the origin before they are used again", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb purge_cmd__verbs[] = {
	{ "", "ZONE [URL…]", "remove what is cached", purge_cmd__options, "Returns when every edge has done it.",
	  "seawall purge example.com https://www.example.com/style.css\nseawall purge example.com --everything\n"
	  "seawall purge example.com --tag product-17 --tag product-18\n"
	  "seawall purge example.com --prefix www.example.com/images --soft",
	  purge_cmd__run, false },
	{ 0 },
};

const struct verb_noun purge_cmd = { "purge", "remove what is cached", NULL, purge_cmd__verbs };
