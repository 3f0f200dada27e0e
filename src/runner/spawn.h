/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spawn: starts one instance as a process of its own: another user than root, a session and process group of its own,
 * no descriptor but standard input (/dev/null), output and error (one pipe), resource limits, no new privileges, and
 * SIGKILL when the runner ends. Private to this room; single-threaded callers only.
 *
 * Whom instances run as: Seawall itself not being root, as itself. As root: the user of [platform] user; without one,
 * a user number of its own for each app from SPAWN_UID_FIRST on, which no name has (systemd's range for dynamic users).
 */
#ifndef RUNNER_SPAWN_H
#define RUNNER_SPAWN_H

#include "base/diag.h"
#include "base/limits.h"
#include "runner/runner_msg.h"

#include <sys/types.h>

enum { SPAWN_UID_FIRST = 61184, SPAWN_UID_COUNT = 4000, SPAWN_PORT_FIRST = 20000, SPAWN_PORT_COUNT = 10000 };

struct spawn_user {
	uid_t uid;
	gid_t gid;
	bool change; /* we are root */
};

/*
 * configured: [platform] user, or "". taken tells whether a number is used by another app now. errors: ERR_CONFIG (no
 * such user, root, or we are not root and it is another), ERR_RANGE (all numbers are taken).
 */
enum err spawn_user_find(const char *configured, struct slice app, bool (*taken)(void *arg, uid_t uid), void *arg,
			 struct spawn_user *ret, struct diag *d) MUST_USE;

/*
 * A port on loopback that nobody listens on now, from `seed` on; taken as above. Below the range of ports that the
 * kernel gives to clients, so that none of them gets it before the instance does. errors: ERR_RANGE.
 */
enum err spawn_port(uint64_t seed, bool (*taken)(void *arg, uint16_t port), void *arg, uint16_t *ret) MUST_USE;
/* Whether somebody accepts connections at that port of 127.0.0.1 right now. Does not wait. */
bool spawn_answers(uint16_t port);

struct spawn {
	const struct runner_start *start;
	const struct spawn_user *user;
	uint16_t port; /* 0: none */
	const struct limits *limits;
};

/*
 * Starts it: /bin/sh -c COMMAND with the variables, and PORT when there is one. out: *ret_pid, *ret_fd (where
 * its output is read, non-blocking, the caller's). errors: ERR_SYSTEM with the reason.
 */
enum err spawn_start(const struct spawn *s, pid_t *ret_pid, int *ret_fd, struct diag *d) MUST_USE;

#endif
