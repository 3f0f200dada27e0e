/* SPDX-License-Identifier: Apache-2.0 */
/* entry: how a child of the supervisor begins: what was handed over, its settings, then the sandbox. */
#ifndef CMD_ENTRY_H
#define CMD_ENTRY_H

#include "cmd/config.h"
#include "supervisor/handoff.h"

struct entry {
	const char *role; /* "edge", "control", "runner": for lines on stderr */
	struct handoff *handoff;
	struct buf blob; /* the packed configuration; strings of the source live in it */
	struct node_config node;
	struct seal seal; /* the node's key */
};

/* Reads --handoff-fd and all behind it. False after a line on stderr. entry_end in any case. */
bool entry_begin(struct entry *e, const char *role, int argc, char **argv);
/*
 * Blocks the signals that children take by signalfd, gives up privileges and enters the sandbox; what the kernel
 * refuses is said loudly and lived with. profile: sandbox.h. False when the user cannot reach what the role needs.
 */
bool entry_confine(const struct entry *e, unsigned profile);
/*
 * For the runner, which starts processes and so has no filter: signals as above, no new privileges, as root only the
 * capabilities of sandbox_narrow. False when the kernel refuses that.
 */
bool entry_narrow(const struct entry *e);
/* Frees what entry_begin made. */
void entry_end(struct entry *e);

#endif
