/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firewall_events: what the firewall engines of the edges found lately: their events of kind "waf", kept by control up
 * to limit firewall_events_bytes_max, the oldest leave first. Those of the last second may be lost when control is
 * killed, and a flood of them is stored as far as the pace allows; the audit log ([log] audit) keeps everything.
 */
#ifndef API_FIREWALL_EVENTS_H
#define API_FIREWALL_EVENTS_H

#include "base/slice.h"

#include <jansson.h>
#include <stdint.h>

struct api;
struct firewall_events;
struct peer;

/* With those that the state of the api holds, and heard from its control from now on. Caller frees with
 * firewall_events_free. */
struct firewall_events *firewall_events_new(struct api *api, uint64_t bytes_max) __attribute__((returns_nonnull));
/* Stores what is not stored yet, and frees. No transaction may be open. NULL is fine. */
void firewall_events_free(struct firewall_events *all);
/*
 * The i-th newest event as an object, the caller's reference; NULL past the last. `seq` in it only grows.
 */
json_t *firewall_events_at(const struct firewall_events *all, size_t i);

#endif
