/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eval: the walk over the rules of a phase. A rule visits every value of every target, and all that match count: setvar
 * runs for each of them. A chain goes on while its links match; then the actions run, last link first.
 */
#include "waf/eval.h"

#include "base/check.h"
#include "waf/eval_int.h"

void eval_scratch_init(struct eval_scratch *s, uint64_t match_limit)
{
	*s = (struct eval_scratch){ .regex = regex_scratch_new((uint32_t)match_limit) };
}

void eval_scratch_fini(struct eval_scratch *s)
{
	regex_scratch_free(s->regex);
	*s = (struct eval_scratch){ 0 };
}

struct eval *eval_new(const struct rule_set *set, const struct plan *plan, struct eval_scratch *scratch,
		      struct arena *arena, const struct eval_request *request)
{
	struct eval *e = arena_zalloc(arena, sizeof *e);

	if (!e)
		return NULL;
	*e = (struct eval){ .set = set,
			    .plan = plan,
			    .scratch = scratch,
			    .arena = arena,
			    .engine = set->options.engine,
			    .body_access = set->options.request_body,
			    .answer_access = set->options.response_body };
	e->in.arena = arena;
	e->in.options = &set->options;
	e->events_end = &e->events;
	e->slots = arena_zalloc(arena, (set->slots_n + 1) * sizeof *e->slots);
	return e->slots && input_head(&e->in, request) ? e : NULL;
}

static bool eval__bit(const uint8_t *bits, uint32_t i)
{
	return bits && (bits[i >> 3] >> (i & 7) & 1);
}

static bool eval__freeze(struct eval *e, const struct eval_overlay *o)
{
	e->frozen = o->presets_n ? arena_zalloc(e->arena, e->set->slots_n / 8 + 1) : NULL;
	for (size_t i = 0; e->frozen && i < o->presets_n; i++) {
		uint32_t slot = o->presets[i].slot;
		if (slot == RULE_SLOT_NONE)
			continue;
		e->slots[slot] = o->presets[i].text;
		e->frozen[slot >> 3] |= (uint8_t)(1u << (slot & 7));
	}
	return e->frozen || !o->presets_n;
}

/* Leaves the rules out that a cut names without a target. A chain goes as a whole; what jumps go to does not. */
static bool eval__cut(struct eval *e, const struct eval_cut *c)
{
	for (size_t i = 0; i < e->set->rules_n && !c->target; i++) {
		const struct rule *r = e->set->rules[i];
		if (r->is_marker || (c->id && r->id != c->id))
			continue;
		if (!e->removed)
			e->removed = arena_zalloc(e->arena, e->set->rules_n / 8 + 1);
		if (!e->removed)
			return false;
		e->removed[r->index >> 3] |= (uint8_t)(1u << (r->index & 7));
	}
	return true;
}

enum err eval_overlay(struct eval *e, const struct eval_overlay *o)
{
	size_t bytes = e->set->rules_n / 8 + 1;

	if (o->has_engine)
		e->engine = o->engine;
	e->muted = o->muted;
	e->spared = o->spared;
	if (o->removed) {
		e->removed = arena_alloc(e->arena, bytes);
		if (!e->removed)
			return ERR_ARENA_FULL;
		memcpy(e->removed, o->removed, bytes);
	}
	if (!eval__freeze(e, o))
		return ERR_ARENA_FULL;
	e->cuts = o->cuts;
	e->cuts_n = o->cuts_n;
	for (size_t i = 0; i < o->cuts_n; i++)
		if (!eval__cut(e, &o->cuts[i]))
			return ERR_ARENA_FULL;
	return OK;
}

/* A value matched: remember it, then count it. */
static void eval__hit(struct eval *e, const struct rule *r, const struct eval_subject *s, struct slice text)
{
	e->match = *s;
	e->match_value = text.p ? text : SLICE("");
	if (e->hits++ == 0 && r == e->rule) {
		e->first = *s;
		e->first_value = e->match_value;
	}
	/* Only a next link can ask for them. A full arena is seen at the end of the phase. */
	if (r->link && r->wants_matches)
		(void)value_add(&e->matching, e->arena, eval__full_name(e, s), e->match_value);
	if (!eval__bit(e->muted, r->index))
		eval__setvars(e, r);
}

