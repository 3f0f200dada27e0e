/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe: asks instances in quarantine whether they accept a connection, at growing intervals, until one does or is
 * gone. A worker probes what it put there. One set for each worker, its thread.
 */
#ifndef ROUTER_PROBE_H
#define ROUTER_PROBE_H

#include "base/limits.h"
#include "router/balance.h"
#include "sys/loop.h"

struct probe;

/* Embedded in the worker. */
struct probe_set {
	struct loop *loop;
	const struct limits *limits;
	struct probe *list;
};

/* None yet. loop and limits are borrowed. */
void probe_init(struct probe_set *p, struct loop *loop, const struct limits *limits);
/* The instance cut a connection: into quarantine with it, unless it is there. */
void probe_cut(struct probe_set *p, struct instance *i);
/* Ends all, outside a turn; the loop is still there. */
void probe_fini(struct probe_set *p);

#endif
