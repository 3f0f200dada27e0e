/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routes: which site answers for a host: the zones that are live, by name. One writer (the plan thread, plan.h), any
 * number of readers (workers) that take no lock. Zones that are replaced are freed after a grace period; a reader that
 * wants to keep one across a loop turn takes a reference (zone_ref). Lifetime: process.
 */
#ifndef EDGE_ROUTES_H
#define EDGE_ROUTES_H

#include "model/zone.h"

struct routes;

/* An empty table. Caller frees with routes_free. */
struct routes *routes_new(void) __attribute__((returns_nonnull));
/* Frees the table and drops the zones; no reader may be left. NULL is fine. The caller is a snap thread or none is. */
void routes_free(struct routes *r);

/*
 * The site for a canonical host (lower case, no final dot), or NULL. The nearest enclosing zone decides, as a zone cut
 * does in DNS: a parent zone is not asked when the nearer one does not have the host.
 * thread: any snap thread; valid until its next quiescent state. cost: one hash and look-up per label, no allocation.
 */
const struct site *routes_find(const struct routes *r, struct slice canonical_host);
/*
 * A number that changes with each publish or removal, never 0. Read it before routes_find: a remembered result is good
 * as long as the number is the same. Any thread.
 */
uint64_t routes_generation(const struct routes *r);
/* The live zone of exactly that name, or NULL; valid as the result of routes_find is. */
const struct zone *routes_zone(const struct routes *r, struct slice name);
/* Zones that are live. Any thread. */
size_t routes_count(const struct routes *r);

/* Puts a zone in or in place of the one of that name; takes over the caller's reference. Writer only, snap thread. */
void routes_publish(struct routes *r, struct zone *zone);
/* Takes the zone of that name out; false when there was none. Writer only, snap thread. */
bool routes_remove(struct routes *r, struct slice name);

#endif
