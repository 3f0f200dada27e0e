/* SPDX-License-Identifier: Apache-2.0 */
/* object: references, phases, waiters and reading of one stored answer; prototypes in store.h and object.h. */
#include "cache/object.h"

#include "base/mem.h"

struct cache_object *object__new(struct cache *c, uint64_t hash, struct slice key)
{
	struct cache_object *o = mem_alloc(sizeof *o + key.n);

	o->magic = OBJ_CACHE_OBJECT;
	o->refs = 1;
	o->phase = CACHE_FLIGHT;
	o->cache = c;
	o->hash = o->ghost_hash = hash;
	o->born = __atomic_load_n(&c->tick, __ATOMIC_ACQUIRE);
	o->key_n = key.n;
	memcpy(o->key, key.p, key.n);
	pthread_mutex_init(&o->mutex, NULL);
	o->charged = sizeof *o + key.n + CACHE__ALLOC_BYTES;
	evict__charge(c, o->charged);
	return o;
}

static void object__free(struct cache_object *o)
{
	struct cache *c = o->cache;

	CHECK(!o->linked && !o->flying && !o->waiters && o->queue == CACHE__QUEUE_NONE);
	body__unref(c, o->body);
	evict__uncharge(c, o->charged);
	pthread_mutex_destroy(&o->mutex);
	mem_free(o->head);
	mem_free(o->links);
	mem_free(o->last_view);
	o->magic = OBJ_FREED;
	mem_free(o);
}

bool cache_ref(struct cache_object *o)
{
	uint32_t refs = __atomic_load_n(&o->refs, __ATOMIC_RELAXED);

	OBJ(o, OBJ_CACHE_OBJECT);
	do {
		if (refs == 0)
			return false;
		CHECK(refs < UINT32_MAX);
	} while (!__atomic_compare_exchange_n(&o->refs, &refs, refs + 1, true, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
	return true;
}

void cache_unref(struct cache_object *o)
{
	uint32_t refs;

	if (!o)
		return;
	OBJ(o, OBJ_CACHE_OBJECT);
	refs = __atomic_fetch_sub(&o->refs, 1, __ATOMIC_ACQ_REL);
	CHECK(refs > 0);
	if (refs == 1)
		object__free(o);
}

enum cache_phase cache_phase(const struct cache_object *o)
{
	OBJ(o, OBJ_CACHE_OBJECT);
	return (enum cache_phase)__atomic_load_n(&o->phase, __ATOMIC_ACQUIRE);
}

void object__set_phase(struct cache_object *o, enum cache_phase phase)
{
	__atomic_store_n(&o->phase, (uint8_t)phase, __ATOMIC_RELEASE);
}

const struct cache_view *cache_view(const struct cache_object *o)
{
	const struct cache_view *v;

	OBJ(o, OBJ_CACHE_OBJECT);
	v = __atomic_load_n(&o->view, __ATOMIC_ACQUIRE);
	CHECK(v != NULL);
	return v;
}

struct slice cache_body_at(const struct cache_object *o, uint64_t at, bool *ret_end, bool *ret_failed)
{
	enum body__state state;
	struct slice run;
	uint64_t bytes;

	OBJ(o, OBJ_CACHE_OBJECT);
	CHECK(o->body != NULL);
	/* In this order: what is read as ended has all its bytes. */
	state = body__state(o->body);
	bytes = body__bytes(o->body);
	run = body__run(o->body, at, bytes);
	*ret_end = state == BODY__WHOLE && at + run.n >= bytes;
	*ret_failed = state == BODY__BROKEN;
	return run;
}

/* Anything that whoever saw this phase and this many bytes does not know yet. */
static bool object__has_news(const struct cache_object *o, enum cache_phase seen_phase, uint64_t seen_bytes)
{
	enum cache_phase phase = cache_phase(o);

	if (phase != seen_phase || phase == CACHE_COMPLETE || phase == CACHE_DEAD)
		return true;
	return phase == CACHE_FILLING && body__bytes(o->body) != seen_bytes;
}

static void object__leave(struct cache_waiter *w)
{
	if (!w->prev)
		return;
	*w->prev = w->next;
	if (w->next)
		w->next->prev = w->prev;
	w->next = NULL;
	w->prev = NULL;
}

bool cache_wait(struct cache_object *o, struct cache_waiter *w, enum cache_phase seen_phase, uint64_t seen_bytes)
{
	bool news;

	OBJ(o, OBJ_CACHE_OBJECT);
	cache_wait_cancel(w);
	pthread_mutex_lock(&o->mutex);
	news = object__has_news(o, seen_phase, seen_bytes);
	if (!news) {
		CHECK(cache_ref(o));
		w->object = o;
		w->next = o->waiters;
		w->prev = &o->waiters;
		if (w->next)
			w->next->prev = &w->next;
		o->waiters = w;
	}
	pthread_mutex_unlock(&o->mutex);
	return !news;
}

void cache_wait_cancel(struct cache_waiter *w)
{
	struct cache_object *o = w->object;

	if (!o)
		return;
	OBJ(o, OBJ_CACHE_OBJECT);
	pthread_mutex_lock(&o->mutex);
	object__leave(w);
	pthread_mutex_unlock(&o->mutex);
	w->object = NULL;
	cache_unref(o);
}

void object__wake(struct cache_object *o)
{
	pthread_mutex_lock(&o->mutex);
	while (o->waiters) {
		struct cache_waiter *w = o->waiters;
		object__leave(w);
		w->wake(w);
	}
	pthread_mutex_unlock(&o->mutex);
}

uint64_t cache_size(const struct cache_object *o)
{
	const struct cache_view *v = cache_view(o);

	return v->has_length ? v->length : UINT64_MAX;
}

uint64_t cache_filled(const struct cache_object *o)
{
	OBJ(o, OBJ_CACHE_OBJECT);
	return body__bytes(o->body);
}
