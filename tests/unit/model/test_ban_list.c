/* SPDX-License-Identifier: Apache-2.0 */
/* test_ban_list: banned and allowed networks as a plan item. */
#include "test_model.h"

#include "model/ban_list.h"

#include <stdio.h>

static void both_lists_are_read(void **state)
{
	struct limits limits;
	struct ban_list *l;
	struct diag d;

	limits_init(&limits);
	diag_init(&d);
	assert_int_equal(ban_list_from_json(SLICE("{\"kind\":\"bans\",\"name\":\"all\",\"bans\":[{\"network\":"
						  "\"192.0.2.0/24\",\"until\":1800000000},{\"network\":\"2001:db8::1\","
						  "\"until\":0}],\"allow\":[\"198.51.100.7\"]}"),
					    &limits, &l, &d),
			 OK);
	assert_int_equal(l->bans_n, 2);
	assert_int_equal(l->bans[0].net.bits, 24);
	assert_int_equal(l->bans[0].until_s, 1800000000);
	assert_int_equal(l->bans[1].net.bits, 128);
	assert_int_equal(l->allow_n, 1);
	assert_int_equal(l->allow[0].bits, 32);
	ban_list_free(l);
	assert_int_equal(ban_list_from_json(SLICE("{\"kind\":\"bans\",\"name\":\"all\"}"), &limits, &l, &d), OK);
	assert_int_equal(l->bans_n + l->allow_n, 0);
	ban_list_free(l);
	ban_list_free(NULL);
}

static void what_is_no_list_is_refused(void **state)
{
	static const struct {
		const char *rest, *where;
	} bad[] = {
		{ "\"name\":\"other\"", "name" },
		{ "\"name\":\"all\",\"more\":1", "more" },
		{ "\"name\":\"all\",\"bans\":{}", "bans" },
		{ "\"name\":\"all\",\"bans\":[1]", "bans[0]" },
		{ "\"name\":\"all\",\"bans\":[{\"network\":\"192.0.2.1\"}]", "bans[0].until" },
		{ "\"name\":\"all\",\"bans\":[{\"network\":\"192.0.2.1/24\",\"until\":1}]", "bans[0].network" },
		{ "\"name\":\"all\",\"bans\":[{\"network\":\"192.0.2.1\",\"until\":-1}]", "bans[0].until" },
		{ "\"name\":\"all\",\"bans\":[{\"network\":\"192.0.2.1\",\"until\":1},{\"network\":\"a\",\"until\":1}]",
		  "bans[1].network" },
		{ "\"name\":\"all\",\"bans\":[{\"network\":\"::1\",\"until\":1},{\"network\":\"::2\",\"until\":1},"
		  "{\"network\":\"::3\",\"until\":1}]",
		  "bans" },
		{ "\"name\":\"all\",\"allow\":[\"192.0.2.0/33\"]", "allow[0]" },
		{ "\"name\":\"all\",\"allow\":[7]", "allow[0]" },
	};
	struct limits limits;
	char json[512];

	limits_init(&limits);
	limits.bans_max = 2;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct ban_list *l;
		struct diag d;
		diag_init(&d);
		snprintf(json, sizeof json, "{\"kind\":\"bans\",%s}", bad[i].rest);
		assert_int_equal(ban_list_from_json(slice_str(json), &limits, &l, &d), ERR_PLAN);
		assert_string_equal(d.where, bad[i].where);
		assert_true(d.text[0]);
	}
}

int test_ban_list(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_lists_are_read),
		cmocka_unit_test(what_is_no_list_is_refused),
	};

	return cmocka_run_group_tests_name("ban_list", tests, NULL, NULL);
}
