/* SPDX-License-Identifier: Apache-2.0 */
/* test_plan_items: puts, deletions, stale ones, and a start from the journal. */
#include "test_edge.h"

#include "edge/plan_items.h"
#include "edge/routes.h"
#include "sys/snap.h"

#include <stdio.h>
#include <stdlib.h>

struct box {
	char dir[64];
	struct limits limits;
	struct routes *routes;
	struct publisher publishers[2];
	struct plan_items *items;
};

static void put_zone(void *where, void *object)
{
	routes_publish(where, object);
}

static void remove_zone(void *where, struct slice name)
{
	routes_remove(where, name);
}

static void start(struct box *b)
{
	struct plan_journal_report report;
	struct diag d;

	diag_init(&d);
	b->routes = routes_new();
	b->publishers[0] = (struct publisher){ &zone_kind, put_zone, remove_zone, b->routes, NULL };
	b->items = plan_items_new(&b->limits, b->publishers);
	assert_int_equal(plan_items_boot(b->items, b->dir, &report, &d), OK);
}

static void stop(struct box *b)
{
	plan_items_free(b->items);
	routes_free(b->routes);
}

static void open_box(struct box *b)
{
	snap_thread_start();
	*b = (struct box){ .dir = "/tmp/seawall-items-XXXXXX" };
	limits_init(&b->limits);
	assert_non_null(mkdtemp(b->dir));
	start(b);
}

static void close_box(struct box *b)
{
	char command[100];

	stop(b);
	snprintf(command, sizeof command, "rm -rf %s", b->dir);
	assert_int_equal(system(command), 0);
	snap_thread_stop();
}

static enum err put(struct box *b, const char *zone, const char *host, uint64_t revision, struct diag *d)
{
	char json[400];

	diag_init(d);
	snprintf(json, sizeof json,
		 "{\"kind\":\"zone\",\"name\":\"%s\",\"hosts\":[{\"name\":\"%s\",\"origins\":[\"192.0.2.1:80\"]}]}",
		 zone, host);
	struct frame_put p = {
		.revision = revision, .kind = SLICE("zone"), .name = SLICE("a.test"), .json = slice_str(json)
	};
	return plan_items_put(b->items, &p, d);
}

static enum err del(struct box *b, const char *name, uint64_t revision, struct diag *d)
{
	struct frame_put p = { .revision = revision, .kind = SLICE("zone"), .name = slice_str(name) };

	diag_init(d);
	return plan_items_delete(b->items, &p, d);
}

static void puts_and_deletions_are_live(void **state)
{
	struct box b;
	struct diag d;
	struct frame_item it;
	size_t at = 0;

	open_box(&b);
	assert_int_equal(put(&b, "a.test", "www.a.test", 5, &d), OK);
	assert_non_null(routes_find(b.routes, SLICE("www.a.test")));
	assert_int_equal(plan_items_count(b.items), 1);
	assert_true(plan_items_next(b.items, &at, &it));
	assert_true(slice_eq(it.name, SLICE("a.test")) && it.revision == 5 && it.hash != 0);
	assert_false(plan_items_next(b.items, &at, &it));
	assert_int_equal(put(&b, "a.test", "x.a.test", 5, &d), ERR_PLAN_STALE);
	assert_int_equal(put(&b, "a.test", "x.a.test", 6, &d), OK);
	assert_null(routes_find(b.routes, SLICE("www.a.test")));
	assert_int_equal(del(&b, "a.test", 6, &d), ERR_PLAN_STALE);
	assert_int_equal(del(&b, "a.test", 7, &d), OK);
	assert_null(routes_find(b.routes, SLICE("x.a.test")));
	assert_int_equal(plan_items_count(b.items), 0);
	assert_int_equal(put(&b, "a.test", "x.a.test", 7, &d), ERR_PLAN_STALE);
	assert_int_equal(del(&b, "never.test", 8, &d), OK);
	assert_int_equal(put(&b, "a.test", "x.a.test", 9, &d), OK);
	assert_int_equal(plan_items_sync(b.items), OK);
	close_box(&b);
}

static void refusals_leave_what_is_live(void **state)
{
	struct box b;
	struct diag d;
	struct frame_put p = { .revision = 9, .kind = SLICE("record"), .name = SLICE("a.test"), .json = SLICE("{}") };

	open_box(&b);
	assert_int_equal(put(&b, "a.test", "www.a.test", 5, &d), OK);
	assert_int_equal(put(&b, "a.test", "www.b.test", 6, &d), ERR_PLAN);
	assert_string_equal(d.where, "hosts[0].name");
	assert_int_equal(put(&b, "other.test", "www.other.test", 6, &d), ERR_PLAN);
	assert_string_equal(d.where, "name");
	diag_init(&d);
	assert_int_equal(plan_items_put(b.items, &p, &d), ERR_PLAN);
	assert_string_equal(d.where, "kind");
	assert_non_null(routes_find(b.routes, SLICE("www.a.test")));
	b.limits.plan_items_max = 1;
	assert_int_equal(put(&b, "a.test", "y.a.test", 7, &d), OK);
	b.limits.plan_items_max = 0;
	assert_int_equal(del(&b, "a.test", 8, &d), OK);
	assert_int_equal(put(&b, "a.test", "y.a.test", 9, &d), ERR_PLAN);
	assert_non_null(strstr(d.text, "plan_items_max"));
	close_box(&b);
}

static void the_next_start_has_the_last_good_plan(void **state)
{
	struct box b;
	struct diag d;
	struct frame_item it;
	size_t at = 0;

	open_box(&b);
	assert_int_equal(put(&b, "a.test", "www.a.test", 5, &d), OK);
	assert_int_equal(plan_items_sync(b.items), OK);
	stop(&b);
	start(&b);
	assert_non_null(routes_find(b.routes, SLICE("www.a.test")));
	assert_true(plan_items_next(b.items, &at, &it));
	assert_int_equal(it.revision, 5);
	stop(&b);
	/* A version with tighter limits leaves out what it refuses, and starts. */
	b.limits.plan_item_bytes_max = 10;
	start(&b);
	assert_int_equal(plan_items_count(b.items), 0);
	close_box(&b);
}

static void without_a_journal_it_works(void **state)
{
	struct box b;
	struct diag d;

	open_box(&b);
	plan_items_free(b.items);
	b.items = plan_items_new(&b.limits, b.publishers);
	assert_int_equal(put(&b, "a.test", "www.a.test", 5, &d), OK);
	assert_int_equal(plan_items_sync(b.items), ERR_SYSTEM);
	assert_int_equal(plan_items_sync(b.items), OK);
	assert_int_equal(plan_items_claim(b.items), OK);
	assert_non_null(routes_find(b.routes, SLICE("www.a.test")));
	close_box(&b);
}

int test_plan_items(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_and_deletions_are_live),
		cmocka_unit_test(refusals_leave_what_is_live),
		cmocka_unit_test(the_next_start_has_the_last_good_plan),
		cmocka_unit_test(without_a_journal_it_works),
	};

	return cmocka_run_group_tests_name("plan_items", tests, NULL, NULL);
}
