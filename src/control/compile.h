/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compile: the state of a zone as plan items: "zone" (how its proxied names are served) and "dns" (how its names are
 * answered); of an app as "app", of a domain of an app as "certificate". Each noun of the state contributes its member;
 * docs/PLAN.md describes the items. The list of bans is "bans". No I/O but the database.
 */
#ifndef CONTROL_COMPILE_H
#define CONTROL_COMPILE_H

#include "control/publish.h"
#include "state/state.h"
#include "supervisor/node.h"

struct compile;

/* Nothing compiled yet. st and node are borrowed. The caller frees with compile_free. */
struct compile *compile_new(struct state *st, const struct node_config *node) __attribute__((returns_nonnull));
/* NULL is fine. */
void compile_free(struct compile *c);
/* Forgets the items. */
void compile_clear(struct compile *c);
/*
 * Adds the items of one zone; those of a zone that is not there, or that has nothing to serve, as not wanted.
 * errors: ERR_PLAN (its rows make no valid item; the reason in d), ERR_SYSTEM and others of store_done.
 */
enum err compile_zone(struct compile *c, const char *zone_id, struct diag *d) MUST_USE;
/* The same for an app, for the certificate of one of its domains, for the list of bans, and for whatever was touched.
 * errors: as compile_zone. */
enum err compile_app(struct compile *c, const char *app_id, struct diag *d) MUST_USE;
enum err compile_domain(struct compile *c, const char *domain_id, struct diag *d) MUST_USE;
enum err compile_bans(struct compile *c, struct diag *d) MUST_USE;
enum err compile_touched(struct compile *c, const struct state_touched *t, struct diag *d) MUST_USE;
/* The items, compile_count of them; good until the next call. */
const struct publish_item *compile_items(struct compile *c);
size_t compile_count(const struct compile *c);

#endif
