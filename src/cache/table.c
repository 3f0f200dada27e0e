/* SPDX-License-Identifier: Apache-2.0 */
/* table: primary keys to entries, entries to variants, and flights; see object.h for who holds which lock. */
#include "base/mem.h"
#include "cache/object.h"

struct cache__entry *table__get(const struct cache *c, uint64_t hash, struct slice key)
{
	/* node is the first member */
	return (struct cache__entry *)(void *)snap_table_get(store__shard(c, hash)->table, hash, key);
}

bool table__fits(const struct cache_object *o, const struct field *request_fields, size_t request_n)
{
	char key[CACHE__VARY_BYTES_MAX];
	size_t n;

	if (o->vary_names.n == 0)
		return true;
	n = cache_vary_key_of(o->vary_names, request_fields, request_n, key, sizeof key);
	return n != SIZE_MAX && slice_eq(slice_of(key, n), o->vary_key);
}

static uint64_t table__entry_bytes(const struct cache__entry *e)
{
	return sizeof *e + e->key_n + CACHE__ALLOC_BYTES;
}

static struct cache__entry *table__add(struct cache_object *o)
{
	struct cache__entry *e = mem_alloc(sizeof *e + o->key_n);

	e->cache = o->cache;
	e->hash = o->hash;
	e->key_n = o->key_n;
	memcpy(e->key, o->key, o->key_n);
	e->first = o;
	evict__charge(o->cache, table__entry_bytes(e));
	CHECK(snap_table_add(store__shard(o->cache, o->hash)->table, o->hash, slice_of(e->key, e->key_n), &e->node) ==
	      &e->node);
	return e;
}

static void table__free_entry(struct snap_head *later)
{
	struct cache__entry *e = (struct cache__entry *)(void *)((char *)later - offsetof(struct cache__entry, later));

	evict__uncharge(e->cache, table__entry_bytes(e));
	mem_free(e);
}

/* The table's reference goes after the grace period: whoever found the object without one has looked away by then. */
static void table__drop(struct snap_head *later)
{
	struct cache_object *o = (struct cache_object *)(void *)((char *)later - offsetof(struct cache_object, later));

	OBJ(o, OBJ_CACHE_OBJECT);
	__atomic_fetch_sub(&o->cache->leaving, o->leaving, __ATOMIC_RELAXED);
	cache_unref(o);
}

void table__unlink(struct cache *c, struct cache_object *o)
{
	struct cache__entry *e = o->entry;
	struct cache_object **at = &e->first;

	CHECK(o->linked);
	evict__remove(store__shard(c, o->hash), o);
	purge__unlink(store__shard(c, o->hash), o);
	while (*at != o)
		at = &(*at)->next;
	/* o->next stays: a reader may be standing on o. */
	__atomic_store_n(at, o->next, __ATOMIC_RELEASE);
	o->linked = false;
	o->entry = NULL;
	if (--e->variants_n == 0) {
		CHECK(snap_table_del(store__shard(c, o->hash)->table, &e->node));
		snap_later(&e->later, table__free_entry);
	}
	__atomic_fetch_sub(&c->objects, 1, __ATOMIC_RELAXED);
	if (cache_phase(o) == CACHE_COMPLETE)
		object__set_phase(o, CACHE_DEAD);
	/* What is still being filled goes on growing in the hands of its leader. */
	if (body__state(o->body) != BODY__OPEN) {
		o->leaving = o->charged;
		if (__atomic_load_n(&o->body->refs, __ATOMIC_RELAXED) == 1)
			o->leaving += o->body->charged;
		__atomic_fetch_add(&c->leaving, o->leaving, __ATOMIC_RELAXED);
	}
	snap_later(&o->later, table__drop);
}

/* Takes out the older variants that would answer q, and the oldest over the bound. */
static void table__trim(struct cache *c, struct cache__entry *e, struct cache_object *o, const struct cache_request *q)
{
	for (struct cache_object *older = o->next, *next; older; older = next) {
		next = older->next;
		if (table__fits(older, q->fields, q->fields_n))
			table__unlink(c, older);
	}
	while (e->variants_n > c->variants_max) {
		struct cache_object *last = e->first;
		while (last->next)
			last = last->next;
		if (last == o)
			return;
		table__unlink(c, last);
	}
}

void table__link(struct cache *c, struct cache_object *o, const struct cache_request *q)
{
	struct cache__entry *e = table__get(c, o->hash, slice_of(o->key, o->key_n));

	CHECK(!o->linked && !o->doomed);
	o->linked = true;
	CHECK(cache_ref(o));
	if (e) {
		o->next = e->first;
		__atomic_store_n(&e->first, o, __ATOMIC_RELEASE);
	} else {
		e = table__add(o);
	}
	o->entry = e;
	e->variants_n++;
	purge__link(store__shard(c, o->hash), o);
	__atomic_fetch_add(&c->objects, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&c->inserted, 1, __ATOMIC_RELAXED);
	table__trim(c, e, o, q);
}

void table__land(struct cache_object *o)
{
	struct cache_object **at = &store__shard(o->cache, o->hash)->flights[o->hash % CACHE__FLIGHT_BUCKETS];

	if (!o->flying)
		return;
	while (*at != o)
		at = &(*at)->flight_next;
	*at = o->flight_next;
	o->flight_next = NULL;
	o->flying = false;
}
