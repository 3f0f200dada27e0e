/* SPDX-License-Identifier: Apache-2.0 */
/* child: one process that the supervisor runs: start it, know when it is ready, ask it to leave, count its pauses. */
#ifndef SUPERVISOR_CHILD_H
#define SUPERVISOR_CHILD_H

#include "supervisor/handoff.h"

#include <sys/types.h>

struct child {
	enum handoff_role role;
	uint32_t generation;
	pid_t pid;    /* 0: not running */
	int ready_fd; /* it says "ready" here; -1 when it has or never will */
	bool ready;
	bool leaving;        /* was asked to */
	uint64_t started_ms; /* monotonic */
	uint64_t kill_at_ms; /* 0: not to be killed */
};

/* The program that children execute. */
struct child_program {
	int fd;           /* O_PATH of our own executable: children are always the same build as we are */
	const char *path; /* for the kernel without execveat */
};

/*
 * Starts "seawall edge|control|runner --handoff-fd N". h: what it gets, its descriptors become inheritable in the child
 * only; h->ready_fd is set for the call. All signals stay blocked as they are here. out: *ret. errors: ERR_SYSTEM.
 */
enum err child_start(const struct child_program *program, enum handoff_role role, struct handoff *h,
		     struct child *ret) MUST_USE;
/* Reads the ready pipe; true when the child has become ready just now. */
bool child_check_ready(struct child *c);
/* Asks it to leave with SIGTERM; killed at kill_at_ms when it is still there. No-op when it is not running. */
void child_leave(struct child *c, uint64_t kill_at_ms);
/* Forgets a process that has ended. */
void child_gone(struct child *c);
/* "edge", "control", "runner". Process lifetime. */
const char *child_role_name(enum handoff_role role);

/*
 * The pause before the next start: none after the first failure, then 50 ms doubling up to max_ms; a life of 30 s
 * starts over. in: the pause before this life (UINT64_MAX: it was the first), how long it lived.
 */
uint64_t child_pause_ms(uint64_t last_pause_ms, uint64_t lived_ms, uint64_t max_ms);

#endif
