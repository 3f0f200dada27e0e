/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer: steps filter, error and done: the head that the visitor gets, conditions and ranges on stored objects. A
 * stored head is one block of ready-made lines plus the few fields of this answer.
 */
#include "base/text.h"
#include "cache/purge.h"
#include "edge/router.h"
#include "edge/rules.h"
#include "http/status.h"
#include "wire/date.h"

enum { ANSWER__FIELDS = 16, ANSWER__TEXT = 512, ANSWER__BOUNDARY = 24 };

/* Fields of one answer while they are put together; values may lie in `text`. */
struct answer {
	struct field fields[ANSWER__FIELDS];
	size_t n;
	struct text text;
	char mem[ANSWER__TEXT];
};

static void answer__add(struct answer *a, struct slice name, struct slice value)
{
	CHECK(a->n < ANSWER__FIELDS);
	a->fields[a->n++] = (struct field){ .name = name, .value = value };
}

/* Ends a value that was written to a->text from `from` on. */
static struct slice answer__text(struct answer *a, size_t from)
{
	return slice_of(a->text.p + from, a->text.n - from);
}

static bool answer__hit(enum cache_status s)
{
	return s == CACHE_STATUS_HIT || s == CACHE_STATUS_UPDATING || s == CACHE_STATUS_STALE ||
	       s == CACHE_STATUS_REVALIDATED;
}

/* RFC 9211: whether it was a hit, why it was forwarded, what the copy is good for. */
static void answer__cache_status(const struct request *r, const struct cache_meta *m, struct text *t)
{
	int64_t now = loop_wall_s(r->w->loop);

	text_add(t, SLICE("seawall"));
	switch (r->status) {
	case CACHE_STATUS_HIT:
	case CACHE_STATUS_UPDATING:
	case CACHE_STATUS_STALE:
		text_add(t, SLICE("; hit"));
		break;
	case CACHE_STATUS_REVALIDATED:
	case CACHE_STATUS_EXPIRED:
		text_add(t, SLICE("; fwd=stale; fwd-status="));
		text_u64(t, r->origin_status);
		break;
	case CACHE_STATUS_MISS:
		text_add(t, SLICE("; fwd=uri-miss"));
		break;
	case CACHE_STATUS_BYPASS:
	case CACHE_STATUS_DYNAMIC:
		text_add(t, r->q->method_id == METHOD_GET || r->q->method_id == METHOD_HEAD ? SLICE("; fwd=bypass")
											    : SLICE("; fwd=method"));
		break;
	case CACHE_STATUS_NONE:
		break;
	}
	if (m && r->source == SOURCE_OBJECT) {
		if (!answer__hit(r->status))
			text_add(t, SLICE("; stored"));
		text_add(t, SLICE("; ttl="));
		text_i64(t, m->ttl_s - cache_age(m, now));
	}
	if (r->followed)
		text_add(t, SLICE("; collapsed"));
	if (r->detail && r->status == CACHE_STATUS_BYPASS) {
		text_add(t, SLICE("; detail=\""));
		text_add(t, slice_str(r->detail));
		text_byte(t, '"');
	}
}

/* Whether the zone says Strict-Transport-Security itself; what the origin says of it is left out then. */
static bool answer__own_hsts(const struct request *r)
{
	return r->q->tls && r->site && r->site->zone->settings.tls.hsts;
}

static void answer__security(const struct request *r, struct answer *a)
{
	if (!answer__own_hsts(r))
		return;
	const struct zone_tls *z = &r->site->zone->settings.tls;
	size_t from = a->text.n;
	text_add(&a->text, SLICE("max-age="));
	text_u64(&a->text, z->hsts_max_age_s);
	text_add(&a->text, z->hsts_subdomains ? SLICE("; includeSubDomains") : SLICE(""));
	text_add(&a->text, z->hsts_preload ? SLICE("; preload") : SLICE(""));
	answer__add(a, SLICE("Strict-Transport-Security"), answer__text(a, from));
	if (z->nosniff)
		answer__add(a, SLICE("X-Content-Type-Options"), SLICE("nosniff"));
}

