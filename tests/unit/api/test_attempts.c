/* SPDX-License-Identifier: Apache-2.0 */
/* How long sign-ins have to wait: free ones, doubling, bounds, forgetting, many at a time, many people. */
#include "api/attempts.h"

#include "base/mem.h"
#include "test_api.h"

#include <stdio.h>

enum { NOW = 1000000 };

static struct ip from(unsigned last)
{
	return (struct ip){ .family = 4, .b = { 192, 0, 2, (uint8_t)last } };
}

static struct attempts *attempts(void)
{
	struct attempts *a = mem_alloc(sizeof *a);

	attempts_init(a);
	return a;
}

static void five_are_free_then_it_doubles(void **state)
{
	static const int64_t waits[] = { 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000 };
	struct attempts *a = attempts();
	struct ip ip = from(1);
	int64_t now = NOW;

	for (int i = 0; i < 5; i++) {
		assert_int_equal(attempts_begin(a, SLICE("anna"), &ip, now), 0);
		attempts_wrong(a, SLICE("anna"), &ip, now);
	}
	for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
		assert_int_equal(attempts_begin(a, SLICE("anna"), &ip, now), waits[i]);
		assert_int_equal(attempts_begin(a, SLICE("anna"), &ip, now + waits[i] - 1), 1);
		now += waits[i];
		assert_int_equal(attempts_begin(a, SLICE("anna"), &ip, now), 0);
		attempts_wrong(a, SLICE("anna"), &ip, now);
	}
	/* A clock that was set back is no reason to wait longer; an hour forgets. */
	assert_int_equal(attempts_begin(a, SLICE("anna"), &ip, now - 500000), 60000);
	assert_int_equal(attempts_begin(a, SLICE("anna"), &ip, now + 3600001), 0);
	mem_free(a);
}

static void an_attempt_counts_while_it_is_open(void **state)
{
	struct attempts *a = attempts();
	struct ip ip = from(1);

	for (int i = 0; i < 5; i++)
		assert_int_equal(attempts_begin(a, SLICE("anna"), &ip, NOW), 0);
	assert_true(attempts_begin(a, SLICE("anna"), &ip, NOW) > 0);
	/* Right: what the person had is forgotten. */
	attempts_right(a, SLICE("anna"), &ip);
	assert_int_equal(attempts_begin(a, SLICE("anna"), &ip, NOW), 0);
	mem_free(a);
}

static void an_address_waits_longer_whoever_it_is_for(void **state)
{
	struct attempts *a = attempts();
	struct ip ip = from(1), other = from(2), six = { .family = 6, .b = { 0x20, 1, 0xd, 0xb8 } }, same = six;
	char name[16];

	same.b[15] = 7; /* the same /64 */
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "person%d", i);
		assert_int_equal(attempts_begin(a, slice_str(name), &ip, NOW), 0);
		assert_int_equal(attempts_begin(a, slice_str(name), i % 2 ? &six : &same, NOW), 0);
	}
	assert_true(attempts_begin(a, SLICE("somebody"), &ip, NOW) > 0);
	assert_true(attempts_begin(a, SLICE("somebody"), &same, NOW) > 0);
	assert_int_equal(attempts_begin(a, SLICE("somebody"), &other, NOW), 0);
	mem_free(a);
}

static void many_people_push_out_the_oldest(void **state)
{
	struct attempts *a = attempts();
	struct ip ip = from(1);
	char name[16];

	for (int i = 0; i < 5; i++)
		assert_int_equal(attempts_begin(a, SLICE("anna"), &ip, NOW), 0);
	assert_true(attempts_begin(a, SLICE("anna"), &ip, NOW) > 0);
	for (unsigned i = 0; i < ATTEMPTS_ROWS; i++) {
		struct ip each = { .family = 4, .b = { 10, 0, (uint8_t)(i >> 8), (uint8_t)i } };
		snprintf(name, sizeof name, "p%u", i);
		assert_int_equal(attempts_begin(a, slice_str(name), &each, NOW + 1 + i), 0);
	}
	struct ip other = from(9);
	assert_int_equal(attempts_begin(a, SLICE("anna"), &other, NOW + 5000), 0);
	mem_free(a);
}

int test_attempts(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(five_are_free_then_it_doubles),
		cmocka_unit_test(an_attempt_counts_while_it_is_open),
		cmocka_unit_test(an_address_waits_longer_whoever_it_is_for),
		cmocka_unit_test(many_people_push_out_the_oldest),
	};

	return cmocka_run_group_tests_name("attempts", tests, NULL, NULL);
}
