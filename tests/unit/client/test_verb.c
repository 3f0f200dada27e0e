/* SPDX-License-Identifier: Apache-2.0 */
/* test_verb: the table is complete and its help is consistent. */
#include "test_client.h"

#include <string.h>

static void check_verb(const struct verb_noun *noun, const struct verb *v)
{
	size_t min, max;

	assert_non_null(v->name);
	assert_non_null(v->args);
	assert_true(v->summary && v->summary[0] && v->summary[strlen(v->summary) - 1] != '.');
	verb_words_range(v, &min, &max);
	assert_true(min <= max);
	for (size_t i = 0; i < max && i < 8; i++)
		assert_true(verb_word_name(v, i).n > 0);
	for (const struct verb_option *o = v->options; o && o->name; o++) {
		assert_true(o->name[0] == '-' && o->name[1] == '-');
		assert_true((o->kind == VERB_FLAG) == (o->value == NULL));
		assert_non_null(o->help);
		assert_ptr_equal(verb_option_find(v, slice_str(o->name)), o);
		for (const struct verb_option *k = verb_common; k->name; k++)
			assert_string_not_equal(o->name, k->name);
	}
}

static void every_row_is_whole(void **state)
{
	size_t n;
	const struct verb_noun *const *nouns = verb_nouns(&n);

	for (size_t i = 0; i < n; i++) {
		assert_ptr_equal(verb_noun_find(slice_str(nouns[i]->name)), nouns[i]);
		assert_true(nouns[i]->summary && nouns[i]->summary[0]);
		for (const struct verb *v = nouns[i]->verbs; v->run; v++)
			check_verb(nouns[i], v);
	}
	assert_null(verb_noun_find(SLICE("nonsense")));
}

static void words_are_counted(void **state)
{
	static const struct {
		const char *args;
		size_t min, max;
	} rows[] = {
		{ "", 0, 0 },
		{ "ZONE", 1, 1 },
		{ "ZONE [PHASE]", 1, 2 },
		{ "ZONE [URL…]", 1, SIZE_MAX },
		{ "A B C…", 3, SIZE_MAX },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct verb v = { .args = rows[i].args };
		size_t min, max;
		verb_words_range(&v, &min, &max);
		assert_int_equal(min, rows[i].min);
		assert_int_equal(max, rows[i].max);
	}
	struct verb v = { .args = "ZONE [URL…]" };
	assert_true(slice_eq(verb_word_name(&v, 0), SLICE("ZONE")));
	assert_true(slice_eq(verb_word_name(&v, 1), SLICE("URL")));
	assert_true(slice_eq(verb_word_name(&v, 7), SLICE("URL")));
	v.args = "ZONE";
	assert_int_equal(verb_word_name(&v, 1).n, 0);
}

static void help_of_all(struct cli *c)
{
	size_t n;
	const struct verb_noun *const *nouns = verb_nouns(&n);

	for (size_t i = 0; i < n; i++)
		verb_help_noun(nouns[i], stdout);
}

static void help_names_every_verb(void **state)
{
	static char out[65536];
	size_t n;
	const struct verb_noun *const *nouns = verb_nouns(&n);

	printed(help_of_all, NULL, out, sizeof out);
	for (size_t i = 0; i < n; i++)
		for (const struct verb *v = nouns[i]->verbs; v->run; v++)
			assert_non_null(strstr(out, v->summary));
}

int test_verb(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_whole),
		cmocka_unit_test(words_are_counted),
		cmocka_unit_test(help_names_every_verb),
	};

	return cmocka_run_group_tests_name("verb", tests, NULL, NULL);
}
