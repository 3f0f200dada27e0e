/* SPDX-License-Identifier: Apache-2.0 */
/* test_session: sessions are found by their value only, end by idleness, by age and with their token. */
#include "test_state.h"

#include "state/session.h"

#include <stdio.h>

static struct state_session session_of(struct state *st, const char *token_name,
				       char value[static STATE_SESSION_VALUE_BYTES])
{
	struct state_token t = { .status = "active", .policies = json_array() };
	struct state_session s = { .address = "192.0.2.1", .agent = "a browser" };
	char token[STATE_TOKEN_VALUE_BYTES];

	snprintf(t.name, sizeof t.name, "%s", token_name);
	assert_int_equal(state_token_add(st, &t, token), OK);
	memcpy(s.token_id, t.id, sizeof s.token_id);
	state_token_fini(&t);
	assert_int_equal(state_session_add(st, &s, value), OK);
	return s;
}

static void a_session_is_found_by_its_value(void **state)
{
	struct state *st = test_state_new();
	char value[STATE_SESSION_VALUE_BYTES];
	struct state_session s = session_of(st, "one", value), got;

	assert_int_equal(strlen(value), 40);
	assert_int_equal(state_session_find(st, slice_str(value), &got), OK);
	assert_string_equal(got.token_id, s.token_id);
	assert_string_equal(got.address, "192.0.2.1");
	assert_int_equal(state_session_find(st, slice_of(value, 39), &got), ERR_NOT_FOUND);
	assert_int_equal(state_session_find(st, slice_str(s.id), &got), ERR_NOT_FOUND);
	struct store_use u =
		store_use(st->store, "SELECT count(*) FROM session WHERE instr(hash, ?1) OR instr(id || agent, ?2)");
	store_put_blob(&u, slice_str(value));
	store_put_text(&u, slice_str(value));
	assert_true(store_next(&u));
	assert_int_equal(store_int(&u, 0), 0);
	assert_int_equal(store_done(&u), OK);
	state_close(st);
}

static void a_session_ends(void **state)
{
	struct state *st = test_state_new();
	char value[STATE_SESSION_VALUE_BYTES];
	struct state_session s = session_of(st, "one", value), got;
	int64_t began = st->now_ms;

	/* It is used every ten hours: age ends it, not idleness. */
	for (int64_t at = 0; at <= STATE_SESSION_LIFE_MS; at += 10 * 3600 * 1000) {
		state_at(st, began + at);
		assert_int_equal(state_session_find(st, slice_str(value), &got), OK);
		assert_int_equal(state_session_used(st, &got), OK);
	}
	state_at(st, began + STATE_SESSION_LIFE_MS + 1);
	assert_int_equal(state_session_find(st, slice_str(value), &got), ERR_NOT_FOUND);

	s = session_of(st, "two", value);
	state_at(st, st->now_ms + STATE_SESSION_IDLE_MS + 1);
	assert_int_equal(state_session_find(st, slice_str(value), &got), ERR_NOT_FOUND);

	s = session_of(st, "three", value);
	assert_int_equal(state_session_remove(st, s.id, "somebody else's"), ERR_NOT_FOUND);
	assert_int_equal(state_session_find(st, slice_str(value), &got), OK);
	assert_int_equal(state_session_remove(st, s.id, s.token_id), OK);
	assert_int_equal(state_session_find(st, slice_str(value), &got), ERR_NOT_FOUND);

	s = session_of(st, "four", value);
	assert_int_equal(state_token_remove(st, s.token_id), OK);
	assert_int_equal(state_session_find(st, slice_str(value), &got), ERR_NOT_FOUND);
	state_close(st);
}

static void count(void *arg, const struct state_session *s)
{
	++*(size_t *)arg;
}

static void a_token_has_a_bounded_number(void **state)
{
	struct state *st = test_state_new();
	char first[STATE_SESSION_VALUE_BYTES], value[STATE_SESSION_VALUE_BYTES];
	struct state_session s = session_of(st, "one", first), got;
	size_t n = 0;

	for (int i = 0; i < STATE_SESSIONS_MAX; i++) {
		state_at(st, st->now_ms + 1000);
		assert_int_equal(state_session_add(st, &s, value), OK);
	}
	assert_int_equal(state_session_list(st, s.token_id, count, &n), OK);
	assert_int_equal(n, STATE_SESSIONS_MAX);
	assert_int_equal(state_session_find(st, slice_str(first), &got), ERR_NOT_FOUND);
	assert_int_equal(state_session_find(st, slice_str(value), &got), OK);
	state_close(st);
}

static void the_second_value_is_of_the_first(void **state)
{
	char a[STATE_SESSION_CSRF_BYTES], b[STATE_SESSION_CSRF_BYTES];

	assert_int_equal(state_session_csrf(SLICE("one"), a), OK);
	assert_int_equal(state_session_csrf(SLICE("one"), b), OK);
	assert_int_equal(strlen(a), STATE_SESSION_CSRF_BYTES - 1);
	assert_string_equal(a, b);
	assert_int_equal(state_session_csrf(SLICE("two"), b), OK);
	assert_string_not_equal(a, b);
}

int test_session(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_is_found_by_its_value),
		cmocka_unit_test(a_session_ends),
		cmocka_unit_test(a_token_has_a_bounded_number),
		cmocka_unit_test(the_second_value_is_of_the_first),
	};

	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
