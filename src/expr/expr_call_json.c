/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expr_call_json: lookup_json_string and lookup_json_integer: one value by its path out of JSON that a visitor sent. A
 * scanner that skips what it does not need, with a bounded depth; malformed text makes the result missing. RFC 8259.
 */
#include "base/text.h"
#include "expr/expr_call.h"

enum { EXPR_CALL__JSON_DEPTH = 64 };

struct expr_call__json {
	struct slice s;
	size_t at;
	bool bad;
};

static char expr_call__json_peek(struct expr_call__json *j)
{
	while (j->at < j->s.n &&
	       (j->s.p[j->at] == ' ' || j->s.p[j->at] == '\t' || j->s.p[j->at] == '\n' || j->s.p[j->at] == '\r'))
		j->at++;
	return j->at < j->s.n ? j->s.p[j->at] : 0;
}

static bool expr_call__json_take(struct expr_call__json *j, char c)
{
	if (expr_call__json_peek(j) != c)
		return false;
	j->at++;
	return true;
}

/* A string as written, without its quotes. */
static struct slice expr_call__json_quoted(struct expr_call__json *j)
{
	size_t from = j->at + 1;

	if (!expr_call__json_take(j, '"')) {
		j->bad = true;
		return slice_of(NULL, 0);
	}
	from = j->at;
	while (j->at < j->s.n && j->s.p[j->at] != '"')
		j->at += j->s.p[j->at] == '\\' ? 2 : 1;
	if (j->at >= j->s.n) {
		j->bad = true;
		return slice_of(NULL, 0);
	}
	return slice_of(j->s.p + from, j->at++ - from);
}

/* A word: number, true, false, null. */
static struct slice expr_call__json_word(struct expr_call__json *j)
{
	size_t from = j->at;

	while (j->at < j->s.n && (slice_is_digit(j->s.p[j->at]) ||
				  (slice_lower(j->s.p[j->at]) >= 'a' && slice_lower(j->s.p[j->at]) <= 'z') ||
				  j->s.p[j->at] == '-' || j->s.p[j->at] == '+' || j->s.p[j->at] == '.'))
		j->at++;
	if (j->at == from)
		j->bad = true;
	return slice_of(j->s.p + from, j->at - from);
}

/* Goes past one value of any kind. */
static void expr_call__json_skip(struct expr_call__json *j)
{
	size_t depth = 0;

	do {
		char c = expr_call__json_peek(j);
		if (c == '"') {
			expr_call__json_quoted(j);
		} else if (c == '{' || c == '[') {
			j->at++;
			depth++;
			j->bad = j->bad || depth > EXPR_CALL__JSON_DEPTH;
		} else if ((c == '}' || c == ']') && depth) {
			j->at++;
			depth--;
		} else if ((c == ',' || c == ':') && depth) {
			j->at++;
		} else {
			expr_call__json_word(j);
		}
	} while (depth && !j->bad);
}

static unsigned expr_call__json_u16(struct slice s, size_t at)
{
	unsigned v = 0;

	for (size_t i = 0; i < 4; i++) {
		char low = at + i < s.n ? slice_lower(s.p[at + i]) : 'z';
		if (!slice_is_digit(low) && (low < 'a' || low > 'f'))
			return UINT32_MAX;
		v = v << 4 | (unsigned)(slice_is_digit(low) ? low - '0' : low - 'a' + 10);
	}
	return v;
}

static void expr_call__json_utf8(struct text *t, unsigned u)
{
	if (u < 0x80) {
		text_byte(t, (char)u);
	} else if (u < 0x800) {
		text_byte(t, (char)(0xc0 | u >> 6));
		text_byte(t, (char)(0x80 | (u & 0x3f)));
	} else {
		if (u < 0x10000) {
			text_byte(t, (char)(0xe0 | u >> 12));
		} else {
			text_byte(t, (char)(0xf0 | u >> 18));
			text_byte(t, (char)(0x80 | (u >> 12 & 0x3f)));
		}
		text_byte(t, (char)(0x80 | (u >> 6 & 0x3f)));
		text_byte(t, (char)(0x80 | (u & 0x3f)));
	}
}

