/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rundir: the node's folders. DATA/run (pid file, listen.json, door.sock, status.json), DATA/edge (journal), DATA/state
 * (database), DATA/plan when no other plan folder is set. As root, DATA stays root's, so that the unprivileged children
 * cannot exchange its folders; run is sticky and writable for their group, edge is theirs.
 */
#ifndef SUPERVISOR_RUNDIR_H
#define SUPERVISOR_RUNDIR_H

#include "supervisor/node.h"
#include "supervisor/sandbox.h"

/* Creates what is missing, sets owners and modes. errors: ERR_SYSTEM with path and reason. */
enum err rundir_prepare(const struct node_config *node, const struct sandbox_user *user, struct diag *d) MUST_USE;
/*
 * Opens DATA/run/seawall.pid, locks it and writes our pid. The lock lives in the process and through execve, as long as
 * the descriptor stays open. out: *ret_fd. errors: ERR_EXISTS (another supervisor runs, its pid in d), ERR_SYSTEM.
 */
enum err rundir_lock(const struct node_config *node, int *ret_fd, struct diag *d) MUST_USE;
/* The pid of the running supervisor, by its lock; 0 when none runs. */
int rundir_pid(const struct node_config *node);
/* Writes DATA/run/<name> in one step (new file, rename). errors: ERR_SYSTEM with path and reason. */
enum err rundir_write(const struct node_config *node, const char *name, struct slice text, struct diag *d) MUST_USE;
/* As root: DATA/run/<name>, a regular file or socket, belongs to the user. False when it is something else or missing.
 */
bool rundir_give(const struct node_config *node, const char *name, const struct sandbox_user *user);
/* Removes DATA/run/<name>. */
void rundir_remove(const struct node_config *node, const char *name);

#endif
