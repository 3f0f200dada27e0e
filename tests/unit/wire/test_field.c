/* SPDX-License-Identifier: Apache-2.0 */
/* Names, numbers and flags of fields (RFC 9110 5.1). */
#include "groups.h"

#include "wire/field.h"

#include <ctype.h>
#include <stdlib.h>

static void every_name_is_found(void **state)
{
	for (int id = 1; id < FIELD_COUNT; id++) {
		struct slice name = field_name((enum field_id)id);
		char *p = exact_copy(name);
		assert_true(field_is_token(name));
		assert_int_equal(field_lookup(name), id);
		for (size_t i = 0; i < name.n; i++) {
			assert_int_equal(slice_lower(p[i]), p[i]); /* the table is in lower case */
			p[i] = (char)toupper((unsigned char)p[i]);
		}
		assert_int_equal(field_lookup(slice_of(p, name.n)), id);
		for (size_t i = 0; i < name.n; i += 2)
			p[i] = (char)tolower((unsigned char)p[i]);
		assert_int_equal(field_lookup(slice_of(p, name.n)), id);
		free(p);
	}
}

/* One byte changed to any other is another name: the comparison by words must not blur bytes that differ in 0x20. */
static void no_other_byte_passes(void **state)
{
	for (int id = 1; id < FIELD_COUNT; id++) {
		struct slice name = field_name((enum field_id)id);
		char *p = exact_copy(name);
		for (size_t i = 0; i < name.n; i++) {
			for (int c = 0; c < 256; c++) {
				p[i] = (char)c;
				bool same = slice_eq_nocase(slice_of(p, name.n), name);
				assert_int_equal(field_lookup(slice_of(p, name.n)) == (enum field_id)id, same);
			}
			p[i] = name.p[i];
		}
		free(p);
	}
}

static void unknown_names(void **state)
{
	char longest[80];

	memset(longest, 'a', sizeof longest);
	for (size_t n = 0; n <= sizeof longest; n++)
		assert_int_equal(field_lookup(slice_of(longest, n)), FIELD_OTHER);
	assert_int_equal(field_lookup(SLICE("hos")), FIELD_OTHER);
	assert_int_equal(field_lookup(SLICE("hostt")), FIELD_OTHER);
	assert_int_equal(field_lookup(SLICE("content_length")), FIELD_OTHER);
	assert_int_equal(field_lookup(slice_of(NULL, 0)), FIELD_OTHER);
}

static void names_are_unique(void **state)
{
	for (int a = 1; a < FIELD_COUNT; a++)
		for (int b = a + 1; b < FIELD_COUNT; b++)
			assert_false(slice_eq(field_name((enum field_id)a), field_name((enum field_id)b)));
}

static void names_and_flags(void **state)
{
	assert_slice(field_name(FIELD_HOST), "host");
	assert_slice(field_name(FIELD_OTHER), "");
	assert_int_equal(field_name(FIELD_COUNT).n, 0);
	assert_int_equal(field_flags(FIELD_OTHER), 0);
	assert_int_equal(field_flags(FIELD_COUNT), 0);
	/* RFC 9110 7.6.1: these are never forwarded. */
	assert_true(field_flags(FIELD_CONNECTION) & F_HOP);
	assert_true(field_flags(FIELD_TRANSFER_ENCODING) & F_HOP);
	assert_true(field_flags(FIELD_TE) & F_HOP);
	assert_false(field_flags(FIELD_COOKIE) & F_HOP);
	assert_true(field_flags(FIELD_CF_CONNECTING_IP) & F_SPOOF);
	assert_true(field_flags(FIELD_CONTENT_LENGTH) & F_ONE);
}

static const struct field some[] = {
	{ SLICE_INIT("Host"), SLICE_INIT("a"), FIELD_HOST },   { SLICE_INIT("X-One"), SLICE_INIT("1"), FIELD_OTHER },
	{ SLICE_INIT("Via"), SLICE_INIT("1.1 a"), FIELD_VIA }, { SLICE_INIT("x-one"), SLICE_INIT("2"), FIELD_OTHER },
	{ SLICE_INIT("via"), SLICE_INIT("1.1 b"), FIELD_VIA },
};
enum { SOME = sizeof some / sizeof some[0] };

static void find(void **state)
{
	assert_ptr_equal(field_find(some, SOME, FIELD_VIA), &some[2]);
	assert_null(field_find(some, SOME, FIELD_AGE));
	assert_null(field_find(some, 0, FIELD_HOST));
	assert_ptr_equal(field_find_name(some, SOME, SLICE("X-ONE")), &some[1]);
	assert_ptr_equal(field_find_name(some, SOME, SLICE("VIA")), &some[2]);
	assert_null(field_find_name(some, SOME, SLICE("x-two")));
	assert_null(field_find_name(some, SOME, SLICE("age")));
	assert_int_equal(field_count(some, SOME, FIELD_VIA), 2);
	assert_int_equal(field_count(some, SOME, FIELD_AGE), 0);
	assert_int_equal(field_count(some, 1, FIELD_HOST), 1);
	assert_int_equal(field_count(some, 2, FIELD_VIA), 0);
}

static void tokens_and_values(void **state)
{
	assert_true(field_is_token(SLICE("a!#$%&'*+-.^_`|~0")));
	assert_false(field_is_token(SLICE("")));
	assert_false(field_is_token(SLICE("a b")));
	assert_false(field_is_token(SLICE("a:")));
	assert_false(field_is_token(SLICE("\xc3\xa9")));
	assert_true(field_is_value(SLICE("")));
	assert_true(field_is_value(SLICE("a\tb c \xc3\xa9")));
	assert_false(field_is_value(SLICE("a\0b")));
	assert_false(field_is_value(SLICE("a\rb")));
	assert_false(field_is_value(SLICE("a\nb")));
	assert_false(field_is_value(SLICE("abcdefghijklmnopqrstuvwxyz\x7f")));
}

int test_field(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_is_found), cmocka_unit_test(no_other_byte_passes),
		cmocka_unit_test(unknown_names),       cmocka_unit_test(names_are_unique),
		cmocka_unit_test(names_and_flags),     cmocka_unit_test(find),
		cmocka_unit_test(tokens_and_values),
	};
	return cmocka_run_group_tests_name("field", tests, NULL, NULL);
}
