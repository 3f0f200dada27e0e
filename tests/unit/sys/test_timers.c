/* SPDX-License-Identifier: Apache-2.0 */
/* test_timers: the heap against a plain model, and what callbacks may do. Time is a number here. */
#include "test_sys.h"

#include "base/rng.h"
#include "sys/timers.h"

enum { MODEL_TIMERS = 3000, MODEL_STEPS = 40000 };

struct item {
	struct loop_timer timer;
	struct timers *queue;
	uint64_t now_ms; /* set by the test before each run */
	uint64_t want_ms;
	int calls;
	struct item *other;
	uint64_t again_ms;
};

static void item__count(struct loop_timer *t)
{
	struct item *it = LOOP_OWNER(t, struct item, timer);

	assert_int_equal(t->at, 0);
	assert_int_equal(t->due_ms, 0);
	it->calls++;
}

static void item__cancel_other(struct loop_timer *t)
{
	struct item *it = LOOP_OWNER(t, struct item, timer);

	it->calls++;
	timers__cancel(it->queue, &it->other->timer);
}

static void item__again(struct loop_timer *t)
{
	struct item *it = LOOP_OWNER(t, struct item, timer);

	it->calls++;
	timers__set(it->queue, t, it->again_ms);
}

static void order_and_never_early(void **state)
{
	struct timers q = { 0 };
	struct item a = { .queue = &q }, b = { .queue = &q };

	loop_timer_init(&a.timer, item__count);
	loop_timer_init(&b.timer, item__count);
	assert_true(timers__next_ms(&q) == UINT64_MAX);
	timers__set(&q, &a.timer, 200);
	timers__set(&q, &b.timer, 100);
	assert_int_equal(timers__next_ms(&q), 100);
	timers__run(&q, 99);
	assert_int_equal(a.calls + b.calls, 0);
	timers__run(&q, 100);
	assert_int_equal(b.calls, 1);
	assert_int_equal(a.calls, 0);
	timers__run(&q, 199);
	assert_int_equal(a.calls, 0);
	timers__run(&q, 5000);
	timers__run(&q, 6000);
	assert_int_equal(a.calls, 1);
	assert_int_equal(b.calls, 1);
	timers__fini(&q);
}

static void later_is_lazy(void **state)
{
	struct timers q = { 0 };
	struct item a = { .queue = &q };

	loop_timer_init(&a.timer, item__count);
	timers__set(&q, &a.timer, 100);
	for (uint64_t ms = 101; ms <= 500; ms++)
		timers__set(&q, &a.timer, ms);
	assert_int_equal(a.timer.queued_ms, 100);
	assert_int_equal(a.timer.due_ms, 500);
	timers__run(&q, 300);
	assert_int_equal(a.calls, 0);
	assert_int_equal(a.timer.queued_ms, 500);
	assert_int_equal(timers__next_ms(&q), 500);
	timers__run(&q, 500);
	assert_int_equal(a.calls, 1);
	timers__fini(&q);
}

static void later_then_earlier_again(void **state)
{
	struct timers q = { 0 };
	struct item a = { .queue = &q };

	loop_timer_init(&a.timer, item__count);
	timers__set(&q, &a.timer, 100);
	timers__set(&q, &a.timer, 900);
	timers__set(&q, &a.timer, 150); /* between the slot's time and the one before */
	timers__run(&q, 149);
	assert_int_equal(a.calls, 0);
	timers__run(&q, 150);
	assert_int_equal(a.calls, 1);
	timers__set(&q, &a.timer, 400);
	timers__set(&q, &a.timer, 50);
	assert_int_equal(timers__next_ms(&q), 50);
	timers__run(&q, 160);
	assert_int_equal(a.calls, 2);
	timers__fini(&q);
}

