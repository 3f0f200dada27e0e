/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html: cuts a piece of HTML into tokens, beginning in any of five contexts. Source: HTML Living Standard, 13.2.5
 * (tokenization), without character references, and with what old browsers did: NUL bytes in names, <% %> comments,
 * values in backticks.
 */
#ifndef WAF_HTML_H
#define WAF_HTML_H

#include "base/slice.h"

enum html_context { HTML_TEXT, HTML_TAG, HTML_SINGLE_QUOTE, HTML_DOUBLE_QUOTE, HTML_BACK_QUOTE, HTML_CONTEXTS };

enum html_type {
	HTML_DATA,
	HTML_TAG_OPEN, /* the name */
	HTML_TAG_END,  /* ">" */
	HTML_TAG_SELF_CLOSE,
	HTML_TAG_CLOSE, /* the name of an end tag */
	HTML_ATTRIBUTE, /* the name */
	HTML_VALUE,
	HTML_COMMENT,
	HTML_DOCTYPE,
};

struct html {
	struct slice s;
	size_t at;
	int state;
	bool closing; /* in an end tag */
	enum html_type type;
	struct slice token; /* borrowed from s */
};

/* A reader of s that begins in the context. */
void html_init(struct html *h, struct slice s, enum html_context context);
/* The next token into type and token. False at the end. Cost: each byte is looked at a bounded number of times. */
bool html_next(struct html *h);

#endif