/* One transformation into the arena; the value itself when it cannot change. */
static struct slice eval__transform(struct eval *e, enum transform t, struct slice text)
{
	if (!transform_may_change(t, text))
		return text;
	char *out = arena_alloc(e->arena, transform_bound(t, text.n));
	if (!out)
		return text;
	eval__spend(e, text.n);
	return slice_of(out, transform_apply(t, text, out));
}

/* multiMatch: asks about the value and about each change to it. */
static void eval__multi(struct eval *e, const struct rule *r, const struct eval_subject *s)
{
	struct slice text = s->text;

	if (eval__operator(e, r, text))
		eval__hit(e, r, s, text);
	for (size_t i = 0; i < r->transforms_n; i++) {
		struct slice next = eval__transform(e, (enum transform)r->transforms[i], text);
		bool changed = !slice_eq(next, text);
		text = next;
		if (changed && eval__operator(e, r, text))
			eval__hit(e, r, s, text);
	}
}

/* The same from the memo of the value: nodes that change nothing are no step. False: there is none. */
static bool eval__multi_planned(struct eval *e, const struct rule *r, const struct eval_subject *s, struct value *v)
{
	uint64_t changes;

	if (!e->plan || !v || !r->chain || !e->set->chains[r->chain].path)
		return false;
	if (!plan__changes(e, r, v, &changes))
		return true; /* the arena is full: seen at the end of the phase */
	if (eval__operator(e, r, s->text))
		eval__hit(e, r, s, s->text);
	for (; changes; changes &= changes - 1) {
		struct slice text = plan__made(v, (uint32_t)__builtin_ctzll(changes));
		if (eval__operator(e, r, text))
			eval__hit(e, r, s, text);
	}
	return true;
}

static void eval__test(struct eval *e, const struct rule *r, const struct eval_subject *s, struct value *v)
{
	if (r->multi_match) {
		if (!eval__multi_planned(e, r, s, v))
			eval__multi(e, r, s);
		return;
	}
	struct slice text = s->text;
	if (v && e->plan)
		text = plan__transformed(e, r, v);
	else
		for (size_t i = 0; i < r->transforms_n; i++)
			text = eval__transform(e, (enum transform)r->transforms[i], text);
	if (eval__operator(e, r, text))
		eval__hit(e, r, s, text);
}

static void eval__count(struct eval *e, const struct rule *r, const struct rule_target *t,
			const struct value_list *list)
{
	uint64_t n = 0;
	struct eval_subject s = { .var = t->var, .count = true, .name = t->name };

	for (uint32_t i = 0; i < list->n; i++)
		n += !(t->name.n && !t->regex && t->name.n != list->v[i].name.n) &&
		     eval__selects(e, t, list->v[i].name) && !eval__excluded(e, r, t->var, list->v[i].name);
	s.text = value_number(e->arena, (int64_t)n);
	eval__test(e, r, &s, NULL);
}

/* TX:name and its like: most rules of a set look at one such variable, which needs no list. */
static void eval__variable(struct eval *e, const struct rule *r, const struct rule_target *t)
{
	struct slice text = eval__get(e, t->var, t->slot, t->name);
	struct eval_subject s = { .var = t->var, .count = t->count, .name = t->name, .text = text };
	bool there = text.p && !eval__excluded(e, r, t->var, t->name);

	if (t->count)
		s.text = there ? SLICE("1") : SLICE("0");
	if (there || t->count)
		eval__test(e, r, &s, NULL);
}

static void eval__target(struct eval *e, const struct rule *r, const struct rule_target *t)
{
	struct value_list list;

	e->no_phrase = false;
	if (t->name.n && !t->regex && rule_variable_kind(t->var) == VARIABLE_STORE) {
		eval__variable(e, r, t);
		return;
	}

	e->no_phrase = e->plan && r == e->rule && plan__no_phrase(e, r->phase, e->at, t);
	if (!eval__values(e, t, &list))
		return;
	if (t->count) {
		eval__count(e, r, t, &list);
		return;
	}
	for (uint32_t i = 0; i < list.n && !e->exhausted; i++) {
		struct value *v = &list.v[i];
		/* Most rules name one header: nearly all others have another length. */
		if (t->name.n && !t->regex && t->name.n != v->name.n)
			continue;
		struct eval_subject s = { .var = t->var, .name = v->name, .text = v->text };
		if (!eval__selects(e, t, v->name) || eval__excluded(e, r, t->var, v->name))
			continue;
		eval__test(e, r, &s, v);
	}
}

