/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/dns_lex.h"

#include <stdarg.h>
#include <stdio.h>

enum { DNS_LEX_DEPTH = 8 }; /* nested parentheses; the RFC has none inside another */

struct dns_lex dns_lex_of(struct slice s)
{
	return (struct dns_lex){ .s = s, .line = 1 };
}

static bool dns_lex__blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool dns_lex__ends_word(char c)
{
	return dns_lex__blank(c) || c == '\n' || c == ';' || c == '(' || c == ')';
}

static struct dns_lex_word dns_lex__bad(struct dns_lex *l, const char *wrong)
{
	l->wrong = wrong;
	l->word.kind = DNS_LEX_BAD;
	return l->word;
}

static void dns_lex__comment(struct dns_lex *l)
{
	size_t from, end = l->at;

	while (end < l->s.n && l->s.p[end] != '\n')
		end++;
	from = l->at;
	while (from < end && l->s.p[from] == ';')
		from++;
	l->at = end;
	if (end > from && l->s.p[end - 1] == '\r')
		end--;
	l->comment = slice_trim(slice_of(l->s.p + from, end - from));
}

/* Steps over one quoted run whose opening quote is at l->at; false when it does not end on its line. */
static bool dns_lex__quoted(struct dns_lex *l)
{
	for (l->at++; l->at < l->s.n && l->s.p[l->at] != '\n'; l->at++) {
		if (l->s.p[l->at] == '"') {
			l->at++;
			return true;
		}
		if (l->s.p[l->at] == '\\' && l->at + 1 < l->s.n && l->s.p[l->at + 1] != '\n')
			l->at++;
	}
	return false;
}

static struct dns_lex_word dns_lex__word(struct dns_lex *l, bool first)
{
	size_t from = l->at;

	l->word = (struct dns_lex_word){
		DNS_LEX_WORD, { NULL, 0 }, l->line, (uint32_t)(from - l->line_at) + 1, first && from > l->line_at
	};
	if (l->s.p[from] == '"') {
		if (!dns_lex__quoted(l))
			return dns_lex__bad(l, "the quoted string does not end on its line; add the closing quote");
		l->word.kind = DNS_LEX_QUOTED;
		l->word.raw = slice_of(l->s.p + from + 1, l->at - from - 2);
		return l->word;
	}
	while (l->at < l->s.n && !dns_lex__ends_word(l->s.p[l->at])) {
		char c = l->s.p[l->at];

		if (c == '"') {
			if (!dns_lex__quoted(l))
				return dns_lex__bad(
					l, "the quoted string does not end on its line; add the closing quote");
			continue;
		}
		if ((unsigned char)c < 0x20 || c == 0x7f)
			return dns_lex__bad(l, "a control byte; write it as \\DDD");
		if (c == '\\' && l->at + 1 < l->s.n && l->s.p[l->at + 1] != '\n')
			l->at++;
		l->at++;
	}
	l->word.raw = slice_of(l->s.p + from, l->at - from);
	return l->word;
}

/* A parenthesis; false when it does not fit. */
static bool dns_lex__paren(struct dns_lex *l, char c)
{
	if (c == '(' ? l->depth >= DNS_LEX_DEPTH : l->depth == 0)
		return false;
	l->depth += c == '(' ? 1u : ~0u;
	l->at++;
	return true;
}

static void dns_lex__line(struct dns_lex *l)
{
	l->line++;
	l->line_at = ++l->at;
}

struct dns_lex_word dns_lex_next(struct dns_lex *l)
{
	bool first = l->at == l->line_at && l->depth == 0;

	if (l->held || l->word.kind == DNS_LEX_BAD) {
		l->held = false;
		return l->word;
	}
	while (l->at < l->s.n) {
		char c = l->s.p[l->at];

		if (dns_lex__blank(c)) {
			l->at++;
		} else if (c == ';') {
			dns_lex__comment(l);
		} else if (c == '\n') {
			struct dns_lex_word w = { DNS_LEX_LINE, slice_of(l->s.p + l->at, 0), l->line,
						  (uint32_t)(l->at - l->line_at) + 1, false };
			dns_lex__line(l);
			if (l->depth == 0)
				return l->word = w;
		} else if (c == '(' || c == ')') {
			l->word =
				(struct dns_lex_word){ .line = l->line, .column = (uint32_t)(l->at - l->line_at) + 1 };
			if (!dns_lex__paren(l, c))
				return dns_lex__bad(l, c == ')' ? "a closing parenthesis that nothing opened"
								: "too many open parentheses");
		} else {
			return dns_lex__word(l, first);
		}
	}
	l->word = (struct dns_lex_word){ .kind = DNS_LEX_END,
					 .line = l->line,
					 .column = (uint32_t)(l->at - l->line_at) + 1 };
	if (l->depth)
		return dns_lex__bad(l, "the text ends inside parentheses; add the closing one");
	return l->word;
}

void dns_lex_hold(struct dns_lex *l)
{
	l->held = true;
}

void dns_lex_entry(struct dns_lex *l)
{
	l->comment = (struct slice){ NULL, 0 };
}

enum err dns_lex_fail(const struct dns_lex *l, const struct dns_lex_word *w, struct diag *d, enum err code,
		      const char *fmt, ...)
{
	char where[64], text[DIAG_TEXT_BYTES];
	va_list args;

	snprintf(where, sizeof(where), "line %u, column %u", w->line, w->column);
	if (w->kind == DNS_LEX_BAD)
		return diag_set(d, ERR_SYNTAX, where, "%s", l->wrong);
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return diag_set(d, code, where, "%s", text);
}

/* The byte that an escape at raw.p[*at] stands for; *at moves behind it. */
static enum err dns_lex__escape(struct slice raw, size_t *at, char *ret)
{
	unsigned v = 0;

	if (*at + 1 >= raw.n)
		return ERR_SYNTAX;
	if (!slice_is_digit(raw.p[*at + 1])) {
		*ret = raw.p[*at + 1];
		*at += 2;
		return OK;
	}
	if (*at + 3 >= raw.n)
		return ERR_SYNTAX;
	for (size_t i = 1; i < 4; i++) {
		if (!slice_is_digit(raw.p[*at + i]))
			return ERR_SYNTAX;
		v = v * 10 + (unsigned)(raw.p[*at + i] - '0');
	}
	if (v > 255)
		return ERR_SYNTAX;
	*ret = (char)v;
	*at += 4;
	return OK;
}

enum err dns_lex_unescape(struct slice raw, bool quotes, char *out, size_t cap, size_t *ret_n)
{
	size_t n = 0;

	for (size_t at = 0; at < raw.n;) {
		char c = raw.p[at];

		if (c == '\\')
			TRY(dns_lex__escape(raw, &at, &c));
		else if (at++, c == '"' && quotes)
			continue;
		if (n == cap)
			return ERR_RANGE;
		out[n++] = c;
	}
	*ret_n = n;
	return OK;
}
