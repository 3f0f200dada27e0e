/* SPDX-License-Identifier: Apache-2.0 */
/* dnssec_cmd: `seawall dnssec`. */
#include "client/columns.h"
#include "client/verbs.h"

static int dnssec_cmd__print(struct cli *c, int status, json_t *state)
{
	static const char *const members[] = { "status", "algorithm",  "key_tag",    "digest_type",
					       "digest", "public_key", "modified_on" };

	if (status != CLIENT_OK)
		return status;
	if (c->json) {
		cli_print_json(state);
		json_decref(state);
		return CLIENT_OK;
	}
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		const json_t *value = json_object_get(state, members[i]);
		if (value && !json_is_null(value))
			columns_line(members[i], cli_value(c, value));
	}
	const char *ds = cli_member(c, state, "ds");
	if (ds[0])
		printf("\nDS record for the registrar:\n%s\n", ds);
	json_decref(state);
	return CLIENT_OK;
}

static int dnssec_cmd__show(struct cli *c)
{
	json_t *state;
	int status = call_get(c->call, cli_zone_path(c, "/dnssec"), &state);

	return dnssec_cmd__print(c, status, state);
}

static int dnssec_cmd__set(struct cli *c, const char *wanted)
{
	json_t *state;
	int status =
		call_json(c->call, "PATCH", cli_zone_path(c, "/dnssec"), json_pack("{s:s}", "status", wanted), &state);

	return dnssec_cmd__print(c, status, state);
}

static int dnssec_cmd__enable(struct cli *c)
{
	return dnssec_cmd__set(c, "active");
}

static int dnssec_cmd__disable(struct cli *c)
{
	return dnssec_cmd__set(c, "disabled");
}

static const struct verb dnssec_cmd__verbs[] = {
	{ "show", "ZONE", "show whether a zone is signed, and its DS record", NULL, NULL,
	  "seawall dnssec show example.com", dnssec_cmd__show, false },
	{ "enable", "ZONE", "sign a zone", NULL,
	  "The zone is signed at once; validators trust it when the registrar has the DS record that is printed.",
	  "seawall dnssec enable example.com", dnssec_cmd__enable, false },
	{ "disable", "ZONE", "stop signing a zone", NULL,
	  "Take the DS record away at the registrar first, and wait for its TTL: a zone with a DS record and no "
	  "signatures is\n"
	  "unreachable for validators.",
	  "seawall dnssec disable example.com", dnssec_cmd__disable, false },
	{ 0 },
};

const struct verb_noun dnssec_cmd = { "dnssec", "signatures of a zone", NULL, dnssec_cmd__verbs };
