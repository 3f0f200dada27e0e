/* SPDX-License-Identifier: Apache-2.0 */
/* router_count: see router_count.h. */
#include "edge/router_count.h"

#include "base/hash.h"
#include "base/text.h"
#include "edge/events.h"
#include "edge/worker.h"

enum { ROUTER_COUNT__JSON_BYTES = 512 };

static void router_count__tell(struct router_count *c, const struct router_count_app *a)
{
	char json[ROUTER_COUNT__JSON_BYTES];
	struct text t = text_of(json, sizeof json);

	text_add(&t, SLICE("{\"id\":"));
	text_json(&t, slice_of(a->id, a->id_n));
	text_add(&t, SLICE(",\"n\":["));
	for (size_t i = 0; i < ROUTER_COUNT_CLASSES; i++) {
		if (i)
			text_byte(&t, ',');
		text_u64(&t, a->n[i]);
	}
	text_add(&t, SLICE("]}"));
	events_send(c->w, "app_count", text_slice(&t));
}

static void router_count__flush(struct router_count *c)
{
	for (size_t i = 0; i < 2 * ROUTER_COUNT_APPS && c->used; i++) {
		struct router_count_app *a = &c->apps[i];
		if (!a->id_n)
			continue;
		router_count__tell(c, a);
		*a = (struct router_count_app){ .id_n = 0 };
		c->used--;
	}
}

static void router_count__due(struct loop_timer *t)
{
	router_count__flush(LOOP_OWNER(t, struct router_count, timer));
}

void router_count_init(struct router_count *c, struct worker *w)
{
	c->w = w;
	loop_timer_init(&c->timer, router_count__due);
}

void router_count_fini(struct router_count *c)
{
	router_count__flush(c);
	loop_timer_cancel(c->w->loop, &c->timer);
}

void router_count_add(struct router_count *c, struct slice id, unsigned status)
{
	size_t at;

	if (id.n == 0 || id.n > ROUTER_COUNT_ID_MAX)
		return;
	if (c->used == ROUTER_COUNT_APPS)
		router_count__flush(c);
	at = hash_check32(id) % (2 * ROUTER_COUNT_APPS);
	while (c->apps[at].id_n && !slice_eq(slice_of(c->apps[at].id, c->apps[at].id_n), id))
		at = (at + 1) % (2 * ROUTER_COUNT_APPS);
	struct router_count_app *a = &c->apps[at];
	if (!a->id_n) {
		memcpy(a->id, id.p, id.n);
		a->id_n = id.n;
		c->used++;
	}
	a->n[status / 100 < ROUTER_COUNT_CLASSES ? status / 100 : 0]++;
	if (!c->timer.due_ms)
		loop_timer_set(c->w->loop, &c->timer, loop_now_ms(c->w->loop) + ROUTER_COUNT_MS);
}
