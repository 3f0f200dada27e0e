/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_rate: the rate limits of a zone (phase http_ratelimit): who is told apart, what is counted when, and what
 * happens to what is too much. The counters are shared by all workers (shield/rate.h). Rules that count answers, or
 * only what goes to the origin, are remembered in the guard and counted when the answer is there.
 */
#include "base/text.h"
#include "edge/passage.h"
#include "edge/rules.h"

enum { RULES_RATE__KEY_BYTES = 2048, RULES_RATE__TOO_MANY = 1015 };

/* A rule that counts this request later. */
struct rules_rate {
	const struct rule *rule;
	uint64_t key;
	struct rules_rate *next;
};

static struct rate_limit rules_rate__limit(const struct rule_rate *w)
{
	return (struct rate_limit){ .period_s = w->period_s, .timeout_s = w->timeout_s, .most = w->most };
}

/* Zone, rule and the visitor's values; what is missing is another value than what is empty. */
static uint64_t rules_rate__key(struct request *r, const struct rule *rule)
{
	char memory[RULES_RATE__KEY_BYTES];
	struct text t = text_of(memory, sizeof memory);
	const struct rule_rate *w = rule->rate;

	text_add(&t, r->site->zone->name);
	text_byte(&t, '\0');
	text_add(&t, rule->id);
	for (size_t i = 0; i < w->keys_n; i++) {
		struct ip ip = r->q->client.ip;
		if (w->keys[i].by == RULE_RATE_BY_ADDRESS) {
			ip = ip_network(&ip, ip.family == 6 ? 64 : 32);
			text_byte(&t, (char)ip.family);
			text_add(&t, slice_of(ip.b, sizeof ip.b));
			continue;
		}
		const struct rule_value v = { .expr = w->keys[i].text };
		bool there;
		struct slice s = rules_value(r, &v, &there);
		/* Long values count by their beginning and length: the key must not need the memory that they do. */
		text_printf(&t, "%c%zu:", there ? '+' : '-', s.n);
		text_add(&t, slice_first(s, 96));
	}
	return rate_key(r->w->rate, text_slice(&t));
}

/* Whether it is counted when the answer is there. */
static bool rules_rate__is_late(const struct rule_rate *w)
{
	return w->by_answer || w->to_origin || w->score_header.n;
}

static void rules_rate__later(struct request *r, const struct rule *rule, uint64_t key)
{
	struct rules_rate *late = arena_zalloc(r->arena, sizeof *late);

	if (!late)
		return;
	*late = (struct rules_rate){ rule, key, r->rules->rates };
	r->rules->rates = late;
}

/* Counts the request where it is to be counted now; says whether it is too much for the rule. */
static bool rules_rate__over(struct request *r, const struct rule *rule, uint64_t *ret_key, uint32_t *ret_wait_s)
{
	const struct rule_rate *w = rule->rate;
	const struct rate_limit l = rules_rate__limit(w);
	bool late = rules_rate__is_late(w), meant = rules_holds(r, rule->when);
	bool counted = late ? meant || w->counting : w->counting ? rules_holds(r, w->counting) : meant;
	uint64_t now_ms = loop_now_ms(r->w->loop);

	if (!meant && !counted)
		return false;
	*ret_key = rules_rate__key(r, rule);
	if (late && counted)
		rules_rate__later(r, rule, *ret_key);
	if (!late && counted)
		return rate_add(r->w->rate, *ret_key, &l, 1, now_ms, ret_wait_s) && meant;
	return meant && rate_over(r->w->rate, *ret_key, &l, now_ms, ret_wait_s);
}

/* A challenge that was passed since it became too much makes the key begin anew. */
static bool rules_rate__is_cleared(struct request *r, const struct rule *rule, uint64_t key, uint32_t wait_s)
{
	uint32_t since_s = rule->rate->timeout_s ? rule->rate->timeout_s - wait_s : rule->rate->period_s;

	if (!passage_is_clear(r, passage_level(r, rule->action)) || passage_age_s(r) > (int64_t)since_s)
		return false;
	rate_forget(r->w->rate, key);
	return true;
}

static enum flow rules_rate__act(struct request *r, const struct rule *rule, uint32_t wait_s)
{
	counter_add(&r->w->counters, rate_limited, 1);
	r->threat = true;
	r->passage.wait_s = wait_s;
	if (rule->action != RULE_BLOCK)
		return passage_challenge(r, passage_level(r, rule->action));
	if (rule->answer)
		return rules_answer_page(r, rule->answer, slice_of(NULL, 0));
	return request_fail(r, ERR_RATE, RULES_RATE__TOO_MANY);
}

bool rules_rate_guard(struct request *r, enum flow *ret)
{
	const struct rule_list *list = &r->rules->book->phases[RULE_PHASE_RATE];

	for (size_t i = 0; i < list->n; i++) {
		const struct rule *rule = &list->rules[i];
		uint32_t wait_s = 0;
		uint64_t key = 0;
		if (!rules_rate__over(r, rule, &key, &wait_s))
			continue;
		if (rule->action != RULE_BLOCK && rule->action != RULE_LOG &&
		    rules_rate__is_cleared(r, rule, key, wait_s))
			continue;
		rules_note(r, rule);
		if (rule->action == RULE_LOG)
			continue;
		*ret = rules_rate__act(r, rule, wait_s);
		return true;
	}
	return false;
}

/* The points that the origin gave; without a number there, none. */
static uint64_t rules_rate__score(const struct rules_response *a, struct slice name)
{
	uint64_t points = 0;

	for (size_t i = 0; i < a->fields_n; i++)
		if (slice_eq_nocase(a->fields[i].name, name) && slice_u64(slice_trim(a->fields[i].value), &points))
			return points > UINT32_MAX ? UINT32_MAX : points;
	return 0;
}

void rules_rate_answer(struct request *r, const struct rules_response *a)
{
	struct rules_rate *late = r->rules->rates;

	r->rules->rates = NULL; /* one answer */
	r->rules->response = a;
	for (; late; late = late->next) {
		const struct rule_rate *w = late->rule->rate;
		const struct rate_limit l = rules_rate__limit(w);
		uint32_t wait_s;
		if (w->to_origin && !r->picked)
			continue;
		if (w->counting && !rules_holds(r, w->counting))
			continue;
		/* That it is too much is for the next one to meet. */
		(void)!rate_add(r->w->rate, late->key, &l,
				w->score_header.n ? rules_rate__score(a, w->score_header) : 1, loop_now_ms(r->w->loop),
				&wait_s);
	}
	r->rules->response = NULL;
}
