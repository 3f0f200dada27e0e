/* SPDX-License-Identifier: Apache-2.0 */
/* orders: see orders.h. Readers find hosts; the writer keeps the few orders in a list. */
#include "edge/orders.h"

#include "base/hash.h"
#include "base/mem.h"
#include "sys/snap.h"

enum { ORDERS__BUCKETS = 64, ORDERS__HOST_MAX = 256 };

/* A host of an order. Snapshot. */
struct orders__host {
	struct snap_node node;
	struct snap_head head;
	const struct orders__entry *of; /* the order that put it in; the writer's */
	size_t n;
	char host[];
};

/* The writer's own: an order that is live. */
struct orders__entry {
	struct orders__entry *next;
	struct order *order;
};

struct orders {
	struct snap_table *hosts;
	struct hash_key hash;
	struct orders__entry *entries;
	_Atomic size_t count; /* of hosts */
};

static struct orders__host *orders__of_node(const struct snap_node *node)
{
	return (struct orders__host *)(uintptr_t)((const char *)node - offsetof(struct orders__host, node));
}

static bool orders__match(const struct snap_node *node, struct slice host)
{
	const struct orders__host *h = orders__of_node(node);

	return slice_eq(slice_of(h->host, h->n), host);
}

static void orders__host_free(struct snap_head *head)
{
	mem_free((char *)head - offsetof(struct orders__host, head));
}

struct orders *orders_new(void)
{
	struct orders *t = mem_alloc(sizeof *t);

	t->hosts = snap_table_new(ORDERS__BUCKETS, orders__match);
	hash_key_random(&t->hash);
	atomic_init(&t->count, 0);
	return t;
}

void orders_free(struct orders *t)
{
	if (!t)
		return;
	while (t->entries)
		orders_remove(t, t->entries->order->name);
	snap_drain();
	snap_table_free(t->hosts);
	mem_free(t);
}

static struct snap_node *orders__get(const struct orders *t, struct slice host)
{
	return snap_table_get(t->hosts, hash_bytes(&t->hash, host), host);
}

bool orders_has(const struct orders *t, struct slice host)
{
	char wild[ORDERS__HOST_MAX + 1] = "*";

	if (atomic_load_explicit(&t->count, memory_order_relaxed) == 0)
		return false;
	if (orders__get(t, host))
		return true;
	size_t dot = slice_find(host, '.');
	if (dot == SIZE_MAX || host.n - dot >= ORDERS__HOST_MAX)
		return false;
	memcpy(wild + 1, host.p + dot, host.n - dot);
	return orders__get(t, slice_of(wild, 1 + host.n - dot)) != NULL;
}

/* A host of two orders belongs to the later one. */
static void orders__add(struct orders *t, const struct orders__entry *e, struct slice host)
{
	struct orders__host *h = mem_alloc(sizeof *h + host.n);

	h->of = e;
	h->n = host.n;
	memcpy(h->host, host.p, host.n);
	struct snap_node *old = snap_table_put(t->hosts, hash_bytes(&t->hash, host), slice_of(h->host, h->n), &h->node);
	if (old)
		snap_later(&orders__of_node(old)->head, orders__host_free);
	else
		atomic_fetch_add_explicit(&t->count, 1, memory_order_relaxed);
}

static void orders__drop(struct orders *t, const struct orders__entry *e, struct slice host)
{
	struct snap_node *node = orders__get(t, host);

	if (!node || orders__of_node(node)->of != e || !snap_table_del(t->hosts, node))
		return;
	atomic_fetch_sub_explicit(&t->count, 1, memory_order_relaxed);
	snap_later(&orders__of_node(node)->head, orders__host_free);
}

void orders_publish(struct orders *t, struct order *o)
{
	struct orders__entry *e = mem_alloc(sizeof *e);

	orders_remove(t, o->name);
	*e = (struct orders__entry){ t->entries, o };
	t->entries = e;
	for (size_t i = 0; i < o->hosts_n; i++)
		orders__add(t, e, o->hosts[i]);
}

void orders_remove(struct orders *t, struct slice name)
{
	for (struct orders__entry **at = &t->entries; *at; at = &(*at)->next) {
		struct orders__entry *e = *at;
		if (!slice_eq(e->order->name, name))
			continue;
		*at = e->next;
		for (size_t i = 0; i < e->order->hosts_n; i++)
			orders__drop(t, e, e->order->hosts[i]);
		order_unref(e->order);
		mem_free(e);
		return;
	}
}
