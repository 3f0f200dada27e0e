/* SPDX-License-Identifier: Apache-2.0 */
/* Borrowed runs of bytes. */
#include "groups.h"

static const struct slice none = { NULL, 0 };

static void construct(void **state)
{
	struct slice s = SLICE("a\0b");

	assert_int_equal(s.n, 3);
	assert_int_equal(slice_str("abc").n, 3);
	assert_int_equal(slice_str(NULL).n, 0);
	assert_slice(slice_of("abc", 2), "ab");
}

static void equality(void **state)
{
	assert_true(slice_eq(SLICE(""), none));
	assert_true(slice_eq(SLICE("a\0b"), SLICE("a\0b")));
	assert_false(slice_eq(SLICE("a\0b"), SLICE("a\0c")));
	assert_false(slice_eq(SLICE("a"), SLICE("ab")));
	assert_true(slice_eq_nocase(SLICE("aBc-1"), SLICE("AbC-1")));
	assert_false(slice_eq_nocase(SLICE("a"), SLICE("ab")));
	/* Only letters have case: these pairs differ in 0x20 too. */
	assert_false(slice_eq_nocase(SLICE("["), SLICE("{")));
	assert_false(slice_eq_nocase(SLICE("@"), SLICE("`")));
	assert_false(slice_eq_nocase(SLICE("\r"), SLICE("-")));
	assert_false(slice_eq_nocase(SLICE("\xc0"), SLICE("\xe0")));
	assert_true(slice_eq_ct(SLICE("token"), SLICE("token")));
	assert_false(slice_eq_ct(SLICE("token"), SLICE("tokem")));
	assert_false(slice_eq_ct(SLICE("token"), SLICE("toke")));
	assert_true(slice_eq_ct(none, none));
}

static void lower(void **state)
{
	for (int c = 0; c < 256; c++)
		assert_int_equal((uint8_t)slice_lower((char)c), c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static void starts_and_ends(void **state)
{
	assert_true(slice_starts(SLICE("abc"), SLICE("ab")));
	assert_true(slice_starts(SLICE("abc"), none));
	assert_false(slice_starts(SLICE("ab"), SLICE("abc")));
	assert_true(slice_starts_nocase(SLICE("HTTP://x"), SLICE("http://")));
	assert_true(slice_ends(SLICE("abc"), SLICE("bc")));
	assert_true(slice_ends(SLICE("abc"), none));
	assert_false(slice_ends(SLICE("bc"), SLICE("abc")));
	assert_false(slice_ends(SLICE("abc"), SLICE("ab")));
}

static void parts(void **state)
{
	assert_slice(slice_from(SLICE("abc"), 1), "bc");
	assert_slice(slice_from(SLICE("abc"), 3), "");
	assert_slice(slice_from(SLICE("abc"), SIZE_MAX), "");
	assert_int_equal(slice_from(none, 5).n, 0);
	assert_slice(slice_first(SLICE("abc"), 2), "ab");
	assert_slice(slice_first(SLICE("abc"), SIZE_MAX), "abc");
}

static void find(void **state)
{
	assert_int_equal(slice_find(SLICE("abca"), 'a'), 0);
	assert_int_equal(slice_rfind(SLICE("abca"), 'a'), 3);
	assert_int_equal(slice_find(SLICE("abc"), 'x'), SIZE_MAX);
	assert_int_equal(slice_find(none, 'x'), SIZE_MAX);
	assert_int_equal(slice_rfind(none, 'x'), SIZE_MAX);
	assert_int_equal(slice_find(SLICE("a\0b"), 'b'), 2);
	assert_true(slice_contains(SLICE("abcd"), SLICE("bc")));
	assert_true(slice_contains(SLICE("abcd"), none));
	assert_false(slice_contains(SLICE("abcd"), SLICE("bd")));
	assert_false(slice_contains(SLICE("a"), SLICE("ab")));
}

static void trim(void **state)
{
	assert_slice(slice_trim(SLICE(" \ta b\t ")), "a b");
	assert_slice(slice_trim(SLICE(" \t ")), "");
	assert_slice(slice_trim(none), "");
	assert_slice(slice_trim(SLICE("\r\na\v")), "\r\na\v"); /* OWS is spaces and tabs only */
}

static void split(void **state)
{
	struct slice rest = SLICE("a,,b");

	assert_slice(slice_split(&rest, ','), "a");
	assert_slice(slice_split(&rest, ','), "");
	assert_slice(slice_split(&rest, ','), "b");
	assert_null(rest.p);
	rest = SLICE("a,");
	assert_slice(slice_split(&rest, ','), "a");
	assert_non_null(rest.p); /* something, empty, is still to come */
	assert_slice(slice_split(&rest, ','), "");
	assert_null(rest.p);
}

static void u64(void **state)
{
	static const char *const bad[] = {
		"",    "-1", "+1",      " 1", "1 ", "0x1", "18446744073709551616", "99999999999999999999",
		"1.0", "1a", "\xd9\xa3"
	};
	uint64_t v = 7;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(slice_u64(slice_str(bad[i]), &v));
	assert_true(v == 7); /* untouched */
	assert_true(slice_u64(SLICE("18446744073709551615"), &v) && v == UINT64_MAX);
	assert_true(slice_u64(SLICE("0"), &v) && v == 0);
	assert_true(slice_u64(SLICE("000000000000000000000000042"), &v) && v == 42);
}

static void cstr(void **state)
{
	char out[4];

	assert_true(slice_cstr(SLICE("abc"), out, sizeof out));
	assert_string_equal(out, "abc");
	assert_false(slice_cstr(SLICE("abcd"), out, sizeof out));
	assert_string_equal(out, "abc");
	assert_false(slice_cstr(SLICE("a"), out, 1));
	assert_string_equal(out, "");
	assert_true(slice_cstr(none, out, 1));
}

int test_slice(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(construct), cmocka_unit_test(equality), cmocka_unit_test(lower),
		cmocka_unit_test(parts),     cmocka_unit_test(find),     cmocka_unit_test(starts_and_ends),
		cmocka_unit_test(trim),      cmocka_unit_test(split),    cmocka_unit_test(u64),
		cmocka_unit_test(cstr),
	};
	return cmocka_run_group_tests_name("slice", tests, NULL, NULL);
}
