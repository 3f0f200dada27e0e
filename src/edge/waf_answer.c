/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waf_answer: step waf_answer: the engine looks at the answer of an origin before the visitor or the cache gets any of
 * it, in zones that want that. Bodies of the types that rules read are collected up to a limit.
 */
#include "edge/waf_int.h"

static size_t waf_answer__cap(const struct request *r)
{
	uint64_t rules = r->waf->rules->waf->set->options.response_body_max, own = r->w->limits->waf_body_bytes_max;

	return (size_t)(rules < own ? rules : own);
}

bool waf_answer_wanted(const struct request *r)
{
	return r->waf && r->waf->eval && r->waf->zone.answers;
}

/* Names and values outlive the call that brought them. */
static const struct field *waf_answer__keep(struct request *r, const struct h1_response *h)
{
	struct field *f = arena_alloc(r->arena, (h->fields_n + 1) * sizeof *f);

	for (size_t i = 0; f && i < h->fields_n; i++) {
		f[i] = h->fields[i];
		f[i].name = arena_copy(r->arena, h->fields[i].name);
		f[i].value = arena_copy(r->arena, h->fields[i].value);
	}
	return arena_full(r->arena) ? NULL : f;
}

static bool waf_answer__keep_head(struct request *r)
{
	struct h1_response *copy = arena_alloc(r->arena, sizeof *copy);
	const struct field *fields = waf_answer__keep(r, r->resp);

	if (!copy || !fields)
		return false;
	*copy = *r->resp;
	memcpy(&copy->fields, &fields, sizeof fields);
	copy->reason = SLICE("");
	r->resp = copy;
	return true;
}

static enum err waf_answer__head(struct request *r)
{
	struct waf_state *s = r->waf;
	const struct h1_response *h = r->resp;
	struct eval_field *f = arena_alloc(&s->arena, (h->fields_n + 1) * sizeof *f);
	struct eval_answer answer = { .status = h->status, .protocol = SLICE("HTTP/1.1"), .fields = f };

	for (size_t i = 0; f && i < h->fields_n; i++)
		f[answer.fields_n++] = (struct eval_field){ h->fields[i].name, h->fields[i].value };
	return f ? eval_answer_head(s->eval, &answer, &s->verdict) : ERR_ARENA_FULL;
}

/* A compressed body is not read: origins were asked for none. */
static bool waf_answer__collects(const struct request *r)
{
	const struct h1_response *h = r->resp;
	const struct field *coding = field_find(h->fields, h->fields_n, FIELD_CONTENT_ENCODING);

	return eval_wants_answer_body(r->waf->eval) && h->framing != H1_NO_BODY && h->status != 101 &&
	       (!coding || slice_eq_nocase(coding->value, SLICE("identity")));
}

static enum flow waf_answer__refused(struct request *r, enum flow f)
{
	fetch_drop(r);
	return f;
}

static enum flow waf_answer__begin(struct request *r)
{
	struct waf_state *s = r->waf;
	enum err e = waf_answer__keep_head(r) ? waf_answer__head(r) : ERR_ARENA_FULL;
	enum flow f = waf_decide(r, e);

	s->answer_seen = true;
	if (f != FLOW_WAIT)
		return waf_answer__refused(r, f);
	s->answer_collects = !s->gave_up && waf_answer__collects(r);
	return s->answer_collects ? FLOW_WAIT : FLOW_NEXT;
}

void waf_answer_data(struct request *r, struct slice data)
{
	struct waf_state *s = r->waf;

	if (r->w->waf_buffered + data.n > r->w->limits->waf_buffered_bytes_max) {
		counter_add(&r->w->counters, waf_bodies_full, 1);
		s->gave_up = "the firewall has no room for one more body";
		s->answer_cut = true;
	}
	CHECK(buf_add(&s->answer, data));
	s->body_counted += data.n;
	r->w->waf_buffered += data.n;
	if (buf_len(&s->answer) > waf_answer__cap(r))
		s->answer_cut = true;
	if (!s->answer_cut)
		return;
	client_read(r->client, false);
	request_run(r);
}

void waf_answer_end(struct request *r)
{
	r->waf->answer_ended = true;
	fetch_drop(r);
	request_run(r);
}

/* What the rules cannot see whole, and want to, is refused. */
static bool waf_answer__too_large(const struct waf_state *s)
{
	return s->answer_cut && s->zone.mode == ZONE_WAF_ENFORCE && !s->gave_up &&
	       !s->rules->waf->set->options.response_body_partial;
}

static enum flow waf_answer__finish(struct request *r)
{
	struct waf_state *s = r->waf;
	struct slice all = buf_slice(&s->answer), seen = slice_first(all, waf_answer__cap(r));

	if (waf_answer__too_large(s))
		s->gave_up = "the answer is larger than SecResponseBodyLimit";
	if (s->gave_up && s->zone.mode == ZONE_WAF_ENFORCE) {
		s->outcome = WAF_BLOCKED;
		r->detail = s->gave_up;
		waf_close(r);
		return waf_answer__refused(r, request_fail(r, ERR_OVERLOAD, 0));
	}
	enum flow f = waf_decide(r, eval_answer_body(s->eval, seen, all.n, &s->verdict));
	if (f != FLOW_WAIT)
		return waf_answer__refused(r, f);
	waf_close(r);
	return request_go(r, STEP_STORE);
}

enum flow waf_answer_step(struct request *r)
{
	struct waf_state *s = r->waf;

	if (!s->answer_seen) {
		enum flow f = waf_answer__begin(r);
		if (r->step != STEP_WAF_ANSWER || f != FLOW_NEXT)
			return f;
	}
	if (s->answer_collects && !s->answer_cut && !s->answer_ended)
		return FLOW_WAIT;
	return waf_answer__finish(r);
}

/* ---- on to the visitor and the cache */

bool waf_answer_held(const struct request *r)
{
	return r->waf && r->waf->answer_collects && !r->waf->answer_given;
}

struct slice waf_answer_take(struct request *r, bool *ret_ended)
{
	r->waf->answer_given = true;
	*ret_ended = r->waf->answer_ended;
	return buf_slice(&r->waf->answer);
}

size_t waf_answer_size(const struct request *r)
{
	return waf_answer_held(r) && r->waf->answer_ended ? buf_len(&r->waf->answer) : 0;
}
