/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan: the edge's end of the door (design.md section 2): a thread of its own that boots the last good plan from the
 * journal, then takes items from control: build, publish in routes, journal, acknowledge. It sends the workers'
 * counters once a second. With control dead it keeps trying and the edge serves on.
 */
#ifndef EDGE_PLAN_H
#define EDGE_PLAN_H

#include "edge/routes.h"
#include "supervisor/node.h"
#include "sys/counters.h"

struct plan;

struct plan_setup {
	const struct node_config *node; /* borrowed for the plan's life: data, name, limits */
	struct routes *routes;          /* borrowed; the plan is its one writer until plan_stop */
	uint32_t generation;            /* of this edge, as the supervisor counts */
	/* Adds the workers' counters into *sum (zeroed). On the plan thread, once a second; may be NULL. */
	void (*counters)(struct counters *sum, void *arg);
	/* Control asks this edge to drain. On the plan thread; may be NULL: refused. */
	void (*drain)(void *arg);
	void *arg;
};

/*
 * Starts the thread and returns when the journal is loaded: routes holds the last good plan.
 * A journal that cannot be opened is said on stderr, and the edge starts empty. errors: ERR_SYSTEM (no thread).
 * The thread blocks all signals.
 */
enum err plan_start(const struct plan_setup *setup, struct plan **ret_plan) MUST_USE;
/*
 * Waits until there is a plan to serve: at once when the journal held items, else until control has sent everything
 * it has, at most max_ms. Then the journal of this edge becomes the node's. Call before saying "ready".
 * Returns false when the time was up: nothing is routed yet, items come later.
 */
bool plan_wait_ready(struct plan *p, uint64_t max_ms);
/* Ends the thread and closes the journal. Routes keep what they hold. NULL is fine. */
void plan_stop(struct plan *p);

#endif
