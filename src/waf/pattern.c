/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern: one pass over the text with a stack of open groups. Steps refer to each other by distance, so that a
 * finished part can be moved (to put a split before it) and copied (for counted repeats).
 */
#include "waf/pattern.h"

#include "base/mem.h"
#include "base/text.h"

enum { PATTERN_DEPTH_MAX = 64, PATTERN_REPEAT_MAX = 1000, PATTERN_NONE = -1 };

struct pattern__group {
	size_t begin, branch;   /* of the group, of the alternative at hand */
	int32_t ends;           /* jumps to the group's end that wait, as a list by x; PATTERN_NONE */
	bool caseless, dot_all; /* as they were outside */
	bool ignored;           /* look-around: taken for true */
};

struct pattern__reader {
	struct pattern_code *code;
	struct slice s;
	size_t at;
	struct pattern__group groups[PATTERN_DEPTH_MAX];
	size_t depth;
	bool caseless, dot_all;
	size_t atom; /* where the last atom begins */
	bool has_atom;
	bool failed;
};

static void pattern__add_range(struct pattern_set *s, unsigned from, unsigned to)
{
	for (unsigned c = from; c <= to && c < 256; c++)
		s->bits[c >> 6] |= 1ull << (c & 63);
}

static void pattern__invert(struct pattern_set *s)
{
	for (int i = 0; i < 4; i++)
		s->bits[i] = ~s->bits[i];
}

/* Both cases of each letter in it. */
static void pattern__fold(struct pattern_set *s)
{
	for (unsigned c = 'a'; c <= 'z'; c++)
		if (pattern_set_has(s, (uint8_t)c) || pattern_set_has(s, (uint8_t)(c - 0x20))) {
			pattern__add_range(s, c, c);
			pattern__add_range(s, c - 0x20, c - 0x20);
		}
}

static void pattern__join(struct pattern_set *into, const struct pattern_set *from)
{
	for (int i = 0; i < 4; i++)
		into->bits[i] |= from->bits[i];
}

/* \d \w \s \h \v and their negations. False for another letter. */
static bool pattern__class(char letter, struct pattern_set *ret)
{
	struct pattern_set s = { { 0 } };

	switch (slice_lower(letter)) {
	case 'd':
		pattern__add_range(&s, '0', '9');
		break;
	case 'w':
		pattern__add_range(&s, '0', '9');
		pattern__add_range(&s, 'A', 'Z');
		pattern__add_range(&s, 'a', 'z');
		pattern__add_range(&s, '_', '_');
		break;
	case 's':
		pattern__add_range(&s, '\t', '\r');
		pattern__add_range(&s, ' ', ' ');
		break;
	case 'h':
		pattern__add_range(&s, '\t', '\t');
		pattern__add_range(&s, ' ', ' ');
		pattern__add_range(&s, 0xa0, 0xa0);
		break;
	case 'v':
		pattern__add_range(&s, '\n', '\r');
		pattern__add_range(&s, 0x85, 0x85);
		break;
	default:
		return false;
	}
	if (letter < 'a')
		pattern__invert(&s);
	*ret = s;
	return true;
}

