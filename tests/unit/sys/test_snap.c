/* SPDX-License-Identifier: Apache-2.0 */
/* test_snap: the table and the freeing of what was replaced, on one thread. */
#include "test_sys.h"

#include "base/hash.h"
#include "base/mem.h"
#include "sys/snap.h"

#include <stdio.h>
#include <unistd.h>

enum { KEYS = 5000 };

struct thing {
	struct snap_node node;
	struct snap_head head;
	char key[16];
	int value;
	int *freed;
};

#define THING(ptr, member) ((struct thing *)(void *)((char *)(uintptr_t)(ptr)-offsetof(struct thing, member)))

static bool thing__match(const struct snap_node *node, struct slice key)
{
	return slice_eq(slice_str(THING(node, node)->key), key);
}

static void thing__free(struct snap_head *head)
{
	struct thing *t = THING(head, head);

	__atomic_add_fetch(t->freed, 1, __ATOMIC_RELAXED);
	mem_free(t);
}

static struct thing *thing_make(int number, int *freed)
{
	struct thing *t = mem_alloc(sizeof *t);

	snprintf(t->key, sizeof t->key, "key %d", number);
	t->value = number;
	t->freed = freed;
	return t;
}

static uint64_t thing_hash(struct slice key)
{
	const struct hash_key k = { 1, 2 };

	return hash_bytes(&k, key);
}

static struct snap_node *find(struct snap_table *t, const char *key)
{
	return snap_table_get(t, thing_hash(slice_str(key)), slice_str(key));
}

static int started(void **state)
{
	return snap_thread_start() ? 0 : -1;
}

static int stopped(void **state)
{
	snap_thread_stop();
	return 0;
}

static void start_is_idempotent(void **state)
{
	assert_false(snap_thread_start());
	snap_thread_stop();
	snap_thread_stop();
	assert_true(snap_thread_start());
}

static void count_node(struct snap_node *node, void *arg)
{
	*(int *)arg += THING(node, node)->value;
}

static void table_put_add_del(void **state)
{
	struct snap_table *t = snap_table_new(4, thing__match);
	int freed = 0, sum = 0;
	struct thing *a = thing_make(1, &freed), *b = thing_make(1, &freed), *c = thing_make(1, &freed);
	struct slice key = slice_str(a->key);
	uint64_t hash = thing_hash(key);

	assert_null(find(t, "key 1"));
	assert_null(snap_table_put(t, hash, key, &a->node));
	assert_ptr_equal(find(t, "key 1"), &a->node);
	assert_ptr_equal(snap_table_add(t, hash, key, &b->node), &a->node);
	assert_ptr_equal(snap_table_put(t, hash, key, &b->node), &a->node);
	assert_ptr_equal(find(t, "key 1"), &b->node);
	assert_false(snap_table_del(t, &a->node)); /* was replaced */
	snap_later(&a->head, thing__free);
	assert_true(snap_table_del(t, &b->node));
	assert_false(snap_table_del(t, &b->node));
	snap_later(&b->head, thing__free);
	assert_ptr_equal(snap_table_add(t, hash, slice_str(c->key), &c->node), &c->node);
	snap_table_each(t, count_node, &sum);
	assert_int_equal(sum, 1);
	assert_true(snap_table_del(t, &c->node));
	snap_later(&c->head, thing__free);
	snap_drain();
	assert_int_equal(__atomic_load_n(&freed, __ATOMIC_RELAXED), 3);
	snap_table_free(t);
	snap_table_free(NULL);
}

/* Nodes with equal hashes and different keys live side by side. */
static void table_compares_keys(void **state)
{
	struct snap_table *t = snap_table_new(1, thing__match);
	int freed = 0;
	struct thing *a = thing_make(1, &freed), *b = thing_make(2, &freed);

	assert_null(snap_table_put(t, 7, slice_str(a->key), &a->node));
	assert_null(snap_table_put(t, 7, slice_str(b->key), &b->node));
	assert_ptr_equal(snap_table_get(t, 7, SLICE("key 1")), &a->node);
	assert_ptr_equal(snap_table_get(t, 7, SLICE("key 2")), &b->node);
	assert_null(snap_table_get(t, 7, SLICE("key 3")));
	snap_table_free(t); /* with nodes in it */
	mem_free(a);
	mem_free(b);
}

static void table_grows(void **state)
{
	static struct thing *things[KEYS];
	struct snap_table *t = snap_table_new(0, thing__match);
	int freed = 0, sum = 0;

	for (int i = 0; i < KEYS; i++) {
		things[i] = thing_make(i, &freed);
		struct slice key = slice_str(things[i]->key);
		assert_null(snap_table_put(t, thing_hash(key), key, &things[i]->node));
		snap_quiescent();
	}
	for (int i = 0; i < KEYS; i++)
		assert_ptr_equal(find(t, things[i]->key), &things[i]->node);
	snap_table_each(t, count_node, &sum);
	assert_int_equal(sum, KEYS * (KEYS - 1) / 2);
	for (int i = 0; i < KEYS; i++) {
		assert_true(snap_table_del(t, &things[i]->node));
		snap_later(&things[i]->head, thing__free);
		snap_quiescent();
	}
	assert_null(find(t, "key 17"));
	snap_drain();
	assert_int_equal(__atomic_load_n(&freed, __ATOMIC_RELAXED), KEYS);
	snap_table_free(t);
}

static void later_waits_for_quiescence(void **state)
{
	int freed = 0;
	struct thing *a = thing_make(1, &freed), *b = thing_make(2, &freed), *was;
	struct thing *shared = a;

	assert_ptr_equal(snap_read(&shared), a);
	was = snap_swap(&shared, b);
	snap_later(&was->head, thing__free);
	usleep(50000);
	assert_int_equal(__atomic_load_n(&freed, __ATOMIC_RELAXED), 0); /* this thread still reads */
	assert_int_equal(was->value, 1);
	snap_quiescent();
	snap_drain();
	assert_int_equal(__atomic_load_n(&freed, __ATOMIC_RELAXED), 1);
	snap_offline();
	snap_wait();
	snap_online();
	mem_free(snap_swap(&shared, NULL));
}

int test_snap(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(start_is_idempotent),        cmocka_unit_test(table_put_add_del),
		cmocka_unit_test(table_compares_keys),        cmocka_unit_test(table_grows),
		cmocka_unit_test(later_waits_for_quiescence),
	};

	return cmocka_run_group_tests_name("snap", tests, started, stopped);
}
