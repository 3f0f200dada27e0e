/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule_managed: how rules of the phase http_request_firewall_managed run the firewall engine: the parameters of
 * `execute` and of `skip`, and the names that managed rulesets and their rules have in the API (Cloudflare:
 * waf/managed-rules, ruleset-engine/managed-rulesets/override-managed-ruleset). Part of a rule, with its lifetime.
 */
#ifndef MODEL_RULE_MANAGED_H
#define MODEL_RULE_MANAGED_H

#include "model/rule_read.h"
#include "model/zone_waf.h"

enum { RULE_MANAGED_ID_BYTES = 33, RULE_MANAGED_OVERRIDES_MAX = 1000 };

/* Ids of the managed rulesets of the seed edge, which stand for ours. */
#define RULE_MANAGED_OWASP_ID "4814384a9e5d4991b9815dcfc25d2f1f"
#define RULE_MANAGED_BREACHES_ID "efb7b8c949ac4650a09736fc376e9aee"

/* The parameters of `execute` into rule->managed. errors: ERR_PLAN with the member's path. */
enum err rule_managed_execute(struct rule_read *b, const json_t *params, struct rule *rule) MUST_USE;
/* Members `rulesets` and `rules` of the parameters of `skip` in this phase. errors: as above. */
enum err rule_managed_skip(struct rule_read *b, const json_t *params, struct rule *rule) MUST_USE;

/* The set that a ruleset id stands for; 0: none. */
uint8_t rule_managed_set(struct slice id);
/* The id of a rule in the API: 32 hexadecimal digits that its number can be read from again. */
void rule_managed_id(uint32_t number, char ret[static RULE_MANAGED_ID_BYTES]);
/* The number of such an id into *ret; false when it is none. */
bool rule_managed_number(struct slice id, uint32_t *ret);

#endif
