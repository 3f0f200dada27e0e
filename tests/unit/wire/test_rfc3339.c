/* SPDX-License-Identifier: Apache-2.0 */
/* test_rfc3339: dates there and back, and what is no date. */
#include "groups.h"

#include "wire/rfc3339.h"

static void known_dates(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01T00:00:00.5Z", 500 },
		{ "1985-04-12T23:20:50.52Z", 482196050520 },
		{ "1996-12-19T16:39:57-08:00", 851042397000 },
		{ "1990-12-31T23:59:60Z", 662687999000 },
		{ "2000-02-29 12:00:00+00:00", 951825600000 },
		{ "2026-11-25T23:06:31.123456789z", 1795647991123 },
		{ "9999-12-31T23:59:59.999Z", 253402300799999 },
	};
	char out[RFC3339_BYTES];
	int64_t ms;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(rfc3339_parse(slice_str(rows[i].text), &ms), OK);
		assert_int_equal(ms, rows[i].ms);
		int64_t back;
		assert_int_equal(rfc3339_parse(slice_str(rfc3339_print(ms, out)), &back), OK);
		assert_int_equal(back, ms);
	}
	assert_string_equal(rfc3339_print(482196050520, out), "1985-04-12T23:20:50.520000Z");
}

static void every_day_goes_there_and_back(void **state)
{
	char out[RFC3339_BYTES];

	for (int64_t day = 0; day < 200 * 366; day++) {
		int64_t ms = day * 86400000 + 86399999, back = -1;
		assert_int_equal(rfc3339_parse(slice_str(rfc3339_print(ms, out)), &back), OK);
		assert_int_equal(back, ms);
	}
}

static void what_is_no_date(void **state)
{
	static const char *const bad[] = { "",
					   "2026",
					   "2026-11-25",
					   "2026-11-25T23:06:31",
					   "2026-11-25T23:06:31.Z",
					   "2026-11-25T23:06:31.1234567890Z",
					   "2026-11-25T23:06:31Zx",
					   "2026-11-25T23:06:31+2:00",
					   "2026-11-25X23:06:31Z",
					   "26-11-25T23:06:31Z",
					   "2026-1-25T23:06:31Z",
					   "2026-11-25T23:06:31+24:00" },
				 *const none[] = { "1969-12-31T23:59:59Z", "2026-02-29T00:00:00Z",
						   "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
						   "2026-11-31T00:00:00Z", "2026-11-25T24:00:00Z",
						   "2026-11-25T00:60:00Z", "1970-01-01T00:00:00+01:00" };
	int64_t ms = 42;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(rfc3339_parse(slice_str(bad[i]), &ms), ERR_SYNTAX);
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		assert_int_equal(rfc3339_parse(slice_str(none[i]), &ms), ERR_RANGE);
	assert_int_equal(ms, 42);
}

int test_rfc3339(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_dates),
		cmocka_unit_test(every_day_goes_there_and_back),
		cmocka_unit_test(what_is_no_date),
	};

	return cmocka_run_group_tests_name("rfc3339", tests, NULL, NULL);
}
