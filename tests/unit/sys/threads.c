/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threads-sys: the parts of src/sys that threads share, under load from several threads, for the thread sanitizer.
 * Threads do not use cmocka's assertions (they belong to the test's thread); they CHECK.
 */
#include "test_sys.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/rng.h"
#include "sys/clock.h"
#include "sys/counters.h"
#include "sys/logring.h"
#include "sys/loop.h"
#include "sys/snap.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PRODUCERS = 4, POSTS = 5000, READERS = 3, WRITES = 20000, THINGS = 200, LINES = 20000 };

/* -- mailbox -- */

struct letter {
	struct loop_task task;
	struct office *office;
	unsigned from, number;
};

struct office {
	struct loop *loop;
	unsigned next[PRODUCERS];
	unsigned received;
	uint64_t sum;
};

struct producer {
	struct office *office;
	unsigned index;
};

static void letter__read(struct loop_task *t)
{
	struct letter *m = LOOP_OWNER(t, struct letter, task);
	struct office *o = m->office;

	CHECK(m->number == o->next[m->from]); /* each producer's letters in its order */
	o->next[m->from]++;
	o->sum += m->number;
	mem_free(m);
	if (++o->received == PRODUCERS * POSTS)
		loop_stop(o->loop);
}

static void *producer__run(void *arg)
{
	struct producer *p = arg;

	for (unsigned i = 0; i < POSTS; i++) {
		struct letter *m = mem_alloc(sizeof *m);
		*m = (struct letter){ .task.fn = letter__read, .office = p->office, .from = p->index, .number = i };
		loop_post(p->office->loop, &m->task);
		if (i % 500 == 0)
			clock_sleep_ms(1); /* lets the loop sleep now and then */
	}
	return NULL;
}

static void mailbox(void **state)
{
	struct office o = { 0 };
	struct producer producers[PRODUCERS];
	pthread_t threads[PRODUCERS];

	assert_int_equal(loop_new(&o.loop), OK);
	for (unsigned i = 0; i < PRODUCERS; i++) {
		producers[i] = (struct producer){ &o, i };
		assert_int_equal(pthread_create(&threads[i], NULL, producer__run, &producers[i]), 0);
	}
	loop_run(o.loop);
	for (unsigned i = 0; i < PRODUCERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(o.received, PRODUCERS * POSTS);
	assert_true(o.sum == (uint64_t)PRODUCERS * POSTS * (POSTS - 1) / 2);
	loop_free(o.loop);
}

/* -- snapshots -- */

struct thing {
	struct snap_node node;
	struct snap_head head;
	uint64_t key, value, twice;
	unsigned *freed;
};

struct shared {
	struct snap_table *table;
	struct thing *published;
	pthread_mutex_t lock; /* writers of the table take turns */
	unsigned freed, made;
	int stop;
	uint64_t found;
};

#define THING(ptr, member) ((struct thing *)(void *)((char *)(uintptr_t)(ptr)-offsetof(struct thing, member)))

static bool thing__match(const struct snap_node *node, struct slice key)
{
	const struct thing *t = THING(node, node);

	return key.n == sizeof t->key && memcmp(&t->key, key.p, sizeof t->key) == 0;
}

static void thing__free(struct snap_head *head)
{
	struct thing *t = THING(head, head);

	__atomic_add_fetch(t->freed, 1, __ATOMIC_RELAXED);
	t->value = 0; /* a reader that still looks would see it, and the sanitizer too */
	mem_free(t);
}

static struct thing *thing_make(struct shared *s, uint64_t key, uint64_t value)
{
	struct thing *t = mem_alloc(sizeof *t);

	t->key = key;
	t->value = value;
	t->twice = 2 * value;
	t->freed = &s->freed;
	__atomic_add_fetch(&s->made, 1, __ATOMIC_RELAXED);
	return t;
}

static uint64_t thing_hash(uint64_t key)
{
	return key * UINT64_C(0x9e3779b97f4a7c15);
}

static void *reader__run(void *arg)
{
	struct shared *s = arg;
	struct rng rng;
	uint64_t found = 0;

	rng_seed(&rng, (uint64_t)(uintptr_t)&rng);
	CHECK(snap_thread_start());
	for (unsigned i = 0; !__atomic_load_n(&s->stop, __ATOMIC_RELAXED); i++) {
		uint64_t key = rng_next(&rng) % THINGS;
		struct snap_node *node = snap_table_get(s->table, thing_hash(key), slice_of(&key, sizeof key));
		if (node != NULL) {
			const struct thing *t = THING(node, node);
			CHECK(t->key == key && t->value != 0 && t->twice == 2 * t->value);
			found++;
		}
		const struct thing *p = snap_read(&s->published);
		CHECK(p->value != 0 && p->twice == 2 * p->value);
		if (i % 16 == 0)
			snap_quiescent();
		if (i % 4096 == 0) {
			snap_offline();
			clock_sleep_ms(1);
			snap_online();
		}
	}
	snap_thread_stop();
	__atomic_add_fetch(&s->found, found, __ATOMIC_RELAXED);
	return NULL;
}

/* One change of the table by its rules; the lock is held. */
static void writer__step(struct shared *s, uint64_t key, uint64_t value)
{
	struct slice k = slice_of(&key, sizeof key);
	struct thing *t;
	struct snap_node *was;

	switch (value % 3) {
	case 0:
		was = snap_table_get(s->table, thing_hash(key), k);
		if (was != NULL) {
			CHECK(snap_table_del(s->table, was));
			snap_later(&THING(was, node)->head, thing__free);
		}
		return;
	case 1:
		t = thing_make(s, key, value);
		was = snap_table_put(s->table, thing_hash(key), k, &t->node);
		if (was != NULL)
			snap_later(&THING(was, node)->head, thing__free);
		return;
	default:
		t = thing_make(s, key, value);
		if (snap_table_add(s->table, thing_hash(key), k, &t->node) != &t->node)
			snap_later(&t->head, thing__free);
	}
}

static void *writer__run(void *arg)
{
	struct shared *s = arg;
	struct rng rng;

	rng_seed(&rng, (uint64_t)(uintptr_t)&rng);
	CHECK(snap_thread_start());
	for (uint64_t i = 1; i <= WRITES; i++) {
		pthread_mutex_lock(&s->lock);
		writer__step(s, rng_next(&rng) % THINGS, i);
		pthread_mutex_unlock(&s->lock);
		if (i % 64 == 0) {
			struct thing *was = snap_swap(&s->published, thing_make(s, 0, i));
			snap_later(&was->head, thing__free);
		}
		snap_quiescent();
	}
	snap_thread_stop();
	return NULL;
}

static void thing__take(struct snap_node *node, void *arg)
{
	struct shared *s = arg;

	CHECK(snap_table_del(s->table, node));
	snap_later(&THING(node, node)->head, thing__free);
}

static void snapshots(void **state)
{
	struct shared s = { .lock = PTHREAD_MUTEX_INITIALIZER };
	pthread_t readers[READERS], writers[2];

	s.table = snap_table_new(4, thing__match);
	s.published = thing_make(&s, 0, 1);
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, reader__run, &s), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&writers[i], NULL, writer__run, &s), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_join(writers[i], NULL), 0);
	__atomic_store_n(&s.stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_join(readers[i], NULL), 0);
	assert_true(snap_thread_start());
	snap_table_each(s.table, thing__take, &s);
	snap_later(&s.published->head, thing__free);
	snap_drain();
	snap_thread_stop();
	snap_table_free(s.table);
	assert_int_equal(__atomic_load_n(&s.freed, __ATOMIC_RELAXED), s.made);
	assert_true(s.found > 0);
}

