/* SPDX-License-Identifier: Apache-2.0 */
/* test_order: names whose certificate is being ordered, as plan items. */
#include "test_model.h"

#include "model/order.h"

static void names_are_read(void **state)
{
	struct order *o;
	struct diag d;

	diag_init(&d);
	assert_int_equal(order_from_json(SLICE("{\"kind\":\"order\",\"name\":\"0a-1\",\"hosts\":[\"A.test.\","
					       "\"*.A.test\"]}"),
					 &o, &d),
			 OK);
	assert_true(slice_eq(o->name, SLICE("0a-1")));
	assert_int_equal(o->hosts_n, 2);
	assert_true(slice_eq(o->hosts[0], SLICE("a.test")) && slice_eq(o->hosts[1], SLICE("*.a.test")));
	order_unref(o);
	order_unref(NULL);
}

static void what_is_no_order_is_refused(void **state)
{
	static const struct {
		const char *json, *where;
	} bad[] = {
		{ "{\"kind\":\"order\",\"name\":\"x\"}", "hosts" },
		{ "{\"kind\":\"order\",\"name\":\"x\",\"hosts\":[]}", "hosts" },
		{ "{\"kind\":\"order\",\"name\":\"\",\"hosts\":[\"a.test\"]}", "name" },
		{ "{\"kind\":\"order\",\"name\":\"A/b\",\"hosts\":[\"a.test\"]}", "name" },
		{ "{\"kind\":\"order\",\"name\":\"x\",\"hosts\":[\"a.test\",7]}", "hosts[1]" },
		{ "{\"kind\":\"order\",\"name\":\"x\",\"hosts\":[\"192.0.2.1\"]}", "hosts[0]" },
		{ "{\"kind\":\"order\",\"name\":\"x\",\"hosts\":[\"*.*.a.test\"]}", "hosts[0]" },
		{ "{\"kind\":\"order\",\"name\":\"x\",\"hosts\":[\"a.test\"],\"z\":1}", "z" },
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct order *o;
		struct diag d;
		diag_init(&d);
		assert_int_equal(order_from_json(slice_str(bad[i].json), &o, &d), ERR_PLAN);
		assert_string_equal(d.where, bad[i].where);
	}
}

int test_order(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_read),
		cmocka_unit_test(what_is_no_order_is_refused),
	};

	return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
