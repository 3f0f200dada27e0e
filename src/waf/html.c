/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html: a machine of states, each a function that either leaves a token or names the state that goes on with the same
 * bytes. Every step moves forward or changes to a state that does.
 */
#include "waf/html.h"

enum html__state {
	STATE_END,
	STATE_DATA,
	STATE_TAG_OPEN,
	STATE_END_TAG_OPEN,
	STATE_TAG_NAME,
	STATE_TAG_NAME_CLOSE,
	STATE_SELF_CLOSING,
	STATE_BEFORE_ATTRIBUTE,
	STATE_ATTRIBUTE,
	STATE_AFTER_ATTRIBUTE,
	STATE_BEFORE_VALUE,
	STATE_VALUE_BARE,
	STATE_VALUE_SINGLE,
	STATE_VALUE_DOUBLE,
	STATE_VALUE_BACK,
	STATE_AFTER_VALUE,
	STATE_MARKUP,
	STATE_COMMENT,
	STATE_BOGUS,
	STATE_BOGUS_PERCENT,
	STATE_CDATA,
	STATE_DOCTYPE,
};

static bool html__white(char c)
{
	return c == 0 || c == ' ' || (c >= '\t' && c <= '\r');
}

static bool html__letter(char c)
{
	c = slice_lower(c);
	return c >= 'a' && c <= 'z';
}

/* Leaves the bytes from `from` to `to` as a token and goes on at `next` in `state`. Always true: a token is there. */
static bool html__token(struct html *h, enum html_type type, size_t from, size_t to)
{
	h->type = type;
	h->token = slice_of((h->s.p ? h->s.p : "") + from, to - from);
	return true;
}

static void html__go(struct html *h, size_t at, enum html__state state)
{
	h->at = at;
	h->state = state;
}

/* Leaves the rest as the last token. */
static bool html__rest(struct html *h, enum html_type type)
{
	size_t from = h->at;

	html__go(h, h->s.n, STATE_END);
	return html__token(h, type, from, h->s.n);
}

static size_t html__find(const struct html *h, size_t from, char c)
{
	size_t i = slice_find(slice_from(h->s, from), c);

	return i == SIZE_MAX ? SIZE_MAX : from + i;
}

/* Passes over white space. False at the end of the bytes, where the machine then stands. */
static bool html__skip_white(struct html *h)
{
	while (h->at < h->s.n && html__white(h->s.p[h->at]))
		h->at++;
	if (h->at == h->s.n)
		h->state = STATE_END;
	return h->at < h->s.n;
}

static bool html__data(struct html *h)
{
	size_t from = h->at, open = html__find(h, h->at, '<');

	if (open == SIZE_MAX)
		return html__rest(h, HTML_DATA) && h->token.n > 0;
	html__go(h, open + 1, STATE_TAG_OPEN);
	return open > from && html__token(h, HTML_DATA, from, open);
}

static bool html__tag_open(struct html *h)
{
	char c = h->s.p[h->at];

	if (c == '!') {
		html__go(h, h->at + 1, STATE_MARKUP);
	} else if (c == '/') {
		h->closing = true;
		html__go(h, h->at + 1, STATE_END_TAG_OPEN);
	} else if (c == '?') {
		html__go(h, h->at + 1, STATE_BOGUS);
	} else if (c == '%') {
		html__go(h, h->at + 1, STATE_BOGUS_PERCENT);
	} else if (html__letter(c) || c == 0) {
		h->state = STATE_TAG_NAME;
	} else {
		/* Not a tag: the bracket was text. */
		h->state = STATE_DATA;
		return html__token(h, HTML_DATA, h->at - 1, h->at);
	}
	return false;
}

static bool html__end_tag_open(struct html *h)
{
	char c = h->s.p[h->at];

	if (c == '>') {
		h->state = STATE_DATA;
	} else if (html__letter(c)) {
		h->state = STATE_TAG_NAME;
	} else {
		h->closing = false;
		h->state = STATE_BOGUS;
	}
	return false;
}

static bool html__tag_name(struct html *h)
{
	size_t from = h->at, i = from;

	while (i < h->s.n && (h->s.p[i] == 0 || (!html__white(h->s.p[i]) && h->s.p[i] != '/' && h->s.p[i] != '>')))
		i++;
	if (i == h->s.n)
		return html__rest(h, HTML_TAG_OPEN);
	if (h->s.p[i] != '>') {
		html__go(h, i + 1, h->s.p[i] == '/' ? STATE_SELF_CLOSING : STATE_BEFORE_ATTRIBUTE);
		return html__token(h, HTML_TAG_OPEN, from, i);
	}
	if (h->closing) {
		h->closing = false;
		html__go(h, i + 1, STATE_DATA);
		return html__token(h, HTML_TAG_CLOSE, from, i);
	}
	html__go(h, i, STATE_TAG_NAME_CLOSE);
	return html__token(h, HTML_TAG_OPEN, from, i);
}