static int pattern__hex(char c)
{
	if (slice_is_digit(c))
		return c - '0';
	c = slice_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char pattern__peek(const struct pattern__reader *r, size_t ahead)
{
	return r->at + ahead < r->s.n ? r->s.p[r->at + ahead] : 0;
}

static bool pattern__next_is(const struct pattern__reader *r, const char *text)
{
	return slice_starts(slice_from(r->s, r->at), slice_str(text));
}

/* What stands behind "\x": up to two digits, or some in braces. */
static unsigned pattern__hex_code(struct pattern__reader *r)
{
	unsigned code = 0;
	bool braces = pattern__peek(r, 0) == '{';

	r->at += braces;
	for (int i = 0; (braces || i < 2) && r->at < r->s.n && pattern__hex(r->s.p[r->at]) >= 0; i++) {
		code = code * 16 + (unsigned)pattern__hex(r->s.p[r->at++]);
		r->failed |= code > 255;
	}
	if (braces) {
		r->failed |= pattern__peek(r, 0) != '}';
		r->at++;
	}
	return code;
}

/* The byte of an escape whose letter was just read. Fails for letters that mean something else. */
static unsigned pattern__escaped_byte(struct pattern__reader *r, char c)
{
	static const char letters[] = "nrtfea", bytes[] = "\n\r\t\f\x1b\a";
	const char *known = c ? strchr(letters, c) : NULL;

	if (known)
		return (uint8_t)bytes[known - letters];
	if (c == 'x')
		return pattern__hex_code(r);
	if (c == '0') {
		unsigned code = 0;
		for (int i = 0; i < 2 && pattern__peek(r, 0) >= '0' && pattern__peek(r, 0) <= '7'; i++)
			code = code * 8 + (unsigned)(r->s.p[r->at++] - '0');
		return code;
	}
	char lower = slice_lower(c);
	r->failed |= slice_is_digit(c) || (lower >= 'a' && lower <= 'z') || !c;
	return (uint8_t)c;
}

static bool pattern__posix(struct slice name, struct pattern_set *ret)
{
	static const struct {
		struct slice name;
		const char *ranges; /* pairs */
	} rows[] = { { SLICE_INIT("alpha"), "AZaz" },    { SLICE_INIT("digit"), "09" },
		     { SLICE_INIT("alnum"), "09AZaz" },  { SLICE_INIT("upper"), "AZ" },
		     { SLICE_INIT("lower"), "az" },      { SLICE_INIT("space"), "\t\r  " },
		     { SLICE_INIT("xdigit"), "09AFaf" }, { SLICE_INIT("punct"), "!/:@[`{~" },
		     { SLICE_INIT("print"), " ~" },      { SLICE_INIT("graph"), "!~" },
		     { SLICE_INIT("word"), "09AZaz__" }, { SLICE_INIT("blank"), "\t\t  " },
		     { SLICE_INIT("ascii"), "\1\x7f" },  { SLICE_INIT("cntrl"), "\1\x1f\x7f\x7f" } };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (!slice_eq(rows[i].name, name))
			continue;
		for (const char *p = rows[i].ranges; *p; p += 2)
			pattern__add_range(ret, (uint8_t)p[0], (uint8_t)p[1]);
		if (slice_eq(name, SLICE("ascii")) || slice_eq(name, SLICE("cntrl")))
			pattern__add_range(ret, 0, 0);
		return true;
	}
	return false;
}

/* [:name:] inside of brackets. True when there was one. */
static bool pattern__posix_class(struct pattern__reader *r, struct pattern_set *set)
{
	struct slice rest = slice_from(r->s, r->at);
	struct pattern_set own = { { 0 } };

	if (!pattern__next_is(r, "[:"))
		return false;
	const char *end = memmem(rest.p + 2, rest.n - 2, ":]", 2);
	if (!end)
		return false;
	struct slice name = slice_of(rest.p + 2, (size_t)(end - rest.p) - 2);
	bool inverted = name.n && name.p[0] == '^';
	if (!pattern__posix(slice_from(name, inverted), &own))
		return false;
	if (inverted)
		pattern__invert(&own);
	pattern__join(set, &own);
	r->at += name.n + 4;
	return true;
}

/* One member of a bracketed class: a byte, returned, or a class, joined to set: PATTERN_NONE. */
static int pattern__member(struct pattern__reader *r, struct pattern_set *set)
{
	struct pattern_set own = { { 0 } };

	if (pattern__posix_class(r, set))
		return PATTERN_NONE;
	char c = r->s.p[r->at++];
	if (c == '[' && (pattern__peek(r, 0) == ':' || pattern__peek(r, 0) == '.' || pattern__peek(r, 0) == '='))
		r->failed = true;
	if (c != '\\')
		return (uint8_t)c;
	c = pattern__peek(r, 0);
	r->at++;
	if (pattern__class(c, &own)) {
		pattern__join(set, &own);
		return PATTERN_NONE;
	}
	if (c == 'b')
		return '\b';
	if (c >= '1' && c <= '7') {
		r->failed = true;
		return 0;
	}
	return (int)pattern__escaped_byte(r, c);
}

