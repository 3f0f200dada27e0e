/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions and ranges on stored answers (RFC 9110 13.1, 13.2.2, 14; RFC 9111 4.3.2; edge.md 2.8, 2.11). */
#include "test_cache.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define FULL CACHE_ANSWER_FULL
#define SAME CACHE_ANSWER_NOT_MODIFIED
#define FAILED CACHE_ANSWER_PRECONDITION_FAILED
#define PARTS CACHE_ANSWER_RANGES
#define NONE CACHE_ANSWER_UNSATISFIABLE

#define TAG "ETag: \"abcdef\"\n"
#define WEAK "ETag: W/\"abcdef\"\n"
#define LM "Last-Modified: Wed, 09 Oct 2024 00:00:00 GMT\n"
#define AT(day) "If-Modified-Since: " day " Oct 2024 00:00:00 GMT\n"
#define UNTIL(day) "If-Unmodified-Since: " day " Oct 2024 00:00:00 GMT\n"

struct row {
	const char *stored, *request;
	enum cache_answer want;
};

static enum cache_answer evaluate(const struct row *row, enum method method, uint16_t status, uint64_t size)
{
	struct fixture_head q = fixture_head(row->request), r = fixture_head(row->stored);
	struct cache_request request = fixture_request(&q);
	struct cache_response response = fixture_response(status, &r);
	struct byte_range ranges[4];
	size_t n = 0;

	request.method = method;
	return cache_evaluate(&request, &response, size, ranges, COUNT(ranges), &n);
}

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum cache_answer got = evaluate(&rows[i], METHOD_GET, 200, 10);
		if (got != rows[i].want)
			fail_msg("row %zu [%s] [%s]: %d", i, rows[i].stored, rows[i].request, (int)got);
	}
}

static void tags(void **state)
{
	static const struct row rows[] = {
		{ TAG, "", FULL },
		{ TAG, "If-None-Match: \"abcdef\"\n", SAME },
		{ TAG, "If-None-Match: W/\"abcdef\"\n", SAME }, /* weak comparison */
		{ WEAK, "If-None-Match: W/\"abcdef\"\n", SAME },
		{ WEAK, "If-None-Match: \"abcdef\"\n", SAME },
		{ TAG, "If-None-Match: \"ABCDEF\"\n", FULL },
		{ TAG, "If-None-Match: \"abcdef\", \"1234\", \"5678\"\n", SAME },
		{ TAG, "If-None-Match: \"1234\", \"abcdef\", \"5678\"\n", SAME },
		{ TAG, "If-None-Match: \"1234\"\nIf-None-Match: \"abcdef\"\n", SAME },
		{ TAG, "If-None-Match: *\n", SAME },
		{ "", "If-None-Match: *\n", SAME },
		{ "", "If-None-Match: \"a\"\n", FULL },
		{ "ETag: abcdef\n", "If-None-Match: abcdef\n", SAME }, /* malformed alike */
		{ "ETag: abcdef\n", "If-None-Match: \"abcdef\"\n", FULL },
		/* 13.2.2: If-None-Match over If-Modified-Since, either way */
		{ TAG LM, "If-None-Match: \"abcdef\"\n" AT("Sun, 06"), SAME },
		{ TAG LM, "If-None-Match: \"x\"\n" AT("Thu, 10"), FULL },
		{ TAG, "If-Match: \"abcdef\"\n", FULL },
		{ TAG, "If-Match: \"x\", \"abcdef\"\n", FULL },
		{ TAG, "If-Match: *\n", FULL },
		{ TAG, "If-Match: \"x\"\n", FAILED },
		{ WEAK, "If-Match: W/\"abcdef\"\n", FAILED }, /* strong comparison */
		{ "", "If-Match: \"x\"\n", FAILED },
		{ TAG, "If-Match: \"abcdef\"\nIf-None-Match: \"abcdef\"\n", SAME },
		{ TAG, "If-Match: \"x\"\nIf-None-Match: \"abcdef\"\n", FAILED },
	};

	check_rows(rows, COUNT(rows));
}

static void dates(void **state)
{
	static const struct row rows[] = {
		{ LM, AT("Wed, 09"), SAME },
		{ LM, AT("Thu, 10"), SAME },
		{ LM, AT("Tue, 08"), FULL },
		{ LM, AT("Fri, 11"), SAME }, /* a date ahead of us is as good as any */
		{ LM, "If-Modified-Since: Wednesday, 09-Oct-24 00:00:00 GMT\n", SAME },
		{ LM, "If-Modified-Since: WED, 09 oct 2024 00:00:00 gmt\n", SAME },
		{ LM, "If-Modified-Since: Wed Oct  9 00:00:00 2024\n", SAME },
		{ LM, "If-Modified-Since: now\n", FULL },
		{ LM, AT("Wed, 09") AT("Wed, 09"), FULL },
		/* 4.3.2: Date, or the time of receipt */
		{ FIXTURE_DATE, AT("Thu, 10"), SAME },
		{ FIXTURE_DATE, AT("Wed, 09"), FULL },
		{ "", AT("Thu, 10"), SAME },
		{ "", AT("Wed, 09"), FULL },
		{ "Date: Sat, 12 Oct 2024 00:00:00 GMT\n", AT("Thu, 10"), SAME }, /* origin's clock ahead */
		{ "Date: Sun, 06 Oct 2024 00:00:00 GMT\n", AT("Mon, 07"), SAME },
		{ LM, UNTIL("Wed, 09"), FULL },
		{ LM, UNTIL("Tue, 08"), FAILED },
		{ LM, "If-Unmodified-Since: x\n", FULL },
		{ TAG LM, "If-Match: \"abcdef\"\n" UNTIL("Tue, 08"), FULL }, /* If-Match alone counts */
	};

	check_rows(rows, COUNT(rows));
}