/* \uXXXX, with a second half where there is one; how many bytes it took, 0 when it is malformed. */
static size_t expr_call__json_unicode(struct slice s, size_t at, struct text *t)
{
	unsigned u = expr_call__json_u16(s, at + 2), low;

	if (u == UINT32_MAX)
		return 0;
	if (u >= 0xd800 && u < 0xdc00 && at + 7 < s.n && s.p[at + 6] == '\\' && s.p[at + 7] == 'u') {
		low = expr_call__json_u16(s, at + 8);
		if (low >= 0xdc00 && low < 0xe000) {
			expr_call__json_utf8(t, 0x10000 + ((u - 0xd800) << 10 | (low - 0xdc00)));
			return 12;
		}
	}
	expr_call__json_utf8(t, u);
	return 6;
}

/* The string without escapes: itself, a copy in the arena, or p == NULL when an escape is malformed or there is no
 * room. */
static struct slice expr_call__json_plain(struct arena *arena, struct slice s)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";

	if (slice_find(s, '\\') == SIZE_MAX)
		return s.p ? s : SLICE("");
	struct text t = text_of(arena_alloc(arena, s.n + 1), s.n + 1);
	for (size_t i = 0; t.p && i < s.n;) {
		if (s.p[i] != '\\') {
			text_byte(&t, s.p[i++]);
			continue;
		}
		size_t which = slice_find(slice_str(from), s.p[i + 1]);
		if (s.p[i + 1] == 'u') {
			size_t used = expr_call__json_unicode(s, i, &t);
			if (!used)
				return slice_of(NULL, 0);
			i += used;
		} else if (which != SIZE_MAX) {
			text_byte(&t, to[which]);
			i += 2;
		} else {
			return slice_of(NULL, 0);
		}
	}
	return t.p && !t.bad ? text_slice(&t) : slice_of(NULL, 0);
}

/* Steps to the value under a key; false when there is none. */
static bool expr_call__json_member(struct expr_call__json *j, struct arena *arena, struct slice key)
{
	if (!expr_call__json_take(j, '{') || expr_call__json_peek(j) == '}')
		return false;
	do {
		expr_call__json_peek(j);
		struct slice name = expr_call__json_quoted(j);
		if (j->bad || !expr_call__json_take(j, ':'))
			return false;
		struct slice plain = expr_call__json_plain(arena, name);
		if (plain.p && slice_eq(plain, key))
			return true;
		expr_call__json_skip(j);
	} while (!j->bad && expr_call__json_take(j, ','));
	return false;
}

static bool expr_call__json_element(struct expr_call__json *j, int64_t index)
{
	if (index < 0 || !expr_call__json_take(j, '[') || expr_call__json_peek(j) == ']')
		return false;
	for (; index > 0; index--) {
		expr_call__json_skip(j);
		if (j->bad || !expr_call__json_take(j, ','))
			return false;
	}
	return true;
}

/* Steps along args[1 …]. */
static bool expr_call__json_walk(const struct expr_calling *c, struct expr_call__json *j)
{
	for (size_t i = 1; i < c->n; i++) {
		bool there = c->args[i].type == EXPR_INT ? expr_call__json_element(j, c->args[i].i)
							 : expr_call__json_member(j, c->env->arena, c->args[i].s);
		if (!there)
			return false;
	}
	return true;
}

void expr_call__json_string(const struct expr_calling *c, struct expr_value *ret)
{
	struct expr_call__json j = { .s = c->args[0].s };

	if (!expr_call__json_walk(c, &j) || expr_call__json_peek(&j) != '"')
		return;
	struct slice s = expr_call__json_quoted(&j);
	struct slice plain = j.bad ? slice_of(NULL, 0) : expr_call__json_plain(c->env->arena, s);
	if (plain.p)
		*ret = expr_bytes(plain);
}

void expr_call__json_integer(const struct expr_calling *c, struct expr_value *ret)
{
	struct expr_call__json j = { .s = c->args[0].s };
	uint64_t v;

	if (!expr_call__json_walk(c, &j))
		return;
	bool minus = expr_call__json_take(&j, '-');
	struct slice word = expr_call__json_word(&j);
	if (!j.bad && slice_u64(word, &v) && v <= INT64_MAX)
		*ret = expr_int(minus ? -(int64_t)v : (int64_t)v);
}
