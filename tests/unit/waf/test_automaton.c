/* SPDX-License-Identifier: Apache-2.0 */
/* The automaton against PCRE2: the same answer on every text, whatever the cache has seen before. */
#include "groups.h"

#include "base/rng.h"
#include "waf/automaton.h"
#include "waf/regex.h"

#include <stdio.h>
#include <string.h>

struct both {
	struct automaton *automaton, *other; /* the other walks beside it */
	struct automaton_cache *cache, *other_cache;
	struct regex *regex[AUTOMATON_PATTERNS_MAX];
	size_t n;
	struct regex_scratch *scratch;
};

static void both_add(struct both *b, struct slice pattern)
{
	if (!b->automaton)
		b->automaton = automaton_new();
	if (!automaton_add(b->automaton, pattern))
		fail_msg("not understood: %.*s", SLICE_ARG(pattern));
	assert_int_equal(regex_new(pattern, false, &b->regex[b->n++], NULL), OK);
}

static void both_finish(struct both *b)
{
	automaton_finish(b->automaton);
	b->cache = automaton_cache_new(b->automaton);
	b->other = automaton_new();
	assert_true(automaton_add(b->other, SLICE("[a-c]\\b")) && automaton_add(b->other, SLICE("x$")));
	automaton_finish(b->other);
	b->other_cache = automaton_cache_new(b->other);
	b->scratch = regex_scratch_new(100000);
}

/* Two at once find what each finds alone, in either order. */
static void both_walk(struct both *b, struct slice text, uint64_t got)
{
	int64_t work = INT64_MAX;
	uint64_t alone = automaton_run(b->other, b->other_cache, text, &work);

	for (int turn = 0; turn < 2; turn++) {
		const struct automaton *a[] = { turn ? b->other : b->automaton, turn ? b->automaton : b->other };
		struct automaton_cache *c[] = { turn ? b->other_cache : b->cache, turn ? b->cache : b->other_cache };
		uint64_t found[2];
		automaton_run_two(a, c, text, &work, found);
		assert_int_equal(found[turn], got);
		assert_int_equal(found[!turn], alone);
	}
}

static void both_ask(struct both *b, struct slice text)
{
	int64_t work = INT64_MAX;
	uint64_t got = automaton_run(b->automaton, b->cache, text, &work);

	both_walk(b, text, got);
	for (size_t i = 0; i < b->n; i++) {
		enum regex_result want = regex_match(b->regex[i], text, b->scratch, NULL);
		/* Where PCRE2 gives up, there is nothing to compare with. */
		if (want != REGEX_LIMIT && (want == REGEX_YES) != (got >> i & 1))
			fail_msg("%.*s on '%.*s': automaton %d", SLICE_ARG(regex_source(b->regex[i])), SLICE_ARG(text),
				 (int)(got >> i & 1));
	}
}

static void both_fini(struct both *b)
{
	for (size_t i = 0; i < b->n; i++)
		regex_free(b->regex[i]);
	automaton_cache_free(b->cache);
	automaton_cache_free(b->other_cache);
	regex_scratch_free(b->scratch);
	automaton_free(b->automaton);
	automaton_free(b->other);
	*b = (struct both){ 0 };
}

static void finds_what_the_language_means(void **state)
{
	static const char *const patterns[] = {
		"abc",       "(?i)aBc",  "^b$",      "a.c",         "(?-s).x", "\\bor\\b", "o\\Br",    "[^a-z]",
		"a{2,3}$",   "^a{2}b?c", "(a|bc)+d", "x(?:y|z)*x",  "\\Aab",   "cd\\z",    "\\x00",    "[\\s\\x0b]c",
		"(?i)[^b]b", "a*?b",     "\\d{3}",   "[[:punct:]]", "(?i:q)r", "a||b",     "(a?){3}b", "\\W$",
	};
	static const struct slice texts[] = {
		SLICE_INIT(""),         SLICE_INIT("abc"),     SLICE_INIT("ABC"),   SLICE_INIT("a\nb\nc"),
		SLICE_INIT("b"),        SLICE_INIT("b\n"),     SLICE_INIT("a\nc"),  SLICE_INIT("\nx"),
		SLICE_INIT("for or"),   SLICE_INIT("or"),      SLICE_INIT("fore"),  SLICE_INIT("aab aaa"),
		SLICE_INIT("bcabcd"),   SLICE_INIT("xyzyzx"),  SLICE_INIT("abcd"),  SLICE_INIT("\0"),
		SLICE_INIT("a\0b"),     SLICE_INIT("\vc 123"), SLICE_INIT("qR Qr"), SLICE_INIT("\xff\xfe b"),
		SLICE_INIT("aaaaaaab"), SLICE_INIT("x_or_y"),  SLICE_INIT("d!\n"),  SLICE_INIT("aabc"),
	};
	struct both b = { 0 };

	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
		both_add(&b, slice_str(patterns[i]));
	both_finish(&b);
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
			both_ask(&b, texts[i]);
	both_fini(&b);
}

