/* SPDX-License-Identifier: Apache-2.0 */
/*
 * date: see date.h. Days and civil dates are converted in years that begin in March, so that the leap day is the last
 * day of its year and 400 years are 146,097 days. Source: Howard Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms".
 */
#include "wire/date.h"

#include "base/check.h"

enum { DATE__DAY_S = 86400, DATE__ERA_DAYS = 146097, DATE__ERA_YEARS = 400 };
/* From 1 March of year 0 to 1 January 1970. */
enum { DATE__EPOCH_DAYS = 719468 };

static const char date__days[7][10] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" };
static const char date__months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

/* A date and time in UTC; month 1 to 12. */
struct date__civil {
	int64_t year;
	unsigned month, day, hour, minute, second;
};

/* Reads a form one piece at a time; after the first mismatch nothing matches any more. */
struct date__reader {
	struct slice rest;
	bool bad;
};

/* Drops the text if it comes next; bad otherwise. */
static void date__text(struct date__reader *r, struct slice text)
{
	r->bad |= !slice_starts(r->rest, text);
	r->rest = slice_from(r->rest, text.n);
}

/* A number of exactly `digits` digits. */
static unsigned date__number(struct date__reader *r, size_t digits)
{
	unsigned v = 0;

	for (size_t i = 0; i < digits; i++) {
		if (i >= r->rest.n || !slice_is_digit(r->rest.p[i])) {
			r->bad = true;
			return 0;
		}
		v = v * 10 + (unsigned)(r->rest.p[i] - '0');
	}
	r->rest = slice_from(r->rest, digits);
	return v;
}

static unsigned date__month(struct date__reader *r)
{
	for (unsigned i = 0; i < 12; i++) {
		if (slice_starts(r->rest, slice_of(date__months[i], 3))) {
			r->rest = slice_from(r->rest, 3);
			return i + 1;
		}
	}
	r->bad = true;
	return 1;
}

/* Drops a weekday; true when it was written in full. */
static bool date__weekday(struct date__reader *r)
{
	for (unsigned i = 0; i < 7; i++) {
		struct slice full = slice_str(date__days[i]);
		bool is_full = slice_starts(r->rest, full);
		if (!is_full && !slice_starts(r->rest, slice_first(full, 3)))
			continue;
		r->rest = slice_from(r->rest, is_full ? full.n : 3);
		return is_full;
	}
	r->bad = true;
	return false;
}

static void date__clock(struct date__reader *r, struct date__civil *c)
{
	c->hour = date__number(r, 2);
	date__text(r, SLICE(":"));
	c->minute = date__number(r, 2);
	date__text(r, SLICE(":"));
	c->second = date__number(r, 2);
}

static int64_t date__to_s(const struct date__civil *c)
{
	/* March is month 0 of a year that ends with February. */
	int64_t year = c->month > 2 ? c->year : c->year - 1;
	int64_t era = (year >= 0 ? year : year - DATE__ERA_YEARS + 1) / DATE__ERA_YEARS;
	int64_t year_of_era = year - era * DATE__ERA_YEARS;
	int64_t month = (c->month + 9) % 12;
	/* 153 days are five months of 31, 30, 31, 30, 31 days, beginning with March and again with August. */
	int64_t day_of_year = (153 * month + 2) / 5 + (int64_t)c->day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	int64_t days = era * DATE__ERA_DAYS + day_of_era - DATE__EPOCH_DAYS;

	return days * DATE__DAY_S + c->hour * 3600 + c->minute * 60 + c->second;
}

/* s from 0 on. */
static struct date__civil date__from_s(int64_t s)
{
	int64_t days = s / DATE__DAY_S + DATE__EPOCH_DAYS;
	unsigned of_day = (unsigned)(s % DATE__DAY_S);
	int64_t era = days / DATE__ERA_DAYS, day_of_era = days % DATE__ERA_DAYS;
	/* Leap days before this one are taken out: every 4 years, not every 100, but every 400. */
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (DATE__ERA_DAYS - 1)) / 365;
	int64_t day_of_year = day_of_era - (year_of_era * 365 + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153;
	struct date__civil c;

	c.day = (unsigned)(day_of_year - (153 * month + 2) / 5 + 1);
	c.month = (unsigned)(month < 10 ? month + 3 : month - 9);
	c.year = era * DATE__ERA_YEARS + year_of_era + (c.month <= 2);
	c.hour = of_day / 3600;
	c.minute = of_day / 60 % 60;
	c.second = of_day % 60;
	return c;
}

