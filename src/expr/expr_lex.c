/* SPDX-License-Identifier: Apache-2.0 */
/* expr_lex: see expr_lex.h. */
#include "expr/expr_lex.h"

#include <stdarg.h>
#include <stdio.h>

enum { EXPR_LEX__HASHES_MAX = 255 };

struct expr_lex__word {
	struct slice text;
	enum expr_token_kind kind;
};

static const struct expr_lex__word expr_lex__keywords[] = {
	{ SLICE_INIT("not"), EXPR_T_NOT },
	{ SLICE_INIT("and"), EXPR_T_AND },
	{ SLICE_INIT("xor"), EXPR_T_XOR },
	{ SLICE_INIT("or"), EXPR_T_OR },
	{ SLICE_INIT("eq"), EXPR_T_EQ },
	{ SLICE_INIT("ne"), EXPR_T_NE },
	{ SLICE_INIT("lt"), EXPR_T_LT },
	{ SLICE_INIT("le"), EXPR_T_LE },
	{ SLICE_INIT("gt"), EXPR_T_GT },
	{ SLICE_INIT("ge"), EXPR_T_GE },
	{ SLICE_INIT("contains"), EXPR_T_CONTAINS },
	{ SLICE_INIT("matches"), EXPR_T_MATCHES },
	{ SLICE_INIT("wildcard"), EXPR_T_WILDCARD },
	{ SLICE_INIT("in"), EXPR_T_IN },
	{ SLICE_INIT("true"), EXPR_T_TRUE },
	{ SLICE_INIT("false"), EXPR_T_FALSE },
};

/* Longer signs first. */
static const struct expr_lex__word expr_lex__signs[] = {
	{ SLICE_INIT("=="), EXPR_T_EQ },
	{ SLICE_INIT("!="), EXPR_T_NE },
	{ SLICE_INIT("<="), EXPR_T_LE },
	{ SLICE_INIT(">="), EXPR_T_GE },
	{ SLICE_INIT("&&"), EXPR_T_AND },
	{ SLICE_INIT("||"), EXPR_T_OR },
	{ SLICE_INIT("^^"), EXPR_T_XOR },
	{ SLICE_INIT("!"), EXPR_T_NOT },
	{ SLICE_INIT("<"), EXPR_T_LT },
	{ SLICE_INIT(">"), EXPR_T_GT },
	{ SLICE_INIT("~"), EXPR_T_MATCHES },
	{ SLICE_INIT("("), EXPR_T_OPEN },
	{ SLICE_INIT(")"), EXPR_T_CLOSE },
	{ SLICE_INIT("["), EXPR_T_OPEN_BRACKET },
	{ SLICE_INIT("]"), EXPR_T_CLOSE_BRACKET },
	{ SLICE_INIT("{"), EXPR_T_OPEN_BRACE },
	{ SLICE_INIT("}"), EXPR_T_CLOSE_BRACE },
	{ SLICE_INIT(","), EXPR_T_COMMA },
	{ SLICE_INIT("*"), EXPR_T_STAR },
};

enum err expr_lex_fail(struct diag *d, size_t at, const char *fmt, ...)
{
	char where[32], text[DIAG_TEXT_BYTES];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	snprintf(where, sizeof where, "column %zu", at + 1);
	return diag_set(d, ERR_SYNTAX, where, "%s", text);
}

static bool expr_lex__is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool expr_lex__is_word(char c)
{
	char low = slice_lower(c);

	return (low >= 'a' && low <= 'z') || slice_is_digit(c) || c == '_' || c == '.' || c == ':' || c == '/';
}

static size_t expr_lex__word_end(struct slice s, size_t at)
{
	while (at < s.n && (expr_lex__is_word(s.p[at]) ||
			    /* a sign in front of a number: at the beginning or behind ".." */
			    (s.p[at] == '-' && at + 1 < s.n && slice_is_digit(s.p[at + 1]))))
		at++;
	return at;
}

