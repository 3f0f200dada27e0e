/* SPDX-License-Identifier: Apache-2.0 */
/* sample_reply: see sample_reply.h. */
#include "sample/sample_reply.h"

#include "base/check.h"
#include "base/mem.h"
#include "http/status.h"
#include "wire/uri.h"

void sample_reply_field(struct sample_request *rq, struct slice name, struct slice value)
{
	CHECK(rq->fields_n < SAMPLE_FIELDS_MAX);
	rq->fields[rq->fields_n++] = (struct field){ name, value, (uint16_t)field_lookup(name) };
}

struct text sample_reply_room(struct sample_request *rq, size_t cap)
{
	CHECK(!rq->page);
	rq->page = mem_alloc(cap);
	return text_of(rq->page, cap);
}

static void sample_reply__common(struct sample_request *rq, struct slice type)
{
	struct text n = text_of(rq->count_text, sizeof rq->count_text);

	text_u64(&n, rq->count->answers);
	date_print(loop_wall_s(sample_site_loop(rq)), rq->date);
	sample_reply_field(rq, SLICE("Date"), slice_of(rq->date, sizeof rq->date));
	sample_reply_field(rq, SLICE("X-Sample-App"), rq->site->name);
	sample_reply_field(rq, SLICE("X-Sample-Count"), text_slice(&n));
	if (type.p)
		sample_reply_field(rq, SLICE("Content-Type"), type);
}

bool sample_reply_head(struct sample_request *rq, uint16_t status, struct slice type, enum http_body body,
		       uint64_t length)
{
	struct http_response r = { .status = status, .body = body, .length = length };
	bool bodyless = rq->x->req.method_id == METHOD_HEAD || body == HTTP_BODY_NONE;

	sample_reply__common(rq, type);
	r.fields = rq->fields;
	r.fields_n = rq->fields_n;
	rq->x->ops->head(rq->x, &r);
	if (bodyless)
		sample_reply_end(rq, NULL, 0);
	return !bodyless;
}

/* Writes what the client takes of rq->left, and ends the answer with it. */
static void sample_reply__rest(struct sample_request *rq)
{
	size_t n = rq->left.n ? rq->x->ops->write(rq->x, rq->left) : 0;

	rq->left = slice_from(rq->left, n);
	if (rq->left.n == 0)
		sample_reply_end(rq, NULL, 0);
}

void sample_reply_send(struct sample_request *rq, uint16_t status, struct slice type, struct slice body)
{
	static const struct sample_flow flow = { .on_room = sample_reply__rest };

	if (!sample_reply_head(rq, status, type, HTTP_BODY_LENGTH, body.n))
		return;
	rq->flow = &flow;
	rq->left = body;
	sample_reply__rest(rq);
}

void sample_reply_text(struct sample_request *rq, uint16_t status, struct slice type, const struct text *t)
{
	if (t->bad)
		sample_reply_note(rq, 500, SLICE("This page came out larger than expected.\n"));
	else
		sample_reply_send(rq, status, type, text_slice(t));
}

void sample_reply_note(struct sample_request *rq, uint16_t status, struct slice sentence)
{
	sample_reply_send(rq, status, SAMPLE_TEXT, sentence);
}

void sample_reply_empty(struct sample_request *rq, uint16_t status)
{
	CHECK(!sample_reply_head(rq, status, slice_of(NULL, 0), HTTP_BODY_NONE, 0));
}

void sample_reply_read(struct sample_request *rq, const struct sample_flow *flow)
{
	CHECK(rq->x->req.has_body);
	rq->flow = flow;
	if (rq->x->req.expect_continue)
		rq->x->ops->interim(rq->x, 100, NULL, 0);
	rq->x->ops->read(rq->x, true);
}

void sample_reply_drop(struct sample_request *rq)
{
	loop_timer_cancel(sample_site_loop(rq), &rq->timer);
	mem_free(rq->page);
	rq->page = NULL;
	rq->x->owner = NULL;
}

void sample_reply_end(struct sample_request *rq, const struct field *trailers, size_t n)
{
	struct exchange *x = rq->x;

	sample_reply_drop(rq);
	x->ops->finish(x, trailers, n);
}

bool sample_reply_number(struct sample_request *rq, struct slice name, const struct sample_range *range,
			 uint64_t *ret_value)
{
	struct slice rest = rq->query;
	uint64_t value = range->def;

	while (rest.n) {
		struct slice given = slice_split(&rest, '&'), key = slice_split(&given, '=');
		if (!slice_eq(key, name))
			continue;
		if (!slice_u64(given, &value) || value < range->min || value > range->max) {
			struct text t = sample_reply_room(rq, 256);
			text_printf(&t, "%.*s= in the query is to be a number from %llu to %llu.\n", SLICE_ARG(name),
				    (unsigned long long)range->min, (unsigned long long)range->max);
			sample_reply_text(rq, 400, SAMPLE_TEXT, &t);
			return false;
		}
		break;
	}
	*ret_value = value;
	return true;
}
