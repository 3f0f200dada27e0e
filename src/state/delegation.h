/* SPDX-License-Identifier: Apache-2.0 */
/* delegation: when each zone's name servers at its parent are looked at again, and how that went. */
#ifndef STATE_DELEGATION_H
#define STATE_DELEGATION_H

#include "state/zone.h"

/* What is known of the delegation of one zone. */
struct state_delegation {
	char zone_id[STATE_ID_BYTES];
	int64_t due_ms;    /* when to look again */
	int64_t looked_ms; /* when it was looked at; 0: never */
	uint32_t misses;   /* looks in a row at which an active zone was not ours */
};

/* What is known; zeroes for a zone that was never looked at. errors: as store_done. */
enum err state_delegation_get(struct state *st, const char *zone_id, struct state_delegation *ret) MUST_USE;
/* Stores it. errors: as store_done. */
enum err state_delegation_save(struct state *st, const struct state_delegation *d) MUST_USE;
/*
 * Full zones that are due by now_ms, or for which a check was asked since the last look, at most cap.
 * out: *ret_next_ms when the first of the others will be. Returns how many. cost: one pass over all zones.
 */
size_t state_delegation_due(struct state *st, int64_t now_ms, char (*ret_ids)[STATE_ID_BYTES], size_t cap,
			    int64_t *ret_next_ms);

#endif