static enum err expr_lex__quoted(struct expr_lex *l, struct expr_token *ret)
{
	size_t from = l->at + 1, at = from;

	while (at < l->src.n && l->src.p[at] != '"')
		at += l->src.p[at] == '\\' ? 2 : 1;
	if (at >= l->src.n)
		return expr_lex_fail(l->d, l->at, "the string that begins here has no closing quote");
	ret->kind = EXPR_T_STRING;
	ret->text = slice_of(l->src.p + from, at - from);
	l->at = at + 1;
	return OK;
}

/* r"…" and r#"…"#: l->at stands on the r. */
static enum err expr_lex__raw(struct expr_lex *l, struct expr_token *ret)
{
	size_t at = l->at + 1, hashes = 0;

	while (at < l->src.n && l->src.p[at] == '#') {
		at++;
		hashes++;
	}
	if (hashes > EXPR_LEX__HASHES_MAX)
		return expr_lex_fail(l->d, l->at, "a raw string has at most %d # in front", EXPR_LEX__HASHES_MAX);
	if (at == l->src.n || l->src.p[at] != '"')
		return expr_lex_fail(l->d, at, "expected the quote of a raw string");
	size_t from = ++at;
	for (; at < l->src.n; at++) {
		size_t n = 0;
		while (l->src.p[at] == '"' && n < hashes && at + 1 + n < l->src.n && l->src.p[at + 1 + n] == '#')
			n++;
		if (l->src.p[at] == '"' && n == hashes)
			break;
	}
	if (at >= l->src.n)
		return expr_lex_fail(l->d, l->at, "the raw string that begins here has no end");
	ret->kind = EXPR_T_STRING;
	ret->raw = true;
	ret->text = slice_of(l->src.p + from, at - from);
	l->at = at + 1 + hashes;
	return OK;
}

/* "strict" must be followed by "wildcard". */
static enum err expr_lex__strict(struct expr_lex *l, struct expr_token *ret)
{
	size_t at = l->at;

	while (at < l->src.n && expr_lex__is_space(l->src.p[at]))
		at++;
	size_t end = expr_lex__word_end(l->src, at);
	if (!slice_eq(slice_of(l->src.p + at, end - at), SLICE("wildcard")))
		return expr_lex_fail(l->d, at, "expected \"wildcard\" after \"strict\"");
	l->at = end;
	ret->kind = EXPR_T_STRICT;
	return OK;
}

static enum err expr_lex__word(struct expr_lex *l, struct expr_token *ret)
{
	size_t end = expr_lex__word_end(l->src, l->at);

	ret->kind = EXPR_T_WORD;
	ret->text = slice_of(l->src.p + l->at, end - l->at);
	l->at = end;
	if (slice_eq(ret->text, SLICE("strict")))
		return expr_lex__strict(l, ret);
	for (size_t i = 0; i < sizeof expr_lex__keywords / sizeof expr_lex__keywords[0]; i++)
		if (slice_eq(ret->text, expr_lex__keywords[i].text))
			ret->kind = expr_lex__keywords[i].kind;
	return OK;
}

static enum err expr_lex__sign(struct expr_lex *l, struct expr_token *ret)
{
	struct slice rest = slice_from(l->src, l->at);

	for (size_t i = 0; i < sizeof expr_lex__signs / sizeof expr_lex__signs[0]; i++) {
		if (!slice_starts(rest, expr_lex__signs[i].text))
			continue;
		ret->kind = expr_lex__signs[i].kind;
		ret->text = slice_first(rest, expr_lex__signs[i].text.n);
		l->at += ret->text.n;
		return OK;
	}
	if (rest.p[0] == '=' || rest.p[0] == '&' || rest.p[0] == '|' || rest.p[0] == '^')
		return expr_lex_fail(l->d, l->at, "\"%c\" alone means nothing; \"%c%c\" does", rest.p[0], rest.p[0],
				     rest.p[0]);
	if (rest.p[0] == '\'')
		return expr_lex_fail(l->d, l->at, "text stands in double quotes");
	if (rest.p[0] < 0x21 || rest.p[0] > 0x7e)
		return expr_lex_fail(l->d, l->at, "unexpected byte 0x%02x", (unsigned char)rest.p[0]);
	return expr_lex_fail(l->d, l->at, "unexpected \"%c\"", rest.p[0]);
}

