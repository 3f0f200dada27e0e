/* SPDX-License-Identifier: Apache-2.0 */
/* test_variable: variables are sealed where they are kept and come back as they were. */
#include "test_state.h"

#include "base/mem.h"
#include "state/app.h"
#include "state/variable.h"

#include <stdio.h>

static void names_that_clients_know(void **state)
{
	char long_name[STATE_VARIABLE_NAME_BYTES + 1];

	memset(long_name, 'A', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	assert_null(state_variable_name_wrong(SLICE("A_b9")));
	assert_null(state_variable_name_wrong(slice_first(slice_str(long_name), 64)));
	assert_string_equal(state_variable_name_wrong(SLICE("")), "can't be blank");
	assert_string_equal(state_variable_name_wrong(SLICE("9A")), "must start with a letter");
	assert_string_equal(state_variable_name_wrong(SLICE("_A")), "must start with a letter");
	assert_string_equal(state_variable_name_wrong(SLICE("A-B")),
			    "should contain only letters, digits and underscores");
	assert_string_equal(state_variable_name_wrong(slice_str(long_name)), "is too long (maximum is 64 characters)");
}

static void collect(void *arg, const struct state_variable *v)
{
	struct buf *b = arg;

	buf_printf(b, "%s=%.*s;", v->name, SLICE_ARG(v->value));
}

static void they_are_sealed(void **state)
{
	struct state *st = test_state_new();
	struct state_app a = { .name = "my-app", .owner = "john@example.com" };
	char id[STATE_APP_ID_BYTES], again[STATE_APP_ID_BYTES], name[STATE_VARIABLE_NAME_BYTES];
	struct seal seal, other;
	struct buf b;

	seal_init(&seal, (const uint8_t *)"0123456789abcdef0123456789abcdef");
	seal_init(&other, (const uint8_t *)"another key of thirty-two bytes!");
	buf_init(&b, 4096);
	test_state_begin(st);
	assert_int_equal(state_app_add(st, &a), OK);
	assert_int_equal(state_variable_put(st, &seal, a.id, SLICE("B"), SLICE("two"), id), OK);
	assert_int_equal(state_variable_put(st, &seal, a.id, SLICE("A"), SLICE(""), again), OK);
	assert_int_equal(state_variable_put(st, &seal, a.id, SLICE("B"), SLICE("three"), again), OK);
	assert_string_equal(id, again);
	assert_int_equal(state_variable_each(st, &seal, a.id, collect, &b), OK);
	assert_true(slice_eq(buf_slice(&b), SLICE("A=;B=three;")));
	buf_clear(&b);
	assert_int_equal(state_variable_value(st, &seal, a.id, SLICE("B"), &b), OK);
	assert_true(slice_eq(buf_slice(&b), SLICE("three")));
	struct store_use u = store_use(st->store, "SELECT count(*) FROM app_variable WHERE value NOT LIKE 'sealed1:%'");
	assert_true(store_next(&u));
	assert_int_equal(store_int(&u, 0), 0);
	assert_int_equal(store_done(&u), OK);
	assert_int_equal(state_variable_each(st, &other, a.id, collect, &b), ERR_SEAL_KEY);
	assert_int_equal(state_variable_name(st, a.id, slice_str(id), name), OK);
	assert_string_equal(name, "B");
	assert_int_equal(state_variable_remove(st, a.id, slice_str(id)), OK);
	assert_int_equal(state_variable_remove(st, a.id, slice_str(id)), ERR_NOT_FOUND);
	assert_int_equal(state_variable_value(st, &seal, a.id, SLICE("B"), &b), ERR_NOT_FOUND);
	assert_int_equal(state_commit(st), OK);
	buf_fini(&b);
	state_close(st);
}

static void there_are_bounds(void **state)
{
	struct state *st = test_state_new();
	struct state_app a = { .name = "my-app", .owner = "john@example.com" };
	char id[STATE_APP_ID_BYTES], name[32], *large = mem_alloc(STATE_VARIABLE_VALUE_MAX + 1);
	struct seal seal;

	memset(large, 'x', STATE_VARIABLE_VALUE_MAX + 1);
	seal_init(&seal, (const uint8_t *)"0123456789abcdef0123456789abcdef");
	test_state_begin(st);
	assert_int_equal(state_app_add(st, &a), OK);
	assert_int_equal(
		state_variable_put(st, &seal, a.id, SLICE("A"), slice_of(large, STATE_VARIABLE_VALUE_MAX + 1), id),
		ERR_RANGE);
	assert_int_equal(state_variable_put(st, &seal, a.id, SLICE("A"), slice_of(large, STATE_VARIABLE_VALUE_MAX), id),
			 OK);
	for (int i = 1; i < STATE_VARIABLES_MAX; i++) {
		snprintf(name, sizeof name, "V%d", i);
		assert_int_equal(state_variable_put(st, &seal, a.id, slice_str(name), SLICE("1"), id), OK);
	}
	assert_int_equal(state_variable_put(st, &seal, a.id, SLICE("MORE"), SLICE("1"), id), ERR_RANGE);
	assert_int_equal(state_variable_put(st, &seal, a.id, SLICE("V1"), SLICE("2"), id), OK);
	assert_int_equal(state_commit(st), OK);
	mem_free(large);
	state_close(st);
}

int test_variable(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_clients_know),
		cmocka_unit_test(they_are_sealed),
		cmocka_unit_test(there_are_bounds),
	};

	return cmocka_run_group_tests_name("variable", tests, NULL, NULL);
}
