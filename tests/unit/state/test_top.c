/* SPDX-License-Identifier: Apache-2.0 */
/* test_top: values add up by day, the rare ones leave, and what is old leaves. */
#include "test_state.h"

#include "state/top.h"

#include <stdio.h>

enum { DAY_MS = 86400000 };

static void add(struct state *st, enum state_top_kind kind, const char *value, int64_t n)
{
	assert_int_equal(state_top_add(st, "one.test", kind, slice_str(value), n), OK);
}

/* "value:n value:n" of the list. */
static const char *list(struct state *st, enum state_top_kind kind, int64_t days)
{
	static char text[512];
	json_t *a, *v;
	size_t i, n = 0;

	assert_int_equal(state_top_list(st, "one.test", kind, days, 5, &a), OK);
	text[0] = '\0';
	json_array_foreach(a, i, v) n += (size_t)snprintf(
		text + n, sizeof text - n, "%s%s:%lld", i ? " " : "", json_string_value(json_object_get(v, "value")),
		(long long)json_integer_value(json_object_get(v, "requests")));
	json_decref(a);
	return text;
}

static void days_add_up(void **state)
{
	struct state *st = test_state_new();

	test_state_begin(st);
	add(st, STATE_TOP_PATH, "/a", 3);
	add(st, STATE_TOP_PATH, "/b", 5);
	add(st, STATE_TOP_PATH, "/a", 4);
	add(st, STATE_TOP_AGENT, "x", 1);
	assert_string_equal(list(st, STATE_TOP_PATH, 1), "/a:7 /b:5");
	assert_string_equal(list(st, STATE_TOP_AGENT, 1), "x:1");
	assert_string_equal(list(st, STATE_TOP_NETWORK, 1), "");
	st->now_ms += DAY_MS;
	add(st, STATE_TOP_PATH, "/b", 1);
	assert_string_equal(list(st, STATE_TOP_PATH, 1), "/b:1");
	assert_string_equal(list(st, STATE_TOP_PATH, 2), "/a:7 /b:6");
	assert_int_equal(state_top_forget(st), OK);
	assert_string_equal(list(st, STATE_TOP_PATH, 2), "/a:7 /b:6");
	st->now_ms += (STATE_TOP_DAYS - 1) * (int64_t)DAY_MS;
	assert_int_equal(state_top_forget(st), OK);
	assert_string_equal(list(st, STATE_TOP_PATH, STATE_TOP_DAYS), "/b:1");
	assert_int_equal(state_commit(st), OK);
	state_close(st);
}

static void rare_ones_leave(void **state)
{
	struct state *st = test_state_new();
	char value[16];

	test_state_begin(st);
	for (int i = 0; i < 2 * STATE_TOP_KEPT; i++) {
		snprintf(value, sizeof value, "/%d", i);
		add(st, STATE_TOP_PATH, value, 1000 + i);
	}
	add(st, STATE_TOP_AGENT, "x", 1);
	assert_int_equal(state_top_trim(st, "one.test", STATE_TOP_PATH), OK);
	assert_int_equal(state_top_trim(st, "one.test", STATE_TOP_AGENT), OK);
	assert_string_equal(list(st, STATE_TOP_PATH, 1), "/99:1099 /98:1098 /97:1097 /96:1096 /95:1095");
	json_t *a;
	assert_int_equal(state_top_list(st, "one.test", STATE_TOP_PATH, 1, 1000, &a), OK);
	assert_int_equal(json_array_size(a), STATE_TOP_KEPT);
	json_decref(a);
	assert_string_equal(list(st, STATE_TOP_AGENT, 1), "x:1");
	assert_int_equal(state_commit(st), OK);
	state_close(st);
}

int test_top(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(days_add_up),
		cmocka_unit_test(rare_ones_leave),
	};

	return cmocka_run_group_tests_name("top", tests, NULL, NULL);
}
