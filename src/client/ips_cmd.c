/* SPDX-License-Identifier: Apache-2.0 */
/* ips_cmd: `seawall ips`: the edge's own addresses, for firewalls of origins. */
#include "client/cli.h"
#include "client/verbs.h"

static int ips_cmd__run(struct cli *c)
{
	static const char *const members[] = { "ipv4_cidrs", "ipv6_cidrs" };
	json_t *answer, *each;
	size_t i;
	int status = call_get(c->call, "/ips", &answer);

	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(answer);
	for (size_t m = 0; !c->json && m < 2; m++)
		json_array_foreach(json_object_get(answer, members[m]), i, each) printf("%s\n", cli_value(c, each));
	json_decref(answer);
	return CLIENT_OK;
}

static const struct verb ips_cmd__verbs[] = {
	{ "", "", "print the addresses from which this edge asks origins", NULL,
	  "One network a line: what an origin's firewall should let in.",
	  "seawall ips | while read net; do nft add element inet filter edge \"{ $net }\"; done", ips_cmd__run, false },
	{ 0 },
};

const struct verb_noun ips_cmd = { "ips", "the edge's own addresses", NULL, ips_cmd__verbs };
