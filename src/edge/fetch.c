/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch: steps pick, fetch and tunnel, and everything that passes between the visitor and the origin while they last.
 * Retry rules: an address that refuses or cannot be reached gives way to the site's next one; a kept connection that
 * dies before the first byte of an answer is replaced once by a new one, for idempotent requests whose body has not
 * begun (RFC 9110 9.2.2).
 */
#include "edge/request.h"
#include "edge/rules.h"
#include "model/zone_port.h"
#include "wire/uri.h"

enum { FETCH__TRIES_MAX = 4, FETCH__CODE_NAME = 1016 };

static const struct h1_client_events *fetch__events(void);

/* ---- pick */

static enum flow fetch__failed(struct request *r, enum err e)
{
	counter_add(&r->w->counters, origin_errors, 1);
	r->error = e;
	if (store_serve_stale(r))
		return FLOW_NEXT;
	return request_fail(r, e, 0);
}

static bool fetch__another_address(struct request *r, enum err e)
{
	bool unreached = e == ERR_ORIGIN_CONNECT || e == ERR_ORIGIN_CONNECT_TIMEOUT || e == ERR_ORIGIN_UNREACHABLE;

	if (!unreached || r->body_started || r->tries + 1 >= rules_origin(r)->origins_n ||
	    r->tries + 1 >= FETCH__TRIES_MAX)
		return false;
	r->tries++;
	return true;
}

static void fetch__ready(struct pool_wait *w, struct h1_client *c, enum err e)
{
	struct request *r = LOOP_OWNER(w, struct request, wait);

	OBJ(r, OBJ_REQUEST);
	r->client = c;
	if (e == OK)
		r->step = STEP_FETCH;
	else if (!fetch__another_address(r, e))
		fetch__failed(r, e);
	request_run(r);
}

/* The site has nobody to ask: its records point to nothing, or to what is not asked. */
static enum flow fetch__no_origin(struct request *r)
{
	const struct site *s = rules_origin(r);
	enum err e = s->origin_error == FETCH__CODE_NAME ? ERR_ORIGIN_NAME : ERR_ORIGIN_PROHIBITED;

	if (store_serve_stale(r))
		return FLOW_NEXT;
	return request_fail(r, e, s->origin_error);
}

/* The connection that the request wants: address, port, and TLS as the zone says, for the name that the visitor asked
 * for. */
static void fetch__aim(struct request *r, const struct site *s, struct h1_client_to *ret)
{
	*ret = (struct h1_client_to){ .at = s->origins[(r->origin_first + r->tries) % s->origins_n],
				      .tls = secure_origin(r) };
	if (r->rules && r->rules->origin_port)
		ret->at.port = r->rules->origin_port;
	if (ret->at.port == 0)
		ret->at.port = zone_port_origin(r->q->local.port, ret->tls);
	r->origin = ret->at;
	if (!ret->tls)
		return;
	ret->verify = secure_verifies(r);
	slice_cstr(r->host, ret->host, sizeof ret->host);
}

enum flow step_pick(struct request *r)
{
	struct worker *w = r->w;
	const struct site *s = rules_origin(r);
	struct h1_client_to to;
	enum err e;

	if (request_keep(r) != OK)
		return request_fail(r, ERR_ARENA_FULL, 0);
	if (s->origin_error)
		return fetch__no_origin(r);
	if (r->x && r->q->has_body)
		r->x->ops->read(r->x,
				false); /* on a second try: nobody takes body bytes while there is no connection */
	if (!r->picked) {
		r->picked = true;
		r->resp = NULL;
		r->origin_first = w->rr[s->id % WORKER_RR]++ % s->origins_n;
	}
	fetch__aim(r, s, &to);
	r->wait.ready = fetch__ready;
	e = pool_take(w->pool, &to, r->fresh_conn, &r->wait, &r->client);
	if (e == OK)
		return request_go(r, STEP_FETCH);
	if (e == ERR_AGAIN)
		return FLOW_WAIT;
	return fetch__another_address(r, e) ? FLOW_NEXT : fetch__failed(r, e);
}

/* ---- fetch */

static uint64_t fetch__or(uint64_t own, uint64_t limit)
{
	return own ? own : limit;
}

enum flow step_fetch(struct request *r)
{
	const struct limits *l = r->w->limits;
	const struct site *s = r->site;
	const struct http_request *q = r->q;
	struct h1_client_request begin = {
		.events = fetch__events(),
		.owner = r,
		.method = r->candidate ? METHOD_GET : q->method_id,
		.head = upstream_head(r),
		.body_chunked = q->has_body && !q->has_length,
		.timeouts = { fetch__or(s->connect_ms, l->origin_connect_ms),
			      fetch__or(s->first_byte_ms, l->origin_first_byte_ms),
			      fetch__or(s->read_ms, l->origin_read_ms) },
	};