/* A pattern of a small grammar, which PCRE2 takes too. */
static size_t write_pattern(struct rng *rng, char *out, int depth)
{
	static const char *const atoms[] = { "a",   "b", "\\.", "[ab]",  "[^a]", ".", "\\w",
					     "\\b", "^", "$",   "(?i)B", "\\n",  " " };
	static const char *const repeats[] = { "*", "+", "?", "{2}", "{0,2}", "{1,}", "", "", "" };
	size_t n = 0;
	int parts = 1 + (int)(rng_next(rng) % 3);

	for (int i = 0; i < parts; i++) {
		if (depth < 3 && rng_next(rng) % 3 == 0) {
			out[n++] = '(';
			n += write_pattern(rng, out + n, depth + 1);
			out[n++] = ')';
		} else {
			n += (size_t)sprintf(out + n, "%s", atoms[rng_next(rng) % (sizeof atoms / sizeof *atoms)]);
		}
		if (out[n - 1] != '$' && out[n - 1] != '^' && !(n > 1 && out[n - 2] == '\\' && out[n - 1] == 'b'))
			n += (size_t)sprintf(out + n, "%s",
					     repeats[rng_next(rng) % (sizeof repeats / sizeof *repeats)]);
		if (rng_next(rng) % 5 == 0 && i + 1 < parts)
			out[n++] = '|';
	}
	out[n] = 0;
	return n;
}

static void agrees_on_random_patterns(void **state)
{
	static const char letters[] = "aabbAB. _\n1";
	struct rng rng;

	rng_seed(&rng, 7);
	for (int round = 0; round < 150; round++) {
		struct both b = { 0 };
		for (int i = 0; i < 4; i++) {
			char pattern[2000];
			size_t n = write_pattern(&rng, pattern, 0);
			both_add(&b, slice_of(pattern, n));
		}
		both_finish(&b);
		for (int i = 0; i < 60; i++) {
			char text[24];
			size_t n = rng_next(&rng) % sizeof text;
			for (size_t k = 0; k < n; k++)
				text[k] = letters[rng_next(&rng) % (sizeof letters - 1)];
			/* PCRE2's "^" does not match behind the last newline; here it may. */
			while (n && text[n - 1] == '\n')
				n--;
			both_ask(&b, slice_of(text, n));
		}
		both_fini(&b);
	}
}

/* More states than the cache holds: "the 14th byte from the end" needs 2^14 of them. */
static void a_full_cache_is_emptied(void **state)
{
	struct both b = { 0 };
	struct rng rng;
	char text[4000];

	rng_seed(&rng, 9);
	both_add(&b, SLICE("a[ab]{14}$"));
	both_add(&b, SLICE("b[ab]{13}c"));
	both_finish(&b);
	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < sizeof text; i++)
			text[i] = rng_next(&rng) % 2 ? 'a' : 'b';
		text[sizeof text - 1] = round % 2 ? 'c' : 'a';
		both_ask(&b, slice_of(text, sizeof text));
	}
	both_fini(&b);
}

/* What look-around and back-references say is not known: they are taken for true. */
static void what_is_not_known_is_found(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool want;
	} rows[] = { { "a(?!b)", "ab", true },     { "(?<=x)a", "a", true },   { "(a|b)\\1c", "abc", true },
		     { "(?>a|ab)c", "abc", true }, { "a(?=q)b", "cb", false }, { "a++ab", "aab", true } };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct automaton *a = automaton_new();
		int64_t work = INT64_MAX;
		assert_true(automaton_add(a, slice_str(rows[i].pattern)));
		automaton_finish(a);
		struct automaton_cache *c = automaton_cache_new(a);
		assert_int_equal(automaton_run(a, c, slice_str(rows[i].text), &work), rows[i].want);
		automaton_cache_free(c);
		automaton_free(a);
	}
}

/* Without work left, nothing is ruled out; with a warm cache, none is needed. */
static void work_bounds_new_states(void **state)
{
	struct automaton *a = automaton_new();
	int64_t work = 1, enough = 1000000;

	assert_true(automaton_add(a, SLICE("needle")) && automaton_add(a, SLICE("pin")));
	assert_int_equal(automaton_count(a), 2);
	assert_true(automaton_steps(a) >= 11);
	automaton_finish(a);
	struct automaton_cache *c = automaton_cache_new(a);
	assert_int_equal(automaton_run(a, c, SLICE("hay stack"), &work), 3);
	assert_true(work <= 0);
	assert_int_equal(automaton_run(a, c, SLICE("hay stack"), &enough), 0);
	assert_true(enough < 1000000);
	assert_int_equal(automaton_run(a, c, SLICE("hay stack"), &work), 0);
	automaton_cache_free(c);
	automaton_free(a);
}

int test_automaton(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_the_language_means), cmocka_unit_test(agrees_on_random_patterns),
		cmocka_unit_test(a_full_cache_is_emptied),       cmocka_unit_test(what_is_not_known_is_found),
		cmocka_unit_test(work_bounds_new_states),
	};

	return cmocka_run_group_tests_name("automaton", tests, NULL, NULL);
}
