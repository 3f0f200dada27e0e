/* SPDX-License-Identifier: Apache-2.0 */
/* rule_read: see rule_read.h; parameters of actions are rule_params.c, addresses and lists rule_access.c. */
#include "model/rule_read.h"

#include "base/check.h"
#include "base/mem.h"

enum { ASK, ANSWER };
enum { RULE_READ__BOOK_BYTES = 256 << 20 };

struct rule_read__phase {
	unsigned actions;
	bool response;
};

static const struct rule_read__phase rule_read__phases[RULE_PHASE_COUNT] = {
#define RULE_PHASE(id, name, actions, when) { actions, (when) == ANSWER },
#include "model/rule_phase.def"
#undef RULE_PHASE
};

static const struct json_read_member rule_read__members[] = {
	{ "id", JSON_READ_STRING, false },          { "ref", JSON_READ_STRING, false },
	{ "description", JSON_READ_STRING, false }, { "enabled", JSON_READ_BOOL, false },
	{ "expression", JSON_READ_STRING, true },   { "action", JSON_READ_STRING, true },
	{ "logging", JSON_READ_OBJECT, false },     { "action_parameters", JSON_READ_OBJECT, false },
	{ "ratelimit", JSON_READ_OBJECT, false },   { NULL, JSON_READ_STRING, false },
};

static const struct json_read_member rule_read__logging[] = {
	{ "enabled", JSON_READ_BOOL, true },
	{ NULL, JSON_READ_BOOL, false },
};

struct slice rule_read_keep(struct rule_read *b, struct slice s)
{
	struct slice copy = arena_copy(&b->book->arena, s);

	CHECK(!arena_full(&b->book->arena));
	return copy;
}

void *rule_read_alloc(struct rule_read *b, size_t count, size_t size)
{
	void *p = arena_zalloc(&b->book->arena, count * size + 1);

	CHECK(p);
	return p;
}

static const struct expr_set *rule_read__list(void *of, struct slice name)
{
	const struct rule_book *book = of;

	return book->has_lists ? map_get(&book->lists, name) : NULL;
}

enum err rule_read_expr(struct rule_read *b, struct slice text, enum expr_want want, struct expr **ret)
{
	return rule_read_expr_of(b, text, want, rule_read__phases[b->phase].response, ret);
}

enum err rule_read_expr_of(struct rule_read *b, struct slice text, enum expr_want want, bool response,
			   struct expr **ret)
{
	struct expr_options o = { .want = want, .response = response, .list = rule_read__list, .list_of = b->book };
	struct diag why;

	diag_init(&why);
	if (expr_compile(text, &o, ret, &why) != OK)
		return json_read_fail(b->r, "%s: %s", why.where, why.text);
	return OK;
}

static enum err rule_read__action(struct rule_read *b, const json_t *v, struct rule *rule)
{
	struct slice name = json_read_string(json_object_get(v, "action"));
	size_t mark = json_read_in(b->r, "action");

	for (unsigned a = 0; a < RULE_ACTION_COUNT; a++) {
		if (!slice_eq(name, rule_action_name((enum rule_action)a)) ||
		    !(rule_read__phases[b->phase].actions & 1u << a))
			continue;
		rule->action = (uint8_t)a;
		json_read_out(b->r, mark);
		return OK;
	}
	struct slice phase = rule_phase_name(b->phase);
	return json_read_fail(b->r, "\"%.*s\" is not an action of the phase %.*s", SLICE_ARG(slice_first(name, 60)),
			      SLICE_ARG(phase));
}

static enum err rule_read__one(struct rule_read *b, const json_t *v, struct rule *rule)
{
	const json_t *logging = json_object_get(v, "logging");
	size_t mark;

	TRY(json_read_object(b->r, v, rule_read__members));
	rule->phase = (uint8_t)b->phase;
	rule->id = rule_read_keep(b, json_read_string(json_object_get(v, "id")));
	if (!rule->id.n)
		rule->id = rule_read_keep(b, json_read_string(json_object_get(v, "ref")));
	TRY(rule_read__action(b, v, rule));
	mark = json_read_in(b->r, "expression");
	TRY(rule_read_expr(b, json_read_string(json_object_get(v, "expression")), EXPR_WANT_BOOL, &rule->when));
	json_read_out(b->r, mark);
	rule->logs = true;
	if (logging) {
		mark = json_read_in(b->r, "logging");
		TRY(json_read_object(b->r, logging, rule_read__logging));
		if (rule->action != RULE_SKIP)
			return json_read_fail(b->r, "goes with the action skip only");
		rule->logs = json_read_bool(logging, "enabled", true);
		json_read_out(b->r, mark);
	}
	mark = json_read_in(b->r, "action_parameters");
	TRY(rule_read_params(b, json_object_get(v, "action_parameters"), rule));
	json_read_out(b->r, mark);
	mark = json_read_in(b->r, "ratelimit");
	TRY(rule_read_rate(b, json_object_get(v, "ratelimit"), rule));
	json_read_out(b->r, mark);
	return OK;
}

