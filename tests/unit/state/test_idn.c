/* SPDX-License-Identifier: Apache-2.0 */
/* test_idn: names in both forms, and what is no name. */
#include "test_state.h"

#include "state/idn.h"

static void names_become_ascii_and_unicode(void **state)
{
	static const struct {
		const char *in, *ascii, *unicode;
	} rows[] = {
		{ "example.com", "example.com", "example.com" },
		{ "EXAMPLE.Com.", "example.com", "example.com" },
		{ "m\xc3\xbcnchen.example", "xn--mnchen-3ya.example", "m\xc3\xbcnchen.example" },
		{ "M\xc3\x9cNCHEN.example", "xn--mnchen-3ya.example", "m\xc3\xbcnchen.example" },
		{ "xn--mnchen-3ya.example", "xn--mnchen-3ya.example", "m\xc3\xbcnchen.example" },
		{ "_acme-challenge.a.example", "_acme-challenge.a.example", "_acme-challenge.a.example" },
		{ "*.example", "*.example", "*.example" },
		{ "xn--0.example", "xn--0.example", "xn--0.example" },
	};
	char ascii[STATE_NAME_BYTES], unicode[STATE_UNICODE_BYTES];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(state_idn_ascii(slice_str(rows[i].in), ascii), OK);
		assert_string_equal(ascii, rows[i].ascii);
		assert_string_equal(state_idn_unicode(ascii, unicode), rows[i].unicode);
	}
}

static void what_is_no_name(void **state)
{
	static const char *const bad[] = { "",    ".", "a..b", ".a", "a b", "a/b", "\xff\xfe", "\xe2\x80\x8d.example",
					   "a*.b" };
	char ascii[STATE_NAME_BYTES], longest[600];

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(state_idn_ascii(slice_str(bad[i]), ascii), ERR_SYNTAX);
	memset(longest, 'a', sizeof longest);
	assert_int_equal(state_idn_ascii(slice_of(longest, 64), ascii), ERR_SYNTAX);
	for (size_t i = 50; i < sizeof longest; i += 51)
		longest[i] = '.';
	assert_int_equal(state_idn_ascii(slice_of(longest, 253), ascii), OK);
	assert_int_equal(state_idn_ascii(slice_of(longest, 254), ascii), ERR_SYNTAX);
	longest[0] = '\xc3';
	longest[1] = '\xa4';
	assert_int_equal(state_idn_ascii(slice_of(longest, 600), ascii), ERR_SYNTAX);
}

int test_idn(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_become_ascii_and_unicode),
		cmocka_unit_test(what_is_no_name),
	};

	return cmocka_run_group_tests_name("idn", tests, NULL, NULL);
}
