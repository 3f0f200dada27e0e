/* SPDX-License-Identifier: Apache-2.0 */
/* stats: numbers of an app: requests a minute by class of status (numbers.h), and what its processes use. */
#include "platform/numbers.h"
#include "platform/routes.h"
#include "platform/v1.h"

#include <stdio.h>

enum { STATS__HOURS_MAX = 72, STATS__HOURS_DEFAULT = 3 };

/* ---- requests ---- */

struct stats__points {
	json_t *list;
	size_t class_min, class_max;
	int64_t next; /* minute that comes next: those between had none */
};

static void stats__point(struct stats__points *p, int64_t minute, json_t *value)
{
	json_array_append_new(p->list,
			      json_pack("{s:o, s:o}", "time", platform_v1_time(minute * 60000), "value", value));
}

static void stats__minute(void *arg, const struct platform_numbers_minute *m)
{
	struct stats__points *p = arg;
	json_int_t sum = 0;

	while (p->next && p->next < m->minute)
		stats__point(p, p->next++, json_integer(0));
	p->next = m->minute + 1;
	for (size_t i = p->class_min; i <= p->class_max; i++)
		sum += m->n[i];
	stats__point(p, m->minute, json_integer(sum));
}

/* "5XX", "all". False after an answer. */
static bool stats__class(struct api_call *call, struct stats__points *p)
{
	const char *text = api_query(call, "status_code");

	p->class_min = 1;
	p->class_max = PLATFORM_NUMBERS_CLASSES - 1;
	if (!text || !text[0] || strcmp(text, "all") == 0)
		return true;
	if (text[0] < '1' || text[0] > '5' || strcmp(text + 1, "XX") != 0) {
		platform_v1_error(call, 400, "'status_code' should be one of 1XX, 2XX, 3XX, 4XX, 5XX, all");
		return false;
	}
	p->class_min = p->class_max = (size_t)(text[0] - '0');
	return true;
}

/* Hours back. False after an answer. */
static bool stats__since(struct api_call *call, int64_t *ret_minute)
{
	const char *text = api_query(call, "since");
	uint64_t hours = STATS__HOURS_DEFAULT;

	if (text && text[0] && (!slice_u64(slice_str(text), &hours) || hours == 0 || hours > STATS__HOURS_MAX)) {
		platform_v1_error(call, 400, "'since' should be a number of hours from 1 to %d", STATS__HOURS_MAX);
		return false;
	}
	*ret_minute = call->state->now_ms / 60000 - (int64_t)hours * 60;
	return true;
}

static void stats_router(struct api_call *call)
{
	struct stats__points p = { .list = NULL };
	struct state_app a;
	int64_t from;

	if (!platform_v1_app(call, &a) || !stats__class(call, &p) || !stats__since(call, &from))
		return;
	p.list = json_array();
	if (platform_numbers_each(platform_of(call)->numbers, a.id, from, stats__minute, &p)) {
		api_json(call, 200, p.list);
		return;
	}
	json_decref(p.list);
	platform_v1_error(call, 404, "no metrics found");
}

/* Others than routers' are those of containers, of which nothing is recorded over time. */
static void stats_metric(struct api_call *call)
{
	struct slice metric = api_param(call, "metric");
	struct state_app a;

	if (!platform_v1_app(call, &a))
		return;
	if (call->segments_n == 5 && (slice_eq(metric, SLICE("cpu")) || slice_eq(metric, SLICE("memory"))))
		platform_v1_error(call, 400, "'container' should be defined");
	else
		platform_v1_error(call, 404, "no metrics found");
}

/* What the processes of an app use now: those that somebody else started are not ours to measure. */
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
		{ METHOD_GET, "/v1/apps/:app/stats/router", stats_router, STATE_RIGHT_APPS_READ, 0 },
		{ METHOD_GET, "/v1/apps/:app/stats/:metric", stats_metric, STATE_RIGHT_APPS_READ, 0 },
		{ METHOD_GET, "/v1/apps/:app/stats/:metric/:type", stats_metric, STATE_RIGHT_APPS_READ, 0 },
		{ METHOD_GET, "/v1/apps/:app/stats/:metric/:type/:index", stats_metric, STATE_RIGHT_APPS_READ, 0 },
		{ 0 },
	};

	return routes;
}
