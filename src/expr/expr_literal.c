/* SPDX-License-Identifier: Apache-2.0 */
/* expr_literal: words that are numbers or addresses, see expr_tree.h. */
#include "expr/expr_tree.h"

bool expr_literal_is(struct slice word)
{
	return slice_is_digit(word.p[0]) || word.p[0] == '-' || slice_find(word, ':') != SIZE_MAX;
}

/* Decimal with an optional sign, or 0x and hexadecimal digits. */
static bool expr_literal__int(struct slice s, int64_t *ret)
{
	uint64_t v = 0;
	bool minus = slice_starts(s, SLICE("-"));

	s = slice_from(s, minus);
	if (slice_starts_nocase(s, SLICE("0x"))) {
		s = slice_from(s, 2);
		if (s.n == 0 || s.n > 15)
			return false;
		for (size_t i = 0; i < s.n; i++) {
			char low = slice_lower(s.p[i]);
			if (!slice_is_digit(low) && (low < 'a' || low > 'f'))
				return false;
			v = v << 4 | (uint64_t)(slice_is_digit(low) ? low - '0' : low - 'a' + 10);
		}
	} else if (!slice_u64(s, &v) || v > INT64_MAX) {
		return false;
	}
	*ret = minus ? -(int64_t)v : (int64_t)v;
	return true;
}

static size_t expr_literal__dots(struct slice s)
{
	for (size_t i = 0; i + 1 < s.n; i++)
		if (s.p[i] == '.' && s.p[i + 1] == '.')
			return i;
	return SIZE_MAX;
}

enum err expr_literal_word(struct expr_tree *t, const struct expr_token *word, uint32_t *ret)
{
	struct slice s = word->text, shown = slice_first(s, 60);
	struct ip ip;
	int64_t i;

	if (expr_literal__int(s, &i)) {
		*ret = expr_tree_add(t, EXPR_N_LITERAL, word->at);
		t->nodes[*ret].type = EXPR_INT;
		t->nodes[*ret].value = expr_int(i);
		return OK;
	}
	if (ip_parse(s, &ip) == OK) {
		*ret = expr_tree_add(t, EXPR_N_LITERAL, word->at);
		t->nodes[*ret].type = EXPR_IP;
		t->nodes[*ret].value = expr_ip(ip);
		return OK;
	}
	if (slice_find(s, '/') != SIZE_MAX)
		return expr_lex_fail(t->d, word->at, "a network stands in braces: in {%.*s}", SLICE_ARG(shown));
	if (expr_literal__dots(s) != SIZE_MAX)
		return expr_lex_fail(t->d, word->at, "a range stands in braces: in {%.*s}", SLICE_ARG(shown));
	return expr_lex_fail(t->d, word->at, "\"%.*s\" is neither a number nor an address", SLICE_ARG(shown));
}

static enum err expr_literal__ints(struct expr_tree *t, struct expr_set *set, const struct expr_token *word)
{
	struct slice shown = slice_first(word->text, 60);
	size_t dots = expr_literal__dots(word->text);
	int64_t lo, hi;

	if (!expr_literal__int(slice_first(word->text, dots), &lo))
		return expr_lex_fail(t->d, word->at, "\"%.*s\" is not a number or a range like 1..5", SLICE_ARG(shown));
	hi = lo;
	if (dots != SIZE_MAX && !expr_literal__int(slice_from(word->text, dots + 2), &hi))
		return expr_lex_fail(t->d, word->at, "\"%.*s\" is not a range of numbers", SLICE_ARG(shown));
	if (lo > hi)
		return expr_lex_fail(t->d, word->at, "the range \"%.*s\" ends before it begins", SLICE_ARG(shown));
	expr_set_add_ints(set, lo, hi);
	return OK;
}

enum err expr_literal_element(struct expr_tree *t, struct expr_set *set, const struct expr_token *word)
{
	struct slice shown = slice_first(word->text, 60);
	enum expr_type type = expr_set_type(set);
	char show[64];

	if (type == EXPR_BYTES) {
		struct slice text;
		if (word->kind != EXPR_T_STRING)
			return expr_lex_fail(t->d, word->at, "expected text in double quotes or }, found %s",
					     expr_lex_show(word, show, sizeof show));
		TRY(expr_tree_string(t, word, false, &text));
		expr_set_add_text(set, text);
		return OK;
	}
	if (word->kind != EXPR_T_WORD)
		return expr_lex_fail(t->d, word->at, "expected %s or }, found %s",
				     type == EXPR_IP ? "an address, a network" : "a number",
				     expr_lex_show(word, show, sizeof show));
	if (type == EXPR_INT)
		return expr_literal__ints(t, set, word);
	enum err e = expr_set_add_ip_text(set, word->text);
	if (e == ERR_RANGE)
		return expr_lex_fail(t->d, word->at, "the range \"%.*s\" ends before it begins", SLICE_ARG(shown));
	if (e != OK)
		return expr_lex_fail(t->d, word->at, "\"%.*s\" is not an address, a network or a range of addresses",
				     SLICE_ARG(shown));
	return OK;
}
