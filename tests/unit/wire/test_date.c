/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP dates (RFC 9110 5.6.7); the C library's timegm and gmtime_r are the oracle for the calendar. */
#include "groups.h"

#include "wire/date.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const int64_t now = 1718000000; /* June 2024 */

static enum err parse(struct slice s, int64_t at, int64_t *ret)
{
	char *p = exact_copy(s);
	enum err e = date_parse(slice_of(p, s.n), at, ret);

	free(p);
	return e;
}

static void good_dates(void **state)
{
	static const struct {
		const char *in;
		int64_t s;
	} rows[] = {
		/* The three examples of the RFC are one moment. */
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
		{ "Sun Nov  6 08:49:37 1994", 784111777 },
		{ "Wed Nov 16 08:49:37 1994", 784975777 },
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
		{ "Wed, 31 Dec 1969 23:59:59 GMT", -1 },
		{ "Thu, 29 Feb 2024 12:00:00 GMT", 1709208000 },
		{ "Tue, 29 Feb 2000 00:00:00 GMT", 951782400 },
		{ "Fri, 31 Dec 9999 23:59:59 GMT", 253402300799 },
		/* The weekday is one, not the right one. */
		{ "Mon, 06 Nov 1994 08:49:37 GMT", 784111777 },
		/* A leap second is the second before. */
		{ "Sat, 31 Dec 2016 23:59:60 GMT", 1483228799 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t s = 12345;
		assert_err(parse(slice_str(rows[i].in), now, &s), OK, rows[i].in);
		assert_true(s == rows[i].s);
	}
}

static void bad_dates(void **state)
{
	static const char *const rows[] = {
		"",
		"0",
		"-1",
		"now",
		"784111777",
		"Sun",
		"Sun,",
		"Sun, ",
		"Sun, 06 Nov 1994",
		"Sun, 06 Nov 1994 08:49:37",
		"Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 gmt",
		"Sun, 06 Nov 1994 08:49:37 GMT ",
		" Sun, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37 +0000",
		"Sun, 06 Nov 1994 08:49:37 GMT+1",
		"sun, 06 Nov 1994 08:49:37 GMT",
		"SUN, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 nov 1994 08:49:37 GMT",
		"Sun, 06 NOV 1994 08:49:37 GMT",
		"Sun, 6 Nov 1994 08:49:37 GMT",
		"Sun, 006 Nov 1994 08:49:37 GMT",
		"Sun,06 Nov 1994 08:49:37 GMT",
		"Sun,  06 Nov 1994 08:49:37 GMT",
		"Sun, 06  Nov 1994 08:49:37 GMT",
		"Sun, 06-Nov-1994 08:49:37 GMT",
		"Sun, 06 Nov 94 08:49:37 GMT",
		"Sun, 06 Nov 19940 08:49:37 GMT",
		"Sun, 06 Nov 1994 8:49:37 GMT",
		"Sun, 06 Nov 1994 08:49 GMT",
		"Sun, 06 Nov 1994 08.49.37 GMT",
		"Sun, 06 Nov 1994 24:00:00 GMT",
		"Sun, 06 Nov 1994 08:60:37 GMT",
		"Sun, 06 Nov 1994 08:49:61 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT",
		"Sun, 32 Jan 1994 08:49:37 GMT",
		"Wed, 29 Feb 2023 12:00:00 GMT",
		"Wed, 29 Feb 1900 12:00:00 GMT",
		"Wed, 30 Feb 2024 12:00:00 GMT",
		"Xyz, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Xyz 1994 08:49:37 GMT",
		"Sun, -6 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:3a GMT",
		"Sun, 06 Nov 1994 +8:49:37 GMT",
		"Sunday, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-1994 08:49:37 GMT",
		"Sun, 06-Nov-94 08:49:37 GMT",
		"Sunday 06-Nov-94 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37",
		"Sundays, 06-Nov-94 08:49:37 GMT",
		"Sun Nov 6 08:49:37 1994",
		"Sun Nov 06  08:49:37 1994",
		"Sun Nov  6 08:49:37 94",
		"Sun Nov  6 08:49:37 1994 ",
		"Sun Nov  6 08:49:37 GMT 1994",
		"Sunday Nov  6 08:49:37 1994",
		"Sun Nov   6 08:49:37 1994",
		"Sun Nov  0 08:49:37 1994",
		"1994-11-06T08:49:37Z",
		"Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
	};
	int64_t s = 77;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_err(parse(slice_str(rows[i]), now, &s), ERR_SYNTAX, rows[i]);
	assert_err(parse(SLICE("Sun, 06 Nov 1994 08:49:37 GMT\0"), now, &s), ERR_SYNTAX, "NUL");
	assert_true(s == 77); /* untouched on failure */
}

/* Every beginning of a valid date is not one. */
static void cut_dates(void **state)
{
	static const char *const rows[] = { "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
					    "Sun Nov  6 08:49:37 1994" };
	int64_t s;

	for (size_t i = 0; i < 3; i++)
		for (size_t n = 0; n < strlen(rows[i]); n++)
			assert_err(parse(slice_of(rows[i], n), now, &s), ERR_SYNTAX, rows[i]);
}

/* Two-digit years stay within 50 years of now (RFC 9110 5.6.7). */
static void centuries(void **state)
{
	static const struct {
		unsigned now_year, yy, year;
	} rows[] = {
		{ 2024, 24, 2024 }, { 2024, 74, 2074 }, { 2024, 75, 1975 }, { 2024, 99, 1999 }, { 2024, 0, 2000 },
		{ 2080, 10, 2110 }, { 2080, 30, 2130 }, { 2080, 31, 2031 }, { 1999, 49, 2049 }, { 1999, 50, 1950 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[64], full[64];
		int64_t at, got, want;
		snprintf(text, sizeof text, "Mon, 15 Jun %04u 00:00:00 GMT", rows[i].now_year);
		assert_err(parse(slice_str(text), 0, &at), OK, text);
		snprintf(text, sizeof text, "Monday, 15-Jun-%02u 00:00:00 GMT", rows[i].yy);
		snprintf(full, sizeof full, "Mon, 15 Jun %04u 00:00:00 GMT", rows[i].year);
		assert_err(parse(slice_str(full), 0, &want), OK, full);
		assert_err(parse(slice_str(text), at, &got), OK, text);
		assert_true(got == want);
	}
}

static void print_and_back(void **state)
{
	char out[DATE_BYTES + 1] = { 0 }, want[64];

	/* About 40,000 moments from 1970 to the year 9999, by a step that is no multiple of a day. */
	for (int64_t s = 0; s < 253402300800; s += 6271233) {
		time_t t = (time_t)s;
		struct tm tm;
		int64_t back;
		date_print(s, out);
		gmtime_r(&t, &tm);
		strftime(want, sizeof want, "%a, %d %b %Y %H:%M:%S GMT", &tm);
		assert_string_equal(out, want);
		assert_int_equal(date_parse(slice_of(out, DATE_BYTES), now, &back), OK);
		assert_true(back == s);
	}
	date_print(253402300799, out);
	assert_string_equal(out, "Fri, 31 Dec 9999 23:59:59 GMT");
}

/* Years before 1970 too, against timegm. */
static void old_dates(void **state)
{
	for (int year = 1; year < 1970; year += 13) {
		struct tm tm = { .tm_year = year - 1900, .tm_mon = year % 12, .tm_mday = 1 + year % 28, .tm_hour = 5 };
		char text[64];
		int64_t got;
		static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
		snprintf(text, sizeof text, "Mon, %02d %.3s %04d 05:00:00 GMT", tm.tm_mday, months + 3 * tm.tm_mon,
			 year);
		assert_err(parse(slice_str(text), now, &got), OK, text);
		assert_true(got == (int64_t)timegm(&tm));
	}
}

int test_date(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_dates), cmocka_unit_test(bad_dates),      cmocka_unit_test(cut_dates),
		cmocka_unit_test(centuries),  cmocka_unit_test(print_and_back), cmocka_unit_test(old_dates),
	};
	return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
