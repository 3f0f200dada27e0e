/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edge: the process that meets visitors. cmd/edge.c reads what the supervisor handed over, drops privileges, enters
 * the sandbox and calls edge_run, which starts the workers and the plan thread and returns when it has drained.
 */
#ifndef EDGE_EDGE_H
#define EDGE_EDGE_H

#include "base/seal.h"
#include "supervisor/node.h"
#include "xdp/xdp_drop.h"

/* One socket of one worker. Every worker has at least one for each address of [listen] http, https and dns. */
struct edge_listen {
	int fd;                /* listening (UDP: bound), non-blocking, close-on-exec; the edge's to close */
	enum listen_kind kind; /* all but LISTEN_API */
	uint32_t worker;       /* 0 to node->workers - 1 */
	struct ip_port addr;   /* real address and port */
};

struct edge_setup {
	const struct node_config *node;    /* settings and limits; node->access_log: the log's path */
	const struct edge_listen *listens; /* grouped by worker */
	size_t listens_n;
	/*
	 * Write "ready\n" here and close it when the plan is loaded (plan_wait_ready) and the workers accept; the
	 * supervisor then drains the edge before this one. -1: nobody waits.
	 */
	int ready_fd;
	const int *kernel_maps;  /* XDP_DROP_MAPS of them, where the kernel drops what is banned; NULL: it does not */
	uint32_t generation;     /* for plan_setup */
	const struct seal *seal; /* opens the secrets in plan items; process lifetime */
};

/*
 * Serves until told to leave. Signals (all blocked when this is called; take them with signalfd or sigwait):
 * SIGTERM: drain: stop accepting, finish what runs within limits.shutdown_ms, return. SIGHUP: open the access log
 * again. Returns the exit status of the process, 0 after a clean drain.
 */
int edge_run(const struct edge_setup *setup);

#endif
