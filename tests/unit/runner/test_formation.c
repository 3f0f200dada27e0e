/* SPDX-License-Identifier: Apache-2.0 */
/* test_formation: lives of instances with a clock of our own and a runner that does what we say. */
#include "test_runner.h"

#include "runner/formation.h"

#include <stdio.h>

enum { STARTS_MAX = 64 };

/* A runner that obeys, and edges that acknowledge when they are told to. */
struct world {
	struct limits limits;
	struct formation f;
	uint64_t now, id;
	struct {
		uint64_t id, generation;
		char label[RUNNER_LABEL_BYTES], type[FORMATION_TYPE_BYTES];
		bool stopped, ended;
	} made[STARTS_MAX];
	size_t made_n;
	uint64_t version; /* to be acknowledged; 0: none */
	size_t publications;
	bool hold; /* acknowledgements */
};

static struct world *begin(uint32_t web)
{
	static struct world w;
	const struct formation_type types[] = { { "web", web } };

	memset(&w, 0, sizeof w);
	limits_init(&w.limits);
	formation_init(&w.f, &w.limits);
	w.now = 1000;
	w.f.generation = 1;
	formation_want(&w.f, types, 1);
	formation_relist(&w.f);
	formation_listed(&w.f, w.now);
	return &w;
}

static void want(struct world *w, uint32_t web)
{
	const struct formation_type types[] = { { "web", web } };

	formation_want(&w->f, types, 1);
}

static void acknowledge(struct world *w)
{
	if (w->version)
		formation_published(&w->f, w->version, w->now);
	w->version = 0;
}

/* Takes every action that is due. */
static void run(struct world *w)
{
	for (int i = 0; i < 1000; i++) {
		struct formation_action a = formation_next(&w->f, ++w->id, w->now);
		if (a.kind == FORMATION_NOTHING)
			return;
		if (a.kind == FORMATION_START) {
			assert_true(w->made_n < STARTS_MAX);
			w->made[w->made_n].id = a.id;
			w->made[w->made_n].generation = a.generation;
			snprintf(w->made[w->made_n].type, sizeof w->made[0].type, "%s", a.type);
			formation_label(a.type, a.index, w->made[w->made_n++].label);
		} else if (a.kind == FORMATION_STOP) {
			for (size_t k = 0; k < w->made_n; k++)
				w->made[k].stopped |= w->made[k].id == a.id;
		} else {
			w->version = a.version;
			w->publications++;
			if (!w->hold)
				acknowledge(w);
		}
	}
	fail_msg("it never comes to rest");
}

static enum formation_news tell(struct world *w, size_t k, enum runner_state state)
{
	const struct runner_instance told = { .id = w->made[k].id,
					      .generation = w->made[k].generation,
					      .state = state,
					      .port = (uint16_t)(20000 + k),
					      .label = slice_str(w->made[k].label),
					      .why = SLICE("exited with status 1") };

	w->made[k].ended |= state == RUNNER_ENDED;
	return formation_told(&w->f, &told, w->now);
}

static void ready(struct world *w, size_t k)
{
	assert_int_equal(tell(w, k, RUNNER_READY), FORMATION_IS_READY);
	run(w);
}

static void end(struct world *w)
{
	formation_fini(&w->f);
}

static void it_starts_what_is_wanted(void **state)
{
	struct world *w = begin(2);

	run(w);
	assert_int_equal(w->made_n, 2);
	assert_string_equal(w->made[0].label, "web-1");
	assert_string_equal(w->made[1].label, "web-2");
	assert_false(formation_settled(&w->f));
	ready(w, 0); /* alone: nothing is replaced, so nobody waits */
	assert_int_equal(formation_live(&w->f, "web"), 1);
	assert_false(formation_settled(&w->f));
	ready(w, 1);
	assert_int_equal(formation_live(&w->f, "web"), 2);
	assert_true(formation_settled(&w->f));
	assert_int_equal(w->publications, 2);
	end(w);
}

static void without_a_runner_nothing_happens(void **state)
{
	struct world *w = begin(1);

	formation_relist(&w->f);
	run(w);
	assert_int_equal(w->made_n, 0);
	assert_false(formation_settled(&w->f));
	assert_true(formation_wait_ms(&w->f, w->now) == UINT64_MAX);
	end(w);
}