static void ranged(void **state)
{
	static const struct row rows[] = {
		{ TAG, "Range: bytes=0-1\n", PARTS },
		{ TAG, "Range: bytes=1-\n", PARTS },
		{ TAG, "Range: bytes=-1\n", PARTS },
		{ TAG, "Range: bytes=0-1,4-5\n", PARTS },
		{ TAG, "Range: bytes=0-1,3-3,5-5,7-7,9-9\n", FULL }, /* more than the array holds */
		{ TAG, "Range: bytes=10-\n", NONE },
		{ TAG, "Range: bytes=-0\n", NONE },
		{ TAG, "Range: bytes=5-1\n", NONE },
		{ TAG, "Range: bytes=4-5,0-1\n", NONE },
		{ TAG, "Range: lines=1-2\n", FULL },
		{ TAG, "Range: bytes=a-b\n", FULL },
		{ TAG, "Range: bytes=0-1\nRange: bytes=0-1\n", FULL },
		{ TAG, "Range: bytes=0-1\nIf-None-Match: \"abcdef\"\n", SAME },
		{ TAG LM, "Range: bytes=0-1\n" AT("Thu, 10"), SAME },
		{ TAG, "Range: bytes=0-1\nIf-Range: \"abcdef\"\n", PARTS },
		{ TAG, "Range: bytes=0-1\nIf-Range: \"x\"\n", FULL },
		{ WEAK, "Range: bytes=0-1\nIf-Range: W/\"abcdef\"\n", FULL },
		{ TAG, "Range: bytes=0-1\nIf-Range: \"abcdef\"\nIf-Range: \"abcdef\"\n", FULL },
		{ "ETag: x\"y\n", "Range: bytes=0-1\nIf-Range: x\"y\n", FULL },
		{ FIXTURE_DATE LM, "Range: bytes=0-1\nIf-Range: Wed, 09 Oct 2024 00:00:00 GMT\n", PARTS },
		{ FIXTURE_DATE LM, "Range: bytes=0-1\nIf-Range: Thu, 10 Oct 2024 00:00:00 GMT\n", FULL },
		{ FIXTURE_DATE, "Range: bytes=0-1\nIf-Range: Thu, 10 Oct 2024 00:00:00 GMT\n", FULL },
		/* 8.8.2.2: changed in the second of the answer, it may change again unseen */
		{ "Date: Wed, 09 Oct 2024 00:00:00 GMT\n" LM,
		  "Range: bytes=0-1\nIf-Range: Wed, 09 Oct 2024 00:00:00 GMT\n", FULL },
		{ TAG, "If-Range: \"abcdef\"\n", FULL },
	};
	struct fixture_head q = fixture_head("Range: bytes=0-1,4-5\n"), r = fixture_head(TAG);
	struct cache_request request = fixture_request(&q);
	struct cache_response response = fixture_response(200, &r);
	struct byte_range ranges[2];
	size_t n = 0;

	check_rows(rows, COUNT(rows));
	assert_int_equal(cache_evaluate(&request, &response, 6, ranges, 2, &n), PARTS);
	assert_int_equal(n, 2);
	assert_int_equal(ranges[1].from, 4);
	assert_int_equal(ranges[1].to, 5);
}

static void not_applicable(void **state)
{
	const struct row range = { TAG, "Range: bytes=0-1\n", FULL };
	const struct row tag = { TAG, "If-None-Match: \"abcdef\"\n", FULL };

	assert_int_equal(evaluate(&range, METHOD_HEAD, 200, 10), FULL);
	assert_int_equal(evaluate(&range, METHOD_GET, 200, UINT64_MAX), FULL);
	assert_int_equal(evaluate(&range, METHOD_GET, 404, 10), FULL);
	assert_int_equal(evaluate(&range, METHOD_GET, 200, 0), NONE);
	assert_int_equal(evaluate(&tag, METHOD_HEAD, 200, 10), SAME);
	assert_int_equal(evaluate(&tag, METHOD_GET, 404, 10), FULL);
	assert_int_equal(evaluate(&tag, METHOD_GET, 301, 10), FULL);
	assert_int_equal(evaluate(&tag, METHOD_POST, 200, 10), FULL);
}

int test_conditional(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags),
		cmocka_unit_test(dates),
		cmocka_unit_test(ranged),
		cmocka_unit_test(not_applicable),
	};

	return cmocka_run_group_tests_name("cache/conditional", tests, NULL, NULL);
}
