/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firewall_events: what the firewall engines of the edges found lately: their events of kind "waf", kept in memory by
 * control up to limit firewall_events_bytes_max, the oldest leave first. They are gone when control ends; the audit log
 * ([log] audit) keeps everything.
 */
#ifndef API_FIREWALL_EVENTS_H
#define API_FIREWALL_EVENTS_H

#include "base/slice.h"

#include <jansson.h>
#include <stdint.h>

struct firewall_events;
struct peer;

/* Nothing kept yet. Caller frees with firewall_events_free. */
struct firewall_events *firewall_events_new(uint64_t bytes_max) __attribute__((returns_nonnull));
/* Frees. NULL is fine. */
void firewall_events_free(struct firewall_events *all);
/* Takes one event in; arg is the struct firewall_events. What is no event is dropped. As control_heard_fn. */
void firewall_events_hear(void *arg, const struct peer *p, struct slice json);
/*
 * The i-th newest event as an object, the caller's reference; NULL past the last. `seq` in it only grows.
 */
json_t *firewall_events_at(const struct firewall_events *all, size_t i);

#endif