/* All new ones must be ready; then they change places in one publication; then the old ones end. */
static void a_restart_loses_no_traffic(void **state)
{
	struct world *w = begin(2);

	run(w);
	ready(w, 0);
	ready(w, 1);
	w->hold = true;
	formation_restart(&w->f, NULL, 0, 2);
	run(w);
	assert_int_equal(w->made_n, 4);
	ready(w, 2);
	assert_int_equal(formation_live(&w->f, "web"), 2);
	assert_int_equal(w->version, 0); /* web-2 has no successor yet */
	ready(w, 3);
	assert_int_not_equal(w->version, 0);
	assert_int_equal(formation_live(&w->f, "web"), 2);
	w->now += 3600000;
	run(w);
	assert_false(w->made[0].stopped || w->made[1].stopped); /* not while an edge may send them requests */
	assert_false(formation_settled(&w->f));
	acknowledge(w);
	run(w);
	assert_true(formation_settled(&w->f));
	assert_false(w->made[0].stopped);
	w->now += w->limits.instance_drain_ms - 1;
	assert_int_equal(formation_wait_ms(&w->f, w->now), 1);
	run(w);
	assert_false(w->made[0].stopped);
	w->now++;
	run(w);
	assert_true(w->made[0].stopped && w->made[1].stopped);
	assert_false(w->made[2].stopped || w->made[3].stopped);
	assert_int_equal(tell(w, 0, RUNNER_ENDED), FORMATION_ENDED);
	assert_int_equal(tell(w, 1, RUNNER_ENDED), FORMATION_ENDED);
	run(w);
	assert_int_equal(w->made_n, 4);
	end(w);
}

static void one_instance_is_restarted_alone(void **state)
{
	struct world *w = begin(2);

	run(w);
	ready(w, 0);
	ready(w, 1);
	formation_restart(&w->f, "web", 2, 2);
	run(w);
	assert_int_equal(w->made_n, 3);
	assert_string_equal(w->made[2].label, "web-2");
	ready(w, 2);
	assert_true(formation_settled(&w->f));
	end(w);
}

static void scaling_goes_both_ways(void **state)
{
	struct world *w = begin(1);

	run(w);
	ready(w, 0);
	want(w, 3);
	run(w);
	assert_int_equal(w->made_n, 3);
	ready(w, 2);
	ready(w, 1);
	assert_true(formation_settled(&w->f));
	want(w, 0);
	assert_false(formation_settled(&w->f));
	run(w);
	assert_int_equal(formation_live(&w->f, "web"), 0);
	assert_true(formation_settled(&w->f));
	w->now += w->limits.instance_drain_ms;
	run(w);
	assert_true(w->made[0].stopped && w->made[1].stopped && w->made[2].stopped);
	want(w, 1); /* while they still end */
	run(w);
	assert_int_equal(w->made_n, 4);
	end(w);
}

/* Source: platform documentation: at once, then (n - 2) * 5 minutes, up to the thirteenth. */
static void crashes_pause_and_end(void **state)
{
	struct world *w = begin(1);

	run(w);
	for (uint32_t n = 1; n < FORMATION_CRASHES_MAX; n++) {
		ready(w, w->made_n - 1);
		w->now += 1000;
		assert_int_equal(tell(w, w->made_n - 1, RUNNER_ENDED), FORMATION_CRASHED);
		size_t before = w->made_n;
		run(w);
		if (n <= 2) {
			assert_int_equal(w->made_n, before + 1);
			continue;
		}
		assert_int_equal(w->made_n, before);
		assert_int_equal(formation_wait_ms(&w->f, w->now), (n - 2) * 300000);
		w->now += (n - 2) * 300000ull;
		run(w);
		assert_int_equal(w->made_n, before + 1);
	}
	ready(w, w->made_n - 1);
	assert_int_equal(tell(w, w->made_n - 1, RUNNER_ENDED), FORMATION_CRASHED);
	run(w);
	assert_int_equal(formation_given_up(&w->f), 1);
	assert_true(formation_settled(&w->f));
	assert_string_equal(w->f.why, "web-1: exited with status 1");
	size_t before = w->made_n;
	w->now += 86400000;
	run(w);
	assert_int_equal(w->made_n, before);
	formation_restart(&w->f, NULL, 0, 9);
	run(w);
	assert_int_equal(w->made_n, before + 1);
	end(w);
}