/* What stands behind "[", to its end. What it allows, in *ret; negated: without "not". */
static bool pattern__brackets(struct pattern__reader *r, struct pattern_set *ret)
{
	struct pattern_set set = { { 0 } };
	bool negated = pattern__peek(r, 0) == '^', first = true;

	for (r->at += negated; !r->failed; first = false) {
		if (r->at >= r->s.n) {
			r->failed = true;
			break;
		}
		if (r->s.p[r->at] == ']' && !first)
			break;
		int from = pattern__member(r, &set), to = from;
		if (pattern__peek(r, 0) == '-' && pattern__peek(r, 1) != ']' && r->at + 1 < r->s.n) {
			r->at++;
			to = pattern__member(r, &set);
			/* "\w-x" and "a-\w" are not ranges; what they are is left to others. */
			r->failed |= from == PATTERN_NONE || to == PATTERN_NONE || to < from;
		}
		if (from != PATTERN_NONE && !r->failed)
			pattern__add_range(&set, (unsigned)from, (unsigned)to);
	}
	r->at++;
	if (r->caseless)
		pattern__fold(&set);
	if (negated)
		pattern__invert(&set);
	*ret = set;
	return negated;
}

static size_t pattern__emit(struct pattern__reader *r, enum pattern_op op, int32_t x, int32_t y)
{
	struct pattern_code *c = r->code;

	if (c->n >= PATTERN_STEPS_MAX) {
		r->failed = true;
		return c->n - 1;
	}
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 256;
		c->steps = mem_resize(c->steps, c->cap * sizeof *c->steps);
	}
	c->steps[c->n] = (struct pattern_step){ op, x, y };
	return c->n++;
}

static void pattern__emit_set(struct pattern__reader *r, const struct pattern_set *set)
{
	struct pattern_code *c = r->code;
	size_t i = 0;

	while (i < c->sets_n && memcmp(&c->sets[i], set, sizeof *set) != 0)
		i++;
	if (i == c->sets_n) {
		if (c->sets_n == c->sets_cap) {
			c->sets_cap = c->sets_cap ? c->sets_cap * 2 : 64;
			c->sets = mem_resize(c->sets, c->sets_cap * sizeof *c->sets);
		}
		c->sets[c->sets_n++] = *set;
	}
	pattern__emit(r, PATTERN_SET, (int32_t)i, 0);
}

/* Puts a step before those from `at` on. */
static void pattern__insert(struct pattern__reader *r, size_t at, enum pattern_op op, int32_t x, int32_t y)
{
	pattern__emit(r, PATTERN_JUMP, 1, 0);
	if (r->failed)
		return;
	struct pattern_step *steps = r->code->steps;
	memmove(&steps[at + 1], &steps[at], (r->code->n - 1 - at) * sizeof *steps);
	steps[at] = (struct pattern_step){ op, x, y };
}

static void pattern__copy(struct pattern__reader *r, size_t from, size_t n)
{
	for (size_t i = 0; i < n && !r->failed; i++) {
		struct pattern_step s = r->code->steps[from + i];
		pattern__emit(r, s.op, s.x, s.y);
	}
}

/* Makes the last atom repeat; most == PATTERN_NONE: without end. */
static void pattern__repeat(struct pattern__reader *r, int least, int most)
{
	size_t from = r->atom, n = r->code->n - from;
	int32_t len = (int32_t)n;

	if (most == 0) {
		r->code->n = from;
		return;
	}
	if (least == 0) {
		/* An optional atom, then what is left of the copies, all optional. */
		pattern__insert(r, from, PATTERN_SPLIT, 1, len + (most == PATTERN_NONE ? 2 : 1));
		if (most == PATTERN_NONE)
			pattern__emit(r, PATTERN_JUMP, -(len + 1), 0);
		for (int i = 1; i < most; i++)
			pattern__copy(r, from, n + 1);
		return;
	}
	for (int i = 1; i < least; i++)
		pattern__copy(r, from, n);
	if (most == PATTERN_NONE) {
		pattern__emit(r, PATTERN_SPLIT, -len, 1);
		return;
	}
	for (int i = least; i < most && !r->failed; i++) {
		pattern__emit(r, PATTERN_SPLIT, 1, len + 1);
		pattern__copy(r, from, n);
	}
}

