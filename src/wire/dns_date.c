/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/dns_date.h"

static const struct {
	char letter;
	uint32_t seconds;
} dns_date__units[] = { { 'w', 604800 }, { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };

static uint32_t dns_date__unit(char c)
{
	for (size_t i = 0; i < sizeof(dns_date__units) / sizeof(dns_date__units[0]); i++)
		if (dns_date__units[i].letter == slice_lower(c))
			return dns_date__units[i].seconds;
	return 0;
}

enum err dns_date_ttl(struct slice s, uint32_t *ret_s)
{
	uint64_t all = 0, v;

	if (slice_u64(s, &v)) {
		if (v > INT32_MAX)
			return ERR_RANGE;
		*ret_s = (uint32_t)v;
		return OK;
	}
	if (s.n == 0)
		return ERR_SYNTAX;
	while (s.n) {
		size_t digits = 0;
		uint32_t unit;

		while (digits < s.n && slice_is_digit(s.p[digits]))
			digits++;
		if (digits == s.n || !slice_u64(slice_first(s, digits), &v))
			return ERR_SYNTAX;
		unit = dns_date__unit(s.p[digits]);
		if (!unit)
			return ERR_SYNTAX;
		if (v > INT32_MAX || all + v * unit > INT32_MAX)
			return ERR_RANGE;
		all += v * unit;
		s = slice_from(s, digits + 1);
	}
	*ret_s = (uint32_t)all;
	return OK;
}

enum { DNS_DATE__DAY_S = 86400 };

static bool dns_date__leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned dns_date__month_days(unsigned year, unsigned month)
{
	static const uint8_t days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && dns_date__leap(year) ? 1u : 0u);
}

static uint64_t dns_date__part(struct slice s, size_t from, size_t n)
{
	uint64_t v = 0;

	(void)slice_u64(slice_first(slice_from(s, from), n), &v);
	return v;
}

/* Days from 1970 to a date that is one; false when it is not. */
static bool dns_date__days(unsigned year, unsigned month, uint64_t day, uint64_t *ret)
{
	uint64_t days = 0;

	if (month < 1 || month > 12 || day < 1 || day > dns_date__month_days(year, month))
		return false;
	for (unsigned y = 1970; y < year; y++)
		days += dns_date__leap(y) ? 366 : 365;
	for (unsigned m = 1; m < month; m++)
		days += dns_date__month_days(year, m);
	*ret = days + day - 1;
	return true;
}

enum err dns_date_parse(struct slice s, uint32_t *ret_s)
{
	uint64_t v, days;

	if (!slice_u64(s, &v))
		return ERR_SYNTAX;
	if (s.n <= 10) {
		if (v > UINT32_MAX)
			return ERR_RANGE;
		*ret_s = (uint32_t)v;
		return OK;
	}
	if (s.n != DNS_DATE_BYTES)
		return ERR_SYNTAX;
	unsigned year = (unsigned)dns_date__part(s, 0, 4);
	uint64_t hour = dns_date__part(s, 8, 2), minute = dns_date__part(s, 10, 2), second = dns_date__part(s, 12, 2);

	if (year < 1970 || year > 2106)
		return ERR_RANGE;
	if (hour > 23 || minute > 59 || second > 59 ||
	    !dns_date__days(year, (unsigned)dns_date__part(s, 4, 2), dns_date__part(s, 6, 2), &days))
		return ERR_SYNTAX;
	v = days * DNS_DATE__DAY_S + hour * 3600 + minute * 60 + second;
	if (v > UINT32_MAX)
		return ERR_RANGE;
	*ret_s = (uint32_t)v;
	return OK;
}

void dns_date_print(uint32_t s, char out[static DNS_DATE_BYTES])
{
	uint32_t days = s / DNS_DATE__DAY_S, rest = s % DNS_DATE__DAY_S;
	unsigned year = 1970, month = 1;

	while (days >= (dns_date__leap(year) ? 366u : 365u))
		days -= dns_date__leap(year++) ? 366u : 365u;
	while (days >= dns_date__month_days(year, month))
		days -= dns_date__month_days(year, month++);
	const unsigned parts[] = { year / 100, year % 100, month, days + 1, rest / 3600, rest / 60 % 60, rest % 60 };

	for (size_t i = 0; i < DNS_DATE_BYTES / 2; i++) {
		out[2 * i] = (char)('0' + parts[i] / 10);
		out[2 * i + 1] = (char)('0' + parts[i] % 10);
	}
}
