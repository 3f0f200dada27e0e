/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The autopilot over a model of an origin: a number of requests a second that it can answer, a time that an answer
 * takes, and a line in front of it. Time is simulated.
 */
#include "shield/autopilot.h"

#include "base/rng.h"
#include "test_shield.h"

enum { TICKS_A_SECOND = 1000 / AUTOPILOT_TICK_MS, SAMPLES = 512 };

/* The world of one test. */
struct world {
	struct autopilot a;
	struct rng rng;
	uint64_t now_ms;
	double honest, attack; /* a second */
	double capacity, base_ms;
	double line;                 /* requests at the origin that are not answered yet */
	bool new_program, scattered; /* of the attack: its own agent; from everywhere */
	bool takes_back;             /* and its requests are taken back before they are answered */
	double leave;                /* the share of honest visitors who do not wait */
	struct signature_sample samples[SAMPLES];
	size_t samples_n;
	unsigned changes, signature; /* of the last tick, and of all since reset */
	double attack_sent, honest_held;
};

static void reset(struct world *w)
{
	*w = (struct world){ .now_ms = 1000000, .honest = 50, .capacity = 200, .base_ms = 20 };
	rng_seed(&w->rng, 7);
}

static uint32_t pick(struct world *w, uint32_t base, unsigned of)
{
	return base + (uint32_t)(rng_next(&w->rng) % of);
}

static struct signature_sample sample(struct world *w, bool attack)
{
	struct signature_sample q = { .at_ms = 1,
				      .f = { pick(w, 1000, 500), pick(w, 10000, 200), pick(w, 20000, 40),
					     pick(w, 30000, 20), pick(w, 40000, 30), pick(w, 50000, 100),
					     pick(w, 60000, 10), pick(w, 70000, 9) } };

	if (attack && w->new_program)
		q.f[SIGNATURE_AGENT] = 99;
	if (attack && !w->scattered)
		q.f[SIGNATURE_CLIENT] = 5;
	return q;
}

static bool held(const struct world *w, const struct signature_sample *q, bool attack)
{
	/* Honest visitors of the test are known, or show what is asked for; the attack shows nothing. */
	if (w->a.level == AUTOPILOT_CALM || !attack)
		return false;
	for (unsigned i = 0; i < AUTOPILOT_SIGNATURES; i++)
		if (signature_matches(&w->a.signatures[i], q))
			return true;
	return w->a.level >= AUTOPILOT_COOKIES;
}

/* A tick of the world. */
static void tick(struct world *w)
{
	struct autopilot_tick t = { .now_ms = w->now_ms += AUTOPILOT_TICK_MS };
	double arrive[2] = { w->honest / TICKS_A_SECOND, w->attack / TICKS_A_SECOND };

	w->samples_n = 0;
	for (int kind = 0; kind < 2; kind++) {
		for (int i = 0; i < (int)arrive[kind]; i++) {
			struct signature_sample q = sample(w, kind);
			t.begun++;
			if (held(w, &q, kind)) {
				t.held++;
				continue;
			}
			t.sent++;
			t.left += kind ? w->takes_back : (double)(rng_next(&w->rng) % 1000) < w->leave * 1000;
			w->attack_sent += kind;
			if (w->samples_n < SAMPLES)
				w->samples[w->samples_n++] = q;
		}
	}
	w->line += (double)(t.sent - t.left);
	double most = w->capacity / TICKS_A_SECOND, done = w->line < most ? w->line : most;
	double wait_ms = w->base_ms + 1000 * (w->line - done) / w->capacity;
	w->line -= done;
	t.done = (uint64_t)done;
	t.latency_us = (uint64_t)(wait_ms * 1000) * t.done;
	t.waiting = w->line > (double)w->a.limit && w->a.limit ? (unsigned)(w->line - w->a.limit) : 0;
	t.samples = w->samples;
	t.samples_n = w->samples_n;
	unsigned changed = autopilot_step(&w->a, &t, &w->signature);
	w->changes |= changed;
}

