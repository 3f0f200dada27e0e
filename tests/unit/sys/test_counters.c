/* SPDX-License-Identifier: Apache-2.0 */
/* test_counters: the table and the struct say the same. */
#include "test_sys.h"

#include "sys/counters.h"

#include <string.h>

static void rows_are_described(void **state)
{
	size_t n;
	const struct counter_info *rows = counters_table(&n);

	assert_true(n > 30 && n * sizeof(uint64_t) <= sizeof(struct counters));
	for (size_t i = 0; i < n; i++) {
		assert_true(strlen(rows[i].name) > 0 && strlen(rows[i].text) > 0);
		assert_true(!strcmp(rows[i].unit, "count") || !strcmp(rows[i].unit, "bytes") ||
			    !strcmp(rows[i].unit, "now"));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(rows[i].name, rows[k].name);
	}
}

static void row_reads_its_field(void **state)
{
	struct counters c = { 0 };
	size_t n, seen = 0;
	const struct counter_info *rows = counters_table(&n);

	counter_add(&c, requests, 3);
	counter_add(&c, requests, 4);
	counter_add(&c, conns_open, 2);
	counter_add(&c, conns_open, -1);
	counter_add(&c, log_dropped, 9);
	for (size_t i = 0; i < n; i++) {
		uint64_t want = !strcmp(rows[i].name, "requests")      ? 7
				: !strcmp(rows[i].name, "conns_open")  ? 1
				: !strcmp(rows[i].name, "log_dropped") ? 9
								       : 0;
		assert_int_equal(counters_get(&c, i), want);
		seen += want != 0;
	}
	assert_int_equal(seen, 3);
}

static void sum_adds_each_field(void **state)
{
	struct counters a = { .requests = 5, .log_dropped = 1 }, b = { .requests = 6, .bytes_out = UINT64_C(1) << 40 };
	struct counters sum = { 0 };

	counters_sum(&sum, &a);
	counters_sum(&sum, &b);
	assert_int_equal(sum.requests, 11);
	assert_int_equal(sum.log_dropped, 1);
	assert_true(sum.bytes_out == UINT64_C(1) << 40);
	assert_int_equal(sum.conns_accepted, 0);
}

int test_counters(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(rows_are_described), cmocka_unit_test(row_reads_its_field),
					    cmocka_unit_test(sum_adds_each_field) };

	return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
