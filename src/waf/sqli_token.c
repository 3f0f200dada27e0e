/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqli_token: bytes to tokens. The first byte chooses the reader; each reader leaves a token, or none for white space,
 * and gives the offset where the next one begins. Servers differ; where they do, the reading that an attacker could
 * use is taken.
 */
#include "waf/sqli_int.h"

/* Sets of bytes, as bits of a table. NUL is in all of them. */
enum {
	SQLI_SPACE = 1,
	SQLI_WORD_END = 2,
	SQLI_VARIABLE_END = 4,
	SQLI_HEX = 8,
	SQLI_LETTERS = 16,
	SQLI_MONEY = 32,
	SQLI_BITS = 64,
};

/* White space, marks that end words and variables, and marks that end one of them. */
#define S SQLI_SPACE | SQLI_WORD_END
#define B SQLI_WORD_END | SQLI_VARIABLE_END
#define W SQLI_WORD_END
#define V SQLI_VARIABLE_END

static const uint8_t sqli__sets[256] = {
	[0] = 0x7f,
	['\t'] = S | V,
	['\n'] = S | V,
	['\v'] = S | V,
	['\f'] = S | V,
	['\r'] = S | V,
	[' '] = S | V,
	[0xa0] = S,
	['['] = W,
	[']'] = W,
	['{'] = W,
	['}'] = W,
	['`'] = V,
	['<'] = B,
	['>'] = B,
	[':'] = B,
	['\\'] = B,
	['?'] = B,
	['='] = B,
	['@'] = B,
	['!'] = B,
	['#'] = B,
	['~'] = B,
	['+'] = B,
	['-'] = B,
	['*'] = B,
	['/'] = B,
	['&'] = B,
	['|'] = B,
	['^'] = B,
	['%'] = B,
	['('] = B,
	[')'] = B,
	[','] = B | SQLI_MONEY,
	['\''] = B,
	[';'] = B,
	['"'] = B,
	['.'] = SQLI_MONEY,
	['0' ... '1'] = SQLI_HEX | SQLI_MONEY | SQLI_BITS,
	['2' ... '9'] = SQLI_HEX | SQLI_MONEY,
	['A' ... 'F'] = SQLI_HEX | SQLI_LETTERS,
	['G' ... 'Z'] = SQLI_LETTERS,
	['a' ... 'f'] = SQLI_HEX | SQLI_LETTERS,
	['g' ... 'z'] = SQLI_LETTERS,
};

#undef S
#undef B
#undef W
#undef V

static bool sqli__of(char c, unsigned set)
{
	return sqli__sets[(uint8_t)c] & set;
}

void sqli__assign(struct sqli_token *t, char type, struct slice v)
{
	size_t n = v.n < SQLI_VALUE_BYTES ? v.n : SQLI_VALUE_BYTES - 1;

	t->type = type;
	t->open = t->close = 0;
	t->n = (uint8_t)n;
	if (n)
		memcpy(t->value, v.p, n);
	t->value[n] = 0;
}

/* A token of n bytes from the reader's place on. Returns the offset after it. */
static size_t sqli__take(struct sqli_reader *r, char type, size_t n)
{
	sqli__assign(r->to, type, slice_first(slice_from(r->s, r->at), n));
	return r->at + n;
}

static char sqli__at(const struct sqli_reader *r, size_t offset)
{
	return r->at + offset < r->s.n ? r->s.p[r->at + offset] : 0;
}

static bool sqli__has(const struct sqli_reader *r, size_t offset)
{
	return r->at + offset < r->s.n;
}

/* Bytes from offset on that are in the set (NUL always is) or, with invert, that are not. */
static size_t sqli__span(const struct sqli_reader *r, size_t offset, unsigned set, bool invert)
{
	size_t n = 0;

	while (sqli__has(r, offset + n) && sqli__of(sqli__at(r, offset + n), set) != invert)
		n++;
	return n;
}

