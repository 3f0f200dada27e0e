/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli: one run of a command: its words and options as parsed against the table, memory for the time of the run, and
 * the ways to say that something is wrong. One thread; lifetime: the run.
 */
#ifndef CLIENT_CLI_H
#define CLIENT_CLI_H

#include "base/arena.h"
#include "client/call.h"
#include "client/client.h"
#include "client/verb.h"

#include <jansson.h>

enum { CLI_WORDS_MAX = 1024, CLI_OPTIONS_MAX = 256, CLI_BYTES_MAX = 1 << 30 };

struct cli_given {
	const struct verb_option *option;
	const char *value; /* NULL for a flag */
};

struct cli {
	const struct client_setup *setup;
	const struct verb_noun *noun;
	const struct verb *verb;
	const char *words[CLI_WORDS_MAX]; /* behind noun and verb */
	size_t words_n;
	struct cli_given given[CLI_OPTIONS_MAX];
	size_t given_n;
	bool json;                /* --json */
	struct call *call;        /* the connection to the API; NULL until target_open */
	struct node_config *node; /* of --config; NULL until target_node found one */
	struct arena_pool pool;
	struct arena arena;
};

/*
 * Fills noun, verb, words and options from argv (argv[0] the noun). Returns CLIENT_OK, or what to exit with after help
 * or a complaint was printed; *ret_done is true when there is nothing left to do.
 */
int cli_parse(struct cli *c, int argc, char **argv, bool *ret_done);

/* The i-th word, or NULL. */
const char *cli_word(const struct cli *c, size_t i);
/* The (last) value of an option, or NULL when it was not given. */
const char *cli_text(const struct cli *c, const char *option);
/* Whether an option was given. */
bool cli_flag(const struct cli *c, const char *option);
/* The next value of an option that may be repeated; in/out *at, 0 at first. NULL at the end. */
const char *cli_next(const struct cli *c, const char *option, size_t *at);
/* How many values an option was given. */
size_t cli_count(const struct cli *c, const char *option);

/* Text by printf that lives as long as the run. */
const char *cli_format(struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3), returns_nonnull));
/* A word as one segment of a URL's path, or as a query value: everything but unreserved characters is %XX. */
const char *cli_escape(struct cli *c, const char *word) __attribute__((returns_nonnull));

/* "seawall NOUN VERB: sentence" on stderr; returns CLIENT_FAILED. */
int cli_fail(const struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* As cli_fail, with a hint at the help page; returns CLIENT_USAGE. */
int cli_misuse(const struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "/zones/NAME" of the first word (ZONE), with what follows behind it. Lives as long as the run. */
const char *cli_zone_path(struct cli *c, const char *behind) __attribute__((returns_nonnull));
/* A line about what was done on stdout, with when it is live if the API said so; nothing with --json. */
void cli_done(struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Prints the value as indented JSON on stdout. */
void cli_print_json(const json_t *value);
/* Text from outside made safe for a terminal: control bytes and bytes that are no UTF-8 become '?'. */
const char *cli_clean(struct cli *c, const char *text) __attribute__((returns_nonnull));
/* A string member, cleaned; "" when it is missing, null or no string. */
const char *cli_member(struct cli *c, const json_t *object, const char *name) __attribute__((returns_nonnull));
/* Any value in few characters, cleaned: text as it is, numbers, yes/no, "-" for null, JSON for the rest. */
const char *cli_value(struct cli *c, const json_t *value) __attribute__((returns_nonnull));
/* A time member for people, "2026-01-31 12:30"; "-" when it is missing. */
const char *cli_time(struct cli *c, const json_t *object, const char *name) __attribute__((returns_nonnull));
/* The strings of a JSON array, "a, b". */
const char *cli_names(struct cli *c, const json_t *list) __attribute__((returns_nonnull));
/* The value as compact JSON, which lives as long as the run. */
struct slice cli_dump(struct cli *c, const json_t *value);
/* The word as a number within [min, max]. False when it is none; *ret untouched. */
bool cli_number(const char *word, uint64_t min, uint64_t max, json_int_t *ret);
/* Reads a file ("-": standard input) of at most max bytes. Returns CLIENT_OK or complains. out: *ret lives as long as
 * the run. */
int cli_read_file(struct cli *c, const char *path, size_t max, struct slice *ret);

#endif
