/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures: what separates a flood from the past, and what does not. */
#include "shield/signature.h"

#include "base/rng.h"
#include "test_shield.h"

enum { N = 400 };

static struct rng rng;
static const struct signature_bounds bounds = { .max_past = 0.05, .min_share = 0.1 };

static uint32_t pick(uint32_t base, unsigned of)
{
	return base + (uint32_t)(rng_next(&rng) % of);
}

/* A visitor of the past: one of many of each. */
static struct signature_sample honest(void)
{
	return (struct signature_sample){ .at_ms = 1,
					  .f = { pick(1000, 5000), pick(10000, 500), pick(20000, 60), pick(30000, 30),
						 pick(40000, 40), pick(50000, 300), pick(60000, 10),
						 pick(70000, 20) } };
}

static struct signature_history *the_past(void)
{
	static struct signature_history h;

	rng = (struct rng){ 0 };
	rng_seed(&rng, 42);
	h = (struct signature_history){ 0 };
	for (unsigned i = 0; i < 20000; i++) {
		struct signature_sample q = honest();
		signature_remember(&h, &q);
	}
	return &h;
}

/* Samples of which share percent are made of an honest one by `attack`. */
static void mix(struct signature_sample *out, unsigned percent, void (*attack)(struct signature_sample *q))
{
	for (unsigned i = 0; i < N; i++) {
		out[i] = honest();
		if (pick(0, 100) < percent)
			attack(&out[i]);
	}
}

static void one_address(struct signature_sample *q)
{
	q->f[SIGNATURE_CLIENT] = 7;
	q->f[SIGNATURE_NETWORK] = 8;
}

static void a_new_program(struct signature_sample *q)
{
	q->f[SIGNATURE_AGENT] = 9;
	q->f[SIGNATURE_FIELDS] = 10;
}

static void a_usual_page_from_everywhere(struct signature_sample *q)
{
	q->f[SIGNATURE_PATH] = 50001;
}

static void floods_are_told_from_the_past(void **state)
{
	const struct signature_history *h = the_past();
	struct signature_sample s[N];
	struct signature found;
	double share;

	mix(s, 80, one_address);
	assert_true(signature_search(h, s, N, &bounds, &found, &share));
	assert_true(found.mask >> SIGNATURE_CLIENT & 1 && found.mask >> SIGNATURE_NETWORK & 1);
	assert_true(share > 0.7 && signature_past(h, &found) < 0.01);
	mix(s, 90, a_new_program);
	assert_true(signature_search(h, s, N, &bounds, &found, &share));
	assert_int_equal(found.mask, 1u << SIGNATURE_AGENT | 1u << SIGNATURE_FIELDS);
	/* Nobody honest is met. */
	for (unsigned i = 0; i < 1000; i++) {
		struct signature_sample q = honest();
		assert_false(signature_matches(&found, &q));
	}
	mix(s, 90, a_usual_page_from_everywhere);
	assert_true(signature_search(h, s, N, &bounds, &found, &share));
	assert_int_equal(found.mask, 1u << SIGNATURE_PATH);
}

static void what_is_as_before_has_none(void **state)
{
	const struct signature_history *h = the_past();
	const struct signature_history none = { .sum = 0 };
	struct signature_sample s[N];
	struct signature found;
	double share;

	for (unsigned i = 0; i < N; i++)
		s[i] = honest();
	assert_false(signature_search(h, s, N, &(struct signature_bounds){ 0.02, 0.1 }, &found, &share));
	/* Nothing is known to be new without a past. */
	mix(s, 90, a_new_program);
	assert_false(signature_search(&none, s, N, &bounds, &found, &share));
	assert_false(signature_search(h, s, 0, &bounds, &found, &share));
	assert_false(signature_matches(&(struct signature){ 0 }, &s[0]));
}

static void the_past_fades(void **state)
{
	struct signature_history *h = the_past();
	struct signature_sample q = honest();
	const struct signature s = { .mask = 1u << SIGNATURE_AGENT, .f[SIGNATURE_AGENT] = q.f[SIGNATURE_AGENT] };
	double before = signature_past(h, &s);

	signature_fade(h, 0.5f);
	assert_true(signature_past(h, &s) > before * 0.99 && signature_past(h, &s) < before * 1.01);
	for (unsigned i = 0; i < 10000; i++)
		signature_remember(h, &q);
	assert_true(signature_past(h, &s) > 0.4);
}

int test_signature(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(floods_are_told_from_the_past),
		cmocka_unit_test(what_is_as_before_has_none),
		cmocka_unit_test(the_past_fades),
	};

	return cmocka_run_group_tests_name("signature", tests, NULL, NULL);
}
