/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route: steps recv and route. Gives the request its ray id, refuses what is never served, and finds the site for its
 * host. A worker remembers its last look-ups by the Host bytes as sent; a change of the plan makes it look again.
 */
#include "base/text.h"
#include "edge/request.h"
#include "edge/waf.h"
#include "wire/uri.h"

enum { ROUTE__ERR_DIRECT_IP = 1003, ROUTE__ERR_UNKNOWN_HOST = 1001 };

void route_ray(struct request *r)
{
	struct text t = text_of(r->ray_text, REQUEST_RAY_BYTES);

	text_hex(&t, r->ray, 16);
	text_byte(&t, '-');
	text_add(&t, slice_of(r->w->site_code, 3));
	r->ray_n = (uint8_t)t.n;
}

/* How often our own token stands in CDN-Loop (RFC 8586). */
static uint64_t route__loops(const struct http_request *q)
{
	uint64_t n = 0;

	for (size_t i = 0; i < q->fields_n; i++) {
		struct slice rest = q->fields[i].value, member;

		if (q->fields[i].id != FIELD_CDN_LOOP)
			continue;
		while (field_list_next(&rest, &member)) {
			struct slice token = slice_trim(slice_split(&member, ';'));
			if (slice_eq_nocase(token, SLICE("seawall")))
				n++;
		}
	}
	return n;
}

/*
 * The one protocol that is passed on. Others are not: an h2c connection through us would carry requests that we never
 * see (request smuggling by upgrade).
 */
bool route_is_websocket(const struct http_request *q)
{
	const struct field *f = field_find(q->fields, q->fields_n, FIELD_UPGRADE);

	return f && field_count(q->fields, q->fields_n, FIELD_UPGRADE) == 1 &&
	       slice_eq_nocase(f->value, SLICE("websocket"));
}

/* What may be a replay is answered only when a second time does no harm (RFC 8470 section 3). */
static bool route__too_early(struct request *r)
{
	const struct http_request *q = r->q;

	counter_add(&r->w->counters, early_requests, 1);
	if ((q->method_id == METHOD_GET || q->method_id == METHOD_HEAD || q->method_id == METHOD_OPTIONS) &&
	    !q->has_body)
		return false;
	counter_add(&r->w->counters, early_refused, 1);
	return true;
}

enum flow step_recv(struct request *r)
{
	const struct http_request *q = r->q;

	route_ray(r);
	if (q->early && route__too_early(r))
		return request_fail(r, ERR_TOO_EARLY, 0);
	if (q->method_id == METHOD_CONNECT || q->method_id == METHOD_TRACE)
		return request_fail(r, ERR_METHOD_DENIED, 0);
	if (q->upgrade && !route_is_websocket(q))
		r->x->req.upgrade = false;
	if (r->w->limits->request_body_bytes_max && q->has_length && q->length > r->w->limits->request_body_bytes_max)
		return request_fail(r, ERR_BODY_LARGE, 0);
	if (field_find(q->fields, q->fields_n, FIELD_CDN_LOOP) && route__loops(q) >= r->w->limits->loop_hops_max) {
		counter_add(&r->w->counters, loops_refused, 1);
		return request_fail(r, ERR_LOOP, 0);
	}
	return request_go(r, STEP_ROUTE);
}

static enum flow route__unknown(struct request *r, bool is_ip)
{
	r->error = ERR_NOT_FOUND;
	r->code = is_ip ? ROUTE__ERR_DIRECT_IP : ROUTE__ERR_UNKNOWN_HOST;
	return request_go(r, STEP_ERROR);
}

static enum flow route__found(struct request *r, const struct site *site)
{
	r->site = site;
	r->policy = &site->cache;
	if (r->q->upgrade && !site->zone->settings.websockets)
		r->x->req.upgrade = false; /* goes on as a plain request */
	if (secure_wanted(r, site))
		return request_go(r, STEP_SECURE);
	if (site->zone->book)
		return request_go(r, STEP_REWRITE);
	return request_go(r, waf_wanted(site) ? STEP_WAF_HEAD : STEP_LOOKUP);
}

static enum flow route__look(struct request *r, struct worker_route *memo, uint64_t generation)
{
	struct uri_host h;
	char canonical[256];

	if (uri_host_parse(r->q->host, &h) != OK || h.name.n >= sizeof canonical)
		return request_fail(r, ERR_HOST, 0);
	if (h.is_ip)
		return route__unknown(r, true);
	struct slice name = uri_host_canonical(h.name, canonical);
	const struct site *site = routes_find(r->w->routes, name);
	if (!site)
		return route__unknown(r, false);
	if (r->q->host.n <= WORKER_ROUTE_HOST) {
		memcpy(memo->host, r->q->host.p, r->q->host.n);
		memo->host_n = (uint32_t)r->q->host.n;
		memcpy(memo->canonical, name.p, name.n);
		memo->canonical_n = (uint32_t)name.n;
		memo->site = site;
		memo->generation = generation;
		r->host = slice_of(memo->canonical, memo->canonical_n);
	} else {
		r->host = arena_copy(r->arena, name);
		if (arena_full(r->arena))
			return request_fail(r, ERR_ARENA_FULL, 0);
	}
	return route__found(r, site);
}

enum flow step_route(struct request *r)
{
	struct slice host = r->q->host;
	enum flow flow;

	if (slice_starts(r->q->path, SLICE("/cdn-cgi/")))
		return page_cdn_cgi(r);
	if (slice_starts(r->q->path, PAGE_CHALLENGE_PREFIX) && page_challenge(r, &flow))
		return flow;
	if (host.n == 0)
		return route__unknown(r, false);
	/* Read before the look-up: a publish in between makes the memo old, never wrong. */
	uint64_t generation = routes_generation(r->w->routes);
	unsigned slot = (unsigned)(host.n * 31 + (unsigned char)host.p[0] * 7 + (unsigned char)host.p[host.n / 2]) %
			WORKER_ROUTES;
	struct worker_route *memo = &r->w->route_cache[slot];
	if (memo->site && memo->generation == generation && slice_eq(host, slice_of(memo->host, memo->host_n))) {
		r->host = slice_of(memo->canonical, memo->canonical_n);
		return route__found(r, memo->site);
	}
	return route__look(r, memo, generation);
}