/* "{n}", "{n,}", "{n,m}": true when there is one, else the brace is a byte. */
static bool pattern__counts(struct pattern__reader *r, int *ret_least, int *ret_most)
{
	struct slice rest = slice_from(r->s, r->at + 1);
	size_t end = slice_find(rest, '}');
	struct slice inside = slice_first(rest, end), first = inside;
	size_t comma = slice_find(inside, ',');
	uint64_t least = 0, most = 0;

	if (end == SIZE_MAX)
		return false;
	if (comma != SIZE_MAX)
		first = slice_first(inside, comma);
	if (!slice_u64(first, &least))
		return false;
	bool open = comma != SIZE_MAX && comma + 1 == inside.n;
	most = least;
	if (comma != SIZE_MAX && !open && !slice_u64(slice_from(inside, comma + 1), &most))
		return false;
	r->failed |= least > PATTERN_REPEAT_MAX || most > PATTERN_REPEAT_MAX || (!open && most < least);
	*ret_least = (int)(r->failed ? 0 : least);
	*ret_most = r->failed ? 0 : open ? PATTERN_NONE : (int)most;
	r->at += end + 2;
	return true;
}

static void pattern__quantifier(struct pattern__reader *r)
{
	int least = 0, most = PATTERN_NONE;
	char c = pattern__peek(r, 0);

	if (r->at >= r->s.n)
		return;
	if (c == '{') {
		if (!pattern__counts(r, &least, &most))
			return;
	} else if (c == '*' || c == '+' || c == '?') {
		least = c == '+';
		most = c == '?' ? 1 : PATTERN_NONE;
		r->at++;
	} else {
		return;
	}
	if (!r->has_atom) {
		r->failed = true;
		return;
	}
	pattern__repeat(r, least, most);
	if (pattern__peek(r, 0) == '?' || pattern__peek(r, 0) == '+')
		r->at++;
	r->has_atom = false;
}

static void pattern__begin_atom(struct pattern__reader *r)
{
	r->atom = r->code->n;
	r->has_atom = true;
}

/* An atom that is one byte of a set. */
static void pattern__one_of(struct pattern__reader *r, const struct pattern_set *set)
{
	pattern__begin_atom(r);
	pattern__emit_set(r, set);
}

static void pattern__byte(struct pattern__reader *r, unsigned byte)
{
	struct pattern_set set = { { 0 } };

	pattern__add_range(&set, byte, byte);
	if (r->caseless)
		pattern__fold(&set);
	pattern__one_of(r, &set);
}

static void pattern__assert(struct pattern__reader *r, enum pattern_assertion what)
{
	pattern__begin_atom(r);
	pattern__emit(r, PATTERN_ASSERT, (int32_t)what, 0);
}

/* Any text: what a back-reference may stand for. */
static void pattern__anything(struct pattern__reader *r)
{
	struct pattern_set all = { { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX } };

	pattern__one_of(r, &all);
	pattern__repeat(r, 0, PATTERN_NONE);
}

static void pattern__escape(struct pattern__reader *r)
{
	static const struct {
		char letter;
		enum pattern_assertion what;
	} assertions[] = { { 'b', PATTERN_WORD_EDGE },
			   { 'B', PATTERN_WORD_INSIDE },
			   { 'A', PATTERN_TEXT_BEGIN },
			   { 'z', PATTERN_TEXT_END },
			   { 'Z', PATTERN_LINE_END } };
	struct pattern_set set;
	char c = pattern__peek(r, 0);

	r->at++;
	for (size_t i = 0; i < sizeof assertions / sizeof *assertions; i++)
		if (assertions[i].letter == c) {
			pattern__assert(r, assertions[i].what);
			return;
		}
	if (pattern__class(c, &set))
		pattern__one_of(r, &set);
	else if (c >= '1' && c <= '9' && !slice_is_digit(pattern__peek(r, 0)))
		pattern__anything(r);
	else
		pattern__byte(r, pattern__escaped_byte(r, c));
}

/* "(?i)", "(?s-i:": the letters up to the end. False when others stand there. */
static bool pattern__flags(struct pattern__reader *r, bool *ret_scoped)
{
	bool on = true;

	for (; r->at < r->s.n; r->at++) {
		char c = r->s.p[r->at];
		if (c == ')' || c == ':') {
			*ret_scoped = c == ':';
			return true;
		}
		if (c == '-')
			on = false;
		else if (c == 'i')
			r->caseless = on;
		else if (c == 's')
			r->dot_all = on;
		else if (c != 'm' || !on)
			return false;
	}
	return false;
}

