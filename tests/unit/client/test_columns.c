/* SPDX-License-Identifier: Apache-2.0 */
/* test_columns: tables for people. */
#include "test_client.h"

#include "client/columns.h"

#include <stdlib.h>

static void table(struct cli *c)
{
	static const char *const heads[] = { "NAME", "CONTENT", "ID" };
	static const char *const cells[] = { "www", "192.0.2.1", "1", "é", "a long content that goes on", "22" };
	struct columns t;

	columns_begin(&t, c, heads, 3, 1);
	for (size_t i = 0; i < 6; i++)
		columns_add(&t, cells[i]);
	columns_end(&t, "nothing");
}

static void nothing(struct cli *c)
{
	static const char *const heads[] = { "NAME" };
	struct columns t;

	columns_begin(&t, c, heads, 1, 0);
	columns_end(&t, "There is none.");
}

static void columns_line_up(void **state)
{
	char out[1024];

	unsetenv("COLUMNS");
	printed(table, NULL, out, sizeof out);
	assert_string_equal(out, "NAME  CONTENT                      ID\n"
				 "www   192.0.2.1                    1\n"
				 "é     a long content that goes on  22\n");
	printed(nothing, NULL, out, sizeof out);
	assert_string_equal(out, "There is none.\n");
}

static void one_column_gives_way(void **state)
{
	char out[1024];

	setenv("COLUMNS", "25", 1);
	printed(table, NULL, out, sizeof out);
	assert_string_equal(out, "NAME  CONTENT          ID\n"
				 "www   192.0.2.1        1\n"
				 "é     a long content…  22\n");
	unsetenv("COLUMNS");
}

static void width_counts_characters(void **state)
{
	assert_int_equal(columns_width(""), 0);
	assert_int_equal(columns_width("abc"), 3);
	assert_int_equal(columns_width("é…"), 2);
}

int test_columns(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_line_up),
		cmocka_unit_test(one_column_gives_way),
		cmocka_unit_test(width_counts_characters),
	};

	return cmocka_run_group_tests_name("columns", tests, NULL, NULL);
}