static void a_long_life_forgets_crashes(void **state)
{
	struct world *w = begin(1);

	run(w);
	for (int n = 0; n < 20; n++) {
		ready(w, w->made_n - 1);
		w->now += w->limits.instance_warm_up_ms;
		assert_int_equal(tell(w, w->made_n - 1, RUNNER_ENDED), FORMATION_CRASHED);
		run(w);
		assert_int_equal(w->made_n, n + 2);
	}
	end(w);
}

/* A crash takes the traffic away before anything else. */
static void a_crash_is_published(void **state)
{
	struct world *w = begin(2);

	run(w);
	ready(w, 0);
	ready(w, 1);
	size_t before = w->publications;
	tell(w, 0, RUNNER_ENDED);
	run(w);
	assert_int_equal(w->publications, before + 1);
	assert_int_equal(formation_live(&w->f, "web"), 1);
	end(w);
}

static void a_bad_restart_gives_up_and_the_old_one_stays(void **state)
{
	struct world *w = begin(1);
	uint64_t waited = 0;

	run(w);
	ready(w, 0);
	formation_restart(&w->f, NULL, 0, 2);
	for (int n = 0; n < FORMATION_ATTEMPTS_MAX; n++) {
		run(w);
		assert_int_equal(w->made_n, n + 2);
		assert_int_equal(tell(w, w->made_n - 1, RUNNER_ENDED), FORMATION_FAILED);
		run(w);
		uint64_t ms = formation_wait_ms(&w->f, w->now);
		if (n + 1 < FORMATION_ATTEMPTS_MAX) {
			assert_int_equal(ms, n < 6 ? 1000u << n : 60000);
			waited += ms;
			w->now += ms;
		}
	}
	run(w);
	assert_int_equal(w->made_n, FORMATION_ATTEMPTS_MAX + 1);
	assert_true(formation_settled(&w->f));
	assert_int_equal(formation_live(&w->f, "web"), 1);
	assert_false(w->made[0].stopped);
	assert_string_equal(w->f.why, "web-1: exited with status 1");
	assert_true(waited > 60000);
	end(w);
}

static void a_second_restart_overtakes_the_first(void **state)
{
	struct world *w = begin(1);

	run(w);
	ready(w, 0);
	formation_restart(&w->f, NULL, 0, 2);
	run(w);
	formation_restart(&w->f, NULL, 0, 3);
	run(w);
	assert_int_equal(w->made_n, 3);
	run(w);
	assert_true(w->made[1].stopped);
	assert_false(w->made[0].stopped);
	ready(w, 2);
	w->now += w->limits.instance_drain_ms;
	run(w);
	assert_true(w->made[0].stopped && !w->made[2].stopped);
	end(w);
}

static void a_lost_runner_costs_no_crash(void **state)
{
	struct world *w = begin(1);

	run(w);
	ready(w, 0);
	formation_relist(&w->f);
	run(w);
	formation_listed(&w->f, w->now);
	run(w);
	assert_int_equal(w->made_n, 2);
	assert_int_equal(w->f.slots->crashes, 0);
	end(w);
}

/* A new control finds what runs, of older generations than its counter: nothing is started anew. */
static void a_new_control_takes_over(void **state)
{
	struct world *w = begin(2);
	const struct runner_instance old[] = {
		{ .id = 71, .generation = 3, .state = RUNNER_READY, .port = 1, .label = SLICE("web-1") },
		{ .id = 72, .generation = 4, .state = RUNNER_READY, .port = 2, .label = SLICE("web-2") },
		{ .id = 73, .generation = 5, .state = RUNNER_STARTING, .port = 3, .label = SLICE("web-2") },
		{ .id = 74, .generation = 1, .state = RUNNER_READY, .port = 4, .label = SLICE("web-3") },
		{ .id = 75, .generation = 1, .state = RUNNER_READY, .port = 4, .label = SLICE("nonsense") },
		{ .id = 76, .generation = 1, .state = RUNNER_ENDED, .port = 4, .label = SLICE("web-1") },
	};

	formation_fini(&w->f);
	formation_init(&w->f, &w->limits);
	w->f.generation = 9;
	want(w, 2);
	for (size_t i = 0; i < sizeof old / sizeof old[0]; i++)
		formation_told(&w->f, &old[i], w->now);
	formation_listed(&w->f, w->now);
	run(w);
	assert_int_equal(w->made_n, 0);
	assert_int_equal(formation_live(&w->f, "web"), 2); /* 71 and 72; 74 has no slot */
	w->made[0].id = 73;
	w->made[0].generation = 5;
	snprintf(w->made[0].label, sizeof w->made[0].label, "web-2");
	w->made_n = 1;
	ready(w, 0); /* the restart that was under way goes on */
	assert_true(formation_settled(&w->f));
	assert_int_equal(w->made_n, 1);
	end(w);
}

