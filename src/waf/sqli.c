/* SPDX-License-Identifier: Apache-2.0 */
/* sqli: the contexts in which a value is read, and the short fingerprints that ordinary text has too. */
#include "waf/sqli.h"

#include "waf/sqli_int.h"

struct sqli__verdict {
	struct sqli_reader r;
	struct sqli_token tokens[SQLI_TOKENS + 3];
	char types[SQLI_TOKENS + 4];
	size_t n;
};

/* "1 --" and the like: a number that is a number in the value itself, before folding. */
static bool sqli__number_comment(const struct sqli__verdict *v)
{
	const struct sqli_token *t = v->tokens;

	if (t[1].value[0] == '/' || v->r.tokens > 2)
		return true;
	struct slice rest = slice_from(v->r.s, t[0].n);
	char c = rest.n ? rest.p[0] : 0, d = rest.n > 1 ? rest.p[1] : 0;
	return (int8_t)c <= 32 || (c == '/' && d == '*') || (c == '-' && d == '-');
}

static bool sqli__two_tokens(const struct sqli__verdict *v)
{
	const struct sqli_token *t = v->tokens;

	if (v->types[1] == 'U')
		return v->r.tokens != 2; /* "1 union" alone is text */
	if (t[1].value[0] == '#')
		return false;
	if (t[0].type == 'n' && t[1].type == 'c' && t[1].value[0] != '/')
		return false;
	if (t[0].type == '1' && t[1].type == 'c')
		return sqli__number_comment(v);
	return !(t[1].n > 2 && t[1].value[0] == '-');
}

static bool sqli__three_tokens(const struct sqli__verdict *v)
{
	static const char *const plain[] = { "s&n", "n&1", "1&1", "1&v", "1&s" };
	const struct sqli_token *t = v->tokens;

	/* …foo" + "bar…: opened and closed outside of the value. */
	if (strcmp(v->types, "sos") == 0 || strcmp(v->types, "s&s") == 0)
		return !t[0].open && !t[2].close && t[0].close == t[2].open;
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (strcmp(v->types, plain[i]) == 0)
			return v->r.tokens != 3;
	if (t[1].type == 'k')
		return t[1].n >= 5 && slice_starts_nocase(slice_of(t[1].value, t[1].n), SLICE("INTO"));
	return true;
}

/* A fingerprint of an injection, and not one of the texts that share it. */
static bool sqli__guilty(const struct sqli__verdict *v)
{
	static const char audit[] = "sp_password";

	if (!sqli__known(v->types, v->n))
		return false;
	if (v->n > 1 && v->types[v->n - 1] == 'c' && v->r.s.n && memmem(v->r.s.p, v->r.s.n, audit, sizeof audit - 1))
		return true;
	return v->n == 2 ? sqli__two_tokens(v) : v->n == 3 ? sqli__three_tokens(v) : true;
}

/* Reads s in one context. */
static bool sqli__read(struct sqli__verdict *v, struct slice s, char quote, bool mysql)
{
	v->r = (struct sqli_reader){ .s = s, .quote = quote, .mysql = mysql };
	v->n = sqli__fold(&v->r, v->tokens);
	struct sqli_token *last = v->n ? &v->tokens[v->n - 1] : NULL;
	/* An empty name in an open backtick: what PHP's driver takes for a comment. */
	if (v->n > 2 && last->type == 'n' && last->open == '`' && last->n == 0 && !last->close)
		last->type = 'c';
	for (size_t i = 0; i < v->n; i++)
		v->types[i] = v->tokens[i].type;
	v->types[v->n] = 0;
	if (memchr(v->types, 'X', v->n)) {
		memcpy(v->types, "X", 2);
		v->n = 1;
		sqli__assign(&v->tokens[0], 'X', SLICE("X"));
	}
	return sqli__guilty(v);
}

/* Reads s in one quote, as ANSI SQL and, where that is another text, as MySQL. */
static bool sqli__both(struct sqli__verdict *v, struct slice s, char quote)
{
	return sqli__read(v, s, quote, false) || (v->r.mysql_differs && sqli__read(v, s, quote, true));
}

/*
 * Letters, digits and underscores alone are no injection in any context. Nor are names with dots between, none of which
 * begins with a digit: no fingerprint has a dot, and a dot only folds into names ("1." would be a number).
 */
static bool sqli__plain(struct slice s)
{
	bool dots = false, numbers = false, begin = true;

	for (size_t i = 0; i < s.n; i++) {
		char c = slice_lower(s.p[i]);
		bool digit = slice_is_digit(c), letter = (c >= 'a' && c <= 'z') || c == '_';
		if (!digit && !letter && c != '.')
			return false;
		dots |= c == '.';
		numbers |= begin && digit;
		begin = c == '.';
	}
	return !dots || !numbers;
}

/* Bytes with which a later part of a value can change how its beginning is read: quotes, comments, braces. */
static bool sqli__turns(struct slice s)
{
	static const uint8_t turns[256] = {
		['\''] = 1, ['"'] = 1, ['`'] = 1, ['{'] = 1, ['*'] = 1, ['$'] = 1, ['['] = 1
	};
	uint8_t any = 0;

	for (size_t i = 0; i < s.n; i++)
		any |= turns[(uint8_t)s.p[i]];
	return any;
}

/* Remembers how far s was read, and no token looked further than these few bytes, when it is innocent for that alone.
 */
static void sqli__note_innocent(const struct sqli__verdict *v, struct slice s, struct slice *innocent)
{
	enum { LOOKS_AHEAD = 8 };

	if (innocent && v->r.prose && v->r.at + LOOKS_AHEAD <= s.n && !v->r.mysql_differs && !sqli__turns(s))
		*innocent = slice_first(s, v->r.at + LOOKS_AHEAD);
}

bool sqli_detect(struct slice s, char fingerprint[static SQLI_FINGERPRINT_BYTES], struct slice *innocent)
{
	struct sqli__verdict v;

	fingerprint[0] = 0;
	if (sqli__plain(s) ||
	    (innocent && innocent->n && slice_starts(s, *innocent) && !sqli__turns(slice_from(s, innocent->n))))
		return false;
	bool yes = sqli__both(&v, s, 0);
	if (!yes)
		sqli__note_innocent(&v, s, innocent);
	yes = yes || (memchr(s.p, '\'', s.n) && sqli__both(&v, s, '\'')) ||
	      (memchr(s.p, '"', s.n) && sqli__read(&v, s, '"', true));
	if (yes)
		memcpy(fingerprint, v.types, v.n + 1);
	return yes;
}
