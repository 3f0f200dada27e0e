/* SPDX-License-Identifier: Apache-2.0 */
/* test_cli: words and options of a command line, text for people. */
#include "test_client.h"

#include <string.h>

static void words_and_options_mix(void **state)
{
	int status;
	size_t at = 0;
	struct cli *c = RUN(&status, "records", "add", "--ttl=60", "example.test", "TXT", "--tag", "a:1", "@", "hello",
			    "--tag", "b:2", "--", "--world");

	assert_int_equal(status, CLIENT_OK);
	assert_int_equal(c->words_n, 5);
	assert_string_equal(cli_word(c, 0), "example.test");
	assert_string_equal(cli_word(c, 4), "--world");
	assert_null(cli_word(c, 5));
	assert_string_equal(cli_text(c, "--ttl"), "60");
	assert_string_equal(cli_next(c, "--tag", &at), "a:1");
	assert_string_equal(cli_next(c, "--tag", &at), "b:2");
	assert_null(cli_next(c, "--tag", &at));
	assert_int_equal(cli_count(c, "--tag"), 2);
	assert_false(cli_flag(c, "--proxied"));
	run_free(c);
}

static void wrong_use_is_told(void **state)
{
	static const char *const wrong[][6] = {
		{ "zones" },
		{ "zones", "lst" },
		{ "zones", "show" },
		{ "zones", "show", "a.test", "b.test" },
		{ "zones", "list", "--colour" },
		{ "zones", "list", "--status" },
		{ "zones", "list", "--json=1" },
		{ "zones", "list", "-v" },
	};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		int status;
		run_free(run_new(wrong[i], &status));
		assert_int_equal(status, CLIENT_USAGE);
	}
}

static void negative_numbers_and_a_dash_are_words(void **state)
{
	int status;
	struct cli *c = RUN(&status, "settings", "set", "example.test", "x", "-1");

	assert_int_equal(status, CLIENT_OK);
	assert_string_equal(cli_word(c, 2), "-1");
	run_free(c);
	c = RUN(&status, "records", "import", "example.test", "-");
	assert_int_equal(status, CLIENT_OK);
	run_free(c);
}

static void text_from_outside_cannot_move_the_terminal(void **state)
{
	int status;
	struct cli *c = RUN(&status, "zones", "list");

	assert_string_equal(cli_clean(c, "plain é 日本 😀"), "plain é 日本 😀");
	assert_string_equal(cli_clean(c, "\x1b[31mred\x07\x7f"), "?[31mred??");
	assert_string_equal(cli_clean(c, "a\nb\tc"), "a?b?c");
	assert_string_equal(cli_clean(c, "\xc2\x9b"), "??");      /* C1: CSI in one character */
	assert_string_equal(cli_clean(c, "\xe2\x80\xae"), "???"); /* right-to-left override */
	assert_string_equal(cli_clean(c, "\xe2\x81\xa6"), "???"); /* isolate */
	assert_string_equal(cli_clean(c, "\xff\xc0\xaf"), "???"); /* no UTF-8 */
	assert_string_equal(cli_clean(c, "\xe2\x82"), "??");      /* cut */
	assert_string_equal(cli_clean(c, "\xed\xa0\x80"), "???"); /* half of a pair */
	assert_string_equal(cli_clean(c, "\xf4\x90\x80\x80"), "????");
	run_free(c);
}

static void words_become_path_segments(void **state)
{
	int status;
	struct cli *c = RUN(&status, "zones", "show", "Ex ample/../x.test.");

	assert_string_equal(cli_zone_path(c, "/settings"), "/zones/Ex%20ample%2F..%2Fx.test/settings");
	assert_string_equal(cli_escape(c, "a b&c=d?e#é~"), "a%20b%26c%3Dd%3Fe%23%C3%A9~");
	run_free(c);
}

static void values_in_few_characters(void **state)
{
	int status;
	struct cli *c = RUN(&status, "zones", "list");
	json_t *v = json_pack("{s:s,s:i,s:b,s:n,s:{s:i}}", "s", "x\x1b", "i", 7, "b", 1, "n", "o", "k", 1);

	assert_string_equal(cli_value(c, json_object_get(v, "s")), "x?");
	assert_string_equal(cli_value(c, json_object_get(v, "i")), "7");
	assert_string_equal(cli_value(c, json_object_get(v, "b")), "yes");
	assert_string_equal(cli_value(c, json_object_get(v, "n")), "-");
	assert_string_equal(cli_value(c, json_object_get(v, "o")), "{\"k\":1}");
	assert_string_equal(cli_value(c, NULL), "-");
	assert_string_equal(cli_member(c, v, "i"), "");
	json_decref(v);
	run_free(c);
}

int test_cli(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_options_mix),
		cmocka_unit_test(wrong_use_is_told),
		cmocka_unit_test(negative_numbers_and_a_dash_are_words),
		cmocka_unit_test(text_from_outside_cannot_move_the_terminal),
		cmocka_unit_test(words_become_path_segments),
		cmocka_unit_test(values_in_few_characters),
	};

	return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
