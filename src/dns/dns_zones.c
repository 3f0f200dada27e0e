/* SPDX-License-Identifier: Apache-2.0 */
/* dns_zones: see dns_zones.h. */
#include "dns/dns_zones.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"
#include "sys/snap.h"

#include <stdatomic.h>

enum { DNS_ZONES__BUCKETS = 1024 };

/* What the table holds for a zone; freed with its zone after the grace period. */
struct dns_zones__entry {
	struct snap_node node;
	struct snap_head head;
	struct dns_zone *zone;
	struct dns_tally *tallies;
	bool last; /* the tallies go with it */
};

struct dns_zones {
	struct snap_table *table;
	struct hash_key hash;
	size_t workers;
	_Atomic size_t count;
	_Atomic unsigned labels_max; /* of any zone that ever was */
};

static struct dns_zones__entry *dns_zones__of_node(const struct snap_node *node)
{
	return (struct dns_zones__entry *)(uintptr_t)((const char *)node - offsetof(struct dns_zones__entry, node));
}

static bool dns_zones__match(const struct snap_node *node, struct slice name)
{
	return slice_eq(dns_name_wire(&dns_zones__of_node(node)->zone->apex), name);
}

static void dns_zones__entry_free(struct snap_head *head)
{
	struct dns_zones__entry *e =
		(struct dns_zones__entry *)(void *)((char *)head - offsetof(struct dns_zones__entry, head));

	if (e->last)
		mem_free(e->tallies);
	dns_zone_free(e->zone);
	mem_free(e);
}

struct dns_zones *dns_zones_new(size_t workers)
{
	struct dns_zones *z = mem_alloc(sizeof *z);

	z->table = snap_table_new(DNS_ZONES__BUCKETS, dns_zones__match);
	hash_key_random(&z->hash);
	z->workers = workers ? workers : 1;
	return z;
}

static void dns_zones__drop(struct snap_node *node, void *arg)
{
	struct dns_zones *z = arg;
	struct dns_zones__entry *e = dns_zones__of_node(node);

	if (!snap_table_del(z->table, node))
		return;
	e->last = true;
	snap_later(&e->head, dns_zones__entry_free);
}

void dns_zones_free(struct dns_zones *zones)
{
	if (!zones)
		return;
	snap_table_each(zones->table, dns_zones__drop, zones);
	snap_drain();
	snap_table_free(zones->table);
	mem_free(zones);
}

static struct snap_node *dns_zones__get(const struct dns_zones *z, struct slice name)
{
	return snap_table_get(z->table, hash_bytes(&z->hash, name), name);
}

bool dns_zones_find(const struct dns_zones *zones, const struct dns_name *name, bool above, struct dns_zones_found *ret)
{
	unsigned labels = dns_name_labels(name);
	unsigned most = atomic_load_explicit(&zones->labels_max, memory_order_relaxed);
	size_t at = 0;

	for (unsigned skip = labels > most ? labels - most : above; skip && labels; skip--, labels--)
		at += 1 + (size_t)name->w[at];
	for (; labels; labels--) {
		const struct snap_node *node = dns_zones__get(zones, slice_of(name->w + at, name->n - at));
		if (node) {
			const struct dns_zones__entry *e = dns_zones__of_node(node);
			*ret = (struct dns_zones_found){ e->zone, e->tallies };
			return true;
		}
		at += 1 + (size_t)name->w[at];
	}
	return false;
}

size_t dns_zones_count(const struct dns_zones *zones)
{
	return atomic_load_explicit(&zones->count, memory_order_relaxed);
}

void dns_zones_put(struct dns_zones *zones, struct dns_zone *zone)
{
	struct dns_zones__entry *e = mem_alloc(sizeof *e);
	struct slice name = dns_name_wire(&zone->apex);
	unsigned labels = dns_name_labels(&zone->apex);

	OBJ(zone, OBJ_DNS_ZONE);
	e->zone = zone;
	struct snap_node *old = dns_zones__get(zones, name);
	e->tallies = old ? dns_zones__of_node(old)->tallies : mem_alloc_array(zones->workers, sizeof *e->tallies);
	if (labels > atomic_load(&zones->labels_max))
		atomic_store(&zones->labels_max, labels);
	if (!old)
		atomic_fetch_add(&zones->count, 1);
	old = snap_table_put(zones->table, hash_bytes(&zones->hash, name), name, &e->node);
	if (old)
		snap_later(&dns_zones__of_node(old)->head, dns_zones__entry_free);
}

bool dns_zones_remove(struct dns_zones *zones, struct slice name)
{
	struct dns_name apex;

	if (dns_name_parse(name, &dns_name_root, &apex) != OK)
		return false;
	dns_name_lower(&apex);
	struct snap_node *node = dns_zones__get(zones, dns_name_wire(&apex));
	if (!node)
		return false;
	atomic_fetch_sub(&zones->count, 1);
	dns_zones__drop(node, zones);
	return true;
}

bool dns_zones_tally(const struct dns_zones *zones, struct slice name, struct dns_tally *ret_sum)
{
	struct dns_zones_found found;
	struct dns_name apex;

	if (dns_name_parse(name, &dns_name_root, &apex) != OK)
		return false;
	dns_name_lower(&apex);
	if (!dns_zones_find(zones, &apex, false, &found) || !dns_name_eq(&found.zone->apex, &apex))
		return false;
	*ret_sum = (struct dns_tally){ 0 };
	for (size_t i = 0; i < zones->workers; i++) {
		const struct dns_tally *t = &found.tallies[i];
		for (size_t k = 0; k < DNS_TALLY_TYPES; k++)
			ret_sum->types[k] += __atomic_load_n(&t->types[k], __ATOMIC_RELAXED);
		for (size_t k = 0; k < DNS_TALLY_RCODES; k++)
			ret_sum->rcodes[k] += __atomic_load_n(&t->rcodes[k], __ATOMIC_RELAXED);
	}
	return true;
}
