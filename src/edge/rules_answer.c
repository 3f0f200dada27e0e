/* SPDX-License-Identifier: Apache-2.0 */
/* rules_answer: answers that rules make, and what they change in those of others. See rules.h. */
#include "edge/rules.h"

#include "base/text.h"

enum flow rules_answer_page(struct request *r, const struct rule_answer *a, struct slice location)
{
	/* The last is for Retry-After. */
	struct field fields[7] = {
		{ .name = SLICE("Date"), .value = worker_date(r->w) },
		{ .name = SLICE("Server"), .value = SLICE("seawall") },
		{ .name = SLICE("CF-Ray"), .value = slice_of(r->ray_text, r->ray_n) },
		{ .name = SLICE("Cache-Control"), .value = SLICE("no-store") },
		{ .name = SLICE("Content-Type"), .value = a->content_type },
		{ .name = SLICE("Location"), .value = location },
	};
	struct http_response h = { .status = a->status, .body = HTTP_BODY_LENGTH, .fields = fields, .fields_n = 6 };

	if (!location.n)
		h.fields_n--;
	if (r->passage.wait_s) /* never a redirect */
		fields[h.fields_n++] = (struct field){ .name = SLICE("Retry-After"),
						       .value = arena_printf(r->arena, "%u", r->passage.wait_s) };
	if (!a->content.n && location.n) { /* a redirect: no content, and whoever follows it may remember it */
		fields[3] = fields[5];
		h.fields_n = 4;
	}
	r->page = a->content;
	r->source = SOURCE_PAGE;
	r->status = CACHE_STATUS_NONE;
	h.length = a->content.n;
	r->answered = h.status;
	r->x->ops->head(r->x, &h);
	return request_go(r, STEP_SEND);
}

enum flow request_redirect(struct request *r, uint16_t status, struct slice location)
{
	struct rule_answer a = { .status = status };

	return rules_answer_page(r, &a, location);
}

/* The address with the request's query. In r->arena. */
static struct slice rules_answer__with_query(struct request *r, struct slice to)
{
	struct slice query = uri_query(r->q->path);
	char sign = slice_find(to, '?') == SIZE_MAX ? '?' : '&';

	if (!query.n)
		return to;
	return arena_printf(r->arena, "%.*s%c%.*s", SLICE_ARG(to), sign, SLICE_ARG(query));
}

enum flow rules_answer_redirect(struct request *r, const struct rule *rule)
{
	const struct rule_redirect *w = rule->redirect;
	struct slice to = rules_text(r, &w->to);

	if (to.p && w->keep_query)
		to = rules_answer__with_query(r, to);
	if (!to.p || arena_full(r->arena))
		return request_fail(r, ERR_ARENA_FULL, 0);
	if (!to.n || !field_is_value(to) || to.n > r->w->limits->target_bytes_max) {
		rules_note_other(r, rule->id, rule_phase_name((enum rule_phase)rule->phase), SLICE("no address"));
		return FLOW_WAIT;
	}
	rules_note(r, rule);
	struct rule_answer a = { .status = w->status };
	return rules_answer_page(r, &a, to);
}

/* ---- error answers */

bool rules_answer_error(struct request *r, uint16_t status, const struct field *fields, size_t fields_n)
{
	if (!r->rules || !r->x || status < 400)
		return false;
	const struct rule_list *list = &r->rules->book->phases[RULE_PHASE_ERRORS];
	struct rules_response response = { status, fields, fields_n };
	const struct rule *found = NULL;

	r->rules->response = &response;
	for (size_t i = 0; i < list->n && !found; i++)
		if (rules_holds(r, list->rules[i].when))
			found = &list->rules[i];
	r->rules->response = NULL;
	if (!found)
		return false;
	rules_note(r, found);
	struct rule_answer a = *found->answer;
	a.status = a.status ? a.status : status;
	rules_answer_page(r, &a, slice_of(NULL, 0));
	return true;
}

/* ---- header fields */

/* Fields of an answer while rules change them. */
struct rules_answer__fields {
	struct field *at;
	size_t n;
};

static void rules_answer__drop(struct rules_answer__fields *f, struct slice name)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		if (!slice_eq_nocase(f->at[i].name, name))
			f->at[n++] = f->at[i];
	f->n = n;
}

static enum err rules_answer__rewrite(struct request *r, const struct rule_rewrite *w, struct rules_answer__fields *f)
{
	struct field *fields = arena_alloc(r->arena, (f->n + w->headers_n) * sizeof *fields);
	struct slice *values = arena_alloc(r->arena, w->headers_n * sizeof *values);

	if (!fields || !values)
		return ERR_ARENA_FULL;
	for (size_t i = 0; i < w->headers_n; i++)
		values[i] = w->headers[i].op == RULE_HEADER_REMOVE ? SLICE("") : rules_text(r, &w->headers[i].value);
	if (arena_full(r->arena))
		return ERR_ARENA_FULL;
	memcpy(fields, f->at, f->n * sizeof *fields);
	f->at = fields;
	for (size_t i = 0; i < w->headers_n; i++) {
		const struct rule_header *h = &w->headers[i];
		if (h->op != RULE_HEADER_ADD)
			rules_answer__drop(f, h->name);
		if (values[i].n && field_is_value(values[i]))
			f->at[f->n++] = (struct field){ .name = h->name, .value = slice_trim(values[i]), .id = h->id };
	}
	return OK;
}

/* Stored fields and the answer's own as one array. */
static enum err rules_answer__all(struct request *r, const struct http_response *h, struct rules_answer__fields *f)
{
	f->at = arena_alloc(r->arena, (h->stored_n + h->fields_n + 1) * sizeof *f->at);
	if (!f->at)
		return ERR_ARENA_FULL;
	if (h->stored_n)
		memcpy(f->at, h->stored, h->stored_n * sizeof *f->at);
	if (h->fields_n)
		memcpy(f->at + h->stored_n, h->fields, h->fields_n * sizeof *f->at);
	f->n = h->stored_n + h->fields_n;
	return OK;
}

enum err rules_answer_headers(struct request *r, struct http_response *h)
{
	const struct rule_list *list = r->rules ? &r->rules->book->phases[RULE_PHASE_RESPONSE_HEADERS] : NULL;
	struct rules_answer__fields f = { NULL, 0 };
	struct rules_response response;
	bool changed = false;

	if (!list || !list->n)
		return OK;
	TRY(rules_answer__all(r, h, &f));
	r->rules->response = &response;
	for (size_t i = 0; i < list->n; i++) {
		response = (struct rules_response){ h->status, f.at, f.n };
		if (!rules_holds(r, list->rules[i].when))
			continue;
		enum err e = rules_answer__rewrite(r, list->rules[i].rewrite, &f);
		if (e != OK) {
			r->rules->response = NULL;
			return e;
		}
		changed = true;
		rules_note(r, &list->rules[i]);
	}
	r->rules->response = NULL;
	if (!changed)
		return OK;
	h->fields = f.at;
	h->fields_n = f.n;
	h->stored = NULL;
	h->stored_n = 0;
	h->stored_h1 = slice_of(NULL, 0);
	return OK;
}
