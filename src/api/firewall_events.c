/* SPDX-License-Identifier: Apache-2.0 */
/* firewall_events: see firewall_events.h; and GET zones/{zone}/firewall/events. */
#include "api/firewall_events.h"

#include "api/api_int.h"
#include "api/routes.h"
#include "base/mem.h"

enum { FIREWALL_EVENTS__MAX = 65536, FIREWALL_EVENTS__PER_PAGE = 100, FIREWALL_EVENTS__PER_PAGE_MAX = 1000 };

struct firewall_events__row {
	uint64_t seq;
	char *json;
	size_t n;
};

struct firewall_events {
	struct firewall_events__row rows[FIREWALL_EVENTS__MAX]; /* row seq is at seq % MAX */
	uint64_t first, next;                                   /* seq of the oldest that is kept, and of the next */
	uint64_t bytes, bytes_max;
};

struct firewall_events *firewall_events_new(uint64_t bytes_max)
{
	struct firewall_events *all = mem_alloc(sizeof *all);

	all->bytes_max = bytes_max;
	all->first = all->next = 1;
	return all;
}

static void firewall_events__drop(struct firewall_events *all)
{
	struct firewall_events__row *row = &all->rows[all->first++ % FIREWALL_EVENTS__MAX];

	all->bytes -= row->n;
	mem_free(row->json);
	row->json = NULL;
}

void firewall_events_free(struct firewall_events *all)
{
	if (!all)
		return;
	while (all->first < all->next)
		firewall_events__drop(all);
	mem_free(all);
}

void firewall_events_hear(void *arg, const struct peer *p, struct slice json)
{
	struct firewall_events *all = arg;
	json_t *v = json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, NULL);
	bool good = json_is_string(json_object_get(v, "ray")) && json_is_string(json_object_get(v, "zone"));

	json_decref(v);
	if (!good || json.n > all->bytes_max)
		return;
	while (all->first < all->next &&
	       (all->bytes + json.n > all->bytes_max || all->next - all->first == FIREWALL_EVENTS__MAX))
		firewall_events__drop(all);
	all->rows[all->next % FIREWALL_EVENTS__MAX] =
		(struct firewall_events__row){ .seq = all->next, .json = mem_dup(json), .n = json.n };
	all->bytes += json.n;
	all->next++;
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
