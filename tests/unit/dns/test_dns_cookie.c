/* SPDX-License-Identifier: Apache-2.0 */
/* Server cookies: the examples of RFC 9018 appendix A. */
#include "test_dns.h"

#include "dns/dns_cookie.h"

static const uint8_t secret[DNS_COOKIE_SECRET_BYTES] = { 0xe5, 0xe9, 0x73, 0xe5, 0xa6, 0xb2, 0xa4, 0x3f,
							 0x48, 0xe7, 0xdc, 0x84, 0x9e, 0x37, 0xbf, 0xcf };

static struct ip address(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(slice_str(text), &ip), OK);
	return ip;
}

static void examples(void **state)
{
	static const uint8_t client[8] = { 0x24, 0x64, 0xc4, 0xab, 0xcf, 0x10, 0xc9, 0x57 };
	static const uint8_t want[DNS_COOKIE_BYTES] = { 0x24, 0x64, 0xc4, 0xab, 0xcf, 0x10, 0xc9, 0x57,
							0x01, 0x00, 0x00, 0x00, 0x5c, 0xf7, 0x9f, 0x11,
							0x1f, 0x81, 0x30, 0xc3, 0xee, 0xe2, 0x94, 0x80 };
	struct ip from = address("198.51.100.100");
	uint8_t got[DNS_COOKIE_BYTES];

	dns_cookie_make(secret, slice_of(client, sizeof client), &from, 1559731985, got);
	assert_memory_equal(got, want, sizeof want);
}

static void age_and_address(void **state)
{
	static const uint8_t client[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct ip from = address("2001:db8::1"), other = address("2001:db8::2");
	uint8_t c[DNS_COOKIE_BYTES];
	struct slice s = slice_of(c, sizeof c);

	dns_cookie_make(secret, slice_of(client, sizeof client), &from, 1000000, c);
	assert_true(dns_cookie_valid(secret, s, &from, 1000000));
	assert_true(dns_cookie_valid(secret, s, &from, 1003600));
	assert_false(dns_cookie_valid(secret, s, &from, 1003601));
	assert_true(dns_cookie_valid(secret, s, &from, 999700));
	assert_false(dns_cookie_valid(secret, s, &from, 999699));
	assert_false(dns_cookie_valid(secret, s, &other, 1000000));
	assert_false(dns_cookie_valid(secret, slice_first(s, 8), &from, 1000000));
	c[20] ^= 1;
	assert_false(dns_cookie_valid(secret, s, &from, 1000000));
}

int test_dns_cookie(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(examples), cmocka_unit_test(age_and_address) };

	return cmocka_run_group_tests_name("dns_cookie", tests, NULL, NULL);
}
