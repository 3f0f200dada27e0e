/* SPDX-License-Identifier: Apache-2.0 */
/* The error table. */
#include "groups.h"

static const enum err all[] = {
#define ERR(name, value, class, status, text) name,
#include "base/err.def"
#undef ERR
};
enum { COUNT = sizeof all / sizeof all[0] };

static void rows_are_unique(void **state)
{
	for (size_t a = 0; a < COUNT; a++) {
		assert_true(all[a] < 0);
		for (size_t b = a + 1; b < COUNT; b++) {
			assert_int_not_equal(all[a], all[b]);
			assert_string_not_equal(err_name(all[a]), err_name(all[b]));
			assert_string_not_equal(err_text(all[a]), err_text(all[b]));
		}
	}
}

static void rows_are_complete(void **state)
{
	for (size_t i = 0; i < COUNT; i++) {
		int status = err_status(all[i]);
		assert_true(strncmp(err_name(all[i]), "ERR_", 4) == 0);
		assert_true(err_text(all[i])[0] != '\0');
		assert_true(status == 0 || (status >= 400 && status <= 599));
		assert_int_not_equal(err_class(all[i]), ERRC_NONE);
		/* A peer's mistake is a 4xx, or says what we do not support. */
		if (err_class(all[i]) == ERRC_PEER)
			assert_true(status < 500 || status == 501 || status == 505 || status == 508);
	}
}

static void known_rows(void **state)
{
	assert_string_equal(err_name(ERR_BARE_LF), "ERR_BARE_LF");
	assert_int_equal(err_status(ERR_TARGET_LONG), 414);
	assert_int_equal(err_status(ERR_HEAD_LARGE), 431);
	assert_int_equal(err_class(ERR_HEAD_LARGE), ERRC_LIMIT);
	assert_int_equal(err_class(ERR_AGAIN), ERRC_AGAIN);
	assert_int_equal(err_status(ERR_AGAIN), 0);
}

static void outside_the_table(void **state)
{
	assert_string_equal(err_name(OK), "OK");
	assert_int_equal(err_class(OK), ERRC_NONE);
	assert_int_equal(err_status(OK), 0);
	assert_string_equal(err_name((enum err) - 9999), "ERR_?");
	assert_non_null(err_text((enum err) - 9999));
}

int test_err(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_unique),
		cmocka_unit_test(rows_are_complete),
		cmocka_unit_test(known_rows),
		cmocka_unit_test(outside_the_table),
	};
	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
