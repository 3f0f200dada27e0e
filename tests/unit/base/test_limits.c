/* SPDX-License-Identifier: Apache-2.0 */
/* The limits table. */
#include "groups.h"

#include "base/limits.h"

#include <stdio.h>

static void rows_are_sound(void **state)
{
	size_t n;
	const struct limit_info *rows = limits_table(&n);
	struct limits l;

	limits_init(&l);
	for (size_t i = 0; i < n; i++) {
		assert_true(rows[i].min <= rows[i].def && rows[i].def <= rows[i].max);
		assert_true(limits_get(&l, i) == rows[i].def);
		assert_true(rows[i].why[0] && rows[i].at_bound[0]);
		for (size_t k = i + 1; k < n; k++)
			assert_string_not_equal(rows[i].name, rows[k].name);
	}
}

/* Every row takes its own bounds and refuses what is next to them. */
static void bounds_of_every_row(void **state)
{
	size_t n;
	const struct limit_info *rows = limits_table(&n);
	struct limits l;
	char text[32];

	limits_init(&l);
	for (size_t i = 0; i < n; i++) {
		struct slice name = slice_str(rows[i].name);
		struct diag d;
		snprintf(text, sizeof text, "%llu", (unsigned long long)rows[i].min);
		assert_int_equal(limits_set(&l, name, slice_str(text), NULL), OK);
		assert_true(limits_get(&l, i) == rows[i].min);
		snprintf(text, sizeof text, "%llu", (unsigned long long)rows[i].max);
		assert_int_equal(limits_set(&l, name, slice_str(text), NULL), OK);
		snprintf(text, sizeof text, "%llu", (unsigned long long)rows[i].max + 1);
		diag_init(&d);
		assert_int_equal(limits_set(&l, name, slice_str(text), &d), ERR_RANGE);
		assert_non_null(strstr(d.text, rows[i].name));
		assert_true(limits_get(&l, i) == rows[i].max); /* untouched */
	}
}

static void units(void **state)
{
	struct limits l;

	limits_init(&l);
	assert_int_equal(limits_set(&l, SLICE("head_bytes_max"), SLICE("64K"), NULL), OK);
	assert_true(l.head_bytes_max == 65536);
	assert_int_equal(limits_set(&l, SLICE("head_bytes_max"), SLICE(" 1 M "), NULL), OK);
	assert_true(l.head_bytes_max == 1048576);
	assert_int_equal(limits_set(&l, SLICE("cache_bytes_max"), SLICE("2G"), NULL), OK);
	assert_true(l.cache_bytes_max == 2147483648);
	assert_int_equal(limits_set(&l, SLICE("head_ms"), SLICE("250ms"), NULL), OK);
	assert_true(l.head_ms == 250);
	assert_int_equal(limits_set(&l, SLICE("head_ms"), SLICE("5s"), NULL), OK);
	assert_true(l.head_ms == 5000);
	assert_int_equal(limits_set(&l, SLICE("head_ms"), SLICE("2m"), NULL), OK);
	assert_true(l.head_ms == 120000);
}

static void refusals(void **state)
{
	static const char *const bad[] = { "",
					   "x",
					   "-1",
					   "+1",
					   "1.5",
					   "0x10",
					   "1T",
					   "1KB",
					   "K",
					   "5s",
					   "1 2",
					   "99999999999999999999",
					   "18446744073709551615K" };
	struct limits l;
	struct diag d;

	limits_init(&l);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		diag_init(&d);
		assert_int_equal(limits_set(&l, SLICE("head_bytes_max"), slice_str(bad[i]), &d), ERR_CONFIG);
		assert_int_equal(d.code, ERR_CONFIG);
	}
	assert_true(l.head_bytes_max == 131072);
	diag_init(&d);
	assert_int_equal(limits_set(&l, SLICE("no_such_limit"), SLICE("1"), &d), ERR_NOT_FOUND);
	assert_non_null(strstr(d.text, "no_such_limit"));
	assert_int_equal(limits_set(&l, SLICE("head_fields_max"), SLICE("1K"), &d), ERR_CONFIG); /* a count */
}

int test_limits(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_sound),
		cmocka_unit_test(bounds_of_every_row),
		cmocka_unit_test(units),
		cmocka_unit_test(refusals),
	};
	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
