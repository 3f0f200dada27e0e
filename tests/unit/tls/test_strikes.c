/* SPDX-License-Identifier: Apache-2.0 */
/* test_strikes: a ticket brings early data once. */
#include "test_tls.h"

#include "tls/tls_strikes.h"

static bool take(struct tls_strikes *t, uint64_t ticket, int64_t now_s)
{
	return tls_strikes_take(t, slice_of(&ticket, sizeof ticket), now_s);
}

static void once_only(void **state)
{
	struct tls_strikes *t = tls_strikes_new();

	assert_true(take(t, 1, NOW_S));
	assert_false(take(t, 1, NOW_S));
	assert_true(take(t, 2, NOW_S));
	assert_false(take(t, 1, NOW_S + TLS_STRIKES_S - 1));
	assert_false(take(t, 1, NOW_S + TLS_STRIKES_S)); /* in the older set now */
	assert_false(take(t, 2, NOW_S + TLS_STRIKES_S + 1));
	assert_false(take(t, 1, NOW_S - 1000)); /* a clock that was set back forgets nothing */
	tls_strikes_free(t);
}

static void forgotten_in_time(void **state)
{
	struct tls_strikes *t = tls_strikes_new();

	assert_true(take(t, 1, NOW_S));
	assert_true(take(t, 1, NOW_S + 2 * TLS_STRIKES_S));
	assert_true(take(t, 2, NOW_S + 3 * TLS_STRIKES_S));
	assert_false(take(t, 1, NOW_S + 3 * TLS_STRIKES_S));
	assert_true(take(t, 1, NOW_S + 4 * TLS_STRIKES_S));
	tls_strikes_free(t);
}

static void full_is_no(void **state)
{
	struct tls_strikes *t = tls_strikes_new();

	for (uint64_t i = 0; i < TLS_STRIKES_MAX; i++)
		assert_true(take(t, i, NOW_S));
	assert_false(take(t, TLS_STRIKES_MAX, NOW_S));
	assert_true(take(t, TLS_STRIKES_MAX, NOW_S + TLS_STRIKES_S));
	tls_strikes_free(t);
}

int test_strikes(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(once_only),
		cmocka_unit_test(forgotten_in_time),
		cmocka_unit_test(full_is_no),
	};
	return cmocka_run_group_tests_name("strikes", tests, NULL, NULL);
}
