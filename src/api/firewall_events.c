/* SPDX-License-Identifier: Apache-2.0 */
/* firewall_events: see firewall_events.h; and GET zones/{zone}/firewall/events. */
#include "api/firewall_events.h"

#include "api/api_int.h"
#include "api/routes.h"
#include "base/mem.h"
#include "state/waf_event.h"
#include "supervisor/say.h"

enum {
	FIREWALL_EVENTS__MAX = 65536,
	FIREWALL_EVENTS__PER_PAGE = 100,
	FIREWALL_EVENTS__PER_PAGE_MAX = 1000,
	FIREWALL_EVENTS__PACE_MS = 1000, /* between two transactions */
	FIREWALL_EVENTS__AT_ONCE = 500   /* in one of them, some milliseconds */
};

struct firewall_events__row {
	uint64_t seq;
	char *json;
	size_t n;
};

struct firewall_events {
	struct firewall_events__row rows[FIREWALL_EVENTS__MAX]; /* row seq is at seq % MAX */
	uint64_t first, next;                                   /* seq of the oldest that is kept, and of the next */
	uint64_t bytes, bytes_max;
	struct api *api;
	struct loop_timer timer;
	uint64_t stored, storing; /* seq up to which all is stored, and will be when the job has ended; 0: none runs */
};

static void firewall_events__drop(struct firewall_events *all)
{
	struct firewall_events__row *row = &all->rows[all->first++ % FIREWALL_EVENTS__MAX];

	all->bytes -= row->n;
	mem_free(row->json);
	row->json = NULL;
}

/* Takes one as the next; the oldest leave for it. */
static void firewall_events__take(struct firewall_events *all, struct slice json)
{
	while (all->first < all->next &&
	       (all->bytes + json.n > all->bytes_max || all->next - all->first == FIREWALL_EVENTS__MAX))
		firewall_events__drop(all);
	all->rows[all->next % FIREWALL_EVENTS__MAX] =
		(struct firewall_events__row){ .seq = all->next, .json = mem_dup(json), .n = json.n };
	all->bytes += json.n;
	all->next++;
}

/* ---- what is kept over the end of control */

static void firewall_events__count(void *arg, int64_t seq, struct slice json)
{
	struct firewall_events *all = arg;

	all->first++;
	all->next = (uint64_t)seq + 1;
}

static void firewall_events__remember(void *arg, int64_t seq, struct slice json)
{
	firewall_events__take(arg, json);
}

/* A flood leaves gaps in the stored numbers; in memory there are none, up to the same last one. */
static enum err firewall_events__load(struct firewall_events *all)
{
	struct state *st = all->api->setup.state;

	all->first = 0;
	all->next = 1;
	TRY(state_waf_event_each(st, firewall_events__count, all));
	all->first = all->next -= all->first;
	return state_waf_event_each(st, firewall_events__remember, all);
}

/* Stores some of what is not stored, and forgets what is no longer kept. */
static enum err firewall_events__store(struct firewall_events *all, struct state *st, uint64_t until)
{
	uint64_t from = all->stored > all->first ? all->stored : all->first;

	TRY(state_waf_event_forget(st, (int64_t)all->first));
	for (; from < until; from++) {
		const struct firewall_events__row *row = &all->rows[from % FIREWALL_EVENTS__MAX];
		TRY(state_waf_event_add(st, (int64_t)from, slice_of(row->json, row->n)));
	}
	return OK;
}

static uint64_t firewall_events__until(const struct firewall_events *all)
{
	uint64_t from = all->stored > all->first ? all->stored : all->first;

	return all->next - from > FIREWALL_EVENTS__AT_ONCE ? from + FIREWALL_EVENTS__AT_ONCE : all->next;
}

static void firewall_events__job(struct api_call *call)
{
	struct firewall_events *all = api_call_arg(call);

	all->storing = firewall_events__until(all);
	enum err e = firewall_events__store(all, call->state, all->storing);
	if (e == OK)
		api_ok(call, json_null());
	else
		api_fail_store(call, e);
}

static void firewall_events__later(struct firewall_events *all)
{
	struct loop *loop = control_loop(all->api->setup.control);

	if (!all->timer.due_ms && !all->storing && all->stored < all->next)
		loop_timer_set(loop, &all->timer, loop_now_ms(loop) + FIREWALL_EVENTS__PACE_MS);
}

static void firewall_events__stored(void *arg, const char *why)
{
	struct firewall_events *all = arg;

	if (!why)
		all->stored = all->storing;
	all->storing = 0;
	firewall_events__later(all);
}