/* Offset in s of the first two bytes a b from `from` on, or SIZE_MAX. */
static size_t sqli__find2(struct slice s, size_t from, char a, char b)
{
	for (size_t i = from; i + 1 < s.n; i++)
		if (s.p[i] == a && s.p[i + 1] == b)
			return i;
	return SIZE_MAX;
}

static size_t sqli__white(struct sqli_reader *r)
{
	return r->at + 1;
}

static size_t sqli__operator(struct sqli_reader *r)
{
	return sqli__take(r, 'o', 1);
}

static size_t sqli__other(struct sqli_reader *r)
{
	return sqli__take(r, '?', 1);
}

static size_t sqli__itself(struct sqli_reader *r)
{
	return sqli__take(r, sqli__at(r, 0), 1);
}

static size_t sqli__line_comment(struct sqli_reader *r)
{
	size_t end = slice_find(slice_from(r->s, r->at), '\n');

	if (end == SIZE_MAX)
		return sqli__take(r, 'c', r->s.n - r->at);
	return sqli__take(r, 'c', end) + 1;
}

static size_t sqli__hash(struct sqli_reader *r)
{
	r->mysql_differs = true;
	return r->mysql ? sqli__line_comment(r) : sqli__take(r, 'o', 1);
}

static size_t sqli__dash(struct sqli_reader *r)
{
	if (sqli__at(r, 1) != '-')
		return sqli__operator(r);
	if (!sqli__has(r, 2) || sqli__of(sqli__at(r, 2), SQLI_SPACE))
		return sqli__line_comment(r);
	if (r->mysql)
		return sqli__operator(r);
	r->mysql_differs = true;
	return sqli__line_comment(r);
}

static size_t sqli__slash(struct sqli_reader *r)
{
	if (sqli__at(r, 1) != '*')
		return sqli__operator(r);
	size_t end = sqli__find2(r->s, r->at + 2, '*', '/');
	size_t n = end == SIZE_MAX ? r->s.n - r->at : end + 2 - r->at;
	/* A comment in a comment, or one that MySQL runs: no server agrees with the next. */
	bool nested = end != SIZE_MAX && sqli__find2(slice_first(r->s, end + 1), r->at + 2, '/', '*') != SIZE_MAX;
	bool runs = sqli__at(r, 2) == '!';
	return sqli__take(r, nested || runs ? 'X' : 'c', n);
}

static size_t sqli__backslash(struct sqli_reader *r)
{
	return sqli__at(r, 1) == 'N' ? sqli__take(r, '1', 2) : sqli__take(r, '\\', 1);
}

static size_t sqli__operator2(struct sqli_reader *r)
{
	if (!sqli__has(r, 1))
		return sqli__operator(r);
	if (sqli__at(r, 0) == '<' && sqli__at(r, 1) == '=' && sqli__at(r, 2) == '>')
		return sqli__take(r, 'o', 3);
	char type = sqli__word(slice_first(slice_from(r->s, r->at), 2));
	if (type)
		return sqli__take(r, type, 2);
	return sqli__at(r, 0) == ':' ? sqli__take(r, ':', 1) : sqli__operator(r);
}

/* True when an odd number of backslashes ends before s.p[i], none of them before `from`. */
static bool sqli__escaped(struct slice s, size_t from, size_t i)
{
	size_t n = 0;

	while (i > from && s.p[i - 1] == '\\') {
		i--;
		n++;
	}
	return n & 1;
}

/* A string whose text begins `offset` bytes on and ends at delimiter, doubled and escaped ones apart. */
static size_t sqli__quoted(struct sqli_reader *r, char delimiter, size_t offset)
{
	struct slice s = r->s;
	size_t from = r->at + offset, i = from;
	char open = offset ? delimiter : 0;

	for (; i < s.n; i++) {
		if (s.p[i] != delimiter)
			continue;
		if (sqli__escaped(s, from, i))
			continue;
		if (i + 1 < s.n && s.p[i + 1] == delimiter) {
			i++;
			continue;
		}
		break;
	}
	sqli__assign(r->to, 's', slice_first(slice_from(s, from), (i < s.n ? i : s.n) - (from < s.n ? from : s.n)));
	r->to->open = open;
	r->to->close = i < s.n ? delimiter : 0;
	return i < s.n ? i + 1 : s.n;
}

