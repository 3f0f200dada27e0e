/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traffic: see traffic.h. What comes from edges is added up by zone and minute, and stored in one transaction every few
 * seconds, so that thousands of zones cost a write each, not one for each worker of each edge.
 */
#include "api/traffic.h"

#include "api/api_int.h"
#include "api/routes.h"
#include "api/tops.h"
#include "base/hash.h"
#include "base/mem.h"
#include "state/traffic.h"
#include "sys/clock.h"

enum {
	TRAFFIC__BUCKETS = 1024,
	TRAFFIC__WAITING_MAX = 16384, /* zones and minutes; more are counted with nobody */
	TRAFFIC__FORGET_MS = 600000,
	TRAFFIC__ROWS_MAX = 3000, /* of one answer */
	TRAFFIC__ZONES_MAX = 100,
	TRAFFIC__TOPS_RARER = 6, /* what was asked for most is stored once in so many tellings */
};

struct traffic__one {
	struct traffic__one *next;
	char zone[STATE_NAME_BYTES];
	struct state_traffic n;
};

struct api_traffic {
	struct api *api;
	struct loop *loop;
	struct api_tops *tops;
	struct loop_timer timer;
	struct traffic__one *waiting[TRAFFIC__BUCKETS]; /* by zone */
	size_t waiting_n;
	uint64_t store_ms;
	int64_t forgot_ms;
	bool storing;
};

/* ---- from the edges ---- */

static void traffic__drop(struct api_traffic *t)
{
	for (size_t i = 0; i < TRAFFIC__BUCKETS; i++) {
		while (t->waiting[i]) {
			struct traffic__one *one = t->waiting[i];
			t->waiting[i] = one->next;
			mem_free(one);
		}
	}
	t->waiting_n = 0;
}

static void traffic__store(struct api_call *call)
{
	struct api_traffic *t = api_call_arg(call);
	int64_t now = call->state->now_ms;
	enum err e = OK;

	for (size_t i = 0; i < TRAFFIC__BUCKETS; i++)
		for (const struct traffic__one *one = t->waiting[i]; one && e == OK; one = one->next)
			e = state_traffic_add(call->state, one->zone, &one->n);
	traffic__drop(t);
	if (e == OK && now - t->forgot_ms > TRAFFIC__FORGET_MS) {
		e = state_traffic_forget(call->state);
		t->forgot_ms = now;
	}
	if (e == OK)
		api_ok(call, json_null());
	else
		api_fail_store(call, e);
}

static void traffic__stored(void *arg, const char *why)
{
	((struct api_traffic *)arg)->storing = false;
}

static void traffic__due(struct loop_timer *timer)
{
	struct api_traffic *t = LOOP_OWNER(timer, struct api_traffic, timer);
	const struct api_job job = { .fn = traffic__store, .done = traffic__stored, .arg = t };

	if (t->storing) { /* the database is busy: later */
		loop_timer_set(t->loop, timer, loop_now_ms(t->loop) + t->store_ms);
		return;
	}
	t->storing = true;
	api_do(t->api, &job);
}

/* A number of an edge: nothing that is none, and nothing that sums could overflow by. */
static int64_t traffic__number(const json_t *v)
{
	json_int_t n = json_integer_value(v);

	return n > 0 ? n & 0xffffffffffff : 0;
}

static void traffic__numbers(const json_t *list, int64_t *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] += traffic__number(json_array_get(list, i));
}

static struct traffic__one *traffic__of(struct api_traffic *t, struct slice zone, int64_t at_s)
{
	struct traffic__one **bucket = &t->waiting[hash_check32(zone) % TRAFFIC__BUCKETS], *one = *bucket;

	while (one && !(one->n.at_s == at_s && slice_eq(slice_str(one->zone), zone)))
		one = one->next;
	if (one || t->waiting_n == TRAFFIC__WAITING_MAX)
		return one;
	one = mem_alloc(sizeof *one);
	memcpy(one->zone, zone.p, zone.n);
	one->n.at_s = at_s;
	one->next = *bucket;
	*bucket = one;
	t->waiting_n++;
	return one;
}

