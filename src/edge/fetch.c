/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch: steps pick, fetch and tunnel, and everything that passes between the visitor and the origin while they last.
 * Retry rules: an address that refuses or cannot be reached gives way to the site's next one; a kept connection that
 * dies before the first byte of an answer is replaced once by a new one, for idempotent requests whose body has not
 * begun (RFC 9110 9.2.2).
 */
#include "edge/router.h"
#include "edge/rules.h"
#include "edge/waf.h"
#include "model/zone_port.h"
#include "wire/uri.h"

enum { FETCH__TRIES_MAX = 4, FETCH__CODE_NAME = 1016 };

static const struct client_events *fetch__events(void);

/* ---- pick */

static uint64_t fetch__or(uint64_t own, uint64_t limit)
{
	return own ? own : limit;
}

static enum flow fetch__failed(struct request *r, enum err e)
{
	counter_add(&r->w->counters, origin_errors, 1);
	r->error = e;
	admit_over(r);
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

/* Keeps what was wrong with TLS for the page, the log and explain. */
static void fetch__note(struct request *r, const struct tls_trouble *trouble)
{
	if (!trouble || trouble->check == TLS_CHECK_NONE)
		return;
	r->tls_check = trouble->check;
	r->reason = arena_copy(r->arena, slice_str(trouble->text));
	r->detail = tls_trouble_sentence(trouble->check);
}

static void fetch__ready(struct pool_wait *w, struct client *c, enum err e, const struct tls_trouble *trouble)
{
	struct request *r = LOOP_OWNER(w, struct request, wait);

	OBJ(r, OBJ_REQUEST);
	r->client = c;
	fetch__note(r, trouble);
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
static void fetch__aim(struct request *r, const struct site *s, struct client_to *ret)
{
	*ret = (struct client_to){ .at = s->origins[(r->origin_first + r->tries) % s->origins_n],
				   .tls = secure_origin(r) };
	if (r->rules && r->rules->origin_port)
		ret->at.port = r->rules->origin_port;
	if (ret->at.port == 0)
		ret->at.port = zone_port_origin(r->q->local.port, ret->tls);
	r->origin = ret->at;
	if (!ret->tls)
		return;
	ret->verify = secure_verifies(r);
	ret->identity = origin_pull_identity(r);
	ret->h2 = s->zone->settings.tls.origin_h2 && !r->q->upgrade && !r->h1_only;
	ret->streams_max = s->zone->settings.tls.origin_h2_streams;
	if (!ret->streams_max)
		ret->streams_max = (uint16_t)r->w->limits->origin_h2_streams_max;
	slice_cstr(r->rules && r->rules->sni.n ? r->rules->sni : r->host, ret->host, sizeof ret->host);
	if (ret->verify)
		slice_cstr(s->origin_name, ret->also, sizeof ret->also);
}

enum flow step_pick(struct request *r)
{
	struct worker *w = r->w;
	const struct site *s = rules_origin(r);
	struct client_to to;
	enum err e;

	if (request_keep(r) != OK)
		return request_fail(r, ERR_ARENA_FULL, 0);
	if (s->origin_error)
		return fetch__no_origin(r);
	if (r->x && r->q->has_body)
		r->x->ops->read(r->x,
				false); /* on a second try: nobody takes body bytes while there is no connection */
	int flow;
	if (admit(r, &flow))
		return (enum flow)flow;
	if (!r->picked) {
		r->picked = true;
		r->resp = NULL;
		r->origin_first = w->rr[s->id % WORKER_RR]++ % s->origins_n;
	}
	fetch__aim(r, s, &to);
	r->wait.ready = fetch__ready;
	r->wait.fresh = r->fresh_conn;
	r->wait.connect_ms = fetch__or(r->site->connect_ms, w->limits->origin_connect_ms);
	e = pool_take(w->pool, &to, &r->wait, &r->client);
	if (e == OK)
		return request_go(r, STEP_FETCH);
	if (e == ERR_AGAIN)
		return FLOW_WAIT;
	return fetch__another_address(r, e) ? FLOW_NEXT : fetch__failed(r, e);
}

/* ---- fetch */

/* What the firewall collected of the body goes first. As long as all of it is here it can be sent again. */
static void fetch__collected(struct request *r)
{
	r->body_started = !waf_body_whole(r);
	waf_body_feed(r);
}

static struct client_timeouts fetch__timeouts(const struct request *r)
{
	const struct limits *l = r->w->limits;
	const struct site *s = r->site;

	if (r->router)
		return router_timeouts(r);
	return (struct client_timeouts){ fetch__or(s->connect_ms, l->origin_connect_ms),
					 fetch__or(s->first_byte_ms, l->origin_first_byte_ms),
					 fetch__or(s->read_ms, l->origin_read_ms) };
}

enum flow step_fetch(struct request *r)
{
	const struct http_request *q = r->q;
	struct client_request begin = {
		.events = fetch__events(),
		.owner = r,
		.method = r->candidate ? METHOD_GET : q->method_id,
		.head = r->router ? router_upstream(r) : upstream_head(r),
		.has_body = q->has_body,
		.body_chunked = q->has_body && !q->has_length,
		.trailers = field_any_has(q->fields, q->fields_n, FIELD_TE, SLICE("trailers")),
		.timeouts = fetch__timeouts(r),
	};

	if (!r->client)
		return FLOW_WAIT;
	if (!begin.head.n) {
		fetch_drop(r);
		return request_fail(r, ERR_HEAD_LARGE, 0);
	}
	r->request_s = loop_wall_s(r->w->loop);
	client_begin(r->client, &begin);
	if (r->waf)
		waf_body_rewind(r);
	if (!q->has_body)
		client_body(r->client, slice_of(NULL, 0), true);
	else if (waf_body_left(r))
		fetch__collected(r);
	else if (!r->body_gone)
		r->x->ops->read(r->x, true);
	return FLOW_WAIT;
}

void fetch_drop(struct request *r)
{
	struct client *c = r->client;

	r->client = NULL;
	if (c)
		pool_give(r->router ? r->router->pool : r->w->pool, c);
}

void fetch_body(struct request *r, struct slice data, bool end)
{
	const struct limits *l = r->w->limits;
	uint64_t most = r->router ? l->router_body_bytes_max : l->request_body_bytes_max;

	CHECK(r->client || r->answered || r->error != OK);
	r->body_started = true;
	r->body_gone = r->body_gone || end;
	if (most && r->body_in > most && r->step == STEP_FETCH) {
		fetch_drop(r);
		request_fail(r, ERR_BODY_LARGE, 0);
		request_run(r);
		return;
	}
	if (!r->client)
		return;
	if (r->step == STEP_TUNNEL) {
		if (data.n)
			client_body(r->client, data, false);
		if (end)
			client_end_tunnel(r->client);
	} else {
		client_body(r->client, data, end);
	}
	if (!end && !client_room(r->client))
		r->x->ops->read(r->x, false);
}

void fetch_room(struct request *r)
{
	if (r->client)
		client_read(r->client, true);
}

/* ---- what the origin says */

static struct request *fetch__of(const struct client *c)
{
	struct request *r = c->owner;

	OBJ(r, OBJ_REQUEST);
	return r;
}

static void fetch__on_interim(struct client *c, const struct h1_response *resp)
{
	struct request *r = fetch__of(c);

	if (r->x && (resp->status != 100 || r->q->expect_continue))
		r->x->ops->interim(r->x, resp->status, resp->fields, resp->fields_n);
}

static void fetch__on_head(struct client *c, const struct h1_response *resp)
{
	struct request *r = fetch__of(c);

	CHECK(r->step == STEP_FETCH);
	r->resp = resp;
	r->origin_status = resp->status;
	admit_answered(r);
	r->step = waf_answer_wanted(r) ? STEP_WAF_ANSWER : STEP_STORE;
	request_run(r);
}

static void fetch__on_body(struct client *c, struct slice data)
{
	struct request *r = fetch__of(c);

	if (r->step == STEP_WAF_ANSWER) {
		waf_answer_data(r, data);
		return;
	}
	if (!r->x)
		return;
	if (r->router)
		router_body(r, data, false);
	else
		r->x->ops->write_all(r->x, data);
	if (!r->x->ops->room(r->x))
		client_read(c, false);
}

static void fetch__on_end(struct client *c, const struct field *trailers, size_t n)
{
	struct request *r = fetch__of(c);

	if (r->step == STEP_WAF_ANSWER) {
		waf_answer_end(r);
		return;
	}
	if (r->router)
		router_body(r, slice_of(NULL, 0), true);
	/* Given back after finish: trailers lie in the connection's memory. */
	answer_finish(r, trailers, n);
	fetch_drop(r);
	r->step = STEP_DONE;
	request_run(r);
}

/* Whether what failed may be asked once more. */
static bool fetch__again(const struct request *r, const struct client *c)
{
	if (r->fresh_conn || r->body_started)
		return false;
	return c->again == CLIENT_ANY ||
	       (c->again == CLIENT_SAFE && (r->candidate || method_is_idempotent(r->q->method_id)));
}

static void fetch__on_error(struct client *c, enum err e)
{
	struct request *r = fetch__of(c);
	bool retry = fetch__again(r, c), kept = c->again != CLIENT_NEVER;

	r->h1_only = r->h1_only || c->wants_h1;
	r->detail = err_text(c->why != OK ? c->why : e);
	fetch__note(r, c->trouble);
	fetch_drop(r);
	if (r->router && !retry) {
		router_failed(r, e, kept);
		request_run(r);
		return;
	}
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
		r->step = r->router ? STEP_INSTANCE : STEP_PICK;
	} else if (fetch__another_address(r, e)) {
		r->step = STEP_PICK;
	} else {
		fetch__failed(r, e);
	}
	request_run(r);
}

static void fetch__on_room(struct client *c)
{
	struct request *r = fetch__of(c);

	if (waf_body_left(r))
		waf_body_feed(r);
	else if (r->x)
		r->x->ops->read(r->x, true);
}

static const struct client_events *fetch__events(void)
{
	static const struct client_events events = {
		.on_interim = fetch__on_interim,
		.on_head = fetch__on_head,
		.on_body = fetch__on_body,
		.on_end = fetch__on_end,
		.on_error = fetch__on_error,
		.on_room = fetch__on_room,
	};
	return &events;
}

void fetch_take_back(struct request *r, struct client *c, struct slice data)
{
	r->client = c;
	r->overflowed = true;
	r->rest = arena_copy(r->arena, data);
	client_hand_over(c, fetch__events(), r);
	client_read(c, false);
}

/* ---- tunnel */

enum flow step_tunnel(struct request *r)
{
	return FLOW_WAIT;
}
