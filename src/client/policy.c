/* SPDX-License-Identifier: Apache-2.0 */
/* policy: see policy.h. */
#include "client/policy.h"

/* The permission groups that --permission names, as [{id}]. */
static int policy__groups(struct cli *c, json_t **ret)
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
static int policy__resources(struct cli *c, json_t **ret)
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

int policy_of_options(struct cli *c, json_t **ret)
{
	json_t *groups = NULL, *resources = NULL;
	int status =
		cli_flag(c, "--permission")
			? policy__groups(c, &groups)
			: cli_misuse(c,
				     "which permissions? Give --permission, `seawall tokens permissions` lists them");

	if (status == CLIENT_OK)
		status = policy__resources(c, &resources);
	if (status == CLIENT_OK)
		*ret = json_pack("[{s:s,s:O,s:O}]", "effect", "allow", "permission_groups", groups, "resources",
				 resources);
	json_decref(groups);
	json_decref(resources);
	return status;
}

void policy_from_options(struct cli *c, json_t *body)
{
	json_t *from = json_array();
	const char *ip;

	for (size_t at = 0; (ip = cli_next(c, "--from", &at));)
		json_array_append_new(from, json_string(ip));
	if (json_array_size(from))
		json_object_set_new(body, "condition", json_pack("{s:{s:O}}", "request_ip", "in", from));
	json_decref(from);
}
