/* SPDX-License-Identifier: Apache-2.0 */
/* main: the table of commands, help, and a hint for a command that is almost one. */
#include "base/slice.h"
#include "cmd/cmd.h"
#include "sample/sample.h"

#include <stdio.h>

#define MAIN__CONFIG_HELP                                                                                              \
	"  --config FILE          the configuration file (docs/CONFIG.md)\n"                                           \
	"  --set SECTION.KEY=V    sets one value, over what the file says; may be repeated\n"

struct main__command {
	const char *name;
	int (*fn)(int argc, char **argv);
	const char *summary; /* NULL: internal, not listed */
	const char *help;
};

static int main__help(int argc, char **argv);
static int main__version(int argc, char **argv);

static const struct main__command main__commands[] = {
	{ "serve", serve_main, "run the node: supervisor, control and edge",
	  "usage: seawall serve --config FILE [--set SECTION.KEY=VALUE]… [--check]\n\n" MAIN__CONFIG_HELP
	  "  --check                judge the configuration and end: status 0 when it is fine\n\n"
	  "A smallest configuration:\n\n"
	  "  [node]\n  data = ./data\n  [listen]\n  http = 127.0.0.1:8080\n  [plan]\n  folder = ./plan\n\n"
	  "and in ./plan, demo.json, which is picked up as soon as it is saved (docs/PLAN.md):\n\n"
	  "  {\"kind\": \"zone\", \"name\": \"example.test\",\n"
	  "   \"hosts\": [{\"name\": \"www.example.test\", \"origins\": [\"127.0.0.1:3000\"]}]}\n\n"
	  "Signals: SIGTERM or SIGINT drain and end, a second one ends at once; SIGHUP opens the logs again;\n"
	  "SIGUSR2 takes over with the program that is installed now (`seawall upgrade`).\n" },
	{ "status", status_main, "show what the node does: plan items, edges, counters",
	  "usage: seawall status --config FILE [--set SECTION.KEY=VALUE]… [--json]\n\n" MAIN__CONFIG_HELP
	  "  --json                 the file as it is\n" },
	{ "upgrade", upgrade_command_main, "take over with a new program without refusing a connection",
	  "usage: seawall upgrade --config FILE [--set SECTION.KEY=VALUE]…\n\n" MAIN__CONFIG_HELP
	  "\nInstall the new program over the old one, then run this. The supervisor asks the new program whether it\n"
	  "accepts the configuration, becomes it, starts a new edge and drains the old one when the new one is "
	  "ready.\n" },
	{ "backup", copy_command_backup, "write the state of the node to a file, while it runs",
	  "usage: seawall backup FILE --config FILE [--set SECTION.KEY=VALUE]…\n\n" MAIN__CONFIG_HELP
	  "\nFILE must not be there yet; it appears whole and checked, mode 0600. It holds zones, records, settings,\n"
	  "rules, tokens (as hashes) and sealed private keys, which need DATA/node.key. For example each night:\n"
	  "  seawall backup /backup/seawall-$(date +%F).db --config /etc/seawall/seawall.conf\n" },
	{ "restore", copy_command_restore, "put a backup in the place of the state, while the node is stopped",
	  "usage: seawall restore FILE --config FILE [--set SECTION.KEY=VALUE]…\n\n" MAIN__CONFIG_HELP
	  "\nThe file is checked first: undamaged, a backup of Seawall, not of a newer version. What was there stays "
	  "as\n"
	  "DATA/state/state.db.before. At the next start the edges get what is different.\n" },
	{ "ca", ca_command_main, "print the root of the internal certification authority",
	  "usage: seawall ca export [--origin-pull] --config FILE [--set SECTION.KEY=VALUE]…\n\n" MAIN__CONFIG_HELP
	  "\nPEM on standard output; with it clients trust the certificates that this node makes:\n"
	  "  seawall ca export --config FILE >ca.pem && curl --cacert ca.pem https://www.example.test/\n" },
	{ "limits", limits_command_main, "list every limit: default, range, reason, what happens at the bound",
	  "usage: seawall limits [--config FILE [--set SECTION.KEY=VALUE]…]\n\n" MAIN__CONFIG_HELP
	  "\nWith a configuration, shows its values. Set one with `[limits] name = value`.\n" },
	{ "dns-keys", dns_keys_command_main, "make keys for a signed DNS zone of the plan folder",
	  "usage: seawall dns-keys --config FILE [--set SECTION.KEY=VALUE]… --zone NAME\n\n" MAIN__CONFIG_HELP
	  "  --zone NAME            the zone\n\nPrints member `dnssec` of the zone's item (docs/PLAN.md), sealed for "
	  "this "
	  "node, and on stderr the DS record\nfor the parent.\n" },
	{ "sample-app", sample_main, "a small web application to try Seawall with",
	  "usage: seawall sample-app --help tells its options\n" },
	{ "version", main__version, "print the version", "usage: seawall version\n" },
	{ "help", main__help, "tell about a command", "usage: seawall help [COMMAND]\n" },
	{ "edge", edge_command_main, NULL, "usage: the supervisor starts it: seawall edge --handoff-fd N\n" },
	{ "runner", runner_command_main, NULL, "usage: the supervisor starts it: seawall runner --handoff-fd N\n" },
	{ "control", control_command_main, NULL, "usage: the supervisor starts it: seawall control --handoff-fd N\n" },
};

enum { MAIN__COMMANDS = sizeof main__commands / sizeof main__commands[0], MAIN__WORD_MAX = 32 };

