/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: kinds, counts, compression and truncation for every shape of name. */
#include "test_dns.h"

#include <stdio.h>

static struct test_asked a;

static const char json[] = "{\"kind\":\"dns\",\"name\":\"zone.test\",\"ns\":[\"ns1.zone.test\",\"ns2.zone.test\"],"
			   "\"soa\":{\"min_ttl\":60},\"records\":["
			   "{\"name\":\"www.zone.test\",\"type\":\"A\",\"rdata\":\"192.0.2.1\"},"
			   "{\"name\":\"mx.zone.test\",\"type\":\"MX\",\"rdata\":\"10 Mail.zone.test.\"},"
			   "{\"name\":\"one.zone.test\",\"type\":\"CNAME\",\"rdata\":\"two.zone.test.\"},"
			   "{\"name\":\"two.zone.test\",\"type\":\"CNAME\",\"rdata\":\"www.zone.test.\"},"
			   "{\"name\":\"two.zone.test\",\"type\":\"TXT\",\"rdata\":\"beside\"},"
			   "{\"name\":\"bad.zone.test\",\"type\":\"CNAME\",\"rdata\":\"nope.zone.test.\"},"
			   "{\"name\":\"self.zone.test\",\"type\":\"CNAME\",\"rdata\":\"self.zone.test.\"},"
			   "{\"name\":\"down.zone.test\",\"type\":\"CNAME\",\"rdata\":\"x.cut.zone.test.\"},"
			   "{\"name\":\"*.w.zone.test\",\"type\":\"CNAME\",\"rdata\":\"www.zone.test.\"},"
			   "{\"name\":\"a.b.zone.test\",\"type\":\"A\",\"rdata\":\"192.0.2.1\"},"
			   "{\"name\":\"cut.zone.test\",\"type\":\"NS\",\"rdata\":\"ns.cut.zone.test.\"},"
			   "{\"name\":\"cut.zone.test\",\"type\":\"NS\",\"rdata\":\"ns.elsewhere.\"},"
			   "{\"name\":\"ns.cut.zone.test\",\"type\":\"A\",\"rdata\":\"192.0.2.2\"},"
			   "{\"name\":\"ns.cut.zone.test\",\"type\":\"AAAA\",\"rdata\":\"2001:db8::2\"}]}";

