/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router_instance: step instance: who answers. A sticky session's instance, else the next in turn; the queue while all
 * have as much as they take; then a connection. An instance that refuses a connection gives way to another one once;
 * one that cuts it goes into quarantine; one that is slow does not.
 */
#include "edge/router.h"

static uint64_t router__or(uint64_t own, uint64_t limit)
{
	return own ? own : limit;
}

struct client_timeouts router_timeouts(const struct request *r)
{
	const struct limits *l = r->w->limits;
	const struct app *app = r->call->app;

	return (struct client_timeouts){ router__or(app->connect_ms, l->router_connect_ms),
					 router__or(app->first_byte_ms, l->router_first_byte_ms),
					 router__or(app->read_ms, l->router_read_ms) };
}

/* A place at an instance. As balance_take. */
static enum err router__sit(struct request *r)
{
	struct router_call *c = r->call;
	struct slice cookie;
	int prefer = BALANCE_ANY;

	if (c->app->live->sticky && !c->retried) {
		cookie = sticky_of(r->q->fields, r->q->fields_n);
		prefer = cookie.n ? apps_sticky(c->app, cookie) : BALANCE_ANY;
	}
	return balance_take(c->app->live->balance, prefer, c->app->in_flight, &c->seat);
}

static enum flow router__not_seated(struct request *r, enum err e)
{
	uint64_t now = loop_now_ms(r->w->loop);

	if (e == ERR_AGAIN) {
		if (!r->waited_until_ms) {
			r->waited_until_ms = now + r->w->limits->router_queue_ms;
			loop_timer_set(r->w->loop, &r->call->late, r->waited_until_ms);
		}
		return FLOW_WAIT;
	}
	return request_fail(r, e == ERR_ORIGIN_UNREACHABLE ? ERR_APP_QUARANTINE : e, 0);
}

static void router__ready(struct pool_wait *w, struct client *client, enum err e, const struct tls_trouble *trouble)
{
	struct request *r = LOOP_OWNER(w, struct request, wait);

	r->client = client;
	if (e == OK)
		r->step = STEP_FETCH;
	else
		router_failed(r, e, false);
	request_run(r);
}

static enum flow router__connect(struct request *r)
{
	struct router_call *c = r->call;
	struct client_to to = { .at = c->seat.instance->at };

	loop_timer_cancel(r->w->loop, &c->late);
	balance_instance_unref(c->instance);
	c->instance = c->seat.instance;
	balance_instance_ref(c->instance);
	r->origin = to.at;
	r->resp = NULL;
	r->wait.ready = router__ready;
	r->wait.fresh = r->fresh_conn;
	r->wait.connect_ms = router_timeouts(r).connect_ms;
	enum err e = pool_take(r->router->pool, &to, &r->wait, &r->client);
	if (e == OK)
		return request_go(r, STEP_FETCH);
	if (e == ERR_AGAIN)
		return FLOW_WAIT;
	router_failed(r, e, false);
	return FLOW_NEXT;
}

enum flow router_step_instance(struct request *r)
{
	struct router_call *c = r->call;

	if (request_keep(r) != OK)
		return request_fail(r, ERR_ARENA_FULL, 0);
	if (r->x && r->q->has_body)
		r->x->ops->read(r->x, false); /* nobody takes body bytes while there is no connection */
	if (r->wait.origin || balance_waits(&c->seat))
		return FLOW_WAIT; /* woken by something else */
	if (!c->seat.instance) {
		/* After a wait or a refusal the app may be another version, with other instances. */
		enum err e = router_current(r);
		if (e == OK)
			e = router__sit(r);
		else
			return request_fail(r, e, 0);
		if (e != OK)
			return router__not_seated(r, e);
	}
	return router__connect(r);
}

static bool router__is_refusal(enum err e)
{
	return e == ERR_ORIGIN_CONNECT || e == ERR_ORIGIN_UNREACHABLE;
}

void router_failed(struct request *r, enum err e, bool kept)
{
	struct router_call *c = r->call;
	bool refused = router__is_refusal(e);

	counter_add(&r->w->counters, origin_errors, 1);
	r->error = e;
	/* A kept connection may have been closed for being idle, just as the request was on its way. */
	if (c->instance && (refused || ((e == ERR_ORIGIN_CLOSED || e == ERR_ORIGIN_CUT) && !kept))) {
		counter_add(&r->w->counters, router_cuts, 1);
		probe_cut(&r->router->probes, c->instance);
	}
	if (r->answered) { /* the head is out: all that is left is to show that the rest is missing */
		r->step = STEP_DONE;
		return;
	}
	balance_give(&c->seat);
	if (refused && !c->retried && !r->body_started) {
		counter_add(&r->w->counters, origin_retries, 1);
		c->retried = true;
		r->error = OK;
		r->step = STEP_INSTANCE;
		return;
	}
	request_fail(r, e, 0);
}
