/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snap: read-copy-update for what the control plane publishes (liburcu, QSBR flavour) behind our own names.
 * A worker registers, reports a quiescent state once per loop turn and goes offline while it waits; between two
 * reports, pointers it read stay valid. Writers exchange a pointer and free the old one after a grace period.
 */
#ifndef SYS_SNAP_H
#define SYS_SNAP_H

#include "base/slice.h"

/* Embedded in an object that is freed after a grace period. */
struct snap_head {
	void *opaque[3];
};

/*
 * The calling thread reads from now on / no more. Every thread that reads or frees later must register, and must stop
 * before it ends. start returns false when the thread was registered already; then it changes nothing.
 */
bool snap_thread_start(void);
void snap_thread_stop(void);
/* Nothing read before is used any more. Under 1 ns. */
void snap_quiescent(void);
/* Around a wait: the thread holds nothing. */
void snap_offline(void);
void snap_online(void);
/* Waits until every reader has passed a quiescent state. Not on a worker; the caller must be offline or not a reader.
 */
void snap_wait(void);

/* Calls fn(head) from a helper thread after a grace period. Any registered thread. */
void snap_later(struct snap_head *head, void (*fn)(struct snap_head *head));
/* Waits until every snap_later that was called before has run. For the end of the process and for tests; not on a
 * worker that runs. */
void snap_drain(void);

/* Pointer read and exchange with the needed ordering. */
#define snap_read(pp) __atomic_load_n((pp), __ATOMIC_CONSUME)
#define snap_swap(pp, v) __atomic_exchange_n((pp), (v), __ATOMIC_ACQ_REL)

/*
 * A shared hash table, readers without locks, writers of one table take turns (the caller's lock).
 * Nodes are embedded in the caller's objects; keys stay with them. The caller frees a removed node's object with
 * snap_later.
 */
struct snap_node {
	void *opaque[2];
};
struct snap_table;
/* True when the object that embeds node has this key. */
typedef bool (*snap_match_fn)(const struct snap_node *node, struct slice key);

/* buckets: expected count, grows by itself. */
struct snap_table *snap_table_new(size_t buckets, snap_match_fn match) __attribute__((returns_nonnull));
/* Empties and frees the table, not the objects, which must still be there; no reader may be left. NULL is fine. */
void snap_table_free(struct snap_table *t);
/* The node with that key or NULL; valid until the thread's next quiescent state. hash as given at insert. */
struct snap_node *snap_table_get(const struct snap_table *t, uint64_t hash, struct slice key);
/* Inserts; returns NULL, or the node with the same key that was replaced (free it with snap_later). */
struct snap_node *snap_table_put(struct snap_table *t, uint64_t hash, struct slice key, struct snap_node *node);
/* Inserts unless the key exists; returns node itself when it went in, or the one that was there. */
struct snap_node *snap_table_add(struct snap_table *t, uint64_t hash, struct slice key, struct snap_node *node);
/* Removes; false when the node was not in the table any more. */
bool snap_table_del(struct snap_table *t, struct snap_node *node);
/* Calls fn for each node; for writers and statistics. */
void snap_table_each(const struct snap_table *t, void (*fn)(struct snap_node *node, void *arg), void *arg);

#endif
