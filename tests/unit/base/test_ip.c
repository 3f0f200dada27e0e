/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, ports and prefixes; text forms of RFC 5952. */
#include "groups.h"

#include "base/ip.h"

#include <netinet/in.h>

static void addresses(void **state)
{
	static const char *const bad[] = { "",          "1",         "1.2.3",
					   "1.2.3.4.5", "256.1.1.1", "01.2.3.4",
					   "1.2.3.4 ",  " 1.2.3.4",  "1.2.3.x",
					   "::1::",     "[::1]",     "fe80::1%1",
					   "12345::",   ":",         "1:2:3:4:5:6:7:8:9",
					   "0x1.2.3.4", "1.2.3.4/8", "::ffff:1.2.3.256" };
	static const struct {
		const char *in, *out;
	} good[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "0.0.0.0", "0.0.0.0" },
		{ "2001:DB8:0:0:0:0:0:1", "2001:db8::1" },
		{ "::", "::" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" }, /* RFC 5952 4.2.3: the first longest run */
		{ "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};
	char out[IP_TEXT_BYTES];
	struct ip ip = { .family = 9 };

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(ip_parse(slice_str(bad[i]), &ip), ERR_SYNTAX);
	assert_int_equal(ip_parse(SLICE("1.2.3.4\0"), &ip), ERR_SYNTAX);
	assert_int_equal(ip.family, 9);
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_int_equal(ip_parse(slice_str(good[i].in), &ip), OK);
		assert_int_equal(ip_print(&ip, out), strlen(good[i].out));
		assert_string_equal(out, good[i].out);
	}
	ip = (struct ip){ 0 };
	ip_print(&ip, out);
	assert_string_equal(out, "-");
}

static void ports(void **state)
{
	static const char *const bad[] = {
		"",      "192.0.2.1", "192.0.2.1:",      "192.0.2.1:0",   "192.0.2.1:65536", "::1:80",
		"[::1]", "[::1]:",    "[192.0.2.1]:80",  "192.0.2.1:+80", "192.0.2.1: 80",   ":80",
		"[]:80", "a:80",      "192.0.2.1:000080"
	};
	struct ip_port a;
	char out[IP_PORT_TEXT_BYTES];

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(ip_port_parse(slice_str(bad[i]), false, &a), ERR_SYNTAX);
	assert_int_equal(ip_port_parse(SLICE("192.0.2.1:65535"), false, &a), OK);
	ip_port_print(&a, out);
	assert_string_equal(out, "192.0.2.1:65535");
	assert_int_equal(ip_port_parse(SLICE("[2001:db8::1]:443"), false, &a), OK);
	assert_int_equal(ip_port_print(&a, out), 17);
	assert_string_equal(out, "[2001:db8::1]:443");
	assert_int_equal(ip_port_parse(SLICE("127.0.0.1:0"), true, &a), OK);
	assert_int_equal(a.port, 0);
}

static struct ip ip_of(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(slice_str(text), &ip), OK);
	return ip;
}

static void prefixes(void **state)
{
	static const char *const bad[] = { "192.0.2.0/33",   "192.0.2.1/24",   "192.0.2.0/",      "192.0.2.0/-1", "/24",
					   "2001:db8::/129", "2001:db8::1/64", "192.0.2.0/24/24", "192.0.2.0/x" };
	struct ip_prefix p;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(ip_prefix_parse(slice_str(bad[i]), &p), ERR_SYNTAX);
	for (unsigned bits = 0; bits <= 32; bits++) {
		/* The address with only its first `bits` bits set, as a prefix, holds itself and not its neighbour
		 * below. */
		uint32_t v = bits ? 0xffffffffu << (32 - bits) : 0;
		struct ip net = { .family = 4, .b = { v >> 24, v >> 16 & 0xff, v >> 8 & 0xff, v & 0xff } };
		p = (struct ip_prefix){ net, (uint8_t)bits };
		struct ip all_ones = ip_of("255.255.255.255"), zero = ip_of("0.0.0.0");
		assert_true(ip_in(&net, &p));
		assert_true(ip_in(&all_ones, &p));
		assert_int_equal(ip_in(&zero, &p), bits == 0);
	}
	assert_int_equal(ip_prefix_parse(SLICE("2001:db8::/33"), &p), OK);
	struct ip in = ip_of("2001:db8:7fff::1"), out = ip_of("2001:db8:8000::1"), v4 = ip_of("192.0.2.1");
	assert_true(ip_in(&in, &p));
	assert_false(ip_in(&out, &p));
	assert_false(ip_in(&v4, &p));
	assert_int_equal(ip_prefix_parse(SLICE("192.0.2.1"), &p), OK);
	assert_int_equal(p.bits, 32);
	assert_true(ip_in(&v4, &p));
}

static void loopback_and_equality(void **state)
{
	struct ip a = ip_of("127.1.2.3"), b = ip_of("::1"), c = ip_of("::2"), d = ip_of("128.0.0.1");

	assert_true(ip_is_loopback(&a) && ip_is_loopback(&b));
	assert_false(ip_is_loopback(&c) || ip_is_loopback(&d));
	assert_true(ip_eq(&a, &a));
	assert_false(ip_eq(&a, &d) || ip_eq(&b, &c));
}

static void sockaddrs(void **state)
{
	static const char *const rows[] = { "192.0.2.1:80", "[2001:db8::1]:443" };
	struct sockaddr_storage sa;
	struct ip_port a, back;
	char out[IP_PORT_TEXT_BYTES];

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(ip_port_parse(slice_str(rows[i]), false, &a), OK);
		assert_int_equal(ip_to_sockaddr(&a, &sa), i ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
		assert_true(ip_from_sockaddr(&sa, &back));
		assert_true(ip_eq(&a.ip, &back.ip) && a.port == back.port);
	}
	/* An IPv4 client on an IPv6 socket is IPv4. */
	assert_int_equal(ip_port_parse(SLICE("[::ffff:192.0.2.1]:80"), false, &a), OK);
	ip_to_sockaddr(&a, &sa);
	assert_true(ip_from_sockaddr(&sa, &back));
	ip_port_print(&back, out);
	assert_string_equal(out, "192.0.2.1:80");
	sa.ss_family = AF_UNIX;
	assert_false(ip_from_sockaddr(&sa, &back));
}

int test_ip(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses), cmocka_unit_test(ports),
		cmocka_unit_test(prefixes),  cmocka_unit_test(loopback_and_equality),
		cmocka_unit_test(sockaddrs),
	};
	return cmocka_run_group_tests_name("ip", tests, NULL, NULL);
}