/* A two-digit year, at most 50 years after now (RFC 9110 5.6.7) and less than 50 before. */
static int64_t date__century(unsigned yy, int64_t now_s)
{
	int64_t now = date__from_s(now_s > 0 ? now_s : 0).year;
	int64_t year = now - now % 100 + yy;

	if (year > now + 50)
		return year - 100;
	return year <= now - 50 ? year + 100 : year;
}

static bool date__is_valid(const struct date__civil *c)
{
	static const uint8_t days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = c->year % 4 == 0 && (c->year % 100 != 0 || c->year % 400 == 0);
	unsigned last = c->month == 2 && leap ? 29 : days[c->month - 1];

	return c->day >= 1 && c->day <= last && c->hour < 24 && c->minute < 60 && c->second <= 60;
}

/* "Nov  6 08:49:37 1994", what follows the weekday of asctime. */
static void date__asctime(struct date__reader *r, struct date__civil *c)
{
	date__text(r, SLICE(" "));
	c->month = date__month(r);
	date__text(r, SLICE(" "));
	if (slice_starts(r->rest, SLICE(" "))) {
		r->rest = slice_from(r->rest, 1);
		c->day = date__number(r, 1);
	} else {
		c->day = date__number(r, 2);
	}
	date__text(r, SLICE(" "));
	date__clock(r, c);
	date__text(r, SLICE(" "));
	c->year = date__number(r, 4);
}

/* "06 Nov 1994 08:49:37 GMT" with spaces, or "06-Nov-94 08:49:37 GMT" with hyphens and two digits. */
static void date__gmt(struct date__reader *r, bool rfc850, int64_t now_s, struct date__civil *c)
{
	struct slice separator = rfc850 ? SLICE("-") : SLICE(" ");

	date__text(r, SLICE(", "));
	c->day = date__number(r, 2);
	date__text(r, separator);
	c->month = date__month(r);
	date__text(r, separator);
	c->year = rfc850 ? date__century(date__number(r, 2), now_s) : date__number(r, 4);
	date__text(r, SLICE(" "));
	date__clock(r, c);
	date__text(r, SLICE(" GMT"));
}

enum err date_parse(struct slice s, int64_t now_s, int64_t *ret_s)
{
	struct date__reader r = { s, false };
	struct date__civil c = { .month = 1 };
	bool full = date__weekday(&r);

	if (!full && slice_starts(r.rest, SLICE(" ")))
		date__asctime(&r, &c);
	else
		date__gmt(&r, full, now_s, &c);
	if (r.bad || r.rest.n || !date__is_valid(&c))
		return ERR_SYNTAX;
	if (c.second == 60)
		c.second = 59;
	*ret_s = date__to_s(&c);
	return OK;
}

static char *date__put2(char *out, unsigned v)
{
	out[0] = (char)('0' + v / 10);
	out[1] = (char)('0' + v % 10);
	return out + 2;
}

void date_print(int64_t s, char out[static DATE_BYTES])
{
	struct date__civil c = date__from_s(s);
	char *p = out;

	CHECK(s >= 0 && c.year <= 9999);
	memcpy(p, date__days[(s / DATE__DAY_S + 4) % 7], 3);
	memcpy(p + 3, ", ", 2);
	p = date__put2(p + 5, c.day);
	p[0] = ' ';
	memcpy(p + 1, date__months[c.month - 1], 3);
	p[4] = ' ';
	p = date__put2(p + 5, (unsigned)c.year / 100);
	p = date__put2(p, (unsigned)c.year % 100);
	p[0] = ' ';
	p = date__put2(p + 1, c.hour);
	p[0] = ':';
	p = date__put2(p + 1, c.minute);
	p[0] = ':';
	p = date__put2(p + 1, c.second);
	memcpy(p, " GMT", 4);
}