/* One link of a chain: true when any value matched. */
static bool eval__link(struct eval *e, const struct rule *r)
{
	e->matching = (struct value_list){ 0 };
	e->hits = 0;
	if (r->targets_n == 0) {
		eval__setvars(e, r);
		return true;
	}
	for (size_t i = 0; i < r->targets_n; i++)
		if (!r->targets[i].exclude &&
		    !(e->plan && r == e->rule && !plan__may_match(e, r->phase, e->at, &r->targets[i])))
			eval__target(e, r, &r->targets[i]);
	if (e->hits == 0)
		return false;
	e->matched = e->matching;
	return true;
}

static void eval__event(struct eval *e, const struct rule *r)
{
	struct eval_event *event = arena_zalloc(e->arena, sizeof *event);

	if (!event)
		return;
	*event = (struct eval_event){ .rule = r,
				      .name = e->first_value.p ? eval__full_name(e, &e->first) : SLICE(""),
				      .value = e->first_value,
				      .log = r->log,
				      .limit = e->rule_limit };
	event->msg = eval__expand(e, &r->msg);
	event->logdata = eval__expand(e, &r->logdata);
	*e->events_end = event;
	e->events_end = &event->next;
}

/* What a denial, a drop or a redirect makes of the request. from: where status and location stand. */
static void eval__deny(struct eval *e, const struct rule *r, enum rule_disruption how, const struct rule *from)
{
	int status = r->status ? r->status : from->status;

	e->verdict = (struct eval_verdict){ .action = how == DISRUPT_DROP ? EVAL_DROP : EVAL_DENY,
					    .status = status ? (unsigned)status : 403,
					    .rule = r };
	if (how == DISRUPT_REDIRECT) {
		e->verdict.action = EVAL_REDIRECT;
		e->verdict.status = status ? (unsigned)status : 302;
		e->verdict.location = eval__expand(e, &from->location);
	}
}

static bool eval__may_disrupt(const struct eval *e, const struct rule *r)
{
	return e->engine == ENGINE_ON && !eval__bit(e->muted, r->index) && !eval__bit(e->spared, r->index);
}

/* What the first link's disruptive action does. */
static void eval__disrupt(struct eval *e, const struct rule *r)
{
	const struct rule *from = r;
	enum rule_disruption how = r->disrupt;

	if (how == DISRUPT_BLOCK) {
		const struct rule_default *d = &e->set->defaults[r->phase];
		how = d->set ? d->actions.disrupt : DISRUPT_DENY;
		from = d->set ? &d->actions : r;
	}
	if (!eval__may_disrupt(e, r) || how == DISRUPT_PASS || how == DISRUPT_NONE)
		return;
	if (how == DISRUPT_ALLOW) {
		e->allow_phase = true;
		e->allow_request = r->allow != ALLOW_PHASE;
		e->allow_all = r->allow == ALLOW_ALL;
		return;
	}
	if (e->verdict.action == EVAL_GO_ON && r->phase != 5)
		eval__deny(e, r, how, from);
}

/* Runs a rule with its chain. True when all links matched. */
static bool eval__rule(struct eval *e, const struct rule *r)
{
	const struct rule *links[RULE_CHAIN_MAX];
	size_t n = 0;

	e->rule = r;
	e->rule_limit = false;
	e->matched = (struct value_list){ 0 };
	e->first_value = slice_of(NULL, 0);
	for (const struct rule *link = r; link; link = link->link) {
		CHECK(n < RULE_CHAIN_MAX);
		links[n++] = link;
		if (!eval__link(e, link))
			return false;
	}
	while (n)
		eval__finish_actions(e, links[--n]);
	if (r->log || r->audit || r->disrupt != DISRUPT_PASS)
		eval__event(e, r);
	eval__disrupt(e, r);
	return true;
}

static bool eval__is_removed(const struct eval *e, const struct rule *r)
{
	return eval__bit(e->removed, r->index);
}

void eval__spend(struct eval *e, uint64_t units)
{
	e->work += units;
	if (e->work <= e->set->options.work_max || e->exhausted)
		return;
	e->exhausted = true;
	if (e->engine == ENGINE_ON && e->verdict.action == EVAL_GO_ON)
		e->verdict = (struct eval_verdict){ .action = EVAL_DENY, .status = 403 };
}

