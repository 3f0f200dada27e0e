/* SPDX-License-Identifier: Apache-2.0 */
/* plan_walk: which rules of a phase run. */
#include "waf/plan_int.h"

/*
 * A gate in a few instructions, with the trace that a match leaves for later rules. True: it jumps. False: it does not
 * match, or the rule has to run as ever (*ret_run).
 */
static bool plan__gate(struct eval *e, const struct rule *r, bool *ret_run)
{
	const struct rule_target *t = &r->targets[0];
	struct slice text = e->slots[t->slot];

	*ret_run = e->store_excluded || (e->removed && (e->removed[r->index >> 3] >> (r->index & 7) & 1));
	if (*ret_run || !text.p || rule_number(text) >= r->op.number)
		return false;
	e->match = (struct eval_subject){ .var = t->var, .name = t->name, .text = text };
	e->match_value = text;
	return true;
}

/* The same for a quiet rule, which then is done with. False: it has to run as ever. */
static bool plan__quiet(struct eval *e, const struct rule *r)
{
	const struct rule_target *t = r->targets;

	if (e->store_excluded || e->cuts_n || (e->removed && (e->removed[r->index >> 3] >> (r->index & 7) & 1)))
		return false;
	if (r->targets_n) {
		struct slice text = e->slots[t->slot];
		if (t->count)
			text = text.p ? SLICE("1") : SLICE("0");
		if (!text.p || rule_number(text) != r->op.number)
			return true;
		e->match = (struct eval_subject){ .var = t->var, .count = t->count, .name = t->name, .text = text };
		e->match_value = text;
	}
	e->rule = r;
	if (!(e->muted && (e->muted[r->index >> 3] >> (r->index & 7) & 1)) || !r->targets_n)
		eval__setvars(e, r);
	return true;
}

size_t plan__next(struct eval *e, unsigned phase, size_t i)
{
	const struct plan *p = e->plan;
	size_t n = p->set->phase_n[phase];

	while (i < n) {
		size_t place = p->first[phase] + i;
		uint64_t bits = e->may_match[place >> 6] >> (place & 63);
		if (!bits) {
			i += 64 - (place & 63);
			continue;
		}
		i += (size_t)__builtin_ctzll(bits);
		bool run = true;
		if (i >= n)
			break;
		const struct plan__rule *known = &p->rules[p->first[phase] + i];
		const struct rule *r = p->set->phase[phase][i];
		if (known->quiet && plan__quiet(e, r)) {
			i++;
			continue;
		}
		if (!known->gate)
			break;
		if (plan__gate(e, r, &run))
			i = r->skip_to;
		else if (run)
			break;
		else
			i++;
	}
	return i < n ? i : n;
}

bool plan__no_phrase(const struct eval *e, unsigned phase, size_t i, const struct rule_target *t)
{
	const struct plan *p = e->plan;
	size_t place = p->first[phase] + i, words = plan__words(p);
	enum plan__segment s = plan__segment_of(p, t);

	return p->rules[place].watched && s != SEGMENT_COUNT &&
	       !(e->candidates[(size_t)s * words + (place >> 6)] >> (place & 63) & 1);
}

bool plan__may_match(const struct eval *e, unsigned phase, size_t i, const struct rule_target *t)
{
	const struct plan *p = e->plan;
	size_t place = p->first[phase] + i, words = plan__words(p);

	if (!p->rules[place].segments)
		return true;
	enum plan__segment s = plan__segment_of(p, t);
	return s == SEGMENT_COUNT || (e->candidates[(size_t)s * words + (place >> 6)] >> (place & 63) & 1);
}
