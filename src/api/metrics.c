/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics: GET /metrics in the text format of Prometheus: what control counts itself, the counters that edges send once
 * a second, and, asked for at that moment, their times of steps and requests by zone.
 */
#include "api/api_int.h"
#include "api/routes.h"

#include <stdio.h>

enum { METRICS__BYTES = 8 << 20, METRICS__WAIT_MS = 2000 };

static int64_t metrics__rows(struct api_call *call, const char *sql)
{
	struct store_use u = store_use(call->state->store, sql);
	int64_t n = store_next(&u) ? store_int(&u, 0) : 0;

	return store_done(&u) == OK ? n : 0;
}

static void metrics__family(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_printf(b, "# HELP seawall_%s %s\n# TYPE seawall_%s %s\n", name, help, name, type);
}

/* ---- control ---- */

static void metrics__control(struct api_call *call, struct buf *b)
{
	metrics__family(b, "zones", "gauge", "zones of the state");
	buf_printf(b, "seawall_zones %lld\n", (long long)metrics__rows(call, "SELECT count(*) FROM zone"));
	metrics__family(b, "plan_items", "gauge", "items that are to be live");
	buf_printf(b, "seawall_plan_items %zu\n", call->control ? control_items(call->control) : 0);
	metrics__family(b, "api_answers", "counter", "answers of the API by class of status");
	for (unsigned i = 1; i < 6; i++)
		buf_printf(b, "seawall_api_answers{class=\"%uxx\"} %llu\n", i,
			   (unsigned long long)api_answered(call->api, i));
}

static void metrics__counters(struct api_call *call, struct buf *b)
{
	const struct peer *p;
	size_t n = 0;

	while (call->control && control_edge(call->control, n))
		n++;
	metrics__family(b, "edges", "gauge", "edges connected to control");
	buf_printf(b, "seawall_edges %zu\n", n);
	metrics__family(b, "edge_counter", "counter", "counters of an edge since its start (src/sys/counters.def)");
	for (size_t i = 0; i < n; i++) {
		p = control_edge(call->control, i);
		for (size_t k = 0; k < p->counters_n; k++)
			buf_printf(b, "seawall_edge_counter{pid=\"%u\",generation=\"%u\",name=\"%s\"} %llu\n", p->pid,
				   p->generation, p->counters[k].name, (unsigned long long)p->counters[k].value);
	}
}

/* ---- what edges answered ---- */

/* Microseconds as seconds. */
static void metrics__seconds(struct buf *b, uint64_t us)
{
	buf_printf(b, "%llu.%06llu", (unsigned long long)(us / 1000000), (unsigned long long)(us % 1000000));
}

/* One step of one edge; its buckets count what took less than 2^i microseconds, the last one all that is longer. */
static void metrics__step(struct buf *b, uint32_t pid, const char *name, const json_t *step)
{
	const json_t *buckets = json_object_get(step, "buckets");
	size_t n = json_array_size(buckets);
	uint64_t sum = 0;

	for (size_t i = 0; i < n && i < 63; i++) {
		sum += (uint64_t)json_integer_value(json_array_get(buckets, i));
		buf_printf(b, "seawall_step_seconds_bucket{pid=\"%u\",step=\"%s\",le=\"", pid, name);
		if (i + 1 < n)
			metrics__seconds(b, UINT64_C(1) << i);
		else
			buf_printf(b, "+Inf");
		buf_printf(b, "\"} %llu\n", (unsigned long long)sum);
	}
	buf_printf(b, "seawall_step_seconds_sum{pid=\"%u\",step=\"%s\"} ", pid, name);
	metrics__seconds(b, (uint64_t)json_integer_value(json_object_get(step, "us")));
	buf_printf(b, "\nseawall_step_seconds_count{pid=\"%u\",step=\"%s\"} %llu\n", pid, name,
		   (unsigned long long)sum);
}

