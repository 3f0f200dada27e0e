/* SPDX-License-Identifier: Apache-2.0 */
/* test_sticky: the cookie of a session. */
#include "test_router.h"

#include "router/sticky.h"

static void the_cookie_is_found(void **state)
{
	const struct field fields[] = {
		{ SLICE_INIT("Accept"), SLICE_INIT("sc-sticky-session=no"), FIELD_ACCEPT },
		{ SLICE_INIT("Cookie"), SLICE_INIT("a=b; xsc-sticky-session=no; sc-sticky-session2=no"), FIELD_COOKIE },
		{ SLICE_INIT("Cookie"), SLICE_INIT("c; sc-sticky-session=abc=; d=e"), FIELD_COOKIE },
	};

	assert_true(slice_eq(sticky_of(fields, 3), SLICE("abc=")));
	assert_int_equal(sticky_of(fields, 2).n, 0);
	assert_int_equal(sticky_of(fields, 0).n, 0);
}

static void the_value_depends_on_everything(void **state)
{
	struct app *app = an_app("a", "[\"a.test\"]", 2, "i", ""), *other = an_app("b", "[\"a.test\"]", 2, "i", "");
	char v[5][STICKY_VALUE_BYTES];

	assert_int_equal(sticky_value(SLICE("k"), app, &app->instances[0], v[0]), OK);
	assert_int_equal(sticky_value(SLICE("k"), app, &app->instances[1], v[1]), OK);
	assert_int_equal(sticky_value(SLICE("q"), app, &app->instances[0], v[2]), OK);
	assert_int_equal(sticky_value(SLICE("k"), other, &other->instances[0], v[3]), OK);
	app->generation++;
	assert_int_equal(sticky_value(SLICE("k"), app, &app->instances[0], v[4]), OK);
	for (size_t i = 0; i < 5; i++)
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(v[i], v[k], STICKY_VALUE_BYTES);
	assert_int_equal(v[0][STICKY_VALUE_BYTES - 1], '=');
	app_unref(app);
	app_unref(other);
}

static void the_cookie_is_set_for_a_day(void **state)
{
	char mem[300];
	struct text t = text_of(mem, sizeof mem);

	/* 2018-03-21 17:51:09 UTC. */
	sticky_cookie(&t, SLICE("VALUE"), SLICE("www.a.test"), 1521654669);
	assert_true(slice_eq(text_slice(&t), SLICE("sc-sticky-session=VALUE; Max-Age=86400; Expires=Thu, 22-Mar-18 "
						   "17:51:09 GMT; Domain=www.a.test; Path=/; HttpOnly")));
}

int test_sticky(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cookie_is_found),
		cmocka_unit_test(the_value_depends_on_everything),
		cmocka_unit_test(the_cookie_is_set_for_a_day),
	};

	return cmocka_run_group_tests_name("sticky", tests, NULL, NULL);
}
