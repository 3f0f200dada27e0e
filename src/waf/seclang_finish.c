/* SPDX-License-Identifier: Apache-2.0 */
/* seclang_finish: defaults, markers, and the lists of the phases, once all files are read. */
#include "base/check.h"
#include "base/mem.h"
#include "waf/seclang_int.h"

enum { SECLANG_TAG_MATCH_LIMIT = 100000 };

/* Two rules with one id would make every exclusion of it a guess. */
static enum err seclang__unique_ids(struct seclang *l)
{
	struct map seen;
	enum err e = OK;

	map_init(&seen);
	for (size_t i = 0; i < l->set->rules_n && e == OK; i++) {
		struct rule *r = l->set->rules[i];
		if (r->is_marker)
			continue;
		const struct rule *other = map_put(&seen, slice_of(&r->id, sizeof r->id), r);
		l->file = r->file;
		l->line = r->line;
		if (other)
			e = seclang__fail(l, ERR_EXISTS, "id %u is already that of the rule at %s:%u", r->id,
					  other->file, other->line);
	}
	map_fini(&seen);
	return e;
}

static void seclang__default_transforms(struct rule *r, const struct rule *from)
{
	if (r->transforms_none || from->transforms_n == 0 || r->transforms_n + from->transforms_n > RULE_TRANSFORMS_MAX)
		return;
	memmove(r->transforms + from->transforms_n, r->transforms, r->transforms_n);
	memcpy(r->transforms, from->transforms, from->transforms_n);
	r->transforms_n += from->transforms_n;
}

static void seclang__defaults(struct rule_set *set, struct rule *first)
{
	const struct rule_default *d = &set->defaults[first->phase];

	for (struct rule *r = first; r; r = r->link) {
		if (r != first) {
			r->id = first->id;
			r->phase = first->phase;
			r->index = first->index;
		}
		if (d->set)
			seclang__default_transforms(r, &d->actions);
	}
	if (!first->log_said)
		first->log = d->set && d->actions.log_said ? d->actions.log : true;
	if (!first->audit_said)
		first->audit = first->log_said                   ? first->log
			       : d->set && d->actions.audit_said ? d->actions.audit
								 : first->log;
	if (first->disrupt == DISRUPT_NONE)
		first->disrupt = d->set && d->actions.disrupt != DISRUPT_NONE ? d->actions.disrupt : DISRUPT_PASS;
}

/* Which rules of a phase stand before the marker that the rule at `from` jumps to. */
static enum err seclang__resolve(struct seclang *l, size_t from, struct rule *r)
{
	uint32_t before = 0;

	for (size_t i = 0; i < l->set->rules_n; i++) {
		const struct rule *at = l->set->rules[i];
		/* A rule's id serves as a marker too. */
		bool is_it = at->is_marker && slice_eq_nocase(at->marker, r->skip_after);
		if (is_it && i > from) {
			r->skip_to = before;
			return OK;
		}
		before += !at->is_marker && !at->removed && at->phase == r->phase;
	}
	l->file = r->file;
	l->line = r->line;
	return seclang__fail(l, ERR_NOT_FOUND, "skipAfter:%.*s: no such SecMarker follows", SLICE_ARG(r->skip_after));
}

/* The child of a node by a transformation, made when it is new. */
static uint32_t seclang__child(struct rule_set *set, uint32_t parent, enum transform t)
{
	for (uint32_t i = 1; i < set->chains_n; i++)
		if (set->chains[i].parent == parent && set->chains[i].transform == t)
			return i;
	if (set->chains_n == set->chains_cap) {
		set->chains_cap = set->chains_cap ? set->chains_cap * 2 : 64;
		set->chains = mem_resize(set->chains, set->chains_cap * sizeof *set->chains);
	}
	uint32_t node = set->chains_n++;
	uint64_t above = parent ? set->chains[parent].path : 0;
	bool fits = node < 64 && (!parent || above);
	set->chains[node] = (struct rule_chain){ parent, t, fits ? above | 1ull << node : 0 };
	return node;
}

/* The tree of transformations, so that a value is transformed once for all rules that begin alike. */
static void seclang__chains(struct rule_set *set)
{
	set->chains = mem_resize(NULL, 64 * sizeof *set->chains);
	set->chains_cap = 64;
	set->chains[0] = (struct rule_chain){ .parent = 0 };
	set->chains_n = 1;
	for (size_t i = 0; i < set->rules_n; i++)
		for (struct rule *r = set->rules[i]; r; r = r->link) {
			r->chain = 0;
			for (size_t k = 0; k < r->transforms_n; k++)
				r->chain = seclang__child(set, r->chain, (enum transform)r->transforms[k]);
		}
}

static void seclang__phases(struct rule_set *set)
{
	for (size_t i = 0; i < set->rules_n; i++) {
		const struct rule *r = set->rules[i];
		set->phase_n[r->phase] += !r->is_marker && !r->removed;
	}
	for (size_t p = 1; p <= RULE_PHASES; p++) {
		set->phase[p] = set->phase_n[p] ? mem_alloc_array(set->phase_n[p], sizeof *set->phase[p]) : NULL;
		set->phase_n[p] = 0;
	}
	for (size_t i = 0; i < set->rules_n; i++) {
		struct rule *r = set->rules[i];
		if (!r->is_marker && !r->removed)
			set->phase[r->phase][set->phase_n[r->phase]++] = r;
	}
}

