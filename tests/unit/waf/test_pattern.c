/* SPDX-License-Identifier: Apache-2.0 */
/* What the reader of patterns understands, and what it writes for a caseless database. */
#include "groups.h"

#include "base/mem.h"
#include "waf/pattern.h"
#include "waf/regex.h"

#include <stdio.h>
#include <string.h>

static void understands_what_rules_write(void **state)
{
	static const char *const yes[] = { "",
					   "abc",
					   "(?i)a|b",
					   "(?i:a)b",
					   "(?s-i:.)x",
					   "a{2}b{1,}c{0,3}{",
					   "a{,3}",
					   "[]a]",
					   "[^]a]",
					   "[a\\-z]",
					   "[\\x00-\\x1f\\s\\d-]",
					   "[[:alpha:][:^digit:]_]",
					   "\\x{7f}\\x4\\0\\012",
					   "(?:a|(b|c)+)*?",
					   "a++b*+",
					   "(?=a)b(?!c)(?<=d)(?<!e)",
					   "(?>a|ab)c",
					   "(a)\\1",
					   "(?P<n>a)(?<m>b)",
					   "^\\b\\B\\A\\z\\Z$",
					   "\\d\\D\\w\\W\\s\\S\\h\\v" };
	static const char *const no[] = {
		"(",       ")",       "a)",      "[a",        "*a",      "(*UTF)a",
		"\\Qa\\E", "\\p{L}",  "(?x)a b", "(?#)",      "a{1001}", "\\x{100}",
		"(?R)",    "[a-\\d]", "[z-a]",   "(?(1)a|b)", "\\G",     "((a{999}){999}){9}",
	};

	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
		struct pattern_code code = { 0 };
		if (!pattern_compile(&code, slice_str(yes[i]), 0))
			fail_msg("not understood: %s", yes[i]);
		pattern_code_fini(&code);
	}
	for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
		struct pattern_code code = { 0 };
		assert_true(pattern_compile(&code, SLICE("kept"), 7));
		size_t n = code.n;
		if (pattern_compile(&code, slice_str(no[i]), 0))
			fail_msg("taken: %s", no[i]);
		assert_int_equal(code.n, n);
		assert_int_equal(code.steps[n - 1].op, PATTERN_ACCEPT);
		assert_int_equal(code.steps[n - 1].x, 7);
		pattern_code_fini(&code);
	}
}

static void deep_groups_are_refused(void **state)
{
	char text[1000];
	struct pattern_code code = { 0 };

	memset(text, '(', 200);
	text[200] = 'a';
	memset(text + 201, ')', 200);
	assert_false(pattern_compile(&code, slice_of(text, 401), 0));
	pattern_code_fini(&code);
}

/* A class that is negated must not lose a letter when it is compiled caseless. */
static void writes_negated_classes_out(void **state)
{
	static const struct {
		const char *pattern, *text;
	} rows[] = { { "x[^A-Z]y", "xay" },
		     { "[^a]b", "Ab" },
		     { "\\[^A]", "[^A]" },
		     { "[[:alpha:]][^[:upper:]]", "aa" },
		     { "(?i)a[^b]c", "AxC" } };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct regex *plain, *caseless;
		char *text = pattern_caseless(slice_str(rows[i].pattern));
		assert_non_null(text);
		assert_int_equal(regex_new(slice_str(rows[i].pattern), false, &plain, NULL), OK);
		assert_int_equal(regex_new(slice_str(text), true, &caseless, NULL), OK);
		assert_true(!regex_test(plain, slice_str(rows[i].text)) ||
			    regex_test(caseless, slice_str(rows[i].text)));
		assert_true(regex_test(caseless, slice_str(rows[i].text)) || i == 2);
		regex_free(plain);
		regex_free(caseless);
		mem_free(text);
	}
	assert_null(pattern_caseless(SLICE("\\p{Lu}")));
}

int test_pattern(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(understands_what_rules_write),
		cmocka_unit_test(deep_groups_are_refused),
		cmocka_unit_test(writes_negated_classes_out),
	};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
