/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control: the process that turns what is wanted into the plan of the edges: it watches the plan folder, validates,
 * gives revisions, sends each edge what it does not have, keeps their acknowledgements and writes DATA/run/status.json.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include "base/seal.h"
#include "supervisor/node.h"

struct control_setup {
	const struct node_config *node;
	int door_fd;             /* listening, where edges connect; control's to close */
	int ready_fd;            /* gets "ready\n" when the plan folder has been read; -1: nobody waits */
	const struct seal *seal; /* closes and opens what is secret in state and plan; process lifetime */
};

/* Runs until SIGTERM (blocked when this is called). Returns the exit status. */
int control_run(const struct control_setup *setup);

#endif