bool eval_exhausted(const struct eval *e)
{
	return e->exhausted;
}

uint64_t eval_work(const struct eval *e)
{
	return e->work;
}

static bool eval__over(const struct eval *e, unsigned phase)
{
	if (e->exhausted && phase != 5)
		return true;
	if (e->engine == ENGINE_OFF || e->allow_phase)
		return true;
	if (phase == 5)
		return false;
	return e->allow_all || (e->allow_request && phase <= 2) || e->verdict.action != EVAL_GO_ON;
}

static enum err eval__phase(struct eval *e, unsigned phase, struct eval_verdict *ret)
{
	const struct rule_set *set = e->set;

	e->allow_phase = false;
	if (e->plan && !eval__over(e, phase) && !plan__scan(e))
		return ERR_ARENA_FULL;
	for (size_t i = 0; !eval__over(e, phase);) {
		i = e->plan ? plan__next(e, phase, i) : i;
		if (i >= set->phase_n[phase])
			break;
		const struct rule *r = set->phase[phase][i];
		e->at = i++;
		if (eval__is_removed(e, r) || !eval__rule(e, r))
			continue;
		if (r->skip_after.n)
			i = r->skip_to;
		else
			i += r->skip;
	}
	if (ret)
		*ret = e->verdict;
	return arena_full(e->arena) ? ERR_ARENA_FULL : OK;
}

/* The processor that a Content-Type asks for, when no rule chose one. */
static struct slice eval__processor(const struct eval *e, struct slice type)
{
	if (e->processor.n)
		return e->processor;
	if (slice_starts_nocase(type, SLICE("application/x-www-form-urlencoded")))
		return SLICE("URLENCODED");
	if (slice_starts_nocase(type, SLICE("multipart/form-data")))
		return SLICE("MULTIPART");
	return slice_of(NULL, 0);
}

enum err eval_head(struct eval *e, struct eval_verdict *ret)
{
	struct slice type = input_header(&e->in, SLICE("Content-Type"));

	/* Rules of phase 1 may ask which processor it will be. */
	struct slice processor = eval__processor(e, type);
	if (processor.n && !value_set(&e->in.var[VAR_REQBODY_PROCESSOR], e->arena, processor))
		return ERR_ARENA_FULL;
	return eval__phase(e, 1, ret);
}

enum err eval_body(struct eval *e, struct slice body, uint64_t total, struct eval_verdict *ret)
{
	struct slice type = input_header(&e->in, SLICE("Content-Type"));

	if (e->body_access && e->engine != ENGINE_OFF && e->verdict.action == EVAL_GO_ON) {
		body = slice_first(body, e->set->options.request_body_max);
		if (!input_body(&e->in, eval__processor(e, type), type, body, total, e->force_body))
			return ERR_ARENA_FULL;
	}
	return eval__phase(e, 2, ret);
}

enum err eval_answer_head(struct eval *e, const struct eval_answer *answer, struct eval_verdict *ret)
{
	if (!input_answer(&e->in, answer))
		return ERR_ARENA_FULL;
	return eval__phase(e, 3, ret);
}

bool eval_wants_answer_body(const struct eval *e)
{
	struct slice types = e->set->options.mime_types, type = value_first(&e->in.var[VAR_RESPONSE_CONTENT_TYPE]);

	if (!e->answer_access || e->engine == ENGINE_OFF || !type.p)
		return false;
	while (types.p && types.n) {
		struct slice one = slice_split(&types, ' ');
		if (one.n && slice_eq_nocase(one, slice_trim(type)))
			return true;
	}
	return false;
}

enum err eval_answer_body(struct eval *e, struct slice body, uint64_t total, struct eval_verdict *ret)
{
	if (eval_wants_answer_body(e)) {
		body = slice_first(body, e->set->options.response_body_max);
		if (!input_answer_body(&e->in, body, total))
			return ERR_ARENA_FULL;
	}
	return eval__phase(e, 4, ret);
}

enum err eval_end(struct eval *e)
{
	return eval__phase(e, 5, NULL);
}

const struct eval_event *eval_events(const struct eval *e)
{
	return e->events;
}

struct slice eval_tx(struct eval *e, struct slice name)
{
	return eval__get(e, VAR_TX, RULE_SLOT_NONE, rule_lower(e->arena, name));
}