static size_t sqli__string(struct sqli_reader *r)
{
	return sqli__quoted(r, sqli__at(r, 0), 1);
}

/* The part before a dot or a backtick may be a word of its own: SELECT.1, SELECT`x`. */
static size_t sqli__bare(struct sqli_reader *r)
{
	size_t n = sqli__span(r, 0, SQLI_WORD_END, true);
	struct slice word = slice_first(slice_from(r->s, r->at), n);

	for (size_t i = 0; i < n && i < SQLI_VALUE_BYTES - 1; i++) {
		if (word.p[i] != '.' && word.p[i] != '`')
			continue;
		char type = sqli__word(slice_first(word, i));
		if (type && type != 'n')
			return sqli__take(r, type, i);
	}
	char type = n < SQLI_VALUE_BYTES ? sqli__word(word) : 0;
	return sqli__take(r, type ? type : 'n', n);
}

static size_t sqli__e_string(struct sqli_reader *r)
{
	return sqli__has(r, 2) && sqli__at(r, 1) == '\'' ? sqli__quoted(r, '\'', 2) : sqli__bare(r);
}

static size_t sqli__u_string(struct sqli_reader *r)
{
	if (sqli__at(r, 1) != '&' || sqli__at(r, 2) != '\'')
		return sqli__bare(r);
	r->at += 2;
	size_t end = sqli__string(r);
	r->to->open = 'u';
	if (r->to->close == '\'')
		r->to->close = 'u';
	return end;
}

/* Oracle's q'[…]', with `offset` bytes before the q. */
static size_t sqli__q_quoted(struct sqli_reader *r, size_t offset)
{
	static const char opens[] = "([{<", closes[] = ")]}>";

	if (!sqli__has(r, offset + 2) || slice_lower(sqli__at(r, offset)) != 'q' || sqli__at(r, offset + 1) != '\'')
		return sqli__bare(r);
	char mark = sqli__at(r, offset + 2);
	if ((int8_t)mark < 33)
		return sqli__bare(r);
	const char *pair = strchr(opens, mark);
	size_t from = r->at + offset + 3;
	size_t end = sqli__find2(r->s, from, pair ? closes[pair - opens] : mark, '\'');
	sqli__assign(r->to, 's', slice_first(slice_from(r->s, from), end == SIZE_MAX ? SIZE_MAX : end - from));
	r->to->open = 'q';
	r->to->close = end == SIZE_MAX ? 0 : 'q';
	return end == SIZE_MAX ? r->s.n : end + 2;
}

static size_t sqli__q_string(struct sqli_reader *r)
{
	return sqli__q_quoted(r, 0);
}

static size_t sqli__nq_string(struct sqli_reader *r)
{
	return sqli__has(r, 2) && sqli__at(r, 1) == '\'' ? sqli__e_string(r) : sqli__q_quoted(r, 1);
}

/* B'01' and X'AF'. */
static size_t sqli__digits(struct sqli_reader *r, unsigned digits)
{
	if (!sqli__has(r, 2) || sqli__at(r, 1) != '\'')
		return sqli__bare(r);
	size_t n = sqli__span(r, 2, digits, false);
	if (sqli__at(r, 2 + n) != '\'')
		return sqli__bare(r);
	return sqli__take(r, '1', n + 3);
}

static size_t sqli__b_string(struct sqli_reader *r)
{
	return sqli__digits(r, SQLI_BITS);
}

static size_t sqli__x_string(struct sqli_reader *r)
{
	return sqli__digits(r, SQLI_HEX);
}

