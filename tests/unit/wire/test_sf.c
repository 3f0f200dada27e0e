/* SPDX-License-Identifier: Apache-2.0 */
/* Structured-field dictionaries (RFC 8941 3.2, 4.2.2). */
#include "groups.h"

#include "wire/sf.h"

#include <stdlib.h>

/* Number of members, or SIZE_MAX when the dictionary is malformed. */
static size_t members(struct slice s)
{
	char *p = exact_copy(s);
	struct sf_dict d = sf_dict_of(slice_of(p, s.n));
	struct slice key;
	struct sf_item item;
	size_t n = 0;

	while (sf_dict_next(&d, &key, &item))
		n++;
	free(p);
	return d.bad ? SIZE_MAX : n;
}

static struct sf_item only(struct slice s)
{
	struct sf_dict d = sf_dict_of(s);
	struct slice key;
	struct sf_item item = { 0 };

	assert_true(sf_dict_next(&d, &key, &item));
	assert_slice(key, "a");
	return item;
}

static void types(void **state)
{
	struct sf_item i = only(SLICE("a=-15"));

	assert_int_equal(i.type, SF_INTEGER);
	assert_true(i.integer == -15);
	i = only(SLICE("a=999999999999999"));
	assert_true(i.integer == 999999999999999);
	i = only(SLICE("a=-1.5"));
	assert_int_equal(i.type, SF_DECIMAL);
	assert_true(i.integer == -1500);
	i = only(SLICE("a=\"x\\\"y\""));
	assert_int_equal(i.type, SF_STRING);
	assert_slice(i.text, "x\\\"y");
	i = only(SLICE("a=foo/b:c"));
	assert_int_equal(i.type, SF_TOKEN);
	assert_slice(i.text, "foo/b:c");
	i = only(SLICE("a=:aGk=:"));
	assert_int_equal(i.type, SF_BYTES);
	assert_slice(i.text, "aGk=");
	i = only(SLICE("a=?0"));
	assert_int_equal(i.type, SF_BOOLEAN);
	assert_true(i.integer == 0);
	i = only(SLICE("a"));
	assert_int_equal(i.type, SF_BOOLEAN);
	assert_true(i.integer == 1);
	i = only(SLICE("a=(1 \"b\";c d);e=2"));
	assert_int_equal(i.type, SF_INNER_LIST);
	assert_slice(i.text, "(1 \"b\";c d)");
}

static void good(void **state)
{
	assert_int_equal(members(SLICE("")), 0);
	assert_int_equal(members(SLICE("a, b")), 2);
	assert_int_equal(members(SLICE("a=1 ,\tb=2;x;y=\"z\", c=()")), 3);
	assert_int_equal(members(SLICE("*a.b-c_d=1")), 1);
	assert_int_equal(members(SLICE("a;  b=1")), 1);
	assert_int_equal(members(SLICE("a=(  1   2  )")), 1);
	assert_int_equal(members(SLICE("a=*tok")), 1);
	assert_int_equal(members(SLICE("z=Zz, a=:a1+/Zz==:, b=\"a b\"")), 3);
	assert_int_equal(members(SLICE("a=123456789012.123")), 1);
}

static void bad(void **state)
{
	static const char *const rows[] = {
		"A=1",
		"1a=1",
		"=1",
		"a=",
		"a= 1",
		"a =1",
		"a=1 b",
		"a,",
		"a,,b",
		",a",
		"a;",
		"a;B",
		"a; =1",
		"a ;b",
		"a=1;b=",
		"a=-",
		"a=--1",
		"a=+1",
		"a=1234567890123456",
		"a=1.",
		"a=1.1234",
		"a=1234567890123.1",
		"a=.5",
		"a=1.2.3",
		"a=\"",
		"a=\"x",
		"a=\"\\",
		"a=\"\\x\"",
		"a=\"\xc3\xa9\"",
		"a=\"\x7f\"",
		"a=\"\t\"",
		"a=?",
		"a=?2",
		"a=?true",
		"a=:",
		"a=:a",
		"a=:*:",
		"a=(",
		"a=(1",
		"a=(1,2)",
		"a=(1\"x\")",
		"a=(1\t2)",
		"a=((1))",
		"a=(a b",
		"a=(;x)",
		"a=)",
		"a=&",
		"&&&&&",
		"a\x0b",
		"\"a\"",
		"a=1;;b",
		"a={}",
		"{\"a\":1}",
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (members(slice_str(rows[i])) != SIZE_MAX)
			fail_msg("taken as a dictionary: %s", rows[i]);
	assert_int_equal(members(SLICE("a\0")), SIZE_MAX);
}

static void bad_is_sticky(void **state)
{
	struct sf_dict d = sf_dict_of(SLICE("a, &, b"));
	struct slice key;
	struct sf_item item;

	assert_true(sf_dict_next(&d, &key, &item));
	assert_false(sf_dict_next(&d, &key, &item));
	assert_true(d.bad);
	assert_false(sf_dict_next(&d, &key, &item));
}

int test_sf(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(types),
		cmocka_unit_test(good),
		cmocka_unit_test(bad),
		cmocka_unit_test(bad_is_sticky),
	};
	return cmocka_run_group_tests_name("sf", tests, NULL, NULL);
}
