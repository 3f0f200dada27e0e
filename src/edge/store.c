/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: the step between the origin's head and the visitor's: is the answer kept (then a fill goes on with it and the
 * visitor reads from the object), does it confirm a stored copy, does a stale copy answer instead, or does it go
 * straight through.
 */
#include "cache/purge.h"
#include "edge/request.h"
#include "edge/waf.h"
#include "wire/uri.h"

static void store__abandon(struct request *r)
{
	if (!r->flight)
		return;
	cache_abandon(r->w->cache, r->flight);
	cache_unref(r->flight);
	r->flight = NULL;
}

static enum flow store__through(struct request *r, const char *why)
{
	store__abandon(r);
	if (!r->detail)
		r->detail = why;
	if (!r->x) { /* a refresh has nobody to send it to */
		fill_drain(r);
		return request_go(r, STEP_DONE);
	}
	r->source = SOURCE_ORIGIN;
	return request_go(r, STEP_FILTER);
}

static enum flow store__from_object(struct request *r, struct cache_object *o, enum cache_status status)
{
	r->object = o;
	r->object_held = true;
	r->status = status;
	r->source = SOURCE_OBJECT;
	return request_go(r, r->x ? STEP_FILTER : STEP_DONE);
}

/* Purged, replaced or evicted while we asked the origin: it is not ours to use any more. */
static bool store__stale_is_gone(const struct request *r)
{
	return cache_phase(r->stale) == CACHE_DEAD || cache_is_purged(r->stale, r->site->zone->realm);
}

bool store_serve_stale(struct request *r)
{
	int64_t now = loop_wall_s(r->w->loop);
	struct cache_object *o = r->stale;
	struct cache_meta copy;

	if (!o || !r->x || store__stale_is_gone(r))
		return false;
	if (!cache_may_serve_stale(r->policy, cache_meta_now(o, r->site->zone->realm, &copy), now))
		return false;
	store__abandon(r);
	r->stale = NULL;
	store__from_object(r, o, CACHE_STATUS_STALE);
	return true;
}

/* A stale copy goes before an error that the origin gave (stale-if-error). */
static bool store__covers(struct request *r)
{
	struct cache_meta copy;

	return r->stale &&
	       cache_may_replace(cache_meta_now(r->stale, r->site->zone->realm, &copy), r->resp->status,
				 loop_wall_s(r->w->loop)) &&
	       store_serve_stale(r);
}

static void store__request(const struct request *r, struct cache_request *ret)
{
	*ret = (struct cache_request){ .method = METHOD_GET,
				       .path = r->q->path,
				       .fields = r->q->fields,
				       .fields_n = r->q->fields_n,
				       .now_s = loop_wall_s(r->w->loop) };
}

static void store__response(const struct request *r, struct cache_response *ret)
{
	const struct h1_response *h = r->resp;

	*ret = (struct cache_response){ .status = h->status,
					.fields = h->fields,
					.fields_n = h->fields_n,
					.has_length = h->framing == H1_LENGTH || h->framing == H1_NO_BODY,
					.length = h->framing == H1_LENGTH ? h->content_length : 0,
					.request_s = r->request_s,
					.response_s = loop_wall_s(r->w->loop) };
}

/* The origin confirmed the stored copy. */
static enum flow store__confirmed(struct request *r)
{
	struct cache_object *stale = r->stale, *fresh = NULL;
	struct cache_request cq;
	struct cache_response r304;
	struct cache_meta meta;

	store__request(r, &cq);
	store__response(r, &r304);
	cache_judge_304(r->policy, &cq, stale, &r304, &meta);
	r->detail = meta.why;
	r->stale = NULL;
	if (cache_freshen(r->flight, stale, &cq, &r304, &meta, &fresh) == OK) {
		cache_unref(r->flight);
		r->flight = NULL;
		cache_unref(stale);
		stale = fresh;
	} else {
		store__abandon(r);
	}
	fill_drain(r);
	return store__from_object(r, stale, CACHE_STATUS_REVALIDATED);
}

/* The rest of the answer goes into the object; what the firewall held back goes first, and may be all of it. */
static void store__fill(struct request *r)
{
	struct slice held = slice_of(NULL, 0);
	bool ended = false;

	if (waf_answer_held(r))
		held = waf_answer_take(r, &ended);
	if (!ended) {
		fill_start(r, held);
		return;
	}
	if ((held.n && cache_append(r->w->cache, r->flight, held) != OK) ||
	    cache_complete(r->w->cache, r->flight) != OK)
		cache_fail(r->w->cache, r->flight);
	cache_unref(r->flight);
	r->flight = NULL;
}

static enum flow store__candidate(struct request *r)
{
	struct cache_request cq;
	struct cache_response cr;
	struct cache_meta meta;
	struct cache_control cc;

