/* SPDX-License-Identifier: Apache-2.0 */
/* rule_managed: see rule_managed.h. */
#include "model/rule_managed.h"

#include "base/rng.h"

#include <stdio.h>

/* The rule that counts the score together, whose id clients know, and its number in the Core Rule Set. */
#define RULE_MANAGED__SCORE_ID "6179ae15870a4bb7b2d480d4843b323c"
#define RULE_MANAGED__FREE_ID "77454fe2d30c4220b5701f6fdfb893ba"
#define RULE_MANAGED__PREFIX "5ea0a11000004000a0000000"

enum { RULE_MANAGED__SCORE = 949110 };

uint8_t rule_managed_set(struct slice id)
{
	if (slice_eq(id, SLICE(RULE_MANAGED_OWASP_ID)))
		return ZONE_WAF_OWASP;
	if (slice_eq(id, SLICE(RULE_MANAGED_BREACHES_ID)) || slice_eq(id, SLICE(RULE_MANAGED__FREE_ID)))
		return ZONE_WAF_BREACHES;
	return 0;
}

void rule_managed_id(uint32_t number, char ret[static RULE_MANAGED_ID_BYTES])
{
	if (number == RULE_MANAGED__SCORE)
		snprintf(ret, RULE_MANAGED_ID_BYTES, "%s", RULE_MANAGED__SCORE_ID);
	else
		snprintf(ret, RULE_MANAGED_ID_BYTES, "%s%08x", RULE_MANAGED__PREFIX, number);
}

bool rule_managed_number(struct slice id, uint32_t *ret)
{
	uint32_t n = 0;

	if (slice_eq(id, SLICE(RULE_MANAGED__SCORE_ID))) {
		*ret = RULE_MANAGED__SCORE;
		return true;
	}
	if (id.n != RULE_MANAGED_ID_BYTES - 1 || !slice_starts(id, SLICE(RULE_MANAGED__PREFIX)))
		return false;
	for (size_t i = sizeof RULE_MANAGED__PREFIX - 1; i < id.n; i++) {
		char c = id.p[i];
		unsigned digit = slice_is_digit(c)      ? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
							: 16;
		if (digit > 15)
			return false;
		n = n << 4 | digit;
	}
	*ret = n;
	return n != 0;
}

/* ---- reading ---- */

/* What `action` and `enabled` of an override say together; *ret stays when they say nothing. */
static enum err rule_managed__does(struct rule_read *b, const json_t *v, uint8_t *ret)
{
	static const char *const actions[] = { "log", "block", "managed_challenge", "js_challenge", "challenge", NULL };
	static const uint8_t does[] = { RULE_MANAGED_LOG, RULE_MANAGED_ON, RULE_MANAGED_CHALLENGES,
					RULE_MANAGED_CHALLENGES, RULE_MANAGED_CHALLENGES };
	int action = -1;

	TRY(json_read_choice(b->r, v, "action", actions, &action));
	if (action >= 0)
		*ret = does[action];
	if (!json_read_bool(v, "enabled", true))
		*ret = RULE_MANAGED_OFF;
	else if (json_object_get(v, "enabled") && action < 0)
		*ret = RULE_MANAGED_ON;
	return OK;
}

/* "paranoia-level-3": enabled, the level is at least that; disabled, below it. */
static bool rule_managed__level(struct rule_managed *m, struct slice category, const json_t *v)
{
	struct slice prefix = SLICE("paranoia-level-"), digit = slice_from(category, prefix.n);
	uint64_t level;

	if (!slice_starts(category, prefix) || !slice_u64(digit, &level) || level < 1 || level > ZONE_WAF_LEVEL_MAX)
		return false;
	if (json_read_bool(v, "enabled", true)) {
		if (level > m->level)
			m->level = (uint8_t)level;
	} else if (level > 1 && (m->level == 0 || m->level >= level)) {
		m->level = (uint8_t)(level - 1);
	}
	return true;
}

static enum err rule_managed__category(struct rule_read *b, const json_t *v, struct rule_managed *m)
{
	static const struct json_read_member members[] = { { "category", JSON_READ_STRING, true },
							   { "action", JSON_READ_STRING, false },
							   { "enabled", JSON_READ_BOOL, false },
							   { NULL, JSON_READ_STRING, false } };
	struct rule_managed_override *o = &m->overrides[m->overrides_n];

