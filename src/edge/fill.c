/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fill: the rest of an answer on its way from the origin into a cache object, independent of the visitor who caused it:
 * when the visitor leaves, the object is completed all the same. Without an object a fill only drains a connection for
 * reuse.
 */
#include "edge/fill.h"

#include "edge/request.h"

#include "base/mem.h"

enum { FILL__DRAIN_MAX = 262144 };

struct fill {
	struct fill *next, **prev; /* worker->fills */
	struct worker *w;
	struct client *client;
	struct cache_object *object; /* our reference, as the leader; NULL: drain */
	struct request *leader;      /* still interested; may be NULL */
	uint64_t drained;
};

static void fill__end(struct fill *f)
{
	if (f->leader)
		f->leader->fill = NULL;
	*f->prev = f->next;
	if (f->next)
		f->next->prev = f->prev;
	cache_unref(f->object);
	if (f->client)
		pool_give(f->w->pool, f->client);
	mem_free(f);
}

static void fill__on_body(struct client *c, struct slice data)
{
	struct fill *f = c->owner;
	struct request *r = f->leader;

	if (!f->object) {
		f->drained += data.n;
		if (f->drained > FILL__DRAIN_MAX)
			fill__end(f);
		return;
	}
	if (cache_append(f->w->cache, f->object, data) == OK)
		return;
	/* Outgrew the bound. The visitor who caused it still gets the whole answer; who followed is cut. */
	if (r && r->x && r->source == SOURCE_OBJECT) {
		f->client = NULL;
		fetch_take_back(r, c, data);
	}
	counter_add(&f->w->counters, cache_cut, 1);
	fill__end(f);
}

static void fill__on_end(struct client *c, const struct field *trailers, size_t n)
{
	struct fill *f = c->owner;

	if (f->object && cache_complete(f->w->cache, f->object) != OK)
		counter_add(&f->w->counters, origin_errors, 1);
	fill__end(f);
}

static void fill__on_error(struct client *c, enum err e)
{
	struct fill *f = c->owner;

	if (f->object) {
		counter_add(&f->w->counters, origin_errors, 1);
		if (f->leader) {
			f->leader->error = e;
			f->leader->detail = err_text(e);
		}
		cache_fail(f->w->cache, f->object);
	}
	fill__end(f);
}

static void fill__on_interim(struct client *c, const struct h1_response *r)
{
}

static void fill__on_head(struct client *c, const struct h1_response *r)
{
	CHECK(!"a fill starts after the head");
}

static void fill__on_room(struct client *c)
{
}

static const struct client_events fill__events = {
	.on_interim = fill__on_interim,
	.on_head = fill__on_head,
	.on_body = fill__on_body,
	.on_end = fill__on_end,
	.on_error = fill__on_error,
	.on_room = fill__on_room,
};

static struct fill *fill__new(struct request *r)
{
	struct fill *f = mem_alloc(sizeof *f);

	f->w = r->w;
	f->next = f->w->fills;
	if (f->next)
		f->next->prev = &f->next;
	f->prev = &f->w->fills;
	f->w->fills = f;
	f->client = r->client;
	r->client = NULL;
	client_hand_over(f->client, &fill__events, f);
	client_read(f->client, true);
	return f;
}

void fill_start(struct request *r, struct slice first)
{
	struct fill *f = fill__new(r);

	f->object = r->flight;
	r->flight = NULL;
	f->leader = r;
	r->fill = f;
	if (first.n)
		fill__on_body(f->client, first);
}

void fill_drain(struct request *r)
{
	if (r->client)
		fill__new(r);
}

void fill_forget(struct fill *f)
{
	f->leader = NULL;
}

void fill_end_all(struct worker *w)
{
	while (w->fills) {
		struct fill *f = w->fills;
		if (f->object)
			cache_fail(w->cache, f->object);
		fill__end(f);
	}
}
