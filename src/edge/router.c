/* SPDX-License-Identifier: Apache-2.0 */
/* router: see router.h. This file: the worker's part and step app. */
#include "edge/router.h"

#include "base/check.h"
#include "base/mem.h"
#include "edge/machine.h"
#include "wire/uri.h"

/* ---- the worker's part ---- */

static bool router__listens(const struct worker_setup *setup)
{
	for (size_t i = 0; i < setup->listens_n; i++)
		if (setup->listens[i].kind == LISTEN_PLATFORM_HTTP || setup->listens[i].kind == LISTEN_PLATFORM_HTTPS)
			return true;
	return false;
}

struct router *router_new(struct worker *w, const struct worker_setup *setup)
{
	if (!router__listens(setup))
		return NULL;
	struct router *t = mem_alloc(sizeof *t);
	t->w = w;
	t->node = setup->node;
	t->apps = setup->apps;
	t->certs = setup->platform_certs;
	t->fallback = setup->platform_fallback;
	t->limits = *w->limits;
	t->limits.head_bytes_max = w->limits->router_head_bytes_max;
	t->limits.origin_idle_ms = w->limits->router_idle_ms;
	t->limits.origin_connect_ms = w->limits->router_connect_ms;
	proto_init(&t->proto, w->loop, &t->limits, &w->counters, machine_router_handler(), w);
	t->proto.tls = setup->platform_tls;
	t->proto.tls_client = setup->tls_client;
	t->proto.fin_leaves = true; /* an instance need not work for somebody who is gone */
	t->pool = pool_new(&t->proto);
	probe_init(&t->probes, w->loop, w->limits);
	squeeze_init(&t->squeezes, w->limits->router_gzips_max);
	router_count_init(&t->count, w);
	return t;
}

void router_close(struct router *t)
{
	if (t)
		proto_close_all(&t->proto);
}

void router_free(struct router *t)
{
	if (!t)
		return;
	router_count_fini(&t->count);
	probe_fini(&t->probes);
	squeeze_fini(&t->squeezes);
	proto_fini(&t->proto);
	while (t->calls_free) {
		struct router_call *c = t->calls_free;
		t->calls_free = c->next_free;
		mem_free(c);
	}
	mem_free(t);
}

/* ---- a request's call ---- */

static void router__seated(struct balance_seat *seat);
static void router__late(struct loop_timer *timer);

static void router__id(struct request *r)
{
	const struct field *f = field_find(r->q->fields, r->q->fields_n, FIELD_X_REQUEST_ID);
	struct router_call *c = r->call;

	if (f && request_id_is_kept(f->value)) {
		memcpy(c->id, f->value.p, f->value.n);
		c->id_n = (uint8_t)f->value.n;
		return;
	}
	request_id_make(&r->w->rng, c->id);
	c->id_n = REQUEST_ID_BYTES;
}

static bool router__is_trusted(const struct request *r)
{
	const struct node_config *node = r->router->node;

	for (size_t i = 0; i < node->trusted_edges_n; i++)
		if (ip_in(&r->q->client.ip, &node->trusted_edges[i]))
			return true;
	return false;
}

void router_begin(struct request *r, struct router *t)
{
	struct router_call *c = t->calls_free;

	if (c) {
		t->calls_free = c->next_free;
		memset(c, 0, offsetof(struct router_call, id));
	} else {
		c = mem_alloc(sizeof *c);
	}
	r->router = t;
	r->call = c;
	c->seat.ready = router__seated;
	c->seat.owner = r;
	loop_timer_init(&c->late, router__late);
	c->begin_ms = loop_wall_ms(t->w->loop);
	router__id(r);
	c->trusted = router__is_trusted(r);
	route_ray(r);
}

void router_release(struct request *r)
{
	struct router_call *c = r->call;

	loop_timer_cancel(r->w->loop, &c->late);
	balance_give(&c->seat);
	balance_instance_unref(c->instance);
	squeeze_give(&r->router->squeezes, c->squeeze);
	app_unref(c->pinned);
	r->call = NULL;
	c->next_free = r->router->calls_free;
	r->router->calls_free = c;
}

void router_keep(struct request *r)
{
	struct router_call *c = r->call;

	if (!c->app || c->pinned)
		return;
	c->pinned = (struct app *)(uintptr_t)c->app;
	app_ref(c->pinned);
}

/* On any thread, under the app's lock. */
static void router__seated(struct balance_seat *seat)
{
	request_post(seat->owner);
}

static void router__late(struct loop_timer *timer)
{
	struct router_call *c = LOOP_OWNER(timer, struct router_call, late);
	struct request *r = c->seat.owner;

	balance_give(&c->seat);
	request_fail(r, ERR_QUEUE_FULL, 0);
	request_run(r);
}

