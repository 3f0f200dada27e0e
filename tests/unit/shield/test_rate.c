/* SPDX-License-Identifier: Apache-2.0 */
/* Sliding periods, holding back, throttling, a full table (edge.md 5.5). */
#include "shield/rate.h"

#include "test_shield.h"

enum { T0 = 1000000 };

static const struct hash_key secret = { 1, 2 };

static struct rate_table *table(size_t slots)
{
	return rate_new(slots, &secret);
}

/* How many of n requests at once pass. */
static unsigned passed(struct rate_table *t, uint64_t key, const struct rate_limit *l, unsigned n, uint64_t at)
{
	unsigned yes = 0;
	uint32_t wait;

	for (unsigned i = 0; i < n; i++)
		yes += !rate_add(t, key, l, 1, at, &wait);
	return yes;
}

static void the_request_over_the_limit(void **state)
{
	const struct rate_limit l = { .period_s = 10, .timeout_s = 60, .most = 5 };
	struct rate_table *t = table(64);
	uint64_t key = rate_key(t, SLICE("192.0.2.1"));
	uint32_t wait = 0;

	assert_int_equal(passed(t, key, &l, 5, T0), 5);
	assert_false(rate_over(t, key, &l, T0, &wait));
	assert_true(rate_add(t, key, &l, 1, T0, &wait));
	assert_int_equal(wait, 60);
	assert_true(rate_over(t, key, &l, T0 + 59500, &wait));
	assert_int_equal(wait, 1);
	/* When it ends, the key begins anew. */
	assert_int_equal(passed(t, key, &l, 9, T0 + 60000), 5);
	/* Another key has its own. */
	assert_int_equal(passed(t, rate_key(t, SLICE("192.0.2.2")), &l, 9, T0), 5);
	rate_free(t);
}

static void periods_slide(void **state)
{
	const struct rate_limit l = { .period_s = 10, .timeout_s = 0, .most = 100 };
	struct rate_table *t = table(64);
	uint64_t key = rate_key(t, SLICE("a"));

	assert_int_equal(passed(t, key, &l, 100, T0), 100);
	/* A quarter into the next period, three quarters of the first still lie inside. */
	assert_int_equal(passed(t, key, &l, 100, T0 + 12500), 25);
	/* Two periods later nothing does. */
	assert_int_equal(passed(t, key, &l, 200, T0 + 40000), 100);
	rate_free(t);
}

static void throttling_lets_the_allowed_share_through(void **state)
{
	const struct rate_limit l = { .period_s = 10, .timeout_s = 0, .most = 10 };
	struct rate_table *t = table(64);
	uint64_t key = rate_key(t, SLICE("a"));
	unsigned yes = 0;
	uint32_t wait;

	/* Ten a second for 100 seconds: about one a second passes, what is refused does not count. */
	for (unsigned i = 0; i < 1000; i++)
		yes += passed(t, key, &l, 1, T0 + i * 100);
	assert_in_range(yes, 95, 115);
	assert_true(rate_over(t, key, &l, T0 + 99900, &wait));
	assert_in_range(wait, 1, 10);
	rate_free(t);
}

static void weights(void **state)
{
	const struct rate_limit l = { .period_s = 60, .timeout_s = 10, .most = 1000 };
	struct rate_table *t = table(64);
	uint64_t key = rate_key(t, SLICE("a"));
	uint32_t wait;

	assert_false(rate_add(t, key, &l, 400, T0, &wait));
	assert_false(rate_add(t, key, &l, 0, T0, &wait));
	assert_false(rate_add(t, key, &l, 600, T0, &wait));
	assert_true(rate_add(t, key, &l, 1, T0, &wait));
	rate_forget(t, key);
	assert_false(rate_add(t, key, &l, 1000, T0 + 1, &wait));
	rate_free(t);
}

static void a_full_table_forgets_the_oldest_and_keeps_who_is_held_back(void **state)
{
	const struct rate_limit l = { .period_s = 10, .timeout_s = 3600, .most = 1 };
	struct rate_table *t = table(64);
	uint64_t bad = rate_key(t, SLICE("bad"));
	char name[16];
	uint32_t wait;

	assert_int_equal(passed(t, bad, &l, 2, T0), 1);
	for (unsigned i = 0; i < 10000; i++) {
		int n = snprintf(name, sizeof name, "n%u", i);
		assert_false(rate_add(t, rate_key(t, slice_of(name, (size_t)n)), &l, 1, T0 + i, &wait));
	}
	assert_true(rate_over(t, bad, &l, T0 + 10000, &wait));
	rate_free(t);
}

static void a_clock_that_stands_still_or_jumps(void **state)
{
	const struct rate_limit l = { .period_s = 1, .timeout_s = 0, .most = 2 };
	struct rate_table *t = table(1);
	uint64_t key = rate_key(t, SLICE(""));
	uint32_t wait;

	assert_false(rate_over(t, key, &l, 0, &wait));
	assert_int_equal(passed(t, key, &l, 3, 0), 2);
	assert_int_equal(passed(t, key, &l, 3, UINT64_C(1) << 50), 2);
	assert_int_equal(passed(t, key, &l, 3, (UINT64_C(1) << 50) + 999), 0);
	rate_free(t);
}

int test_rate(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_request_over_the_limit),
		cmocka_unit_test(periods_slide),
		cmocka_unit_test(throttling_lets_the_allowed_share_through),
		cmocka_unit_test(weights),
		cmocka_unit_test(a_full_table_forgets_the_oldest_and_keeps_who_is_held_back),
		cmocka_unit_test(a_clock_that_stands_still_or_jumps),
	};

	return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