static enum err rule_read__phase(struct rule_read *b, const json_t *rules)
{
	struct rule_list *list = &b->book->phases[b->phase];
	size_t n = json_array_size(rules);

	if (!json_is_array(rules))
		return json_read_fail(b->r, "must be an array of rules");
	if (n > b->limits->zone_rules_max)
		return json_read_fail(b->r, "holds %zu rules, at most %llu (limit zone_rules_max)", n,
				      (unsigned long long)b->limits->zone_rules_max);
	list->rules = rule_read_alloc(b, n, sizeof *list->rules);
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(rules, i);
		size_t element = json_read_in_index(b->r, i);
		/* Counted before it is read, so that what it holds is freed whatever happens. */
		struct rule *rule = &list->rules[list->n++];
		TRY(rule_read__one(b, v, rule));
		if (!json_read_bool(v, "enabled", true)) {
			rule_release(rule);
			memset(rule, 0, sizeof *rule);
			list->n--;
		}
		json_read_out(b->r, element);
	}
	return OK;
}

static struct rule_book *rule_read__new(void)
{
	struct rule_book *book = mem_alloc(sizeof *book);

	arena_pool_init(&book->pool, 0);
	arena_init(&book->arena, &book->pool, RULE_READ__BOOK_BYTES);
	return book;
}

static enum err rule_read__rulesets(struct rule_read *b, const json_t *item)
{
	size_t outer = json_read_in(b->r, "rulesets");
	const char *name;
	json_t *rules, *sets = json_object_get(item, "rulesets");

	json_object_foreach(sets, name, rules)
	{
		size_t mark = json_read_in(b->r, name);
		if (!rule_phase_find(slice_str(name), &b->phase))
			return json_read_fail(b->r, "is not a phase whose rules run in this version");
		TRY(rule_read__phase(b, rules));
		json_read_out(b->r, mark);
	}
	json_read_out(b->r, outer);
	return OK;
}

enum err rule_read_zone(struct json_read *r, const json_t *item, const struct limits *limits, struct zone *zone)
{
	static const char *const members[] = { "rulesets", "access_rules", "lockdowns", "ua_rules" };
	struct rule_read b = { .r = r, .limits = limits, .zone = zone };
	/* Who has to pass a challenge, or to say what he is, meets the guard without any rule. */
	bool any = zone->settings.shield.under_attack || zone->settings.shield.browser_check;

	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		const json_t *v = json_object_get(item, members[i]);
		any = any || json_object_size(v) || json_array_size(v);
	}
	if (!any && !json_object_get(item, "lists"))
		return OK;
	b.book = zone->book = rule_read__new();
	TRY(rule_read_lists(&b, item));
	TRY(rule_read__rulesets(&b, item));
	TRY(rule_read_access(&b, item));
	if (!any) { /* lists alone decide nothing */
		rule_book_free(zone->book);
		zone->book = NULL;
	}
	return OK;
}

enum err rule_read_check(const json_t *rules, struct slice phase, const json_t *lists, const struct limits *limits,
			 struct diag *d)
{
	struct json_read r = json_read_at_root(d);
	struct rule_read b = { .r = &r, .limits = limits };
	json_t *item = json_object();

	if (!rule_phase_find(phase, &b.phase)) {
		json_decref(item);
		return diag_set(d, ERR_NOT_FOUND, NULL, "rules of the phase \"%.*s\" are not run in this version",
				SLICE_ARG(slice_first(phase, 60)));
	}
	b.book = rule_read__new();
	if (lists)
		json_object_set(item, "lists", (json_t *)(uintptr_t)lists);
	enum err e = rule_read_lists(&b, item);
	if (e == OK)
		e = rule_read__phase(&b, rules);
	rule_book_free(b.book);
	json_decref(item);
	return e;
}

enum err rule_read_check_one(const json_t *object, const char *member, const struct limits *limits, struct diag *d)
{
	struct json_read r = json_read_at_root(d);
	struct rule_read b = { .r = &r, .limits = limits };
	json_t *item = json_pack("{s:[O]}", member, object);

	if (!item)
		return diag_set(d, ERR_PLAN, NULL, "must be an object");
	b.book = rule_read__new();
	enum err e = rule_read_access(&b, item);
	if (e != OK && d) { /* the path of one object: without "member[0]." */
		struct slice where = slice_str(d->where);
		size_t end = slice_find(where, ']');
		where = end == SIZE_MAX ? where : slice_from(where, end + 1);
		if (where.n && where.p[0] == '.')
			where = slice_from(where, 1);
		memmove(d->where, where.p, where.n);
		d->where[where.n] = '\0';
	}
	rule_book_free(b.book);
	json_decref(item);
	return e;
}
