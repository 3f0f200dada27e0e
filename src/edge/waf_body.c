/* SPDX-License-Identifier: Apache-2.0 */
/* waf_body: steps body and waf_body: the part of the body that the engine sees, and its way on to the origin. */
#include "edge/waf_int.h"

enum { WAF_BODY__PIECE = 65536 };

/* How much is collected: what the rules want to see, within the limit of the node. */
static size_t waf_body__cap(const struct request *r)
{
	uint64_t rules = r->waf->rules->waf->set->options.request_body_max, own = r->w->limits->waf_body_bytes_max;

	return (size_t)(rules < own ? rules : own);
}

/* The rules refuse bodies that they cannot see whole (SecRequestBodyLimitAction Reject). */
static bool waf_body__refuses(const struct request *r)
{
	const struct waf_state *s = r->waf;

	return s->zone.mode == ZONE_WAF_ENFORCE && !s->rules->waf->set->options.request_body_partial;
}

static enum flow waf_body__too_large(struct request *r)
{
	r->waf->outcome = WAF_BLOCKED;
	r->waf->gave_up = "the body is larger than SecRequestBodyLimit";
	waf_close(r);
	r->detail = "the body is larger than SecRequestBodyLimit";
	return request_fail(r, ERR_BODY_LARGE, 0);
}

/* No room for one more body: it is not inspected, which an enforcing zone does not let pass. */
static void waf_body__no_room(struct request *r)
{
	struct waf_state *s = r->waf;

	counter_add(&r->w->counters, waf_bodies_full, 1);
	s->gave_up = "the firewall has no room for one more body";
	s->cut = true;
}

enum flow waf_body_collect(struct request *r)
{
	struct waf_state *s = r->waf;

	if (!s->waits || s->cut || r->body_gone)
		return request_go(r, STEP_WAF_BODY);
	if (waf_body__refuses(r) && r->q->has_length && r->q->length > waf_body__cap(r)) {
		s->body_total = r->q->length;
		return waf_body__too_large(r);
	}
	if (s->reading)
		return FLOW_WAIT;
	s->reading = true;
	if (r->q->expect_continue) {
		r->x->ops->interim(r->x, 100, NULL, 0);
		r->x->req.expect_continue = r->own_q.expect_continue = false;
	}
	r->x->ops->read(r->x, true);
	return FLOW_WAIT;
}

void waf_body_data(struct request *r, struct slice data, bool end)
{
	struct waf_state *s = r->waf;
	const struct limits *l = r->w->limits;

	r->body_gone = r->body_gone || end;
	if (l->request_body_bytes_max && r->body_in > l->request_body_bytes_max) {
		request_fail(r, ERR_BODY_LARGE, 0);
		request_run(r);
		return;
	}
	if (r->w->waf_buffered + data.n > l->waf_buffered_bytes_max)
		waf_body__no_room(r);
	/* What came is kept in any case: it is on its way to the origin. */
	CHECK(buf_add(&s->body, data));
	s->body_counted += data.n;
	r->w->waf_buffered += data.n;
	if (!end && (s->cut || buf_len(&s->body) >= waf_body__cap(r))) {
		s->cut = true;
		r->x->ops->read(r->x, false);
	}
	if (s->cut || end)
		request_run(r);
}

enum flow waf_body_step(struct request *r)
{
	struct waf_state *s = r->waf;
	struct slice seen = slice_first(buf_slice(&s->body), waf_body__cap(r));
	enum flow f;

	if (s->waits) {
		s->body_inspected = seen.n;
		s->body_total = r->q->has_length && !r->body_gone ? r->q->length : buf_len(&s->body);
		if (s->cut && !r->body_gone && s->body_total <= seen.n)
			s->body_total = seen.n + 1; /* more is to come; how much is not known */
		if (s->body_total > seen.n && waf_body__refuses(r) && !s->gave_up)
			return waf_body__too_large(r);
	}
	if (s->gave_up && s->zone.mode == ZONE_WAF_ENFORCE) {
		s->outcome = WAF_BLOCKED;
		r->detail = s->gave_up;
		waf_close(r);
		return request_fail(r, ERR_OVERLOAD, 0);
	}
	f = waf_decide(r, eval_body(s->eval, seen, s->body_total, &s->verdict));
	if (f != FLOW_WAIT)
		return f;
	if (!s->zone.answers)
		waf_close(r);
	return request_go(r, r->rules ? STEP_TUNE : STEP_LOOKUP);
}

/* ---- on to the origin */

bool waf_body_left(const struct request *r)
{
	return r->waf && r->waf->body_sent < buf_len(&r->waf->body);
}

bool waf_body_whole(const struct request *r)
{
	return r->waf && r->waf->waits && r->body_gone && !r->waf->cut;
}

void waf_body_rewind(struct request *r)
{
	if (r->waf)
		r->waf->body_sent = 0;
}

void waf_body_feed(struct request *r)
{
	struct waf_state *s = r->waf;
	struct slice all = buf_slice(&s->body);

	while (s->body_sent < all.n && r->client && client_room(r->client)) {
		struct slice piece = slice_first(slice_from(all, s->body_sent), WAF_BODY__PIECE);
		s->body_sent += piece.n;
		client_body(r->client, piece, r->body_gone && s->body_sent == all.n);
	}
	if (s->body_sent == all.n && !r->body_gone)
		r->x->ops->read(r->x, true);
}
