/* SPDX-License-Identifier: Apache-2.0 */
/* Rates: credit, refilling, networks and kinds apart, slips, a table that does not grow. */
#include "test_dns.h"

#include "dns/dns_rate.h"

static unsigned passed(struct dns_rate *r, const char *from, uint8_t kind, const char *what, unsigned tries,
		       uint64_t now)
{
	unsigned n = 0;
	struct ip ip;

	assert_int_equal(ip_parse(slice_str(from), &ip), OK);
	for (unsigned i = 0; i < tries; i++)
		n += dns_rate_take(r, &ip, kind, slice_str(what), now) == DNS_RATE_PASS;
	return n;
}

static void credit(void **state)
{
	struct dns_rate *r = dns_rate_new(1024, 10, 2);

	assert_int_equal(passed(r, "192.0.2.1", 0, "a", 100, 5000), 10);
	assert_int_equal(passed(r, "192.0.2.200", 0, "a", 100, 5000), 0); /* one network */
	assert_int_equal(passed(r, "192.0.3.1", 0, "a", 100, 5000), 10);
	assert_int_equal(passed(r, "192.0.2.1", 1, "a", 100, 5000), 10);
	assert_int_equal(passed(r, "192.0.2.1", 0, "b", 100, 5000), 10);
	assert_int_equal(passed(r, "192.0.2.1", 0, "a", 100, 5100), 1);
	assert_int_equal(passed(r, "192.0.2.1", 0, "a", 100, 5600), 5);
	assert_int_equal(passed(r, "192.0.2.1", 0, "a", 100, 999999), 10);
	assert_int_equal(passed(r, "2001:db8:0:1::1", 0, "a", 100, 5000), 10);
	assert_int_equal(passed(r, "2001:db8:0:2::1", 0, "a", 100, 5000), 0); /* one /56 */
	assert_int_equal(passed(r, "2001:db8:0:102::1", 0, "a", 100, 5000), 10);
	dns_rate_free(r);
}

static void slips(void **state)
{
	struct dns_rate *r = dns_rate_new(64, 1, 3);
	struct ip ip;
	int slipped = 0;

	assert_int_equal(ip_parse(SLICE("192.0.2.1"), &ip), OK);
	assert_int_equal(dns_rate_take(r, &ip, 0, SLICE("x"), 1), DNS_RATE_PASS);
	for (int i = 0; i < 9; i++)
		slipped += dns_rate_take(r, &ip, 0, SLICE("x"), 1) == DNS_RATE_SLIP;
	assert_int_equal(slipped, 3);
	dns_rate_free(r);
}

int test_dns_rate(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(credit), cmocka_unit_test(slips) };

	return cmocka_run_group_tests_name("dns_rate", tests, NULL, NULL);
}