/* What the zone, or a configuration rule, says of one of two switches. */
static bool answer__switch(const struct request *r, enum rule_config_member which, bool zone)
{
	if (!r->rules || !(r->rules->config.members & which))
		return zone;
	return which == RULE_CONFIG_REWRITES ? r->rules->config.rewrites : r->rules->config.opportunistic;
}

/*
 * Over HTTPS: a browser asks over https for what pages of the origin name by http (CSP upgrade-insecure-requests); in
 * plain text: that the same is to be had over TLS (RFC 8164).
 */
static void answer__opportunities(const struct request *r, struct answer *a)
{
	const struct zone_tls *z = r->site ? &r->site->zone->settings.tls : NULL;
	size_t from = a->text.n;

	if (!z)
		return;
	if (r->q->tls) {
		if (answer__switch(r, RULE_CONFIG_REWRITES, z->rewrites))
			answer__add(a, SLICE("Content-Security-Policy"), SLICE("upgrade-insecure-requests"));
	} else if (r->w->https_port && secure_mode(r) != ZONE_SSL_OFF &&
		   answer__switch(r, RULE_CONFIG_OPPORTUNISTIC, z->opportunistic)) {
		text_printf(&a->text, "h2=\":%u\"; ma=60", r->w->https_port);
		answer__add(a, SLICE("Alt-Svc"), answer__text(a, from));
	}
}

static void answer__edge_fields(struct request *r, struct answer *a, const struct cache_meta *m, bool has_date)
{
	size_t from = a->text.n;

	if (!has_date)
		answer__add(a, SLICE("Date"), worker_date(r->w));
	answer__add(a, SLICE("Server"), SLICE("seawall"));
	answer__add(a, SLICE("CF-Ray"), slice_of(r->ray_text, r->ray_n));
	answer__security(r, a);
	answer__opportunities(r, a);
	from = a->text.n;
	if (r->status == CACHE_STATUS_NONE)
		return;
	answer__add(a, SLICE("CF-Cache-Status"), cache_status_text(r->status));
	answer__cache_status(r, m, &a->text);
	answer__add(a, SLICE("Cache-Status"), answer__text(a, from));
	/* A first-hand answer keeps the Age that it came with. */
	const struct field *age = r->resp ? field_find(r->resp->fields, r->resp->fields_n, FIELD_AGE) : NULL;
	if (m && age && !answer__hit(r->status)) {
		answer__add(a, SLICE("Age"), age->value);
	} else if (m && (answer__hit(r->status) || m->age_at_response_s > 0)) {
		from = a->text.n;
		text_i64(&a->text, cache_age(m, loop_wall_s(r->w->loop)));
		answer__add(a, SLICE("Age"), answer__text(a, from));
	}
}

static void answer__head(struct request *r, const struct http_response *h)
{
	r->answered = h->status;
	r->x->ops->head(r->x, h);
}

/* ---- from the origin, straight through */

static bool answer__drops(const struct field *f)
{
	if (field_flags((enum field_id)f->id) & (F_HOP | F_SPOOF))
		return true;
	switch (f->id) {
	case FIELD_CONTENT_LENGTH:
	case FIELD_SERVER:
	case FIELD_CACHE_TAG:
	case FIELD_CLOUDFLARE_CDN_CACHE_CONTROL:
	case FIELD_X_ACCEL_BUFFERING:
	case FIELD_X_ACCEL_CHARSET:
	case FIELD_X_ACCEL_LIMIT_RATE:
	case FIELD_X_ACCEL_REDIRECT:
		return true;
	default:
		return false;
	}
}

bool answer_nominated(const struct h1_response *h, const struct field *f)
{
	for (size_t i = 0; i < h->fields_n; i++)
		if (h->fields[i].id == FIELD_CONNECTION && field_list_has(h->fields[i].value, f->name))
			return true;
	return false;
}

