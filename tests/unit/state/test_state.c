/* SPDX-License-Identifier: Apache-2.0 */
/* test_state: the database as a whole, its transactions, the account, and the audit log. */
#include "test_state.h"

#include "state/account.h"
#include "state/audit.h"
#include "state/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void account_and_user_are_there_and_stay(void **state)
{
	char dir[64] = "/tmp/seawall-unit-XXXXXX", path[128];
	struct state_account a, b;
	struct state_user user;
	struct state *st;
	struct diag d;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/state.db", dir);
	diag_init(&d);
	assert_int_equal(state_open(path, TEST_NOW_MS, &st, &d), OK);
	assert_int_equal(state_account_get(st, &a), OK);
	assert_string_equal(a.type, "standard");
	snprintf(a.name, sizeof a.name, "Mine");
	assert_int_equal(state_account_save(st, &a), OK);
	assert_int_equal(state_account_user(st, &user), OK);
	assert_true(state_is_id(slice_str(user.id)));
	json_decref(user.profile);
	state_close(st);
	assert_int_equal(state_open(path, TEST_NOW_MS + 5, &st, &d), OK);
	assert_int_equal(state_account_get(st, &b), OK);
	assert_string_equal(a.id, b.id);
	assert_string_equal(b.name, "Mine");
	assert_int_equal(b.created_ms, TEST_NOW_MS);
	state_close(st);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void touched_zones_are_counted_once(void **state)
{
	struct state *st = test_state_new();
	char id[STATE_ID_BYTES];

	test_state_begin(st);
	for (int i = 0; i < 100; i++) {
		state_new_id(id);
		state_touch_zone(st, id);
		state_touch_zone(st, id);
	}
	assert_int_equal(st->touched_n, 100);
	assert_int_equal(state_touch_all(st), OK);
	/* There is nothing but the list of bans, which is always looked at. */
	assert_int_equal(st->touched_n, 1);
	assert_int_equal(st->touched[0].what, STATE_TOUCH_BANS);
	state_rollback(st);
	state_rollback(st);
	assert_true(state_is_id(SLICE("0123456789abcdef0123456789abcdef")));
	assert_false(state_is_id(SLICE("0123456789abcdef0123456789abcdeF")));
	assert_false(state_is_id(SLICE("0123456789abcdef0123456789abcde")));
	assert_false(state_is_id(SLICE("example.com")));
	state_close(st);
}

static void changes_are_written_down_without_secrets(void **state)
{
	struct state *st = test_state_new();
	json_t *before = json_pack("{s:s, s:{s:s, s:i}}", "name", "x", "tsig", "secret", "hush", "n", 1), *list;
	int64_t total;

	test_state_begin(st);
	struct state_audit a = { "update", "thing", "abc", NULL, before, NULL };
	assert_int_equal(state_audit_add(st, &a), OK);
	a.action = "delete";
	assert_int_equal(state_audit_add(st, &a), OK);
	assert_int_equal(state_commit(st), OK);
	assert_string_equal(json_string_value(json_object_get(json_object_get(before, "tsig"), "secret")), "hush");
	json_decref(before);

	struct state_audit_filter f = { .limit = 1 };
	assert_int_equal(state_audit_list(st, &f, &list, &total), OK);
	assert_int_equal(total, 2);
	assert_int_equal(json_array_size(list), 1);
	char *text = json_dumps(list, JSON_COMPACT);
	assert_non_null(strstr(text, "\"oldValueJson\":{\"name\":\"x\",\"tsig\":{\"secret\":\"(masked)\",\"n\":1}}"));
	assert_non_null(strstr(text, "\"type\":\"delete\""));
	assert_non_null(strstr(text, "\"ip\":\"192.0.2.7\""));
	assert_null(strstr(text, "hush"));
	free(text);
	json_decref(list);
	f.since_ms = TEST_NOW_MS + 1;
	assert_int_equal(state_audit_list(st, &f, &list, &total), OK);
	assert_int_equal(total, 0);
	json_decref(list);
	state_close(st);
}

int test_state(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(account_and_user_are_there_and_stay),
		cmocka_unit_test(touched_zones_are_counted_once),
		cmocka_unit_test(changes_are_written_down_without_secrets),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