/* True when a …ById, …ByTag or …ByMsg action is about that rule. */
static bool seclang__means(const struct rule_action *a, const struct rule *r, struct regex_scratch *scratch)
{
	if (r->is_marker)
		return false;
	if (a->ctl == CTL_RULE_REMOVE_BY_ID || a->ctl == CTL_RULE_REMOVE_TARGET_BY_ID)
		return r->id >= a->id_first && r->id <= a->id_last;
	if (a->ctl == CTL_RULE_REMOVE_BY_MSG || a->ctl == CTL_RULE_REMOVE_TARGET_BY_MSG)
		return r->msg.source.n && regex_match(a->regex, r->msg.source, scratch, NULL) != REGEX_NO;
	for (size_t i = 0; i < r->tags_n; i++)
		if (regex_match(a->regex, r->tags[i], scratch, NULL) != REGEX_NO)
			return true;
	return false;
}

/* Which rules each ctl:ruleRemove… is about, so that a request only reads bits. */
static void seclang__removals_of(struct rule_set *set, const struct rule *r, struct regex_scratch *scratch)
{
	for (struct rule_action *a = r->actions; a; a = a->next) {
		if (a->kind != ACTION_CTL || a->ctl < CTL_RULE_REMOVE_BY_ID)
			continue;
		a->means = arena_zalloc(&set->arena, set->rules_n / 8 + 1);
		for (size_t k = 0; a->means && k < set->rules_n; k++)
			if (seclang__means(a, set->rules[k], scratch))
				a->means[k >> 3] |= (uint8_t)(1u << (k & 7));
	}
}

static void seclang__removals(struct rule_set *set)
{
	struct regex_scratch *scratch = regex_scratch_new(SECLANG_TAG_MATCH_LIMIT);

	for (size_t i = 0; i < set->rules_n; i++)
		for (const struct rule *r = set->rules[i]; r; r = r->link)
			seclang__removals_of(set, r, scratch);
	regex_scratch_free(scratch);
}

/* Which known TX variables each target TX:/…/ selects. */
static void seclang__slots_of(struct rule_set *set, struct rule_target *t, struct regex_scratch *scratch)
{
	if (t->var != VAR_TX || !t->regex || t->exclude)
		return;
	t->slots = arena_zalloc(&set->arena, set->slots_n / 8 + 1);
	for (uint32_t i = 0; t->slots && i < set->slots_n; i++)
		if (regex_match(t->regex, set->slot_names[i], scratch, NULL) != REGEX_NO)
			t->slots[i >> 3] |= (uint8_t)(1u << (i & 7));
}

static void seclang__slots(struct rule_set *set)
{
	struct regex_scratch *scratch = regex_scratch_new(SECLANG_TAG_MATCH_LIMIT);

	for (size_t i = 0; i < set->rules_n; i++)
		for (const struct rule *r = set->rules[i]; r; r = r->link)
			for (size_t k = 0; k < r->targets_n; k++)
				seclang__slots_of(set, &r->targets[k], scratch);
	regex_scratch_free(scratch);
}

static bool seclang__is_matches(enum variable var)
{
	return var == VAR_MATCHED_VARS || var == VAR_MATCHED_VARS_NAMES;
}

static bool seclang__text_wants_matches(const struct rule_text *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->pieces[i].is_macro && seclang__is_matches(t->pieces[i].var))
			return true;
	return false;
}

static bool seclang__wants_matches(const struct rule *r)
{
	bool wants = seclang__text_wants_matches(&r->op.arg) || seclang__text_wants_matches(&r->msg) ||
		     seclang__text_wants_matches(&r->logdata) || seclang__text_wants_matches(&r->location);

	for (size_t i = 0; i < r->targets_n; i++)
		wants |= seclang__is_matches(r->targets[i].var);
	for (const struct rule_action *a = r->actions; a; a = a->next)
		wants |= seclang__text_wants_matches(&a->name) || seclang__text_wants_matches(&a->value);
	return wants;
}

/* In which chains what a link matched has to be kept for the next. */
static void seclang__matches(struct rule_set *set)
{
	for (size_t i = 0; i < set->rules_n; i++) {
		bool wants = false;
		for (const struct rule *r = set->rules[i]; r; r = r->link)
			wants |= seclang__wants_matches(r);
		for (struct rule *r = set->rules[i]; r; r = r->link)
			r->wants_matches = wants;
	}
}

static void seclang__groups(struct rule_set *set)
{
	static const char digits[] = "0123456789";

	for (size_t i = 0; i < sizeof set->group_slots / sizeof *set->group_slots; i++)
		set->group_slots[i] = rule_set_slot_find(set, slice_of(digits + i, 1));
}

enum err seclang_finish(struct seclang *l, struct diag *d)
{
	struct rule_set *set = l->set;

	CHECK(!set->phase[1]);
	l->d = d;
	if (l->head)
		return seclang__fail(l, ERR_CONFIG, "rule %u ends with chain, but no rule follows", l->head->id);
	TRY(seclang__apply_updates(l));
	TRY(seclang__unique_ids(l));
	for (size_t i = 0; i < set->rules_n; i++)
		if (!set->rules[i]->is_marker)
			seclang__defaults(set, set->rules[i]);
	for (size_t i = 0; i < set->rules_n; i++)
		for (struct rule *r = set->rules[i]; r; r = r->link)
			if (r->skip_after.n && !set->rules[i]->removed)
				TRY(seclang__resolve(l, i, r));
	seclang__chains(set);
	seclang__phases(set);
	seclang__removals(set);
	seclang__slots(set);
	seclang__matches(set);
	seclang__groups(set);
	return arena_full(&set->arena) ? seclang__fail(l, ERR_MEMORY, "rules take more memory than is allowed") : OK;
}
