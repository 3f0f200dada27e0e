/* SPDX-License-Identifier: Apache-2.0 */
/*
 * body_xml: text and attribute values of an XML 1.0 document, read by one pass over its bytes. Tags must close in
 * order. A document type is passed over, its entities are not expanded; nothing is fetched.
 */
#include "waf/body.h"

struct body__xml {
	struct input *in;
	struct slice s;
	size_t at;
	char *text; /* all character data */
	size_t text_n;
	struct slice open[BODY_XML_DEPTH_MAX];
	size_t depth;
	bool root; /* the root element was seen */
	const char *fault;
	bool memory;
};

static bool body__bad(struct body__xml *x, const char *why)
{
	if (!x->fault)
		x->fault = why;
	return false;
}

static bool body__space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void body__skip_space(struct body__xml *x)
{
	while (x->at < x->s.n && body__space(x->s.p[x->at]))
		x->at++;
}

/* A name at the place; empty when there is none. */
static struct slice body__xml_name(struct body__xml *x)
{
	size_t from = x->at;

	while (x->at < x->s.n && !body__space(x->s.p[x->at]) && !memchr("<>/=\"'?&", x->s.p[x->at], 8))
		x->at++;
	return slice_of(x->s.p + from, x->at - from);
}

static size_t body__xml_utf8(uint32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)((n == 2 ? 0xc0 : n == 3 ? 0xe0 : 0xf0) | c);
	return n;
}

/* &#65; or &#x41;, without & and ;. Returns bytes written, 0 when it is none. */
static size_t body__number_reference(struct slice s, char *out)
{
	bool hex = s.n > 1 && s.p[1] == 'x';
	uint32_t c = 0;

	for (size_t i = hex ? 2 : 1; i < s.n; i++) {
		char l = slice_lower(s.p[i]);
		int d = slice_is_digit(l) ? l - '0' : hex && l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
		if (d < 0)
			return 0;
		c = c * (hex ? 16 : 10) + (uint32_t)d;
		if (c > 0x10ffff)
			return 0;
	}
	return s.n > (hex ? 2u : 1u) ? body__xml_utf8(c, out) : 0;
}

/* Writes s to out with its references resolved; unknown ones stay. out holds s.n bytes: no reference grows. */
static size_t body__references(struct slice s, char *out)
{
	static const struct {
		struct slice name;
		char byte;
	} known[] = { { SLICE_INIT("lt"), '<' },
		      { SLICE_INIT("gt"), '>' },
		      { SLICE_INIT("amp"), '&' },
		      { SLICE_INIT("quot"), '"' },
		      { SLICE_INIT("apos"), '\'' } };
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		size_t end = s.p[i] == '&' ? slice_find(slice_first(slice_from(s, i), 12), ';') : SIZE_MAX, took = 0;
		struct slice name = end == SIZE_MAX ? slice_of(NULL, 0) : slice_of(s.p + i + 1, end - 1);
		if (name.n && name.p[0] == '#')
			took = body__number_reference(name, out + n);
		for (size_t k = 0; name.n && !took && k < sizeof known / sizeof *known; k++)
			if (slice_eq(name, known[k].name)) {
				out[n] = known[k].byte;
				took = 1;
			}
		if (took)
			i += end;
		else
			out[n] = s.p[i];
		n += took ? took : 1;
	}
	return n;
}

static void body__characters(struct body__xml *x, struct slice s, bool references)
{
	if (references) {
		x->text_n += body__references(s, x->text + x->text_n);
	} else if (s.n) {
		memcpy(x->text + x->text_n, s.p, s.n);
		x->text_n += s.n;
	}
}

/* Passes over bytes up to and with `end`. *ret gets what stands before it. */
static bool body__until(struct body__xml *x, const char *end, struct slice *ret)
{
	struct slice rest = slice_from(x->s, x->at);
	const char *at = rest.n ? memmem(rest.p, rest.n, end, strlen(end)) : NULL;

	if (!at)
		return body__bad(x, "XML: a comment, section or instruction is not closed");
	*ret = slice_of(rest.p, (size_t)(at - rest.p));
	x->at += ret->n + strlen(end);
	return true;
}

/* A document type, with brackets inside. */
static bool body__doctype(struct body__xml *x)
{
	int brackets = 0;

	for (; x->at < x->s.n; x->at++) {
		char c = x->s.p[x->at];
		brackets += c == '[' ? 1 : c == ']' ? -1 : 0;
		if (c == '>' && brackets <= 0) {
			x->at++;
			return true;
		}
	}
	return body__bad(x, "XML: the document type is not closed");
}

