/* SPDX-License-Identifier: Apache-2.0 */
/* zone_key: the member "cache_key" of a cache rule (docs/PLAN.md). Private to this room. */
#ifndef MODEL_ZONE_KEY_H
#define MODEL_ZONE_KEY_H

#include "model/json_read.h"
#include "model/zone.h"

/*
 * Reads the object. out: *ret, for mem_free. errors: ERR_PLAN with the member's path, also for what is not acted on
 * here; *ret is untouched then.
 */
enum err zone_key_read(struct json_read *r, const json_t *key, struct cache_key_rule **ret) MUST_USE;

#endif
