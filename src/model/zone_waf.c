/* SPDX-License-Identifier: Apache-2.0 */
/* zone_waf: see zone_waf.h. */
#include "model/zone_waf.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/rule.h"

enum { ZONE_WAF__PATH_MAX = 2048, ZONE_WAF__NAME_MAX = 256, ZONE_WAF__ID_MAX = 64 };

/* Variables that an exclusion may name: those whose values come from the visitor. */
static const struct slice zone_waf__variables[] = {
	SLICE_INIT("ARGS"),
	SLICE_INIT("ARGS_GET"),
	SLICE_INIT("ARGS_GET_NAMES"),
	SLICE_INIT("ARGS_NAMES"),
	SLICE_INIT("ARGS_POST"),
	SLICE_INIT("ARGS_POST_NAMES"),
	SLICE_INIT("FILES"),
	SLICE_INIT("FILES_NAMES"),
	SLICE_INIT("MULTIPART_PART_HEADERS"),
	SLICE_INIT("QUERY_STRING"),
	SLICE_INIT("REQUEST_BASENAME"),
	SLICE_INIT("REQUEST_BODY"),
	SLICE_INIT("REQUEST_COOKIES"),
	SLICE_INIT("REQUEST_COOKIES_NAMES"),
	SLICE_INIT("REQUEST_FILENAME"),
	SLICE_INIT("REQUEST_HEADERS"),
	SLICE_INIT("REQUEST_HEADERS_NAMES"),
	SLICE_INIT("REQUEST_LINE"),
	SLICE_INIT("REQUEST_URI"),
	SLICE_INIT("REQUEST_URI_RAW"),
	SLICE_INIT("RESPONSE_BODY"),
	SLICE_INIT("XML"),
};

void zone_waf_free(struct zone_waf *w)
{
	if (!w)
		return;
	mem_free(w->exclusions);
	mem_free(w->texts);
	mem_free(w);
}

static size_t zone_waf__bytes(const json_t *list)
{
	static const char *const members[] = { "id", "path", "parameter" };
	size_t n = 1, i;
	json_t *v;

	json_array_foreach(list, i, v)
	{
		for (size_t m = 0; m < sizeof members / sizeof members[0]; m++)
			n += json_string_length(json_object_get(v, members[m]));
	}
	return n;
}

static struct slice zone_waf__keep(struct text *t, struct slice s)
{
	size_t at = t->n;

	text_add(t, s);
	CHECK(!t->bad);
	return slice_of(t->p + at, s.n);
}

/* A member of text within bounds, kept; empty when absent. */
static enum err zone_waf__text(struct json_read *r, const json_t *v, const char *member, size_t max, struct text *t,
			       struct slice *ret)
{
	struct slice s = json_read_string(json_object_get(v, member));
	size_t mark = json_read_in(r, member);

	if (s.n > max)
		return json_read_fail(r, "is longer than %zu bytes", max);
	*ret = zone_waf__keep(t, s);
	json_read_out(r, mark);
	return OK;
}

/* "ARGS:q" in its two parts. */
static enum err zone_waf__parameter(struct json_read *r, struct slice s, struct zone_waf_exclusion *ret)
{
	size_t mark = json_read_in(r, "parameter"), colon = slice_find(s, ':');
	struct slice variable = slice_first(s, colon);

	if (s.n == 0) {
		json_read_out(r, mark);
		return OK;
	}
	for (size_t i = 0; i < sizeof zone_waf__variables / sizeof zone_waf__variables[0]; i++) {
		if (!slice_eq_nocase(zone_waf__variables[i], variable))
			continue;
		ret->variable = zone_waf__variables[i];
		ret->name = colon == SIZE_MAX ? slice_of(NULL, 0) : slice_from(s, colon + 1);
		json_read_out(r, mark);
		return OK;
	}
	return json_read_fail(r, "\"%.*s\" is not a variable that can be left out, like ARGS:q or REQUEST_COOKIES:id",
			      SLICE_ARG(slice_first(variable, 60)));
}

