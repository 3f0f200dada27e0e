/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access: address rules of zones and accounts, lockdowns and agent rules of zones: one table of JSON objects as clients
 * see them. An owner is the id of a zone or of an account, as in ruleset.h.
 */
#ifndef STATE_ACCESS_H
#define STATE_ACCESS_H

#include "state/ruleset.h"

/* The nouns; their words are the members of a zone plan item. */
#define STATE_ACCESS_RULES "access_rules"
#define STATE_ACCESS_LOCKDOWNS "lockdowns"
#define STATE_ACCESS_AGENTS "ua_rules"
#define STATE_ACCESS_WAF "waf_exclusions"

/* All objects of a noun, oldest first. out: *ret_array, the caller's reference. errors: as store_done. */
enum err state_access_list(struct state *st, const struct state_ruleset_owner *o, const char *noun,
			   json_t **ret_array) MUST_USE;
/* One of them. errors: ERR_NOT_FOUND; as store_done. */
enum err state_access_get(struct state *st, const struct state_ruleset_owner *o, const char *noun, const char *id,
			  json_t **ret) MUST_USE;
/*
 * Keeps an object: with an id in the place of that one, else as a new one, and touches the zones. v gets id, created_on
 * and modified_on. key: what may be there once for an owner and noun. errors: ERR_EXISTS; as store_done.
 */
enum err state_access_keep(struct state *st, const struct state_ruleset_owner *o, const char *noun, const char *key,
			   json_t *v) MUST_USE;
/* Deletes one. errors: ERR_NOT_FOUND; as store_done. */
enum err state_access_delete(struct state *st, const struct state_ruleset_owner *o, const char *noun,
			     const char *id) MUST_USE;
/* Adds the four members to a zone plan item. errors: as store_done. */
enum err state_access_compile(struct state *st, const char *zone_id, const char *account_id, json_t *item) MUST_USE;

#endif
