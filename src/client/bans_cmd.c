/* SPDX-License-Identifier: Apache-2.0 */
/* bans_cmd: `seawall bans` and `seawall allows`: who is not let in, and who always is. */
#include "client/columns.h"
#include "client/verbs.h"

/* Both nouns have the same verbs; their paths are named as they are. */
static const char *bans_cmd__path(struct cli *c)
{
	return cli_format(c, "/seawall/%s", c->noun->name);
}

static bool bans_cmd__is_allows(const struct cli *c)
{
	return c->noun == &bans_cmd_allows;
}

static int bans_cmd__list(struct cli *c)
{
	static const char *const heads[] = { "NETWORK", "SINCE (UTC)", "SOURCE", "REASON", "UNTIL (UTC)" };
	bool allows = bans_cmd__is_allows(c);
	struct columns t;
	json_t *list, *each;
	size_t i;
	int status = call_list(c->call, bans_cmd__path(c), 1000, &list);

	if (status != CLIENT_OK)
		return status;
	if (c->json) {
		cli_print_json(list);
		json_decref(list);
		return CLIENT_OK;
	}
	columns_begin(&t, c, heads, allows ? 4 : 5, 3);
	json_array_foreach(list, i, each)
	{
		columns_add(&t, cli_member(c, each, "network"));
		columns_add(&t, cli_time(c, each, "created_on"));
		columns_add(&t, cli_member(c, each, "source"));
		columns_add(&t, cli_member(c, each, "reason"));
		if (!allows)
			columns_add(&t, cli_time(c, each, "expires_on"));
	}
	columns_end(&t, allows ? "Nothing is allowed but what the configuration names." : "Nobody is banned.");
	json_decref(list);
	return CLIENT_OK;
}

/* "90s", "15m", "6h", "30d" as seconds. */
static bool bans_cmd__seconds(const char *word, json_int_t *ret)
{
	static const struct {
		char unit;
		json_int_t s;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	struct slice s = slice_str(word);
	uint64_t n;

	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (s.n < 2 || s.p[s.n - 1] != units[i].unit)
			continue;
		if (!slice_u64(slice_first(s, s.n - 1), &n) || n < 1 || n > INT32_MAX)
			return false;
		*ret = (json_int_t)n * units[i].s;
		return true;
	}
	return false;
}

static int bans_cmd__add(struct cli *c)
{
	const char *network = cli_word(c, 0), *reason = cli_text(c, "--reason"), *lasts = cli_text(c, "--for");
	json_int_t seconds;
	json_t *made;

	if (lasts && !bans_cmd__seconds(lasts, &seconds))
		return cli_misuse(c, "\"%s\" is no time; write 90s, 15m, 6h or 30d", cli_clean(c, lasts));
	json_t *body = json_pack("{s:s, s:s}", "network", network, "reason", reason ? reason : "");
	if (!body)
		return cli_misuse(c, "network and reason must be UTF-8");
	if (lasts)
		json_object_set_new(body, "expires_in", json_integer(seconds));
	int status = call_json(c->call, "POST", bans_cmd__path(c), body, &made);
	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(made);
	else if (bans_cmd__is_allows(c))
		cli_done(c, "%s can never be banned", cli_member(c, made, "network"));
	else
		cli_done(c, "%s is banned until %s UTC", cli_member(c, made, "network"),
			 cli_time(c, made, "expires_on"));
	json_decref(made);
	return CLIENT_OK;
}

static int bans_cmd__remove(struct cli *c)
{
	json_t *gone;
	const char *path = cli_format(c, "%s/%s", bans_cmd__path(c), cli_escape(c, cli_word(c, 0)));
	int status = call_send(c->call, "DELETE", path, NULL, &gone);

	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(gone);
	else
		cli_done(c, "removed: %s", cli_clean(c, cli_word(c, 0)));
	json_decref(gone);
	return CLIENT_OK;
}

static const struct verb_option bans_cmd__add_options[] = {
	{ "--for", VERB_TEXT, "TIME", "how long: 90s, 15m, 6h, 30d; a day without it", NULL },
	{ "--reason", VERB_TEXT, "TEXT", "why, for people", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb_option bans_cmd__allow_options[] = {
	{ "--reason", VERB_TEXT, "TEXT", "why, for people", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb bans_cmd__verbs[] = {
	{ "list", "", "list who is banned, and until when", NULL, NULL, "seawall bans list", bans_cmd__list, false },
	{ "add", "NETWORK", "let an address or a network in no more, for a time", bans_cmd__add_options,
	  "NETWORK is an address or a network, IPv4 or IPv6. Its connections are closed before anything is read from\n"
	  "them, those that are open too; its DNS queries over UDP are dropped. What can never be banned: `seawall "
	  "allows`.",
	  "seawall bans add 203.0.113.9 --for 6h --reason 'tries passwords'\nseawall bans add 2001:db8:bad::/48",
	  bans_cmd__add, false },
	{ "remove", "NETWORK", "end a ban", NULL, NULL, "seawall bans remove 203.0.113.9", bans_cmd__remove, false },
	{ 0 },
};

static const struct verb bans_cmd__allow_verbs[] = {
	{ "list", "", "list what can never be banned", NULL,
	  "Besides these, the node never bans itself, its fleet, and what [shield] allow in the configuration names.",
	  "seawall allows list", bans_cmd__list, false },
	{ "add", "NETWORK", "never ban an address or a network", bans_cmd__allow_options, NULL,
	  "seawall allows add 192.0.2.0/24 --reason office", bans_cmd__add, false },
	{ "remove", "NETWORK", "make it possible again to ban it", NULL, NULL, "seawall allows remove 192.0.2.0/24",
	  bans_cmd__remove, false },
	{ 0 },
};

const struct verb_noun bans_cmd = { "bans", "addresses and networks that are not let in", NULL, bans_cmd__verbs };
const struct verb_noun bans_cmd_allows = { "allows", "addresses and networks that can never be banned", NULL,
					   bans_cmd__allow_verbs };
