/* SPDX-License-Identifier: Apache-2.0 */
/*
 * complete_cmd: `seawall completion`. The scripts for the shells are a few lines that ask `seawall completion words`,
 * so that what is offered comes from the table of this program and cannot be out of date.
 */
#include "client/cli.h"
#include "client/rules_phase.h"
#include "client/target.h"
#include "client/verbs.h"

#include <fcntl.h>
#include <unistd.h>

/* One line per word that begins with what was typed. */
static void complete_cmd__offer(struct slice typed, struct slice word)
{
	if (word.n && slice_starts(word, typed))
		printf("%.*s\n", SLICE_ARG(word));
}

static void complete_cmd__words(struct slice typed, const char *words)
{
	struct slice rest = slice_str(words);

	while (rest.p && rest.n)
		complete_cmd__offer(typed, slice_split(&rest, ' '));
}

static void complete_cmd__options(struct slice typed, const struct verb_option *table)
{
	for (; table && table->name; table++)
		complete_cmd__offer(typed, slice_str(table->name));
}

/* The options of a command of another room, as its help lists them: "  --name …" at the start of a line. */
static void complete_cmd__from_help(struct slice typed, const char *help)
{
	struct slice rest = slice_str(help);

	while (rest.p && rest.n) {
		struct slice line = slice_split(&rest, '\n');
		if (slice_starts(line, SLICE("  --"))) {
			line = slice_from(line, 2);
			complete_cmd__offer(typed, slice_split(&line, ' '));
		}
	}
}

/* Nobody hears why a node does not answer while somebody types. */
static bool complete_cmd__hush(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0)
		return false;
	dup2(null, STDERR_FILENO);
	close(null);
	return true;
}

/* The apps of the node; as complete_cmd__zones. */
static void complete_cmd__apps(struct cli *c, struct slice typed)
{
	json_t *answer, *a;
	size_t i;

	if (!complete_cmd__hush() || target_open_v1(c) != CLIENT_OK ||
	    call_try(c->call, "GET", "/apps", NULL, &answer) != 200)
		return;
	json_array_foreach(json_object_get(answer, "apps"), i, a)
		complete_cmd__offer(typed, slice_str(cli_member(c, a, "name")));
	json_decref(answer);
}

/* The zones of the node, when it is found and answers; silently nothing otherwise. */
static void complete_cmd__zones(struct cli *c, struct slice typed)
{
	json_t *zones, *z;
	size_t i;

	if (!complete_cmd__hush() || target_open(c) != CLIENT_OK ||
	    call_list(c->call, "/zones", 50, &zones) != CLIENT_OK)
		return;
	json_array_foreach(zones, i, z) complete_cmd__offer(typed, slice_str(cli_member(c, z, "name")));
	json_decref(zones);
}

static void complete_cmd__commands(const struct cli *c, struct slice typed)
{
	size_t n;
	const struct verb_noun *const *nouns = verb_nouns(&n);

	for (size_t i = 0; i < c->setup->others_n; i++)
		if (c->setup->others[i].summary)
			complete_cmd__offer(typed, slice_str(c->setup->others[i].name));
	for (size_t i = 0; i < n; i++)
		complete_cmd__offer(typed, slice_str(nouns[i]->name));
}

static void complete_cmd__other(const struct cli *c, struct slice typed, const char *command)
{
	for (size_t i = 0; i < c->setup->others_n; i++) {
		if (strcmp(c->setup->others[i].name, command) != 0)
			continue;
		if (strcmp(command, "help") == 0)
			complete_cmd__commands(c, typed);
		else
			complete_cmd__from_help(typed, c->setup->others[i].help);
	}
}

/* What stands at a place of the line behind noun and verb. */
struct complete_cmd__place {
	const struct verb *verb;
	const struct verb_option *open; /* an option that waits for its value */
	size_t word;                    /* how many words stand before */
};

static struct complete_cmd__place complete_cmd__place(struct cli *c, const struct verb *verb, const char *const *words,
						      size_t n)
{
	struct complete_cmd__place p = { .verb = verb };

	for (size_t i = 0; i < n; i++) {
		struct slice rest = slice_str(words[i]), name = slice_split(&rest, '=');
		const struct verb_option *o = verb_option_find(verb, name);
		if (p.open) {
			if (c->given_n < CLI_OPTIONS_MAX)
				c->given[c->given_n++] = (struct cli_given){ p.open, words[i] };
			p.open = NULL;
		} else if (o) {
			p.open = o->kind != VERB_FLAG && !rest.p ? o : NULL;
		} else {
			p.word++;
		}
	}
	return p;
}

static void complete_cmd__at(struct cli *c, const struct complete_cmd__place *p, struct slice typed)
{
	struct slice name = verb_word_name(p->verb, p->word);

	if (p->open) {
		if (p->open->words)
			complete_cmd__words(typed, p->open->words);
		else if (strcmp(p->open->name, "--app") == 0)
			complete_cmd__apps(c, typed);
		return;
	}
	if (typed.n && typed.p[0] == '-') {
		complete_cmd__options(typed, p->verb->options);
		complete_cmd__options(typed, verb_common);
		return;
	}
	if (slice_eq(name, SLICE("ZONE")))
		complete_cmd__zones(c, typed);
	else if (slice_eq(name, SLICE("PHASE")))
		complete_cmd__words(typed, RULES_PHASE_WORDS);
	else if (slice_eq(name, SLICE("TYPE")))
		complete_cmd__words(typed, "A AAAA CAA CNAME HTTPS MX NS PTR SRV SVCB TLSA TXT URI");
	else if (slice_eq(name, SLICE("MODE")))
		complete_cmd__words(typed, "whitelist block challenge js_challenge managed_challenge");
	else if (slice_eq(name, SLICE("SHELL")))
		complete_cmd__words(typed, "bash zsh");
}

