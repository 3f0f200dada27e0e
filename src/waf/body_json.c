/* SPDX-License-Identifier: Apache-2.0 */
/*
 * body_json: leaves to arguments. A stack of open objects and arrays instead of recursion; the path of names is one
 * text that grows and shrinks. Text is checked for well-formed UTF-16 escapes only; bytes pass as they are.
 */
#include "base/buf.h"
#include "base/text.h"
#include "waf/body.h"

enum { JSON_PATH_BYTES_MAX = 64 * 1024 };

struct body__level {
	size_t path_n; /* length of the path outside of this level */
	uint32_t next; /* of an array: number of its next element */
	bool array;
};

struct body__json {
	struct input *in;
	struct slice s;
	size_t at;
	struct buf path;
	struct body__level *levels;
	size_t depth, depth_max;
	const char *fault;
	bool memory; /* the arena holds */
};

static bool body__fail(struct body__json *j, const char *why)
{
	if (!j->fault)
		j->fault = why;
	return false;
}

static void body__skip(struct body__json *j)
{
	while (j->at < j->s.n &&
	       (j->s.p[j->at] == ' ' || j->s.p[j->at] == '\t' || j->s.p[j->at] == '\n' || j->s.p[j->at] == '\r'))
		j->at++;
}

static bool body__take(struct body__json *j, char c)
{
	body__skip(j);
	if (j->at >= j->s.n || j->s.p[j->at] != c)
		return false;
	j->at++;
	return true;
}

/* Four hexadecimal digits at the place; -1 when they are not there. */
static int body__hex4(struct body__json *j)
{
	int v = 0;

	if (j->at + 4 > j->s.n)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		char c = slice_lower(j->s.p[j->at + i]);
		int d = slice_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	j->at += 4;
	return v;
}

