/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_cmd: `seawall doctor`: collects the findings of doctor.h and prints them. */
#include "client/doctor.h"
#include "client/target.h"
#include "client/verbs.h"

#include <unistd.h>

static const char *const doctor_cmd__levels[] = { "ok", "note", "warn", "FAIL" };

void doctor_say(struct doctor *d, enum doctor_level level, const char *what, const char *found, const char *todo)
{
	json_array_append_new(d->list, json_pack("{s:s,s:s,s:s,s:s?}", "level",
						 level == DOCTOR_FAIL ? "fail" : doctor_cmd__levels[level], "what",
						 what, "found", found, "todo", todo));
	d->fails += level == DOCTOR_FAIL;
	d->warns += level == DOCTOR_WARN;
	if (d->cli->json)
		return;
	static const char *const colours[] = { "32", "36", "33", "31" };
	bool colour = isatty(STDOUT_FILENO) != 0;
	printf("%s%s%-4s%s  %s: %s\n", colour ? "\033[" : "", colour ? cli_format(d->cli, "%sm", colours[level]) : "",
	       doctor_cmd__levels[level], colour ? "\033[0m" : "", what, found);
	if (todo && level != DOCTOR_OK)
		printf("      -> %s\n", todo);
	fflush(stdout);
}

/* Whether the kernel drops what is banned. Nothing is wrong when it does not: edges do. */
static void doctor_cmd__kernel_drop(struct doctor *d)
{
	json_t *r, *at;
	size_t i;

	if (call_get(d->cli->call, "/seawall/kernel_drop", &r) != CLIENT_OK)
		return;
	if (json_array_size(json_object_get(r, "interfaces")) == 0)
		doctor_say(d, DOCTOR_NOTE, "kernel drop", cli_format(d->cli, "no: %s", cli_member(d->cli, r, "reason")),
			   "edges drop what is banned themselves; for less work in a flood start with CAP_BPF and "
			   "CAP_NET_ADMIN, or as root");
	json_array_foreach(json_object_get(r, "interfaces"), i, at)
	{
		const char *mode = cli_member(d->cli, at, "mode"), *why = cli_member(d->cli, at, "reason");
		const char *what = cli_format(d->cli, "kernel drop %s", cli_member(d->cli, at, "name"));
		if (*mode)
			doctor_say(d, DOCTOR_OK, what, cli_format(d->cli, "XDP, %s mode", mode), NULL);
		else
			doctor_say(d, DOCTOR_WARN, what, why, "[shield] kernel_drop names the interfaces, or is off");
	}
	json_decref(r);
}

/* What only the API can tell. */
static void doctor_cmd__api(struct doctor *d)
{
	const char *zone = cli_word(d->cli, 0);
	json_t *token;

	if (!zone && !cli_flag(d->cli, "--api") && (!d->runs || !node_listens(d->cli->node, LISTEN_API))) {
		if (d->runs)
			doctor_say(d, DOCTOR_NOTE, "API", "is off: zones come from plan files only",
				   "[listen] api = 127.0.0.1:9080");
		return;
	}
	if (target_open(d->cli) != CLIENT_OK || call_get(d->cli->call, "/user/tokens/verify", &token) != CLIENT_OK) {
		doctor_say(d, DOCTOR_FAIL, "API", "cannot be asked", "what was said above");
		return;
	}
	doctor_say(d, DOCTOR_OK, "API", "answers, and the token is good", NULL);
	json_decref(token);
	doctor_cmd__kernel_drop(d);
	if (zone)
		doctor_zone(d, zone);
}

static int doctor_cmd__run(struct cli *c)
{
	struct doctor d = { .cli = c, .list = json_array() };
	int status = cli_flag(c, "--api") ? CLIENT_OK : target_node(c);

	if (status != CLIENT_OK) {
		json_decref(d.list);
		return status;
	}
	doctor_host(&d);
	if (c->node)
		doctor_node(&d);
	doctor_cmd__api(&d);
	if (c->json)
		cli_print_json(d.list);
	else if (d.fails)
		printf("\n%zu wrong, %zu to look after.\n", d.fails, d.warns);
	else
		printf("\nNothing is wrong; %zu to look after.\n", d.warns);
	json_decref(d.list);
	return d.fails ? CLIENT_FAILED : CLIENT_OK;
}

static const struct verb doctor_cmd__verbs[] = {
	{ "", "[ZONE]", "look for what is wrong with this machine, this node or a zone", NULL,
	  "Looks at the clock, kernel settings, file limits, resolvers, folders, secrets, ports and what the node says "
	  "of itself;\n"
	  "with ZONE also at its delegation, and asks each proxied name through the edge (HEAD /). Works on a node "
	  "that does\n"
	  "not run, too: then it says whether it could. Exit status 1 when something is wrong.",
	  "seawall doctor --config /etc/seawall/seawall.conf\nseawall doctor example.com\nseawall doctor --json | jq "
	  "'.[] | select(.level != \"ok\")'",
	  doctor_cmd__run, true },
	{ 0 },
};

const struct verb_noun doctor_cmd = { "doctor", "look for what is wrong, and say what to do", NULL, doctor_cmd__verbs };
