/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine: the request machine. A request is a row of named steps (step.def); each says what comes next, waits, or
 * ends. This file has the table, the runner, and the glue to the visitor's session; what the steps do stands in
 * route.c, lookup.c, fetch.c, store.c, answer.c, send.c, page.c.
 */
#include "edge/machine.h"

#include "base/mem.h"
#include "edge/router.h"
#include "edge/rules.h"
#include "edge/waf.h"
#include "sys/loop.h"

static enum flow (*const machine__steps[STEP_COUNT])(struct request *r) = {
#define STEP(name, text, fn, why) fn,
#include "edge/step.def"
#undef STEP
};

static const char *const machine__names[STEP_COUNT] = {
#define STEP(name, text, fn, why) text,
#include "edge/step.def"
#undef STEP
};

struct slice request_step_name(const struct request *r)
{
	return slice_str(machine__names[r->step]);
}

const char *request_step_text(enum request_step step)
{
	return machine__names[step];
}

static void machine__wake(struct loop_task *t);
static void machine__follow_late(struct loop_timer *t);

/* ---- life */

static struct request *machine__new(struct worker *w)
{
	struct request *r = w->requests_free;

	if (r) {
		w->requests_free = r->next_free;
		memset(r, 0, sizeof *r);
	} else {
		r = mem_alloc(sizeof *r);
	}
	r->magic = OBJ_REQUEST;
	r->w = w;
	r->wake.fn = machine__wake;
	r->waiter.wake = request_wake_from;
	loop_timer_init(&r->follow, machine__follow_late);
	r->began = r->last = tick_now();
	r->begin_s = loop_wall_s(w->loop);
	r->ray = rng_next(&w->rng);
	w->requests_n++;
	counter_add(&w->counters, requests_open, 1);
	return r;
}

static void machine__recycle(struct request *r)
{
	struct worker *w = r->w;

	r->magic = OBJ_FREED;
	r->next_free = w->requests_free;
	w->requests_free = r;
}

/* Gives everything back. The exchange must be over or never have been. */
static void machine__release(struct request *r)
{
	struct worker *w = r->w;

	admit_over(r);
	if (r->call)
		router_release(r);
	loop_timer_cancel(w->loop, &r->follow);
	cache_wait_cancel(&r->waiter);
	pool_cancel(w->pool, &r->wait);
	if (r->fill)
		fill_forget(r->fill);
	waf_release(r);
	fetch_drop(r);
	if (r->flight) {
		cache_abandon(w->cache, r->flight);
		cache_unref(r->flight);
	}
	answer_drop_object(r);
	cache_unref(r->stale);
	zone_unref(r->pinned);
	if (r->arena == &r->own_arena)
		arena_reset(&r->own_arena);
	w->requests_n--;
	counter_add(&w->counters, requests_open, -1);
	if (__atomic_load_n(&r->posted, __ATOMIC_ACQUIRE))
		r->dead = true;
	else
		machine__recycle(r);
}

enum err request_keep(struct request *r)
{
	if (r->kept)
		return OK;
	if (r->x) {
		enum err e = r->x->ops->keep(r->x);
		if (e != OK)
			return e;
	}
	r->key = arena_copy(r->arena, r->key);
	r->host = arena_copy(r->arena, r->host);
	if (arena_full(r->arena))
		return ERR_ARENA_FULL;
	if (r->rules) /* it may lie in the bytes that moved */
		r->rules->normal = slice_of(NULL, 0);
	if (r->site) {
		r->pinned = r->site->zone;
		zone_ref(r->pinned);
	}
	if (r->router)
		router_keep(r);
	r->kept = true;
	return OK;
}

enum flow request_fail(struct request *r, enum err e, unsigned code)
{
	r->error = e;
	r->code = code;
	return request_go(r, STEP_ERROR);
}

/* ---- running */

void request_run(struct request *r)
{
	OBJ(r, OBJ_REQUEST);
	if (r->running)
		return;
	r->running = true;
	for (;;) {
		CHECK(r->step < STEP_COUNT);
		check_note(machine__names[r->step]);
		request_clock(r);
		enum flow f = machine__steps[r->step](r);

		if (f == FLOW_NEXT)
			continue;
		if (f == FLOW_WAIT && !r->kept && request_keep(r) != OK) {
			/* No memory to wait with: an error answer if that is still possible, else the end. */
			if (r->answered)
				r->step = STEP_DONE;
			else
				request_fail(r, ERR_ARENA_FULL, 0);
			continue;
		}
		r->running = false;
		check_note(NULL);
		if (f == FLOW_OVER)
			machine__release(r);
		return;
	}
}

static void machine__wake(struct loop_task *t)
{
	struct request *r = LOOP_OWNER(t, struct request, wake);

	OBJ(r, OBJ_REQUEST);
	__atomic_store_n(&r->posted, 0, __ATOMIC_RELEASE);
	if (r->dead)
		machine__recycle(r);
	else if (!r->router || r->step == STEP_INSTANCE) /* the wait for an instance may be over otherwise */
		request_run(r);
}

void request_wake_from(struct cache_waiter *waiter)
{
	request_post(LOOP_OWNER(waiter, struct request, waiter));
}

void request_post(struct request *r)
{
	if (__atomic_exchange_n(&r->posted, 1, __ATOMIC_ACQ_REL))
		return;
	if (worker_is_here(r->w))
		loop_defer(r->w->loop, &r->wake);
	else
		loop_post(r->w->loop, &r->wake);
}

