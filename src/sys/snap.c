/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snap: see snap.h. liburcu's names stay in this file. liburcu itself is not built with thread sanitizer, so its
 * ordering is invisible to it; in such builds snap__tsan_release and snap__tsan_acquire state the promises that
 * liburcu makes: what was written before an insert is seen by whoever finds the node, and what a thread did before its
 * quiescent state is over when the grace period ends.
 */
#include "sys/snap.h"

#include "base/check.h"
#include "base/mem.h"

#include <urcu/urcu-qsbr.h>

#include <urcu/rculfhash.h>

enum { SNAP_BUCKETS_MIN = 16 };

#if defined(__SANITIZE_THREAD__)
#define SNAP_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SNAP_TSAN 1
#endif
#endif

#ifdef SNAP_TSAN
#include <sanitizer/tsan_interface.h>
static const char snap__grace; /* only its address is used */
static void snap__tsan_release(void *at)
{
	__tsan_release(at);
}
static void snap__tsan_acquire(void *at)
{
	__tsan_acquire(at);
}
#define SNAP_GRACE ((void *)(uintptr_t)&snap__grace)
/* What liburcu allocates and frees by itself is its own business; a callback of ours is still watched. */
const char *__tsan_default_suppressions(void) __attribute__((visibility("default")));
const char *__tsan_default_suppressions(void)
{
	return "called_from_lib:liburcu-qsbr.so\ncalled_from_lib:liburcu-cds.so\n";
}
#else
#define SNAP_GRACE NULL
static inline void snap__tsan_release(const void *at)
{
}
static inline void snap__tsan_acquire(const void *at)
{
}
#endif

/* What is behind the opaque words of the header. */
struct snap__later {
	struct rcu_head rcu;
	void (*fn)(struct snap_head *head);
};

STATIC_CHECK(sizeof(struct snap_head) == sizeof(struct snap__later), "snap_head holds liburcu's head and a function");
STATIC_CHECK(_Alignof(struct snap_head) >= _Alignof(struct snap__later), "snap_head is aligned");
STATIC_CHECK(sizeof(struct snap_node) == sizeof(struct cds_lfht_node), "snap_node holds liburcu's node");
STATIC_CHECK(_Alignof(struct snap_node) >= _Alignof(struct cds_lfht_node), "snap_node is aligned");
STATIC_CHECK(sizeof(unsigned long) == sizeof(uint64_t), "liburcu's hashes are 64 bits");

struct snap_table {
	struct cds_lfht *ht;
	snap_match_fn match;
};

/* What liburcu hands back to the comparison. */
struct snap__sought {
	const struct snap_table *table;
	struct slice key;
};

static __thread bool snap__registered;

bool snap_thread_start(void)
{
	if (snap__registered)
		return false;
	urcu_qsbr_register_thread();
	snap__registered = true;
	return true;
}

void snap_thread_stop(void)
{
	if (!snap__registered)
		return;
	snap__tsan_release(SNAP_GRACE);
	urcu_qsbr_unregister_thread();
	snap__registered = false;
}

void snap_quiescent(void)
{
	snap__tsan_release(SNAP_GRACE);
	urcu_qsbr_quiescent_state();
}

void snap_offline(void)
{
	snap__tsan_release(SNAP_GRACE);
	urcu_qsbr_thread_offline();
}

void snap_online(void)
{
	urcu_qsbr_thread_online();
}

void snap_wait(void)
{
	snap__tsan_release(SNAP_GRACE);
	urcu_qsbr_synchronize_rcu();
	snap__tsan_acquire(SNAP_GRACE);
}

void snap_drain(void)
{
	bool reads = snap__registered && urcu_qsbr_read_ongoing();

	if (reads)
		snap_offline();
	urcu_qsbr_barrier();
	if (reads)
		snap_online();
	snap__tsan_acquire(SNAP_GRACE);
}

static void snap__later_run(struct rcu_head *rcu)
{
	struct snap__later *later = (struct snap__later *)(void *)rcu;

	snap__tsan_acquire(SNAP_GRACE);
	later->fn((struct snap_head *)(void *)later);
	snap__tsan_release(SNAP_GRACE);
}

