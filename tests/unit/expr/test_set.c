/* SPDX-License-Identifier: Apache-2.0 */
#include "test_expr.h"

#include "expr/expr_set.h"

static bool has_ip(const struct expr_set *s, const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(slice_str(text), &ip), OK);
	struct expr_value v = expr_ip(ip);
	return expr_set_has(s, &v);
}

static bool has_int(const struct expr_set *s, int64_t i)
{
	struct expr_value v = expr_int(i);
	return expr_set_has(s, &v);
}

static void addresses(void **state)
{
	static const char *const texts[] = {
		"10.0.0.0/8",      "10.5.0.0/16", "192.0.2.7/24", "2001:db8::/33", "203.0.113.5..203.0.113.9",
		"255.255.255.255", "::1"
	};
	struct expr_set *s = expr_set_new(EXPR_IP);

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_int_equal(expr_set_add_ip_text(s, slice_str(texts[i])), OK);
	assert_int_equal(expr_set_add_ip_text(s, SLICE("10.0.0.0/33")), ERR_SYNTAX);
	assert_int_equal(expr_set_add_ip_text(s, SLICE("10.0.0.0/")), ERR_SYNTAX);
	assert_int_equal(expr_set_add_ip_text(s, SLICE("10.0.0.9..10.0.0.1")), ERR_RANGE);
	assert_int_equal(expr_set_add_ip_text(s, SLICE("10.0.0.9..::1")), ERR_RANGE);
	assert_int_equal(expr_set_add_ip_text(s, SLICE("10.0.0")), ERR_SYNTAX);
	expr_set_seal(s);
	assert_int_equal(expr_set_count(s), 6); /* 10.5/16 lies in 10/8 */
	assert_true(has_ip(s, "10.0.0.0") && has_ip(s, "10.255.255.255") && has_ip(s, "10.5.1.1"));
	assert_false(has_ip(s, "9.255.255.255") || has_ip(s, "11.0.0.0"));
	assert_true(has_ip(s, "192.0.2.0") && has_ip(s, "192.0.2.255"));
	assert_true(has_ip(s, "203.0.113.5") && has_ip(s, "203.0.113.9"));
	assert_false(has_ip(s, "203.0.113.4") || has_ip(s, "203.0.113.10"));
	assert_true(has_ip(s, "2001:db8:7fff::1"));
	assert_false(has_ip(s, "2001:db8:8000::") || has_ip(s, "::2") || has_ip(s, "0.0.0.1"));
	assert_true(has_ip(s, "255.255.255.255") && has_ip(s, "::1"));
	expr_set_free(s);
}

static void numbers(void **state)
{
	struct expr_set *s = expr_set_new(EXPR_INT);

	expr_set_add_ints(s, 5, 9);
	expr_set_add_ints(s, -3, -1);
	expr_set_add_ints(s, 7, 12);
	expr_set_add_ints(s, INT64_MIN, INT64_MIN);
	expr_set_seal(s);
	assert_int_equal(expr_set_count(s), 3);
	assert_true(has_int(s, -3) && has_int(s, -1) && has_int(s, 5) && has_int(s, 12) && has_int(s, INT64_MIN));
	assert_false(has_int(s, -4) || has_int(s, 0) || has_int(s, 4) || has_int(s, 13) || has_int(s, INT64_MAX));
	expr_set_free(s);
}

static void texts(void **state)
{
	struct expr_set *s = expr_set_new(EXPR_BYTES);
	struct expr_value v = expr_bytes(SLICE("bb"));

	expr_set_add_text(s, SLICE("bb"));
	expr_set_add_text(s, SLICE("a"));
	expr_set_add_text(s, SLICE(""));
	expr_set_add_text(s, SLICE("ab"));
	expr_set_seal(s);
	assert_true(expr_set_has(s, &v));
	v = expr_bytes(SLICE(""));
	assert_true(expr_set_has(s, &v));
	v = expr_bytes(SLICE("B"));
	assert_false(expr_set_has(s, &v));
	v = expr_int(1);
	assert_false(expr_set_has(s, &v));
	expr_set_free(s);
}

int test_set(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(addresses), cmocka_unit_test(numbers),
					    cmocka_unit_test(texts) };

	return cmocka_run_group_tests_name("set", tests, NULL, NULL);
}