/* What stands behind "(?" decides about the group. False: it is no group ("(?i)"), or it is not understood. */
static bool pattern__group_kind(struct pattern__reader *r, struct pattern__group *g)
{
	static const char *const around[] = { "=", "!", "<=", "<!" };
	bool scoped = false;

	for (size_t i = 0; i < sizeof around / sizeof *around; i++)
		if (pattern__next_is(r, around[i])) {
			r->at += strlen(around[i]);
			g->ignored = true;
			return true;
		}
	if (pattern__next_is(r, ">") || pattern__next_is(r, ":")) {
		r->at++;
		return true;
	}
	if (pattern__next_is(r, "<") || pattern__next_is(r, "P<")) {
		size_t end = slice_find(slice_from(r->s, r->at), '>');
		r->failed |= end == SIZE_MAX;
		r->at += r->failed ? 0 : end + 1;
		return !r->failed;
	}
	if (!pattern__flags(r, &scoped)) {
		r->failed = true;
		return false;
	}
	r->at++;
	return scoped;
}

static void pattern__open(struct pattern__reader *r)
{
	struct pattern__group g = { .begin = r->code->n,
				    .branch = r->code->n,
				    .ends = PATTERN_NONE,
				    .caseless = r->caseless,
				    .dot_all = r->dot_all };

	if (pattern__next_is(r, "*") || r->depth == PATTERN_DEPTH_MAX) {
		r->failed = true;
		return;
	}
	r->has_atom = false;
	if (pattern__next_is(r, "?")) {
		r->at++;
		if (!pattern__group_kind(r, &g))
			return;
	}
	r->groups[r->depth++] = g;
}

/* An alternative ends: a split before it, a jump to the group's end behind it. */
static void pattern__alternative(struct pattern__reader *r)
{
	struct pattern__group *g = &r->groups[r->depth - 1];

	pattern__insert(r, g->branch, PATTERN_SPLIT, 1, (int32_t)(r->code->n - g->branch) + 2);
	size_t jump = pattern__emit(r, PATTERN_JUMP, g->ends, 0);
	g->ends = (int32_t)jump;
	g->branch = r->code->n;
	r->has_atom = false;
}

/* A group ends: its jumps learn where. */
static void pattern__close(struct pattern__reader *r)
{
	struct pattern__group g = r->groups[--r->depth];

	while (g.ends != PATTERN_NONE && !r->failed) {
		struct pattern_step *jump = &r->code->steps[g.ends];
		int32_t at = g.ends;
		g.ends = jump->x;
		jump->x = (int32_t)r->code->n - at;
	}
	r->caseless = g.caseless;
	r->dot_all = g.dot_all;
	if (g.ignored)
		r->code->n = g.begin;
	r->atom = g.begin;
	r->has_atom = true;
}

static void pattern__dot(struct pattern__reader *r)
{
	struct pattern_set set = { { 0 } };

	if (!r->dot_all)
		pattern__add_range(&set, '\n', '\n');
	pattern__invert(&set);
	pattern__one_of(r, &set);
}

static void pattern__atom(struct pattern__reader *r)
{
	struct pattern_set set;
	char c = r->s.p[r->at++];

	switch (c) {
	case '(':
		pattern__open(r);
		break;
	case ')':
		if (r->depth < 2)
			r->failed = true;
		else
			pattern__close(r);
		break;
	case '|':
		pattern__alternative(r);
		break;
	case '[':
		(void)pattern__brackets(r, &set);
		pattern__one_of(r, &set);
		break;
	case '.':
		pattern__dot(r);
		break;
	case '^':
		pattern__assert(r, PATTERN_LINE_BEGIN);
		break;
	case '$':
		pattern__assert(r, PATTERN_LINE_END);
		break;
	case '\\':
		pattern__escape(r);
		break;
	case '*':
	case '+':
	case '?':
		r->failed = true; /* repeats nothing */
		break;
	default:
		pattern__byte(r, (uint8_t)c);
	}
}