static void machine__follow_late(struct loop_timer *t)
{
	struct request *r = LOOP_OWNER(t, struct request, follow);

	cache_wait_cancel(&r->waiter);
	r->alone = true;
	request_run(r);
}

void request_refresh(struct request *r, struct cache_object *stale, struct cache_object *flight)
{
	struct worker *w = r->w;
	struct request *n = machine__new(w);

	arena_init(&n->own_arena, &w->proto.arenas, w->limits->request_arena_bytes);
	n->arena = &n->own_arena;
	n->q = &n->own_q;
	n->own_q = *r->q;
	n->own_q.visitor = NULL; /* it may outlive the connection */
	n->own_q.method = arena_copy(n->arena, r->q->method);
	n->own_q.host = arena_copy(n->arena, r->q->host);
	n->own_q.path = arena_copy(n->arena, r->q->path);
	n->own_q.fields = arena_alloc(n->arena, r->q->fields_n * sizeof(struct field));
	for (size_t i = 0; n->own_q.fields && i < r->q->fields_n; i++) {
		n->own_q.fields[i] = r->q->fields[i];
		n->own_q.fields[i].name = arena_copy(n->arena, r->q->fields[i].name);
		n->own_q.fields[i].value = arena_copy(n->arena, r->q->fields[i].value);
	}
	n->site = r->site;
	n->policy = &r->site->cache;
	if (r->policy != &r->site->cache) {
		struct cache_policy *own = arena_alloc(n->arena, sizeof *own);
		if (own)
			*own = *r->policy;
		n->policy = own;
	}
	n->key = r->key;
	n->host = r->host;
	n->hash = r->hash;
	n->candidate = n->leads = true;
	n->status = CACHE_STATUS_EXPIRED;
	n->flight = flight;
	n->stale = stale;
	if (!cache_ref(stale))
		n->stale = NULL;
	rules_refresh(r, n);
	if (arena_full(n->arena) || request_keep(n) != OK) {
		machine__release(n);
		return;
	}
	n->step = STEP_PICK;
	request_run(n);
}

/* ---- the visitor's session */

static void machine__begin(struct exchange *x)
{
	struct request *r = machine__new(x->server);

	x->owner = r;
	r->x = x;
	r->q = &x->req;
	r->arena = x->arena;
	r->step = STEP_RECV;
	request_run(r);
}

/* A request of the platform's listeners begins in another step. */
static void machine__begin_app(struct exchange *x)
{
	struct request *r = machine__new(x->server);

	x->owner = r;
	r->x = x;
	r->q = &x->req;
	r->arena = x->arena;
	router_begin(r, r->w->router);
	r->step = STEP_APP;
	request_run(r);
}

static void machine__refuse_by(struct exchange *x, enum err why, bool platform)
{
	struct request *r = machine__new(x->server);

	counter_add(&r->w->counters, requests_bad, 1);
	x->owner = r;
	r->x = x;
	r->q = &x->req;
	r->arena = x->arena;
	if (platform)
		router_begin(r, r->w->router);
	request_fail(r, why, 0);
	request_run(r);
}

static void machine__refuse(struct exchange *x, enum err why)
{
	machine__refuse_by(x, why, false);
}

static void machine__refuse_app(struct exchange *x, enum err why)
{
	machine__refuse_by(x, why, true);
}

static struct request *machine__of(struct exchange *x)
{
	struct request *r = x->owner;

	OBJ(r, OBJ_REQUEST);
	return r;
}

static void machine__on_body(struct exchange *x, struct slice data, bool end)
{
	struct request *r = machine__of(x);

	r->body_in += data.n;
	if (r->step == STEP_BODY)
		waf_body_data(r, data, end);
	else
		fetch_body(r, data, end);
}

static void machine__on_room(struct exchange *x)
{
	struct request *r = machine__of(x);

	if (r->source == SOURCE_ORIGIN)
		fetch_room(r);
	else
		request_run(r);
}

static void machine__on_gone(struct exchange *x, enum err why)
{
	struct request *r = machine__of(x);

	counter_add(&r->w->counters, client_gone, 1);
	r->body_out = x->bytes_out;
	if (r->error == OK)
		r->error = why;
	r->detail = "client left";
	x->owner = NULL;
	r->x = NULL;
	r->q = &r->own_q; /* the log still wants to know what it was */
	r->own_q = x->req;
	CHECK(!r->running);
	r->step = STEP_DONE;
	request_run(r);
}

const struct exchange_handler *machine_handler(void)
{
	static const struct exchange_handler handler = {
		.begin = machine__begin,
		.refuse = machine__refuse,
		.on_body = machine__on_body,
		.on_room = machine__on_room,
		.on_gone = machine__on_gone,
	};
	return &handler;
}

const struct exchange_handler *machine_router_handler(void)
{
	static const struct exchange_handler handler = {
		.begin = machine__begin_app,
		.refuse = machine__refuse_app,
		.on_body = machine__on_body,
		.on_room = machine__on_room,
		.on_gone = machine__on_gone,
	};
	return &handler;
}

void machine_free_kept(struct worker *w)
{
	while (w->requests_free) {
		struct request *r = w->requests_free;
		w->requests_free = r->next_free;
		mem_free(r);
	}
}