void answer_body_form(const struct request *r, struct http_response *h)
{
	const struct h1_response *o = r->resp;

	if (o->status == 101) {
		h->body = HTTP_BODY_TUNNEL;
	} else if (o->framing == H1_LENGTH ||
		   (o->framing == H1_NO_BODY && r->q->method_id == METHOD_HEAD && o->has_length)) {
		h->body = HTTP_BODY_LENGTH;
		h->length = o->content_length;
	} else if (o->framing == H1_NO_BODY) {
		h->body = HTTP_BODY_NONE;
	} else {
		h->body = HTTP_BODY_STREAM;
	}
}

static enum flow answer__through(struct request *r)
{
	const struct h1_response *o = r->resp;
	struct answer a = { .text = text_of(a.mem, sizeof a.mem) };
	struct field *fields = arena_alloc(r->arena, (o->fields_n + ANSWER__FIELDS) * sizeof *fields);
	struct http_response h = { .status = o->status, .fields = fields };
	bool lists = field_find(o->fields, o->fields_n, FIELD_CONNECTION) != NULL, own_hsts = answer__own_hsts(r);
	const struct field *up = field_find(o->fields, o->fields_n, FIELD_UPGRADE);

	if (!fields) {
		fetch_drop(r);
		return request_fail(r, ERR_ARENA_FULL, 0);
	}
	for (size_t i = 0; i < o->fields_n; i++)
		if (!answer__drops(&o->fields[i]) && !(lists && answer_nominated(o, &o->fields[i])) &&
		    !(own_hsts && o->fields[i].id == FIELD_STRICT_TRANSPORT_SECURITY))
			fields[h.fields_n++] = o->fields[i];
	if (o->status == 101 && up)
		fields[h.fields_n++] = *up;
	answer__edge_fields(r, &a, NULL, field_find(o->fields, o->fields_n, FIELD_DATE) != NULL);
	memcpy(fields + h.fields_n, a.fields, a.n * sizeof *fields);
	h.fields_n += a.n;
	answer_body_form(r, &h);
	if (rules_answer_headers(r, &h) != OK) {
		fetch_drop(r);
		return request_fail(r, ERR_ARENA_FULL, 0);
	}
	answer__head(r, &h);
	if (o->status != 101)
		return request_go(r, STEP_SEND);
	counter_add(&r->w->counters, tunnels, 1);
	r->x->ops->read(r->x, true);
	return request_go(r, STEP_TUNNEL);
}

/* ---- from a stored object */

/* What the browser is told instead of the stored lifetime; empty: nothing else. False: no memory. */
static bool answer__browser(struct request *r, const struct cache_view *v, struct slice *ret)
{
	enum { MORE = 32 };
	size_t cap = MORE, n;
	char *out;

	*ret = slice_of(NULL, 0);
	if (r->policy->browser_ttl_mode == BROWSER_TTL_RESPECT_ORIGIN)
		return true;
	for (size_t i = 0; i < v->fields_n; i++)
		if (v->fields[i].id == FIELD_CACHE_CONTROL)
			cap += v->fields[i].value.n + sizeof ", ";
	out = arena_alloc(r->arena, cap);
	if (!out)
		return false;
	n = cache_browser_control(r->policy, v->fields, v->fields_n, out, cap);
	if (n != SIZE_MAX)
		*ret = slice_of(out, n);
	return n != SIZE_MAX;
}

/* The stored head without one or two of its fields, which this answer says itself. False: no memory. */
static bool answer__without(struct request *r, size_t bytes, enum field_id one, enum field_id other,
			    struct http_response *h)
{
	struct field *fields = arena_alloc(r->arena, (h->stored_n + 1) * sizeof *fields);
	struct text lines = text_of(arena_alloc(r->arena, bytes + 1), bytes + 1);
	size_t n = 0;

	if (!fields || !lines.p)
		return false;
	for (size_t i = 0; i < h->stored_n; i++) {
		const struct field *f = &h->stored[i];
		if (f->id == one || f->id == other)
			continue;
		text_add(&lines, f->name);
		text_add(&lines, SLICE(": "));
		text_add(&lines, f->value);
		text_add(&lines, SLICE("\r\n"));
		fields[n++] = *f;
	}
	h->stored = fields;
	h->stored_n = n;
	h->stored_h1 = text_slice(&lines);
	return !lines.bad;
}

