/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_guard: step guard: who may pass. Address rules first, then the custom rules in their order, lockdowns and
 * agents; the first that refuses ends it. An address that is let through by an address rule meets no custom rule.
 */
#include "edge/rules.h"

enum {
	RULES_GUARD__ADDRESS = 1006,
	RULES_GUARD__BROWSER = 1010,
	RULES_GUARD__RULE = 1020,
	RULES_GUARD__LOCKDOWN = 1106
};

static enum flow rules_guard__refuse(struct request *r, unsigned code)
{
	counter_add(&r->w->counters, rules_blocked, 1);
	return request_fail(r, ERR_BLOCKED, code);
}

/* The address rule that the set's verdict came from. */
static void rules_guard__note_address(struct request *r, const struct expr_value *ip, bool allows)
{
	const struct rule_book *b = r->rules->book;

	for (size_t i = 0; i < b->access_n; i++) {
		if (b->access[i].allows != allows || !expr_set_has(b->access[i].set, ip))
			continue;
		rules_note_other(r, b->access[i].id, SLICE("access_rules"),
				 allows ? SLICE("whitelist") : SLICE("block"));
		return;
	}
}

/* Whether an address rule refuses. */
static bool rules_guard__address(struct request *r)
{
	const struct rule_book *b = r->rules->book;
	struct expr_value ip = expr_ip(r->q->client.ip);

	if (b->allow && expr_set_has(b->allow, &ip)) {
		r->rules->allowed = true;
		rules_guard__note_address(r, &ip, true);
		return false;
	}
	if (!b->block || !expr_set_has(b->block, &ip))
		return false;
	rules_guard__note_address(r, &ip, false);
	return true;
}

enum rules_guard__lock { LOCK_NONE, LOCK_OPEN, LOCK_CLOSED };

/* The first lockdown whose URL it is decides. */
static enum rules_guard__lock rules_guard__lockdown(struct request *r)
{
	const struct rule_book *b = r->rules->book;
	struct expr_value ip = expr_ip(r->q->client.ip);

	for (size_t i = 0; i < b->lockdowns_n; i++) {
		const struct rule_lockdown *l = &b->lockdowns[i];
		bool meant = false;
		for (size_t k = 0; k < l->urls_n && !meant; k++)
			meant = rules_holds(r, l->urls[k]);
		if (!meant)
			continue;
		if (expr_set_has(l->allowed, &ip))
			return LOCK_OPEN;
		rules_note_other(r, l->id, SLICE("lockdowns"), SLICE("block"));
		return LOCK_CLOSED;
	}
	return LOCK_NONE;
}

static bool rules_guard__agent(struct request *r)
{
	const struct field *f = field_find(r->q->fields, r->q->fields_n, FIELD_USER_AGENT);
	struct expr_value v = expr_bytes(f ? f->value : SLICE(""));

	if (!r->rules->book->agents || !expr_set_has(r->rules->book->agents, &v))
		return false;
	rules_note_other(r, slice_of(NULL, 0), SLICE("ua_rules"), SLICE("block"));
	return true;
}

static bool rules_guard__no_browser(const struct request *r)
{
	const struct field *f = field_find(r->q->fields, r->q->fields_n, FIELD_USER_AGENT);

	return r->rules->bic && (!f || f->value.n == 0);
}

/* The custom rule that refuses, or NULL. */
static const struct rule *rules_guard__custom(struct request *r)
{
	const struct rule_list *list = &r->rules->book->phases[RULE_PHASE_CUSTOM];

	for (size_t i = 0; i < list->n; i++) {
		const struct rule *rule = &list->rules[i];
		if (!rules_holds(r, rule->when))
			continue;
		rules_note(r, rule);
		if (rule->action == RULE_BLOCK)
			return rule;
		if (rule->action != RULE_SKIP)
			continue;
		r->rules->skips |= rule->skips;
		if (rule->skips & (RULE_SKIP_RULESET | RULE_SKIP_PHASE))
			break;
	}
	return NULL;
}

static enum flow rules_guard__block(struct request *r, const struct rule *rule)
{
	if (!rule->answer)
		return rules_guard__refuse(r, RULES_GUARD__RULE);
	counter_add(&r->w->counters, rules_blocked, 1);
	return rules_answer_page(r, rule->answer, slice_of(NULL, 0));
}

enum flow step_guard(struct request *r)
{
	enum rules_guard__lock lock;

	if (rules_guard__address(r))
		return rules_guard__refuse(r, RULES_GUARD__ADDRESS);
	const struct rule *refusing = r->rules->allowed ? NULL : rules_guard__custom(r);
	if (refusing)
		return rules_guard__block(r, refusing);
	lock = r->rules->skips & RULE_SKIP_LOCKDOWN ? LOCK_NONE : rules_guard__lockdown(r);
	if (lock == LOCK_CLOSED)
		return rules_guard__refuse(r, RULES_GUARD__LOCKDOWN);
	/* Whoever a lockdown lets in is not asked for an agent. */
	if (lock == LOCK_NONE && !(r->rules->skips & RULE_SKIP_AGENTS) && rules_guard__agent(r))
		return rules_guard__refuse(r, RULES_GUARD__RULE);
	if (rules_guard__no_browser(r))
		return rules_guard__refuse(r, RULES_GUARD__BROWSER);
	return request_go(r, STEP_TUNE);
}
