/* SPDX-License-Identifier: Apache-2.0 */
/* args: command-line options of one command: --name, --name VALUE or --name=VALUE, from a table. */
#ifndef CMD_ARGS_H
#define CMD_ARGS_H

#include <stdbool.h>
#include <stddef.h>

enum args_kind { ARGS_FLAG, ARGS_TEXT, ARGS_LIST, ARGS_NUMBER };

struct args_list {
	const char **items;
	size_t n, cap;
};

/* One option; a table of them ends with name NULL. target: bool *, const char **, struct args_list *, int *. */
struct args_option {
	const char *name; /* with its dashes */
	enum args_kind kind;
	void *target;
};

/*
 * Reads argv[1…] into the targets; what is not given stays. False after a sentence on stderr: an unknown option, a
 * missing or bad value, a word that is no option.
 */
bool args_read(int argc, char *const *argv, const struct args_option *table);

#endif
