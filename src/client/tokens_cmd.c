/* SPDX-License-Identifier: Apache-2.0 */
/* tokens_cmd: `seawall tokens`. */
#include "client/columns.h"
#include "client/policy.h"
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

static int tokens_cmd__body(struct cli *c, json_t **ret)
{
	const char *expires = cli_text(c, "--expires");
	json_t *policies;
	int status = policy_of_options(c, &policies);

	if (status != CLIENT_OK)
		return status;
	*ret = json_pack("{s:s,s:o}", "name", cli_word(c, 0), "policies", policies);
	if (expires)
		json_object_set_new(*ret, "expires_on", json_string(expires));
	policy_from_options(c, *ret);
	return CLIENT_OK;
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
