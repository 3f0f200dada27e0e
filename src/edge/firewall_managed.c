/* SPDX-License-Identifier: Apache-2.0 */
/* firewall_managed: what rules of the phase http_request_firewall_managed make of the loaded rules. See firewall.h. */
#include "base/mem.h"
#include "edge/firewall.h"

static void firewall_managed__set(uint8_t *bits, uint32_t i, bool on)
{
	if (on)
		bits[i >> 3] |= (uint8_t)(1u << (i & 7));
	else
		bits[i >> 3] &= (uint8_t) ~(1u << (i & 7));
}

static bool firewall_managed__means(const struct rule_managed_override *o, const struct rule *r)
{
	if (o->rule)
		return r->id == o->rule;
	for (size_t i = 0; i < r->tags_n; i++)
		if (slice_eq(r->tags[i], o->category))
			return true;
	return false;
}

/* Whether a rule belongs to a set that m runs. */
static bool firewall_managed__is_of(const struct waf_rules *w, const struct rule_managed *m, const struct rule *r)
{
	enum waf_part part = (enum waf_part)w->parts[r->index];

	return (part == WAF_PART_FILES && (m->sets & ZONE_WAF_OWASP)) ||
	       (part == WAF_PART_BREACHES && (m->sets & ZONE_WAF_BREACHES));
}

static void firewall_managed__fill(const struct waf_rules *w, const struct rule_managed *m, struct firewall_memo *memo)
{
	for (size_t i = 0; i < w->set->rules_n; i++) {
		const struct rule *r = w->set->rules[i];
		/* Rules without a severity set the others up: whoever switches all off means what can be found. */
		enum rule_managed_do does = m->off && r->severity != SEVERITY_NONE && firewall_managed__is_of(w, m, r)
						    ? RULE_MANAGED_OFF
						    : RULE_MANAGED_ON;
		if (r->is_marker)
			continue;
		if (m->challenges && does == RULE_MANAGED_ON && firewall_managed__is_of(w, m, r))
			does = RULE_MANAGED_CHALLENGES;
		for (size_t k = 0; k < m->overrides_n; k++)
			if (firewall_managed__means(&m->overrides[k], r))
				does = (enum rule_managed_do)m->overrides[k].does;
		firewall_managed__set(memo->removed, r->index, does == RULE_MANAGED_OFF);
		firewall_managed__set(memo->muted, r->index, does == RULE_MANAGED_LOG);
		firewall_managed__set(memo->challenged, r->index, does == RULE_MANAGED_CHALLENGES);
		memo->challenges |= does == RULE_MANAGED_CHALLENGES;
	}
}

const struct firewall_memo *firewall_managed(struct firewall_rules *r, size_t worker, const struct rule_managed *m)
{
	struct firewall_memo *memo = &r->memos[worker * FIREWALL_MEMOS + m->key % FIREWALL_MEMOS];
	size_t bytes = r->waf->set->rules_n / 8 + 1;

	if (memo->key == m->key && memo->removed)
		return memo;
	if (!memo->removed) {
		memo->removed = mem_alloc(bytes);
		memo->muted = mem_alloc(bytes);
		memo->challenged = mem_alloc(bytes);
	}
	memset(memo->removed, 0, bytes);
	memset(memo->muted, 0, bytes);
	memset(memo->challenged, 0, bytes);
	memo->challenges = false;
	memo->key = m->key;
	firewall_managed__fill(r->waf, m, memo);
	return memo;
}