static void shapes(void **state)
{
	static const struct {
		const char *name;
		uint16_t type;
		enum dns_msg_rcode rcode;
		enum dns_answer_kind kind;
		bool aa;
		unsigned answers, authorities, additionals;
	} rows[] = {
		{ "www.zone.test", DNS_TYPE_A, DNS_MSG_NOERROR, DNS_ANSWER_DATA, true, 1, 0, 0 },
		{ "www.zone.test", DNS_TYPE_MX, DNS_MSG_NOERROR, DNS_ANSWER_NODATA, true, 0, 1, 0 },
		{ "nope.zone.test", DNS_TYPE_A, DNS_MSG_NXDOMAIN, DNS_ANSWER_NXDOMAIN, true, 0, 1, 0 },
		{ "x.www.zone.test", DNS_TYPE_A, DNS_MSG_NXDOMAIN, DNS_ANSWER_NXDOMAIN, true, 0, 1, 0 },
		{ "zone.test", DNS_TYPE_NS, DNS_MSG_NOERROR, DNS_ANSWER_DATA, true, 2, 0, 0 },
		{ "zone.test", DNS_TYPE_SOA, DNS_MSG_NOERROR, DNS_ANSWER_DATA, true, 1, 0, 0 },
		{ "one.zone.test", DNS_TYPE_A, DNS_MSG_NOERROR, DNS_ANSWER_DATA, true, 3, 0, 0 },
		{ "one.zone.test", DNS_TYPE_CNAME, DNS_MSG_NOERROR, DNS_ANSWER_DATA, true, 1, 0, 0 },
		{ "one.zone.test", DNS_TYPE_TXT, DNS_MSG_NOERROR, DNS_ANSWER_DATA, true, 2, 0, 0 },
		{ "one.zone.test", DNS_TYPE_MX, DNS_MSG_NOERROR, DNS_ANSWER_NODATA, true, 2, 1, 0 },
		{ "bad.zone.test", DNS_TYPE_A, DNS_MSG_NXDOMAIN, DNS_ANSWER_NXDOMAIN, true, 1, 1, 0 },
		{ "self.zone.test", DNS_TYPE_A, DNS_MSG_NOERROR, DNS_ANSWER_DATA, true, 1, 0, 0 },
		{ "down.zone.test", DNS_TYPE_A, DNS_MSG_NOERROR, DNS_ANSWER_DATA, true, 1, 0, 0 },
		{ "p.q.w.zone.test", DNS_TYPE_A, DNS_MSG_NOERROR, DNS_ANSWER_DATA, true, 2, 0, 0 },
		{ "w.zone.test", DNS_TYPE_A, DNS_MSG_NOERROR, DNS_ANSWER_NODATA, true, 0, 1, 0 },
		{ "*.w.zone.test", DNS_TYPE_CNAME, DNS_MSG_NOERROR, DNS_ANSWER_DATA, true, 1, 0, 0 },
		{ "b.zone.test", DNS_TYPE_A, DNS_MSG_NOERROR, DNS_ANSWER_NODATA, true, 0, 1, 0 },
		{ "x.b.zone.test", DNS_TYPE_A, DNS_MSG_NXDOMAIN, DNS_ANSWER_NXDOMAIN, true, 0, 1, 0 },
		{ "cut.zone.test", DNS_TYPE_A, DNS_MSG_NOERROR, DNS_ANSWER_REFERRAL, false, 0, 2, 2 },
		{ "cut.zone.test", DNS_TYPE_NS, DNS_MSG_NOERROR, DNS_ANSWER_REFERRAL, false, 0, 2, 2 },
		{ "a.b.cut.zone.test", DNS_TYPE_DS, DNS_MSG_NOERROR, DNS_ANSWER_REFERRAL, false, 0, 2, 2 },
		{ "ns.cut.zone.test", DNS_TYPE_A, DNS_MSG_NOERROR, DNS_ANSWER_REFERRAL, false, 0, 2, 2 },
		{ "cut.zone.test", DNS_TYPE_DS, DNS_MSG_NOERROR, DNS_ANSWER_NODATA, true, 0, 1, 0 },
		{ "www.zone.test", 255, DNS_MSG_NOERROR, DNS_ANSWER_DATA, true, 1, 0, 0 },
		{ "b.zone.test", 255, DNS_MSG_NOERROR, DNS_ANSWER_NODATA, true, 0, 1, 0 },
		{ "www.zone.test", DNS_TYPE_NSEC, DNS_MSG_NOERROR, DNS_ANSWER_NODATA, true, 0, 1, 0 },
	};
	struct dns_zone *z = test_zone_of(json);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_ask(z, NULL, rows[i].name, rows[i].type, false, DNS_MSG_BYTES_MAX, &a);
		if (a.answer.rcode != rows[i].rcode || a.answer.kind != rows[i].kind ||
		    !!(a.flags & DNS_MSG_AA) != rows[i].aa || a.answers != rows[i].answers ||
		    a.authorities != rows[i].authorities || a.additionals != rows[i].additionals ||
		    (a.flags & DNS_MSG_TC))
			fail_msg("%s %u: rcode %d, kind %d, aa %d, %u/%u/%u", rows[i].name, rows[i].type,
				 a.answer.rcode, a.answer.kind, !!(a.flags & DNS_MSG_AA), a.answers, a.authorities,
				 a.additionals);
	}
	dns_zone_free(z);
}

static void compression(void **state)
{
	static const uint8_t want[] = { 0, 10, 4, 'M', 'a', 'i', 'l', 0xc0, 12 + 3 };
	struct dns_zone *z = test_zone_of(json);
	uint16_t type;

	test_ask(z, NULL, "mX.zOne.test", DNS_TYPE_MX, false, 512, &a);
	struct slice data = test_record(&a, 0, &type);
	assert_int_equal(type, DNS_TYPE_MX);
	assert_int_equal(data.n, sizeof want);
	assert_memory_equal(data.p, want, sizeof want);
	assert_memory_equal(a.bytes + 12, "\2mX\4zOne\4test", 14);
	dns_zone_free(z);
}

static void truncation(void **state)
{
	char big[8192];
	size_t n = (size_t)snprintf(big, sizeof big,
				    "{\"kind\":\"dns\",\"name\":\"zone.test\",\"ns\":[\"ns.test\"],\"records\":[");

	for (int i = 0; i < 60; i++)
		n += (size_t)snprintf(big + n, sizeof big - n,
				      "%s{\"name\":\"many.zone.test\",\"type\":\"A\",\"rdata\":\"192.0.2.%d\"}",
				      i ? "," : "", i);
	snprintf(big + n, sizeof big - n, "]}");
	struct dns_zone *z = test_zone_of(big);
	test_ask(z, NULL, "many.zone.test", DNS_TYPE_A, false, 512, &a);
	assert_true(a.flags & DNS_MSG_TC);
	assert_int_equal(a.answers, 0);
	assert_int_equal(a.n, 12 + 16 + 4);
	test_ask(z, NULL, "many.zone.test", DNS_TYPE_A, false, 1232, &a);
	assert_false(a.flags & DNS_MSG_TC);
	assert_int_equal(a.answers, 60);
	dns_zone_free(z);
}

int test_dns_answer(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(shapes), cmocka_unit_test(compression),
					    cmocka_unit_test(truncation) };

	return cmocka_run_group_tests_name("dns_answer", tests, NULL, NULL);
}
