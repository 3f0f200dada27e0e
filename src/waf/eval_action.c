/* SPDX-License-Identifier: Apache-2.0 */
/* eval_action: macros, collections, and what rules do when they match. */
#include "waf/eval_int.h"

#include "base/check.h"

/* A named variable of a collection; made when `make` is set. */
static struct eval_named *eval__named(struct eval *e, enum variable store, struct slice name, bool make)
{
	for (struct eval_named *n = e->named; n; n = n->next)
		if (n->store == store && slice_eq(n->name, name))
			return n;
	if (!make)
		return NULL;
	struct eval_named *n = arena_zalloc(e->arena, sizeof *n);
	if (!n)
		return NULL;
	n->store = store;
	n->name = arena_copy(e->arena, name);
	n->next = e->named;
	e->named = n;
	return n;
}

struct slice eval__get(struct eval *e, enum variable store, uint32_t slot, struct slice name)
{
	if (store == VAR_TX && slot == RULE_SLOT_NONE)
		slot = rule_set_slot_find(e->set, name);
	if (store == VAR_TX && slot != RULE_SLOT_NONE)
		return e->slots[slot];
	const struct eval_named *n = eval__named(e, store, name, false);
	return n && n->set ? n->text : slice_of(NULL, 0);
}

/* text.p == NULL unsets. The text must live as long as the request. */
void eval__put(struct eval *e, enum variable store, uint32_t slot, struct slice name, struct slice text)
{
	if (store == VAR_TX && slot == RULE_SLOT_NONE)
		slot = rule_set_slot_find(e->set, name);
	if (store == VAR_TX && slot != RULE_SLOT_NONE) {
		if (!e->frozen || !(e->frozen[slot >> 3] >> (slot & 7) & 1))
			e->slots[slot] = text;
		return;
	}
	struct eval_named *n = eval__named(e, store, name, text.p != NULL);
	if (n) {
		n->text = text;
		n->set = text.p != NULL;
	}
}

void eval__capture(struct eval *e, unsigned group, struct slice text)
{
	char name[1] = { (char)('0' + group) };

	eval__put(e, VAR_TX, e->set->group_slots[group], slice_of(name, 1), text.p ? text : SLICE(""));
}

/* What a macro stands for; empty when there is nothing. */
static struct slice eval__macro(struct eval *e, const struct rule_piece *p)
{
	struct rule_target t = { .var = p->var, .name = p->text, .slot = p->slot };
	struct value_list list;

	if (rule_variable_kind(p->var) == VARIABLE_STORE)
		return p->text.n ? eval__get(e, p->var, p->slot, p->text) : slice_of(NULL, 0);
	if (p->var == VAR_RULE && slice_eq(p->text, SLICE("msg")))
		return e->rule->msg.constant ? e->rule->msg.source : slice_of(NULL, 0);
	if (!eval__values(e, &t, &list))
		return slice_of(NULL, 0);
	for (uint32_t i = 0; i < list.n; i++)
		if (p->text.n == 0 || slice_eq_nocase(list.v[i].name, p->text))
			return list.v[i].text;
	return slice_of(NULL, 0);
}

struct slice eval__expand(struct eval *e, const struct rule_text *t)
{
	enum { PIECES = RULE_PIECES_MAX };
	struct slice parts[PIECES];
	size_t n = 0, count = t->n < PIECES ? t->n : PIECES;

	if (t->constant)
		return t->source.p ? t->source : SLICE("");
	for (size_t i = 0; i < count; i++) {
		parts[i] = t->pieces[i].is_macro ? eval__macro(e, &t->pieces[i]) : t->pieces[i].text;
		n += parts[i].n;
	}
	if (count == 1)
		return parts[0].p ? parts[0] : SLICE("");
	char *out = arena_alloc(e->arena, n);
	size_t at = 0;
	if (!out)
		return SLICE("");
	for (size_t i = 0; i < count; i++) {
		if (parts[i].n)
			memcpy(out + at, parts[i].p, parts[i].n);
		at += parts[i].n;
	}
	return slice_of(out, n);
}

