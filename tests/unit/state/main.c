/* SPDX-License-Identifier: Apache-2.0 */
/* unit-state: the tests of src/state, one group per file. */
#include "test_state.h"

struct state *test_state_new(void)
{
	struct state *st;
	struct diag d;

	diag_init(&d);
	assert_int_equal(state_open(":memory:", TEST_NOW_MS, &st, &d), OK);
	return st;
}

void test_state_begin(struct state *st)
{
	static const struct state_actor me = { "0123456789abcdef0123456789abcdef", "me", "192.0.2.7" };

	assert_int_equal(state_begin(st, &me), OK);
}

int main(void)
{
	return test_ban() + test_dnssec() + test_idn() + test_state() + test_zone() + test_certificate() +
	       test_session() + test_setting() + test_token() + test_record() + test_record_file() + test_app() +
	       test_domain() + test_variable() + test_waf_event() + test_top() + test_traffic() + test_login();
}
