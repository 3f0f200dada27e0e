/* SPDX-License-Identifier: Apache-2.0 */
/* man_cmd: `seawall man`: the manual page, made of the table of commands (man(7) macros). */
#include "client/cli.h"
#include "client/verbs.h"

/* Text with what roff would take for its own made plain; a line that begins with a dot or quote too. */
static void man_cmd__text(const char *text)
{
	bool start = true;

	for (const char *p = text; *p; p++) {
		if (start && (*p == '.' || *p == '\''))
			fputs("\\&", stdout);
		if (*p == '\\')
			fputs("\\e", stdout);
		else if (*p == '-')
			fputs("\\-", stdout);
		else
			putchar(*p);
		start = *p == '\n';
	}
}

static void man_cmd__example(const char *text)
{
	printf(".PP\n.nf\n.RS 4\n");
	man_cmd__text(text);
	printf("\n.RE\n.fi\n");
}

static void man_cmd__options(const struct verb_option *table)
{
	for (; table && table->name; table++) {
		printf(".TP\n\\fB");
		man_cmd__text(table->name);
		printf("\\fR");
		if (table->value)
			printf(" \\fI%s\\fR", table->value);
		printf("\n");
		man_cmd__text(table->help);
		printf("%s\n", table->kind == VERB_LIST ? "; may be repeated" : "");
	}
}

static void man_cmd__verb(const struct verb_noun *noun, const struct verb *v)
{
	printf(".SS seawall %s%s%s %s\n", noun->name, v->name[0] ? " " : "", v->name, v->args);
	man_cmd__text(v->summary);
	printf(".\n");
	if (v->more) {
		printf(".PP\n");
		man_cmd__text(v->more);
		printf("\n");
	}
	man_cmd__options(v->options);
	if (v->examples)
		man_cmd__example(v->examples);
}

static int man_cmd__run(struct cli *c)
{
	size_t n;
	const struct verb_noun *const *nouns = verb_nouns(&n);

	printf(".TH SEAWALL 1 \"\" \"Seawall " SEAWALL_VERSION "\" \"User Commands\"\n"
	       ".SH NAME\nseawall \\- an edge and an app router of your own\n"
	       ".SH SYNOPSIS\n\\fBseawall\\fR \\fICOMMAND\\fR [\\fIVERB\\fR] [\\fIWORDS\\fR] [\\fIOPTIONS\\fR]\n"
	       ".SH THE NODE\n");
	for (size_t i = 0; i < c->setup->others_n; i++) {
		const struct client_other *o = &c->setup->others[i];
		if (!o->summary)
			continue;
		printf(".SS seawall %s\n", o->name);
		man_cmd__text(o->summary);
		printf(".\n");
		man_cmd__example(o->help);
	}
	printf(".SH OVER THE API\n");
	for (size_t i = 0; i < n; i++)
		for (const struct verb *v = nouns[i]->verbs; v->run; v++)
			man_cmd__verb(nouns[i], v);
	printf(".SH OPTIONS OF COMMANDS OVER THE API\n");
	man_cmd__options(verb_common);
	printf(".SH ENVIRONMENT\n"
	       ".TP\nSEAWALL_API\nwhere the API is, as \\-\\-api\n.TP\nSEAWALL_TOKEN\nthe API token itself\n"
	       ".TP\nSEAWALL_CONFIG\nthe configuration file, as \\-\\-config\n"
	       ".SH EXIT STATUS\n0: done. 1: refused or failed. 2: wrong use. 3: the API is out of reach or does not "
	       "accept "
	       "the token.\n"
	       ".SH FILES\n.TP\n/etc/seawall/seawall.conf\nthe configuration that is used without \\-\\-config\n");
	return CLIENT_OK;
}

static const struct verb man_cmd__verbs[] = {
	{ "", "", "print the manual page", NULL, NULL, "seawall man | man -l -", man_cmd__run, true },
	{ 0 },
};

const struct verb_noun man_cmd = { "man", "the manual page", NULL, man_cmd__verbs };