static bool html__tag_name_close(struct html *h)
{
	h->closing = false;
	html__go(h, h->at + 1, h->at + 1 < h->s.n ? STATE_DATA : STATE_END);
	return html__token(h, HTML_TAG_END, h->at - 1, h->at);
}

static bool html__self_closing(struct html *h)
{
	if (h->s.p[h->at] != '>') {
		h->state = STATE_BEFORE_ATTRIBUTE;
		return false;
	}
	html__go(h, h->at + 1, STATE_DATA);
	return html__token(h, HTML_TAG_SELF_CLOSE, h->at - 2, h->at);
}

static bool html__before_attribute(struct html *h)
{
	if (!html__skip_white(h))
		return false;
	if (h->s.p[h->at] == '/') {
		html__go(h, h->at + 1, STATE_SELF_CLOSING);
		return false;
	}
	if (h->s.p[h->at] == '>') {
		html__go(h, h->at + 1, STATE_DATA);
		return html__token(h, HTML_TAG_END, h->at - 1, h->at);
	}
	h->state = STATE_ATTRIBUTE;
	return false;
}

static bool html__attribute(struct html *h)
{
	size_t from = h->at, i = from + 1;

	while (i < h->s.n && !html__white(h->s.p[i]) && !memchr("/=>", h->s.p[i], 3))
		i++;
	if (i >= h->s.n)
		return html__rest(h, HTML_ATTRIBUTE);
	char c = h->s.p[i];
	html__go(h, c == '>' ? i : i + 1,
		 c == '>'   ? STATE_TAG_NAME_CLOSE
		 : c == '=' ? STATE_BEFORE_VALUE
		 : c == '/' ? STATE_SELF_CLOSING
			    : STATE_AFTER_ATTRIBUTE);
	return html__token(h, HTML_ATTRIBUTE, from, i);
}

static bool html__after_attribute(struct html *h)
{
	if (!html__skip_white(h))
		return false;
	char c = h->s.p[h->at];
	if (c == '/')
		html__go(h, h->at + 1, STATE_SELF_CLOSING);
	else if (c == '=')
		html__go(h, h->at + 1, STATE_BEFORE_VALUE);
	else
		h->state = c == '>' ? STATE_TAG_NAME_CLOSE : STATE_ATTRIBUTE;
	return false;
}

static bool html__before_value(struct html *h)
{
	if (!html__skip_white(h))
		return false;
	char c = h->s.p[h->at];
	h->state = c == '"'    ? STATE_VALUE_DOUBLE
		   : c == '\'' ? STATE_VALUE_SINGLE
		   : c == '`'  ? STATE_VALUE_BACK
			       : STATE_VALUE_BARE;
	return false;
}

/* A value up to its quote. At the very front of the bytes the opening quote stands before them. */
static bool html__quoted(struct html *h, char quote)
{
	h->at += h->at > 0;
	size_t from = h->at, end = html__find(h, from, quote);
	if (end == SIZE_MAX)
		return html__rest(h, HTML_VALUE);
	html__go(h, end + 1, STATE_AFTER_VALUE);
	return html__token(h, HTML_VALUE, from, end);
}

static bool html__bare(struct html *h)
{
	size_t from = h->at, i = from;

	while (i < h->s.n && !html__white(h->s.p[i]) && h->s.p[i] != '>')
		i++;
	if (i == h->s.n)
		return html__rest(h, HTML_VALUE);
	html__go(h, h->s.p[i] == '>' ? i : i + 1, h->s.p[i] == '>' ? STATE_TAG_NAME_CLOSE : STATE_BEFORE_ATTRIBUTE);
	return html__token(h, HTML_VALUE, from, i);
}

static bool html__after_value(struct html *h)
{
	char c = h->s.p[h->at];

	if (c == '>') {
		html__go(h, h->at + 1, STATE_DATA);
		return html__token(h, HTML_TAG_END, h->at - 1, h->at);
	}
	html__go(h, h->at + (html__white(c) || c == '/'), c == '/' ? STATE_SELF_CLOSING : STATE_BEFORE_ATTRIBUTE);
	return false;
}

static bool html__markup(struct html *h)
{
	struct slice rest = slice_from(h->s, h->at);

	if (slice_starts_nocase(rest, SLICE("DOCTYPE")))
		h->state = STATE_DOCTYPE;
	else if (slice_starts(rest, SLICE("[CDATA[")))
		html__go(h, h->at + 7, STATE_CDATA);
	else if (slice_starts(rest, SLICE("--")))
		html__go(h, h->at + 2, STATE_COMMENT);
	else
		h->state = STATE_BOGUS;
	return false;
}

/* Offset after "-->" or "--!>" at i, with NUL bytes between; 0 when no comment ends there, SIZE_MAX at the end. */
static size_t html__comment_close(const struct html *h, size_t i)
{
	size_t k = i + 1;

	while (k < h->s.n && h->s.p[k] == 0)
		k++;
	if (k == h->s.n)
		return SIZE_MAX;
	if (h->s.p[k] != '-' && h->s.p[k] != '!')
		return 0;
	if (++k == h->s.n)
		return SIZE_MAX;
	return h->s.p[k] == '>' ? k + 1 : 0;
}