static const struct main__command *main__find(const char *name)
{
	for (size_t i = 0; i < MAIN__COMMANDS; i++)
		if (strcmp(main__commands[i].name, name) == 0)
			return &main__commands[i];
	return NULL;
}

/* Edits that make one word of the other (Levenshtein); long words count as far away. */
static size_t main__distance(struct slice a, struct slice b)
{
	size_t row[MAIN__WORD_MAX + 1];

	if (a.n > MAIN__WORD_MAX || b.n > MAIN__WORD_MAX)
		return SIZE_MAX;
	for (size_t k = 0; k <= b.n; k++)
		row[k] = k;
	for (size_t i = 0; i < a.n; i++) {
		size_t corner = row[0];
		row[0] = i + 1;
		for (size_t k = 0; k < b.n; k++) {
			size_t change = corner + (a.p[i] != b.p[k]),
			       add = (row[k] < row[k + 1] ? row[k] : row[k + 1]) + 1;
			corner = row[k + 1];
			row[k + 1] = change < add ? change : add;
		}
	}
	return row[b.n];
}

/* The i-th command that people may use: the program's own, then those of the API. NULL at the end. */
static const char *main__name(size_t i, const char **ret_summary)
{
	const char *name = NULL;

	if (i < MAIN__COMMANDS) {
		*ret_summary = main__commands[i].summary;
		return main__commands[i].name;
	}
	return client_at(i - MAIN__COMMANDS, &name, ret_summary) ? name : NULL;
}

static int main__unknown(const char *word)
{
	const char *best = NULL, *name, *summary = NULL;
	size_t best_distance = 4;

	for (size_t i = 0; (name = main__name(i, &summary)); i++) {
		size_t n = main__distance(slice_str(word), slice_str(name));
		if (summary && n < best_distance) {
			best = name;
			best_distance = n;
		}
	}
	fprintf(stderr, "seawall: there is no command \"%s\"", word);
	if (best)
		fprintf(stderr, "; did you mean \"%s\"?", best);
	fprintf(stderr, "\n`seawall help` lists the commands.\n");
	return CMD_USAGE;
}

static void main__list(FILE *out)
{
	fprintf(out, "Seawall %s: an edge and an app router of your own.\n\nusage: seawall COMMAND [OPTIONS]\n\n",
		SEAWALL_VERSION);
	const char *name, *summary = NULL;
	for (size_t i = 0; (name = main__name(i, &summary)); i++) {
		if (i == MAIN__COMMANDS)
			fprintf(out, "\nover the API of a running node (--config FILE, or --api URL):\n");
		if (summary)
			fprintf(out, "  %-22s %s\n", name, summary);
	}
	fprintf(out, "\n`seawall COMMAND --help` tells more. Begin with `seawall serve --help`.\n");
}

static int main__client(int argc, char **argv)
{
	struct client_other others[MAIN__COMMANDS];

	for (size_t i = 0; i < MAIN__COMMANDS; i++)
		others[i] = (struct client_other){ main__commands[i].name, main__commands[i].summary,
						   main__commands[i].help };
	return client_command_main(others, MAIN__COMMANDS, argc, argv);
}

static int main__help(int argc, char **argv)
{
	const struct main__command *command = argc > 1 ? main__find(argv[1]) : NULL;

	if (argc > 1 && client_has(argv[1])) {
		char help[] = "--help", *words[] = { argv[1], argc > 2 ? argv[2] : help, help, NULL };
		return main__client(3, words);
	}
	if (argc > 1 && !command)
		return main__unknown(argv[1]);
	if (!command)
		main__list(stdout);
	else
		printf("%s%s%s", command->summary ? command->summary : "", command->summary ? "\n\n" : "",
		       command->help);
	return CMD_OK;
}

static int main__version(int argc, char **argv)
{
	printf("seawall %s\n", SEAWALL_VERSION);
	return CMD_OK;
}

static bool main__asks_for_help(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

/* Options that may stand in front of a command about apps, with their value or without. */
static size_t main__option_words(const char *word)
{
	static const char *const valued[] = { "--app", "-a",           "--region", "--config",
					      "--api", "--token-file", "--ca-file" };

	if (strcmp(word, "--json") == 0)
		return 1;
	for (size_t i = 0; i < sizeof valued / sizeof valued[0]; i++) {
		size_t n = strlen(valued[i]);
		if (strncmp(word, valued[i], n) == 0 && (word[n] == '\0' || word[n] == '='))
			return word[n] ? 1 : 2;
	}
	return 0;
}

/* "seawall --app my-app domains" is "seawall domains --app my-app": the command comes to the front. */
static void main__command_first(int argc, char **argv)
{
	int at = 1;

	for (size_t n; at < argc && (n = main__option_words(argv[at])) > 0;)
		at += (int)n;
	if (at == 1 || at >= argc || !client_has(argv[at]))
		return;
	char *command = argv[at];
	memmove(argv + 2, argv + 1, (size_t)(at - 1) * sizeof *argv);
	argv[1] = command;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		main__list(stderr);
		return CMD_USAGE;
	}
	main__command_first(argc, argv);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return main__help(argc - 1, argv + 1);
	if (strcmp(argv[1], "--version") == 0)
		return main__version(argc - 1, argv + 1);
	if (client_has(argv[1]))
		return main__client(argc - 1, argv + 1);
	const struct main__command *command = main__find(argv[1]);
	if (!command)
		return main__unknown(argv[1]);
	/* The sample application explains itself. */
	if (command->fn != sample_main && main__asks_for_help(argc - 1, argv + 1)) {
		char *words[] = { argv[0], argv[1], NULL };
		return main__help(2, words);
	}
	return command->fn(argc - 1, argv + 1);
}
