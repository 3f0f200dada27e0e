/* SPDX-License-Identifier: Apache-2.0 */
/* host_table: see host_table.h. Readers find hosts; the writer keeps the few items in a list. */
#include "model/host_table.h"

#include "base/hash.h"
#include "base/mem.h"
#include "sys/snap.h"

#include <stdatomic.h>
#include <string.h>

enum { HOST_TABLE__BUCKETS = 64, HOST_TABLE__HOST_MAX = 256 };

/* A host of an item. Snapshot. */
struct host_table__host {
	struct snap_node node;
	struct snap_head head;
	void *object;
	struct host_table__host *next; /* of the same item; the writer's */
	bool out;                      /* another item has the host now; the writer's */
	size_t n;
	char host[];
};

/* The writer's own: an item that is in. */
struct host_table__item {
	struct snap_head head;
	struct host_table__item *next;
	struct host_table__host *hosts;
	void (*drop)(void *object);
	void *object;
	size_t name_n;
	char name[];
};

struct host_table {
	struct snap_table *hosts;
	struct hash_key hash;
	struct host_table__item *items;
	void (*drop)(void *object);
	_Atomic size_t count; /* of hosts */
};

static struct host_table__host *host_table__of_node(const struct snap_node *node)
{
	return (struct host_table__host *)(uintptr_t)((const char *)node - offsetof(struct host_table__host, node));
}

static bool host_table__match(const struct snap_node *node, struct slice host)
{
	const struct host_table__host *h = host_table__of_node(node);

	return slice_eq(slice_of(h->host, h->n), host);
}

static void host_table__free_host(struct snap_head *head)
{
	mem_free((char *)head - offsetof(struct host_table__host, head));
}

static void host_table__free_item(struct snap_head *head)
{
	struct host_table__item *item =
		(struct host_table__item *)(void *)((char *)head - offsetof(struct host_table__item, head));

	item->drop(item->object);
	mem_free(item);
}

struct host_table *host_table_new(void (*drop)(void *object))
{
	struct host_table *t = mem_alloc(sizeof *t);

	t->hosts = snap_table_new(HOST_TABLE__BUCKETS, host_table__match);
	t->drop = drop;
	hash_key_random(&t->hash);
	atomic_init(&t->count, 0);
	return t;
}

void host_table_free(struct host_table *t)
{
	if (!t)
		return;
	while (t->items)
		host_table_remove(t, slice_of(t->items->name, t->items->name_n));
	snap_drain();
	snap_table_free(t->hosts);
	mem_free(t);
}

static struct snap_node *host_table__get(const struct host_table *t, struct slice host)
{
	return snap_table_get(t->hosts, hash_bytes(&t->hash, host), host);
}

void *host_table_find(const struct host_table *t, struct slice host)
{
	char wild[HOST_TABLE__HOST_MAX + 1] = "*";

	if (atomic_load_explicit(&t->count, memory_order_relaxed) == 0)
		return NULL;
	const struct snap_node *node = host_table__get(t, host);
	size_t dot = slice_find(host, '.');
	if (!node && dot != SIZE_MAX && host.n - dot < HOST_TABLE__HOST_MAX) {
		memcpy(wild + 1, host.p + dot, host.n - dot);
		node = host_table__get(t, slice_of(wild, 1 + host.n - dot));
	}
	return node ? host_table__of_node(node)->object : NULL;
}

/* The one that was there stays in its item's list until the item goes. */
static void host_table__add(struct host_table *t, struct host_table__item *item, struct slice host)
{
	struct host_table__host *h = mem_alloc(sizeof *h + host.n);

	h->object = item->object;
	h->n = host.n;
	memcpy(h->host, host.p, host.n);
	h->next = item->hosts;
	item->hosts = h;
	struct snap_node *old = snap_table_put(t->hosts, hash_bytes(&t->hash, host), slice_of(h->host, h->n), &h->node);
	if (old)
		host_table__of_node(old)->out = true;
	else
		atomic_fetch_add_explicit(&t->count, 1, memory_order_relaxed);
}

void host_table_publish(struct host_table *t, const struct host_table_item *in)
{
	struct host_table__item *item = mem_alloc(sizeof *item + in->name.n);

	host_table_remove(t, in->name);
	item->drop = t->drop;
	item->object = in->object;
	item->name_n = in->name.n;
	memcpy(item->name, in->name.p, in->name.n);
	item->next = t->items;
	t->items = item;
	for (size_t i = 0; i < in->hosts_n; i++)
		host_table__add(t, item, in->hosts[i]);
}

static void host_table__take_out(struct host_table *t, struct host_table__item *item)
{
	while (item->hosts) {
		struct host_table__host *h = item->hosts;
		item->hosts = h->next;
		if (!h->out && snap_table_del(t->hosts, &h->node))
			atomic_fetch_sub_explicit(&t->count, 1, memory_order_relaxed);
		snap_later(&h->head, host_table__free_host);
	}
	snap_later(&item->head, host_table__free_item);
}

void host_table_remove(struct host_table *t, struct slice name)
{
	for (struct host_table__item **at = &t->items; *at; at = &(*at)->next) {
		struct host_table__item *item = *at;
		if (!slice_eq(slice_of(item->name, item->name_n), name))
			continue;
		*at = item->next;
		host_table__take_out(t, item);
		return;
	}
}