static bool html__comment(struct html *h)
{
	size_t from = h->at, i = from, close = 0;

	for (;; i++) {
		i = html__find(h, i, '-');
		if (i == SIZE_MAX || i + 3 > h->s.n)
			return html__rest(h, HTML_COMMENT);
		close = html__comment_close(h, i);
		if (close == SIZE_MAX)
			return html__rest(h, HTML_COMMENT);
		if (close)
			break;
	}
	html__go(h, close, STATE_DATA);
	return html__token(h, HTML_COMMENT, from, i);
}

static bool html__bogus(struct html *h)
{
	size_t from = h->at, end = html__find(h, from, '>');

	if (end == SIZE_MAX)
		return html__rest(h, HTML_COMMENT);
	html__go(h, end + 1, STATE_DATA);
	return html__token(h, HTML_COMMENT, from, end);
}

static bool html__bogus_percent(struct html *h)
{
	size_t from = h->at, i = html__find(h, from, '%');

	while (i != SIZE_MAX && i + 1 < h->s.n && h->s.p[i + 1] != '>')
		i = html__find(h, i + 1, '%');
	if (i == SIZE_MAX || i + 1 >= h->s.n)
		return html__rest(h, HTML_COMMENT);
	html__go(h, i + 2, STATE_DATA);
	return html__token(h, HTML_COMMENT, from, i);
}

static bool html__cdata(struct html *h)
{
	size_t from = h->at, i = html__find(h, from, ']');

	while (i != SIZE_MAX && i + 3 <= h->s.n && (h->s.p[i + 1] != ']' || h->s.p[i + 2] != '>'))
		i = html__find(h, i + 1, ']');
	if (i == SIZE_MAX || i + 3 > h->s.n)
		return html__rest(h, HTML_DATA);
	html__go(h, i + 3, STATE_DATA);
	return html__token(h, HTML_DATA, from, i);
}

static bool html__doctype(struct html *h)
{
	size_t from = h->at, end = html__find(h, from, '>');

	if (end == SIZE_MAX)
		return html__rest(h, HTML_DOCTYPE);
	html__go(h, end + 1, STATE_DATA);
	return html__token(h, HTML_DOCTYPE, from, end);
}

static bool html__single(struct html *h)
{
	return html__quoted(h, '\'');
}

static bool html__double(struct html *h)
{
	return html__quoted(h, '"');
}

static bool html__back(struct html *h)
{
	return html__quoted(h, '`');
}

typedef bool (*html__state_fn)(struct html *h);

static const html__state_fn html__states[] = {
	[STATE_DATA] = html__data,
	[STATE_TAG_OPEN] = html__tag_open,
	[STATE_END_TAG_OPEN] = html__end_tag_open,
	[STATE_TAG_NAME] = html__tag_name,
	[STATE_TAG_NAME_CLOSE] = html__tag_name_close,
	[STATE_SELF_CLOSING] = html__self_closing,
	[STATE_BEFORE_ATTRIBUTE] = html__before_attribute,
	[STATE_ATTRIBUTE] = html__attribute,
	[STATE_AFTER_ATTRIBUTE] = html__after_attribute,
	[STATE_BEFORE_VALUE] = html__before_value,
	[STATE_VALUE_BARE] = html__bare,
	[STATE_VALUE_SINGLE] = html__single,
	[STATE_VALUE_DOUBLE] = html__double,
	[STATE_VALUE_BACK] = html__back,
	[STATE_AFTER_VALUE] = html__after_value,
	[STATE_MARKUP] = html__markup,
	[STATE_COMMENT] = html__comment,
	[STATE_BOGUS] = html__bogus,
	[STATE_BOGUS_PERCENT] = html__bogus_percent,
	[STATE_CDATA] = html__cdata,
	[STATE_DOCTYPE] = html__doctype,
};

/* States that look at a byte before anything else: at the end of the bytes nothing is left for them. */
static bool html__needs_byte(int state)
{
	return state == STATE_TAG_OPEN || state == STATE_END_TAG_OPEN || state == STATE_SELF_CLOSING ||
	       state == STATE_AFTER_VALUE;
}

void html_init(struct html *h, struct slice s, enum html_context context)
{
	static const int first[] = { STATE_DATA, STATE_BEFORE_ATTRIBUTE, STATE_VALUE_SINGLE, STATE_VALUE_DOUBLE,
				     STATE_VALUE_BACK };

	*h = (struct html){ .s = s, .state = first[context] };
}

bool html_next(struct html *h)
{
	while (h->state != STATE_END) {
		if (h->at >= h->s.n && html__needs_byte(h->state))
			return false;
		if (html__states[h->state](h))
			return true;
	}
	return false;
}
