/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verb: the table of commands: nouns (zones), their verbs (list, add …), the words and options of each. Parsing, help
 * and shell completion all read it, so that they cannot disagree. Lifetime: process, read-only.
 */
#ifndef CLIENT_VERB_H
#define CLIENT_VERB_H

#include "base/slice.h"

#include <stdio.h>

struct cli;

enum verb_kind { VERB_FLAG, VERB_TEXT, VERB_LIST };

/* One option; a table of them ends with name NULL. */
struct verb_option {
	const char *name; /* with its dashes */
	enum verb_kind kind;
	const char *value; /* how help calls the value, NULL for a flag */
	const char *help;
	const char *words; /* values that completion offers, separated by spaces; NULL: none */
};

/*
 * One verb; a table of them ends with run NULL. args: the words that it takes, "ZONE NAME [FILE] WORD…": brackets for
 * what may be left out, an ellipsis at the last when it may be repeated.
 */
struct verb {
	const char *name; /* "" for the only verb of a noun that is a command by itself */
	const char *args;
	const char *summary;               /* one line, lower case, no full stop */
	const struct verb_option *options; /* NULL: none but the common ones */
	const char *more;                  /* paragraphs of help; NULL: none */
	const char *examples;              /* lines without indentation; NULL: none */
	int (*run)(struct cli *c);         /* an enum client_status */
	bool local;                        /* works without the API of a node */
};

struct verb_noun {
	const char *name, *summary;
	const char *more; /* a paragraph of help; NULL: none */
	const struct verb *verbs;
};

/* The options that every verb takes. */
extern const struct verb_option verb_common[];
/* The table of nouns, in the order of help; *ret_n of them. */
const struct verb_noun *const *verb_nouns(size_t *ret_n);
/* The noun, or NULL. */
const struct verb_noun *verb_noun_find(struct slice name);
/* The verb of a noun, or NULL; for a noun that is a command by itself, name is ignored. */
const struct verb *verb_find(const struct verb_noun *noun, struct slice name);
/* True when the noun is a command by itself. */
bool verb_alone(const struct verb_noun *noun);
/* The option of a verb or a common one, or NULL. name: without "=value". */
const struct verb_option *verb_option_find(const struct verb *verb, struct slice name);
/* How the i-th word of args is called, without brackets and ellipsis; the empty slice past the end. */
struct slice verb_word_name(const struct verb *verb, size_t i);
/* How many words a verb takes. out: *ret_min, *ret_max (SIZE_MAX when the last may be repeated). */
void verb_words_range(const struct verb *verb, size_t *ret_min, size_t *ret_max);
/* Help for people: of a noun, of one verb. */
void verb_help_noun(const struct verb_noun *noun, FILE *out);
void verb_help(const struct verb_noun *noun, const struct verb *verb, FILE *out);

#endif