static void traffic__heard(void *arg, const struct peer *p, struct slice json)
{
	struct api_traffic *t = arg;
	json_t *v = json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, NULL);
	struct slice zone = slice_str(json_string_value(json_object_get(v, "zone")));
	int64_t now_s = clock_wall_ms() / 1000;
	struct traffic__one *one =
		zone.n && zone.n < STATE_NAME_BYTES ? traffic__of(t, zone, now_s - now_s % STATE_TRAFFIC_MINUTE) : NULL;

	if (one) {
		one->n.requests += traffic__number(json_object_get(v, "requests"));
		one->n.bytes += traffic__number(json_object_get(v, "bytes"));
		one->n.cached += traffic__number(json_object_get(v, "cached"));
		one->n.cached_bytes += traffic__number(json_object_get(v, "cached_bytes"));
		one->n.threats += traffic__number(json_object_get(v, "threats"));
		traffic__numbers(json_object_get(v, "status"), one->n.status, STATE_TRAFFIC_STATUS);
		traffic__numbers(json_object_get(v, "us"), one->n.us, STATE_TRAFFIC_TIMES);
		api_tops_heard(t->tops, zone, json_object_get(v, "top"));
		if (!t->timer.due_ms)
			loop_timer_set(t->loop, &t->timer, loop_now_ms(t->loop) + t->store_ms);
	}
	json_decref(v);
}

struct api_traffic *api_traffic_new(struct api *api, struct control *control, struct loop *loop)
{
	struct api_traffic *t = mem_alloc(sizeof *t);

	t->api = api;
	t->loop = loop;
	t->store_ms = api->setup.node->limits.traffic_ms / 2;
	t->tops = api_tops_new(api, loop, TRAFFIC__TOPS_RARER * api->setup.node->limits.traffic_ms);
	loop_timer_init(&t->timer, traffic__due);
	control_hear(control, "traffic", traffic__heard, t);
	return t;
}

void api_traffic_free(struct api_traffic *t)
{
	if (!t)
		return;
	loop_timer_cancel(t->loop, &t->timer);
	traffic__drop(t);
	api_tops_free(t->tops);
	mem_free(t);
}

/* ---- to whoever asks ---- */

static json_t *traffic__json(const struct state_traffic *n)
{
	json_t *status = json_object(), *latency = json_object();
	static const char *const names[] = { "none", "1xx", "2xx", "3xx", "4xx", "5xx" };

	for (size_t i = 0; i < STATE_TRAFFIC_STATUS; i++)
		json_object_set_new(status, names[i], json_integer(n->status[i]));
	json_object_set_new(latency, "p50", json_integer(state_traffic_quantile(n, 0.5)));
	json_object_set_new(latency, "p95", json_integer(state_traffic_quantile(n, 0.95)));
	json_object_set_new(latency, "p99", json_integer(state_traffic_quantile(n, 0.99)));
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "requests", (json_int_t)n->requests, "bytes",
			 (json_int_t)n->bytes, "cached", (json_int_t)n->cached, "cached_bytes",
			 (json_int_t)n->cached_bytes, "threats", (json_int_t)n->threats, "status", status, "latency_us",
			 latency);
}

struct traffic__answer {
	json_t *series;
	struct state_traffic sum;
};

static void traffic__row(void *arg, const struct state_traffic *n)
{
	struct traffic__answer *a = arg;
	json_t *row = traffic__json(n);

	json_object_set_new(row, "at", state_time(n->at_s * 1000));
	json_array_append_new(a->series, row);
	state_traffic_sum(&a->sum, n);
}

/* What part of the past was asked for. */
struct traffic__asked {
	struct state_traffic_time time;
	const char *by;
};

static bool traffic__time(struct api_call *call, const char *name, int64_t *ret_s)
{
	const char *text = api_query(call, name);
	json_t *object = text ? json_pack("{s:s}", name, text) : NULL;
	int64_t ms = 0;
	bool good = !text || api_date(call, (struct api_member){ object, "", name, true }, &ms);

	json_decref(object);
	if (good && text)
		*ret_s = ms / 1000;
	return good;
}