	if (!r->client)
		return FLOW_WAIT;
	if (!begin.head.n) {
		fetch_drop(r);
		return request_fail(r, ERR_HEAD_LARGE, 0);
	}
	r->request_s = loop_wall_s(r->w->loop);
	h1_client_begin(r->client, &begin);
	if (!q->has_body)
		h1_client_body(r->client, slice_of(NULL, 0), true);
	else if (!r->body_gone)
		r->x->ops->read(r->x, true);
	return FLOW_WAIT;
}

void fetch_drop(struct request *r)
{
	struct h1_client *c = r->client;

	r->client = NULL;
	if (c)
		pool_give(r->w->pool, c);
}

void fetch_body(struct request *r, struct slice data, bool end)
{
	const struct limits *l = r->w->limits;

	CHECK(r->client || r->answered || r->error != OK);
	r->body_started = true;
	r->body_gone = r->body_gone || end;
	if (l->request_body_bytes_max && r->body_in > l->request_body_bytes_max && r->step == STEP_FETCH) {
		fetch_drop(r);
		request_fail(r, ERR_BODY_LARGE, 0);
		request_run(r);
		return;
	}
	if (!r->client)
		return;
	if (r->step == STEP_TUNNEL) {
		if (data.n)
			h1_client_body(r->client, data, false);
		if (end)
			h1_client_end_tunnel(r->client);
	} else {
		h1_client_body(r->client, data, end);
	}
	if (!end && !h1_client_room(r->client))
		r->x->ops->read(r->x, false);
}

void fetch_room(struct request *r)
{
	if (r->client)
		h1_client_read(r->client, true);
}

/* ---- what the origin says */

static struct request *fetch__of(const struct h1_client *c)
{
	struct request *r = h1_client_owner(c);

	OBJ(r, OBJ_REQUEST);
	return r;
}

static void fetch__on_interim(struct h1_client *c, const struct h1_response *resp)
{
	struct request *r = fetch__of(c);

	if (r->x && (resp->status != 100 || r->q->expect_continue))
		r->x->ops->interim(r->x, resp->status, resp->fields, resp->fields_n);
}

static void fetch__on_head(struct h1_client *c, const struct h1_response *resp)
{
	struct request *r = fetch__of(c);

	CHECK(r->step == STEP_FETCH);
	r->resp = resp;
	r->origin_status = resp->status;
	r->step = STEP_STORE;
	request_run(r);
}

static void fetch__on_body(struct h1_client *c, struct slice data)
{
	struct request *r = fetch__of(c);

	if (!r->x)
		return;
	r->x->ops->write_all(r->x, data);
	if (!r->x->ops->room(r->x))
		h1_client_read(c, false);
}

static void fetch__on_end(struct h1_client *c, const struct field *trailers, size_t n)
{
	struct request *r = fetch__of(c);

	/* Given back after finish: trailers lie in the connection's memory. */
	answer_finish(r, trailers, n);
	fetch_drop(r);
	r->step = STEP_DONE;
	request_run(r);
}

static void fetch__on_error(struct h1_client *c, enum err e)
{
	struct request *r = fetch__of(c);
	bool retry = h1_client_untouched(c) && !r->fresh_conn && !r->body_started &&
		     (r->candidate || method_is_idempotent(r->q->method_id));
	enum err why = h1_client_why(c);
	const char *tls = h1_client_tls_why(c);

	fetch_drop(r);
	r->detail = tls ? tls : why != OK ? err_text(why) : err_text(e);
	if (r->answered) { /* the head is out: all that is left is to show that the rest is missing */
		counter_add(&r->w->counters, origin_errors, 1);
		r->error = e;
		r->step = STEP_DONE;
		request_run(r);
		return;
	}
	if (retry) {
		counter_add(&r->w->counters, origin_retries, 1);
		r->fresh_conn = true;
		r->step = STEP_PICK;
	} else if (fetch__another_address(r, e)) {
		r->step = STEP_PICK;
	} else {
		fetch__failed(r, e);
	}
	request_run(r);
}

static void fetch__on_room(struct h1_client *c)
{
	struct request *r = fetch__of(c);

	if (r->x)
		r->x->ops->read(r->x, true);
}

static const struct h1_client_events *fetch__events(void)
{
	static const struct h1_client_events events = {
		.on_interim = fetch__on_interim,
		.on_head = fetch__on_head,
		.on_body = fetch__on_body,
		.on_end = fetch__on_end,
		.on_error = fetch__on_error,
		.on_room = fetch__on_room,
	};
	return &events;
}

void fetch_take_back(struct request *r, struct h1_client *c, struct slice data)
{
	r->client = c;
	r->overflowed = true;
	r->rest = arena_copy(r->arena, data);
	h1_client_hand_over(c, fetch__events(), r);
	h1_client_read(c, false);
}

/* ---- tunnel */

enum flow step_tunnel(struct request *r)
{
	return FLOW_WAIT;
}
