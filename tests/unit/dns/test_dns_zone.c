/* SPDX-License-Identifier: Apache-2.0 */
/* Building zones: names on the way, cuts, wildcards, merged RRsets; what is refused and where. */
#include "test_dns.h"

#include <stdio.h>

#define HEAD "{\"kind\":\"dns\",\"name\":\"Zone.Test.\",\"ns\":[\"ns1.zone.test\"]"

static const struct dns_node *node(const struct dns_zone *z, const char *name)
{
	struct dns_name n;

	assert_int_equal(dns_name_parse(slice_str(name), &dns_name_root, &n), OK);
	return dns_zone_node(z, n.w, n.n);
}

static void shape(void **state)
{
	struct dns_zone *z =
		test_zone_of(HEAD ",\"records\":["
				  "{\"name\":\"A.b.c.zone.test\",\"type\":\"a\",\"ttl\":1,\"rdata\":\"192.0.2.1\"},"
				  "{\"name\":\"a.b.c.zone.test\",\"type\":\"A\",\"ttl\":60,\"rdata\":\"192.0.2.2\"},"
				  "{\"name\":\"a.b.c.zone.test\",\"type\":\"A\",\"ttl\":60,\"rdata\":\"192.0.2.2\"},"
				  "{\"name\":\"*.w.zone.test\",\"type\":\"TXT\",\"rdata\":\"x\"},"
				  "{\"name\":\"cut.zone.test\",\"type\":\"NS\",\"rdata\":\"ns.below.cut.zone.test.\"},"
				  "{\"name\":\"ns.below.cut.zone.test\",\"type\":\"A\",\"rdata\":\"192.0.2.3\"}]}");

	assert_true(slice_eq(z->name, SLICE("zone.test")));
	const struct dns_node *a = node(z, "a.b.c.zone.test"), *b = node(z, "b.c.zone.test");
	assert_true(a && b && b->slots_n == 0 && node(z, "c.zone.test"));
	assert_int_equal(dns_zone_slot(a, DNS_TYPE_A)->set->count, 2);
	assert_int_equal(dns_zone_slot(a, DNS_TYPE_A)->set->ttl, 60);
	assert_null(dns_zone_slot(a, DNS_TYPE_AAAA));
	assert_ptr_equal(node(z, "w.zone.test")->wild, node(z, "*.w.zone.test"));
	assert_ptr_equal(node(z, "ns.below.cut.zone.test")->above, node(z, "cut.zone.test"));
	assert_true(node(z, "cut.zone.test")->cut && !a->above);
	assert_int_equal(z->serial, 1700000000);
	assert_null(node(z, "nope.zone.test"));
	dns_zone_free(z);
}

