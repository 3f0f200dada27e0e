/* SPDX-License-Identifier: Apache-2.0 */
/* test_waf_event: events come back in order, and the oldest are forgotten. */
#include "test_state.h"

#include "base/buf.h"
#include "state/waf_event.h"

static void collect(void *arg, int64_t seq, struct slice json)
{
	buf_printf(arg, "%d=%.*s;", (int)seq, SLICE_ARG(json));
}

static void kept_in_order(void **state)
{
	struct state *st = test_state_new();
	struct buf b;

	buf_init(&b, 4096);
	test_state_begin(st);
	assert_int_equal(state_waf_event_add(st, 7, SLICE("{\"a\":1}")), OK);
	assert_int_equal(state_waf_event_add(st, 9, SLICE("{}")), OK);
	assert_int_equal(state_waf_event_add(st, 12, SLICE("{\"b\":2}")), OK);
	assert_int_equal(state_waf_event_each(st, collect, &b), OK);
	assert_true(slice_eq(buf_slice(&b), SLICE("7={\"a\":1};9={};12={\"b\":2};")));
	buf_clear(&b);
	assert_int_equal(state_waf_event_forget(st, 9), OK);
	assert_int_equal(state_waf_event_each(st, collect, &b), OK);
	assert_true(slice_eq(buf_slice(&b), SLICE("9={};12={\"b\":2};")));
	assert_int_not_equal(state_waf_event_add(st, 12, SLICE("{}")), OK); /* a number is given once */
	state_rollback(st);
	buf_fini(&b);
	state_close(st);
}

int test_waf_event(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(kept_in_order) };

	return cmocka_run_group_tests_name("waf_event", tests, NULL, NULL);
}
