/* SPDX-License-Identifier: Apache-2.0 */
/* eval_target: which values a target of a rule stands for, and which of them are excluded. */
#include "waf/eval_int.h"

struct slice eval__full_name(struct eval *e, const struct eval_subject *s)
{
	struct slice var = slice_str(rule_variable_name(s->var));

	if (s->name.n == 0 && !s->count)
		return var;
	char *p = arena_alloc(e->arena, 1 + var.n + 1 + s->name.n), *to = p;
	if (!p)
		return slice_of(NULL, 0);
	if (s->count)
		*to++ = '&';
	memcpy(to, var.p, var.n);
	to += var.n;
	if (s->name.n) {
		*to++ = ':';
		memcpy(to, s->name.p, s->name.n);
		to += s->name.n;
	}
	return slice_of(p, (size_t)(to - p));
}

bool eval__selects(struct eval *e, const struct rule_target *t, struct slice name)
{
	if (t->regex)
		return regex_match(t->regex, name, e->scratch->regex, NULL) != REGEX_NO;
	return t->name.n == 0 || (t->name.n == name.n && slice_eq_nocase(t->name, name));
}

static bool eval__one(struct eval *e, struct value_list *list, struct slice name, struct slice text)
{
	*list = (struct value_list){ 0 };
	return !text.p || value_add(list, e->arena, name, text);
}

/* TX and its kin: set variables by name, by pattern, or all. */
static bool eval__stored(struct eval *e, const struct rule_target *t, struct value_list *ret)
{
	*ret = (struct value_list){ 0 };
	if (t->name.n && !t->regex)
		return eval__one(e, ret, t->name, eval__get(e, t->var, t->slot, t->name));
	for (uint32_t i = 0; t->var == VAR_TX && i < e->set->slots_n; i++)
		if (e->slots[i].p &&
		    (t->slots ? t->slots[i >> 3] >> (i & 7) & 1 : eval__selects(e, t, e->set->slot_names[i])) &&
		    !value_add(ret, e->arena, e->set->slot_names[i], e->slots[i]))
			return false;
	for (const struct eval_named *n = e->named; n; n = n->next)
		if (n->set && n->store == t->var && eval__selects(e, t, n->name) &&
		    !value_add(ret, e->arena, n->name, n->text))
			return false;
	return true;
}

static bool eval__matched_names(struct eval *e, struct value_list *ret)
{
	*ret = (struct value_list){ 0 };
	for (uint32_t i = 0; i < e->matched.n; i++)
		if (!value_add(ret, e->arena, e->matched.v[i].name, e->matched.v[i].name))
			return false;
	return true;
}

static struct slice eval__rule_member(const struct eval *e, struct slice name)
{
	if (slice_eq(name, SLICE("msg")))
		return e->rule->msg.source;
	if (slice_eq(name, SLICE("id")))
		return arena_printf(e->arena, "%u", e->rule->id);
	if (slice_eq(name, SLICE("severity")) && e->rule->severity != SEVERITY_NONE)
		return arena_printf(e->arena, "%u", e->rule->severity);
	if (slice_eq(name, SLICE("logdata")))
		return e->rule->logdata.source;
	return slice_of(NULL, 0);
}

bool eval__values(struct eval *e, const struct rule_target *t, struct value_list *ret)
{
	if (rule_variable_kind(t->var) == VARIABLE_STORE)
		return eval__stored(e, t, ret);
	switch ((int)t->var) {
	case VAR_MATCHED_VAR:
		return eval__one(e, ret, slice_of(NULL, 0), e->match_value);
	case VAR_MATCHED_VAR_NAME:
		return eval__one(e, ret, slice_of(NULL, 0),
				 e->match_value.p ? eval__full_name(e, &e->match) : slice_of(NULL, 0));
	case VAR_MATCHED_VARS:
		*ret = e->matched;
		return true;
	case VAR_MATCHED_VARS_NAMES:
		return eval__matched_names(e, ret);
	case VAR_RULE:
		return eval__one(e, ret, t->name, eval__rule_member(e, t->name));
	default:
		*ret = e->in.var[t->var];
		return true;
	}
}

/* True when the overlay of the request leaves that value out. */
static bool eval__is_cut(struct eval *e, const struct rule *r, enum variable var, struct slice name)
{
	for (size_t i = 0; i < e->cuts_n; i++) {
		const struct eval_cut *c = &e->cuts[i];
		if (c->target && c->target->var == var && (!c->id || c->id == r->id) &&
		    eval__selects(e, c->target, name))
			return true;
	}
	return false;
}

bool eval__excluded(struct eval *e, const struct rule *r, enum variable var, struct slice name)
{
	for (size_t i = 0; i < r->targets_n; i++)
		if (r->targets[i].exclude && r->targets[i].var == var && eval__selects(e, &r->targets[i], name))
			return true;
	if (e->cuts_n && eval__is_cut(e, e->rule, var, name))
		return true;
	if (r != e->rule)
		return false;
	for (const struct eval_exclusion *x = e->excluded; x; x = x->next)
		if (x->target->var == var && (x->means[r->index >> 3] >> (r->index & 7) & 1) &&
		    eval__selects(e, x->target, name))
			return true;
	return false;
}
