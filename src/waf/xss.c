/* SPDX-License-Identifier: Apache-2.0 */
/* xss: which tags, attributes, addresses and comments can run a script. */
#include "waf/xss.h"

#include "waf/html.h"

enum xss__kind {
	XSS_HARMLESS,
	XSS_BLACK,    /* by itself */
	XSS_ADDRESS,  /* when its value is a script's address */
	XSS_STYLE,    /* styles can hold scripts */
	XSS_INDIRECT, /* its value is the name of an attribute */
};

struct xss__attribute {
	struct slice name;
	enum xss__kind kind;
};

static const struct xss__attribute xss__attributes[] = {
	{ SLICE_INIT("action"), XSS_ADDRESS },     { SLICE_INIT("attributename"), XSS_INDIRECT },
	{ SLICE_INIT("by"), XSS_ADDRESS },         { SLICE_INIT("background"), XSS_ADDRESS },
	{ SLICE_INIT("dataformatas"), XSS_BLACK }, { SLICE_INIT("datasrc"), XSS_BLACK },
	{ SLICE_INIT("dynsrc"), XSS_ADDRESS },     { SLICE_INIT("filter"), XSS_STYLE },
	{ SLICE_INIT("formaction"), XSS_ADDRESS }, { SLICE_INIT("folder"), XSS_ADDRESS },
	{ SLICE_INIT("from"), XSS_ADDRESS },       { SLICE_INIT("handler"), XSS_ADDRESS },
	{ SLICE_INIT("href"), XSS_ADDRESS },       { SLICE_INIT("lowsrc"), XSS_ADDRESS },
	{ SLICE_INIT("poster"), XSS_ADDRESS },     { SLICE_INIT("src"), XSS_ADDRESS },
	{ SLICE_INIT("style"), XSS_STYLE },        { SLICE_INIT("to"), XSS_ADDRESS },
	{ SLICE_INIT("values"), XSS_ADDRESS },     { SLICE_INIT("xlink:href"), XSS_ADDRESS },
};

static const struct slice xss__tags[] = {
	SLICE_INIT("applet"), SLICE_INIT("base"),     SLICE_INIT("comment"), SLICE_INIT("embed"),
	SLICE_INIT("frame"),  SLICE_INIT("frameset"), SLICE_INIT("handler"), SLICE_INIT("iframe"),
	SLICE_INIT("import"), SLICE_INIT("isindex"),  SLICE_INIT("link"),    SLICE_INIT("listener"),
	SLICE_INIT("meta"),   SLICE_INIT("noscript"), SLICE_INIT("object"),  SLICE_INIT("script"),
	SLICE_INIT("style"),  SLICE_INIT("vmlframe"), SLICE_INIT("xml"),     SLICE_INIT("xss"),
};

/* The first n bytes of s spell `word` (lower case), NUL bytes left out, case aside. */
static bool xss__spells(struct slice s, struct slice word)
{
	size_t k = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == 0)
			continue;
		if (k == word.n || slice_lower(s.p[i]) != word.p[k])
			return false;
		k++;
	}
	return k == word.n;
}

static bool xss__black_tag(struct slice name)
{
	if (name.n < 3)
		return false;
	for (size_t i = 0; i < sizeof xss__tags / sizeof *xss__tags; i++)
		if (xss__spells(name, xss__tags[i]))
			return true;
	return slice_starts_nocase(name, SLICE("svg")) || slice_starts_nocase(name, SLICE("xsl"));
}

static enum xss__kind xss__attribute_kind(struct slice name)
{
	if (name.n < 2)
		return XSS_HARMLESS;
	if (name.n >= 5) {
		/* Names of events are not listed: browsers get new ones. */
		struct slice five = slice_first(name, 5);
		if (slice_starts_nocase(name, SLICE("on")) || xss__spells(five, SLICE("xmlns")) ||
		    xss__spells(five, SLICE("xlink")))
			return XSS_BLACK;
	}
	for (size_t i = 0; i < sizeof xss__attributes / sizeof *xss__attributes; i++)
		if (xss__spells(name, xss__attributes[i].name))
			return xss__attributes[i].kind;
	return XSS_HARMLESS;
}

