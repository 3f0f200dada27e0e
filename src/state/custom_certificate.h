/* SPDX-License-Identifier: Apache-2.0 */
/*
 * custom_certificate: certificates that users uploaded for a zone. They are shown before those that this node had
 * itself; among them legacy_custom before sni_custom, then the higher priority, then the newest. Keys are sealed
 * (base/seal.h).
 */
#ifndef STATE_CUSTOM_CERTIFICATE_H
#define STATE_CUSTOM_CERTIFICATE_H

#include "state/state.h"
#include "state/zone.h"

enum { STATE_CUSTOM_PRIORITY = 900 /* of the plan item of the first; others follow, down to those of authorities */ };

/* One row. Everything is borrowed but json. */
struct state_custom_certificate {
	const char *id, *zone_id, *type, *issuer, *signature, *bundle_method, *chain, *sealed;
	const json_t *hosts; /* names in ASCII */
	int64_t priority, from_ms, until_ms;
};

/* The name of its plan item, and what its key is sealed for ("certificate NAME"). */
void state_custom_certificate_item_name(const char *id, char ret[static 64]);
/* Stores a new row, or in place of the one of its id; touches the zone. errors: as store_done. */
enum err state_custom_certificate_put(struct state *st, const struct state_custom_certificate *c) MUST_USE;
/* Changes priority or bundle method only (-1, NULL: as it is); touches the zone. errors: ERR_NOT_FOUND, as store_done.
 */
enum err state_custom_certificate_change(struct state *st, const char *zone_id, const char *id, int64_t priority,
					 const char *bundle_method) MUST_USE;
/* errors: ERR_NOT_FOUND, as store_done. */
enum err state_custom_certificate_delete(struct state *st, const char *zone_id, const char *id) MUST_USE;
/* All of a zone as clients see them, the first that is shown first; or that of an id only (NULL: all). The caller's
 * reference. errors: as store_done. */
enum err state_custom_certificate_json(struct state *st, const struct state_zone *z, const char *id,
				       json_t **ret) MUST_USE;
/* Those of an active zone as plan items, in the same order: fn gets each item's reference, and the id. errors: as
 * store_done, and what fn returns. */
enum err state_custom_certificate_compile(struct state *st, const struct state_zone *z,
					  enum err (*fn)(void *arg, const char *id, json_t *item), void *arg) MUST_USE;
/* Ids of rows of any kind of certificate ("certificate", "order", "custom") that went, of a zone that may have gone
 * too; forgets them. errors: as above. */
enum err state_custom_certificate_gone(struct state *st, const char *zone_id,
				       enum err (*fn)(void *arg, const char *kind, const char *id), void *arg) MUST_USE;

#endif