static size_t sqli__bracket(struct sqli_reader *r)
{
	size_t end = slice_find(slice_from(r->s, r->at), ']');

	return sqli__take(r, 'n', end == SIZE_MAX ? r->s.n - r->at : end + 1);
}

static size_t sqli__tick(struct sqli_reader *r)
{
	size_t end = sqli__quoted(r, '`', 1);

	r->to->type = sqli__word(slice_of(r->to->value, r->to->n)) == 'f' ? 'f' : 'n';
	return end;
}

static size_t sqli__variable(struct sqli_reader *r)
{
	r->at += sqli__at(r, 1) == '@' ? 2 : 1;
	char c = sqli__at(r, 0);
	size_t end;
	if (sqli__has(r, 0) && (c == '`' || c == '\'' || c == '"')) {
		end = c == '`' ? sqli__tick(r) : sqli__string(r);
		r->to->type = 'v';
		return end;
	}
	return sqli__take(r, 'v', sqli__span(r, 0, SQLI_VARIABLE_END, true));
}

/* PostgreSQL's $$…$$. */
static size_t sqli__dollars(struct sqli_reader *r)
{
	size_t from = r->at + 2, end = sqli__find2(r->s, from, '$', '$');

	sqli__assign(r->to, 's', slice_first(slice_from(r->s, from), end == SIZE_MAX ? SIZE_MAX : end - from));
	r->to->open = '$';
	r->to->close = end == SIZE_MAX ? 0 : '$';
	return end == SIZE_MAX ? r->s.n : end + 2;
}

/* PostgreSQL's $tag$…$tag$; tag: letters after the dollar. */
static size_t sqli__tagged(struct sqli_reader *r, size_t tag)
{
	if (tag == 0 || sqli__at(r, tag + 1) != '$' || !sqli__has(r, tag + 1))
		return sqli__take(r, 'n', 1);
	struct slice mark = slice_first(slice_from(r->s, r->at), tag + 2), rest = slice_from(r->s, r->at + mark.n);
	const char *hit = rest.n ? memmem(rest.p, rest.n, mark.p, mark.n) : NULL;
	size_t from = r->at + mark.n, end = hit ? (size_t)(hit - r->s.p) : SIZE_MAX;

	sqli__assign(r->to, 's', slice_first(slice_from(r->s, from), end == SIZE_MAX ? SIZE_MAX : end - from));
	r->to->open = '$';
	r->to->close = end == SIZE_MAX ? 0 : '$';
	return end == SIZE_MAX ? r->s.n : end + mark.n;
}

static size_t sqli__money(struct sqli_reader *r)
{
	if (!sqli__has(r, 1))
		return sqli__take(r, 'n', 1);
	size_t n = sqli__span(r, 1, SQLI_MONEY, false);
	if (n == 0 && sqli__at(r, 1) == '$')
		return sqli__dollars(r);
	if (n == 0)
		return sqli__tagged(r, sqli__span(r, 1, SQLI_LETTERS, false));
	if (n == 1 && sqli__at(r, 1) == '.')
		return sqli__bare(r);
	return sqli__take(r, '1', n + 1);
}

static size_t sqli__decimals(const struct sqli_reader *r, size_t i)
{
	while (slice_is_digit(sqli__at(r, i)))
		i++;
	return i;
}

/* 0x1F and 0b01; 0 when the number is neither. */
static size_t sqli__based(struct sqli_reader *r)
{
	char c = slice_lower(sqli__at(r, 1));
	unsigned digits = sqli__at(r, 0) != '0' ? 0 : c == 'x' ? SQLI_HEX : c == 'b' ? SQLI_BITS : 0;

	if (!digits)
		return 0;
	size_t n = sqli__span(r, 2, digits, false);
	return n ? sqli__take(r, '1', n + 2) : sqli__take(r, 'n', 2);
}

