/* SPDX-License-Identifier: Apache-2.0 */
/*
 * upgrade: taking over with a new program in the same process. First the new program is asked whether it accepts the
 * configuration (serve --check); then it is executed in our place with the sockets and the children's pids.
 */
#ifndef SUPERVISOR_UPGRADE_H
#define SUPERVISOR_UPGRADE_H

#include "supervisor/handoff.h"

#include <sys/types.h>

/*
 * Starts "path serve --check …" with the arguments that this supervisor was started with (argv[0] "seawall", argv[1]
 * "serve", …, NULL). out: its pid. errors: ERR_SYSTEM.
 */
enum err upgrade_check(const char *path, char *const *argv, pid_t *ret_pid) MUST_USE;
/* Executes path in our place. Returns only when that failed; everything is as before then. errors: ERR_SYSTEM. */
enum err upgrade_exec(const char *path, char *const *argv, const struct handoff *h);

#endif
