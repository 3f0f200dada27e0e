/* SPDX-License-Identifier: Apache-2.0 */
/* Clearances and puzzles: for whom, for how long, and what does not pass. */
#include "shield/clearance.h"

#include "base/text.h"
#include "test_shield.h"

#include <string.h>

enum { NOW = 1800000000 };

static const uint8_t key[CLEARANCE_KEY_BYTES] = { 1, 2, 3 }, other_key[CLEARANCE_KEY_BYTES] = { 1, 2, 4 };

static struct ip address(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(slice_str(text), &ip), OK);
	return ip;
}

static struct clearance_visitor visitor(void)
{
	return (struct clearance_visitor){
		.key = key, .zone = SLICE("example.test"), .agent = SLICE("Browser/1"), .ip = address("192.0.2.1")
	};
}

static void good_for_the_one_who_got_it(void **state)
{
	struct clearance_visitor v = visitor(), w;
	char text[CLEARANCE_TEXT_BYTES];
	int64_t age;

	assert_int_equal(clearance_issue(&v, CLEARANCE_WORK, NOW, text), OK);
	assert_int_equal(clearance_check(&v, slice_str(text), 1800, NOW + 1800, &age), CLEARANCE_WORK);
	assert_int_equal(age, 1800);
	assert_int_equal(clearance_check(&v, slice_str(text), 1800, NOW + 1801, &age), CLEARANCE_NONE);
	assert_int_equal(clearance_check(&v, slice_str(text), 1800, NOW - 100, &age), CLEARANCE_WORK);
	assert_int_equal(clearance_check(&v, slice_str(text), 1800, NOW - 1000, &age), CLEARANCE_NONE);
	w = v;
	w.ip = address("192.0.2.2");
	assert_int_equal(clearance_check(&w, slice_str(text), 1800, NOW, &age), CLEARANCE_NONE);
	w = v;
	w.zone = SLICE("example.tes");
	assert_int_equal(clearance_check(&w, slice_str(text), 1800, NOW, &age), CLEARANCE_NONE);
	w = v;
	w.agent = SLICE("curl/8");
	assert_int_equal(clearance_check(&w, slice_str(text), 1800, NOW, &age), CLEARANCE_NONE);
	w = v;
	w.key = other_key;
	assert_int_equal(clearance_check(&w, slice_str(text), 1800, NOW, &age), CLEARANCE_NONE);
}

static void networks_of_ipv6(void **state)
{
	struct clearance_visitor v = visitor();
	char text[CLEARANCE_TEXT_BYTES];
	int64_t age;

	v.ip = address("2001:db8:1:2::5");
	assert_int_equal(clearance_issue(&v, CLEARANCE_PERSON, NOW, text), OK);
	v.ip = address("2001:db8:1:2:ffff::9");
	assert_int_equal(clearance_check(&v, slice_str(text), 60, NOW, &age), CLEARANCE_PERSON);
	v.ip = address("2001:db8:1:3::5");
	assert_int_equal(clearance_check(&v, slice_str(text), 60, NOW, &age), CLEARANCE_NONE);
}

/* No text with a byte changed, cut or added is worth anything. */
static void every_byte_counts(void **state)
{
	struct clearance_visitor v = visitor();
	char text[CLEARANCE_TEXT_BYTES], bad[CLEARANCE_TEXT_BYTES + 1];
	int64_t age;

	assert_int_equal(clearance_issue(&v, CLEARANCE_COOKIE, NOW, text), OK);
	size_t n = strlen(text);
	for (size_t i = 0; i < n; i++) {
		memcpy(bad, text, n);
		bad[i] = bad[i] == '1' ? '2' : '1';
		assert_int_equal(clearance_check(&v, slice_of(bad, n), 9999999, NOW, &age), CLEARANCE_NONE);
		assert_int_equal(clearance_check(&v, slice_of(text, i), 9999999, NOW, &age), CLEARANCE_NONE);
	}
	memcpy(bad, text, n);
	bad[n] = 'A';
	assert_int_equal(clearance_check(&v, slice_of(bad, n + 1), 60, NOW, &age), CLEARANCE_NONE);
}

/* Searches as the page does. */
static bool solve(const struct clearance_visitor *v, const char *puzzle, struct text *answer)
{
	enum clearance_level level;

	for (unsigned i = 0; i < 100000; i++) {
		answer->n = 0;
		text_u64(answer, i);
		if (clearance_solve(v, slice_str(puzzle), text_slice(answer), -1, NOW, &level) == OK)
			return true;
	}
	return false;
}

static void puzzles_are_solved_by_work(void **state)
{
	struct clearance_visitor v = visitor();
	char puzzle[CLEARANCE_TEXT_BYTES], memory[32];
	struct text answer = text_of(memory, sizeof memory);
	enum clearance_level level;
	int64_t age;

	assert_int_equal(clearance_puzzle(&v, CLEARANCE_WORK, 8, 77, NOW, puzzle), OK);
	assert_true(solve(&v, puzzle, &answer));
	struct slice a = text_slice(&answer);
	assert_int_equal(clearance_solve(&v, slice_str(puzzle), a, -1, NOW + CLEARANCE_PUZZLE_S, &level), OK);
	assert_int_equal(level, CLEARANCE_WORK);
	assert_int_equal(clearance_solve(&v, slice_str(puzzle), a, -1, NOW + CLEARANCE_PUZZLE_S + 1, &level),
			 ERR_EXPIRED);
	/* A puzzle is no clearance, a clearance no puzzle. */
	assert_int_equal(clearance_check(&v, slice_str(puzzle), 60, NOW, &age), CLEARANCE_NONE);
	v.ip = address("192.0.2.77");
	assert_int_equal(clearance_solve(&v, slice_str(puzzle), a, -1, NOW, &level), ERR_CORRUPT);
	assert_int_equal(clearance_solve(&v, SLICE("p.1.2.3"), a, -1, NOW, &level), ERR_SYNTAX);
}

static void or_by_waiting(void **state)
{
	struct clearance_visitor v = visitor();
	char puzzle[CLEARANCE_TEXT_BYTES];
	enum clearance_level level;

	assert_int_equal(clearance_puzzle(&v, CLEARANCE_PERSON, 16, 1, NOW, puzzle), OK);
	assert_int_equal(clearance_solve(&v, slice_str(puzzle), SLICE(""), 5, NOW + 4, &level), ERR_AGAIN);
	assert_int_equal(clearance_solve(&v, slice_str(puzzle), SLICE(""), 5, NOW + 5, &level), OK);
	assert_int_equal(level, CLEARANCE_PERSON);
	assert_int_equal(clearance_solve(&v, slice_str(puzzle), SLICE("x"), -1, NOW + 500, &level), ERR_AGAIN);
	/* Nothing to work on is not solved by anything. */
	assert_int_equal(clearance_puzzle(&v, CLEARANCE_COOKIE, 0, 1, NOW, puzzle), OK);
	assert_int_equal(clearance_solve(&v, slice_str(puzzle), SLICE(""), -1, NOW, &level), ERR_AGAIN);
	assert_int_equal(clearance_solve(&v, slice_str(puzzle), SLICE(""), 0, NOW, &level), OK);
}

int test_clearance(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_for_the_one_who_got_it),
		cmocka_unit_test(networks_of_ipv6),
		cmocka_unit_test(every_byte_counts),
		cmocka_unit_test(puzzles_are_solved_by_work),
		cmocka_unit_test(or_by_waiting),
	};

	return cmocka_run_group_tests_name("clearance", tests, NULL, NULL);
}