static bool body__attribute(struct body__xml *x)
{
	struct slice name = body__xml_name(x);

	body__skip_space(x);
	if (name.n == 0 || x->at >= x->s.n || x->s.p[x->at] != '=')
		return body__bad(x, "XML: an attribute has no value");
	x->at++;
	body__skip_space(x);
	char quote = x->at < x->s.n ? x->s.p[x->at++] : 0;
	size_t end = quote == '"' || quote == '\'' ? slice_find(slice_from(x->s, x->at), quote) : SIZE_MAX;
	if (end == SIZE_MAX)
		return body__bad(x, "XML: an attribute's value is not quoted");
	char *out = arena_alloc(x->in->arena, end);
	size_t n = out ? body__references(slice_first(slice_from(x->s, x->at), end), out) : 0;
	x->memory = out && value_add(&x->in->var[VAR_XML], x->in->arena, SLICE("//@*"), slice_of(out, n));
	x->at += end + 1;
	return x->memory;
}

static bool body__start_tag(struct body__xml *x)
{
	struct slice name = body__xml_name(x);

	if (name.n == 0)
		return body__bad(x, "XML: a tag has no name");
	if (x->depth == 0 && x->root)
		return body__bad(x, "XML: more than one root element");
	x->root = true;
	for (;;) {
		body__skip_space(x);
		struct slice rest = slice_from(x->s, x->at);
		if (slice_starts(rest, SLICE("/>"))) {
			x->at += 2;
			return true;
		}
		if (slice_starts(rest, SLICE(">")))
			break;
		if (!body__attribute(x))
			return false;
	}
	x->at++;
	if (x->depth == BODY_XML_DEPTH_MAX)
		return body__bad(x, "XML: elements are nested too deeply");
	x->open[x->depth++] = name;
	return true;
}

static bool body__end_tag(struct body__xml *x)
{
	struct slice name = body__xml_name(x);

	body__skip_space(x);
	if (x->depth == 0 || !slice_eq(name, x->open[x->depth - 1]) || x->at >= x->s.n || x->s.p[x->at] != '>')
		return body__bad(x, "XML: an end tag closes nothing that is open");
	x->at++;
	x->depth--;
	return true;
}

/* What begins with "<" at the place. */
static bool body__markup(struct body__xml *x)
{
	struct slice rest = slice_from(x->s, x->at), skipped;

	if (slice_starts(rest, SLICE("<!--"))) {
		x->at += 4;
		return body__until(x, "-->", &skipped);
	}
	if (slice_starts(rest, SLICE("<![CDATA["))) {
		x->at += 9;
		if (!body__until(x, "]]>", &skipped))
			return false;
		body__characters(x, skipped, false);
		return true;
	}
	if (slice_starts(rest, SLICE("<?"))) {
		x->at += 2;
		return body__until(x, "?>", &skipped);
	}
	if (slice_starts(rest, SLICE("<!"))) {
		x->at += 2;
		return body__doctype(x);
	}
	bool closing = slice_starts(rest, SLICE("</"));
	x->at += closing ? 2 : 1;
	return closing ? body__end_tag(x) : body__start_tag(x);
}

static bool body__only_space(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!body__space(s.p[i]))
			return false;
	return true;
}

static void body__document(struct body__xml *x)
{
	while (x->at < x->s.n) {
		struct slice rest = slice_from(x->s, x->at);
		size_t n = slice_find(rest, '<');
		struct slice text = slice_first(rest, n);
		if (x->depth == 0 && !body__only_space(text)) {
			body__bad(x, "XML: text outside of the root element");
			return;
		}
		body__characters(x, text, true);
		x->at += text.n;
		if (n != SIZE_MAX && !body__markup(x))
			return;
	}
	if (x->depth || !x->root)
		body__bad(x, "XML: an element is not closed");
}

bool body_xml(struct input *in, struct slice s)
{
	struct body__xml *x = arena_zalloc(in->arena, sizeof *x);

	if (!x)
		return false;
	/* A mark of UTF-8 in front is not text. */
	if (slice_starts(s, SLICE("\xef\xbb\xbf")))
		s = slice_from(s, 3);
	*x = (struct body__xml){ .in = in, .s = s, .memory = true };
	x->text = arena_alloc(in->arena, s.n);
	if (!x->text)
		return false;
	body__document(x);
	if (!x->memory || !value_add(&in->var[VAR_XML], in->arena, SLICE("/*"), slice_of(x->text, x->text_n)))
		return false;
	return !x->fault || input_error(in, x->fault);
}
