/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervisor: the first process of a node (design.md section 2). It opens the sockets, starts control and edge, starts
 * them again when they end, and hands over to a new edge or a new program without refusing a connection. It parses
 * nothing from outside and holds nothing but descriptors and pids.
 *
 * Signals: SIGTERM, SIGINT: drain and end (a second one: at once). SIGHUP: edges open their logs again. SIGUSR2:
 * upgrade to the program that now stands at program_path.
 */
#ifndef SUPERVISOR_SUPERVISOR_H
#define SUPERVISOR_SUPERVISOR_H

#include "supervisor/handoff.h"
#include "supervisor/node.h"

struct supervisor_setup {
	const struct node_config *node;
	struct slice config;      /* what children get to read their settings from; opaque here */
	char *const *argv;        /* "seawall", "serve", its options, NULL: how to start again */
	const char *program_path; /* absolute; looked up anew at an upgrade */
	struct handoff *adopted;  /* from the program before; NULL at a first start. Borrowed */
};

/* Exit status of a process that cannot work with its configuration or surroundings; starting again does not help. */
enum { SUPERVISOR_EXIT_CONFIG = 78 };

/*
 * Runs the node until it is told to end. Returns the exit status: 0; SUPERVISOR_EXIT_CONFIG when it could not start.
 * Call before any thread exists.
 */
int supervisor_run(const struct supervisor_setup *setup);

#endif