static void firewall_events__timer(struct loop_timer *t)
{
	struct firewall_events *all = LOOP_OWNER(t, struct firewall_events, timer);
	const struct api_job job = { .fn = firewall_events__job, .done = firewall_events__stored, .arg = all };

	all->storing = all->next;
	api_do(all->api, &job);
}

/* ---- its life */

static void firewall_events__hear(void *arg, const struct peer *p, struct slice json)
{
	struct firewall_events *all = arg;
	json_t *v = json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, NULL);
	bool good = json_is_string(json_object_get(v, "ray")) && json_is_string(json_object_get(v, "zone"));

	json_decref(v);
	if (!good || json.n > all->bytes_max)
		return;
	firewall_events__take(all, json);
	firewall_events__later(all);
}

struct firewall_events *firewall_events_new(struct api *api, uint64_t bytes_max)
{
	struct firewall_events *all = mem_alloc(sizeof *all);

	all->api = api;
	all->bytes_max = bytes_max;
	loop_timer_init(&all->timer, firewall_events__timer);
	if (firewall_events__load(all) != OK)
		say("control", "event=firewall_events_unread reason=\"%s\"", store_reason(api->setup.state->store));
	all->stored = all->next;
	control_hear(api->setup.control, "waf", firewall_events__hear, all);
	return all;
}

/* The last ones, when control ends. */
static void firewall_events__flush(struct firewall_events *all)
{
	static const struct state_actor system = { "", "system", "" };
	struct state *st = all->api->setup.state;

	if (all->stored >= all->next || state_begin(st, &system) != OK)
		return;
	if (firewall_events__store(all, st, firewall_events__until(all)) != OK || state_commit(st) != OK)
		state_rollback(st);
}

void firewall_events_free(struct firewall_events *all)
{
	if (!all)
		return;
	loop_timer_cancel(control_loop(all->api->setup.control), &all->timer);
	firewall_events__flush(all);
	while (all->first < all->next)
		firewall_events__drop(all);
	mem_free(all);
}

json_t *firewall_events_at(const struct firewall_events *all, size_t i)
{
	if (i >= all->next - all->first)
		return NULL;
	const struct firewall_events__row *row = &all->rows[(all->next - 1 - i) % FIREWALL_EVENTS__MAX];
	json_t *v = json_loadb(row->json, row->n, 0, NULL);
	json_object_set_new(v, "seq", json_integer((json_int_t)row->seq));
	return v;
}

/* ---- GET */

static bool firewall_events__has_rule(const json_t *event, const char *rule)
{
	json_t *match;
	uint64_t n;
	size_t i;

	if (!slice_u64(slice_str(rule), &n))
		return false;
	json_array_foreach(json_object_get(event, "matches"), i, match)
	{
		if ((uint64_t)json_integer_value(json_object_get(match, "rule")) == n)
			return true;
	}
	return false;
}

/* Whether the event is of the zone and what the query asks for. */
static bool firewall_events__matches(struct api_call *call, const json_t *event)
{
	static const char *const filters[] = { "action", "client", "host", "method", "path" };
	const char *ray = api_query(call, "ray"), *rule = api_query(call, "rule");
	struct slice own = slice_str(json_string_value(json_object_get(event, "ray")));

	if (!slice_eq(slice_str(json_string_value(json_object_get(event, "zone"))), slice_str(call->zone.name)))
		return false;
	if (ray && !slice_eq(slice_first(own, slice_find(own, '-')),
			     slice_first(slice_str(ray), slice_find(slice_str(ray), '-'))))
		return false;
	for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++) {
		const char *want = api_query(call, filters[i]);
		if (want &&
		    !slice_eq(slice_str(want), slice_str(json_string_value(json_object_get(event, filters[i])))))
			return false;
	}
	return !rule || firewall_events__has_rule(event, rule);
}

static void firewall_events_list(struct api_call *call)
{
	const struct firewall_events *all = call->api->firewall_events;
	struct api_page page;
	int64_t total = 0;
	json_t *event;

	if (!api_page(call, FIREWALL_EVENTS__PER_PAGE, FIREWALL_EVENTS__PER_PAGE_MAX, &page))
		return;
	json_t *list = json_array();
	for (size_t i = 0; all && (event = firewall_events_at(all, i)); i++) {
		if (firewall_events__matches(call, event)) {
			if (total >= page.offset && total < page.offset + page.per_page)
				json_array_append(list, event);
			total++;
		}
		json_decref(event);
	}
	api_list(call, list, &page, total);
}

const struct api_route *api_firewall_events_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "zones/:zone/firewall/events", firewall_events_list, STATE_RIGHT_FIREWALL_READ, 0 },
		{ METHOD_GET, "zones/:zone/security/events", firewall_events_list, STATE_RIGHT_FIREWALL_READ, 0 },
		{ 0 },
	};

	return routes;
}
