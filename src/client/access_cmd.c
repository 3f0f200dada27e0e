/* SPDX-License-Identifier: Apache-2.0 */
/* access_cmd: `seawall access`: IP access rules of a zone. */
#include "base/ip.h"
#include "client/columns.h"
#include "client/verbs.h"

static const char access_cmd__path[] = "/firewall/access_rules/rules";

static int access_cmd__list(struct cli *c)
{
	static const char *const heads[] = { "TARGET", "VALUE", "MODE", "NOTES", "CHANGED", "ID" };
	struct columns t;
	json_t *list, *each;
	size_t i;
	int status = call_list(c->call, cli_zone_path(c, access_cmd__path), 100, &list);

	if (status != CLIENT_OK)
		return status;
	if (c->json) {
		cli_print_json(list);
		json_decref(list);
		return CLIENT_OK;
	}
	columns_begin(&t, c, heads, 6, 3);
	json_array_foreach(list, i, each)
	{
		const json_t *what = json_object_get(each, "configuration");
		columns_add(&t, cli_member(c, what, "target"));
		columns_add(&t, cli_member(c, what, "value"));
		columns_add(&t, cli_member(c, each, "mode"));
		columns_add(&t, cli_member(c, each, "notes"));
		columns_add(&t, cli_time(c, each, "modified_on"));
		columns_add(&t, cli_member(c, each, "id"));
	}
	columns_end(&t, "The zone has no access rules.");
	json_decref(list);
	return CLIENT_OK;
}

/* What kind of visitor a word names: an address, a network, AS64500, a country. */
static const char *access_cmd__target(const char *word)
{
	struct slice s = slice_str(word);
	struct ip ip;
	uint64_t n;

	if (ip_parse(s, &ip) == OK)
		return ip.family == 6 ? "ip6" : "ip";
	if (slice_find(s, '/') != SIZE_MAX)
		return "ip_range";
	if (slice_starts_nocase(s, SLICE("as")) && slice_u64(slice_from(s, 2), &n))
		return "asn";
	return s.n == 2 ? "country" : NULL;
}

static int access_cmd__add(struct cli *c)
{
	const char *value = cli_word(c, 2), *target = access_cmd__target(value), *notes = cli_text(c, "--notes");
	json_t *rule;

	if (!target)
		return cli_misuse(
			c, "\"%s\" is no address, network (192.0.2.0/24), AS number (AS64500) or country (FR)", value);
	json_t *body = json_pack("{s:s,s:{s:s,s:s},s:s}", "mode", cli_word(c, 1), "configuration", "target", target,
				 "value", value, "notes", notes ? notes : "");
	if (!body)
		return cli_misuse(c, "mode, value and notes must be UTF-8");
	int status = call_json(c->call, "POST", cli_zone_path(c, access_cmd__path), body, &rule);
	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(rule);
	else
		cli_done(c, "%s %s: %s, id %s", target, value, cli_member(c, rule, "mode"), cli_member(c, rule, "id"));
	json_decref(rule);
	return CLIENT_OK;
}

static int access_cmd__delete(struct cli *c)
{
	json_t *gone;
	const char *path = cli_format(c, "%s/%s", cli_zone_path(c, access_cmd__path), cli_escape(c, cli_word(c, 1)));
	int status = call_send(c->call, "DELETE", path, NULL, &gone);

	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(gone);
	else
		cli_done(c, "deleted: %s", cli_word(c, 1));
	json_decref(gone);
	return CLIENT_OK;
}

static const struct verb_option access_cmd__add_options[] = {
	{ "--notes", VERB_TEXT, "TEXT", "why, for people", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb access_cmd__verbs[] = {
	{ "list", "ZONE", "list the access rules of a zone", NULL, NULL, "seawall access list example.com",
	  access_cmd__list, false },
	{ "add", "ZONE MODE WHO", "let in, block or challenge visitors by address", access_cmd__add_options,
	  "MODE is whitelist, block, challenge, js_challenge or managed_challenge. WHO is an address, a network, an AS "
	  "number\n"
	  "or a country in two letters.",
	  "seawall access add example.com block 203.0.113.9 --notes 'scraper'\n"
	  "seawall access add example.com whitelist 192.0.2.0/24",
	  access_cmd__add, false },
	{ "delete", "ZONE ID", "remove an access rule", NULL, NULL,
	  "seawall access delete example.com 92f17202ed8bd63d69a66b86a49a8f6b", access_cmd__delete, false },
	{ 0 },
};

const struct verb_noun access_cmd = { "access", "who may visit a zone, by address", NULL, access_cmd__verbs };
