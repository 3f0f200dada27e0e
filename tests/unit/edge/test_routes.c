/* SPDX-License-Identifier: Apache-2.0 */
/* test_routes: hosts find their zone, changes are seen, old zones leave. */
#include "test_edge.h"

#include "edge/routes.h"
#include "model/zone_json.h"
#include "sys/snap.h"

#include <stdio.h>

static struct zone *zone_of(const char *name, const char *host)
{
	char json[400];
	struct limits limits;
	struct zone *z;
	struct diag d;

	limits_init(&limits);
	diag_init(&d);
	snprintf(json, sizeof json,
		 "{\"kind\":\"zone\",\"name\":\"%s\",\"hosts\":[{\"name\":\"%s\",\"origins\":[\"192.0.2.1:80\"]}]}",
		 name, host);
	assert_int_equal(zone_from_json(slice_str(json), 1, &limits, &z, &d), OK);
	return z;
}

static void hosts_find_their_zone(void **state)
{
	snap_thread_start();
	struct routes *r = routes_new();
	uint64_t generation = routes_generation(r);

	assert_true(generation != 0);
	assert_null(routes_find(r, SLICE("www.a.test")));
	routes_publish(r, zone_of("a.test", "*.a.test"));
	assert_true(routes_generation(r) != generation);
	routes_publish(r, zone_of("b.a.test", "www.b.a.test"));
	assert_int_equal(routes_count(r), 2);
	assert_non_null(routes_find(r, SLICE("www.a.test")));
	assert_non_null(routes_find(r, SLICE("x.y.a.test")));
	assert_non_null(routes_find(r, SLICE("www.b.a.test")));
	/* The nearer zone decides, though the parent's wildcard would fit. */
	assert_null(routes_find(r, SLICE("other.b.a.test")));
	assert_null(routes_find(r, SLICE("a.test")));
	assert_null(routes_find(r, SLICE("test")));
	assert_null(routes_find(r, SLICE("")));
	assert_null(routes_find(r, SLICE("...")));
	generation = routes_generation(r);
	assert_true(routes_remove(r, SLICE("b.a.test")));
	assert_true(routes_generation(r) != generation);
	assert_false(routes_remove(r, SLICE("b.a.test")));
	assert_int_equal(routes_count(r), 1);
	assert_non_null(routes_find(r, SLICE("other.b.a.test")));
	routes_free(r);
	routes_free(NULL);
	snap_thread_stop();
}

static void a_replaced_zone_lives_while_it_is_held(void **state)
{
	snap_thread_start();
	struct routes *r = routes_new();

	routes_publish(r, zone_of("a.test", "one.a.test"));
	const struct site *site = routes_find(r, SLICE("one.a.test"));
	struct zone *held = site->zone;
	zone_ref(held);
	routes_publish(r, zone_of("a.test", "two.a.test"));
	assert_int_equal(routes_count(r), 1);
	assert_null(routes_find(r, SLICE("one.a.test")));
	snap_quiescent();
	snap_drain();
	assert_true(slice_eq(site->host, SLICE("one.a.test")));
	zone_unref(held);
	routes_free(r);
	snap_thread_stop();
}

int test_routes(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_find_their_zone),
		cmocka_unit_test(a_replaced_zone_lives_while_it_is_held),
	};

	return cmocka_run_group_tests_name("routes", tests, NULL, NULL);
}
