/* SPDX-License-Identifier: Apache-2.0 */
/* purge_command: the command PURGE: what control orders, done to this edge's cache. Plan thread. */
#ifndef EDGE_PURGE_COMMAND_H
#define EDGE_PURGE_COMMAND_H

#include "cache/purge.h"
#include "edge/command.h"
#include "edge/routes.h"

struct purge_command {
	struct cache *cache;   /* borrowed */
	struct routes *routes; /* borrowed */
	uint64_t last;         /* id of the last purge that was carried out; 0: none since this edge began */
};

/*
 * Carries out one order and answers {"removed":N,"last":ID}; removed is null when everything went, which is not
 * counted.
 * {"last":true} only asks; {"all_zones":ID} takes everything of all zones away, for an edge that missed more orders
 * than are remembered.
 */
void purge_command_run(struct purge_command *p, struct command *c, struct slice json);

#endif
