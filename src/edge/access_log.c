/* SPDX-License-Identifier: Apache-2.0 */
/* access_log: counters and one JSON line for each request, when it is over. The line goes to the worker's ring; it
 * never waits. */
#include "base/text.h"
#include "edge/router.h"
#include "edge/rules.h"
#include "edge/traffic.h"
#include "edge/waf.h"

static void access_log__count(struct request *r)
{
	struct counters *n = &r->w->counters;
	unsigned class = r->answered / 100;

	counter_add(n, requests, 1);
	if (class == 2)
		counter_add(n, status_2xx, 1);
	else if (class == 3)
		counter_add(n, status_3xx, 1);
	else if (class == 4)
		counter_add(n, status_4xx, 1);
	else if (class >= 5)
		counter_add(n, status_5xx, 1);
	else if (class == 1)
		counter_add(n, status_1xx, 1);
}

static void access_log__count_cache(struct request *r)
{
	struct counters *n = &r->w->counters;

	switch (r->status) {
	case CACHE_STATUS_NONE:
		break;
	case CACHE_STATUS_HIT:
		counter_add(n, cache_hit, 1);
		break;
	case CACHE_STATUS_MISS:
		counter_add(n, cache_miss, 1);
		break;
	case CACHE_STATUS_EXPIRED:
		counter_add(n, cache_expired, 1);
		break;
	case CACHE_STATUS_REVALIDATED:
		counter_add(n, cache_revalidated, 1);
		break;
	case CACHE_STATUS_UPDATING:
		counter_add(n, cache_updating, 1);
		break;
	case CACHE_STATUS_STALE:
		counter_add(n, cache_stale, 1);
		break;
	case CACHE_STATUS_BYPASS:
		counter_add(n, cache_bypass, 1);
		break;
	case CACHE_STATUS_DYNAMIC:
		counter_add(n, cache_dynamic, 1);
		break;
	}
}

static void access_log__member(struct text *t, struct slice name, struct slice value)
{
	text_add(t, name);
	text_json(t, value);
}

/* Microseconds of the whole, and of each step that took one or more. */
static void access_log__steps(const struct request *r, struct text *t)
{
	struct tick_scale scale = r->w->metrics.scale;

	text_add(t, SLICE(",\"us\":{\"total\":"));
	text_u64(t, tick_ns(scale, r->last - r->began) / 1000);
	for (size_t i = 0; i < STEP_COUNT; i++) {
		uint64_t us = tick_ns(scale, r->spent[i]) / 1000;
		if (us == 0)
			continue;
		text_add(t, SLICE(",\""));
		text_add(t, slice_str(request_step_text((enum request_step)i)));
		text_add(t, SLICE("\":"));
		text_u64(t, us);
	}
	text_byte(t, '}');
}

static void access_log__line(struct request *r, struct text *t)
{
	const struct http_request *q = r->q;
	char addr[IP_PORT_TEXT_BYTES];

	text_add(t, SLICE("{\"ray\":\""));
	text_add(t, slice_of(r->ray_text, r->ray_n));
	text_add(t, SLICE("\",\"time\":"));
	text_ms(t, (uint64_t)loop_wall_ms(r->w->loop));
	text_add(t, SLICE(",\"client\":\""));
	text_add(t, slice_of(addr, ip_print(&q->client.ip, addr)));
	access_log__member(t, SLICE("\",\"host\":"), q->host);
	access_log__member(t, SLICE(",\"method\":"), q->method);
	access_log__member(t, SLICE(",\"path\":"), rules_asked(r));
	text_add(t, SLICE(",\"http\":"));
	text_u64(t, q->version);
	if (q->visitor && q->visitor->ja4[0])
		access_log__member(t, SLICE(",\"ja4\":"), slice_str(q->visitor->ja4));
	if (q->early)
		text_add(t, SLICE(",\"early\":true"));
	text_add(t, SLICE(",\"status\":"));
	text_u64(t, r->router ? router_log_status(r) : r->answered);
	if (r->router)
		router_log_row(r, t);
	else
		access_log__member(t, SLICE(",\"cache\":"), cache_status_text(r->status));
	text_add(t, SLICE(",\"bytes\":"));
	text_u64(t, r->body_out);
	if (r->body_in) {
		text_add(t, SLICE(",\"bytes_in\":"));
		text_u64(t, r->body_in);
	}
	if (r->origin.port) {
		text_add(t, SLICE(",\"origin\":\""));
		text_add(t, slice_of(addr, ip_port_print(&r->origin, addr)));
		text_add(t, SLICE("\",\"origin_status\":"));
		text_u64(t, r->origin_status);
	}
	if (r->error != OK)
		access_log__member(t, SLICE(",\"error\":"), slice_str(err_name(r->error)));
	if (r->reason.n || r->detail)
		access_log__member(t, SLICE(",\"detail\":"), r->reason.n ? r->reason : slice_str(r->detail));
	if (r->tls_check)
		access_log__member(t, SLICE(",\"check\":"), slice_str(tls_trouble_name((enum tls_check)r->tls_check)));
	rules_log(r, t);
	waf_log(r, t);
	text_add(t, SLICE(",\"step\":\""));
	text_add(t, request_step_name(r));
	text_byte(t, '"');
	access_log__steps(r, t);
	text_add(t, SLICE("}\n"));
}

void access_log_write(struct request *r)
{
	struct worker *w = r->w;

	if (r->logged)
		return;
	r->logged = true;
	if (r->x)
		r->body_out = r->x->bytes_out;
	else if (r->arena == &r->own_arena)
		return; /* a refresh is not a visitor's request */
	waf_finish(r);
	request_clock(r);
	access_log__count(r);
	access_log__count_cache(r);
	metrics_count(&w->metrics, r);
	traffic_add(w->traffic, r);
	trace_add(w->trace, r);
	if (r->router)
		router_log_line(r);
	if (!w->log)
		return;
	struct text t = text_of(w->head_buf, WORKER_HEAD_BYTES);
	access_log__line(r, &t);
	if (t.bad || !logring_add(w->log, text_slice(&t)))
		counter_add(&w->counters, log_dropped, 1);
}
