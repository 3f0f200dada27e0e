/* SPDX-License-Identifier: Apache-2.0 */
/* supervisor_int: what supervisor.c and supervisor_open.c share. */
#ifndef SUPERVISOR_SUPERVISOR_INT_H
#define SUPERVISOR_SUPERVISOR_INT_H

#include "supervisor/child.h"
#include "supervisor/sandbox.h"
#include "supervisor/supervisor.h"

enum {
	SUPERVISOR__OLD_MAX = HANDOFF_CHILDREN_MAX - HANDOFF_ROLES,
	SUPERVISOR__DIAG_BYTES = DIAG_TEXT_BYTES + DIAG_WHERE_BYTES + 4,
};

/* The place of a child that is to run always. */
struct supervisor_slot {
	struct child child;
	uint64_t pause_ms, start_at_ms;
};

struct supervisor {
	uint32_t magic; /* OBJ_SUPERVISOR */
	const struct supervisor_setup *setup;
	struct sandbox_user user;
	struct child_program program;
	struct handoff *h;   /* sockets, door, pid file, generation */
	struct handoff *old; /* sockets of addresses that are configured no more */
	struct supervisor_slot slots[HANDOFF_ROLES];
	struct child leaving[SUPERVISOR__OLD_MAX]; /* children of the program before */
	size_t leaving_n;
	int signal_fd;
	bool stopping, was_ready, adopted;
	int exit_status;
	pid_t check_pid;
	uint64_t check_until_ms;
};

/*
 * Opens all that must be there before a child starts: folders, lock, log, sockets, door, configuration. What fails is
 * said. In the middle of an upgrade, going on with what there is beats ending: then it returns OK all the same.
 */
enum err supervisor_open(struct supervisor *s) MUST_USE;

#endif
