/* SPDX-License-Identifier: Apache-2.0 */
/* verb: see verb.h. */
#include "client/verb.h"

#include "client/columns.h"
#include "client/verbs.h"

const struct verb_option verb_common[] = {
	{ "--config", VERB_TEXT, "FILE", "the node's configuration file; its API and admin token are used", NULL },
	{ "--api", VERB_TEXT, "URL", "where the API is, instead of --config: http://127.0.0.1:9080", NULL },
	{ "--token-file", VERB_TEXT, "FILE", "a file with the API token; default DATA/admin.token", NULL },
	{ "--ca-file", VERB_TEXT, "FILE", "certificates to trust, when the API speaks TLS", NULL },
	{ "--json", VERB_FLAG, NULL, "print JSON, for programs", NULL },
	{ "--help", VERB_FLAG, NULL, "this page", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb_noun *const verb__nouns[] = {
	&zones_cmd,
	&records_cmd,
	&settings_cmd,
	&rules_cmd,
	&access_cmd,
	&purge_cmd,
	&certificates_cmd,
	&dnssec_cmd,
	&analytics_cmd,
	&explain_cmd,
	&waf_cmd,
	&audit_cmd,
	&shield_cmd,
	&bans_cmd,
	&bans_cmd_allows,
	&tokens_cmd,
	&users_cmd,
	&ips_cmd,
	&import_cmd,
	&export_cmd,
	&doctor_cmd,
	&complete_cmd,
	&man_cmd,
	&login_cmd,
	&login_cmd_logout,
	&login_cmd_self,
	&login_cmd_regions,
	&apps_cmd,
	&apps_cmd_info,
	&apps_cmd_create,
	&apps_cmd_destroy,
	&apps_cmd_rename,
	&app_scale_cmd_instances,
	&app_scale_cmd_add,
	&app_scale_cmd_remove,
	&app_scale_cmd,
	&app_scale_cmd_ps,
	&app_scale_cmd_restart,
	&app_domains_cmd,
	&app_domains_cmd_add,
	&app_domains_cmd_remove,
	&app_domains_cmd_ssl,
	&app_domains_cmd_canonical,
	&app_domains_cmd_no_canonical,
	&apps_cmd_force_https,
	&apps_cmd_sticky,
	&apps_cmd_router_logs,
	&app_env_cmd,
	&app_env_cmd_get,
	&app_env_cmd_set,
	&app_env_cmd_unset,
	&app_logs_cmd,
	&app_logs_cmd_archives,
	&app_logs_cmd_timeline,
	&app_logs_cmd_user,
	&app_logs_cmd_stats,
};

enum { VERB__NOUNS = sizeof verb__nouns / sizeof verb__nouns[0] };

const struct verb_noun *const *verb_nouns(size_t *ret_n)
{
	*ret_n = VERB__NOUNS;
	return verb__nouns;
}

/* Shorter names that people type. */
static const char *const verb__aliases[][2] = {
	{ "c", "create" },
	{ "s", "scale" },
	{ "l", "logs" },
	{ "whoami", "self" },
};

/* One letter for an option, where a verb has that option. */
static const char *const verb__letters[][2] = {
	{ "-a", "--app" },    { "-n", "--lines" },   { "-f", "--follow" },      { "-F", "--filter" },
	{ "-e", "--enable" }, { "-d", "--disable" }, { "-s", "--synchronous" },
};

const struct verb_noun *verb_noun_find(struct slice name)
{
	for (size_t i = 0; i < sizeof verb__aliases / sizeof verb__aliases[0]; i++)
		if (slice_eq(slice_str(verb__aliases[i][0]), name))
			name = slice_str(verb__aliases[i][1]);

	for (size_t i = 0; i < VERB__NOUNS; i++)
		if (slice_eq(slice_str(verb__nouns[i]->name), name))
			return verb__nouns[i];
	return NULL;
}

bool verb_alone(const struct verb_noun *noun)
{
	return noun->verbs[0].name[0] == '\0';
}

const struct verb *verb_find(const struct verb_noun *noun, struct slice name)
{
	if (verb_alone(noun))
		return noun->verbs;
	for (const struct verb *v = noun->verbs; v->run; v++)
		if (slice_eq(slice_str(v->name), name))
			return v;
	return NULL;
}

static const struct verb_option *verb__option_in(const struct verb_option *table, struct slice name)
{
	for (; table && table->name; table++)
		if (slice_eq(slice_str(table->name), name))
			return table;
	return NULL;
}

const struct verb_option *verb_option_find(const struct verb *verb, struct slice name)
{
	for (size_t i = 0; i < sizeof verb__letters / sizeof verb__letters[0]; i++)
		if (slice_eq(slice_str(verb__letters[i][0]), name))
			name = slice_str(verb__letters[i][1]);
	const struct verb_option *o = verb__option_in(verb->options, name);

	return o ? o : verb__option_in(verb_common, name);
}

/* ---- the words a verb takes ---- */

struct slice verb_word_name(const struct verb *verb, size_t i)
{
	struct slice rest = slice_str(verb->args), word = slice_of(NULL, 0);
	size_t at = 0, n = 0;

	do
		word = slice_split(&rest, ' ');
	while (at++ < i && rest.p);
	if (at <= i && !slice_contains(word, SLICE("…")))
		return slice_of(NULL, 0);
	if (word.n && word.p[0] == '[')
		word = slice_from(word, 1);
	while (n < word.n && ((word.p[n] >= 'A' && word.p[n] <= 'Z') || word.p[n] == '-' || word.p[n] == '|'))
		n++;
	return slice_first(word, n);
}

void verb_words_range(const struct verb *verb, size_t *ret_min, size_t *ret_max)
{
	struct slice rest = slice_str(verb->args);

	*ret_min = *ret_max = 0;
	while (rest.p && rest.n) {
		struct slice word = slice_split(&rest, ' ');
		*ret_min += word.p[0] != '[';
		*ret_max += 1;
		if (slice_contains(word, SLICE("…")))
			*ret_max = SIZE_MAX;
	}
}

/* ---- help ---- */

static void verb__options(const struct verb_option *table, FILE *out)
{
	for (; table && table->name; table++) {
		int n = fprintf(out, "  %s%s%s", table->name, table->value ? " " : "",
				table->value ? table->value : "");
		fprintf(out, "%*s%s%s\n", n < 25 ? 25 - n : 1, "", table->help,
			table->kind == VERB_LIST ? "; may be repeated" : "");
		if (table->words)
			fprintf(out, "%*sone of: %s\n", 25, "", table->words);
	}
}

/* Each line of text behind two spaces. */
static void verb__indented(const char *text, FILE *out)
{
	struct slice rest = slice_str(text);

	while (rest.p && rest.n) {
		struct slice line = slice_split(&rest, '\n');
		fprintf(out, "  %.*s\n", SLICE_ARG(line));
	}
}

void verb_help(const struct verb_noun *noun, const struct verb *verb, FILE *out)
{
	bool alone = verb_alone(noun);

	fprintf(out, "seawall %s%s%s: %s\n\n", noun->name, alone ? "" : " ", verb->name, verb->summary);
	fprintf(out, "usage: seawall %s%s%s%s%s [OPTIONS]\n", noun->name, alone ? "" : " ", verb->name,
		verb->args[0] ? " " : "", verb->args);
	if (verb->more)
		fprintf(out, "\n%s\n", verb->more);
	if (verb->options) {
		fprintf(out, "\noptions:\n");
		verb__options(verb->options, out);
	}
	fprintf(out, "\noptions of every command:\n");
	verb__options(verb_common, out);
	if (verb->examples) {
		fprintf(out, "\nexamples:\n");
		verb__indented(verb->examples, out);
	}
}

void verb_help_noun(const struct verb_noun *noun, FILE *out)
{
	if (verb_alone(noun)) {
		verb_help(noun, noun->verbs, out);
		return;
	}
	fprintf(out, "seawall %s: %s\n\n", noun->name, noun->summary);
	if (noun->more)
		fprintf(out, "%s\n\n", noun->more);
	for (const struct verb *v = noun->verbs; v->run; v++) {
		fprintf(out, "  %s %s", v->name, v->args);
		int n = (int)(strlen(v->name) + columns_width(v->args)) + 3;
		fprintf(out, "%*s%s\n", n < 44 ? 46 - n : 2, "", v->summary);
	}
	fprintf(out, "\n`seawall %s VERB --help` shows options and examples of one.\n", noun->name);
	fprintf(out, "\noptions of every command:\n");
	verb__options(verb_common, out);
	fprintf(out,
		"\nWithout --config and --api: the environment's SEAWALL_API and SEAWALL_TOKEN, or SEAWALL_CONFIG, or\n"
		"/etc/seawall/seawall.conf. Exit status: 0 done, 1 refused or failed, 2 wrong use, 3 the API is out of "
		"reach.\n");
}
