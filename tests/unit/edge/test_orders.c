/* SPDX-License-Identifier: Apache-2.0 */
/* test_orders: hosts are found while an order for them is live. */
#include "test_edge.h"

#include "edge/orders.h"
#include "sys/snap.h"

#include <stdio.h>

static struct order *order_of(const char *name, const char *hosts)
{
	char json[400];
	struct order *o;
	struct diag d;

	diag_init(&d);
	snprintf(json, sizeof json, "{\"kind\":\"order\",\"name\":\"%s\",\"hosts\":[%s]}", name, hosts);
	assert_int_equal(order_from_json(slice_str(json), &o, &d), OK);
	return o;
}

static void hosts_are_found_while_it_lives(void **state)
{
	snap_thread_start();
	struct orders *t = orders_new();

	assert_false(orders_has(t, SLICE("a.test")));
	orders_publish(t, order_of("1", "\"a.test\",\"*.a.test\""));
	assert_true(orders_has(t, SLICE("a.test")));
	assert_true(orders_has(t, SLICE("www.a.test")));
	assert_false(orders_has(t, SLICE("x.www.a.test")));
	assert_false(orders_has(t, SLICE("test")));
	orders_publish(t, order_of("1", "\"b.test\""));
	assert_false(orders_has(t, SLICE("a.test")));
	assert_true(orders_has(t, SLICE("b.test")));
	orders_publish(t, order_of("2", "\"b.test\",\"b.test\"")); /* takes the name over */
	orders_remove(t, SLICE("1"));
	orders_remove(t, SLICE("1"));
	assert_true(orders_has(t, SLICE("b.test")));
	orders_remove(t, SLICE("2"));
	assert_false(orders_has(t, SLICE("b.test")));
	orders_publish(t, order_of("3", "\"c.test\""));
	orders_free(t);
	orders_free(NULL);
	snap_thread_stop();
}

int test_orders(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_are_found_while_it_lives),
	};

	return cmocka_run_group_tests_name("orders", tests, NULL, NULL);
}
