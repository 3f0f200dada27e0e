/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_automaton: what PCRE2 finds, the automaton finds, and the pattern as it is written for a caseless database.
 * Input: a pattern, a newline, the text. The cache is used twice, so that states are met again.
 */
#include "base/mem.h"
#include "fuzz.h"
#include "waf/automaton.h"
#include "waf/pattern.h"
#include "waf/regex.h"

static void check_automaton(struct slice pattern, struct slice text, bool found)
{
	struct automaton *a = automaton_new();

	if (automaton_add(a, pattern)) {
		automaton_finish(a);
		struct automaton_cache *c = automaton_cache_new(a);
		int64_t work = 1 << 24, none = 0;
		uint64_t first = automaton_run(a, c, text, &work), again = automaton_run(a, c, text, &work);
		FUZZ_CHECK(first == again || work <= 0);
		FUZZ_CHECK(!found || first == 1);
		/* Without work nothing is ruled out but by states that are known. */
		FUZZ_CHECK(automaton_run(a, c, text, &none) >= first);
		automaton_cache_free(c);
	}
	automaton_free(a);
}

static void check_caseless(struct slice pattern, struct slice text, struct regex_scratch *scratch)
{
	char *written = pattern_caseless(pattern);
	struct regex *re;

	if (written && !memchr(written, 0, strlen(written)) && regex_new(slice_str(written), true, &re, NULL) == OK) {
		FUZZ_CHECK(regex_match(re, text, scratch, NULL) != REGEX_NO);
		regex_free(re);
	}
	mem_free(written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = slice_of(data, n), pattern = slice_split(&in, '\n');
	struct regex *re;

	/* Large counts make PCRE2 and us slow, and nothing else. */
	if (pattern.n > 200 || in.n > 400 || !in.p || (pattern.n && memchr(pattern.p, 0, pattern.n)))
		return 0;
	if (regex_new(pattern, false, &re, NULL) != OK)
		return 0;
	struct regex_scratch *scratch = regex_scratch_new(20000);
	bool found = regex_match(re, in, scratch, NULL) == REGEX_YES;
	check_automaton(pattern, in, found);
	if (found)
		check_caseless(pattern, in, scratch);
	regex_scratch_free(scratch);
	regex_free(re);
	return 0;
}
