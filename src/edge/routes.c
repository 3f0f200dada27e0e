/* SPDX-License-Identifier: Apache-2.0 */
/* routes: see routes.h. */
#include "edge/routes.h"

#include "base/check.h"
#include "base/mem.h"
#include "sys/snap.h"

enum { ROUTES__BUCKETS = 1024 };

/* What the table holds for a zone; freed with its reference after the grace period. */
struct routes_entry {
	struct snap_node node;
	struct snap_head head;
	struct zone *zone;
};

struct routes {
	struct snap_table *zones;
	struct hash_key hash;
	_Atomic uint64_t generation;
	_Atomic size_t count;
};

static struct routes_entry *routes__of_node(const struct snap_node *node)
{
	return (struct routes_entry *)(uintptr_t)((const char *)node - offsetof(struct routes_entry, node));
}

static bool routes__match(const struct snap_node *node, struct slice name)
{
	return slice_eq(routes__of_node(node)->zone->name, name);
}

static void routes__entry_free(struct snap_head *head)
{
	struct routes_entry *e = (struct routes_entry *)(void *)((char *)head - offsetof(struct routes_entry, head));

	zone_unref(e->zone);
	mem_free(e);
}

struct routes *routes_new(void)
{
	struct routes *r = mem_alloc(sizeof *r);

	r->zones = snap_table_new(ROUTES__BUCKETS, routes__match);
	hash_key_random(&r->hash);
	atomic_init(&r->generation, 1);
	atomic_init(&r->count, 0);
	return r;
}

static void routes__drop(struct snap_node *node, void *arg)
{
	struct routes *r = arg;
	struct routes_entry *e = routes__of_node(node);

	if (snap_table_del(r->zones, node))
		snap_later(&e->head, routes__entry_free);
}

void routes_free(struct routes *r)
{
	if (!r)
		return;
	snap_table_each(r->zones, routes__drop, r);
	snap_drain();
	snap_table_free(r->zones);
	mem_free(r);
}

const struct site *routes_find(const struct routes *r, struct slice canonical_host)
{
	for (struct slice name = canonical_host; name.n;) {
		const struct snap_node *node = snap_table_get(r->zones, hash_bytes(&r->hash, name), name);
		if (node)
			return zone_site(routes__of_node(node)->zone, canonical_host);
		size_t dot = slice_find(name, '.');
		if (dot == SIZE_MAX)
			break;
		name = slice_from(name, dot + 1);
	}
	return NULL;
}

const struct zone *routes_zone(const struct routes *r, struct slice name)
{
	const struct snap_node *node = snap_table_get(r->zones, hash_bytes(&r->hash, name), name);

	return node ? routes__of_node(node)->zone : NULL;
}

uint64_t routes_generation(const struct routes *r)
{
	return atomic_load_explicit(&r->generation, memory_order_acquire);
}

size_t routes_count(const struct routes *r)
{
	return atomic_load_explicit(&r->count, memory_order_relaxed);
}

/*
 * The generation moves after the exchange and before the old zone's grace period begins: a worker that still sees the
 * old number has not passed the quiescent state that would free what it remembered.
 */
static void routes__changed(struct routes *r, struct snap_node *old)
{
	atomic_fetch_add_explicit(&r->generation, 1, memory_order_acq_rel);
	if (old)
		snap_later(&routes__of_node(old)->head, routes__entry_free);
}

void routes_publish(struct routes *r, struct zone *zone)
{
	struct routes_entry *e = mem_alloc(sizeof *e);

	OBJ(zone, OBJ_ZONE);
	e->zone = zone;
	struct snap_node *old = snap_table_put(r->zones, hash_bytes(&r->hash, zone->name), zone->name, &e->node);
	if (!old)
		atomic_fetch_add_explicit(&r->count, 1, memory_order_relaxed);
	routes__changed(r, old);
}

bool routes_remove(struct routes *r, struct slice name)
{
	struct snap_node *node = snap_table_get(r->zones, hash_bytes(&r->hash, name), name);

	if (!node || !snap_table_del(r->zones, node))
		return false;
	atomic_fetch_sub_explicit(&r->count, 1, memory_order_relaxed);
	routes__changed(r, node);
	return true;
}
