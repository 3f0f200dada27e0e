/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waf_event: what the firewalls of the edges found lately, as control keeps it over its own end: events by a number
 * that only grows. How many is the caller's to bound. They stay when the zone goes.
 */
#ifndef STATE_WAF_EVENT_H
#define STATE_WAF_EVENT_H

#include "state/state.h"

/* Keeps one. seq: larger than any before. json: its object as text. errors: as store_done. */
enum err state_waf_event_add(struct state *st, int64_t seq, struct slice json) MUST_USE;
/* Forgets those with a smaller number. errors: as store_done. */
enum err state_waf_event_forget(struct state *st, int64_t before) MUST_USE;
/* Calls fn for each, oldest first; json is borrowed for the call. errors: as store_done. */
enum err state_waf_event_each(struct state *st, void (*fn)(void *arg, int64_t seq, struct slice json),
			      void *arg) MUST_USE;

#endif
