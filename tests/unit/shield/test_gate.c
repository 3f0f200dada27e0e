/* SPDX-License-Identifier: Apache-2.0 */
/* Lines at the gate: order, rights, leaving, a limit that changes. */
#include "shield/gate.h"

#include "test_shield.h"

static void known_visitors_go_first(void **state)
{
	struct gate g = { 0 };
	struct gate_wait w[5] = { 0 };

	assert_true(gate_enter(&g, 1, false));
	assert_false(gate_enter(&g, 1, true));
	gate_wait(&g, &w[0], false);
	gate_wait(&g, &w[1], true);
	gate_wait(&g, &w[2], false);
	gate_wait(&g, &w[3], true);
	assert_int_equal(g.waiting, 4);
	assert_null(gate_next(&g, 1));
	gate_leave(&g);
	/* Nobody passes who waits with the same right. */
	assert_false(gate_enter(&g, 1, true));
	assert_ptr_equal(gate_next(&g, 1), &w[1]);
	assert_int_equal(g.inside, 1);
	gate_leave(&g);
	assert_ptr_equal(gate_next(&g, 1), &w[3]);
	gate_leave(&g);
	/* A known one passes those who are not. */
	assert_true(gate_enter(&g, 1, true));
	gate_leave(&g);
	assert_false(gate_enter(&g, 1, false));
	assert_ptr_equal(gate_next(&g, 1), &w[0]);
	assert_ptr_equal(gate_next(&g, 2), &w[2]);
	assert_null(gate_next(&g, 9));
	assert_int_equal(g.waiting, 0);
}

static void leaving_the_line(void **state)
{
	struct gate g = { 0 };
	struct gate_wait w[3] = { 0 };

	for (size_t i = 0; i < 3; i++)
		gate_wait(&g, &w[i], false);
	gate_cancel(&g, &w[1]);
	gate_cancel(&g, &w[1]);
	gate_cancel(&g, &w[2]);
	gate_wait(&g, &w[1], false);
	assert_ptr_equal(gate_next(&g, 5), &w[0]);
	assert_ptr_equal(gate_next(&g, 5), &w[1]);
	assert_null(gate_next(&g, 5));
	/* Below a limit that became smaller nobody goes in until some have left. */
	gate_wait(&g, &w[0], true);
	assert_null(gate_next(&g, 1));
	gate_leave(&g);
	assert_null(gate_next(&g, 1));
	gate_leave(&g);
	assert_ptr_equal(gate_next(&g, 1), &w[0]);
}

/* In a full line the last of those who are not known gives his place up; known visitors keep theirs. */
static void strangers_yield(void **state)
{
	struct gate g = { 0 };
	struct gate_wait w[4] = { 0 };

	assert_null(gate_yield(&g));
	gate_wait(&g, &w[0], true);
	assert_null(gate_yield(&g));
	gate_wait(&g, &w[1], false);
	gate_wait(&g, &w[2], false);
	assert_ptr_equal(gate_yield(&g), &w[2]);
	assert_int_equal(g.waiting, 2);
	gate_wait(&g, &w[3], false);
	assert_ptr_equal(gate_yield(&g), &w[3]);
	assert_ptr_equal(gate_yield(&g), &w[1]);
	assert_null(gate_yield(&g));
	assert_ptr_equal(gate_next(&g, 1), &w[0]);
	assert_int_equal(g.waiting, 0);
}

int test_gate(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_visitors_go_first),
		cmocka_unit_test(leaving_the_line),
		cmocka_unit_test(strangers_yield),
	};

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
