/* SPDX-License-Identifier: Apache-2.0 */
/* test_balance: turns, places, the queue, quarantine. */
#include "test_router.h"

#include "router/balance.h"

#include <pthread.h>

/* A seat whose wait ended so many times. */
struct waiter {
	struct balance_seat seat;
	int ready_n;
};

static void is_ready(struct balance_seat *seat)
{
	struct waiter *w = seat->owner;

	w->ready_n++;
}

static struct waiter a_waiter(void)
{
	return (struct waiter){ .seat.ready = is_ready };
}

static enum err take(const struct balance *b, int prefer, uint32_t in_flight, struct waiter *w)
{
	w->seat.owner = w;
	return balance_take(b, prefer, in_flight, &w->seat);
}

/* The index of the instance that answers one request. */
static size_t turn(const struct balance *b)
{
	struct waiter w = a_waiter();
	size_t at = 0;

	assert_int_equal(take(b, BALANCE_ANY, 0, &w), OK);
	while (b->at[at] != w.seat.instance)
		at++;
	balance_give(&w.seat);
	return at;
}

static void instances_take_turns(void **state)
{
	struct app *app = an_app("a", "[\"a.test\"]", 3, "i", "");
	struct balance *b = balance_new(app, NULL);

	for (size_t i = 0; i < 9; i++)
		assert_int_equal(turn(b), i % 3);
	/* One out of rotation: the others go on alternating. */
	assert_int_equal(balance_cut(b->at[1], 1000, 60000), 1000);
	size_t last = turn(b);
	for (size_t i = 0; i < 6; i++) {
		size_t now = turn(b);
		assert_true(now != 1 && now != last);
		last = now;
	}
	balance_free(b);
	app_unref(app);
}

static void quarantine_grows_until_an_answer_comes(void **state)
{
	struct app *app = an_app("a", "[\"a.test\"]", 1, "i", "");
	struct balance *b = balance_new(app, NULL);
	struct instance *i = b->at[0];
	struct waiter w = a_waiter();

	assert_int_equal(balance_cut(i, 1000, 60000), 1000);
	assert_int_equal(balance_cut(i, 1000, 60000), 0); /* it is there already */
	assert_int_equal(take(b, BALANCE_ANY, 0, &w), ERR_ORIGIN_UNREACHABLE);
	assert_int_equal(take(b, 0, 0, &w), ERR_ORIGIN_UNREACHABLE); /* nor for a sticky session */
	static const uint64_t pauses[] = { 2000, 4000, 8000, 16000, 32000, 60000, 60000 };
	for (size_t k = 0; k < sizeof pauses / sizeof pauses[0]; k++)
		assert_int_equal(balance_probed(i, false, 1000, 60000), pauses[k]);
	assert_int_equal(balance_probed(i, true, 1000, 60000), 0);
	assert_int_equal(turn(b), 0);
	/* It accepted a connection, which is no answer yet. */
	assert_int_equal(balance_cut(i, 1000, 60000), 60000);
	assert_int_equal(balance_probed(i, true, 1000, 60000), 0);
	balance_good(i);
	assert_int_equal(balance_cut(i, 1000, 60000), 1000);
	balance_free(b);
	app_unref(app);
}

static void a_bound_makes_others_wait(void **state)
{
	struct app *app = an_app("a", "[\"a.test\"]", 2, "i", "");
	struct balance *b = balance_new(app, NULL);
	struct waiter in[2] = { a_waiter(), a_waiter() }, queue[3] = { a_waiter(), a_waiter(), a_waiter() };

	assert_int_equal(take(b, BALANCE_ANY, 1, &in[0]), OK);
	assert_int_equal(take(b, BALANCE_ANY, 1, &in[1]), OK);
	assert_ptr_not_equal(in[0].seat.instance, in[1].seat.instance);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(take(b, BALANCE_ANY, 1, &queue[i]), ERR_AGAIN);
		assert_true(balance_waits(&queue[i].seat));
	}
	balance_give(&queue[1].seat); /* its visitor left */
	balance_give(&in[0].seat);
	assert_true(queue[0].ready_n == 1 && queue[0].seat.instance == b->at[0] && !balance_waits(&queue[0].seat));
	balance_give(&in[1].seat);
	assert_true(queue[1].ready_n == 0 && queue[2].ready_n == 1 && queue[2].seat.instance == b->at[1]);
	balance_give(&queue[0].seat);
	balance_give(&queue[2].seat);
	assert_true(b->at[0]->in_flight == 0 && b->at[1]->in_flight == 0);
	balance_free(b);
	app_unref(app);
}

static void the_queue_has_an_end(void **state)
{
	enum { MOST = BALANCE_QUEUE_PER_INSTANCE };
	struct app *app = an_app("a", "[\"a.test\"]", 1, "i", "");
	struct balance *b = balance_new(app, NULL);
	struct waiter in = a_waiter(), queue[MOST], more = a_waiter();

	assert_int_equal(take(b, BALANCE_ANY, 1, &in), OK);
	for (size_t i = 0; i < MOST; i++) {
		queue[i] = a_waiter();
		assert_int_equal(take(b, BALANCE_ANY, 1, &queue[i]), ERR_AGAIN);
	}
	assert_int_equal(take(b, BALANCE_ANY, 1, &more), ERR_QUEUE_FULL);
	balance_give(&in.seat);
	for (size_t i = 0; i < MOST; i++) {
		assert_int_equal(queue[i].ready_n, 1);
		balance_give(&queue[i].seat);
	}
	balance_free(b);
	app_unref(app);
}

