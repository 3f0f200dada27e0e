/* SPDX-License-Identifier: Apache-2.0 */
/* zone_cache: the "cache" member of a host in a zone plan item (docs/PLAN.md). Private to this room. */
#ifndef MODEL_ZONE_CACHE_H
#define MODEL_ZONE_CACHE_H

#include "model/json_read.h"
#include "model/zone.h"

/*
 * Reads the object (NULL: nothing said) over what p already holds, the zone's settings. errors: ERR_PLAN with the
 * member's path.
 */
enum err zone_cache_read(struct json_read *r, const json_t *cache, struct cache_policy *p) MUST_USE;

/*
 * The same members as the parameters of a cache rule, at the reader's path. Which of them a rule names is looked at by
 * rule_params.c, and what they change by rule_cache_merge: a new member has a row in both. errors: ERR_PLAN.
 */
enum err zone_cache_read_rule(struct json_read *r, const json_t *cache, struct cache_policy *p) MUST_USE;

#endif
