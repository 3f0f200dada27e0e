/* SPDX-License-Identifier: Apache-2.0 */
/* tokens_cmd: `seawall tokens`. */
#include "client/columns.h"
#include "client/verbs.h"

static int tokens_cmd__list(struct cli *c)
{
	static const char *const heads[] = { "NAME", "STATUS", "ISSUED", "LAST USED", "EXPIRES", "ID" };
	static const char *const members[] = { "name", "status", "issued_on", "last_used_on", "expires_on", "id" };
	struct columns t;
	json_t *list, *each;
	size_t i;
	int status = call_list(c->call, "/user/tokens", 50, &list);

	if (status != CLIENT_OK)
		return status;
	if (c->json) {
		cli_print_json(list);
		json_decref(list);
		return CLIENT_OK;
	}
	columns_begin(&t, c, heads, 6, 0);
	json_array_foreach(list, i, each) for (size_t k = 0; k < 6; k++)
		columns_add(&t, cli_value(c, json_object_get(each, members[k])));
	columns_end(&t, "There is no token but the admin's.");
	json_decref(list);
	return CLIENT_OK;
}

static int tokens_cmd__verify(struct cli *c)
{
	json_t *answer;
	int status = call_get(c->call, "/user/tokens/verify", &answer);

	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(answer);
	else
		printf("The token is %s%s%s.\n", cli_member(c, answer, "status"),
		       json_is_string(json_object_get(answer, "expires_on")) ? " until " : "",
		       cli_member(c, answer, "expires_on"));
	json_decref(answer);
	return CLIENT_OK;
}

static int tokens_cmd__permissions(struct cli *c)
{
	static const char *const heads[] = { "PERMISSION", "ID", "SCOPES" };
	struct columns t;
	json_t *list, *each;
	size_t i;
	int status = call_get(c->call, "/user/tokens/permission_groups", &list);

	if (status != CLIENT_OK)
		return status;
	if (c->json) {
		cli_print_json(list);
		json_decref(list);
		return CLIENT_OK;
	}
	columns_begin(&t, c, heads, 3, 2);
	json_array_foreach(list, i, each)
	{
		columns_add(&t, cli_member(c, each, "name"));
		columns_add(&t, cli_member(c, each, "id"));
		columns_add(&t, cli_names(c, json_object_get(each, "scopes")));
	}
	columns_end(&t, "The API names no permissions.");
	json_decref(list);
	return CLIENT_OK;
}

/* ---- create ---- */

/* The permission groups that --permission names, as [{id}]. */
static int tokens_cmd__groups(struct cli *c, json_t **ret)
{
	const char *wanted;
	json_t *known, *each, *groups = json_array();
	size_t i;
	int status = call_get(c->call, "/user/tokens/permission_groups", &known);

	for (size_t at = 0; status == CLIENT_OK && (wanted = cli_next(c, "--permission", &at));) {
		const char *id = NULL;
		json_array_foreach(known, i, each) if (slice_eq_nocase(slice_str(wanted),
								       slice_str(cli_member(c, each, "name"))) ||
						       strcmp(wanted, cli_member(c, each, "id")) == 0) id =
			cli_member(c, each, "id");
		if (!id)
			status = cli_misuse(c, "there is no permission \"%s\"; `seawall tokens permissions` lists them",
					    cli_clean(c, wanted));
		else
			json_array_append_new(groups, json_pack("{s:s}", "id", id));
	}
	if (status == CLIENT_OK)
		*ret = json_incref(groups);
	json_decref(groups);
	json_decref(known);
	return status;
}

/* The zones that --zone names, as {"com.cloudflare.api.account.zone.ID": "*"}; all zones when none is named. */
static int tokens_cmd__resources(struct cli *c, json_t **ret)
{
	static const char all[] = "com.cloudflare.api.account.zone.";
	json_t *resources = json_object(), *zone;
	const char *name;
	int status = CLIENT_OK;

	if (!cli_flag(c, "--zone"))
		json_object_set_new(resources, "com.cloudflare.api.account.zone.*", json_string("*"));
	for (size_t at = 0; status == CLIENT_OK && (name = cli_next(c, "--zone", &at));) {
		status = call_get(c->call, cli_format(c, "/zones/%s", cli_escape(c, name)), &zone);
		if (status == CLIENT_OK)
			json_object_set_new(resources, cli_format(c, "%s%s", all, cli_member(c, zone, "id")),
					    json_string("*"));
		if (status == CLIENT_OK)
			json_decref(zone);
	}
	if (status == CLIENT_OK)
		*ret = json_incref(resources);
	json_decref(resources);
	return status;
}