/* A browser TTL of the zone's own. */
static bool answer__own_ttl(struct request *r, const struct cache_view *v, struct slice control, struct answer *a,
			    struct http_response *h)
{
	answer__add(a, SLICE("Cache-Control"), control);
	return answer__without(r, v->h1_fields.n, FIELD_CACHE_CONTROL, FIELD_EXPIRES, h);
}

static void answer__validator(const struct cache_view *v, struct answer *a)
{
	char date[DATE_BYTES];

	/* Without a validator from the origin the time of storing stands in (edge.md 2.8). */
	if (v->etag.n || v->meta->has_validator || v->status != 200)
		return;
	size_t from = a->text.n;
	date_print((int64_t)v->stored_s, date);
	text_add(&a->text, slice_of(date, DATE_BYTES));
	answer__add(a, SLICE("Last-Modified"), answer__text(a, from));
}

/* The text in front of range i, or behind the last one. */
struct slice answer_part(struct request *r, size_t i, uint64_t size)
{
	if (i == r->ranges_n)
		return arena_printf(r->arena, "\r\n--%.*s--\r\n", 16, r->ray_text);
	return arena_printf(r->arena, "%s--%.*s\r\n%s%.*s%sContent-Range: bytes %llu-%llu/%llu\r\n\r\n",
			    i ? "\r\n" : "", 16, r->ray_text, r->boundary_type.n ? "Content-Type: " : "",
			    SLICE_ARG(r->boundary_type), r->boundary_type.n ? "\r\n" : "",
			    (unsigned long long)r->ranges[i].from, (unsigned long long)r->ranges[i].to,
			    (unsigned long long)size);
}

static enum flow answer__ranges(struct request *r, const struct cache_view *v, uint64_t size, struct answer *a,
				struct http_response *h)
{
	size_t from = a->text.n;

	h->status = 206;
	h->body = HTTP_BODY_LENGTH;
	if (r->ranges_n == 1) {
		h->length = r->ranges[0].to - r->ranges[0].from + 1;
		text_printf(&a->text, "bytes %llu-%llu/%llu", (unsigned long long)r->ranges[0].from,
			    (unsigned long long)r->ranges[0].to, (unsigned long long)size);
		answer__add(a, SLICE("Content-Range"), answer__text(a, from));
		return FLOW_NEXT;
	}
	const struct field *type = field_find(v->fields, v->fields_n, FIELD_CONTENT_TYPE);
	r->boundary_type = type ? type->value : slice_of(NULL, 0);
	h->length = 0;
	for (size_t i = 0; i <= r->ranges_n; i++) {
		h->length += answer_part(r, i, size).n;
		if (i < r->ranges_n)
			h->length += r->ranges[i].to - r->ranges[i].from + 1;
	}
	r->part = answer_part(r, 0, size);
	if (arena_full(r->arena))
		return FLOW_OVER;
	/* The stored Content-Type belongs to the parts now. */
	if (!answer__without(r, v->h1_fields.n, FIELD_CONTENT_TYPE, FIELD_CONTENT_TYPE, h))
		return FLOW_OVER;
	text_printf(&a->text, "multipart/byteranges; boundary=%.*s", 16, r->ray_text);
	answer__add(a, SLICE("Content-Type"), answer__text(a, from));
	return FLOW_NEXT;
}

static enum flow answer__conditions(struct request *r, const struct cache_view *v, struct answer *a,
				    struct http_response *h)
{
	const struct http_request *q = r->q;
	struct cache_request cq = { q->method_id, q->path, q->fields, q->fields_n, loop_wall_s(r->w->loop) };
	struct cache_response cr = { .status = v->status,
				     .fields = v->fields,
				     .fields_n = v->fields_n,
				     .has_length = v->has_length,
				     .length = v->length,
				     .response_s = (int64_t)v->stored_s };
	bool known = v->has_length || cache_phase(r->object) == CACHE_COMPLETE;
	uint64_t size = known ? cache_size(r->object) : UINT64_MAX;
	size_t from = a->text.n;