void snap_later(struct snap_head *head, void (*fn)(struct snap_head *head))
{
	struct snap__later *later = (struct snap__later *)(void *)head;

	CHECK(snap__registered);
	DCHECK(urcu_qsbr_read_ongoing());
	later->fn = fn;
	snap__tsan_release(SNAP_GRACE);
	urcu_qsbr_call_rcu(&later->rcu, snap__later_run);
}

static struct cds_lfht_node *snap__inner(struct snap_node *node)
{
	return (struct cds_lfht_node *)(void *)node;
}

static struct snap_node *snap__outer(struct cds_lfht_node *node)
{
	return (struct snap_node *)(void *)node;
}

static int snap__match(struct cds_lfht_node *node, const void *sought)
{
	const struct snap__sought *s = sought;

	snap__tsan_acquire(s->table->ht);
	return s->table->match(snap__outer(node), s->key);
}

struct snap_table *snap_table_new(size_t buckets, snap_match_fn match)
{
	struct snap_table *t = mem_alloc(sizeof *t);
	size_t size = SNAP_BUCKETS_MIN;

	while (size < buckets && size <= SIZE_MAX / 4)
		size *= 2;
	t->match = match;
	t->ht = cds_lfht_new_flavor(size, SNAP_BUCKETS_MIN, 0, CDS_LFHT_AUTO_RESIZE | CDS_LFHT_ACCOUNTING,
				    &urcu_qsbr_flavor, NULL);
	CHECK(t->ht != NULL);
	return t;
}

static void snap__table_take(struct snap_node *node, void *arg)
{
	snap_table_del(arg, node);
}

void snap_table_free(struct snap_table *t)
{
	bool started;

	if (t == NULL)
		return;
	started = snap_thread_start();
	snap_table_each(t, snap__table_take, t);
	CHECK(cds_lfht_destroy(t->ht, NULL) == 0);
	if (started)
		snap_thread_stop();
	mem_free(t);
}

struct snap_node *snap_table_get(const struct snap_table *t, uint64_t hash, struct slice key)
{
	struct snap__sought sought = { t, key };
	struct cds_lfht_iter it;

	DCHECK(urcu_qsbr_read_ongoing());
	cds_lfht_lookup(t->ht, hash, snap__match, &sought, &it);
	return snap__outer(cds_lfht_iter_get_node(&it));
}

struct snap_node *snap_table_put(struct snap_table *t, uint64_t hash, struct slice key, struct snap_node *node)
{
	struct snap__sought sought = { t, key };

	CHECK(snap__registered);
	cds_lfht_node_init(snap__inner(node));
	snap__tsan_release(t->ht);
	return snap__outer(cds_lfht_add_replace(t->ht, hash, snap__match, &sought, snap__inner(node)));
}

struct snap_node *snap_table_add(struct snap_table *t, uint64_t hash, struct slice key, struct snap_node *node)
{
	struct snap__sought sought = { t, key };

	CHECK(snap__registered);
	cds_lfht_node_init(snap__inner(node));
	snap__tsan_release(t->ht);
	return snap__outer(cds_lfht_add_unique(t->ht, hash, snap__match, &sought, snap__inner(node)));
}

bool snap_table_del(struct snap_table *t, struct snap_node *node)
{
	CHECK(snap__registered);
	return cds_lfht_del(t->ht, snap__inner(node)) == 0;
}

void snap_table_each(const struct snap_table *t, void (*fn)(struct snap_node *node, void *arg), void *arg)
{
	struct cds_lfht_iter it;
	struct cds_lfht_node *node;

	DCHECK(urcu_qsbr_read_ongoing());
	for (cds_lfht_first(t->ht, &it); (node = cds_lfht_iter_get_node(&it)) != NULL; cds_lfht_next(t->ht, &it)) {
		snap__tsan_acquire(t->ht);
		fn(snap__outer(node), arg);
	}
}
