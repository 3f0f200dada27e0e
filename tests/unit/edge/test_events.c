/* SPDX-License-Identifier: Apache-2.0 */
/* test_events: the way of events from a worker to the plan thread: order, bounds, waking, two threads at once. */
#include "test_edge.h"

#include "edge/events.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { RING = 65536 };

struct sink {
	char text[512];
	size_t n, stop_after;
	uint64_t next; /* of many_events */
	bool in_order;
};

static bool take(void *arg, const struct frame_event *e)
{
	struct sink *s = arg;

	if (s->n == s->stop_after)
		return false;
	s->n++;
	snprintf(s->text + strlen(s->text), sizeof s->text - strlen(s->text), "%.*s=%.*s ", SLICE_ARG(e->kind),
		 SLICE_ARG(slice_first(e->json, 20)));
	return true;
}

static void woken(void *arg)
{
	++*(int *)arg;
}

static void events_come_in_order_and_stay_until_taken(void **state)
{
	struct events *all = events_new(2, RING);
	struct sink s = { .stop_after = 2 };
	int wakes = 0;

	events_on_wake(all, woken, &wakes);
	assert_false(events_waiting(all));
	assert_true(events_add(events_ring(all, 0), "waf", SLICE("{\"a\":1}")));
	assert_true(events_add(events_ring(all, 0), "router", SLICE("{\"a\":2}")));
	assert_true(events_add(events_ring(all, 1), "waf", SLICE("{\"a\":3}")));
	assert_true(events_waiting(all));
	assert_int_equal(wakes, 1);
	assert_true(events_take(all, take, &s));
	assert_string_equal(s.text, "waf={\"a\":1} router={\"a\":2} ");
	s = (struct sink){ .stop_after = 9 };
	assert_false(events_take(all, take, &s));
	assert_string_equal(s.text, "waf={\"a\":3} ");
	assert_false(events_waiting(all));
	assert_true(events_add(events_ring(all, 1), "waf", SLICE("{}")));
	assert_int_equal(wakes, 2);
	events_free(all);
}

static void what_does_not_fit_is_dropped_whole(void **state)
{
	struct events *all = events_new(1, RING);
	struct events_ring *ring = events_ring(all, 0);
	static char big[FRAME_EVENT_BYTES + 1];
	struct sink s = { .stop_after = 99 };

	memset(big, 'x', sizeof big);
	assert_false(events_add(ring, "waf", slice_of(big, sizeof big)));
	assert_false(events_add(ring, "waf", SLICE("")));
	for (int i = 0; i < 3; i++)
		assert_true(events_add(ring, "waf", slice_of(big, FRAME_EVENT_BYTES)));
	assert_false(events_add(ring, "waf", slice_of(big, FRAME_EVENT_BYTES)));
	assert_true(events_add(ring, "waf", SLICE("small")));
	assert_false(events_take(all, take, &s));
	assert_int_equal(s.n, 4);
	/* The ring goes round: a record over its end comes out as it went in. */
	for (int i = 0; i < 1000; i++) {
		char text[300];
		int n = snprintf(text, sizeof text, "%d:%0*d", i, 1 + i % 250, i);
		s = (struct sink){ .stop_after = 99 };
		assert_true(events_add(ring, "k", slice_of(text, (size_t)n)));
		assert_false(events_take(all, take, &s));
		assert_int_equal(s.n, 1);
		assert_int_equal(strncmp(s.text + 2, text, n < 20 ? (size_t)n : 20), 0);
	}
	events_free(all);
}

enum { MANY = 20000 };

static void *many_events(void *arg)
{
	struct events_ring *ring = arg;
	char text[32];

	for (int i = 0; i < MANY;) {
		int n = snprintf(text, sizeof text, "%d", i);
		if (events_add(ring, "n", slice_of(text, (size_t)n)))
			i++;
	}
	return NULL;
}

static bool count(void *arg, const struct frame_event *e)
{
	struct sink *s = arg;

	s->in_order &= strtoull(e->json.p, NULL, 10) == s->next++;
	return true;
}

static void two_threads_lose_nothing(void **state)
{
	struct events *all = events_new(1, RING);
	struct sink s = { .in_order = true };
	pthread_t t;

	assert_int_equal(pthread_create(&t, NULL, many_events, events_ring(all, 0)), 0);
	while (s.next < MANY)
		events_take(all, count, &s);
	pthread_join(t, NULL);
	assert_true(s.in_order);
	events_free(all);
}

int test_events(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_in_order_and_stay_until_taken),
		cmocka_unit_test(what_does_not_fit_is_dropped_whole),
		cmocka_unit_test(two_threads_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