static int xss__digit(char c, unsigned base)
{
	int d = slice_is_digit(c)                                ? c - '0'
		: slice_lower(c) >= 'a' && slice_lower(c) <= 'f' ? slice_lower(c) - 'a' + 10
								 : -1;

	return d >= 0 && (unsigned)d < base ? d : -1;
}

/* The character at the front of s, a numeric reference decoded. *ret_n: the bytes it takes. s is not empty. */
static uint32_t xss__character(struct slice s, size_t *ret_n)
{
	enum { CODE_MAX = 0x1000ff };
	size_t i = 2;
	unsigned base = 10;
	uint32_t code = 0;

	*ret_n = 1;
	if (s.p[0] != '&' || s.n < 3 || s.p[1] != '#')
		return (uint8_t)s.p[0];
	if (slice_lower(s.p[2]) == 'x') {
		base = 16;
		i = 3;
	}
	if (i >= s.n || xss__digit(s.p[i], base) < 0)
		return '&';
	for (; i < s.n && s.p[i] != ';'; i++) {
		int d = xss__digit(s.p[i], base);
		if (d < 0) {
			*ret_n = i;
			return code;
		}
		code = code * base + (uint32_t)d;
		if (code > CODE_MAX)
			return '&';
	}
	*ret_n = i < s.n ? i + 1 : i;
	return code;
}

/* True when s, decoded, begins with the scheme (lower case); blanks before it, NUL and line feeds in it do not count.
 */
static bool xss__scheme(struct slice s, struct slice scheme)
{
	size_t k = 0;
	bool first = true;

	while (s.n && k < scheme.n) {
		size_t n;
		uint32_t c = xss__character(s, &n);
		s = slice_from(s, n);
		if (first && c <= 32)
			continue;
		first = false;
		if (c == 0 || c == 10)
			continue;
		if (slice_lower((char)c) != scheme.p[k])
			return false;
		k++;
	}
	return k == scheme.n;
}

static bool xss__black_address(struct slice s)
{
	/* "java" covers javascript: with anything in it. */
	static const struct slice schemes[] = { SLICE_INIT("data"), SLICE_INIT("view-source"), SLICE_INIT("java"),
						SLICE_INIT("vbscript") };

	while (s.n && ((int8_t)s.p[0] <= 32 || s.p[0] == 127))
		s = slice_from(s, 1);
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (xss__scheme(s, schemes[i]))
			return true;
	return false;
}

/* Conditional comments, processing instructions and entities of old browsers. */
static bool xss__black_comment(struct slice s)
{
	if (s.n && memchr(s.p, '`', s.n))
		return true;
	if (s.n > 3 && (slice_starts_nocase(s, SLICE("[if")) || slice_starts_nocase(s, SLICE("xml"))))
		return true;
	struct slice six = slice_first(s, 6);
	return s.n > 5 && (xss__spells(six, SLICE("import")) || xss__spells(six, SLICE("entity")));
}

static bool xss__black_value(enum xss__kind kind, struct slice value)
{
	switch (kind) {
	case XSS_BLACK:
	case XSS_STYLE:
		return true;
	case XSS_ADDRESS:
		return xss__black_address(value);
	case XSS_INDIRECT:
		return xss__attribute_kind(value) != XSS_HARMLESS;
	case XSS_HARMLESS:
		break;
	}
	return false;
}

static bool xss__in_context(struct slice s, enum html_context context)
{
	struct html h;
	enum xss__kind kind = XSS_HARMLESS;

	html_init(&h, s, context);
	while (html_next(&h)) {
		if (h.type == HTML_DOCTYPE || (h.type == HTML_TAG_OPEN && xss__black_tag(h.token)) ||
		    (h.type == HTML_COMMENT && xss__black_comment(h.token)) ||
		    (h.type == HTML_VALUE && xss__black_value(kind, h.token)))
			return true;
		kind = h.type == HTML_ATTRIBUTE ? xss__attribute_kind(h.token) : XSS_HARMLESS;
	}
	return false;
}

bool xss_detect(struct slice s)
{
	/* Without a bracket and an equals sign there is neither a tag nor an attribute with a value. */
	if (s.n == 0 || (!memchr(s.p, '<', s.n) && !memchr(s.p, '=', s.n)))
		return false;
	for (int context = 0; context < HTML_CONTEXTS; context++)
		if (xss__in_context(s, (enum html_context)context))
			return true;
	return false;
}