enum err expr_lex_next(struct expr_lex *l, struct expr_token *ret)
{
	while (l->at < l->src.n && expr_lex__is_space(l->src.p[l->at]))
		l->at++;
	*ret = (struct expr_token){ .kind = EXPR_T_END, .at = l->at };
	if (l->at == l->src.n)
		return OK;
	char c = l->src.p[l->at], next = l->at + 1 < l->src.n ? l->src.p[l->at + 1] : 0;
	if (c == '"')
		return expr_lex__quoted(l, ret);
	if (c == 'r' && (next == '"' || next == '#'))
		return expr_lex__raw(l, ret);
	if (c == '$') {
		size_t end = expr_lex__word_end(l->src, l->at + 1);
		ret->kind = EXPR_T_LIST;
		ret->text = slice_of(l->src.p + l->at + 1, end - l->at - 1);
		l->at = end;
		return ret->text.n ? OK : expr_lex_fail(l->d, ret->at, "expected the name of a list after \"$\"");
	}
	if (expr_lex__is_word(c) || (c == '-' && slice_is_digit(next)))
		return expr_lex__word(l, ret);
	return expr_lex__sign(l, ret);
}

const char *expr_lex_show(const struct expr_token *t, char *out, size_t cap)
{
	struct slice s = slice_first(t->text, 40);

	if (t->kind == EXPR_T_END)
		snprintf(out, cap, "the end");
	else if (t->kind == EXPR_T_STRING)
		snprintf(out, cap, "a string");
	else if (t->kind == EXPR_T_STRICT)
		snprintf(out, cap, "\"strict wildcard\"");
	else
		snprintf(out, cap, "\"%s%.*s\"", t->kind == EXPR_T_LIST ? "$" : "", SLICE_ARG(s));
	return out;
}

static int expr_lex__hex(char c)
{
	char low = slice_lower(c);

	if (slice_is_digit(c))
		return c - '0';
	return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* The escape at s.p[at] == '\\' into out; its length in *ret_n. 0 when it is none. */
static size_t expr_lex__escape(struct slice s, size_t at, char *out)
{
	char next = at + 1 < s.n ? s.p[at + 1] : 0;

	if (next == '"' || next == '\\') {
		*out = next;
		return 2;
	}
	if (next == 'x' && at + 3 < s.n) {
		int high = expr_lex__hex(s.p[at + 2]), low = expr_lex__hex(s.p[at + 3]);
		if (high >= 0 && low >= 0) {
			*out = (char)(high << 4 | low);
			return 4;
		}
	}
	return 0;
}

enum err expr_lex_string(const struct expr_token *t, bool pattern, struct diag *d, char *out, struct slice *ret)
{
	size_t n = 0;

	for (size_t at = 0; at < t->text.n;) {
		char c = t->text.p[at];
		if (c != '\\' || t->raw) {
			out[n++] = c;
			at++;
			continue;
		}
		size_t used = expr_lex__escape(t->text, at, &out[n]);
		if (used && !(pattern && used == 4)) {
			n++;
			at += used;
		} else if (pattern) { /* the pattern's own escape, byte and all */
			out[n++] = c;
			out[n++] = t->text.p[at + 1];
			at += 2;
		} else {
			return expr_lex_fail(d, t->at + 1 + at,
					     "\"\\%c\" is no escape; there are \\\" \\\\ \\xHH, and r\"…\" takes bytes "
					     "as they are",
					     at + 1 < t->text.n ? t->text.p[at + 1] : ' ');
		}
	}
	*ret = slice_of(out, n);
	return OK;
}
