/* SPDX-License-Identifier: Apache-2.0 */
/* test_ban: bans are kept once for each network, end, and are found by id and by network; the plan item of both lists.
 */
#include "test_state.h"

#include "state/ban.h"

#include <stdio.h>

static struct state_ban keep(struct state *st, const char *network, bool allowed, int64_t until_ms)
{
	struct state_ban b = { .allowed = allowed, .reason = "why", .source = "admin", .until_ms = until_ms };

	assert_int_equal(ip_prefix_parse(slice_str(network), &b.net), OK);
	assert_int_equal(state_ban_keep(st, &b), OK);
	return b;
}

static int64_t count(struct state *st, bool allowed)
{
	int64_t n = -1;

	assert_int_equal(state_ban_count(st, allowed, &n), OK);
	return n;
}

static void a_network_is_banned_once(void **state)
{
	struct state *st = test_state_new();
	struct state_ban got;

	test_state_begin(st);
	struct state_ban first = keep(st, "192.0.2.0/24", false, TEST_NOW_MS + 1000);
	assert_int_equal(st->touched_n, 1);
	assert_int_equal(st->touched[0].what, STATE_TOUCH_BANS);
	state_at(st, TEST_NOW_MS + 500);
	struct state_ban second = keep(st, "192.0.2.0/24", false, TEST_NOW_MS + 9000);
	assert_string_equal(first.id, second.id);
	assert_int_equal(second.created_ms, TEST_NOW_MS);
	assert_int_equal(second.until_ms, TEST_NOW_MS + 9000);
	assert_int_equal(count(st, false), 1);
	assert_int_equal(count(st, true), 0);
	/* The same network in the other list is another one. */
	struct state_ban allowed = keep(st, "192.0.2.0/24", true, 0);
	assert_string_not_equal(allowed.id, first.id);
	assert_int_equal(count(st, true), 1);
	assert_int_equal(state_ban_get(st, false, SLICE("192.0.2.0/24"), &got), OK);
	assert_string_equal(got.id, first.id);
	assert_int_equal(state_ban_get(st, true, slice_str(first.id), &got), ERR_NOT_FOUND);
	assert_int_equal(state_ban_delete(st, first.id), OK);
	assert_int_equal(state_ban_get(st, false, slice_str(first.id), &got), ERR_NOT_FOUND);
	assert_int_equal(state_ban_get(st, true, SLICE("192.0.2.0/24"), &got), OK);
	state_rollback(st);
	state_close(st);
}

static void a_network_has_one_text(void **state)
{
	struct state *st = test_state_new();
	char text[STATE_BAN_NETWORK_BYTES];
	struct state_ban got;

	test_state_begin(st);
	struct state_ban b = keep(st, "2001:0DB8:0::1/128", false, TEST_NOW_MS + 1000);
	state_ban_print(&b.net, text);
	assert_string_equal(text, "2001:db8::1");
	keep(st, "2001:db8::1", false, TEST_NOW_MS + 1000);
	assert_int_equal(count(st, false), 1);
	assert_int_equal(state_ban_get(st, false, SLICE("2001:db8:0:0::1/128"), &got), OK);
	b = keep(st, "0.0.0.0/0", false, TEST_NOW_MS + 1000);
	state_ban_print(&b.net, text);
	assert_string_equal(text, "0.0.0.0/0");
	state_rollback(st);
	state_close(st);
}

static void what_is_over_is_not_seen(void **state)
{
	struct state *st = test_state_new();
	struct state_ban got;
	json_t *item = json_object();

	test_state_begin(st);
	keep(st, "192.0.2.1", false, TEST_NOW_MS + 1500);
	keep(st, "192.0.2.2", false, TEST_NOW_MS + 5000);
	keep(st, "192.0.2.3", true, 0);
	state_at(st, TEST_NOW_MS + 1500);
	assert_int_equal(count(st, false), 1);
	assert_int_equal(state_ban_get(st, false, SLICE("192.0.2.1"), &got), ERR_NOT_FOUND);
	assert_int_equal(state_ban_compile(st, item), OK);
	char *text = json_dumps(item, JSON_COMPACT | JSON_SORT_KEYS), want[200];
	/* Seconds, rounded up. */
	snprintf(want, sizeof want, "{\"allow\":[\"192.0.2.3\"],\"bans\":[{\"network\":\"192.0.2.2\",\"until\":%lld}]}",
		 (long long)(TEST_NOW_MS + 5000 + 999) / 1000);
	assert_string_equal(text, want);
	free(text);
	json_decref(item);
	state_rollback(st);
	state_close(st);
}

int test_ban(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_network_is_banned_once),
		cmocka_unit_test(a_network_has_one_text),
		cmocka_unit_test(what_is_over_is_not_seen),
	};

	return cmocka_run_group_tests_name("ban", tests, NULL, NULL);
}
