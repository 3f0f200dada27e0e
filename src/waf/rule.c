/* SPDX-License-Identifier: Apache-2.0 */
/* rule: tables, names and the memory of a rule set. */
#include "waf/rule.h"

#include "base/check.h"
#include "base/mem.h"
#include "waf/phrase.h"
#include "waf/regex.h"

#include <stdarg.h>
#include <stdio.h>

enum { RULE_SET_BYTES_MAX = 256 * 1024 * 1024 };

struct rule__variable {
	const char *name;
	enum variable_kind kind;
};

struct rule__operator {
	const char *name;
	enum operator_argument argument;
};

static const struct rule__variable rule__variables[] = {
#define VARIABLE(name, text, kind) { text, VARIABLE_##kind },
#include "waf/variable.def"
#undef VARIABLE
};

static const struct rule__operator rule__operators[] = {
#define OPERATOR(name, text, argument) { text, OPERATOR_##argument },
#include "waf/operator.def"
#undef OPERATOR
};

struct rule_set *rule_set_new(void)
{
	struct rule_set *set = mem_alloc(sizeof *set);

	arena_pool_init(&set->pool, 0);
	arena_init(&set->arena, &set->pool, RULE_SET_BYTES_MAX);
	map_init(&set->slots);
	set->notes_end = &set->notes;
	set->options = (struct rule_options){ .engine = ENGINE_ON,
					      .request_body = true,
					      .request_body_max = 13107200,
					      .request_body_no_files_max = 131072,
					      .response_body_max = 524288,
					      .json_depth_max = 512,
					      .arguments_max = 1000,
					      .match_limit = 100000,
					      .work_max = 50000000,
					      .response_body_partial = true,
					      .argument_separator = '&',
					      .mime_types = SLICE("text/plain text/html text/xml") };
	return set;
}

void rule_set_free(struct rule_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->regexes_n; i++)
		regex_free(set->regexes[i]);
	for (size_t i = 0; i < set->phrase_sets_n; i++)
		phrase_set_free(set->phrase_sets[i]);
	for (size_t i = 0; i <= RULE_PHASES; i++)
		mem_free(set->phase[i]);
	mem_free(set->regexes);
	mem_free(set->phrase_sets);
	mem_free(set->rules);
	mem_free(set->slot_names);
	mem_free(set->chains);
	map_fini(&set->slots);
	arena_reset(&set->arena);
	arena_pool_fini(&set->pool);
	mem_free(set);
}

struct rule *rule_set_find(const struct rule_set *set, uint32_t id)
{
	for (size_t i = 0; i < set->rules_n; i++)
		if (set->rules[i]->id == id && !set->rules[i]->is_marker)
			return set->rules[i];
	return NULL;
}

uint32_t rule_set_slot_find(const struct rule_set *set, struct slice name)
{
	const void *at = map_get(&set->slots, name);

	return at ? (uint32_t)((uintptr_t)at - 1) : RULE_SLOT_NONE;
}

uint32_t rule_set_slot(struct rule_set *set, struct slice name)
{
	struct slice lower = rule_lower(&set->arena, name);
	uint32_t slot = rule_set_slot_find(set, lower);

	if (slot != RULE_SLOT_NONE)
		return slot;
	if (set->slots_n == set->slots_cap) {
		set->slots_cap = set->slots_cap ? set->slots_cap * 2 : 128;
		set->slot_names = mem_resize(set->slot_names, set->slots_cap * sizeof *set->slot_names);
	}
	slot = set->slots_n++;
	set->slot_names[slot] = lower;
	map_put(&set->slots, lower, (void *)((uintptr_t)slot + 1));
	return slot;
}

void rule_set_note(struct rule_set *set, const char *file, unsigned line, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	struct rule_note *note = arena_zalloc(&set->arena, sizeof *note);
	if (!note)
		return;
	note->text = arena_printf(&set->arena, "%s:%u: %s", file, line, what);
	*set->notes_end = note;
	set->notes_end = &note->next;
	set->notes_n++;
}

enum err rule_set_regex(struct rule_set *set, struct slice pattern, bool caseless, struct regex **ret, struct diag *d)
{
	TRY(regex_new(pattern, caseless, ret, d));
	if (set->regexes_n == set->regexes_cap) {
		set->regexes_cap = set->regexes_cap ? set->regexes_cap * 2 : 64;
		set->regexes = mem_resize(set->regexes, set->regexes_cap * sizeof *set->regexes);
	}
	set->regexes[set->regexes_n++] = *ret;
	return OK;
}

enum variable rule_variable_find(struct slice name)
{
	for (size_t i = 0; i < VAR_COUNT; i++)
		if (slice_eq_nocase(name, slice_str(rule__variables[i].name)))
			return (enum variable)i;
	return VAR_COUNT;
}

enum rule_operator rule_operator_find(struct slice name)
{
	if (slice_eq_nocase(name, SLICE("pmf")))
		return OP_PM_FROM_FILE;
	if (slice_eq_nocase(name, SLICE("ipMatchF")))
		return OP_IP_MATCH_FROM_FILE;
	for (size_t i = 0; i < OP_COUNT; i++)
		if (slice_eq_nocase(name, slice_str(rule__operators[i].name)))
			return (enum rule_operator)i;
	return OP_COUNT;
}

const char *rule_variable_name(enum variable v)
{
	CHECK(v < VAR_COUNT);
	return rule__variables[v].name;
}

enum variable_kind rule_variable_kind(enum variable v)
{
	CHECK(v < VAR_COUNT);
	return rule__variables[v].kind;
}

const char *rule_operator_name(enum rule_operator o)
{
	CHECK(o < OP_COUNT);
	return rule__operators[o].name;
}

enum operator_argument rule_operator_argument(enum rule_operator o)
{
	CHECK(o < OP_COUNT);
	return rule__operators[o].argument;
}

bool rule_has_tag(const struct rule *r, const struct regex *pattern)
{
	for (size_t i = 0; i < r->tags_n; i++)
		if (regex_test(pattern, r->tags[i]))
			return true;
	return false;
}

struct slice rule_lower(struct arena *a, struct slice s)
{
	char *p = arena_alloc(a, s.n);

	if (!p)
		return slice_of(NULL, 0);
	for (size_t i = 0; i < s.n; i++)
		p[i] = slice_lower(s.p[i]);
	return slice_of(p, s.n);
}

int64_t rule_number(struct slice s)
{
	size_t i = 0;
	int64_t v = 0;
	bool negative = false;

	while (i < s.n && (s.p[i] == ' ' || (s.p[i] >= '\t' && s.p[i] <= '\r')))
		i++;
	if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
		negative = s.p[i++] == '-';
	for (; i < s.n && slice_is_digit(s.p[i]); i++)
		v = v > (INT64_MAX - 9) / 10 ? INT64_MAX - 9 : v * 10 + (s.p[i] - '0');
	return negative ? -v : v;
}