	TRY(json_read_object(b->r, v, members));
	o->category = rule_read_keep(b, json_read_string(json_object_get(v, "category")));
	o->does = RULE_MANAGED_ON;
	TRY(rule_managed__does(b, v, &o->does));
	if (!rule_managed__level(m, o->category, v))
		m->overrides_n++;
	return OK;
}

static enum err rule_managed__rule_id(struct rule_read *b, const json_t *v, uint32_t *ret)
{
	size_t mark = json_read_in(b->r, "id");
	struct slice id = json_read_string(json_object_get(v, "id"));

	if (!rule_managed_number(id, ret))
		return json_read_fail(b->r, "\"%.*s\" is not the id of a managed rule; GET of the ruleset lists them",
				      SLICE_ARG(slice_first(id, 40)));
	json_read_out(b->r, mark);
	return OK;
}

static enum err rule_managed__rule(struct rule_read *b, const json_t *v, struct rule_managed *m)
{
	static const struct json_read_member members[] = { { "id", JSON_READ_STRING, true },
							   { "action", JSON_READ_STRING, false },
							   { "enabled", JSON_READ_BOOL, false },
							   { "score_threshold", JSON_READ_INT, false },
							   { NULL, JSON_READ_STRING, false } };
	static const int64_t thresholds[2] = { 1, ZONE_WAF_THRESHOLD_MAX };
	struct rule_managed_override *o = &m->overrides[m->overrides_n];
	int64_t threshold = 0;

	TRY(json_read_object(b->r, v, members));
	TRY(rule_managed__rule_id(b, v, &o->rule));
	o->does = RULE_MANAGED_ON;
	TRY(rule_managed__does(b, v, &o->does));
	TRY(json_read_int(b->r, v, "score_threshold", thresholds, &threshold));
	if (threshold && o->rule != RULE_MANAGED__SCORE) {
		json_read_in(b->r, "score_threshold");
		return json_read_fail(b->r, "goes with the rule " RULE_MANAGED__SCORE_ID " only");
	}
	if (o->rule != RULE_MANAGED__SCORE) {
		m->overrides_n++;
		return OK;
	}
	/* The rule on which all others depend: it says what happens to requests above the threshold. */
	if (threshold)
		m->inbound = (uint32_t)threshold;
	m->challenges |= o->does == RULE_MANAGED_CHALLENGES;
	if (o->does == RULE_MANAGED_LOG || o->does == RULE_MANAGED_OFF)
		m->mode = ZONE_WAF_DETECT;
	return OK;
}

static enum err rule_managed__each(struct rule_read *b, const json_t *list, const char *member, struct rule_managed *m,
				   enum err (*fn)(struct rule_read *b, const json_t *v, struct rule_managed *m))
{
	size_t mark = json_read_in(b->r, member);

	for (size_t i = 0; i < json_array_size(list); i++) {
		size_t element = json_read_in_index(b->r, i);
		TRY(fn(b, json_array_get(list, i), m));
		json_read_out(b->r, element);
	}
	json_read_out(b->r, mark);
	return OK;
}

static enum err rule_managed__overrides(struct rule_read *b, const json_t *v, struct rule_managed *m)
{
	static const struct json_read_member members[] = { { "action", JSON_READ_STRING, false },
							   { "enabled", JSON_READ_BOOL, false },
							   { "categories", JSON_READ_ARRAY, false },
							   { "rules", JSON_READ_ARRAY, false },
							   { NULL, JSON_READ_STRING, false } };
	const json_t *categories = json_object_get(v, "categories"), *rules = json_object_get(v, "rules");
	size_t n = json_array_size(categories) + json_array_size(rules);
	uint8_t does = RULE_MANAGED_ON;

	TRY(json_read_object(b->r, v, members));
	if (n > RULE_MANAGED_OVERRIDES_MAX)
		return json_read_fail(b->r, "holds %zu overrides, at most %d", n, RULE_MANAGED_OVERRIDES_MAX);
	m->overrides = rule_read_alloc(b, n + 1, sizeof *m->overrides);
	TRY(rule_managed__does(b, v, &does));
	m->off = does == RULE_MANAGED_OFF;
	m->challenges = does == RULE_MANAGED_CHALLENGES;
	if (does == RULE_MANAGED_LOG)
		m->mode = ZONE_WAF_DETECT;
	TRY(rule_managed__each(b, categories, "categories", m, rule_managed__category));
	return rule_managed__each(b, rules, "rules", m, rule_managed__rule);
}