static size_t body__utf8(uint32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* \uXXXX, the place after the u. A lone surrogate is written as it stands. Returns bytes written, 0 when malformed. */
static size_t body__unicode(struct body__json *j, char *out)
{
	int c = body__hex4(j);

	if (c < 0)
		return 0;
	if (c >= 0xd800 && c < 0xdc00 && slice_starts(slice_from(j->s, j->at), SLICE("\\u"))) {
		size_t back = j->at;
		j->at += 2;
		int low = body__hex4(j);
		if (low >= 0xdc00 && low < 0xe000)
			return body__utf8(0x10000 + ((uint32_t)(c - 0xd800) << 10) + (uint32_t)(low - 0xdc00), out);
		j->at = back;
	}
	return body__utf8((uint32_t)c, out);
}

/* An escape, the place at the byte after the backslash. Returns bytes written (at most 4), 0 when malformed. */
static size_t body__escape(struct body__json *j, char *out)
{
	static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	char c = j->at < j->s.n ? j->s.p[j->at++] : 0;
	const char *at = c ? strchr(letters, c) : NULL;

	if (at) {
		*out = bytes[at - letters];
		return 1;
	}
	return c == 'u' ? body__unicode(j, out) : 0;
}

/* Offset of the quote that closes a string whose text begins at the place; the end of the bytes when none does. */
static size_t body__closing(const struct body__json *j, bool *ret_plain)
{
	size_t i = j->at;

	*ret_plain = true;
	while (i < j->s.n && j->s.p[i] != '"') {
		*ret_plain = *ret_plain && j->s.p[i] != '\\' && (uint8_t)j->s.p[i] >= 0x20;
		i += j->s.p[i] == '\\' ? 2 : 1;
	}
	return i < j->s.n ? i : j->s.n;
}

/* A string, the place after its quote. Borrowed from the body when it has no escapes. */
static bool body__string(struct body__json *j, struct slice *ret)
{
	bool plain;
	size_t from = j->at, end = body__closing(j, &plain), n = 0;

	if (end == j->s.n)
		return body__fail(j, "JSON: a string is not closed");
	if (plain) {
		*ret = slice_of(j->s.p + from, end - from);
		j->at = end + 1;
		return true;
	}
	/* No escape is shorter than what it stands for. */
	char *out = arena_alloc(j->in->arena, end - from + 4);
	j->memory = j->memory && out;
	while (out && j->at < end) {
		char c = j->s.p[j->at++];
		size_t took = 1;
		if ((uint8_t)c < 0x20)
			return body__fail(j, "JSON: a control byte in a string");
		if (c == '\\')
			took = body__escape(j, out + n);
		else
			out[n] = c;
		if (took == 0)
			return body__fail(j, "JSON: a malformed escape");
		n += took;
	}
	j->at = end + 1;
	*ret = slice_of(out, n);
	return out != NULL;
}

/* Makes the path end in ".name" below the level's own. */
static bool body__name(struct body__json *j, struct slice name)
{
	struct body__level *l = &j->levels[j->depth - 1];

	j->path.to = j->path.from + l->path_n;
	if (!buf_add_byte(&j->path, '.') || !buf_add(&j->path, name))
		return body__fail(j, "JSON: names are too long in all");
	return true;
}

static bool body__leaf(struct body__json *j, struct slice text)
{
	struct slice name = arena_copy(j->in->arena, buf_slice(&j->path));

	j->memory =
		j->memory && !arena_full(j->in->arena) && input_argument(j->in, VAR_ARGS, VAR_ARGS_NAMES, name, text);
	return j->memory && !j->in->args_full;
}

static bool body__number_char(char c)
{
	return slice_is_digit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* A number, true, false or null. */
static bool body__word(struct body__json *j)
{
	static const struct slice words[] = { SLICE_INIT("true"), SLICE_INIT("false"), SLICE_INIT("null") };
	struct slice rest = slice_from(j->s, j->at);
	size_t n = 0;

	for (size_t i = 0; i < 3; i++)
		if (slice_starts(rest, words[i])) {
			j->at += words[i].n;
			return body__leaf(j, i == 2 ? SLICE("") : words[i]);
		}
	while (n < rest.n && body__number_char(rest.p[n]))
		n++;
	if (n == 0 || !(slice_is_digit(rest.p[0]) || (rest.p[0] == '-' && n > 1 && slice_is_digit(rest.p[1]))))
		return body__fail(j, "JSON: a value is missing or unknown");
	j->at += n;
	return body__leaf(j, slice_first(rest, n));
}

static bool body__open(struct body__json *j, bool array)
{
	if (j->depth == j->depth_max)
		return body__fail(j, "JSON: deeper than SecRequestBodyJsonDepthLimit");
	j->levels[j->depth++] = (struct body__level){ .path_n = buf_len(&j->path), .array = array };
	return true;
}

/* Before an element: its name, for an array its number. */
static bool body__element(struct body__json *j)
{
	struct body__level *l = &j->levels[j->depth - 1];
	struct slice name;
	char number[24];

	if (l->array) {
		struct text t = text_of(number, sizeof number);
		text_add(&t, SLICE("array_"));
		text_u64(&t, l->next++);
		return body__name(j, text_slice(&t));
	}
	if (!body__take(j, '"') || !body__string(j, &name))
		return body__fail(j, "JSON: the name of a member is missing");
	return body__name(j, name) && (body__take(j, ':') || body__fail(j, "JSON: a colon is missing"));
}

/* A value; *ret_opened: it is an object or array, whose first element comes next. */
static bool body__value(struct body__json *j, bool *ret_opened)
{
	struct slice text;

	*ret_opened = false;
	body__skip(j);
	char c = j->at < j->s.n ? j->s.p[j->at] : 0;
	if (c == '{' || c == '[') {
		j->at++;
		*ret_opened = true;
		return body__open(j, c == '[');
	}
	if (c != '"')
		return body__word(j);
	j->at++;
	return body__string(j, &text) && body__leaf(j, text);
}

/* After a value: closes what ends here. *ret_more: an element follows. */
static bool body__after(struct body__json *j, bool *ret_more)
{
	*ret_more = false;
	while (j->depth) {
		bool array = j->levels[j->depth - 1].array;
		if (body__take(j, ',')) {
			*ret_more = true;
			return true;
		}
		if (!body__take(j, array ? ']' : '}'))
			return body__fail(j, "JSON: a comma or the end of an object or array is missing");
		j->depth--;
	}
	body__skip(j);
	return j->at == j->s.n || body__fail(j, "JSON: bytes follow the value");
}

static void body__run(struct body__json *j)
{
	bool opened, more = true;

	if (!body__value(j, &opened))
		return;
	for (;;) {
		if (opened) {
			bool empty = body__take(j, j->levels[j->depth - 1].array ? ']' : '}');
			if (empty)
				j->depth--;
			more = !empty;
		}
		if ((!opened || !more) && !body__after(j, &more))
			return;
		if (!more)
			return;
		if (!body__element(j) || !body__value(j, &opened))
			return;
	}
}

bool body_json(struct input *in, struct slice s)
{
	struct body__json j = { .in = in, .s = s, .memory = true };

	j.depth_max = in->options->json_depth_max < BODY_JSON_DEPTH_MAX ? (size_t)in->options->json_depth_max
									: BODY_JSON_DEPTH_MAX;
	j.levels = arena_alloc(in->arena, (j.depth_max + 1) * sizeof *j.levels);
	if (!j.levels)
		return false;
	buf_init(&j.path, JSON_PATH_BYTES_MAX);
	if (!buf_add(&j.path, SLICE("json")))
		j.memory = false;
	else
		body__run(&j);
	buf_fini(&j.path);
	return j.memory && (!j.fault || input_error(in, j.fault));
}
