/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_guard: step guard: who may pass. Address rules first, then the custom rules in their order, lockdowns and
 * agents; the first that refuses ends it. An address that is let through by an address rule meets no custom rule.
 */
#include "edge/passage.h"
#include "edge/rules.h"
#include "edge/waf.h"

enum {
	RULES_GUARD__ADDRESS = 1006,
	RULES_GUARD__BROWSER = 1010,
	RULES_GUARD__RULE = 1020,
	RULES_GUARD__LOCKDOWN = 1106
};

static enum flow rules_guard__refuse(struct request *r, unsigned code)
{
	counter_add(&r->w->counters, rules_blocked, 1);
	r->threat = true;
	return request_fail(r, ERR_BLOCKED, code);
}

/* The address rule that the set's verdict came from. */
static void rules_guard__note_address(struct request *r, const struct expr_value *ip, unsigned action)
{
	const struct rule_book *b = r->rules->book;

	for (size_t i = 0; i < b->access_n; i++) {
		if (b->access[i].action != action || !expr_set_has(b->access[i].set, ip))
			continue;
		rules_note_other(r, b->access[i].id, SLICE("access_rules"),
				 action == RULE_SKIP ? SLICE("whitelist") : rule_action_name((enum rule_action)action));
		return;
	}
}

/*
 * The action of the first set, in order of severity, that the value is in and that keeps the visitor out;
 * RULE_REFUSALS: none does.
 */
static unsigned rules_guard__refusal(struct request *r, struct expr_set *const sets[RULE_REFUSALS],
				     const struct expr_value *v)
{
	unsigned a = 0;

	for (; a < RULE_REFUSALS; a++)
		if (sets[a] && expr_set_has(sets[a], v) &&
		    (a == RULE_BLOCK || !passage_is_clear(r, passage_level(r, a))))
			break;
	return a;
}

/* What address rules do: as rules_guard__refusal. */
static unsigned rules_guard__address(struct request *r)
{
	const struct rule_book *b = r->rules->book;
	struct expr_value ip = expr_ip(r->q->client.ip);

	if (b->allow && expr_set_has(b->allow, &ip)) {
		r->rules->allowed = true;
		rules_guard__note_address(r, &ip, RULE_SKIP);
		return RULE_REFUSALS;
	}
	unsigned action = rules_guard__refusal(r, b->refuse, &ip);
	if (action < RULE_REFUSALS)
		rules_guard__note_address(r, &ip, action);
	return action;
}

/* Refuses with that code, or asks for a challenge. */
static enum flow rules_guard__keep_out(struct request *r, unsigned action, unsigned code)
{
	return action == RULE_BLOCK ? rules_guard__refuse(r, code) : passage_challenge(r, passage_level(r, action));
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

/* What agent rules do: as rules_guard__refusal. */
static unsigned rules_guard__agent(struct request *r)
{
	const struct field *f = field_find(r->q->fields, r->q->fields_n, FIELD_USER_AGENT);
	struct expr_value v = expr_bytes(f ? f->value : SLICE(""));
	unsigned action = rules_guard__refusal(r, r->rules->book->agents, &v);

	if (action < RULE_REFUSALS)
		rules_note_other(r, slice_of(NULL, 0), SLICE("ua_rules"), rule_action_name((enum rule_action)action));
	return action;
}

static bool rules_guard__no_browser(const struct request *r)
{
	const struct field *f = field_find(r->q->fields, r->q->fields_n, FIELD_USER_AGENT);

	return r->rules->bic && (!f || f->value.n == 0);
}

/* The custom rule that refuses or asks for more, or NULL. */
static const struct rule *rules_guard__custom(struct request *r)
{
	const struct rule_list *list = &r->rules->book->phases[RULE_PHASE_CUSTOM];

	for (size_t i = 0; i < list->n; i++) {
		const struct rule *rule = &list->rules[i];
		if (!rules_holds(r, rule->when))
			continue;
		rules_note(r, rule);
		if (rule->action == RULE_BLOCK ||
		    (rule->action < RULE_REFUSALS && !passage_is_clear(r, passage_level(r, rule->action))))
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
	if (rule->action != RULE_BLOCK)
		return passage_challenge(r, passage_level(r, rule->action));
	if (!rule->answer)
		return rules_guard__refuse(r, RULES_GUARD__RULE);
	counter_add(&r->w->counters, rules_blocked, 1);
	r->threat = true;
	return rules_answer_page(r, rule->answer, slice_of(NULL, 0));
}

/* Whether the zone is under attack and the visitor has not shown that he is none of it. */
static bool rules_guard__is_attacked(struct request *r)
{
	return r->site->zone->settings.shield.under_attack && !r->rules->allowed &&
	       !(r->rules->skips & RULE_SKIP_LEVEL) && !passage_is_clear(r, CLEARANCE_WORK);
}

size_t request_managed(struct request *r, const struct rule_managed **ret, size_t max)
{
	const struct rule_list *list = r->rules ? &r->rules->book->phases[RULE_PHASE_MANAGED] : NULL;
	size_t n = 0;

	for (size_t i = 0; list && i < list->n && n < max; i++) {
		const struct rule *rule = &list->rules[i];
		if (!rules_holds(r, rule->when))
			continue;
		rules_note(r, rule);
		if (rule->managed)
			ret[n++] = rule->managed;
		if (rule->action == RULE_SKIP && rule->skips & (RULE_SKIP_RULESET | RULE_SKIP_PHASE))
			break;
	}
	return n;
}

bool request_has_managed(const struct site *site)
{
	return site->zone->book && site->zone->book->phases[RULE_PHASE_MANAGED].n;
}

bool request_skips_firewall(const struct request *r)
{
	return r->rules && (r->rules->allowed || r->rules->skips & RULE_SKIP_MANAGED);
}

static enum flow rules_guard__pass(struct request *r)
{
	return request_go(r, waf_wanted(r->site) ? STEP_WAF_HEAD : STEP_TUNE);
}

enum flow step_guard(struct request *r)
{
	enum rules_guard__lock lock;
	enum flow flow;

	unsigned action = rules_guard__address(r);
	if (action < RULE_REFUSALS)
		return rules_guard__keep_out(r, action, RULES_GUARD__ADDRESS);
	const struct rule *refusing = r->rules->allowed ? NULL : rules_guard__custom(r);
	if (refusing)
		return rules_guard__block(r, refusing);
	lock = r->rules->skips & RULE_SKIP_LOCKDOWN ? LOCK_NONE : rules_guard__lockdown(r);
	if (lock == LOCK_CLOSED)
		return rules_guard__refuse(r, RULES_GUARD__LOCKDOWN);
	/* Whoever a lockdown lets in is not asked for an agent. */
	action = lock == LOCK_NONE && !(r->rules->skips & RULE_SKIP_AGENTS) ? rules_guard__agent(r) : RULE_REFUSALS;
	if (action < RULE_REFUSALS)
		return rules_guard__keep_out(r, action, RULES_GUARD__RULE);
	if (!(r->rules->skips & RULE_SKIP_BROWSER) && rules_guard__no_browser(r))
		return rules_guard__refuse(r, RULES_GUARD__BROWSER);
	if (!r->rules->allowed && !(r->rules->skips & RULE_SKIP_RATE) && rules_rate_guard(r, &flow))
		return flow;
	if (rules_guard__is_attacked(r))
		return passage_challenge(r, CLEARANCE_WORK);
	return rules_guard__pass(r);
}