static struct rule_managed *rule_managed__new(struct rule_read *b)
{
	struct rule_managed *m = rule_read_alloc(b, 1, sizeof *m);
	struct rng r;

	rng_init(&r);
	m->key = rng_next(&r);
	return m;
}

enum err rule_managed_execute(struct rule_read *b, const json_t *params, struct rule *rule)
{
	static const struct json_read_member members[] = { { "id", JSON_READ_STRING, true },
							   { "version", JSON_READ_STRING, false },
							   { "overrides", JSON_READ_OBJECT, false },
							   { NULL, JSON_READ_STRING, false } };
	const json_t *overrides = json_object_get(params, "overrides");
	struct rule_managed *m = rule_managed__new(b);

	TRY(json_read_object(b->r, params, members));
	size_t mark = json_read_in(b->r, "id");
	struct slice id = json_read_string(json_object_get(params, "id"));
	m->sets = rule_managed_set(id);
	if (!m->sets)
		return json_read_fail(b->r,
				      "\"%.*s\" is not a ruleset that is run here; those are " RULE_MANAGED_OWASP_ID
				      " (OWASP Core Ruleset) and " RULE_MANAGED_BREACHES_ID " (known breaches)",
				      SLICE_ARG(slice_first(id, 40)));
	json_read_out(b->r, mark);
	m->mode = ZONE_WAF_ENFORCE;
	rule->managed = m;
	if (!overrides)
		return OK;
	mark = json_read_in(b->r, "overrides");
	TRY(rule_managed__overrides(b, overrides, m));
	json_read_out(b->r, mark);
	return OK;
}

/* ---- skip ---- */

static enum err rule_managed__skip_sets(struct rule_read *b, const json_t *list, struct rule_managed *m)
{
	size_t mark = json_read_in(b->r, "rulesets");

	for (size_t i = 0; i < json_array_size(list); i++) {
		size_t element = json_read_in_index(b->r, i);
		uint8_t set = rule_managed_set(slice_str(json_string_value(json_array_get(list, i))));
		if (!set)
			return json_read_fail(b->r, "is not the id of a managed ruleset");
		m->sets |= set;
		json_read_out(b->r, element);
	}
	json_read_out(b->r, mark);
	return OK;
}

static size_t rule_managed__count(const json_t *map)
{
	json_t *walk = (json_t *)(uintptr_t)map, *ids;
	const char *name;
	size_t n = 0;

	json_object_foreach(walk, name, ids) n += json_array_size(ids);
	return n;
}

static enum err rule_managed__skip_rules(struct rule_read *b, const json_t *map, struct rule_managed *m)
{
	json_t *walk = (json_t *)(uintptr_t)map, *ids;
	size_t mark = json_read_in(b->r, "rules"), n = rule_managed__count(map);
	const char *name;

	if (n > RULE_MANAGED_OVERRIDES_MAX)
		return json_read_fail(b->r, "holds %zu rules, at most %d", n, RULE_MANAGED_OVERRIDES_MAX);
	m->overrides = rule_read_alloc(b, n + 1, sizeof *m->overrides);
	json_object_foreach(walk, name, ids)
	{
		size_t member = json_read_in(b->r, name);
		if (!rule_managed_set(slice_str(name)) || !json_is_array(ids))
			return json_read_fail(b->r,
					      "must be the id of a managed ruleset with an array of ids of rules");
		for (size_t i = 0; i < json_array_size(ids); i++) {
			size_t element = json_read_in_index(b->r, i);
			struct rule_managed_override *o = &m->overrides[m->overrides_n++];
			struct slice id = slice_str(json_string_value(json_array_get(ids, i)));
			if (!rule_managed_number(id, &o->rule))
				return json_read_fail(b->r, "is not the id of a managed rule");
			o->does = RULE_MANAGED_OFF;
			json_read_out(b->r, element);
		}
		json_read_out(b->r, member);
	}
	json_read_out(b->r, mark);
	return OK;
}

enum err rule_managed_skip(struct rule_read *b, const json_t *params, struct rule *rule)
{
	struct rule_managed *m = rule_managed__new(b);

	TRY(rule_managed__skip_sets(b, json_object_get(params, "rulesets"), m));
	TRY(rule_managed__skip_rules(b, json_object_get(params, "rules"), m));
	rule->managed = m;
	return OK;
}
