/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waf_conf: how the engine runs for one request: what the zone says (member `waf` of its plan item), and over it the
 * rules of the phase http_request_firewall_managed that hold for the request; and what that makes of the loaded rules.
 */
#include "edge/waf_int.h"

#include "edge/passage.h"

/* ---- what is wanted */

/* The first execute of a set decides about it. */
static void waf_conf__execute(struct waf_state *s, const struct rule_managed *m)
{
	struct zone_waf *z = &s->zone;

	if (z->sets & m->sets)
		return;
	z->sets |= m->sets;
	if (m->mode == ZONE_WAF_DETECT)
		s->detects |= m->sets;
	if (m->level > z->level)
		z->level = m->level;
	if (m->inbound)
		z->inbound = m->inbound;
	s->managed[s->managed_n++] = m;
}

bool waf_conf_read(struct request *r)
{
	const struct rule_managed *rules[WAF_MANAGED_MAX];
	const struct zone_waf *own = r->site->zone->waf;
	struct waf_state *s = r->waf;
	uint8_t skipped = 0;
	size_t n = request_managed(r, rules, WAF_MANAGED_MAX);

	if (own)
		s->zone = *own;
	if (s->zone.mode == ZONE_WAF_OFF)
		s->zone.sets = 0;
	else if (s->zone.mode == ZONE_WAF_DETECT)
		s->detects = s->zone.sets;
	for (size_t i = 0; i < n; i++) {
		if (rules[i]->mode != ZONE_WAF_OFF) {
			waf_conf__execute(s, rules[i]);
			continue;
		}
		skipped |= rules[i]->sets;
		if (rules[i]->overrides_n)
			s->managed[s->managed_n++] = rules[i];
	}
	/* Whoever makes rules for the phase decides alone. */
	if (own && own->standard && !request_has_managed(r->site)) {
		s->head_only = true;
		s->zone.sets = ZONE_WAF_BREACHES;
	}
	s->zone.sets &= (uint8_t)~skipped;
	s->zone.mode = s->zone.sets & (uint8_t)~s->detects ? ZONE_WAF_ENFORCE : ZONE_WAF_DETECT;
	return s->zone.sets != 0;
}

/* ---- what that makes of the rules */

static struct slice waf_conf__number(struct waf_state *s, uint32_t n)
{
	return arena_printf(&s->arena, "%u", n);
}

static bool waf_conf__presets(struct waf_state *s)
{
	const struct zone_waf *z = &s->zone;
	const uint32_t *slots = s->rules->slots;
	struct eval_preset *p = arena_alloc(&s->arena, FIREWALL_SLOTS * sizeof *p);
	size_t n = 0;

	if (!p)
		return false;
	for (int i = FIREWALL_SLOT_LEVEL_3; z->level && i <= FIREWALL_SLOT_DETECTION_4; i++)
		p[n++] = (struct eval_preset){ slots[i], waf_conf__number(s, z->level) };
	if (z->inbound)
		p[n++] = (struct eval_preset){ slots[FIREWALL_SLOT_INBOUND], waf_conf__number(s, z->inbound) };
	if (z->outbound)
		p[n++] = (struct eval_preset){ slots[FIREWALL_SLOT_OUTBOUND], waf_conf__number(s, z->outbound) };
	s->overlay.presets = p;
	s->overlay.presets_n = n;
	return !arena_full(&s->arena);
}

static bool waf_conf__path_is(const struct zone_waf_exclusion *x, struct slice path)
{
	if (x->path.n == 0 && !x->prefix)
		return true;
	return x->prefix ? slice_starts(path, x->path) : slice_eq(path, x->path);
}

/* The exclusions of the zone that are for this path. */
static bool waf_conf__cuts(struct request *r)
{
	struct waf_state *s = r->waf;
	const struct zone_waf *z = &s->zone;
	struct slice path = slice_first(s->q.path, slice_find(s->q.path, '?'));
	struct eval_cut *cuts = NULL;
	size_t n = 0;

	for (size_t i = 0; i < z->exclusions_n && n < WAF_CUTS_MAX; i++) {
		const struct zone_waf_exclusion *x = &z->exclusions[i];
		if (!waf_conf__path_is(x, path))
			continue;
		struct rule_target *target = x->variable.n ? arena_zalloc(&s->arena, sizeof *target) : NULL;
		if (!cuts)
			cuts = arena_alloc(&s->arena, WAF_CUTS_MAX * sizeof *cuts);
		if (!cuts || (x->variable.n && !target))
			return false;
		if (target)
			*target = (struct rule_target){ .var = rule_variable_find(x->variable),
							.name = x->name,
							.slot = RULE_SLOT_NONE };
		cuts[n++] = (struct eval_cut){ x->rule, target };
	}
	s->overlay.cuts = cuts;
	s->overlay.cuts_n = n;
	return true;
}

static void waf_conf__or(uint8_t *to, const uint8_t *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] |= from[i];
}

/* Rules of sets that do not run, or that only detect while another one enforces; and what managed rules say of single
 * ones.
 */
static bool waf_conf__bits(struct request *r)
{
	struct waf_state *s = r->waf;
	const struct waf_rules *w = s->rules->waf;
	size_t bytes = w->set->rules_n / 8 + 1;
	uint8_t *bits, running = s->zone.sets;

	if (running == (ZONE_WAF_OWASP | ZONE_WAF_BREACHES) && !s->detects && !s->managed_n)
		return true;
	bits = arena_zalloc(&s->arena, 4 * bytes);
	if (!bits)
		return false;
	for (int i = 0; i < 2; i++) {
		uint8_t set = i ? ZONE_WAF_BREACHES : ZONE_WAF_OWASP;
		const uint8_t *of = w->bits[i ? WAF_PART_BREACHES : WAF_PART_FILES];
		if (!(running & set))
			waf_conf__or(bits, of, bytes);
		else if (s->detects & set)
			waf_conf__or(bits + 2 * bytes, of, bytes);
	}
	for (size_t i = 0; i < s->managed_n; i++) {
		const struct firewall_memo *memo = firewall_managed(s->rules, r->w->number, s->managed[i]);
		waf_conf__or(bits, memo->removed, bytes);
		waf_conf__or(bits + bytes, memo->muted, bytes);
		if (memo->challenges) {
			waf_conf__or(bits + 3 * bytes, memo->challenged, bytes);
			s->challenged = bits + 3 * bytes;
		}
	}
	/* Who has passed a challenge is not refused by rules that ask for one. */
	if (s->challenged && passage_is_clear(r, CLEARANCE_WORK))
		waf_conf__or(bits + 2 * bytes, s->challenged, bytes);
	s->overlay.removed = bits;
	s->overlay.muted = bits + bytes;
	s->overlay.spared = bits + 2 * bytes;
	return true;
}

bool waf_conf_overlay(struct request *r)
{
	struct waf_state *s = r->waf;

	s->overlay.has_engine = true;
	s->overlay.engine = s->zone.mode == ZONE_WAF_ENFORCE ? ENGINE_ON : ENGINE_DETECTION;
	return waf_conf__presets(s) && waf_conf__cuts(r) && waf_conf__bits(r);
}
