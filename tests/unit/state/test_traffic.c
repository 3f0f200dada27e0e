/* SPDX-License-Identifier: Apache-2.0 */
/* test_traffic: numbers add up in their minute, hour and day, leave when they are old, and times are what they were. */
#include "test_state.h"

#include "state/traffic.h"

#include <stdio.h>

enum { HOUR_S = 3600, DAY_S = 86400 };

/* A beginning of a day. */
static int64_t test_traffic__day(void)
{
	return TEST_NOW_MS / 1000 / DAY_S * DAY_S;
}

static void add(struct state *st, const char *zone, int64_t at_s, int64_t requests)
{
	struct state_traffic n = {
		.at_s = at_s, .requests = requests, .bytes = 10 * requests, .status = { [2] = requests }
	};

	n.us[3] = requests;
	test_state_begin(st);
	assert_int_equal(state_traffic_add(st, zone, &n), OK);
	assert_int_equal(state_commit(st), OK);
}

struct seen {
	size_t n;
	struct state_traffic rows[8];
};

static void see(void *arg, const struct state_traffic *n)
{
	struct seen *s = arg;

	assert_true(s->n < 8);
	s->rows[s->n++] = *n;
}

static struct seen rows(struct state *st, const char *zone, enum state_traffic_span span)
{
	struct seen s = { .n = 0 };

	assert_int_equal(state_traffic_each(st, zone, &(struct state_traffic_time){ span, 0, INT64_MAX }, see, &s), OK);
	return s;
}

static void numbers_add_up(void **state)
{
	struct state *st = test_state_new();
	int64_t day = test_traffic__day();

	add(st, "one.test", day + 10, 1);
	add(st, "one.test", day + 59, 2);
	add(st, "one.test", day + 60, 4);
	add(st, "one.test", day + HOUR_S, 8);
	add(st, "two.test", day + 10, 100);
	struct seen s = rows(st, "one.test", STATE_TRAFFIC_MINUTE);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.rows[0].at_s, day);
	assert_int_equal(s.rows[0].requests, 3);
	assert_int_equal(s.rows[0].bytes, 30);
	assert_int_equal(s.rows[0].status[2], 3);
	assert_int_equal(s.rows[0].us[3], 3);
	assert_int_equal(s.rows[0].us[2] + s.rows[0].status[5] + s.rows[0].cached, 0);
	s = rows(st, "one.test", STATE_TRAFFIC_HOUR);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.rows[0].requests, 7);
	assert_int_equal(s.rows[1].requests, 8);
	s = rows(st, "one.test", STATE_TRAFFIC_DAY);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.rows[0].requests, 15);
	s = rows(st, NULL, STATE_TRAFFIC_HOUR);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.rows[0].requests, 107);
	state_close(st);
}

static void see_zone(void *arg, const char *zone, const struct state_traffic *n)
{
	struct seen *s = arg;

	if (s->n == 0)
		assert_string_equal(zone, "two.test");
	see(s, n);
}

static void zones_by_requests(void **state)
{
	struct state *st = test_state_new();
	int64_t day = test_traffic__day();
	struct seen s = { .n = 0 };

	add(st, "one.test", day, 1);
	add(st, "two.test", day, 2);
	add(st, "two.test", day + HOUR_S, 3);
	add(st, "three.test", day + 2 * HOUR_S, 100); /* not in the time that is asked for */
	assert_int_equal(state_traffic_zones(st,
					     &(struct state_traffic_time){ STATE_TRAFFIC_HOUR, day, day + 2 * HOUR_S },
					     5, see_zone, &s),
			 OK);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.rows[0].requests, 5);
	assert_int_equal(s.rows[1].requests, 1);
	state_close(st);
}

static void what_is_old_is_forgotten(void **state)
{
	struct state *st = test_state_new();
	int64_t day = test_traffic__day();

	add(st, "one.test", day, 1);
	add(st, "one.test", day + 3 * DAY_S, 2);
	state_at(st, (day + 3 * DAY_S) * 1000);
	test_state_begin(st);
	assert_int_equal(state_traffic_forget(st), OK);
	assert_int_equal(state_commit(st), OK);
	assert_int_equal(rows(st, "one.test", STATE_TRAFFIC_MINUTE).n, 1);
	assert_int_equal(rows(st, "one.test", STATE_TRAFFIC_HOUR).n, 2);
	state_at(st, (day + 1000 * DAY_S) * 1000);
	test_state_begin(st);
	assert_int_equal(state_traffic_forget(st), OK);
	assert_int_equal(state_commit(st), OK);
	assert_int_equal(rows(st, "one.test", STATE_TRAFFIC_DAY).n, 0);
	state_close(st);
}

static void many_zones_keep_less(void **state)
{
	struct state *st = test_state_new();
	int64_t day = test_traffic__day();
	char zone[32];

	test_state_begin(st);
	for (int i = 0; i < 4000; i++) {
		struct state_traffic n = { .at_s = day + 10 * HOUR_S, .requests = 1 };
		snprintf(zone, sizeof zone, "zone%d.test", i);
		assert_int_equal(state_traffic_add(st, zone, &n), OK);
	}
	assert_int_equal(state_commit(st), OK);
	add(st, "zone1.test", day + 20 * HOUR_S, 1);
	/* 2,000,000 rows of 4,001 zones are 499 minutes, less than ten hours. */
	state_at(st, (day + 20 * HOUR_S) * 1000);
	test_state_begin(st);
	assert_int_equal(state_traffic_forget(st), OK);
	assert_int_equal(state_commit(st), OK);
	assert_int_equal(rows(st, "zone1.test", STATE_TRAFFIC_MINUTE).n, 1);
	assert_int_equal(rows(st, "zone1.test", STATE_TRAFFIC_HOUR).n, 2);
	state_close(st);
}

static void quantiles_lie_in_their_class(void **state)
{
	struct state_traffic n = { .requests = 0 };

	assert_int_equal(state_traffic_quantile(&n, 0.5), 0);
	n.us[0] = 90;
	n.us[5] = 10; /* 2,048 to 4,096 us */
	assert_in_range(state_traffic_quantile(&n, 0.5), 1, 128);
	assert_in_range(state_traffic_quantile(&n, 0.95), 2048, 4096);
	assert_int_equal(state_traffic_quantile(&n, 1), 4096);
	n.us[15] = 1000; /* 2 s and more */
	assert_true(state_traffic_quantile(&n, 0.99) > 2000000);
}

int test_traffic(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_add_up),
		cmocka_unit_test(zones_by_requests),
		cmocka_unit_test(what_is_old_is_forgotten),
		cmocka_unit_test(many_zones_keep_less),
		cmocka_unit_test(quantiles_lie_in_their_class),
	};

	return cmocka_run_group_tests_name("traffic", tests, NULL, NULL);
}