static void cancel_in_callback(void **state)
{
	struct timers q = { 0 };
	struct item a = { .queue = &q }, b = { .queue = &q };

	a.other = &b;
	b.other = &a;
	loop_timer_init(&a.timer, item__cancel_other);
	loop_timer_init(&b.timer, item__cancel_other);
	timers__set(&q, &a.timer, 100);
	timers__set(&q, &b.timer, 100);
	timers__run(&q, 100);
	assert_int_equal(a.calls + b.calls, 1);
	assert_int_equal(q.count, 0);
	a.other = &a; /* cancelling itself while it runs is fine */
	timers__set(&q, &a.timer, 200);
	timers__run(&q, 200);
	timers__run(&q, 300);
	assert_int_equal(a.calls + b.calls, 2);
	timers__cancel(&q, &a.timer);
	timers__fini(&q);
}

static void set_to_now_does_not_hold_the_turn(void **state)
{
	struct timers q = { 0 };
	struct item a = { .queue = &q, .again_ms = 100 }, b = { .queue = &q };

	loop_timer_init(&a.timer, item__again);
	loop_timer_init(&b.timer, item__count);
	timers__set(&q, &a.timer, 90);
	timers__set(&q, &b.timer, 99);
	timers__run(&q, 100);
	assert_true(a.calls >= 1 && a.calls <= 2);
	assert_int_equal(b.calls, 1);
	assert_int_equal(timers__next_ms(&q), 100);
	a.again_ms = 1000;
	timers__run(&q, 101);
	timers__run(&q, 102);
	assert_true(a.calls <= 3);
	assert_int_equal(timers__next_ms(&q), 1000);
	timers__cancel(&q, &a.timer);
	timers__fini(&q);
}

static void item__model(struct loop_timer *t)
{
	struct item *it = LOOP_OWNER(t, struct item, timer);

	assert_true(it->want_ms != 0 && it->want_ms <= it->now_ms);
	it->want_ms = 0;
	it->calls++;
}

/* Every heap property: slots know their timer, timers know their slot, parents are not later than children. */
static void heap__check(const struct timers *q)
{
	for (size_t i = 0; i < q->count; i++) {
		assert_int_equal(q->slots[i].timer->at, i + 1);
		assert_true(q->slots[i].timer->queued_ms == q->slots[i].ms);
		assert_true(q->slots[i].timer->due_ms >= q->slots[i].ms);
		if (i > 0)
			assert_true(q->slots[(i - 1) / 4].ms <= q->slots[i].ms);
	}
}

static void agrees_with_a_model(void **state)
{
	static struct item items[MODEL_TIMERS];
	struct timers q = { 0 };
	struct rng rng;
	uint64_t now_ms = 1000;

	rng_seed(&rng, 4711);
	for (size_t i = 0; i < MODEL_TIMERS; i++) {
		loop_timer_init(&items[i].timer, item__model);
		items[i].queue = &q;
	}
	for (int step = 0; step < MODEL_STEPS; step++) {
		struct item *it = &items[rng_next(&rng) % MODEL_TIMERS];
		if (rng_next(&rng) % 5 == 0) {
			it->want_ms = 0;
			timers__cancel(&q, &it->timer);
		} else {
			it->want_ms = now_ms + 1 + rng_next(&rng) % 500;
			timers__set(&q, &it->timer, it->want_ms);
		}
		if (step % 50 != 0)
			continue;
		now_ms += rng_next(&rng) % 20;
		for (size_t i = 0; i < MODEL_TIMERS; i++)
			items[i].now_ms = now_ms;
		timers__run(&q, now_ms);
		heap__check(&q);
		for (size_t i = 0; i < MODEL_TIMERS; i++)
			assert_true(items[i].want_ms == 0 ? items[i].timer.at == 0 : items[i].want_ms > now_ms);
	}
	for (size_t i = 0; i < MODEL_TIMERS; i++)
		timers__cancel(&q, &items[i].timer);
	assert_int_equal(q.count, 0);
	timers__fini(&q);
}

int test_timers(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_and_never_early),
		cmocka_unit_test(later_is_lazy),
		cmocka_unit_test(later_then_earlier_again),
		cmocka_unit_test(cancel_in_callback),
		cmocka_unit_test(set_to_now_does_not_hold_the_turn),
		cmocka_unit_test(agrees_with_a_model),
	};

	return cmocka_run_group_tests_name("timers", tests, NULL, NULL);
}
