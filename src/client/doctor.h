/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor: `seawall doctor`: findings about the machine, the node and a zone, each with what to do. doctor_cmd.c
 * collects and prints; doctor_host.c, doctor_node.c and doctor_zone.c look. Everything that asks something waits with a
 * bound.
 */
#ifndef CLIENT_DOCTOR_H
#define CLIENT_DOCTOR_H

#include "client/cli.h"

enum doctor_level {
	DOCTOR_OK,
	DOCTOR_NOTE, /* worth knowing */
	DOCTOR_WARN, /* works today, may not tomorrow */
	DOCTOR_FAIL, /* something does not work: the exit status is 1 */
};

struct doctor {
	struct cli *cli;
	json_t *list; /* of {level, what, found, todo} */
	size_t fails, warns;
	bool runs; /* the node does */
};

/* Adds a finding. todo: what to do, NULL when there is nothing. Texts are copied. */
void doctor_say(struct doctor *d, enum doctor_level level, const char *what, const char *found, const char *todo);
/* The machine: clock, kernel settings, file limits, resolvers. Uses cli->node when it is there. */
void doctor_host(struct doctor *d);
/* The node: folders and secrets, whether it runs, its ports, its plan, its API. cli->node is there. */
void doctor_node(struct doctor *d);
/* A zone, over the API: status, delegation, its proxied names through the edge. cli->call is open. */
void doctor_zone(struct doctor *d, const char *zone);

#endif