static void a_refused_publication_is_tried_again(void **state)
{
	struct world *w = begin(1);

	w->hold = true;
	run(w);
	ready(w, 0);
	assert_int_equal(w->publications, 1);
	run(w);
	assert_int_equal(w->publications, 1);
	formation_not_published(&w->f);
	run(w);
	assert_int_equal(w->publications, 2);
	end(w);
}

static void other_types_get_no_publication(void **state)
{
	struct world *w = begin(0);
	const struct formation_type types[] = { { "web", 0 }, { "worker", 1 } };

	formation_want(&w->f, types, 2);
	run(w);
	assert_string_equal(w->made[0].label, "worker-1");
	ready(w, 0);
	assert_int_equal(w->publications, 0);
	assert_true(formation_settled(&w->f));
	formation_restart(&w->f, "worker", 0, 2);
	run(w);
	ready(w, 1);
	assert_true(w->made[0].stopped);
	assert_true(formation_settled(&w->f));
	end(w);
}

/* Whatever happens in whatever order, it comes to rest with what is wanted, and never stops what may get requests. */
static void chaos_comes_to_rest(void **state)
{
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct world *w = begin(2);
		uint64_t x = seed * 0x9e3779b97f4a7c15u, generation = 1;
		for (int step = 0; step < 40 && w->made_n < STARTS_MAX - 12; step++) {
			x ^= x << 13, x ^= x >> 7, x ^= x << 17;
			size_t k = w->made_n ? (x >> 8) % w->made_n : 0;
			w->hold = x & 64;
			if (!w->hold)
				acknowledge(w);
			if (x % 5 == 0)
				want(w, (x >> 20) % 4);
			else if (x % 5 == 1)
				formation_restart(&w->f, NULL, (x >> 20) % 3, ++generation);
			else if (w->made_n && !w->made[k].ended)
				tell(w, k, x % 5 == 2 ? RUNNER_ENDED : RUNNER_READY);
			w->now += (x >> 30) % 5000;
			run(w);
		}
		w->hold = false;
		acknowledge(w);
		want(w, 2);
		formation_restart(&w->f, NULL, 0, ++generation);
		for (int turn = 0; turn < 20; turn++) {
			w->now += 10000;
			run(w);
			for (size_t k = 0; k < w->made_n; k++)
				if (!w->made[k].ended)
					tell(w, k, w->made[k].stopped ? RUNNER_ENDED : RUNNER_READY);
			run(w);
		}
		assert_true(formation_settled(&w->f));
		assert_int_equal(formation_live(&w->f, "web"), 2);
		size_t there = 0;
		for (const struct formation_instance *i = w->f.instances; i; i = i->next)
			there++;
		assert_int_equal(there, 2);
		end(w);
	}
}

int test_formation(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_starts_what_is_wanted),
		cmocka_unit_test(without_a_runner_nothing_happens),
		cmocka_unit_test(a_restart_loses_no_traffic),
		cmocka_unit_test(one_instance_is_restarted_alone),
		cmocka_unit_test(scaling_goes_both_ways),
		cmocka_unit_test(crashes_pause_and_end),
		cmocka_unit_test(a_long_life_forgets_crashes),
		cmocka_unit_test(a_crash_is_published),
		cmocka_unit_test(a_bad_restart_gives_up_and_the_old_one_stays),
		cmocka_unit_test(a_second_restart_overtakes_the_first),
		cmocka_unit_test(a_lost_runner_costs_no_crash),
		cmocka_unit_test(a_new_control_takes_over),
		cmocka_unit_test(a_refused_publication_is_tried_again),
		cmocka_unit_test(other_types_get_no_publication),
		cmocka_unit_test(chaos_comes_to_rest),
	};

	return cmocka_run_group_tests_name("formation", tests, NULL, NULL);
}