/* -- log -- */

struct scribe {
	struct logring *ring;
	unsigned index, taken;
};

static void *scribe__run(void *arg)
{
	struct scribe *w = arg;
	char line[64];

	for (unsigned i = 0; i < LINES; i++) {
		int n = snprintf(line, sizeof line, "%u %u\n", w->index, i);
		w->taken += logring_add(w->ring, slice_of(line, (size_t)n));
	}
	return NULL;
}

static void log_lines(void **state)
{
	char path[] = "/tmp/seawall-threads-XXXXXX", line[64];
	struct scribe w[PRODUCERS];
	pthread_t threads[PRODUCERS];
	unsigned seen[PRODUCERS] = { 0 };
	long last[PRODUCERS];
	struct logfile *f;

	close(mkostemp(path, O_CLOEXEC));
	assert_int_equal(logfile_open(path, &f), OK);
	for (unsigned i = 0; i < PRODUCERS; i++) {
		w[i] = (struct scribe){ logfile_ring(f, 8192), i, 0 };
		last[i] = -1;
		assert_int_equal(pthread_create(&threads[i], NULL, scribe__run, &w[i]), 0);
	}
	logfile_reopen(f);
	for (unsigned i = 0; i < PRODUCERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (unsigned i = 0; i < PRODUCERS; i++)
		assert_int_equal(logring_dropped(w[i].ring), LINES - w[i].taken);
	assert_int_equal(logfile_failed(f), 0);
	logfile_close(f);
	FILE *in = fopen(path, "re");
	assert_non_null(in);
	while (fgets(line, sizeof line, in) != NULL) {
		unsigned from;
		long number;
		assert_int_equal(sscanf(line, "%u %ld\n", &from, &number), 2);
		assert_true(from < PRODUCERS && number > last[from]);
		last[from] = number;
		seen[from]++;
	}
	fclose(in);
	for (unsigned i = 0; i < PRODUCERS; i++)
		assert_int_equal(seen[i], w[i].taken);
	unlink(path);
}

/* -- counters -- */

static void *counting__run(void *arg)
{
	struct counters *c = arg;

	for (int i = 0; i < 100000; i++)
		counter_add(c, requests, 1);
	return NULL;
}

static void counters(void **state)
{
	static struct counters c;
	struct counters sum = { 0 };
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, counting__run, &c), 0);
	for (int i = 0; i < 100; i++)
		counters_sum(&sum, &c);
	assert_int_equal(pthread_join(thread, NULL), 0);
	sum = (struct counters){ 0 };
	counters_sum(&sum, &c);
	assert_int_equal(sum.requests, 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(mailbox), cmocka_unit_test(snapshots),
					    cmocka_unit_test(log_lines), cmocka_unit_test(counters) };

	return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