/* Oracle's suffix: 1.2f, 1d. */
static size_t sqli__suffix(const struct sqli_reader *r, size_t i)
{
	char c = slice_lower(sqli__at(r, i));

	if (c != 'd' && c != 'f')
		return i;
	char next = sqli__at(r, i + 1);
	bool ends = !sqli__has(r, i + 1) || sqli__of(next, SQLI_SPACE) || next == ';' || slice_lower(next) == 'u';
	return ends ? i + 1 : i;
}

static size_t sqli__number(struct sqli_reader *r)
{
	size_t end = sqli__based(r), i = sqli__decimals(r, 0);
	bool exponent = false, power = false;

	if (end)
		return end;
	if (sqli__at(r, i) == '.') {
		i = sqli__decimals(r, i + 1);
		if (i == 1)
			return sqli__take(r, '.', 1);
	}
	if (slice_lower(sqli__at(r, i)) == 'e') {
		exponent = true;
		i++;
		i += sqli__at(r, i) == '+' || sqli__at(r, i) == '-';
		size_t digits = sqli__decimals(r, i);
		power = digits > i;
		i = digits;
	}
	/* "1.e" without a power is a word. */
	return sqli__take(r, exponent && !power ? 'n' : '1', sqli__suffix(r, i));
}

typedef size_t (*sqli__reader_fn)(struct sqli_reader *r);

static const sqli__reader_fn sqli__readers[128] = {
	['!'] = sqli__operator2, ['"'] = sqli__string,    ['#'] = sqli__hash,      ['$'] = sqli__money,
	['%'] = sqli__operator,  ['&'] = sqli__operator2, ['\''] = sqli__string,   ['('] = sqli__itself,
	[')'] = sqli__itself,    ['*'] = sqli__operator2, ['+'] = sqli__operator,  [','] = sqli__itself,
	['-'] = sqli__dash,      ['.'] = sqli__number,    ['/'] = sqli__slash,     ['0'] = sqli__number,
	['1'] = sqli__number,    ['2'] = sqli__number,    ['3'] = sqli__number,    ['4'] = sqli__number,
	['5'] = sqli__number,    ['6'] = sqli__number,    ['7'] = sqli__number,    ['8'] = sqli__number,
	['9'] = sqli__number,    [':'] = sqli__operator2, [';'] = sqli__itself,    ['<'] = sqli__operator2,
	['='] = sqli__operator2, ['>'] = sqli__operator2, ['?'] = sqli__other,     ['@'] = sqli__variable,
	['B'] = sqli__b_string,  ['E'] = sqli__e_string,  ['N'] = sqli__nq_string, ['Q'] = sqli__q_string,
	['U'] = sqli__u_string,  ['X'] = sqli__x_string,  ['['] = sqli__bracket,   ['\\'] = sqli__backslash,
	[']'] = sqli__other,     ['^'] = sqli__operator,  ['`'] = sqli__tick,      ['b'] = sqli__b_string,
	['e'] = sqli__e_string,  ['n'] = sqli__nq_string, ['q'] = sqli__q_string,  ['u'] = sqli__u_string,
	['x'] = sqli__x_string,  ['{'] = sqli__itself,    ['|'] = sqli__operator2, ['}'] = sqli__itself,
	['~'] = sqli__operator,  [127] = sqli__white,
};

bool sqli__token(struct sqli_reader *r, struct sqli_token *to)
{
	if (r->s.n == 0)
		return false;
	*to = (struct sqli_token){ 0 };
	r->to = to;
	if (r->at == 0 && r->quote) {
		r->at = sqli__quoted(r, r->quote, 0);
		r->tokens++;
		return true;
	}
	while (r->at < r->s.n) {
		uint8_t c = (uint8_t)r->s.p[r->at];
		sqli__reader_fn read = c <= 32 || c == 0xa0 ? sqli__white : c < 128 ? sqli__readers[c] : NULL;
		r->at = read ? read(r) : sqli__bare(r);
		if (to->type) {
			r->tokens++;
			return true;
		}
	}
	return false;
}
