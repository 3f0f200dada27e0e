/* SPDX-License-Identifier: Apache-2.0 */
/* The table of zones: the deepest zone answers, a parent has the DS; tallies outlive a new version of their zone. */
#include "test_dns.h"

#include "dns/dns_zones.h"
#include "sys/snap.h"

#include <stdio.h>

static struct dns_zone *zone(const char *name)
{
	char json[200];

	snprintf(json, sizeof json, "{\"kind\":\"dns\",\"name\":\"%s\",\"ns\":[\"ns.test\"]}", name);
	return test_zone_of(json);
}

static const char *found(const struct dns_zones *zones, const char *name, bool above)
{
	struct dns_zones_found f;
	struct dns_name n;

	assert_int_equal(dns_name_parse(slice_str(name), &dns_name_root, &n), OK);
	return dns_zones_find(zones, &n, above, &f) ? f.zone->name.p : NULL;
}

static void deepest(void **state)
{
	bool mine = snap_thread_start();
	struct dns_zones *zones = dns_zones_new(2);
	struct dns_zones_found f;
	struct dns_name n;

	assert_null(found(zones, "a.test", false));
	dns_zones_put(zones, zone("a.test"));
	dns_zones_put(zones, zone("b.a.test"));
	assert_int_equal(dns_zones_count(zones), 2);
	assert_memory_equal(found(zones, "x.y.a.test", false), "a.test", 6);
	assert_memory_equal(found(zones, "x.b.a.test", false), "b.a.test", 8);
	assert_memory_equal(found(zones, "b.a.test", false), "b.a.test", 8);
	assert_memory_equal(found(zones, "b.a.test", true), "a.test", 6);
	assert_null(found(zones, "a.test", true));
	assert_null(found(zones, "ba.test", false));
	assert_null(found(zones, "test", false));
	assert_null(found(zones, ".", false));
	assert_null(found(zones, ".", true));

	assert_int_equal(dns_name_parse(SLICE("a.test"), &dns_name_root, &n), OK);
	assert_true(dns_zones_find(zones, &n, false, &f));
	dns_tally_add(&f.tallies[1], DNS_TYPE_MX, DNS_MSG_NOERROR);
	dns_tally_add(&f.tallies[1], 4711, 4711);
	struct dns_tally sum;
	struct buf b;
	buf_init(&b, 1000);
	dns_zones_put(zones, zone("a.test"));
	assert_int_equal(dns_zones_count(zones), 2);
	assert_true(dns_zones_find(zones, &n, false, &f));
	assert_false(dns_zones_tally(zones, SLICE("x.a.test"), &sum));
	assert_true(dns_zones_tally(zones, SLICE("A.test"), &sum));
	dns_tally_json(&sum, &b);
	assert_true(slice_eq(buf_slice(&b),
			     SLICE("{\"types\":{\"MX\":1,\"other\":1},\"rcodes\":{\"NOERROR\":1,\"other\":1}}")));
	buf_fini(&b);
	assert_int_equal(f.tallies[1].types[3], 1);
	assert_int_equal(f.tallies[1].types[DNS_TALLY_TYPES - 1], 1);
	assert_int_equal(f.tallies[1].rcodes[DNS_TALLY_RCODES - 1], 1);
	assert_string_equal(dns_tally_type_name(3), "MX");
	assert_true(dns_zones_remove(zones, SLICE("a.test")));
	assert_false(dns_zones_remove(zones, SLICE("a.test")));
	assert_null(found(zones, "x.y.a.test", false));
	dns_zones_free(zones);
	if (mine)
		snap_thread_stop();
}

int test_dns_zones(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(deepest) };

	return cmocka_run_group_tests_name("dns_zones", tests, NULL, NULL);
}
