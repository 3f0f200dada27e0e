/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats: numbers of an app over time. What routers count of it comes with their log events; an app without router logs,
 * or without requests, has none.
 */
#include "platform/routes.h"
#include "platform/v1.h"

static void stats_now(struct api_call *call)
{
	struct state_app a;

	if (platform_v1_app(call, &a))
		platform_v1_ok(call, 200, "stats", json_array());
}

const struct api_route *platform_stats_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "/v1/apps/:app/stats", stats_now, STATE_RIGHT_APPS_READ, 0 },
		{ 0 },
	};

	return routes;
}