	h->body = known ? HTTP_BODY_LENGTH : HTTP_BODY_STREAM;
	h->length = known ? size : 0;
	switch (cache_evaluate(&cq, &cr, size, r->ranges, r->w->limits->cache_ranges_max, &r->ranges_n)) {
	case CACHE_ANSWER_FULL:
		r->ranges_n = 0;
		return FLOW_NEXT;
	case CACHE_ANSWER_NOT_MODIFIED:
		h->status = 304;
		h->body = HTTP_BODY_NONE;
		break;
	case CACHE_ANSWER_PRECONDITION_FAILED:
		h->status = 412;
		h->body = HTTP_BODY_NONE;
		break;
	case CACHE_ANSWER_UNSATISFIABLE:
		h->status = 416;
		h->body = HTTP_BODY_NONE;
		text_printf(&a->text, "bytes */%llu", (unsigned long long)size);
		answer__add(a, SLICE("Content-Range"), answer__text(a, from));
		break;
	case CACHE_ANSWER_RANGES:
		return answer__ranges(r, v, size, a, h);
	}
	r->source = SOURCE_NONE;
	r->ranges_n = 0;
	return FLOW_NEXT;
}

static bool answer__is_conditional(const struct http_request *q)
{
	for (size_t i = 0; i < q->fields_n; i++) {
		uint16_t id = q->fields[i].id;
		if (id == FIELD_RANGE || id == FIELD_IF_NONE_MATCH || id == FIELD_IF_MODIFIED_SINCE ||
		    id == FIELD_IF_MATCH || id == FIELD_IF_UNMODIFIED_SINCE)
			return true;
	}
	return false;
}

static enum flow answer__object(struct request *r)
{
	const struct cache_view *v = cache_view(r->object);
	struct answer a = { .n = 0 };
	struct http_response h = { .status = v->status,
				   .stored = v->fields,
				   .stored_n = v->fields_n,
				   .stored_h1 = v->h1_fields,
				   .body = HTTP_BODY_LENGTH };
	struct cache_meta copy;
	struct slice control;
	bool ok = answer__browser(r, v, &control);

	a.text = text_of(a.mem, sizeof a.mem);
	if (control.n)
		ok = answer__own_ttl(r, v, control, &a, &h);
	if (answer__own_hsts(r) && field_find(v->fields, v->fields_n, FIELD_STRICT_TRANSPORT_SECURITY))
		ok = ok && answer__without(r, v->h1_fields.n, FIELD_STRICT_TRANSPORT_SECURITY,
					   FIELD_STRICT_TRANSPORT_SECURITY, &h);
	if (answer__is_conditional(r->q)) {
		ok = ok && answer__conditions(r, v, &a, &h) == FLOW_NEXT;
	} else if (v->has_length || cache_phase(r->object) == CACHE_COMPLETE) {
		h.length = cache_size(r->object);
	} else {
		h.body = HTTP_BODY_STREAM;
	}
	if (!ok)
		return request_fail(r, ERR_ARENA_FULL, 0);
	answer__validator(v, &a);
	answer__edge_fields(r, &a, cache_meta_now(r->object, r->site->zone->realm, &copy),
			    field_find(v->fields, v->fields_n, FIELD_DATE) != NULL);
	h.fields = a.fields;
	h.fields_n = a.n;
	if (rules_answer_headers(r, &h) != OK)
		return request_fail(r, ERR_ARENA_FULL, 0);
	answer__head(r, &h);
	if (r->q->method_id == METHOD_HEAD || h.body == HTTP_BODY_NONE)
		r->source = SOURCE_NONE;
	if (r->ranges_n)
		r->sent = r->ranges[0].from;
	return request_go(r, STEP_SEND);
}

