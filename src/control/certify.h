/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certify: every zone that is wanted has a certificate. Ours come from the internal authority (tls/tls_ca.h), which
 * is made at the first start and kept in DATA/state/ca, its key sealed; they are wanted as plan items
 * "certificate/internal-ZONE": for the zone, its names of one level (a wildcard), and each deeper name. With [listen]
 * platform_https the platform has one too. One thread.
 */
#ifndef CONTROL_CERTIFY_H
#define CONTROL_CERTIFY_H

#include "base/seal.h"
#include "control/desired.h"
#include "supervisor/node.h"

struct certify;

enum { CERTIFY_DAYS = 90 };

/* The item of the platform's own certificate, for *.REGION.SUFFIX ([platform]). */
#define CERTIFY_PLATFORM "platform-default"

/*
 * Opens or makes the authority. node, seal and desired are borrowed. out: *ret, the caller's. errors: ERR_CONFIG,
 * ERR_SYSTEM with path and reason in d.
 */
enum err certify_new(const struct node_config *node, const struct seal *seal, struct desired *desired,
		     struct certify **ret, struct diag *d) MUST_USE;
/* Frees; what is wanted stays wanted. NULL is fine. */
void certify_free(struct certify *c);

/* An item is wanted now, in this form; notes what a zone needs. Call for every item that enters. */
void certify_entering(struct certify *c, const struct desired_item *item);
/* The item of that key is not wanted any more. */
void certify_removed(struct certify *c, const char *key);
/*
 * Issues what is missing and what has passed two thirds of its life, some at a time, and lets go what no zone needs.
 * Not from inside a call of desired_watch. Returns milliseconds until it wants to be called again; 0: at once.
 */
uint64_t certify_tick(struct certify *c, int64_t wall_ms);
/*
 * A certificate of the authority for these names (1 to 256, canonical), for CERTIFY_DAYS. Appends chain (PEM) and key
 * (DER; the caller seals and wipes it). errors: as tls_ca_issue.
 */
enum err certify_issue(const struct certify *c, const struct slice *hosts, size_t n, int64_t wall_ms, struct buf *chain,
		       struct buf *key) MUST_USE;
/* Something is still to be issued: what edges have must not be deleted yet. */
bool certify_pending(const struct certify *c);

#endif