	if (r->resp->status == 304 && r->stale && r->flight)
		return store__confirmed(r);
	if (store__covers(r)) {
		fill_drain(r);
		return FLOW_NEXT;
	}
	store__request(r, &cq);
	store__response(r, &cr);
	cache_judge_response(r->policy, &cq, &cr, &meta);
	if (waf_answer_size(r) > r->w->limits->cache_object_bytes_max) {
		r->status = CACHE_STATUS_BYPASS;
		return store__through(r, "too large to keep");
	}
	if (!meta.store || !r->flight) {
		if (!meta.store)
			r->status = CACHE_STATUS_BYPASS;
		return store__through(r, meta.why);
	}
	cache_control_parse(cr.fields, cr.fields_n, FIELD_CACHE_CONTROL, &cc);
	r->detail = meta.why;
	if (cache_publish(r->w->cache, r->flight, &cq, &cr, &meta, &cc) != OK) {
		r->status = CACHE_STATUS_BYPASS;
		cache_unref(r->flight);
		r->flight = NULL;
		r->detail = NULL;
		return store__through(r, "too large to keep");
	}
	if (!cache_ref(r->flight))
		return store__through(r, "lost");
	store__from_object(r, r->flight, r->status);
	store__fill(r);
	return FLOW_NEXT;
}

/* A key that a rule makes holds more than the URL: all that is stored for the URL goes. */
static void store__forget_all(struct request *r, struct slice path)
{
	struct cache_purge p = { .by = CACHE_PURGE_URL, .realm = r->site->zone->realm, .host = r->host, .path = path };

	cache_purge(r->w->cache, &p);
}

static void store__forget(struct request *r, struct slice path)
{
	if (r->policy->key) {
		store__forget_all(r, path);
		return;
	}
	size_t n = cache_key(r->policy, secure_origin(r) ? SLICE("https") : SLICE("http"), r->host, path, r->w->key_buf,
			     r->w->limits->cache_key_bytes_max);

	if (n != SIZE_MAX && n > 0) {
		struct slice key = slice_of(r->w->key_buf, n);
		cache_remove(r->w->cache, cache_hash(r->w->cache, key), key);
	}
}

/* Path and query of an absolute or path reference on the same host; empty otherwise. */
static struct slice store__same_host(const struct request *r, struct slice ref)
{
	struct slice rest = ref;

	if (slice_starts(rest, SLICE("/")) && !slice_starts(rest, SLICE("//")))
		return rest;
	if (slice_starts_nocase(rest, SLICE("http://")))
		rest = slice_from(rest, 7);
	else if (slice_starts_nocase(rest, SLICE("https://")))
		rest = slice_from(rest, 8);
	else
		return slice_of(NULL, 0);
	size_t at = slice_find(rest, '/');
	struct slice host = at == SIZE_MAX ? rest : slice_first(rest, at);
	if (!slice_eq_nocase(host, r->q->host))
		return slice_of(NULL, 0);
	return at == SIZE_MAX ? SLICE("/") : slice_from(rest, at);
}

/* A successful unsafe request makes what is stored for its target, and for what it names, invalid (RFC 9111 4.4). */
static void store__invalidate(struct request *r)
{
	static const enum field_id named[] = { FIELD_LOCATION, FIELD_CONTENT_LOCATION };

	store__forget(r, r->q->path);
	for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
		const struct field *f = field_find(r->resp->fields, r->resp->fields_n, named[i]);
		struct slice path = f ? store__same_host(r, f->value) : slice_of(NULL, 0);
		if (path.n)
			store__forget(r, path);
	}
}

/* 502 and 504 of an origin are replaced by the edge's own page unless the zone passes them. */
static bool store__hides(const struct request *r)
{
	uint16_t status = r->resp->status;

	return (status == 502 || status == 504) && r->x && !r->site->zone->settings.origin_error_page_pass_thru;
}

static enum flow store__hidden(struct request *r)
{
	enum err e = r->resp->status == 502 ? ERR_ORIGIN_GATEWAY : ERR_ORIGIN_GATEWAY_TIMEOUT;
	bool stale = store__covers(r);

	fill_drain(r);
	return stale ? FLOW_NEXT : request_fail(r, e, 0);
}

/* The visitor gets a page that names the cause, instead of a redirect that would come back. */
static enum flow store__loop(struct request *r, const char *cause)
{
	r->detail = cause;
	store__abandon(r);
	fill_drain(r);
	return request_fail(r, ERR_ORIGIN_REDIRECTS, 0);
}

enum flow step_store(struct request *r)
{
	const char *cause = r->router ? NULL : redirect_loop_found(r); /* an app is asked as its visitor asks */

	if (cause)
		return store__loop(r, cause);
	if (r->resp->status == 101 && !r->q->upgrade) {
		fetch_drop(r);
		store__abandon(r);
		r->detail = "the origin switched protocols without being asked";
		return request_fail(r, ERR_ORIGIN_SYNTAX, 0);
	}
	if (r->router)
		return store__through(r, NULL);
	if (store__hides(r))
		return store__hidden(r);
	if (r->candidate)
		return store__candidate(r);
	if (cache_invalidates(r->q->method_id, r->resp->status))
		store__invalidate(r);
	return store__through(r, NULL);
}
