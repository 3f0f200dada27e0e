/* SPDX-License-Identifier: Apache-2.0 */
/* test_numbers: minutes of apps: added up, bounded in time and number. */
#include "test_platform.h"

#include "platform/numbers.h"

#include <stdbool.h>
#include <stdio.h>

struct seen {
	size_t n;
	int64_t first, last;
	uint64_t ok, errors;
};

static void see(void *arg, const struct platform_numbers_minute *m)
{
	struct seen *s = arg;

	if (s->n++ == 0)
		s->first = m->minute;
	s->last = m->minute;
	s->ok += m->n[2];
	s->errors += m->n[5];
}

static void minutes_are_added_up(void **state)
{
	struct platform_numbers *all = platform_numbers_new();
	const uint32_t good[PLATFORM_NUMBERS_CLASSES] = { [2] = 3 },
		       bad[PLATFORM_NUMBERS_CLASSES] = { [5] = 1, [2] = 1 };
	struct seen s = { 0 };

	platform_numbers_add(all, SLICE("a"), 100, good);
	platform_numbers_add(all, SLICE("a"), 100, bad);
	platform_numbers_add(all, SLICE("a"), 103, good);
	platform_numbers_add(all, SLICE("a"), 101, good); /* the clock was set back */
	platform_numbers_add(all, SLICE("b"), 103, good);
	assert_true(platform_numbers_each(all, "a", 0, see, &s));
	assert_int_equal(s.n, 2);
	assert_true(s.first == 100 && s.last == 103 && s.ok == 10 && s.errors == 1);
	s = (struct seen){ 0 };
	assert_true(platform_numbers_each(all, "a", 101, see, &s));
	assert_true(s.first == 103 && s.ok == 6);
	assert_false(platform_numbers_each(all, "a", 104, see, &s));
	assert_false(platform_numbers_each(all, "c", 0, see, &s));
	platform_numbers_free(all);
}

static void three_days_are_kept(void **state)
{
	struct platform_numbers *all = platform_numbers_new();
	const uint32_t one[PLATFORM_NUMBERS_CLASSES] = { [2] = 1 };
	struct seen s = { 0 };

	for (int64_t i = 0; i < 10000; i++)
		platform_numbers_add(all, SLICE("a"), i, one);
	assert_true(platform_numbers_each(all, "a", 0, see, &s));
	assert_int_equal(s.n, PLATFORM_NUMBERS_MINUTES);
	assert_true(s.last == 9999 && s.first == 10000 - PLATFORM_NUMBERS_MINUTES);
	platform_numbers_free(all);
}

static void apps_without_requests_make_room(void **state)
{
	struct platform_numbers *all = platform_numbers_new();
	const uint32_t one[PLATFORM_NUMBERS_CLASSES] = { [2] = 1 };
	struct seen s = { 0 };
	char id[16];

	for (int i = 0; i < PLATFORM_NUMBERS_APPS_MAX; i++) {
		snprintf(id, sizeof id, "%d", i);
		platform_numbers_add(all, slice_str(id), 100, one);
	}
	platform_numbers_add(all, SLICE("more"), 100, one);
	assert_false(platform_numbers_each(all, "more", 0, see, &s));
	platform_numbers_add(all, SLICE("later"), 100 + PLATFORM_NUMBERS_MINUTES, one);
	assert_true(platform_numbers_each(all, "later", 0, see, &s));
	assert_false(platform_numbers_each(all, "0", 0, see, &s));
	platform_numbers_free(all);
}

int test_numbers(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(minutes_are_added_up),
		cmocka_unit_test(three_days_are_kept),
		cmocka_unit_test(apps_without_requests_make_room),
	};

	return cmocka_run_group_tests_name("numbers", tests, NULL, NULL);
}
