/* SPDX-License-Identifier: Apache-2.0 */
/* test_clock: order and scale of the clocks. */
#include "test_sys.h"

#include "sys/clock.h"

#include <time.h>

static void mono_grows(void **state)
{
	uint64_t a = clock_mono_ns(), b = clock_mono_ns();

	assert_true(b >= a && a > 0);
}

static void wall_is_milliseconds(void **state)
{
	int64_t ms = clock_wall_ms(), s = (int64_t)time(NULL);

	assert_true(ms / 1000 >= s - 2 && ms / 1000 <= s + 2);
}

static void sleep_is_not_short(void **state)
{
	uint64_t from = clock_mono_ns();

	clock_sleep_ms(0);
	clock_sleep_ms(12);
	assert_true(clock_mono_ns() - from >= 12000000u);
}

int test_clock(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(mono_grows), cmocka_unit_test(wall_is_milliseconds),
					    cmocka_unit_test(sleep_is_not_short) };

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
