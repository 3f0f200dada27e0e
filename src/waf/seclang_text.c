/* SPDX-License-Identifier: Apache-2.0 */
/* seclang_text: words, quotes, macros and numbers of the rule language. */
#include "waf/seclang_int.h"

static bool seclang__blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Copies a word from s.p[at] on, to its quote or to a blank. Returns where it ended; *ret_n is its length. */
static size_t seclang__copy_word(struct slice s, size_t at, char quote, char *out, size_t *ret_n)
{
	size_t n = 0;

	for (; at < s.n; at++) {
		char c = s.p[at];
		if (quote ? c == quote : seclang__blank(c))
			break;
		if (quote && c == '\\' && at + 1 < s.n && s.p[at + 1] == quote)
			c = s.p[++at];
		out[n++] = c;
	}
	*ret_n = n;
	return at;
}

enum err seclang__word(struct seclang *l, struct slice *rest, struct slice *ret_word)
{
	size_t i = 0, n;

	while (i < rest->n && seclang__blank(rest->p[i]))
		i++;
	if (i == rest->n)
		return ERR_NOT_FOUND;
	char *out = arena_alloc(&l->set->arena, rest->n - i);
	if (!out)
		return seclang__fail(l, ERR_MEMORY, "rules take more memory than is allowed");
	char quote = rest->p[i] == '"' || rest->p[i] == '\'' ? rest->p[i++] : 0;
	i = seclang__copy_word(*rest, i, quote, out, &n);
	if (quote && i == rest->n)
		return seclang__fail(l, ERR_CONFIG,
				     "a quote is not closed; lines are continued with a backslash at their end");
	*rest = slice_from(*rest, i + (quote ? 1 : 0));
	*ret_word = slice_of(out, n);
	return OK;
}

/* A macro name at s: "TX.a", "REQUEST_HEADERS:x", "rule.msg". False when it names nothing. */
static bool seclang__macro(struct seclang *l, struct slice s, struct rule_piece *ret)
{
	size_t dot = slice_find(s, '.'), colon = slice_find(s, ':'), cut = dot < colon ? dot : colon;
	struct slice name = cut == SIZE_MAX ? s : slice_first(s, cut);
	enum variable v = rule_variable_find(name);

	if (v == VAR_COUNT)
		return false;
	*ret = (struct rule_piece){ .is_macro = true, .var = v, .slot = RULE_SLOT_NONE };
	if (cut != SIZE_MAX)
		ret->text = rule_lower(&l->set->arena, slice_from(s, cut + 1));
	if (v == VAR_TX && ret->text.n)
		ret->slot = rule_set_slot(l->set, ret->text);
	return true;
}

/* The macro that begins at source.p[i]: its length with the braces, or 0. */
static size_t seclang__macro_at(struct seclang *l, struct slice source, size_t i, struct rule_piece *ret)
{
	struct slice rest = slice_from(source, i);

	if (!slice_starts(rest, SLICE("%{")))
		return 0;
	size_t end = slice_find(rest, '}');
	if (end == SIZE_MAX || !seclang__macro(l, slice_of(rest.p + 2, end - 2), ret))
		return 0;
	return end + 1;
}

enum err seclang__text(struct seclang *l, struct slice source, struct rule_text *ret)
{
	size_t most = 1, n = 0, from = 0;

	*ret = (struct rule_text){ .source = source, .constant = true };
	for (size_t i = 0; i + 1 < source.n; i++)
		most += source.p[i] == '%' && source.p[i + 1] == '{' ? 2 : 0;
	if (most == 1)
		return OK;
	if (most > RULE_PIECES_MAX)
		return seclang__fail(l, ERR_RANGE, "a text has at most %d macros", RULE_PIECES_MAX / 2);
	TRY(seclang__alloc(l, most * sizeof *ret->pieces, &ret->pieces));
	for (size_t i = 0; i < source.n;) {
		struct rule_piece piece;
		size_t took = seclang__macro_at(l, source, i, &piece);
		if (!took) {
			i++;
			continue;
		}
		if (i > from)
			ret->pieces[n++] = (struct rule_piece){ .text = slice_of(source.p + from, i - from) };
		ret->pieces[n++] = piece;
		ret->constant = false;
		i += took;
		from = i;
	}
	if (from < source.n)
		ret->pieces[n++] = (struct rule_piece){ .text = slice_from(source, from) };
	ret->n = n;
	return OK;
}

/* The value after the colon of an action: in single quotes, or up to a comma. */
static struct slice seclang__action_value(struct seclang *l, struct slice *rest)
{
	bool quoted = rest->n && rest->p[0] == '\'';
	size_t i = quoted ? 1 : 0, n = 0;
	char *out = arena_alloc(&l->set->arena, rest->n);

	for (; out && i < rest->n; i++) {
		char c = rest->p[i];
		if (c == (quoted ? '\'' : ','))
			break;
		if (quoted && c == '\\' && i + 1 < rest->n && rest->p[i + 1] == '\'')
			c = rest->p[++i];
		out[n++] = c;
	}
	size_t end = i;
	while (end < rest->n && rest->p[end] != ',')
		end++;
	*rest = slice_from(*rest, end + 1);
	return quoted ? slice_of(out, n) : slice_trim(slice_of(out, n));
}

bool seclang__next_action(struct seclang *l, struct slice *rest, struct slice *ret_name, struct slice *ret_value)
{
	while (rest->n && (seclang__blank(rest->p[0]) || rest->p[0] == ','))
		*rest = slice_from(*rest, 1);
	if (rest->n == 0)
		return false;
	size_t i = 0;
	while (i < rest->n && rest->p[i] != ':' && rest->p[i] != ',')
		i++;
	*ret_name = slice_trim(slice_first(*rest, i));
	*ret_value = slice_of(NULL, 0);
	bool has_value = i < rest->n && rest->p[i] == ':';
	*rest = slice_from(*rest, i + 1);
	if (has_value) {
		while (rest->n && seclang__blank(rest->p[0]))
			*rest = slice_from(*rest, 1);
		*ret_value = seclang__action_value(l, rest);
	}
	return true;
}

enum err seclang__on_off(struct seclang *l, struct slice value, bool *ret)
{
	if (slice_eq_nocase(value, SLICE("on")))
		*ret = true;
	else if (slice_eq_nocase(value, SLICE("off")))
		*ret = false;
	else
		return seclang__fail(l, ERR_CONFIG, "\"%.*s\" is neither On nor Off", SLICE_ARG(value));
	return OK;
}

enum err seclang__number(struct seclang *l, struct slice value, uint64_t max, uint64_t *ret)
{
	uint64_t v;

	if (!slice_u64(value, &v) || v > max)
		return seclang__fail(l, ERR_RANGE, "\"%.*s\" is not a number from 0 to %llu", SLICE_ARG(value),
				     (unsigned long long)max);
	*ret = v;
	return OK;
}

enum err seclang__ids(struct seclang *l, struct slice value, uint32_t *ret_first, uint32_t *ret_last)
{
	uint64_t first = 0, last = 0;
	size_t dash = slice_find(value, '-');

	TRY(seclang__number(l, slice_first(value, dash), UINT32_MAX - 1, &first));
	last = first;
	if (dash != SIZE_MAX)
		TRY(seclang__number(l, slice_from(value, dash + 1), UINT32_MAX - 1, &last));
	if (last < first)
		return seclang__fail(l, ERR_RANGE, "the range %.*s ends before it begins", SLICE_ARG(value));
	*ret_first = (uint32_t)first;
	*ret_last = (uint32_t)last;
	return OK;
}
