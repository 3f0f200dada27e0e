/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shield: see shield.h. What comes from an edge waits in a bounded line and is stored one after the other; what does
 * not fit is left out: a log of decisions, not the decisions.
 */
#include "api/shield.h"

#include "api/api_int.h"
#include "api/routes.h"
#include "base/mem.h"
#include "state/shield_event.h"

enum { SHIELD__WAITING_MAX = 256, SHIELD__PER_PAGE = 100, SHIELD__PER_PAGE_MAX = 1000 };

struct api_shield {
	struct api *api;
	json_t *waiting[SHIELD__WAITING_MAX]; /* events, oldest first */
	size_t waiting_n;
	bool storing;
};

static void shield__store(struct api_call *call)
{
	struct api_shield *s = api_call_arg(call);
	enum err e = OK;

	for (size_t i = 0; i < s->waiting_n && e == OK; i++)
		e = state_shield_event_add(call->state, json_string_value(json_object_get(s->waiting[i], "zone")),
					   s->waiting[i]);
	for (size_t i = 0; i < s->waiting_n; i++)
		json_decref(s->waiting[i]);
	s->waiting_n = 0;
	if (e == OK)
		api_ok(call, json_null());
	else
		api_fail_store(call, e);
}

static void shield__stored(void *arg, const char *why)
{
	((struct api_shield *)arg)->storing = false;
}

static void shield__heard(void *arg, const struct peer *p, struct slice json)
{
	struct api_shield *s = arg;
	json_t *event = json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_string(json_object_get(event, "zone")) || s->waiting_n == SHIELD__WAITING_MAX) {
		json_decref(event);
		return;
	}
	s->waiting[s->waiting_n++] = event;
	if (s->storing)
		return;
	s->storing = true;
	const struct api_job job = { .fn = shield__store, .done = shield__stored, .arg = s };
	api_do(s->api, &job);
}

struct api_shield *api_shield_new(struct api *api, struct control *control)
{
	struct api_shield *s = mem_alloc(sizeof *s);

	s->api = api;
	control_hear(control, "shield", shield__heard, s);
	return s;
}

void api_shield_free(struct api_shield *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->waiting_n; i++)
		json_decref(s->waiting[i]);
	mem_free(s);
}

/* GET zones/:zone/shield/events?per_page=N */
static void shield__list(struct api_call *call)
{
	const char *text = api_query(call, "per_page");
	uint64_t most = SHIELD__PER_PAGE;
	json_t *list;

	if (text && (!slice_u64(slice_str(text), &most) || most < 1 || most > SHIELD__PER_PAGE_MAX)) {
		api_fail(call, 400, API_BAD_QUERY, "/per_page", "must be a number from 1 to 1000");
		return;
	}
	enum err e = state_shield_event_list(call->state, call->zone.name, (int64_t)most, &list);
	if (e == OK)
		api_ok(call, list);
	else
		api_fail_store(call, e);
	if (e != OK)
		json_decref(list);
}

const struct api_route *api_shield_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "zones/:zone/shield/events", shield__list, STATE_RIGHT_ZONE_READ, 0 },
		{ 0 },
	};

	return routes;
}
