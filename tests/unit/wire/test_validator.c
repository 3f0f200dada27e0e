/* SPDX-License-Identifier: Apache-2.0 */
/* Entity tags (RFC 9110 8.8.3, 13.1) and ranges (14). */
#include "groups.h"

#include "wire/validator.h"

#include <stdlib.h>

static void tags(void **state)
{
	assert_true(etag_is_valid(SLICE("\"\"")));
	assert_true(etag_is_valid(SLICE("\"abc\"")));
	assert_true(etag_is_valid(SLICE("W/\"abc\"")));
	assert_true(etag_is_valid(SLICE("\"a\\b,c!\xff\"")));
	assert_false(etag_is_valid(SLICE("")));
	assert_false(etag_is_valid(SLICE("abc")));
	assert_false(etag_is_valid(SLICE("\"")));
	assert_false(etag_is_valid(SLICE("\"abc")));
	assert_false(etag_is_valid(SLICE("abc\"")));
	assert_false(etag_is_valid(SLICE("w/\"abc\""))); /* 8.8.3: W is case-sensitive */
	assert_false(etag_is_valid(SLICE("W/abc")));
	assert_false(etag_is_valid(SLICE("W/")));
	assert_false(etag_is_valid(SLICE("\"a b\"")));
	assert_false(etag_is_valid(SLICE("\"a\"b\"")));
	assert_false(etag_is_valid(SLICE("\"a\x7f\"")));
	assert_false(etag_is_valid(SLICE("\"a\0\"")));
}

/* The table of RFC 9110 8.8.3.2. */
static void comparisons(void **state)
{
	assert_false(etag_eq_strong(SLICE("W/\"1\""), SLICE("W/\"1\"")));
	assert_true(etag_eq_weak(SLICE("W/\"1\""), SLICE("W/\"1\"")));
	assert_false(etag_eq_strong(SLICE("W/\"1\""), SLICE("W/\"2\"")));
	assert_false(etag_eq_weak(SLICE("W/\"1\""), SLICE("W/\"2\"")));
	assert_false(etag_eq_strong(SLICE("W/\"1\""), SLICE("\"1\"")));
	assert_true(etag_eq_weak(SLICE("W/\"1\""), SLICE("\"1\"")));
	assert_true(etag_eq_strong(SLICE("\"1\""), SLICE("\"1\"")));
	assert_true(etag_eq_weak(SLICE("\"1\""), SLICE("\"1\"")));
}

static void lists(void **state)
{
	assert_true(etag_list_matches_weak(SLICE("*"), SLICE("\"a\"")));
	assert_true(etag_list_matches_weak(SLICE("\"x\", W/\"a\""), SLICE("\"a\"")));
	assert_true(etag_list_matches_weak(SLICE("\"a\",\"b\""), SLICE("W/\"b\"")));
	assert_true(etag_list_matches_weak(SLICE(" , \"b\" ,"), SLICE("\"b\"")));
	/* A comma or backslash inside a tag is part of it. */
	assert_true(etag_list_matches_weak(SLICE("\"a,b\", \"c\""), SLICE("\"a,b\"")));
	assert_true(etag_list_matches_weak(SLICE("\"a\\\", \"c\""), SLICE("\"c\"")));
	assert_false(etag_list_matches_weak(SLICE("\"a,b\""), SLICE("\"a\"")));
	assert_false(etag_list_matches_weak(SLICE("\"b\", \"c\""), SLICE("\"a\"")));
	assert_false(etag_list_matches_weak(SLICE(""), SLICE("\"a\"")));
	assert_false(etag_list_matches_weak(SLICE("\"*\""), SLICE("\"a\"")));
	assert_false(etag_list_matches_weak(SLICE("\"a"), SLICE("\"a\"")));
	/* Unquoted members are compared as they are. */
	assert_true(etag_list_matches_weak(SLICE("abc, def"), SLICE("def")));
	assert_false(etag_list_matches_weak(SLICE("abc"), SLICE("\"abc\"")));
	assert_true(etag_list_matches_strong(SLICE("\"b\", \"a\""), SLICE("\"a\"")));
	assert_true(etag_list_matches_strong(SLICE("*"), SLICE("\"a\"")));
	assert_false(etag_list_matches_strong(SLICE("W/\"a\""), SLICE("\"a\"")));
	assert_false(etag_list_matches_strong(SLICE("W/\"a\""), SLICE("W/\"a\"")));
}

struct range_row {
	const char *value;
	uint64_t size;
	enum range_verdict verdict;
	size_t n;
	struct byte_range ranges[3];
};

