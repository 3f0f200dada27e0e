/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runner: the process that starts and ends the instances of apps, for nobody but control (runner_msg.h says how they
 * talk). It decides nothing: what should run, when to try again and where traffic goes is control's (formation.h).
 * It stays root when the supervisor is, to become the users of instances; so it is small, and it parses nothing but
 * control's messages. Instances outlive control and its restarts; they end with the runner.
 *
 * Memory: an instance whose processes together have more resident memory than it may is ended (a look each second at
 * /proc); no cgroups are needed for that.
 */
#ifndef RUNNER_RUNNER_H
#define RUNNER_RUNNER_H

#include "supervisor/node.h"

#include <sys/types.h>

struct runner_setup {
	const struct node_config *node;
	int listen_fd;     /* where control connects; the runner's to close */
	uid_t control_uid; /* who may give orders, besides root and ourselves */
	int ready_fd;      /* gets "ready\n"; -1: nobody waits */
};

/*
 * Runs until SIGTERM, then ends all instances (SIGTERM, and SIGKILL after instance_stop_ms). One thread. Returns the
 * exit status.
 */
int runner_run(const struct runner_setup *setup);

#endif