static enum err zone_waf__exclusion(struct json_read *r, const json_t *v, struct text *t,
				    struct zone_waf_exclusion *ret)
{
	static const struct json_read_member members[] = {
		{ "id", JSON_READ_STRING, false },          { "rule", JSON_READ_INT, false },
		{ "path", JSON_READ_STRING, false },        { "parameter", JSON_READ_STRING, false },
		{ "description", JSON_READ_STRING, false }, { NULL, JSON_READ_STRING, false },
	};
	static const int64_t rules[2] = { 1, UINT32_MAX };
	struct slice parameter;
	int64_t rule = 0;

	TRY(json_read_object(r, v, members));
	TRY(json_read_int(r, v, "rule", rules, &rule));
	TRY(zone_waf__text(r, v, "id", ZONE_WAF__ID_MAX, t, &ret->id));
	TRY(zone_waf__text(r, v, "path", ZONE_WAF__PATH_MAX, t, &ret->path));
	TRY(zone_waf__text(r, v, "parameter", ZONE_WAF__NAME_MAX, t, &parameter));
	TRY(zone_waf__parameter(r, parameter, ret));
	ret->rule = (uint32_t)rule;
	if (ret->path.n && ret->path.p[0] != '/') {
		json_read_in(r, "path");
		return json_read_fail(r, "must begin with a slash");
	}
	if (slice_ends(ret->path, SLICE("*"))) {
		ret->prefix = true;
		ret->path.n--;
	}
	if (!ret->rule && !ret->variable.n)
		return json_read_fail(r, "must name a rule or a parameter: else nothing would be inspected");
	return OK;
}

static enum err zone_waf__list(struct json_read *r, const json_t *list, const char *member, struct text *t,
			       struct zone_waf *w)
{
	size_t mark = json_read_in(r, member);

	for (size_t i = 0; i < json_array_size(list); i++) {
		size_t element = json_read_in_index(r, i);
		TRY(zone_waf__exclusion(r, json_array_get(list, i), t, &w->exclusions[w->exclusions_n]));
		w->exclusions_n++;
		json_read_out(r, element);
	}
	json_read_out(r, mark);
	return OK;
}

/* Those of the member `waf`, and those that the API keeps beside it. */
static enum err zone_waf__exclusions(struct json_read *r, const json_t *item, struct zone_waf *w)
{
	const json_t *own = json_object_get(json_object_get(item, "waf"), "exclusions");
	const json_t *more = json_object_get(item, "waf_exclusions");
	size_t n = json_array_size(own) + json_array_size(more), bytes = zone_waf__bytes(own) + zone_waf__bytes(more);

	if (n > ZONE_WAF_EXCLUSIONS_MAX)
		return json_read_fail(r, "%zu exclusions, at most %d", n, ZONE_WAF_EXCLUSIONS_MAX);
	w->exclusions = mem_alloc_array(n + 1, sizeof *w->exclusions);
	w->texts = mem_alloc(bytes);
	struct text t = text_of(w->texts, bytes);
	size_t mark = json_read_in(r, "waf");
	TRY(zone_waf__list(r, own, "exclusions", &t, w));
	json_read_out(r, mark);
	return zone_waf__list(r, more, "waf_exclusions", &t, w);
}

static enum err zone_waf__sets(struct json_read *r, const json_t *v, uint8_t *ret)
{
	const json_t *list = json_object_get(v, "rulesets"), *one;
	size_t mark = json_read_in(r, "rulesets"), i;

	*ret = ZONE_WAF_OWASP | ZONE_WAF_BREACHES;
	if (list)
		*ret = 0;
	json_array_foreach(list, i, one)
	{
		struct slice name = json_read_string(one);
		if (slice_eq(name, SLICE("owasp")))
			*ret |= ZONE_WAF_OWASP;
		else if (slice_eq(name, SLICE("known-breaches")))
			*ret |= ZONE_WAF_BREACHES;
		else
			return json_read_fail(r, "must hold \"owasp\" and \"known-breaches\" or one of them");
	}
	json_read_out(r, mark);
	return OK;
}