static void a_session_waits_for_its_instance(void **state)
{
	struct app *app = an_app("a", "[\"a.test\"]", 2, "i", "");
	struct balance *b = balance_new(app, NULL);
	struct waiter one = a_waiter(), two = a_waiter(), sticky = a_waiter();

	assert_int_equal(take(b, 0, 1, &one), OK);
	assert_int_equal(take(b, 1, 1, &two), OK);
	assert_true(one.seat.instance == b->at[0] && two.seat.instance == b->at[1]);
	assert_int_equal(take(b, 1, 1, &sticky), ERR_AGAIN);
	balance_give(&one.seat);
	assert_int_equal(sticky.ready_n, 0);
	balance_give(&two.seat);
	assert_true(sticky.ready_n == 1 && sticky.seat.instance == b->at[1]);
	/* Its instance goes: it is asked for again, and gets another. */
	assert_int_equal(take(b, 1, 1, &two), ERR_AGAIN);
	assert_true(balance_cut(b->at[1], 10, 10) > 0);
	assert_true(two.ready_n == 1 && !two.seat.instance);
	assert_int_equal(take(b, 1, 1, &two), OK);
	assert_ptr_equal(two.seat.instance, b->at[0]);
	balance_give(&two.seat);
	balance_give(&sticky.seat);
	balance_free(b);
	app_unref(app);
}

static void a_new_version_continues_the_old_one(void **state)
{
	struct app *app = an_app("a", "[\"a.test\"]", 2, "i", ""), *more = an_app("a", "[\"a.test\"]", 3, "i", "");
	struct app *other = an_app("a", "[\"a.test\"]", 2, "new", "");
	struct balance *b = balance_new(app, NULL), *scaled, *deployed;
	struct waiter in[2] = { a_waiter(), a_waiter() }, waits = a_waiter();

	assert_true(balance_cut(b->at[1], 10, 10) > 0);
	assert_int_equal(take(b, BALANCE_ANY, 1, &in[0]), OK);
	assert_int_equal(take(b, BALANCE_ANY, 1, &waits), ERR_AGAIN);
	scaled = balance_new(more, b);
	balance_replaced(b, scaled);
	assert_true(scaled->at[0] == b->at[0] && scaled->at[1] == b->at[1] && scaled->at[2] != NULL);
	assert_true(waits.ready_n == 1 && !waits.seat.instance); /* asks again, and finds the third */
	assert_int_equal(take(scaled, BALANCE_ANY, 1, &waits), OK);
	assert_ptr_equal(waits.seat.instance, scaled->at[2]);
	balance_free(b);

	/* A deploy: nobody is the same, and who waits on the old version for a place there is told so. */
	assert_int_equal(take(scaled, BALANCE_ANY, 1, &in[1]), ERR_AGAIN);
	deployed = balance_new(other, scaled);
	balance_replaced(scaled, deployed);
	assert_true(in[1].ready_n == 1 && scaled->at[0]->retired && !deployed->at[0]->retired);
	assert_int_equal(take(scaled, BALANCE_ANY, 1, &in[1]), ERR_AGAIN); /* read the old one just before */
	balance_give(&in[0].seat);
	assert_true(in[1].ready_n == 2 && !in[1].seat.instance);
	assert_int_equal(balance_cut(scaled->at[2], 10, 10), 0); /* nobody probes what is gone */
	assert_int_equal(balance_probed(scaled->at[1], false, 10, 10), 0);
	balance_give(&waits.seat);
	balance_give(&in[1].seat);
	balance_free(scaled);
	balance_free(deployed);
	app_unref(app);
	app_unref(more);
	app_unref(other);
}

/* ---- threads ---- */

enum { THREADS = 4, ROUNDS = 4000, BOUND = 2 };

struct crowd {
	struct balance *b;
	_Atomic int inside[2];
	_Atomic int most;
};

struct visitor {
	struct balance_seat seat;
	_Atomic int ready;
};

static void wakes(struct balance_seat *seat)
{
	atomic_store(&((struct visitor *)seat->owner)->ready, 1);
}

static void visit(struct crowd *c)
{
	struct visitor v = { .seat.ready = wakes };
	enum err e;

	v.seat.owner = &v;
	while ((e = balance_take(c->b, BALANCE_ANY, BOUND, &v.seat)) != OK) {
		assert_int_equal(e, ERR_AGAIN);
		while (!atomic_load(&v.ready))
			;
		atomic_store(&v.ready, 0);
		if (v.seat.instance)
			break;
	}
	int at = v.seat.instance == c->b->at[1];
	int n = atomic_fetch_add(&c->inside[at], 1) + 1;
	if (n > atomic_load(&c->most))
		atomic_store(&c->most, n);
	atomic_fetch_sub(&c->inside[at], 1);
	balance_give(&v.seat);
}

static void *many_visits(void *arg)
{
	for (int i = 0; i < ROUNDS; i++)
		visit(arg);
	return NULL;
}

static void workers_share_the_places(void **state)
{
	struct app *app = an_app("a", "[\"a.test\"]", 2, "i", "");
	struct crowd c = { .b = balance_new(app, NULL) };
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, many_visits, &c), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_true(atomic_load(&c.most) >= 1 && atomic_load(&c.most) <= BOUND);
	assert_true(c.b->at[0]->in_flight == 0 && c.b->at[1]->in_flight == 0 && c.b->run->waiting_n == 0);
	balance_free(c.b);
	app_unref(app);
}

int test_balance(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instances_take_turns),
		cmocka_unit_test(quarantine_grows_until_an_answer_comes),
		cmocka_unit_test(a_bound_makes_others_wait),
		cmocka_unit_test(the_queue_has_an_end),
		cmocka_unit_test(a_session_waits_for_its_instance),
		cmocka_unit_test(a_new_version_continues_the_old_one),
		cmocka_unit_test(workers_share_the_places),
	};

	return cmocka_run_group_tests_name("balance", tests, NULL, NULL);
}