static int tokens_cmd__body(struct cli *c, json_t **ret)
{
	json_t *groups = NULL, *resources = NULL, *from = json_array();
	const char *ip, *expires = cli_text(c, "--expires");
	int status =
		cli_flag(c, "--permission")
			? tokens_cmd__groups(c, &groups)
			: cli_misuse(c,
				     "which permissions? Give --permission, `seawall tokens permissions` lists them");

	if (status == CLIENT_OK)
		status = tokens_cmd__resources(c, &resources);
	if (status == CLIENT_OK) {
		*ret = json_pack("{s:s,s:[{s:s,s:O,s:O}]}", "name", cli_word(c, 0), "policies", "effect", "allow",
				 "permission_groups", groups, "resources", resources);
		if (expires)
			json_object_set_new(*ret, "expires_on", json_string(expires));
		for (size_t at = 0; (ip = cli_next(c, "--from", &at));)
			json_array_append_new(from, json_string(ip));
		if (json_array_size(from))
			json_object_set_new(*ret, "condition", json_pack("{s:{s:O}}", "request_ip", "in", from));
	}
	json_decref(groups);
	json_decref(resources);
	json_decref(from);
	return status;
}

/* A token's text, once: it is not stored and cannot be shown again. */
static int tokens_cmd__value(struct cli *c, const char *value)
{
	printf("%s\n", value);
	fprintf(stderr,
		"This is shown once. Put it into a file of mode 0600 and pass --token-file, or into SEAWALL_TOKEN.\n");
	return CLIENT_OK;
}

static int tokens_cmd__create(struct cli *c)
{
	json_t *body, *token;
	int status = tokens_cmd__body(c, &body);

	if (status == CLIENT_OK)
		status = call_json(c->call, "POST", "/user/tokens", body, &token);
	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(token);
	else
		tokens_cmd__value(c, cli_member(c, token, "value"));
	json_decref(token);
	return CLIENT_OK;
}

static int tokens_cmd__roll(struct cli *c)
{
	json_t *value;
	const char *path = cli_format(c, "/user/tokens/%s/value", cli_escape(c, cli_word(c, 0)));
	int status = call_json(c->call, "PUT", path, json_object(), &value);

	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(value);
	else
		tokens_cmd__value(c, cli_value(c, value));
	json_decref(value);
	return CLIENT_OK;
}

static int tokens_cmd__delete(struct cli *c)
{
	json_t *gone;
	const char *path = cli_format(c, "/user/tokens/%s", cli_escape(c, cli_word(c, 0)));
	int status = call_send(c->call, "DELETE", path, NULL, &gone);

	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(gone);
	else
		cli_done(c, "deleted: %s", cli_word(c, 0));
	json_decref(gone);
	return CLIENT_OK;
}

static const struct verb_option tokens_cmd__create_options[] = {
	{ "--permission", VERB_LIST, "NAME", "what it may do: \"DNS Write\", \"Zone Read\"", NULL },
	{ "--zone", VERB_LIST, "ZONE", "only in that zone; without it in all", NULL },
	{ "--expires", VERB_TEXT, "TIME", "when it ends: 2027-01-31T00:00:00Z", NULL },
	{ "--from", VERB_LIST, "NETWORK", "only from there: 192.0.2.0/24", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb tokens_cmd__verbs[] = {
	{ "list", "", "list the tokens", NULL, NULL, "seawall tokens list", tokens_cmd__list, false },
	{ "verify", "", "say what the token in use is worth", NULL, NULL,
	  "SEAWALL_TOKEN=… seawall tokens verify --api http://127.0.0.1:9080", tokens_cmd__verify, false },
	{ "permissions", "", "list what tokens may be allowed", NULL, NULL, NULL, tokens_cmd__permissions, false },
	{ "create", "NAME", "make a token and print it, once", tokens_cmd__create_options, NULL,
	  "seawall tokens create certbot --zone example.com --permission 'DNS Write' --permission 'Zone Read'\n"
	  "seawall tokens create backup --permission 'Zone Read' --permission 'DNS Read' --from 192.0.2.7/32",
	  tokens_cmd__create, false },
	{ "roll", "ID", "replace a token's text and print it, once", NULL, NULL, NULL, tokens_cmd__roll, false },
	{ "delete", "ID", "end a token", NULL, NULL, NULL, tokens_cmd__delete, false },
	{ 0 },
};

const struct verb_noun tokens_cmd = { "tokens", "API tokens", NULL, tokens_cmd__verbs };