static enum err zone_waf__read(struct json_read *r, const json_t *v, struct zone_waf *w)
{
	static const struct json_read_member members[] = {
		{ "mode", JSON_READ_STRING, true },
		{ "rulesets", JSON_READ_ARRAY, false },
		{ "paranoia_level", JSON_READ_INT, false },
		{ "inbound_threshold", JSON_READ_INT, false },
		{ "outbound_threshold", JSON_READ_INT, false },
		{ "answers", JSON_READ_BOOL, false },
		{ "exclusions", JSON_READ_ARRAY, false },
		{ NULL, JSON_READ_STRING, false },
	};
	static const char *const modes[] = {
		[ZONE_WAF_OFF] = "off", [ZONE_WAF_DETECT] = "detect", [ZONE_WAF_ENFORCE] = "enforce", NULL
	};
	static const int64_t levels[2] = { 1, ZONE_WAF_LEVEL_MAX }, thresholds[2] = { 1, ZONE_WAF_THRESHOLD_MAX };
	int64_t level = 0, inbound = 0, outbound = 0;
	int mode = ZONE_WAF_OFF;

	TRY(json_read_object(r, v, members));
	TRY(json_read_choice(r, v, "mode", modes, &mode));
	TRY(json_read_int(r, v, "paranoia_level", levels, &level));
	TRY(json_read_int(r, v, "inbound_threshold", thresholds, &inbound));
	TRY(json_read_int(r, v, "outbound_threshold", thresholds, &outbound));
	w->mode = (uint8_t)mode;
	w->level = (uint8_t)level;
	w->inbound = (uint32_t)inbound;
	w->outbound = (uint32_t)outbound;
	w->answers = json_read_bool(v, "answers", false);
	return zone_waf__sets(r, v, &w->sets);
}

enum err zone_waf_read(struct json_read *r, const json_t *item, struct zone_waf **ret)
{
	const json_t *v = json_object_get(item, "waf");
	size_t mark = json_read_in(r, "waf");
	enum err e = OK;

	*ret = NULL;
	bool standard = !v && json_read_bool(item, "waf_standard", false);
	if (!v && !standard && !json_array_size(json_object_get(item, "waf_exclusions"))) {
		json_read_out(r, mark);
		return OK;
	}
	struct zone_waf *w = mem_alloc(sizeof *w);
	w->standard = standard;
	if (v)
		e = zone_waf__read(r, v, w);
	if (e == OK) {
		json_read_out(r, mark);
		e = zone_waf__exclusions(r, item, w);
	}
	if (e == OK)
		*ret = w;
	else
		zone_waf_free(w);
	return e;
}

enum err zone_waf_check_exclusion(const json_t *object, struct diag *d)
{
	struct json_read r = json_read_at_root(d);
	struct zone_waf_exclusion x = { 0 };
	json_t *list = json_pack("[O]", object);
	size_t bytes = zone_waf__bytes(list);
	char *texts = mem_alloc(bytes);
	struct text t = text_of(texts, bytes);

	json_decref(list);
	enum err e = zone_waf__exclusion(&r, object, &t, &x);
	mem_free(texts);
	return e;
}

unsigned zone_waf_levels(const struct zone *z)
{
	const struct rule_list *list = z->book ? &z->book->phases[RULE_PHASE_MANAGED] : NULL;
	bool runs = z->waf && (z->waf->mode != ZONE_WAF_OFF || z->waf->standard);
	unsigned levels = runs ? 1u << z->waf->level : 0;

	for (size_t i = 0; list && i < list->n; i++)
		if (list->rules[i].action == RULE_EXECUTE)
			levels |= 1u << list->rules[i].managed->level;
	return levels;
}
