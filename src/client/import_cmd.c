/* SPDX-License-Identifier: Apache-2.0 */
/* import_cmd: `seawall import`: a zone from Cloudflare, from another node, from a file of `seawall export`. */
#include "client/columns.h"
#include "client/target.h"
#include "client/transfer.h"
#include "client/verbs.h"

enum { IMPORT_CMD__FILE_BYTES_MAX = 256 << 20 };

static const char import_cmd__cloudflare_url[] = "https://api.cloudflare.com/client/v4";

/* ---- what came of it ---- */

static void import_cmd__counts(struct cli *c, const json_t *counts, const char *how)
{
	static const char *const what[][2] = { { "zones", "zone" },
					       { "records", "records" },
					       { "settings", "settings" },
					       { "rules", "rules" },
					       { "access_rules", "access rules" } };
	const char *text = "";

	for (size_t i = 0; i < sizeof what / sizeof what[0]; i++) {
		json_int_t n = json_integer_value(json_object_get(counts, what[i][0]));
		if (n)
			text = cli_format(c, "%s%s%lld %s", text, text[0] ? ", " : "", (long long)n, what[i][1]);
	}
	if (text[0])
		printf("%s: %s\n", how, text);
}

static int import_cmd__report(struct cli *c, json_t *report)
{
	static const char *const heads[] = { "NOT RE-CREATED", "WHY" };
	const json_t *left = json_object_get(report, "left");
	size_t n = json_array_size(left), i;
	struct columns t;
	json_t *each;

	if (c->json) {
		cli_print_json(report);
	} else {
		import_cmd__counts(c, json_object_get(report, "made"), "made");
		import_cmd__counts(c, json_object_get(report, "there"), "already there");
		columns_begin(&t, c, heads, 2, 0);
		json_array_foreach(left, i, each)
		{
			columns_add(&t, cli_member(c, each, "what"));
			columns_add(&t, cli_member(c, each, "why"));
		}
		columns_end(&t, "Nothing was left out.");
	}
	json_decref(report);
	return n ? CLIENT_FAILED : CLIENT_OK;
}

/* Makes the document's zone at the node, or with --dry-run says what would be made; drops the document. */
static int import_cmd__apply(struct cli *c, json_t *document)
{
	json_t *report;
	int status;

	if (cli_flag(c, "--dry-run")) {
		cli_print_json(document);
		json_decref(document);
		return CLIENT_OK;
	}
	status = target_open_as(c, "--to", "--to-token-file");
	if (status == CLIENT_OK)
		status = transfer_apply(c, c->call, document, &report);
	json_decref(document);
	return status == CLIENT_OK ? import_cmd__report(c, report) : status;
}

/* ---- sources ---- */

static int import_cmd__cloudflare(struct cli *c)
{
	const char *zone = cli_text(c, "--zone"), *file = cli_text(c, "--token-file"), *url = cli_text(c, "--api");
	struct call_at at = { .base = target_base(c, url ? url : import_cmd__cloudflare_url), .whose = "the source" };
	json_t *document;

	if (!zone)
		return cli_misuse(c, "which zone? Give --zone NAME");
	if (!file)
		return cli_misuse(
			c, "which token? Give --token-file FILE with a token of Cloudflare that may read the zone: "
			   "Zone Read, DNS Read, Zone Settings Read, Firewall Services Read");
	if (!at.base)
		return cli_misuse(c, "\"%s\" is no URL of an API", cli_clean(c, url));
	int status = target_token_file(c, file, &at.token);
	if (status != CLIENT_OK)
		return status;
	struct call *from = call_new(c, &at);
	status = transfer_read(c, from, zone, &document);
	call_free(from);
	return status == CLIENT_OK ? import_cmd__apply(c, document) : status;
}

static int import_cmd__file(struct cli *c)
{
	const char *file = cli_word(c, 0);
	struct slice text;
	json_error_t bad;
	int status = cli_read_file(c, file, IMPORT_CMD__FILE_BYTES_MAX, &text);

	if (status != CLIENT_OK)
		return status;
	json_t *document = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &bad);
	if (!document)
		return cli_fail(c, "%s: line %d, column %d: %s", file, bad.line, bad.column, bad.text);
	if (strcmp(cli_member(c, document, "format"), "seawall zone 1") != 0) {
		json_decref(document);
		return cli_fail(c, "%s is no file of `seawall export`: its member \"format\" is not \"seawall zone 1\"",
				file);
	}
	return import_cmd__apply(c, document);
}

#define IMPORT_CMD__TO                                                                                                 \
	{ "--to", VERB_TEXT, "URL", "the API of the node to import into, instead of --config", NULL },                 \
		{ "--to-token-file", VERB_TEXT, "FILE", "a file with that node's token", NULL },                       \
	{                                                                                                              \
		"--dry-run", VERB_FLAG, NULL, "only read: print what would be made, as JSON", NULL                     \
	}

static const struct verb_option import_cmd__cloudflare_options[] = {
	{ "--zone", VERB_TEXT, "NAME", "the zone to read", NULL },
	IMPORT_CMD__TO,
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};
static const struct verb_option import_cmd__file_options[] = {
	IMPORT_CMD__TO,
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb import_cmd__verbs[] = {
	{ "cloudflare", "", "read a zone at Cloudflare and make it here", import_cmd__cloudflare_options,
	  "--token-file and --api are the source's here (--api: default Cloudflare). What is read: records, changed "
	  "settings, rules of\n"
	  "every phase, access rules. What cannot be made again is listed, with why, and the exit status is 1 then. "
	  "The source\n"
	  "is only read. May be repeated: what is there already stays.",
	  "seawall import cloudflare --zone example.com --token-file cf.token --config /etc/seawall/seawall.conf\n"
	  "seawall import cloudflare --zone example.com --token-file cf.token --dry-run > example.com.json",
	  import_cmd__cloudflare, true },
	{ "file", "FILE", "make a zone out of a file of `seawall export`", import_cmd__file_options, NULL,
	  "seawall import file example.com.json", import_cmd__file, true },
	{ 0 },
};

const struct verb_noun import_cmd = { "import", "a zone from Cloudflare or from a file", NULL, import_cmd__verbs };
