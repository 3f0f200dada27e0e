/* SPDX-License-Identifier: Apache-2.0 */
/* Phrases against the obvious search. */
#include "groups.h"

#include "waf/phrase.h"

#include <string.h>

static struct phrase_set *set_of(const char *const *phrases, size_t n)
{
	struct phrase_set *set = phrase_set_new();

	for (size_t i = 0; i < n; i++)
		phrase_set_add(set, slice_str(phrases[i]));
	phrase_set_finish(set);
	return set;
}

static void finds_the_first_end(void **state)
{
	static const char *const phrases[] = { "he", "She", "his", "hers", "bar", "barbaz" };
	static const struct {
		const char *in, *want;
	} rows[] = { { "ushers", "She" }, { "xhisx", "his" }, { "BARBAZ", "bar" }, { "ba rb", NULL },
		     { "", NULL },        { "HERS", "he" },   { "shi", NULL },     { "\xff\x80his", "his" } };
	struct phrase_set *set = set_of(phrases, 6);

	assert_int_equal(phrase_set_count(set), 6);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice got = phrase_set_find(set, slice_str(rows[i].in));
		assert_int_equal(got.n, rows[i].want ? strlen(rows[i].want) : 0);
		if (rows[i].want)
			assert_memory_equal(got.p, rows[i].want, got.n);
	}
	phrase_set_free(set);
}

/* All texts of up to seven letters over {a, b} against a search of each phrase. */
static void agrees_with_a_plain_search(void **state)
{
	static const char *const phrases[] = { "aab", "abab", "bb", "baaab", "AAAA" };
	struct phrase_set *set = set_of(phrases, 5);

	for (unsigned length = 0; length <= 7; length++)
		for (unsigned bits = 0; bits < 1u << length; bits++) {
			char text[8] = "";
			bool want = false;
			for (unsigned i = 0; i < length; i++)
				text[i] = bits >> i & 1 ? 'b' : 'a';
			for (size_t i = 0; i < 5; i++)
				want = want || strcasestr(text, phrases[i]);
			assert_int_equal(phrase_set_find(set, slice_of(text, length)).n > 0, want);
		}
	phrase_set_free(set);
}

static void an_empty_set_finds_nothing(void **state)
{
	struct phrase_set *set = set_of(NULL, 0);

	assert_int_equal(phrase_set_find(set, SLICE("anything")).n, 0);
	phrase_set_free(set);
}

int test_phrase(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_first_end),
		cmocka_unit_test(agrees_with_a_plain_search),
		cmocka_unit_test(an_empty_set_finds_nothing),
	};

	return cmocka_run_group_tests_name("phrase", tests, NULL, NULL);
}
