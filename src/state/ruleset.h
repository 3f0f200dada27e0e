/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ruleset: the entry point rulesets of zones and accounts, one for each phase, with their history. An owner is the id
 * of a zone or of an account; what an account wants applies to all its zones, before their own rules. Objects are JSON
 * as clients see them. Whether rules can be run is checked before (model/rule_read.h); here they get ids and versions
 * and are kept.
 */
#ifndef STATE_RULESET_H
#define STATE_RULESET_H

#include "state/state.h"

enum { STATE_RULESET_VERSIONS_MAX = 50 };

/* Whose rulesets: zone_id is "" for an account. Borrowed. */
struct state_ruleset_owner {
	const char *id, *zone_id;
};

/* All of them without their rules, by phase. out: *ret_array, the caller's reference. errors: as store_done. */
enum err state_ruleset_list(struct state *st, const struct state_ruleset_owner *o, json_t **ret_array) MUST_USE;
/* One by its id, or by its phase; with rules. out: *ret, the caller's. errors: ERR_NOT_FOUND; as store_done. */
enum err state_ruleset_get(struct state *st, const struct state_ruleset_owner *o, const char *id,
			   json_t **ret) MUST_USE;
enum err state_ruleset_phase(struct state *st, const struct state_ruleset_owner *o, const char *phase,
			     json_t **ret) MUST_USE;
/*
 * Keeps a ruleset as its next version (or its first, when it has no id yet), and touches the zones it is for. set:
 * {id?, name, description, phase, rules}; it becomes what clients see. errors: ERR_EXISTS (there is one for the phase);
 * as store_done.
 */
enum err state_ruleset_keep(struct state *st, const struct state_ruleset_owner *o, json_t *set) MUST_USE;
/* Deletes it with its history. errors: ERR_NOT_FOUND; as store_done. */
enum err state_ruleset_delete(struct state *st, const struct state_ruleset_owner *o, const char *id) MUST_USE;

/* Its versions, newest first, without rules. out: the caller's reference. errors: as store_done. */
enum err state_ruleset_versions(struct state *st, const char *id, json_t **ret_array) MUST_USE;
/* One version with its rules. errors: ERR_NOT_FOUND; as store_done. */
enum err state_ruleset_version(struct state *st, const char *id, const char *version, json_t **ret) MUST_USE;
/* Forgets an old version. errors: ERR_NOT_FOUND; as store_done. */
enum err state_ruleset_forget(struct state *st, const char *id, const char *version) MUST_USE;

/*
 * New rules in the place of old ones: each gets the id, and while nothing else changes the version and time, of the old
 * rule with its id or its ref; else new ones. out: the caller's array. errors: ERR_EXISTS: two have one ref, at
 * *ret_index.
 */
enum err state_ruleset_merge(const struct state *st, const json_t *old, const json_t *rules, json_t **ret,
			     size_t *ret_index) MUST_USE;

/* Adds the member `rulesets` to a zone plan item: the account's rules, then the zone's. errors: as store_done. */
enum err state_ruleset_compile(struct state *st, const char *zone_id, const char *account_id, json_t *item) MUST_USE;

#endif
