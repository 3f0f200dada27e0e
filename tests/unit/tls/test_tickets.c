/* SPDX-License-Identifier: Apache-2.0 */
/* test_tickets: keys change in time, the one before is still known, older ones are not. */
#include "test_tls.h"

#include "tls/tls_tickets.h"

#include <string.h>

static void keys_rotate(void **state)
{
	struct tls_tickets *t = tls_tickets_new();
	struct tls_tickets_key first, second, found;
	bool old;

	memset(&first, 0, sizeof first);
	assert_int_equal(tls_tickets_find(t, NOW_S, first.name, &found, &old), ERR_NOT_FOUND);
	assert_int_equal(tls_tickets_current(t, NOW_S, &first), OK);
	assert_int_equal(tls_tickets_current(t, NOW_S + TLS_TICKETS_ROTATE_S - 1, &second), OK);
	assert_memory_equal(&first, &second, sizeof first);
	assert_int_equal(tls_tickets_find(t, NOW_S, first.name, &found, &old), OK);
	assert_false(old);
	assert_int_equal(tls_tickets_current(t, NOW_S + TLS_TICKETS_ROTATE_S, &second), OK);
	assert_memory_not_equal(first.name, second.name, sizeof first.name);
	assert_memory_not_equal(first.aes, second.aes, sizeof first.aes);
	assert_int_equal(tls_tickets_find(t, NOW_S + TLS_TICKETS_ROTATE_S, first.name, &found, &old), OK);
	assert_true(old);
	assert_memory_equal(&first, &found, sizeof first);
	assert_int_equal(tls_tickets_find(t, NOW_S + 2 * TLS_TICKETS_ROTATE_S, first.name, &found, &old),
			 ERR_NOT_FOUND);
	tls_tickets_free(t);
}

/* After a long silence even the last key is too old. */
static void a_key_does_not_outlive_two_turns(void **state)
{
	struct tls_tickets *t = tls_tickets_new();
	struct tls_tickets_key first, found;
	bool old;

	assert_int_equal(tls_tickets_current(t, NOW_S, &first), OK);
	assert_int_equal(tls_tickets_find(t, NOW_S + 2 * TLS_TICKETS_ROTATE_S, first.name, &found, &old),
			 ERR_NOT_FOUND);
	tls_tickets_free(t);
}

int test_tickets(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_rotate),
		cmocka_unit_test(a_key_does_not_outlive_two_turns),
	};
	return cmocka_run_group_tests_name("tickets", tests, NULL, NULL);
}
