/* SPDX-License-Identifier: Apache-2.0 */
/* rfc3339: see rfc3339.h. */
#include "wire/rfc3339.h"

#include "base/text.h"

enum { RFC3339__DAY_S = 86400, RFC3339__YEAR_MAX = 9999 };

static bool rfc3339__leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int rfc3339__days(int64_t year, int month)
{
	static const uint8_t days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && rfc3339__leap(year));
}

/* Days from 1970-01-01 to the first of January of that year. */
static int64_t rfc3339__days_before(int64_t year)
{
	int64_t y = year - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 - 719162;
}

const char *rfc3339_print(int64_t ms, char out[static RFC3339_BYTES])
{
	if (ms < 0)
		ms = 0;
	int64_t s = ms / 1000, day = s / RFC3339__DAY_S, year = 1970 + day / 366;
	int rest = (int)(s % RFC3339__DAY_S), month = 1;

	while (year < RFC3339__YEAR_MAX && rfc3339__days_before(year + 1) <= day)
		year++;
	day -= rfc3339__days_before(year);
	while (month < 12 && day >= rfc3339__days(year, month))
		day -= rfc3339__days(year, month++);
	struct text t = text_of(out, RFC3339_BYTES);
	text_printf(&t, "%04d-%02d-%02dT%02d:%02d:%02d.%03d000Z", (int)year, month, (int)day + 1, rest / 3600,
		    rest / 60 % 60, rest % 60, (int)(ms % 1000));
	out[t.n] = '\0';
	return out;
}

/* Takes exactly n digits. */
static bool rfc3339__digits(struct slice *s, size_t n, int *ret)
{
	uint64_t v;

	if (s->n < n || !slice_u64(slice_first(*s, n), &v))
		return false;
	*s = slice_from(*s, n);
	*ret = (int)v;
	return true;
}

static bool rfc3339__byte(struct slice *s, const char *one_of)
{
	if (s->n == 0 || s->p[0] == '\0' || !strchr(one_of, s->p[0]))
		return false;
	*s = slice_from(*s, 1);
	return true;
}

/* ".123456" as milliseconds; absent: 0. */
static bool rfc3339__fraction(struct slice *s, int *ret_ms)
{
	int ms = 0, scale = 100;
	size_t n = 0;

	*ret_ms = 0;
	if (!rfc3339__byte(s, "."))
		return true;
	for (; n < s->n && slice_is_digit(s->p[n]); n++, scale /= 10)
		ms += (s->p[n] - '0') * scale;
	*s = slice_from(*s, n);
	*ret_ms = ms;
	return n >= 1 && n <= 9;
}

/* "Z", "+02:00": minutes to take away. */
static bool rfc3339__offset(struct slice *s, int *ret_minutes)
{
	int hours, minutes;

	*ret_minutes = 0;
	if (rfc3339__byte(s, "Zz"))
		return true;
	int sign = s->n && s->p[0] == '-' ? -1 : 1;
	if (!rfc3339__byte(s, "+-") || !rfc3339__digits(s, 2, &hours) || !rfc3339__byte(s, ":") ||
	    !rfc3339__digits(s, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_minutes = sign * (hours * 60 + minutes);
	return true;
}

/* Numbers of a date-time in order. */
enum { RFC3339__YEAR, RFC3339__MONTH, RFC3339__DAY, RFC3339__HOUR, RFC3339__MINUTE, RFC3339__SECOND, RFC3339__PARTS };

static bool rfc3339__parts(struct slice *s, int part[static RFC3339__PARTS])
{
	static const char *const behind[] = { "-", "-", "Tt ", ":", ":", NULL };

	for (size_t i = 0; i < RFC3339__PARTS; i++)
		if (!rfc3339__digits(s, i == RFC3339__YEAR ? 4 : 2, &part[i]) ||
		    (behind[i] && !rfc3339__byte(s, behind[i])))
			return false;
	return true;
}

static bool rfc3339__exists(const int part[static RFC3339__PARTS])
{
	static const int16_t least[] = { 1970, 1, 1, 0, 0, 0 }, most[] = { 9999, 12, 31, 23, 59, 60 };

	for (size_t i = 0; i < RFC3339__PARTS; i++)
		if (part[i] < least[i] || part[i] > most[i])
			return false;
	return part[RFC3339__DAY] <= rfc3339__days(part[RFC3339__YEAR], part[RFC3339__MONTH]);
}

enum err rfc3339_parse(struct slice s, int64_t *ret_ms)
{
	int part[RFC3339__PARTS], ms, offset;

	if (!rfc3339__parts(&s, part) || !rfc3339__fraction(&s, &ms) || !rfc3339__offset(&s, &offset) || s.n)
		return ERR_SYNTAX;
	if (!rfc3339__exists(part))
		return ERR_RANGE;
	int second = part[RFC3339__SECOND] == 60 ? 59 : part[RFC3339__SECOND];
	int64_t days = rfc3339__days_before(part[RFC3339__YEAR]) + part[RFC3339__DAY] - 1;
	for (int m = 1; m < part[RFC3339__MONTH]; m++)
		days += rfc3339__days(part[RFC3339__YEAR], m);
	int64_t at =
		days * RFC3339__DAY_S + part[RFC3339__HOUR] * 3600 + (part[RFC3339__MINUTE] - offset) * 60 + second;
	if (at < 0)
		return ERR_RANGE;
	*ret_ms = at * 1000 + ms;
	return OK;
}
