/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client: the commands that talk to a node over its API (zones, records, settings, rules, purge, tokens …), all from
 * one table (verb.h), which also makes their help and the completion of shells. Exit statuses: enum client_status.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "base/diag.h"
#include "supervisor/node.h"

enum client_status {
	CLIENT_OK = 0,     /* done */
	CLIENT_FAILED = 1, /* refused, or not all could be done */
	CLIENT_USAGE = 2,  /* wrong use of the command */
	CLIENT_AWAY = 3,   /* the API cannot be reached or does not accept the token */
};

/* A command of the program that is not ours, for completion. Process lifetime. */
struct client_other {
	const char *name, *summary, *help; /* summary NULL: not to be completed */
};

/* What the program lends to the room. Process lifetime. */
struct client_setup {
	/* Reads the configuration file. errors: ERR_CONFIG with file, line and reason. */
	enum err (*load)(const char *file, struct node_config *ret, struct diag *d);
	const struct client_other *others; /* every other command, others_n of them */
	size_t others_n;
};

/* Whether the word is a command of this room. */
bool client_has(const char *word);
/* The name and summary of command number i in the order of help, or false past the end. Process lifetime. */
bool client_at(size_t i, const char **ret_name, const char **ret_summary);
/* Runs the command argv[0] with its words and options. Blocks on the network. Returns an exit status; what there is to
 * say was said on stdout and stderr. */
int client_main(const struct client_setup *setup, int argc, char **argv);

#endif