/* Whether a custom error rule answers instead of what the origin or the cache has. */
static bool answer__replaced(struct request *r)
{
	const struct cache_view *v = r->source == SOURCE_OBJECT ? cache_view(r->object) : NULL;

	if (!(v ? rules_answer_error(r, v->status, v->fields, v->fields_n)
		: rules_answer_error(r, r->resp->status, r->resp->fields, r->resp->fields_n)))
		return false;
	if (v)
		answer_drop_object(r);
	else
		fill_drain(r);
	return true;
}

/* What rate limits count by the answer of origin or cache. */
static void answer__count(struct request *r)
{
	const struct cache_view *v = r->source == SOURCE_OBJECT ? cache_view(r->object) : NULL;
	const struct rules_response a = { v ? v->status : r->resp->status, v ? v->fields : r->resp->fields,
					  v ? v->fields_n : r->resp->fields_n };

	rules_rate_answer(r, &a);
}

enum flow step_filter(struct request *r)
{
	if (r->router)
		return router_filter(r);
	if (r->rules && r->rules->rates)
		answer__count(r);
	if (r->rules && answer__replaced(r))
		return FLOW_NEXT;
	return r->source == SOURCE_OBJECT ? answer__object(r) : answer__through(r);
}

/* ---- done */

void answer_drop_object(struct request *r)
{
	cache_wait_cancel(&r->waiter);
	if (r->object_held)
		cache_unref(r->object);
	r->object_held = false;
	r->object = NULL;
}

void answer_finish(struct request *r, const struct field *trailers, size_t n)
{
	struct exchange *x = r->x;

	if (!x)
		return;
	access_log_write(r);
	r->x = NULL;
	r->q = &r->own_q; /* its memory goes with the exchange */
	x->owner = NULL;
	x->ops->finish(x, trailers, n);
}

enum flow step_done(struct request *r)
{
	struct exchange *x = r->x;

	access_log_write(r);
	if (x) { /* not finished: cut, so that the visitor sees that something is missing */
		r->x = NULL;
		r->q = &r->own_q;
		x->owner = NULL;
		x->ops->abort(x);
	}
	return FLOW_OVER;
}

static void answer__retry_after(struct request *r, uint16_t status, struct answer *a)
{
	if (r->passage.wait_s)
		answer__add(a, SLICE("Retry-After"), arena_printf(r->arena, "%u", r->passage.wait_s));
	else if (err_class(r->error) == ERRC_ORIGIN || status == 503)
		answer__add(a, SLICE("Retry-After"), status == 520 || status == 502 ? SLICE("60") : SLICE("120"));
}

enum flow step_error(struct request *r)
{
	struct answer a = { .n = 0 };
	uint16_t status = (uint16_t)(r->code ? page_code_status(r->code) : err_status(r->error));
	if (r->refused_status)
		status = r->refused_status;
	struct http_response h = { .status = status ? status : 500, .body = HTTP_BODY_LENGTH };
	struct slice type;

	if (r->flight) {
		cache_abandon(r->w->cache, r->flight);
		cache_unref(r->flight);
		r->flight = NULL;
	}
	if (r->router)
		return router_error(r);
	if (!r->x || r->answered)
		return request_go(r, STEP_DONE);
	if (r->rules && r->rules->rates)
		rules_rate_answer(r, &(struct rules_response){ h.status, NULL, 0 });
	if (rules_answer_error(r, h.status, NULL, 0))
		return FLOW_NEXT;
	a.text = text_of(a.mem, sizeof a.mem);
	r->status = CACHE_STATUS_NONE;
	r->source = SOURCE_PAGE;
	r->page = page_error(r, h.status, r->code, &type);
	h.length = r->page.n;
	answer__add(&a, SLICE("Content-Type"), type);
	answer__add(&a, SLICE("Cache-Control"), SLICE("no-store"));
	answer__retry_after(r, h.status, &a);
	if (h.status == 405)
		answer__add(&a, SLICE("Allow"), SLICE("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
	answer__edge_fields(r, &a, NULL, false);
	h.fields = a.fields;
	h.fields_n = a.n;
	answer__head(r, &h);
	return request_go(r, STEP_SEND);
}
