/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_analytics: GET zones/:zone/dns_analytics/report: how many answers the name servers gave for the zone, by one
 * dimension, queryType (the default) or responseCode, summed over the edges since each began.
 */
#include "api/api_int.h"
#include "api/routes.h"

enum { DNS_ANALYTICS__CODE = 1003, DNS_ANALYTICS__WAIT_MS = 2000 };

static bool dns_analytics__by_rcode(struct api_call *call)
{
	const char *d = api_query(call, "dimensions");

	return d && strcmp(d, "responseCode") == 0;
}

/* Adds an edge's counts to those of the others. */
static void dns_analytics__add(json_t *sum, const json_t *more)
{
	void *it = json_object_iter((json_t *)(uintptr_t)more);

	for (; it; it = json_object_iter_next((json_t *)(uintptr_t)more, it)) {
		const char *name = json_object_iter_key(it);
		json_int_t n =
			json_integer_value(json_object_get(sum, name)) + json_integer_value(json_object_iter_value(it));
		json_object_set_new(sum, name, json_integer(n));
	}
}

static json_t *dns_analytics__report(const char *dimension, json_t *sum)
{
	json_t *data = json_array();
	json_int_t total = 0;

	for (void *it = json_object_iter(sum); it; it = json_object_iter_next(sum, it)) {
		json_int_t n = json_integer_value(json_object_iter_value(it));
		total += n;
		json_array_append_new(
			data, json_pack("{s:[s], s:[I]}", "dimensions", json_object_iter_key(it), "metrics", n));
	}
	return json_pack("{s:I, s:o, s:i, s:{s:I}, s:{}, s:{}, s:{s:[s], s:[s]}}", "rows",
			 (json_int_t)json_array_size(data), "data", data, "data_lag", 0, "totals", "queryCount", total,
			 "min", "max", "query", "dimensions", dimension, "metrics", "queryCount");
}

static void dns_analytics__done(void *arg, const struct broadcast_result *results, size_t n)
{
	struct api_call *call = arg;
	bool by_rcode = dns_analytics__by_rcode(call);
	json_t *sum = json_object();

	for (size_t i = 0; i < n; i++) {
		json_t *v = results[i].error == OK ? json_loadb(results[i].json, results[i].json_n, 0, NULL) : NULL;
		dns_analytics__add(sum, json_object_get(v, by_rcode ? "rcodes" : "types"));
		json_decref(v);
	}
	api_ok(call, dns_analytics__report(by_rcode ? "responseCode" : "queryType", sum));
	json_decref(sum);
	api_resume(call);
}

static void dns_analytics_report(struct api_call *call)
{
	struct broadcast_call ask = { .kind = FRAME_COMMAND_DNS, .fn = dns_analytics__done, .arg = call };
	const char *dimensions = api_query(call, "dimensions");

	if (dimensions && strcmp(dimensions, "queryType") != 0 && strcmp(dimensions, "responseCode") != 0) {
		api_fail(call, 400, DNS_ANALYTICS__CODE, "/dimensions", "must be one of queryType and responseCode");
		return;
	}
	if (!call->control) {
		json_t *none = json_object();
		api_ok(call, dns_analytics__report("queryType", none));
		json_decref(none);
		return;
	}
	ask.json = arena_printf(&call->arena, "{\"zone\":\"%s\"}", call->zone.name);
	ask.due_ms = control_now_ms(call->control) + DNS_ANALYTICS__WAIT_MS;
	control_command(call->control, &ask);
}

const struct api_route *api_dns_analytics_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "zones/:zone/dns_analytics/report", dns_analytics_report, STATE_RIGHT_DNS_READ,
		  API_LATER },
		{ 0 },
	};

	return routes;
}
