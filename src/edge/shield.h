/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shield: the thread that watches the zones of an edge, and what their plan items hold for it. Lifetime: process.
 */
#ifndef EDGE_SHIELD_H
#define EDGE_SHIELD_H

#include "edge/events.h"
#include "shield/shield_load.h"

struct shield;
struct shield_handle;

/* For so many workers; ring: where its events go. Nothing runs yet. */
struct shield *shield_new(size_t workers_n, struct events_ring *ring) __attribute__((returns_nonnull));
/* Starts the thread. errors: ERR_SYSTEM. */
enum err shield_start(struct shield *s) MUST_USE;
/* Ends the thread. No-op when it does not run. */
void shield_stop(struct shield *s);
/* Frees; every handle must be gone. NULL is fine. */
void shield_free(struct shield *s);

/* What a zone holds: one reference, the caller's. Any thread. */
struct shield_handle *shield_handle_new(struct shield *s, struct slice zone) __attribute__((returns_nonnull));
/* One more. */
struct shield_handle *shield_handle_ref(struct shield_handle *h) __attribute__((returns_nonnull));
/* Drops one; the last one ends the watch. NULL is fine. */
void shield_handle_unref(struct shield_handle *h);
/* The load of the zone, made at the first call. Lives as long as the handle. Workers. */
struct shield_load *shield_handle_load(struct shield_handle *h) __attribute__((returns_nonnull));

#endif
