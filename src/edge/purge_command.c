/* SPDX-License-Identifier: Apache-2.0 */
/* purge_command: see purge_command.h. */
#include "edge/purge_command.h"

#include "base/text.h"
#include "model/purge_order.h"
#include "sys/clock.h"

#include <stdio.h>

enum { PURGE_COMMAND__ANSWER = 96 };

static void purge_command__answer(const struct purge_command *p, struct command *c, size_t removed, bool counted)
{
	char mem[PURGE_COMMAND__ANSWER];
	struct text t = text_of(mem, sizeof mem);

	text_add(&t, SLICE("{\"removed\":"));
	if (counted)
		text_u64(&t, removed);
	else
		text_add(&t, SLICE("null"));
	text_add(&t, SLICE(",\"last\":"));
	text_u64(&t, p->last);
	text_byte(&t, '}');
	command_answer(c, OK, text_slice(&t), NULL);
}

/* A host that another zone answers for is not touched: its records are nobody else's business. */
static bool purge_command__is_of(const struct purge_command *p, struct slice host, struct slice zone)
{
	const struct site *site = routes_find(p->routes, host);

	return !site || slice_eq(site->zone->name, zone);
}

static size_t purge_command__item(const struct purge_command *p, const struct purge_order *o, size_t i,
				  const struct cache_realm *realm)
{
	static const enum cache_purge_by by[] = {
		[PURGE_ORDER_FILES] = CACHE_PURGE_URL,
		[PURGE_ORDER_TAGS] = CACHE_PURGE_TAG,
		[PURGE_ORDER_HOSTS] = CACHE_PURGE_HOST,
		[PURGE_ORDER_PREFIXES] = CACHE_PURGE_PREFIX,
	};
	const struct purge_order_item *item = &o->items[i];
	struct cache_purge purge = {
		.by = by[o->by],
		.soft = o->soft,
		.realm = realm,
		.now_s = clock_wall_ms() / 1000,
		.host = item->host,
		.path = item->path,
		.tag = item->tag,
		.selects = item->fields_n > 0,
		.fields = item->fields,
		.fields_n = item->fields_n,
	};

	if (o->by != PURGE_ORDER_TAGS && !purge_command__is_of(p, item->host, o->zone))
		return 0;
	return cache_purge(p->cache, &purge);
}

static void purge_command__order(struct purge_command *p, struct command *c, const struct purge_order *o)
{
	const struct zone *zone = routes_zone(p->routes, o->zone);
	size_t removed = 0;

	/* Nothing is stored for a zone that is not here, and nothing of it will be found when it comes. */
	if (zone && o->by == PURGE_ORDER_EVERYTHING)
		cache_purge_all(p->cache, zone->realm, o->soft, clock_wall_ms() / 1000);
	for (size_t i = 0; zone && i < o->items_n; i++)
		removed += purge_command__item(p, o, i, zone->realm);
	if (o->id > p->last)
		p->last = o->id;
	purge_command__answer(p, c, removed, o->by != PURGE_ORDER_EVERYTHING);
}

/* The two questions of a control process that has just met this edge. */
static bool purge_command__meeting(struct purge_command *p, struct command *c, struct slice json)
{
	struct slice all = SLICE("{\"all_zones\":"), digits;
	uint64_t id;

	if (slice_eq(json, SLICE("{\"last\":true}"))) {
		purge_command__answer(p, c, 0, true);
		return true;
	}
	if (!slice_starts(json, all) || !slice_ends(json, SLICE("}")))
		return false;
	digits = slice_of(json.p + all.n, json.n - all.n - 1);
	if (!slice_u64(digits, &id))
		return false;
	cache_remove_all(p->cache);
	p->last = id;
	purge_command__answer(p, c, 0, false);
	return true;
}

void purge_command_run(struct purge_command *p, struct command *c, struct slice json)
{
	struct purge_order *o;
	struct diag d;
	enum err e;

	if (purge_command__meeting(p, c, json))
		return;
	diag_init(&d);
	e = purge_order_of_command(json, &o, &d);
	if (e != OK) {
		command_answer(c, e, slice_of(NULL, 0), &d);
		return;
	}
	purge_command__order(p, c, o);
	purge_order_free(o);
}
