/* SPDX-License-Identifier: Apache-2.0 */
/* shield_cmd: `seawall shield`: what the autopilot of a zone did. */
#include "client/columns.h"
#include "client/verbs.h"

/* "agent, fields: GET /x from 192.0.2.1, Mozilla/5.0" */
static const char *shield_cmd__evidence(struct cli *c, const json_t *e)
{
	const json_t *request = json_object_get(e, "request");
	const char *text = "";
	json_t *feature;
	size_t i;

	json_array_foreach(json_object_get(e, "features"), i, feature) text =
		cli_format(c, "%s%s%s", text, i ? ", " : "", cli_value(c, feature));
	if (!request)
		return text;
	return cli_format(c, "%s: %s %s from %s, %s", text, cli_member(c, request, "method"),
			  cli_member(c, request, "path"), cli_member(c, request, "client"),
			  cli_member(c, request, "agent"));
}

/* Bans have none of the numbers of an attack. */
static const char *shield_cmd__number(struct cli *c, const json_t *e, const char *name, const char *unit)
{
	const json_t *v = json_object_get(e, name);

	return v ? cli_format(c, "%.0f%s", json_number_value(v), unit) : "-";
}

static void shield_cmd__row(struct columns *t, struct cli *c, const json_t *e)
{
	columns_add(t, cli_time(c, e, "at"));
	columns_add(t, cli_member(c, e, "event"));
	columns_add(t, cli_member(c, e, "level"));
	columns_add(t, shield_cmd__number(c, e, "requests_per_second", "/s"));
	columns_add(t, shield_cmd__number(c, e, "usual_per_second", "/s"));
	columns_add(t, shield_cmd__number(c, e, "latency_ms", " ms"));
	columns_add(t, shield_cmd__evidence(c, e));
}

static int shield_cmd__run(struct cli *c)
{
	static const char *const heads[] = { "WHEN (UTC)", "EVENT", "LEVEL", "ASKED", "USUAL", "LATENCY", "KNOWN BY" };
	struct columns t;
	json_t *list, *e;
	size_t i;
	int status = call_get(c->call, cli_zone_path(c, "/shield/events"), &list);

	if (status != CLIENT_OK)
		return status;
	if (c->json) {
		cli_print_json(list);
		json_decref(list);
		return CLIENT_OK;
	}
	columns_begin(&t, c, heads, 7, 6);
	json_array_foreach(list, i, e) shield_cmd__row(&t, c, e);
	columns_end(&t, "Nothing was attacked.");
	json_decref(list);
	return CLIENT_OK;
}

static int shield_cmd__kernel(struct cli *c)
{
	static const char *const heads[] = { "INTERFACE", "DROPS" };
	struct columns t;
	json_t *r, *at;
	size_t i;
	int status = call_get(c->call, "/seawall/kernel_drop", &r);

	if (status != CLIENT_OK)
		return status;
	if (c->json) {
		cli_print_json(r);
		json_decref(r);
		return CLIENT_OK;
	}
	columns_begin(&t, c, heads, 2, 0);
	json_array_foreach(json_object_get(r, "interfaces"), i, at)
	{
		const char *mode = cli_member(c, at, "mode"), *why = cli_member(c, at, "reason");
		columns_add(&t, cli_member(c, at, "name"));
		columns_add(&t, *mode ? cli_format(c, "yes (%s)", mode) : cli_format(c, "no: %s", why));
	}
	columns_end(&t, cli_format(c, "The kernel drops nothing: %s.", cli_member(c, r, "reason")));
	const json_t *dropped = json_object_get(r, "dropped");
	if (strcmp(cli_member(c, r, "state"), "xdp") == 0)
		cli_done(c, "%s packets of banned networks dropped, %s of addresses that opened connections too fast",
			 cli_value(c, json_object_get(dropped, "banned")),
			 cli_value(c, json_object_get(dropped, "paced")));
	json_decref(r);
	return CLIENT_OK;
}

static const struct verb shield_cmd__verbs[] = {
	{ "kernel", "", "show whether the kernel drops what is banned", NULL,
	  "Where it may (XDP: CAP_BPF and CAP_NET_ADMIN at the start, or root), packets of banned networks are dropped "
	  "as\n"
	  "they come off the interface, and those of addresses that open connections too fast. [shield] kernel_drop "
	  "names\n"
	  "the interfaces, or is auto or off.",
	  "seawall shield kernel", shield_cmd__kernel, false },
	{ "events", "ZONE", "show what the autopilot did, newest first", NULL,
	  "The setting autopilot of a zone is act, watch or off. An attack is told by the zone's own past; what it is "
	  "known by "
	  "is shown with a request that had it.",
	  "seawall shield events example.com\nseawall settings set example.com autopilot watch", shield_cmd__run,
	  false },
	{ 0 },
};

const struct verb_noun shield_cmd = { "shield", "floods and what was done about them", NULL, shield_cmd__verbs };
