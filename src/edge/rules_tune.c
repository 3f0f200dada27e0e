/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_tune: step tune: the last redirects, header fields of the request, and how the cache treats it. What a rule
 * sets here is what the origin gets and what Vary is compared with.
 */
#include "edge/rules.h"

static void rules_tune__drop(struct http_request *q, const struct rule_header *h)
{
	size_t n = 0;

	for (size_t i = 0; i < q->fields_n; i++)
		if (!slice_eq_nocase(q->fields[i].name, h->name))
			q->fields[n++] = q->fields[i];
	q->fields_n = n;
}

/* The fields with room for `more`; they may be written to afterwards. */
static enum err rules_tune__own_fields(struct request *r, size_t more)
{
	TRY(rules_own_request(r));
	struct field *fields = arena_alloc(r->arena, (r->own_q.fields_n + more) * sizeof *fields);
	if (!fields)
		return ERR_ARENA_FULL;
	memcpy(fields, r->own_q.fields, r->own_q.fields_n * sizeof *fields);
	r->own_q.fields = fields;
	return OK;
}

static enum err rules_tune__rewrite(struct request *r, const struct rule *rule)
{
	const struct rule_rewrite *w = rule->rewrite;
	struct slice *values = arena_alloc(r->arena, w->headers_n * sizeof *values);

	if (!values)
		return ERR_ARENA_FULL;
	/* All values are made of the fields as they were. */
	for (size_t i = 0; i < w->headers_n; i++)
		values[i] = w->headers[i].op == RULE_HEADER_SET ? rules_text(r, &w->headers[i].value) : SLICE("");
	TRY(rules_tune__own_fields(r, w->headers_n));
	for (size_t i = 0; i < w->headers_n; i++) {
		const struct rule_header *h = &w->headers[i];
		if (!values[i].p)
			return ERR_ARENA_FULL;
		rules_tune__drop(&r->own_q, h);
		/* An empty value, or one that cannot stand in a header, is none. */
		if (h->op == RULE_HEADER_SET && values[i].n && field_is_value(values[i]))
			r->own_q.fields[r->own_q.fields_n++] =
				(struct field){ .name = h->name, .value = slice_trim(values[i]), .id = h->id };
	}
	return OK;
}

static enum err rules_tune__headers(struct request *r)
{
	const struct rule_list *list = &r->rules->book->phases[RULE_PHASE_LATE_TRANSFORM];

	for (size_t i = 0; i < list->n; i++) {
		if (!rules_holds(r, list->rules[i].when))
			continue;
		TRY(rules_tune__rewrite(r, &list->rules[i]));
		rules_note(r, &list->rules[i]);
	}
	return OK;
}

/* The last rule that matches decides, member by member. */
static enum err rules_tune__cache(struct request *r)
{
	const struct rule_list *list = &r->rules->book->phases[RULE_PHASE_CACHE];
	struct cache_policy *own = NULL;

	for (size_t i = 0; i < list->n; i++) {
		if (!rules_holds(r, list->rules[i].when))
			continue;
		if (!own) {
			own = arena_alloc(r->arena, sizeof *own);
			if (!own)
				return ERR_ARENA_FULL;
			*own = *r->policy;
			r->policy = own;
		}
		rule_cache_merge(list->rules[i].cache, own);
		rules_note(r, &list->rules[i]);
	}
	return OK;
}

enum flow step_tune(struct request *r)
{
	const struct rule_list *list = &r->rules->book->phases[RULE_PHASE_REDIRECT];

	for (size_t i = 0; i < list->n; i++) {
		if (!rules_holds(r, list->rules[i].when))
			continue;
		enum flow f = rules_answer_redirect(r, &list->rules[i]);
		if (f != FLOW_WAIT)
			return f;
	}
	enum err e = rules_tune__headers(r);
	if (e == OK)
		e = rules_tune__cache(r);
	return e == OK ? request_go(r, STEP_LOOKUP) : request_fail(r, e, 0);
}
