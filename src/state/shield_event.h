/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shield_event: what the autopilots of the edges did: when an attack of a zone began, was met, and was over. The last
 * ones are kept, a bounded number; they stay when the zone goes.
 */
#ifndef STATE_SHIELD_EVENT_H
#define STATE_SHIELD_EVENT_H

#include "state/state.h"

enum { STATE_SHIELD_EVENTS_MAX = 10000 };

/* Keeps one, and forgets the oldest over the bound. event: an object with the member "zone". errors: as store_done. */
enum err state_shield_event_add(struct state *st, const char *zone_name, const json_t *event) MUST_USE;
/* The last `most` of a zone, newest first, each with "at". out: the caller's reference.
 * errors: as store_done. */
enum err state_shield_event_list(struct state *st, const char *zone_name, int64_t most, json_t **ret_array) MUST_USE;

#endif