static void eval__setvar(struct eval *e, const struct rule_action *a)
{
	struct slice name = a->name.constant ? a->name.source : rule_lower(e->arena, eval__expand(e, &a->name));
	uint32_t slot = a->slot;

	if (a->how == SETVAR_UNSET) {
		eval__put(e, a->store, slot, name, slice_of(NULL, 0));
		return;
	}
	if (a->how == SETVAR_SET) {
		eval__put(e, a->store, slot, name, eval__expand(e, &a->value));
		return;
	}
	int64_t by = a->value.constant ? a->number : rule_number(eval__expand(e, &a->value)), sum;
	int64_t now = rule_number(eval__get(e, a->store, slot, name));
	bool over =
		a->how == SETVAR_ADD ? __builtin_add_overflow(now, by, &sum) : __builtin_sub_overflow(now, by, &sum);
	struct slice text = value_number(e->arena, over ? INT64_MAX : sum);
	if (text.p)
		eval__put(e, a->store, slot, name, text);
}

void eval__setvars(struct eval *e, const struct rule *r)
{
	for (const struct rule_action *a = r->actions; a; a = a->next)
		if (a->kind == ACTION_SETVAR)
			eval__setvar(e, a);
}

/* Removes rules, or targets of rules, for the rest of this request. */
static void eval__remove(struct eval *e, const struct rule_action *a)
{
	size_t bytes = e->set->rules_n / 8 + 1;

	if (!a->means)
		return;
	if (a->ctl >= CTL_RULE_REMOVE_TARGET_BY_ID) {
		struct eval_exclusion *x = arena_alloc(e->arena, sizeof *x);
		if (!x)
			return;
		*x = (struct eval_exclusion){ .next = e->excluded, .target = &a->target, .means = a->means };
		e->excluded = x;
		e->store_excluded |= rule_variable_kind(a->target.var) == VARIABLE_STORE;
		return;
	}
	if (!e->removed)
		e->removed = arena_zalloc(e->arena, bytes);
	for (size_t i = 0; e->removed && i < bytes; i++)
		e->removed[i] |= a->means[i];
}

static void eval__ctl(struct eval *e, const struct rule_action *a)
{
	bool on = slice_eq_nocase(a->setting, SLICE("on"));

	switch (a->ctl) {
	case CTL_RULE_ENGINE:
		e->engine = on ? ENGINE_ON : slice_eq_nocase(a->setting, SLICE("off")) ? ENGINE_OFF : ENGINE_DETECTION;
		break;
	case CTL_FORCE_REQUEST_BODY_VARIABLE:
		e->force_body = on;
		break;
	case CTL_REQUEST_BODY_ACCESS:
		e->body_access = on;
		break;
	case CTL_RESPONSE_BODY_ACCESS:
		e->answer_access = on;
		break;
	case CTL_REQUEST_BODY_PROCESSOR:
		e->processor = a->setting;
		(void)value_set(&e->in.var[VAR_REQBODY_PROCESSOR], e->arena, a->setting);
		break;
	case CTL_AUDIT_ENGINE:
	case CTL_AUDIT_LOG_PARTS:
	case CTL_COUNT:
		break; /* our audit log has its own settings */
	case CTL_RULE_REMOVE_BY_ID:
	case CTL_RULE_REMOVE_BY_MSG:
	case CTL_RULE_REMOVE_BY_TAG:
	case CTL_RULE_REMOVE_TARGET_BY_ID:
	case CTL_RULE_REMOVE_TARGET_BY_MSG:
	case CTL_RULE_REMOVE_TARGET_BY_TAG:
		eval__remove(e, a);
		break;
	}
}

/* initcol and expirevar say how long a collection lives; here that is the request, whatever they say. */
void eval__finish_actions(struct eval *e, const struct rule *r)
{
	for (const struct rule_action *a = r->actions; a; a = a->next)
		if (a->kind == ACTION_CTL)
			eval__ctl(e, a);
}
