/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_table: which plan item is for a host: objects by the host names that they name ("*.example.test" covers one
 * level), published by snapshot. One writer (the plan thread), any number of readers that take no lock. Lifetime:
 * process.
 */
#ifndef MODEL_HOST_TABLE_H
#define MODEL_HOST_TABLE_H

#include "base/slice.h"

struct host_table;

/* An empty table; drop gives up the reference to an object that left it. Caller frees with host_table_free. */
struct host_table *host_table_new(void (*drop)(void *object)) __attribute__((returns_nonnull));
/* Frees the table and drops what it holds; no reader may be left. NULL is fine. Snap thread. */
void host_table_free(struct host_table *t);
/*
 * The object for a canonical host, by its name or the wildcard that covers it; NULL: none. thread: any snap thread;
 * valid until its next quiescent state. cost: nothing while the table is empty, else two hashes and look-ups.
 */
void *host_table_find(const struct host_table *t, struct slice host);

/* What goes in: the item's name, its hosts, and an object whose reference is taken over; names are copied. */
struct host_table_item {
	struct slice name;
	const struct slice *hosts;
	size_t hosts_n;
	void *object;
};
/* Puts one in, or in place of the one of its name. A host of two items belongs to the later. Writer only, snap thread.
 */
void host_table_publish(struct host_table *t, const struct host_table_item *item);
/* Takes the one of that name out; nothing when there is none. Writer only, snap thread. */
void host_table_remove(struct host_table *t, struct slice name);

#endif