static void refusals(void **state)
{
	static const struct {
		const char *json, *where;
	} rows[] = {
		{ "{\"kind\":\"dns\",\"name\":\"zone.test\"}", "ns" },
		{ "{\"kind\":\"dns\",\"name\":\"zone.test\",\"ns\":[]}", "ns" },
		{ "{\"kind\":\"dns\",\"name\":\".\",\"ns\":[\"a.test\"]}", "name" },
		{ "{\"kind\":\"dns\",\"name\":\"a..b\",\"ns\":[\"a.test\"]}", "name" },
		{ HEAD ",\"extra\":1}", "extra" },
		{ HEAD ",\"records\":[{\"name\":\"other.test\",\"type\":\"A\",\"rdata\":\"192.0.2.1\"}]}",
		  "records[0].name" },
		{ HEAD ",\"records\":[{\"name\":\"zone.test\",\"type\":\"A\",\"rdata\":\"192.0.2\"}]}",
		  "records[0].rdata" },
		{ HEAD ",\"records\":[{\"name\":\"zone.test\",\"type\":\"NOPE\",\"rdata\":\"x\"}]}",
		  "records[0].type" },
		{ HEAD ",\"records\":[{\"name\":\"zone.test\",\"type\":\"SOA\",\"rdata\":\"a. b. 1 2 3 4 5\"}]}",
		  "records[0].type" },
		{ HEAD ",\"records\":[{\"name\":\"zone.test\",\"type\":\"AXFR\",\"rdata\":\"\\\\# 0\"}]}",
		  "records[0].type" },
		{ HEAD ",\"records\":[{\"name\":\"zone.test\",\"type\":\"TYPE255\",\"rdata\":\"\\\\# 0\"}]}",
		  "records[0].type" },
		{ HEAD ",\"records\":[{\"name\":\"zone.test\",\"type\":\"A\",\"ttl\":-1,\"rdata\":\"192.0.2.1\"}]}",
		  "records[0].ttl" },
		{ HEAD ",\"records\":[{\"name\":\"zone.test\",\"type\":\"CNAME\",\"rdata\":\"a.b.\"}]}", "records" },
		{ HEAD ",\"records\":[{\"name\":\"a.zone.test\",\"type\":\"CNAME\",\"rdata\":\"a.b.\"},"
		       "{\"name\":\"a.zone.test\",\"type\":\"A\",\"rdata\":\"192.0.2.1\"}]}",
		  "records" },
		{ HEAD ",\"records\":[{\"name\":\"a.zone.test\",\"type\":\"CNAME\",\"rdata\":\"a.b.\"},"
		       "{\"name\":\"a.zone.test\",\"type\":\"CNAME\",\"rdata\":\"c.d.\"}]}",
		  "records" },
		{ HEAD ",\"edge\":{\"ipv4\":[\"::1\"]}}", "edge.ipv4[0]" },
		{ HEAD ",\"edge\":{\"https\":\"1\"},\"proxied\":[{\"name\":\"zone.test\"}]}", "edge.https" },
		{ HEAD ",\"flatten\":[{\"name\":\"zone.test\",\"a\":[\"192.0.2.1\"],\"unresolved\":true}]}",
		  "flatten[0]" },
		{ HEAD ",\"dnssec\":{\"keys\":[{\"flags\":255,\"public\":\"\",\"private\":\"\"}]}}",
		  "dnssec.keys[0].flags" },
		{ HEAD ",\"dnssec\":{\"keys\":[{\"flags\":257,\"public\":\"AAAA\",\"private\":\"\"}]}}",
		  "dnssec.keys[0].public" },
		{ HEAD ",\"transfer\":[\"192.0.2.1/24\"]}", "transfer[0]" },
	};
	struct limits limits;

	limits_init(&limits);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct dns_zone *z = NULL;
		struct diag d;
		diag_init(&d);
		enum err e = dns_zone_from_json(slice_str(rows[i].json), 1, &limits, &z, &d);
		if (e != ERR_PLAN || strncmp(d.where, rows[i].where, strlen(rows[i].where)) != 0 || !d.text[0])
			fail_msg("%s: %s at \"%s\": %s", rows[i].json, err_name(e), d.where, d.text);
		assert_null(z);
	}
}

static void bounds(void **state)
{
	const char *json =
		HEAD ",\"records\":[{\"name\":\"a.b.c.d.e.f.zone.test\",\"type\":\"A\",\"rdata\":\"192.0.2.1\"}]}";
	struct dns_zone *z = NULL;
	struct limits limits;
	struct diag d;

	limits_init(&limits);
	limits.dns_zone_names_max = 6;
	diag_init(&d);
	assert_int_equal(dns_zone_from_json(slice_str(json), 1, &limits, &z, &d), ERR_PLAN);
	limits.dns_zone_names_max = 7;
	limits.dns_zone_bytes_max = 1000;
	diag_init(&d);
	assert_int_equal(dns_zone_from_json(slice_str(json), 1, &limits, &z, &d), ERR_PLAN);
	limits.dns_zone_bytes_max = 100000;
	assert_int_equal(dns_zone_from_json(slice_str(json), 1, &limits, &z, &d), OK);
	dns_zone_free(z);
}

int test_dns_zone(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(shape), cmocka_unit_test(refusals),
					    cmocka_unit_test(bounds) };

	return cmocka_run_group_tests_name("dns_zone", tests, NULL, NULL);
}