/* False after api_fail. Without an end, until now; without a beginning, a fitting time before. */
static bool traffic__asked(struct api_call *call, struct traffic__asked *a)
{
	static const struct {
		const char *by;
		enum state_traffic_span span;
		int64_t usual_s;
	} spans[] = { { "minute", STATE_TRAFFIC_MINUTE, 3 * 3600 },
		      { "hour", STATE_TRAFFIC_HOUR, 3 * 86400 },
		      { "day", STATE_TRAFFIC_DAY, 60 * 86400 } };
	const char *by = api_query(call, "by");
	size_t i = by ? 0 : 1;

	while (by && i < 3 && strcmp(by, spans[i].by) != 0)
		i++;
	if (i == 3) {
		api_fail(call, 400, API_BAD_QUERY, NULL, "by is minute, hour or day, not \"%s\"", by);
		return false;
	}
	a->time.span = spans[i].span;
	a->by = spans[i].by;
	a->time.until_s = call->state->now_ms / 1000 + 1;
	if (!traffic__time(call, "until", &a->time.until_s))
		return false;
	a->time.from_s = a->time.until_s - spans[i].usual_s;
	if (!traffic__time(call, "since", &a->time.from_s))
		return false;
	a->time.from_s -= a->time.from_s % a->time.span;
	if (a->time.from_s >= a->time.until_s ||
	    (a->time.until_s - a->time.from_s) / a->time.span > TRAFFIC__ROWS_MAX) {
		api_fail(call, 400, API_BAD_QUERY, NULL,
			 "since comes before until, and at most %d %ss lie between them", TRAFFIC__ROWS_MAX, a->by);
		return false;
	}
	return true;
}

static json_t *traffic__head(const struct traffic__asked *a)
{
	return json_pack("{s:s, s:o, s:o}", "by", a->by, "since", state_time(a->time.from_s * 1000), "until",
			 state_time(a->time.until_s * 1000));
}

static void traffic__series(struct api_call *call, const char *zone_name, const struct traffic__asked *asked)
{
	struct traffic__answer a = { .series = json_array() };
	enum err e = state_traffic_each(call->state, zone_name, &asked->time, traffic__row, &a);

	if (e != OK) {
		json_decref(a.series);
		api_fail_store(call, e);
		return;
	}
	json_t *result = traffic__head(asked);
	json_object_set_new(result, "totals", traffic__json(&a.sum));
	json_object_set_new(result, "series", a.series);
	api_ok(call, result);
}

/* GET zones/:zone/analytics?by=minute|hour|day&since&until */
static void traffic_zone(struct api_call *call)
{
	struct traffic__asked asked;

	if (traffic__asked(call, &asked))
		traffic__series(call, call->zone.name, &asked);
}

/* GET accounts/:account/analytics, of all zones together */
static void traffic_all(struct api_call *call)
{
	struct traffic__asked asked;

	if (traffic__asked(call, &asked))
		traffic__series(call, NULL, &asked);
}

static void traffic__zone_row(void *arg, const char *zone_name, const struct state_traffic *n)
{
	json_t *row = traffic__json(n);

	json_object_set_new(row, "zone", json_string(zone_name));
	json_array_append_new(arg, row);
}

/* GET accounts/:account/analytics/zones: those with the most requests */
static void traffic_zones(struct api_call *call)
{
	struct traffic__asked asked;
	json_t *list = json_array();

	if (traffic__asked(call, &asked)) {
		enum err e = state_traffic_zones(call->state, &asked.time, TRAFFIC__ZONES_MAX, traffic__zone_row, list);
		json_t *result = traffic__head(&asked);
		json_object_set(result, "zones", list);
		if (e == OK)
			api_ok(call, json_incref(result));
		else
			api_fail_store(call, e);
		json_decref(result);
	}
	json_decref(list);
}

const struct api_route *api_traffic_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "zones/:zone/analytics", traffic_zone, STATE_RIGHT_ZONE_READ, 0 },
		{ METHOD_GET, "accounts/:account/analytics", traffic_all, STATE_RIGHT_ACCOUNT_READ, 0 },
		{ METHOD_GET, "accounts/:account/analytics/zones", traffic_zones, STATE_RIGHT_ACCOUNT_READ, 0 },
		{ 0 },
	};

	return routes;
}
