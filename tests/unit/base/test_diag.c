/* SPDX-License-Identifier: Apache-2.0 */
/* Messages for people. */
#include "groups.h"

#include "base/diag.h"

static void first_message_wins(void **state)
{
	struct diag d;
	char out[600];

	diag_init(&d);
	assert_int_equal(d.code, OK);
	assert_int_equal(diag_set(&d, ERR_CONFIG, "a.ini:3", "unknown key %s", "x"), ERR_CONFIG);
	assert_int_equal(diag_set(&d, ERR_RANGE, "b", "later"), ERR_RANGE);
	assert_int_equal(d.code, ERR_CONFIG);
	assert_string_equal(diag_print(&d, out, sizeof out), "a.ini:3: unknown key x");
}

static void nobody_asked(void **state)
{
	assert_int_equal(diag_set(NULL, ERR_PLAN, NULL, "x"), ERR_PLAN);
	diag_within(NULL, "a", ".");
}

static void within(void **state)
{
	struct diag d;
	char out[600];

	diag_init(&d);
	diag_within(&d, "outer", "."); /* empty: nothing to place */
	assert_string_equal(d.where, "");
	diag_set(&d, ERR_PLAN, NULL, "bad");
	assert_string_equal(diag_print(&d, out, sizeof out), "bad");
	diag_within(&d, "records[2]", ".");
	assert_string_equal(d.where, "records[2]");
	diag_within(&d, "zone", ".");
	assert_string_equal(diag_print(&d, out, sizeof out), "zone.records[2]: bad");
}

static void long_texts_are_cut(void **state)
{
	struct diag d;
	char text[1000], out[40];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	diag_init(&d);
	diag_set(&d, ERR_PLAN, text, "%s", text);
	assert_int_equal(strlen(d.where), DIAG_WHERE_BYTES - 1);
	assert_int_equal(strlen(d.text), DIAG_TEXT_BYTES - 1);
	diag_within(&d, text, ".");
	assert_int_equal(strlen(d.where), DIAG_WHERE_BYTES - 1);
	assert_int_equal(strlen(diag_print(&d, out, sizeof out)), sizeof out - 1);
}

int test_diag(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_message_wins),
		cmocka_unit_test(nobody_asked),
		cmocka_unit_test(within),
		cmocka_unit_test(long_texts_are_cut),
	};
	return cmocka_run_group_tests_name("diag", tests, NULL, NULL);
}
