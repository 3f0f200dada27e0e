/* SPDX-License-Identifier: Apache-2.0 */
/* managed_rulesets: the managed rulesets as clients read them. Private to this room. */
#ifndef API_MANAGED_RULESETS_H
#define API_MANAGED_RULESETS_H

#include "base/slice.h"

#include <jansson.h>
#include <stdint.h>

struct waf_rules;

/* The id of a rule of that number: rule_managed_id. */
typedef void (*managed_rulesets_id_fn)(uint32_t number, char *ret);

/* All of them without rules. The caller's reference. */
json_t *managed_rulesets_list(void);
/* The one of that id with its rules, of those that w has (NULL: none are loaded); NULL: no such one. The caller's. */
json_t *managed_rulesets_get(const struct waf_rules *w, struct slice id, managed_rulesets_id_fn rule_id);

#endif
