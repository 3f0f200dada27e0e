/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan: the edge's end of the door (design.md section 2): a thread of its own that boots the last good plan from the
 * journal, then takes items from control: build, publish in routes, journal, acknowledge. It sends the workers'
 * counters once a second. With control dead it keeps trying and the edge serves on.
 */
#ifndef EDGE_PLAN_H
#define EDGE_PLAN_H

#include "edge/command.h"
#include "edge/events.h"
#include "edge/plan_items.h"
#include "supervisor/node.h"
#include "sys/counters.h"

struct plan;

struct plan_setup {
	const struct node_config *node;     /* borrowed for the plan's life: data, name, limits */
	const struct publisher *publishers; /* borrowed; the plan is the one writer of their tables until plan_stop */
	uint32_t generation;                /* of this edge, as the supervisor counts */
	/* Adds the workers' counters into *sum (zeroed). On the plan thread, once a second; may be NULL. */
	void (*counters)(struct counters *sum, void *arg);
	void *arg;
	struct events *events;                    /* what workers tell control; the plan is its consumer; NULL: none */
	command_fn commands[FRAME_COMMAND_COUNT]; /* what control may ask; called with arg (command.h) */
};

/*
 * Starts the thread and returns when the journal is loaded: the last good plan is published.
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
/* Ends the thread and closes the journal. What is published stays. Commands may still be answered. NULL is fine. */
void plan_stop(struct plan *p);
/* Frees a stopped plan; nobody may answer commands any more. NULL is fine. */
void plan_delete(struct plan *p);

#endif
