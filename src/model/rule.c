/* SPDX-License-Identifier: Apache-2.0 */
/* rule: names, merging and freeing, see rule.h. */
#include "model/rule.h"

#include "base/check.h"
#include "base/mem.h"

static const struct slice rule__phases[RULE_PHASE_COUNT] = {
#define RULE_PHASE(id, name, actions, when) SLICE_INIT(name),
#include "model/rule_phase.def"
#undef RULE_PHASE
};

static const struct slice rule__actions[RULE_ACTION_COUNT] = {
	[RULE_BLOCK] = SLICE_INIT("block"),
	[RULE_CHALLENGE] = SLICE_INIT("challenge"),
	[RULE_JS_CHALLENGE] = SLICE_INIT("js_challenge"),
	[RULE_MANAGED_CHALLENGE] = SLICE_INIT("managed_challenge"),
	[RULE_SKIP] = SLICE_INIT("skip"),
	[RULE_LOG] = SLICE_INIT("log"),
	[RULE_EXECUTE] = SLICE_INIT("execute"),
	[RULE_REDIRECT] = SLICE_INIT("redirect"),
	[RULE_REWRITE] = SLICE_INIT("rewrite"),
	[RULE_ROUTE] = SLICE_INIT("route"),
	[RULE_SET_CONFIG] = SLICE_INIT("set_config"),
	[RULE_CACHE] = SLICE_INIT("set_cache_settings"),
	[RULE_SERVE_ERROR] = SLICE_INIT("serve_error"),
};

struct slice rule_phase_name(enum rule_phase p)
{
	CHECK(p < RULE_PHASE_COUNT);
	return rule__phases[p];
}

bool rule_phase_find(struct slice name, enum rule_phase *ret)
{
	for (unsigned i = 0; i < RULE_PHASE_COUNT; i++) {
		if (slice_eq(rule__phases[i], name)) {
			*ret = (enum rule_phase)i;
			return true;
		}
	}
	return false;
}

struct slice rule_action_name(enum rule_action a)
{
	CHECK(a < RULE_ACTION_COUNT);
	return rule__actions[a];
}

void rule_cache_merge(const struct rule_cache *rule, struct cache_policy *policy)
{
	const struct cache_policy *p = &rule->policy;

	if (rule->members & RULE_CACHE_ELIGIBILITY)
		policy->eligibility = p->eligibility;
	if (rule->members & RULE_CACHE_EDGE_TTL) {
		policy->edge_ttl_mode = p->edge_ttl_mode;
		policy->edge_ttl_s = p->edge_ttl_s;
		policy->status_ttls_n = p->status_ttls_n;
		policy->status_ttls = p->status_ttls;
	}
	if (rule->members & RULE_CACHE_BROWSER_TTL) {
		policy->browser_ttl_mode = p->browser_ttl_mode;
		policy->browser_ttl_s = p->browser_ttl_s;
	}
	if (rule->members & RULE_CACHE_STALE)
		policy->stale_while_updating = p->stale_while_updating;
	if (rule->members & RULE_CACHE_PORTS)
		policy->more_ports = p->more_ports;
	if (rule->members & RULE_CACHE_KEY)
		policy->key = p->key;
}

static void rule__free_rewrite(const struct rule_rewrite *w)
{
	if (!w)
		return;
	expr_free(w->path.expr);
	expr_free(w->query.expr);
	for (size_t i = 0; i < w->headers_n; i++)
		expr_free(w->headers[i].value.expr);
}

void rule_release(struct rule *r)
{
	expr_free(r->when);
	if (r->action == RULE_CACHE && r->cache) {
		mem_free(r->cache->policy.key);
		mem_free(r->cache->policy.status_ttls);
	}
	if (r->action == RULE_REDIRECT && r->redirect)
		expr_free(r->redirect->to.expr);
	if (r->action == RULE_REWRITE)
		rule__free_rewrite(r->rewrite);
	if (r->rate) {
		expr_free(r->rate->counting);
		for (size_t i = 0; i < r->rate->keys_n; i++)
			expr_free(r->rate->keys[i].text);
	}
}

void rule_book_free(struct rule_book *b)
{
	struct slice name;
	void *set;
	size_t at = 0;

	if (!b)
		return;
	for (size_t p = 0; p < RULE_PHASE_COUNT; p++)
		for (size_t i = 0; i < b->phases[p].n; i++)
			rule_release(&b->phases[p].rules[i]);
	for (size_t i = 0; i < b->access_n; i++)
		expr_set_free(b->access[i].set);
	for (size_t i = 0; i < b->lockdowns_n; i++) {
		for (size_t k = 0; k < b->lockdowns[i].urls_n; k++)
			expr_free(b->lockdowns[i].urls[k]);
		expr_set_free(b->lockdowns[i].allowed);
	}
	expr_set_free(b->allow);
	for (size_t i = 0; i < RULE_REFUSALS; i++) {
		expr_set_free(b->refuse[i]);
		expr_set_free(b->agents[i]);
	}
	while (b->has_lists && map_next(&b->lists, &at, &name, &set))
		expr_set_free(set);
	if (b->has_lists)
		map_fini(&b->lists);
	arena_reset(&b->arena);
	arena_pool_fini(&b->pool);
	mem_free(b);
}