static void metrics__steps(struct buf *b, uint32_t pid, const json_t *answer)
{
	const char *name;
	json_t *step;

	json_object_foreach(json_object_get(answer, "steps"), name, step) metrics__step(b, pid, name, step);
}

static void metrics__zones(struct buf *b, uint32_t pid, const json_t *answer, const char *member)
{
	const char *name;
	json_t *zone;

	/* "" stands for all zones beyond the limit metrics_zones_max. */
	json_object_foreach(json_object_get(answer, "zones"), name, zone)
		buf_printf(b, "seawall_zone_%s{pid=\"%u\",zone=\"%s\"} %lld\n", member, pid, name,
			   (long long)json_integer_value(json_object_get(zone, member)));
}

static void metrics__answers(struct buf *b, const struct broadcast_result *results, json_t *const *answers, size_t n,
			     bool zones)
{
	static const char *const members[][2] = {
		{ "requests", "requests of a zone" },
		{ "hits", "answers of a zone from fresh copies" },
		{ "errors", "answers of a zone with status 500 and above" },
		{ "bytes_out", "bytes of a zone sent to visitors" },
	};

	metrics__family(b, "step_seconds", "histogram", "time that requests spent in each step (src/edge/step.def)");
	for (size_t i = 0; i < n; i++)
		metrics__steps(b, results[i].pid, answers[i]);
	for (size_t k = 0; zones && k < sizeof members / sizeof members[0]; k++) {
		char name[64];
		snprintf(name, sizeof name, "zone_%s", members[k][0]);
		metrics__family(b, name, "counter", members[k][1]);
		for (size_t i = 0; i < n; i++)
			metrics__zones(b, results[i].pid, answers[i], members[k][0]);
	}
}

static void metrics__write(struct api_call *call, const struct broadcast_result *results, size_t n)
{
	json_t *answers[BROADCAST_EDGES_MAX] = { NULL };
	struct buf b;

	for (size_t i = 0; i < n; i++)
		if (results[i].error == OK)
			answers[i] = json_loadb(results[i].json, results[i].json_n, 0, NULL);
	buf_init(&b, METRICS__BYTES);
	metrics__control(call, &b);
	metrics__counters(call, &b);
	/* Whoever watches the machine without a token does not get the names of zones. */
	metrics__answers(&b, results, answers, n, call->token.id[0] != '\0');
	struct slice text = arena_copy(&call->arena, buf_slice(&b));
	buf_fini(&b);
	for (size_t i = 0; i < n; i++)
		json_decref(answers[i]);
	if (text.n)
		api_text(call, 200, SLICE("text/plain; version=0.0.4; charset=utf-8"), text);
	else
		api_fail(call, 503, API_BUSY, NULL, "There is too much to tell; lower the limit metrics_zones_max");
}

static void metrics__done(void *arg, const struct broadcast_result *results, size_t n)
{
	struct api_call *call = arg;

	metrics__write(call, results, n);
	api_resume(call);
}

/* Open on the machine itself, for whoever watches it; elsewhere, and for the names of zones, a token is needed. */
static void metrics_get(struct api_call *call)
{
	struct broadcast_call ask = { .kind = FRAME_COMMAND_METRICS, .fn = metrics__done, .arg = call };

	if (!ip_is_loopback(&call->client) || call->bearer.p) {
		if (!api_auth_check(call))
			return;
		if (!api_may(call, STATE_RIGHT_ACCOUNT_READ, NULL)) {
			api_fail(call, 403, API_FORBIDDEN, NULL, "Authentication error");
			return;
		}
	}
	if (!call->control) {
		metrics__write(call, NULL, 0);
		return;
	}
	ask.due_ms = control_now_ms(call->control) + METRICS__WAIT_MS;
	control_command(call->control, &ask);
}

const struct api_route *api_metrics_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "/metrics", metrics_get, STATE_RIGHT_NONE, API_OPEN | API_LATER },
		{ 0 },
	};

	return routes;
}
