/* SPDX-License-Identifier: Apache-2.0 */
/* export_cmd: `seawall export`: a zone as one JSON document. */
#include "client/transfer.h"
#include "client/verbs.h"

static int export_cmd__run(struct cli *c)
{
	json_t *document;
	int status = transfer_read(c, c->call, cli_word(c, 0), &document);

	if (status != CLIENT_OK)
		return status;
	cli_print_json(document);
	json_decref(document);
	return CLIENT_OK;
}

static const struct verb export_cmd__verbs[] = {
	{ "", "ZONE", "print a zone with all that is in it, as JSON", NULL,
	  "Records, changed settings, rules and access rules: what `seawall import file` makes again, here or on "
	  "another node.\n"
	  "For a zone file in BIND's form: `seawall records export ZONE`.",
	  "seawall export example.com > example.com.json\nseawall import file example.com.json --to "
	  "http://10.0.0.2:9080",
	  export_cmd__run, false },
	{ 0 },
};

const struct verb_noun export_cmd = { "export", "a zone as one file", NULL, export_cmd__verbs };
