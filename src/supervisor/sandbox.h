/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox: what the children give up after they start: root, every capability, gaining privileges by execve, and all
 * system calls but those of syscalls.def. Call in this order, before threads start: sandbox_drop, sandbox_filter.
 */
#ifndef SUPERVISOR_SANDBOX_H
#define SUPERVISOR_SANDBOX_H

#include "base/diag.h"

#include <sys/types.h>

enum { SANDBOX_EDGE = 1, SANDBOX_CONTROL = 2 }; /* whose calls; bits in syscalls.def */

/* Who the children are. */
struct sandbox_user {
	bool drop; /* we are root and this is another user */
	uid_t uid;
	gid_t gid;
	char name[33];
};

/*
 * As root: the configured user, or when empty "seawall" if that user exists, else "nobody". Not as root: ourselves; a
 * configured other user is an error. errors: ERR_CONFIG.
 */
enum err sandbox_user_find(const char *configured, struct sandbox_user *ret, struct diag *d) MUST_USE;

/*
 * Becomes the user without supplementary groups, drops every capability of every set, sets no_new_privs and lets the
 * kernel send SIGTERM when the supervisor dies. errors: ERR_SYSTEM with what the kernel refused; what could be given up
 * is given up all the same.
 */
enum err sandbox_drop(const struct sandbox_user *user, struct diag *d) MUST_USE;

/*
 * What the runner gives up, which stays who it is: as root every capability but those to become another user and to end
 * the processes of others; sets no_new_privs, which its children inherit, and lets the kernel send SIGTERM when the
 * supervisor dies. Not as root: the last two. errors: ERR_SYSTEM, as sandbox_drop.
 */
enum err sandbox_narrow(struct diag *d) MUST_USE;

/*
 * Allows only the system calls of this profile, for all threads; others fail with EPERM. log: refused calls are written
 * to the kernel's audit log. errors: ERR_SYSTEM when the kernel has no seccomp or refuses it.
 */
enum err sandbox_filter(unsigned profile, bool log, struct diag *d) MUST_USE;

#endif