bool pattern_compile(struct pattern_code *code, struct slice text, uint32_t number)
{
	struct pattern__reader r = { .code = code, .s = text, .dot_all = true, .depth = 1 };
	size_t before = code->n;

	r.groups[0] = (struct pattern__group){ .begin = before, .branch = before, .ends = PATTERN_NONE };
	while (r.at < r.s.n && !r.failed) {
		pattern__atom(&r);
		if (!r.failed && r.has_atom)
			pattern__quantifier(&r);
	}
	r.failed |= r.depth != 1;
	if (!r.failed) {
		pattern__close(&r);
		pattern__emit(&r, PATTERN_ACCEPT, (int32_t)number, 0);
	}
	if (r.failed)
		code->n = before;
	return !r.failed;
}

void pattern_fold(struct pattern_code *code)
{
	for (size_t i = 0; i < code->sets_n; i++)
		pattern__fold(&code->sets[i]);
}

void pattern_code_fini(struct pattern_code *code)
{
	mem_free(code->steps);
	mem_free(code->sets);
	*code = (struct pattern_code){ 0 };
}

/* The set as a class of escaped bytes. */
static void pattern__write_set(struct text *t, const struct pattern_set *set)
{
	static const char digits[] = "0123456789abcdef";

	text_byte(t, '[');
	for (unsigned c = 0; c < 256; c++) {
		unsigned last = c;
		if (!pattern_set_has(set, (uint8_t)c))
			continue;
		while (last < 255 && pattern_set_has(set, (uint8_t)(last + 1)))
			last++;
		for (unsigned b = c;; b = last) {
			text_add(t, SLICE("\\x"));
			text_byte(t, digits[b >> 4]);
			text_byte(t, digits[b & 15]);
			if (b == last)
				break;
			text_byte(t, '-');
		}
		c = last;
	}
	text_byte(t, ']');
}

/* Goes behind the end of the group whose parenthesis was just read. The pattern is known to be understood. */
static void pattern__skip_group(struct pattern__reader *r)
{
	struct pattern_set set;

	for (size_t depth = 1; depth && r->at < r->s.n;) {
		char c = r->s.p[r->at++];
		if (c == '\\')
			r->at++;
		else if (c == '[')
			(void)pattern__brackets(r, &set);
		else if (c == '(')
			depth++;
		else if (c == ')')
			depth--;
	}
}

/* What the library cannot do at a parenthesis, written as something that finds more. False: nothing of that kind. */
static bool pattern__relax(struct pattern__reader *r, struct text *t)
{
	if (pattern__next_is(r, "?=") || pattern__next_is(r, "?!") || pattern__next_is(r, "?<=") ||
	    pattern__next_is(r, "?<!")) {
		pattern__skip_group(r);
		text_add(t, SLICE("(?:)"));
		return true;
	}
	if (!pattern__next_is(r, "?>"))
		return false;
	r->at += 2;
	text_add(t, SLICE("(?:"));
	return true;
}

char *pattern_caseless(struct slice text)
{
	enum { SET_BYTES = 256 * 9 + 8 };
	struct pattern_code code = { 0 };
	/* Where "(?i)" stands first, classes are folded before they are negated, and nothing needs to be written. */
	struct pattern__reader r = { .code = &code, .s = text, .caseless = slice_starts(text, SLICE("(?i)")) };
	size_t classes = 0;

	bool understood = pattern_compile(&code, text, 0);
	pattern_code_fini(&code);
	if (!understood)
		return NULL;
	for (size_t i = 0; i < text.n; i++)
		classes += text.p[i] == '[';
	size_t cap = text.n + classes * SET_BYTES + 1;
	char *out = mem_alloc(cap);
	struct text t = text_of(out, cap - 1);
	while (r.at < text.n) {
		struct pattern_set set;
		size_t from = r.at;
		char c = text.p[r.at++];
		if (c == '\\') {
			r.at++;
		} else if (c == '[' && pattern__brackets(&r, &set)) {
			pattern__fold(&set);
			pattern__write_set(&t, &set);
			continue;
		} else if (c == '(' && pattern__relax(&r, &t)) {
			continue;
		}
		text_add(&t, slice_of(text.p + from, (r.at < text.n ? r.at : text.n) - from));
	}
	out[text_slice(&t).n] = 0;
	return out;
}
