/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain: GET seawall/explain/{ray}: what an edge remembers of one recent request. Ours, not Cloudflare's. A token
 * sees requests of the zones whose logs it may read; those of zones that are not of the API (plan folder) are the
 * administrator's.
 */
#include "api/api_int.h"
#include "api/routes.h"

#include <stdio.h>

enum { EXPLAIN__NOT_FOUND = 1140, EXPLAIN__BAD_RAY = 1141, EXPLAIN__WAIT_MS = 2000, EXPLAIN__DIGITS = 16 };

static bool explain__may(struct api_call *call, const json_t *request)
{
	const char *name = json_string_value(json_object_get(request, "zone"));
	struct state_zone z;

	if (call->token.admin)
		return true;
	return name && state_zone_get(call->state, slice_str(name), &z) == OK &&
	       api_may(call, STATE_RIGHT_LOGS_READ, z.id);
}

/* found: the reference is taken over; NULL: nobody remembers it. */
static void explain__answer(struct api_call *call, json_t *found)
{
	if (found && explain__may(call, found)) {
		api_ok(call, found);
		return;
	}
	json_decref(found);
	api_fail(call, 404, EXPLAIN__NOT_FOUND, NULL,
		 "No edge remembers a request with this ray; each worker keeps the last of its requests (limit "
		 "explain_requests_max). The access log has all of them.");
}

static void explain__done(void *arg, const struct broadcast_result *results, size_t n)
{
	struct api_call *call = arg;
	json_t *found = NULL;

	for (size_t i = 0; i < n && !found; i++) {
		if (results[i].error != OK)
			continue;
		found = json_loadb(results[i].json, results[i].json_n, 0, NULL);
		if (found)
			json_object_set_new(found, "edge", json_integer(results[i].pid));
	}
	explain__answer(call, found);
	api_resume(call);
}

static void explain_get(struct api_call *call)
{
	struct slice ray = api_param(call, "ray");
	struct broadcast_call ask = { .kind = FRAME_COMMAND_EXPLAIN, .fn = explain__done, .arg = call };
	char text[64];
	bool good = ray.n >= EXPLAIN__DIGITS;

	for (size_t i = 0; i < EXPLAIN__DIGITS && good; i++) {
		char c = slice_lower(ray.p[i]);
		good = slice_is_digit(c) || (c >= 'a' && c <= 'f');
	}
	if (!good || (ray.n > EXPLAIN__DIGITS && ray.p[EXPLAIN__DIGITS] != '-')) {
		api_fail(call, 400, EXPLAIN__BAD_RAY, NULL,
			 "A ray is 16 hexadecimal digits, as in the CF-Ray header of the answer");
		return;
	}
	if (!call->control) {
		explain__answer(call, NULL);
		return;
	}
	int n = snprintf(text, sizeof text, "{\"ray\":\"%.16s\"}", ray.p);
	ask.json = slice_of(text, (size_t)n);
	ask.due_ms = control_now_ms(call->control) + EXPLAIN__WAIT_MS;
	control_command(call->control, &ask);
}

const struct api_route *api_explain_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "seawall/explain/:ray", explain_get, STATE_RIGHT_NONE, API_LATER },
		{ 0 },
	};

	return routes;
}