/* Seconds until one of the changes came; at most `most`. */
static double until(struct world *w, unsigned change, double most)
{
	w->changes = 0;
	for (int i = 1; i <= (int)(most * TICKS_A_SECOND); i++) {
		tick(w);
		if (w->changes & change)
			return (double)i / TICKS_A_SECOND;
	}
	return most + 1;
}

static void seconds(struct world *w, double n)
{
	until(w, 0, n);
}

static void a_flood_is_seen_within_a_second_and_stopped_within_three(void **state)
{
	static struct world w;

	for (int kind = 0; kind < 8; kind++) {
		reset(&w);
		w.new_program = kind & 1;
		w.scattered = kind & 2;
		w.takes_back = kind & 4;
		seconds(&w, 60);
		assert_int_equal(w.a.level, AUTOPILOT_CALM);
		w.attack = 2000;
		double seen = until(&w, AUTOPILOT_BEGAN, 5);
		assert_true(seen <= 1);
		seconds(&w, 3 - seen);
		w.attack_sent = 0;
		seconds(&w, 10);
		if (w.attack_sent > 0)
			fail_msg("kind %d: %.0f requests came through later, level %u", kind, w.attack_sent, w.a.level);
		/* It goes on, and nothing is lifted. */
		assert_true(w.a.level != AUTOPILOT_CALM);
		w.attack = 0;
		assert_true(until(&w, AUTOPILOT_ENDED, 30) <= 20);
		assert_true(w.a.usual < 100);
	}
}

static void a_signature_spares_who_does_not_have_it(void **state)
{
	static struct world w;

	reset(&w);
	w.scattered = w.new_program = true;
	seconds(&w, 60);
	w.attack = 2000;
	assert_true(until(&w, AUTOPILOT_FOUND, 3) <= 2);
	assert_true(w.a.signatures[w.signature].mask >> SIGNATURE_AGENT & 1);
	seconds(&w, 10);
	/* With the signature held back there is nothing that hurts: nobody else is asked. */
	assert_int_equal(w.a.level, AUTOPILOT_SIGNED);
}

static void an_origin_that_is_slow_by_itself_is_no_attack(void **state)
{
	static struct world w;

	reset(&w);
	seconds(&w, 60);
	w.capacity = 20;
	assert_true(until(&w, AUTOPILOT_BEGAN, 30) > 30);
	/* But it is not asked for more at a time than it can take. */
	assert_true(w.a.limit <= 64);
	w.capacity = 200;
	seconds(&w, 300);
	assert_true(w.a.limit >= 64);
	assert_int_equal(w.a.level, AUTOPILOT_CALM);
}

static void growth_and_rushes_that_the_origin_can_take_are_none(void **state)
{
	static struct world w;

	reset(&w);
	seconds(&w, 30);
	w.changes = 0;
	w.honest = 180;
	seconds(&w, 60);
	for (int i = 0; i < 100; i++) {
		w.honest += 10;
		w.capacity = w.honest * 1.2;
		seconds(&w, 2);
	}
	assert_false(w.changes & AUTOPILOT_BEGAN);
	assert_int_equal(w.a.level, AUTOPILOT_CALM);
}

static void visitors_who_do_not_wait_are_none(void **state)
{
	static struct world w;

	reset(&w);
	seconds(&w, 30);
	w.leave = 0.8;
	w.changes = 0;
	seconds(&w, 60);
	assert_false(w.changes & AUTOPILOT_BEGAN);
}

static void words(void **state)
{
	assert_string_equal(autopilot_level_word(AUTOPILOT_CALM), "calm");
	assert_string_equal(autopilot_level_word(AUTOPILOT_WORK), "work");
	assert_string_equal(signature_feature_word(SIGNATURE_TLS), "tls");
}

int test_autopilot(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flood_is_seen_within_a_second_and_stopped_within_three),
		cmocka_unit_test(a_signature_spares_who_does_not_have_it),
		cmocka_unit_test(an_origin_that_is_slow_by_itself_is_no_attack),
		cmocka_unit_test(growth_and_rushes_that_the_origin_can_take_are_none),
		cmocka_unit_test(visitors_who_do_not_wait_are_none),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests_name("autopilot", tests, NULL, NULL);
}
