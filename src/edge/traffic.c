/* SPDX-License-Identifier: Apache-2.0 */
/* traffic: see traffic.h. */
#include "edge/traffic.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "edge/events.h"
#include "edge/request.h"

/* Numbers, and the longest lists of tops_json with every byte escaped. */
enum { TRAFFIC__JSON_BYTES = FRAME_EVENT_BYTES };

unsigned traffic_time(uint64_t us)
{
	unsigned bits = us ? 64 - (unsigned)__builtin_clzll(us) : 0;

	if (bits <= TRAFFIC_TIMES_FROM)
		return 0;
	return bits - TRAFFIC_TIMES_FROM < TRAFFIC_TIMES ? bits - TRAFFIC_TIMES_FROM : TRAFFIC_TIMES - 1;
}

static void traffic__list(struct text *t, struct slice name, const uint32_t *n, size_t count)
{
	text_add(t, name);
	for (size_t i = 0; i < count; i++) {
		text_byte(t, i ? ',' : '[');
		text_u64(t, n[i]);
	}
	text_byte(t, ']');
}

static void traffic__number(struct text *t, struct slice name, uint64_t n)
{
	text_add(t, name);
	text_u64(t, n);
}

static void traffic__tell(struct traffic *all, const struct traffic_zone *z)
{
	char json[TRAFFIC__JSON_BYTES];
	struct text t = text_of(json, sizeof json);

	text_add(&t, SLICE("{\"zone\":"));
	text_json(&t, slice_of(z->name, z->name_n));
	traffic__number(&t, SLICE(",\"requests\":"), z->requests);
	traffic__number(&t, SLICE(",\"bytes\":"), z->bytes);
	traffic__number(&t, SLICE(",\"cached\":"), z->cached);
	traffic__number(&t, SLICE(",\"cached_bytes\":"), z->cached_bytes);
	traffic__number(&t, SLICE(",\"threats\":"), z->threats);
	traffic__list(&t, SLICE(",\"status\":"), z->status, TRAFFIC_STATUS);
	traffic__list(&t, SLICE(",\"us\":"), z->us, TRAFFIC_TIMES);
	struct text plain = t;
	if (z->tops) {
		text_add(&t, SLICE(",\"top\":"));
		tops_json(z->tops, &t);
	}
	text_byte(&t, '}');
	if (t.bad) { /* values of nothing but escapes: the numbers at least */
		t = plain;
		text_byte(&t, '}');
	}
	events_send(all->w, "traffic", text_slice(&t));
}

static void traffic__flush(struct traffic *t)
{
	for (size_t i = 0; i < 2 * TRAFFIC_ZONES && t->used; i++) {
		if (!t->zones[i].name_n)
			continue;
		traffic__tell(t, &t->zones[i]);
		struct tops *tops = t->zones[i].tops;
		if (tops)
			memset(tops, 0, sizeof *tops);
		t->zones[i] = (struct traffic_zone){ .tops = tops };
		t->used--;
	}
	t->last = NULL;
}

static void traffic__due(struct loop_timer *timer)
{
	traffic__flush(LOOP_OWNER(timer, struct traffic, timer));
}

struct traffic *traffic_new(struct worker *w)
{
	struct traffic *t = mem_alloc(sizeof *t);

	t->w = w;
	loop_timer_init(&t->timer, traffic__due);
	return t;
}

void traffic_free(struct traffic *t)
{
	if (!t)
		return;
	traffic__flush(t);
	loop_timer_cancel(t->w->loop, &t->timer);
	for (size_t i = 0; i < 2 * TRAFFIC_ZONES; i++)
		mem_free(t->zones[i].tops);
	mem_free(t);
}

static bool traffic__is(const struct traffic_zone *z, struct slice name)
{
	return slice_eq(slice_of(z->name, z->name_n), name);
}

static struct traffic_zone *traffic__zone(struct traffic *t, struct slice name)
{
	if (t->last && traffic__is(t->last, name))
		return t->last;
	if (t->used == TRAFFIC_ZONES)
		traffic__flush(t);
	size_t at = hash_check32(name) % (2 * TRAFFIC_ZONES);
	while (t->zones[at].name_n && !traffic__is(&t->zones[at], name))
		at = (at + 1) % (2 * TRAFFIC_ZONES);
	t->last = &t->zones[at];
	if (!t->last->name_n) {
		memcpy(t->last->name, name.p, name.n);
		t->last->name_n = (uint16_t)name.n;
		t->used++;
	}
	return t->last;
}

void traffic_add(struct traffic *t, const struct request *r)
{
	if (r->router || !r->site)
		return;
	struct slice name = r->site->zone->name;
	if (name.n == 0 || name.n > sizeof t->last->name)
		return;
	struct traffic_zone *z = traffic__zone(t, name);
	unsigned class = r->answered / 100;
	bool cached = r->status == CACHE_STATUS_HIT || r->status == CACHE_STATUS_STALE ||
		      r->status == CACHE_STATUS_UPDATING || r->status == CACHE_STATUS_REVALIDATED;

	z->requests++;
	z->bytes += r->body_out;
	z->cached += cached;
	z->cached_bytes += cached ? r->body_out : 0;
	z->threats += r->threat;
	z->status[class < TRAFFIC_STATUS ? class : 0]++;
	z->us[traffic_time(tick_ns(t->w->metrics.scale, r->last - r->began) / 1000)]++;
	if (!z->tops)
		z->tops = mem_alloc(sizeof *z->tops);
	tops_add(z->tops, r);
	if (!t->timer.due_ms)
		loop_timer_set(t->w->loop, &t->timer, loop_now_ms(t->w->loop) + t->w->limits->traffic_ms);
}
