/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router_count: how many requests each app had, by hundreds of their status, as events of kind "app_count" to control:
 * {"id", "n": [0, 1xx, 2xx, 3xx, 4xx, 5xx]}, every ROUTER_COUNT_MS. One for each worker, its thread.
 */
#ifndef EDGE_ROUTER_COUNT_H
#define EDGE_ROUTER_COUNT_H

#include "base/slice.h"
#include "sys/loop.h"

struct worker;

enum { ROUTER_COUNT_APPS = 256, ROUTER_COUNT_MS = 5000, ROUTER_COUNT_ID_MAX = 32, ROUTER_COUNT_CLASSES = 6 };

struct router_count_app {
	char id[ROUTER_COUNT_ID_MAX];
	size_t id_n; /* 0: free */
	uint32_t n[ROUTER_COUNT_CLASSES];
};

struct router_count {
	struct worker *w;
	struct loop_timer timer;
	size_t used;
	struct router_count_app apps[2 * ROUTER_COUNT_APPS]; /* open addressing */
};

/* Nothing counted; w is borrowed. */
void router_count_init(struct router_count *c, struct worker *w);
/* Tells what is left and stops. */
void router_count_fini(struct router_count *c);
/* One more request of an app; id: of its plan item. cost: a hash of the id and a look-up; no allocation. */
void router_count_add(struct router_count *c, struct slice id, unsigned status);

#endif
