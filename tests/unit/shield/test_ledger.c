/* SPDX-License-Identifier: Apache-2.0 */
/* Who is known: since when, how answered, how many. */
#include "shield/ledger.h"

#include "test_shield.h"

static const struct hash_key secret = { 5, 6 };

static struct ip address(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(slice_str(text), &ip), OK);
	return ip;
}

/* n requests within the second of now_s; the last entry. */
static struct ledger_entry asks(struct ledger *l, uint64_t key, unsigned n, unsigned now_s)
{
	struct ledger_entry e = { 0 };

	for (unsigned i = 0; i < n; i++)
		ledger_request(l, key, (uint64_t)now_s * 1000 + i, true, &e);
	return e;
}

static void a_visitor_becomes_known(void **state)
{
	struct ledger *l = ledger_new(64, &secret);
	struct ip ip = address("192.0.2.1");
	uint64_t key = ledger_key(l, SLICE("example.test"), &ip);

	struct ledger_entry e = asks(l, key, 1, 100);
	assert_false(ledger_is_known(&e, 200));
	ledger_answer(l, key, 200, false);
	ledger_answer(l, key, 200, false);
	e = asks(l, key, 1, 150);
	assert_int_equal(e.first_s, 100);
	assert_true(ledger_is_known(&e, 101));
	/* Not when what matters began before it came. */
	assert_false(ledger_is_known(&e, 100));
	/* Not with more than it is used to. */
	e = asks(l, key, LEDGER_USUAL, 151);
	assert_true(ledger_is_known(&e, 150));
	e = asks(l, key, 1, 151);
	assert_false(ledger_is_known(&e, 150));
	/* What was usual in calm is usual. */
	e = asks(l, key, 20, 152);
	assert_true(e.peak_n == LEDGER_USUAL + 1 && ledger_is_known(&e, 150));
	/* Not with more bad answers than good ones. */
	for (unsigned i = 0; i < 4; i++)
		ledger_answer(l, key, 404, false);
	e = asks(l, key, 1, 160);
	assert_false(ledger_is_known(&e, 150));
	ledger_free(l);
}

static void held_back(void **state)
{
	struct ledger *l = ledger_new(64, &secret);
	struct ip ip = address("192.0.2.1"), other = address("192.0.2.2");
	uint64_t key = ledger_key(l, SLICE("example.test"), &ip), none = ledger_key(l, SLICE("example.test"), &other);

	assert_int_equal(ledger_held(l, none, 100000), 0); /* never asked */
	ledger_passed(l, none, 100000);
	asks(l, key, 1, 100);
	for (uint32_t i = 1; i <= 10; i++)
		assert_int_equal(ledger_held(l, key, 100000), i);
	asks(l, key, 1, 100 + LEDGER_DENIED_S); /* half of them are forgotten */
	assert_int_equal(ledger_held(l, key, (100 + LEDGER_DENIED_S) * 1000), 6);
	/* Somebody passes: nobody there is counted for a while. */
	ledger_passed(l, key, 800 * 1000);
	assert_int_equal(ledger_held(l, key, 801 * 1000), 0);
	assert_int_equal(ledger_held(l, key, (799 + LEDGER_DENIED_S) * 1000), 0);
	assert_int_equal(ledger_held(l, key, (801 + LEDGER_DENIED_S) * 1000), 1);
	ledger_free(l);
}

static void a_past_does_not_depend_on_the_present(void **state)
{
	struct ledger *l = ledger_new(64, &secret);
	struct ip ip = address("192.0.2.1");
	uint64_t key = ledger_key(l, SLICE("example.test"), &ip);

	asks(l, key, 1, 100);
	ledger_answer(l, key, 200, false);
	ledger_answer(l, key, 200, false);
	struct ledger_entry e = asks(l, key, 1000, 150);
	assert_true(ledger_has_past(&e, 101) && !ledger_is_known(&e, 101));
	assert_false(ledger_has_past(&e, 100));
	for (unsigned i = 0; i < 10; i++)
		ledger_answer(l, key, 401, true);
	e = asks(l, key, 1, 151);
	assert_false(ledger_has_past(&e, 101));
	ledger_free(l);
}

static void wrong_passwords(void **state)
{
	struct ledger *l = ledger_new(64, &secret);
	struct ip ip = address("192.0.2.1");
	uint64_t key = ledger_key(l, SLICE("z"), &ip);

	asks(l, key, 1, 1000);
	for (unsigned i = 0; i < LEDGER_DENIED; i++)
		ledger_answer(l, key, i % 2 ? 401 : 403, true);
	ledger_answer(l, key, 401, false);
	ledger_answer(l, key, 404, true);
	assert_int_equal(asks(l, key, 1, 1001).denied, LEDGER_DENIED);
	/* Half is forgotten with time, all with the right one. */
	asks(l, key, 1, 1001 + LEDGER_DENIED_S);
	assert_int_equal(asks(l, key, 1, 1001 + LEDGER_DENIED_S).denied, LEDGER_DENIED / 2);
	ledger_answer(l, key, 303, true);
	assert_int_equal(asks(l, key, 1, 1001 + LEDGER_DENIED_S).denied, 0);
	ledger_free(l);
}

static void keys(void **state)
{
	struct ledger *l = ledger_new(64, &secret);
	struct ip a = address("2001:db8:1:2::1"), b = address("2001:db8:1:2:ffff::1"), c = address("2001:db8:1:3::1");

	assert_true(ledger_key(l, SLICE("z"), &a) == ledger_key(l, SLICE("z"), &b));
	assert_true(ledger_key(l, SLICE("z"), &a) != ledger_key(l, SLICE("z"), &c));
	assert_true(ledger_key(l, SLICE("z"), &a) != ledger_key(l, SLICE("y"), &a));
	ledger_free(l);
}

static void who_was_quiet_longest_gives_way(void **state)
{
	struct ledger *l = ledger_new(16, &secret);
	struct ip ip = address("192.0.2.1");
	uint64_t mine = ledger_key(l, SLICE("z"), &ip);

	asks(l, mine, 1, 10);
	for (unsigned i = 0; i < 5000; i++) {
		ip.b[2] = (uint8_t)(i >> 8);
		ip.b[3] = (uint8_t)i;
		asks(l, ledger_key(l, SLICE("y"), &ip), 1, 11 + i / 2);
		asks(l, mine, 1, 11 + i / 2);
	}
	struct ledger_entry e = asks(l, mine, 1, 4000);
	assert_int_equal(e.first_s, 10);
	ledger_answer(l, 12345, 200, true); /* nobody's */
	ledger_free(l);
}

int test_ledger(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_visitor_becomes_known),
		cmocka_unit_test(keys),
		cmocka_unit_test(held_back),
		cmocka_unit_test(a_past_does_not_depend_on_the_present),
		cmocka_unit_test(wrong_passwords),
		cmocka_unit_test(who_was_quiet_longest_gives_way),
	};

	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