/* ---- step app ---- */

/* The bounds that the session did not hold already. */
static enum err router__bounds(const struct request *r)
{
	const struct limits *l = r->w->limits;
	const struct http_request *q = r->q;

	for (size_t i = 0; i < q->fields_n; i++)
		if (q->fields[i].name.n + q->fields[i].value.n > l->router_field_bytes_max)
			return ERR_HEAD_LARGE;
	if (l->router_body_bytes_max && q->has_length && q->length > l->router_body_bytes_max)
		return ERR_BODY_LARGE;
	return OK;
}

static bool router__covers(const struct tls_cert *cert, struct slice host)
{
	size_t dot = slice_find(host, '.');
	struct slice parent = dot == SIZE_MAX ? slice_of(NULL, 0) : slice_from(host, dot);

	for (size_t i = 0; i < cert->item->hosts_n; i++) {
		struct slice name = cert->item->hosts[i];
		if (slice_eq(name, host))
			return true;
		if (parent.n && name.p[0] == '*' && slice_eq(slice_from(name, 1), parent))
			return true;
	}
	return false;
}

/*
 * Whether the connection may carry a request for that host: the handshake named it, or named none, or the certificate
 * that was shown is good for it (RFC 9110 7.4).
 */
static bool router__is_directed(const struct request *r)
{
	const struct router *t = r->router;
	struct tls_certs_found found;

	struct slice named = r->q->visitor ? r->q->visitor->host : slice_of(NULL, 0);

	if (!named.n || slice_eq(named, r->host))
		return true;
	if (!tls_certs_find(t->certs, named, r->begin_s, &found) &&
	    !tls_certs_find(t->certs, t->fallback, r->begin_s, &found))
		return false;
	for (size_t i = 0; i < TLS_KEY_TYPES; i++)
		if (found.of_type[i] && router__covers(found.of_type[i], r->host))
			return true;
	return false;
}

static enum err router__host(struct request *r)
{
	struct uri_host h;

	if (r->q->host.n == 0)
		return ERR_NOT_FOUND;
	if (uri_host_parse(r->q->host, &h) != OK || h.name.n >= ROUTER_HOST_BYTES)
		return ERR_HOST;
	if (h.is_ip)
		return ERR_NOT_FOUND;
	r->host = uri_host_canonical(h.name, r->call->host);
	return OK;
}

static enum err router__why_nobody(const struct app *app)
{
	if (!app)
		return ERR_NOT_FOUND;
	if (app->status == APP_STOPPED)
		return ERR_APP_STOPPED;
	return app->status == APP_NO_WEB || app->instances_n == 0 ? ERR_APP_NO_WEB : OK;
}

enum err router_current(struct request *r)
{
	const struct app *now = apps_find(r->router->apps, r->host);
	struct router_call *c = r->call;

	if (now != c->app) {
		struct app *old = c->pinned;
		c->app = now;
		c->pinned = NULL;
		if (r->kept)
			router_keep(r);
		app_unref(old);
	}
	return router__why_nobody(now);
}

/* An authority that validates a name by HTTP-01, or we who look whether the name leads here. */
static bool router__is_validation(const struct request *r)
{
	return !r->q->tls && slice_starts(r->q->path, PAGE_CHALLENGE_PREFIX);
}

static bool router__proves(struct request *r, enum flow *ret)
{
	return page_challenge(r, ret) || page_probe(r, ret);
}

/* 301 to https, to the canonical name, or to both in one. */
static bool router__wants_redirect(const struct request *r)
{
	const struct app *app = r->call->app;

	/* Tokens that are not ours are the app's, which may have its own authority; nothing redirects those. */
	if (router__is_validation(r))
		return false;
	return (app->force_https && !r->q->tls) || (app->canonical.n && !slice_eq(app->canonical, r->host));
}

enum flow router_step_app(struct request *r)
{
	const struct http_request *q = r->q;
	enum flow flow;
	enum err e;

	if (q->method_id == METHOD_CONNECT || q->method_id == METHOD_TRACE)
		return request_fail(r, ERR_METHOD_DENIED, 0);
	if (q->upgrade && !route_is_websocket(q))
		r->x->req.upgrade = false;
	e = router__bounds(r);
	if (e == OK)
		e = router__host(r);
	if (e != OK)
		return request_fail(r, e, 0);
	if (router__is_validation(r) && router__proves(r, &flow))
		return flow;
	if (!router__is_directed(r))
		return request_fail(r, ERR_MISDIRECTED, 0);
	e = router_current(r);
	if (r->call->app && router__wants_redirect(r))
		return router_redirect(r);
	return e == OK ? request_go(r, STEP_INSTANCE) : request_fail(r, e, 0);
}