static const struct range_row range_rows[] = {
	{ "bytes=0-499", 10000, RANGE_ONE, 1, { { 0, 499 } } },
	{ "BYTES=0-0", 10000, RANGE_ONE, 1, { { 0, 0 } } },
	{ "bytes=500-", 10000, RANGE_ONE, 1, { { 500, 9999 } } },
	{ "bytes=-500", 10000, RANGE_ONE, 1, { { 9500, 9999 } } },
	{ "bytes=-20000", 10000, RANGE_ONE, 1, { { 0, 9999 } } },
	{ "bytes=9999-10000", 10000, RANGE_ONE, 1, { { 9999, 9999 } } },
	{ "bytes=0-99999999999999999999999", 10000, RANGE_ONE, 1, { { 0, 9999 } } },
	{ "bytes=-99999999999999999999999", 10000, RANGE_ONE, 1, { { 0, 9999 } } },
	{ "bytes=0-0,2-3, -1", 10, RANGE_MANY, 3, { { 0, 0 }, { 2, 3 }, { 9, 9 } } },
	{ "bytes=0-0,,1-1,", 10, RANGE_MANY, 2, { { 0, 0 }, { 1, 1 } } },
	{ "bytes=", 10, RANGE_UNSATISFIABLE, 0, { { 0, 0 } } },
	{ "bytes=-0", 10, RANGE_UNSATISFIABLE, 0, { { 0, 0 } } },
	{ "bytes=5-4", 10, RANGE_UNSATISFIABLE, 0, { { 0, 0 } } },
	{ "bytes=10-", 10, RANGE_UNSATISFIABLE, 0, { { 0, 0 } } },
	{ "bytes=99999999999999999999999-", 10, RANGE_UNSATISFIABLE, 0, { { 0, 0 } } },
	{ "bytes=0-4,4-8", 10, RANGE_UNSATISFIABLE, 0, { { 0, 0 } } },
	{ "bytes=4-5,0-1", 10, RANGE_UNSATISFIABLE, 0, { { 0, 0 } } },
	{ "bytes=0-4,-6", 10, RANGE_UNSATISFIABLE, 0, { { 0, 0 } } },
	{ "bytes=0-1,10-11", 10, RANGE_UNSATISFIABLE, 0, { { 0, 0 } } },
	{ "bytes=0-0", 0, RANGE_UNSATISFIABLE, 0, { { 0, 0 } } },
	{ "bytes=-1", 0, RANGE_UNSATISFIABLE, 0, { { 0, 0 } } },
	/* RFC 9110 14.2: what is not understood is ignored. */
	{ "", 10, RANGE_IGNORE, 0, { { 0, 0 } } },
	{ "bytes", 10, RANGE_IGNORE, 0, { { 0, 0 } } },
	{ "bytes 0-1", 10, RANGE_IGNORE, 0, { { 0, 0 } } },
	{ "items=0-1", 10, RANGE_IGNORE, 0, { { 0, 0 } } },
	{ "bytes=,", 10, RANGE_IGNORE, 0, { { 0, 0 } } },
	{ "bytes=-", 10, RANGE_IGNORE, 0, { { 0, 0 } } },
	{ "bytes=1", 10, RANGE_IGNORE, 0, { { 0, 0 } } },
	{ "bytes=a-b", 10, RANGE_IGNORE, 0, { { 0, 0 } } },
	{ "bytes=0-1x", 10, RANGE_IGNORE, 0, { { 0, 0 } } },
	{ "bytes=0x0-1", 10, RANGE_IGNORE, 0, { { 0, 0 } } },
	{ "bytes=+0-1", 10, RANGE_IGNORE, 0, { { 0, 0 } } },
	{ "bytes=0 - 1", 10, RANGE_IGNORE, 0, { { 0, 0 } } },
	{ "bytes=--1", 10, RANGE_IGNORE, 0, { { 0, 0 } } },
	{ "bytes=0-1-2", 10, RANGE_IGNORE, 0, { { 0, 0 } } },
	{ "bytes=0-0,x", 10, RANGE_IGNORE, 0, { { 0, 0 } } },
	{ "bytes=5-4,x", 10, RANGE_IGNORE, 0, { { 0, 0 } } },
	{ "bytes=0-0,2-2,4-4,6-6", 10, RANGE_IGNORE, 0, { { 0, 0 } } }, /* more than the caller takes */
};

static void ranges(void **state)
{
	for (size_t i = 0; i < sizeof range_rows / sizeof range_rows[0]; i++) {
		const struct range_row *row = &range_rows[i];
		struct byte_range got[3];
		struct slice s = slice_str(row->value);
		size_t n = 99;
		char *p = exact_copy(s);
		enum range_verdict v = range_resolve(slice_of(p, s.n), row->size, got, 3, &n);
		free(p);
		if (v != row->verdict)
			fail_msg("%s of %llu: verdict %d", row->value, (unsigned long long)row->size, v);
		assert_int_equal(n, row->n ? row->n : 99);
		for (size_t k = 0; k < row->n; k++)
			assert_true(got[k].from == row->ranges[k].from && got[k].to == row->ranges[k].to);
	}
}

static void content_range(void **state)
{
	static const char *const bad[] = { "",
					   "bytes",
					   "bytes */100",
					   "bytes 0-9",
					   "bytes 0-9/",
					   "bytes 9-0/100",
					   "bytes 0-100/100",
					   "bytes 0-9/0",
					   "items 0-9/100",
					   "bytes=0-9/100",
					   "bytes 0-9/x",
					   "bytes -9/100",
					   "bytes 0-/100",
					   "bytes 0 -9/100",
					   "bytes 0-9/100 ",
					   "bytes  0-9/100",
					   "bytes 0-9/-100",
					   "bytes 99999999999999999999-9/100" };
	struct byte_range r = { 1, 2 };
	uint64_t size = 3;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_err(range_content_parse(slice_str(bad[i]), &r, &size), ERR_SYNTAX, bad[i]);
	assert_true(r.from == 1 && r.to == 2 && size == 3);
	assert_err(range_content_parse(SLICE("bytes 42-1233/1234"), &r, &size), OK, "RFC 9110 14.4");
	assert_true(r.from == 42 && r.to == 1233 && size == 1234);
	assert_err(range_content_parse(SLICE("Bytes 42-1233/*"), &r, &size), OK, "unknown size");
	assert_true(size == UINT64_MAX);
	assert_err(range_content_parse(SLICE("bytes 0-0/1"), &r, &size), OK, "one byte");
}

int test_validator(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags),   cmocka_unit_test(comparisons),   cmocka_unit_test(lists),
		cmocka_unit_test(ranges), cmocka_unit_test(content_range),
	};
	return cmocka_run_group_tests_name("validator", tests, NULL, NULL);
}
