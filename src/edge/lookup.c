/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookup: the step that asks the cache. Fresh copies answer at once; for the rest one request leads the fetch of a key
 * and the others follow it. A follower that waited may use what was fetched while it waited, even when the copy wants
 * revalidation on every use: it is newer than the question.
 */
#include "cache/purge.h"
#include "edge/request.h"
#include "edge/rules.h"
#include "model/zone_port.h"

enum { LOOKUP__PASS_MS = 5000 };

static bool lookup__usable_after_wait(const struct request *r, const struct cache_meta *m)
{
	return r->followed && m->response_s >= r->begin_s;
}

/* A flight that we lead, or NULL and that of somebody else. */
static struct cache_object *lookup__lead(struct request *r, struct cache_object **ret_other)
{
	struct cache_object *flight = cache_lead(r->w->cache, r->hash, r->key, ret_other);

	if (flight)
		cache_belongs(flight, r->site->zone->realm, r->policy, rules_asked(r));
	return flight;
}

/* Starts a refresh unless somebody is at it already. */
static void lookup__refresh(struct request *r, struct cache_object *o)
{
	struct cache_object *other = NULL;
	struct cache_object *flight = lookup__lead(r, &other);

	if (!flight) {
		cache_unref(other);
		return;
	}
	request_refresh(r, o, flight);
}

static enum flow lookup__stored(struct request *r, struct cache_object *o)
{
	const struct cache_policy *p = r->policy;
	struct cache_meta copy;
	const struct cache_meta *m = cache_meta_now(o, r->site->zone->realm, &copy);
	enum cache_use use = cache_use(p, m, loop_wall_s(r->w->loop));

	if (use == CACHE_USE_FRESH || (m != &copy && lookup__usable_after_wait(r, m))) {
		r->object = o;
		r->status = CACHE_STATUS_HIT;
		r->source = SOURCE_OBJECT;
		return request_go(r, STEP_FILTER);
	}
	if (use == CACHE_USE_UPDATING && cache_ref(o)) {
		r->object = o;
		r->object_held = true;
		r->status = CACHE_STATUS_UPDATING;
		r->source = SOURCE_OBJECT;
		lookup__refresh(r, o);
		return request_go(r, STEP_FILTER);
	}
	/* The fetch we waited for failed: no need that each of us finds out by itself. */
	if (r->followed && cache_may_serve_stale(p, m, loop_wall_s(r->w->loop)) && cache_ref(o)) {
		r->object = o;
		r->object_held = true;
		r->status = CACHE_STATUS_STALE;
		r->source = SOURCE_OBJECT;
		return request_go(r, STEP_FILTER);
	}
	if (!r->stale && cache_ref(o))
		r->stale = o;
	r->status = CACHE_STATUS_EXPIRED;
	return FLOW_WAIT;
}

static enum flow lookup__wait(struct request *r, struct cache_object *flight)
{
	struct worker *w = r->w;

	if (request_keep(r) != OK) {
		cache_unref(flight);
		return request_fail(r, ERR_ARENA_FULL, 0);
	}
	if (!r->followed) {
		r->followed = true;
		counter_add(&w->counters, cache_collapsed, 1);
		loop_timer_set(w->loop, &r->follow, loop_now_ms(w->loop) + w->limits->cache_follow_ms);
	}
	bool waiting = cache_wait(flight, &r->waiter, CACHE_FLIGHT, 0);
	cache_unref(flight);
	return waiting ? FLOW_WAIT : FLOW_NEXT;
}

/*
 * Followers of an answer that could not be stored go to the origin side by side, and for a few seconds so does
 * everybody who asks for that key: waiting in line for nothing is the known failure of request collapsing.
 */
static void lookup__pass(struct request *r)
{
	struct worker_pass *memo = &r->w->pass[r->hash % WORKER_PASSES];

	r->alone = true;
	memo->hash = r->hash;
	memo->until_ms = loop_now_ms(r->w->loop) + LOOKUP__PASS_MS;
}

static bool lookup__passes(const struct request *r)
{
	const struct worker_pass *memo = &r->w->pass[r->hash % WORKER_PASSES];

	return memo->hash == r->hash && memo->until_ms > loop_now_ms(r->w->loop);
}

static enum flow lookup__candidate(struct request *r)
{
	struct worker *w = r->w;
	struct cache_object *o, *other = NULL;

	o = cache_find(w->cache, r->hash, r->key, r->q->fields, r->q->fields_n);
	if (o && !cache_is_purged(o, r->site->zone->realm)) {
		enum flow f = lookup__stored(r, o);
		if (f != FLOW_WAIT)
			return f;
	} else {
		r->status = CACHE_STATUS_MISS;
		if (r->followed && !r->alone)
			lookup__pass(r);
	}
	if (r->alone || lookup__passes(r))
		return request_go(r, STEP_PICK);
	r->flight = lookup__lead(r, &other);
	if (!r->flight)
		return lookup__wait(r, other);
	r->leads = true;
	loop_timer_cancel(w->loop, &r->follow);
	return request_go(r, STEP_PICK);
}

/* Why nothing of this request may come from the cache or go there; NULL when it may. */
static const char *lookup__dynamic(const struct request *r)
{
	const struct http_request *q = r->q;
	const struct site *s = r->site;

	if (q->has_body || q->upgrade)
		return "not a plain request";
	if (!cache_is_candidate(r->policy, q->method_id, q->path))
		return "not eligible";
	if (s->zone->settings.development_until_s > loop_wall_s(r->w->loop))
		return "development mode";
	if (!zone_port_caches(q->local.port, r->policy->more_ports))
		return "port does not cache";
	return NULL;
}

enum flow step_lookup(struct request *r)
{
	struct worker *w = r->w;
	const struct http_request *q = r->q;

	cache_wait_cancel(&r->waiter);
	if (r->key.n)
		return lookup__candidate(r);
	r->detail = lookup__dynamic(r);
	if (r->detail) {
		r->status = CACHE_STATUS_DYNAMIC;
		return request_go(r, STEP_PICK);
	}
	size_t max = w->limits->cache_key_bytes_max;
	size_t n = cache_key(r->policy, secure_origin(r) ? SLICE("https") : SLICE("http"), r->host, q->path, w->key_buf,
			     max);
	n = cache_key_fields(q->fields, q->fields_n, w->key_buf, n, max);
	n = cache_key_rule(r->policy, q->fields, q->fields_n, w->key_buf, n, max);
	if (n == SIZE_MAX) {
		r->status = CACHE_STATUS_BYPASS;
		r->detail = "key too long";
		return request_go(r, STEP_PICK);
	}
	r->candidate = true;
	r->key = slice_of(w->key_buf, n);
	r->hash = cache_hash(w->cache, r->key);
	return lookup__candidate(r);
}