/* Whether the name of an app follows. */
static bool complete_cmd__is_app(const char *word)
{
	return strcmp(word, "--app") == 0 || strcmp(word, "-a") == 0;
}

/* Where the command stands behind options in front of it ("seawall --app my-app domains"), as main takes them. */
static size_t complete_cmd__command(const char *const *line, size_t n)
{
	static const char *const valued[] = { "--app", "-a",           "--region", "--config",
					      "--api", "--token-file", "--ca-file" };
	size_t at = 1;

	while (at < n && line[at][0] == '-') {
		bool takes = false;
		for (size_t i = 0; i < sizeof valued / sizeof valued[0]; i++)
			takes |= strcmp(line[at], valued[i]) == 0;
		at += takes ? 2 : 1;
	}
	return at;
}

/* The line with its command in front. */
static const char *const *complete_cmd__turned(struct cli *c, const char *const *line, size_t n, size_t command)
{
	const char **turned = arena_alloc(&c->arena, (n + 1) * sizeof *turned);

	if (!turned || command < 2)
		return line;
	memcpy(turned, line, n * sizeof *turned);
	turned[1] = line[command];
	memcpy(turned + 2, line + 1, (command - 1) * sizeof *turned);
	return turned;
}

/* words: the number of the word under the cursor, then the line's words ("seawall" is word 0). */
static int complete_cmd__line(struct cli *c)
{
	json_int_t at;
	const char *const *line = c->words + 1;
	size_t n = c->words_n - 1, command = complete_cmd__command(line, n);

	if (!cli_number(cli_word(c, 0), 1, CLI_WORDS_MAX, &at))
		return cli_misuse(c, "the number of the word under the cursor comes first");
	struct slice typed = slice_str((size_t)at < n ? line[at] : "");
	if ((size_t)at <= n && complete_cmd__is_app(line[at - 1])) {
		complete_cmd__apps(c, typed);
		return CLIENT_OK;
	}
	if ((size_t)at <= command) {
		complete_cmd__commands(c, typed);
		return CLIENT_OK;
	}
	line = complete_cmd__turned(c, line, n, command);
	if ((size_t)at > n)
		return CLIENT_OK;
	const struct verb_noun *noun = verb_noun_find(slice_str(line[1]));
	if (!noun) {
		complete_cmd__other(c, typed, line[1]);
		return CLIENT_OK;
	}
	bool alone = verb_alone(noun);
	if (!alone && at == 2) {
		for (const struct verb *v = noun->verbs; v->run; v++)
			complete_cmd__offer(typed, slice_str(v->name));
		return CLIENT_OK;
	}
	const struct verb *verb = verb_find(noun, slice_str(alone ? "" : line[2]));
	if (!verb)
		return CLIENT_OK;
	size_t first = alone ? 2 : 3;
	struct complete_cmd__place p = complete_cmd__place(c, verb, line + first, (size_t)at - first);
	complete_cmd__at(c, &p, typed);
	return CLIENT_OK;
}

static int complete_cmd__bash(struct cli *c)
{
	printf("# bash completion for seawall: put it into /usr/share/bash-completion/completions/seawall,\n"
	       "# or: source <(seawall completion bash)\n"
	       "_seawall() {\n"
	       "\tlocal IFS=$'\\n'\n"
	       "\tCOMPREPLY=($(\"${COMP_WORDS[0]}\" completion words -- \"$COMP_CWORD\" \"${COMP_WORDS[@]}\" "
	       "2>/dev/null))\n"
	       "}\n"
	       "complete -o default -F _seawall seawall\n");
	return CLIENT_OK;
}

static int complete_cmd__zsh(struct cli *c)
{
	printf("#compdef seawall\n"
	       "# zsh completion for seawall: put it as _seawall into a folder of $fpath,\n"
	       "# or: source <(seawall completion zsh)\n"
	       "_seawall() {\n"
	       "\tlocal -a offered\n"
	       "\toffered=(\"${(@f)$(\"${words[1]}\" completion words -- $((CURRENT - 1)) \"${words[@]}\" "
	       "2>/dev/null)}\")\n"
	       "\t[[ -n \"${offered[1]}\" ]] && compadd -a offered || _files\n"
	       "}\n"
	       "if [ \"${funcstack[1]}\" = _seawall ]; then _seawall \"$@\"; else compdef _seawall seawall; fi\n");
	return CLIENT_OK;
}

static const struct verb complete_cmd__verbs[] = {
	{ "bash", "", "print the script for bash", NULL, NULL,
	  "source <(seawall completion bash)\n"
	  "seawall completion bash > /usr/share/bash-completion/completions/seawall",
	  complete_cmd__bash, true },
	{ "zsh", "", "print the script for zsh", NULL, NULL,
	  "source <(seawall completion zsh)\nseawall completion zsh > /usr/share/zsh/vendor-completions/_seawall",
	  complete_cmd__zsh, true },
	{ "words", "N WORD…", "what could stand at word N of a command line; the scripts ask this", NULL, NULL,
	  "seawall completion words -- 2 seawall records ''", complete_cmd__line, true },
	{ 0 },
};

const struct verb_noun complete_cmd = { "completion", "completion of commands for bash and zsh", NULL,
					complete_cmd__verbs };
