/* SPDX-License-Identifier: Apache-2.0 */
/* zones_cmd: `seawall zones`. */
#include "client/columns.h"
#include "client/verbs.h"

static int zones_cmd__list(struct cli *c)
{
	static const char *const heads[] = { "ZONE", "STATUS", "PAUSED", "NAME SERVERS", "CREATED", "ID" };
	const char *path = "/zones", *status_wanted = cli_text(c, "--status");
	struct columns t;
	json_t *zones, *z;
	size_t i;

	if (status_wanted)
		path = cli_format(c, "/zones?status=%s", cli_escape(c, status_wanted));
	int status = call_list(c->call, path, 50, &zones);
	if (status != CLIENT_OK)
		return status;
	if (c->json) {
		cli_print_json(zones);
		json_decref(zones);
		return CLIENT_OK;
	}
	columns_begin(&t, c, heads, 6, 3);
	json_array_foreach(zones, i, z)
	{
		columns_add(&t, cli_member(c, z, "name"));
		columns_add(&t, cli_member(c, z, "status"));
		columns_add(&t, cli_value(c, json_object_get(z, "paused")));
		columns_add(&t, cli_names(c, json_object_get(z, "name_servers")));
		columns_add(&t, cli_time(c, z, "created_on"));
		columns_add(&t, cli_member(c, z, "id"));
	}
	columns_end(&t, "There is no zone yet: `seawall zones create example.com` makes one.");
	json_decref(zones);
	return CLIENT_OK;
}

static void zones_cmd__page(struct cli *c, const json_t *z)
{
	const char *status = cli_member(c, z, "status");

	columns_line("zone", cli_member(c, z, "name"));
	columns_line("status", status);
	columns_line("paused", cli_value(c, json_object_get(z, "paused")));
	columns_line("type", cli_member(c, z, "type"));
	columns_line("name servers", cli_names(c, json_object_get(z, "name_servers")));
	if (json_array_size(json_object_get(z, "original_name_servers")))
		columns_line("before", cli_names(c, json_object_get(z, "original_name_servers")));
	columns_line("created", cli_time(c, z, "created_on"));
	columns_line("changed", cli_time(c, z, "modified_on"));
	columns_line("active since", cli_time(c, z, "activated_on"));
	columns_line("id", cli_member(c, z, "id"));
	if (strcmp(status, "pending") == 0)
		printf("\nThe zone becomes active when its registrar names exactly the name servers above.\n"
		       "`seawall zones check %s` looks again at once.\n",
		       cli_member(c, z, "name"));
}

/* Prints a zone that the API answered with, and drops it. */
static int zones_cmd__print(struct cli *c, int status, json_t *zone)
{
	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(zone);
	else
		zones_cmd__page(c, zone);
	json_decref(zone);
	return CLIENT_OK;
}

static int zones_cmd__show(struct cli *c)
{
	json_t *zone;
	int status = call_get(c->call, cli_zone_path(c, ""), &zone);

	return zones_cmd__print(c, status, zone);
}

static int zones_cmd__create(struct cli *c)
{
	json_t *zone;
	int status = call_json(c->call, "POST", "/zones",
			       json_pack("{s:s,s:s}", "name", cli_word(c, 0), "type", "full"), &zone);

	return zones_cmd__print(c, status, zone);
}

static int zones_cmd__delete(struct cli *c)
{
	json_t *zone;

	if (!cli_flag(c, "--yes"))
		return cli_misuse(c,
				  "this removes the zone with its records, rules and settings; repeat it with --yes");
	int status = call_send(c->call, "DELETE", cli_zone_path(c, ""), NULL, &zone);
	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(zone);
	else
		cli_done(c, "%s is deleted", cli_word(c, 0));
	json_decref(zone);
	return CLIENT_OK;
}

static int zones_cmd__check(struct cli *c)
{
	json_t *answer;
	int status = call_send(c->call, "PUT", cli_zone_path(c, "/activation_check"), NULL, &answer);

	if (status != CLIENT_OK)
		return status;
	json_decref(answer);
	status = call_get(c->call, cli_zone_path(c, ""), &answer);
	return zones_cmd__print(c, status, answer);
}

static int zones_cmd__set_paused(struct cli *c, bool paused)
{
	json_t *zone;
	int status = call_json(c->call, "PATCH", cli_zone_path(c, ""), json_pack("{s:b}", "paused", paused), &zone);

	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(zone);
	else
		cli_done(c,
			 paused ? "%s is paused: its names answer with the origins' addresses" : "%s is proxied again",
			 cli_word(c, 0));
	json_decref(zone);
	return CLIENT_OK;
}

static int zones_cmd__pause(struct cli *c)
{
	return zones_cmd__set_paused(c, true);
}

static int zones_cmd__resume(struct cli *c)
{
	return zones_cmd__set_paused(c, false);
}

static const struct verb_option zones_cmd__list_options[] = {
	{ "--status", VERB_TEXT, "STATUS", "only zones of that status", "initializing pending active moved" },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb_option zones_cmd__delete_options[] = {
	{ "--yes", VERB_FLAG, NULL, "do it", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb zones_cmd__verbs[] = {
	{ "list", "", "list the zones that the token may see", zones_cmd__list_options, NULL,
	  "seawall zones list\nseawall zones list --status pending\nseawall zones list --json | jq -r '.[].name'",
	  zones_cmd__list, false },
	{ "show", "ZONE", "show one zone: status, name servers", NULL, NULL, "seawall zones show example.com",
	  zones_cmd__show, false },
	{ "create", "NAME", "add a zone", NULL,
	  "The answer names the name servers to enter at the registrar. Until the registrar has them the zone is "
	  "pending:\n"
	  "this node answers for it, but the Internet does not ask it yet.",
	  "seawall zones create example.com\nseawall records add example.com A www 192.0.2.10 --proxied",
	  zones_cmd__create, false },
	{ "check", "ZONE", "look now whether the registrar names our name servers", NULL, NULL,
	  "seawall zones check example.com", zones_cmd__check, false },
	{ "pause", "ZONE", "stop proxying: every name answers with its origin's address", NULL,
	  "Records stay as they are. This is the way out when the edge itself is in the way.",
	  "seawall zones pause example.com\nseawall zones resume example.com", zones_cmd__pause, false },
	{ "resume", "ZONE", "proxy again", NULL, NULL, NULL, zones_cmd__resume, false },
	{ "delete", "ZONE", "remove a zone with all that is in it", zones_cmd__delete_options, NULL,
	  "seawall export example.com > example.com.json   # keep a copy\nseawall zones delete example.com --yes",
	  zones_cmd__delete, false },
	{ 0 },
};

const struct verb_noun zones_cmd = {
	"zones", "the zones (domains) of this node",
	"A zone is a domain with its records, settings and rules. Wherever ZONE stands, its name or its id will do.",
	zones_cmd__verbs
};
