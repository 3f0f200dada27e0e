/* SPDX-License-Identifier: Apache-2.0 */
/* h1_response: response heads, see h1_head.h (RFC 9112 sections 4, 6.3 and 9.3). */
#include "wire/h1_parse.h"
#include "wire/scan.h"

/* Reads SP status [SP reason] CR LF (RFC 9112 4), *at behind the version. */
static enum err h1_response__status(struct slice in, size_t *at, struct h1_response *ret)
{
	static const char form[4] = { ' ', 'd', 'd', 'd' };
	size_t i = *at;

	ret->status = 0;
	for (size_t k = 0; k < sizeof form; k++, i++) {
		if (i == in.n)
			return ERR_AGAIN;
		if (k == 0 ? in.p[i] != ' ' : !slice_is_digit(in.p[i]) || (k == 1 && in.p[i] == '0'))
			return ERR_SYNTAX;
		if (k > 0)
			ret->status = (uint16_t)(ret->status * 10 + (in.p[i] - '0'));
	}
	ret->reason = slice_of(in.p + i, 0);
	if (i < in.n && in.p[i] == ' ') {
		size_t end = scan_value(in.p, i + 1, in.n);
		ret->reason = slice_of(in.p + i + 1, end - i - 1);
		i = end;
	}
	TRY(h1_parse__line_end(in, &i));
	*at = i;
	return OK;
}

/* True when nothing can follow the head, whatever its fields say (RFC 9112 6.3, first two rules). */
static bool h1_response__has_no_body(const struct h1_response *r, enum method request_method)
{
	return r->status < 200 || r->status == 204 || r->status == 304 || request_method == METHOD_HEAD ||
	       (request_method == METHOD_CONNECT && r->status < 300);
}

/*
 * Decides what follows the head (RFC 9112 6.3) and whether that can be trusted. A 1xx or 204 must not promise content
 * (RFC 9110 8.6); a peer that does may also send it, and it would be read as the next answer: a 1xx is refused, since
 * the next answer is the one we wait for, and after a 204 the connection is not used again.
 */
static enum err h1_response__framing(const struct h1_section *s, enum method request_method, struct h1_response *r)
{
	r->keep_alive = true;
	TRY(h1_parse__framing(r->fields, s, r->minor, &r->framing, &r->content_length));
	r->has_length = r->framing == H1_LENGTH;
	if (h1_response__has_no_body(r, request_method)) {
		bool promised = r->framing == H1_CHUNKED || r->content_length > 0;
		if (promised && r->status < 200)
			return ERR_LENGTH;
		r->keep_alive = !(promised && r->status == 204);
		r->framing = H1_NO_BODY;
		return OK;
	}
	if (r->framing == H1_NO_BODY)
		r->framing = H1_UNTIL_CLOSE;
	return OK;
}

static enum err h1_response__parse(struct slice in, const struct h1_bounds *bounds, enum method request_method,
				   struct h1_response *r, size_t *ret_used)
{
	struct h1_section s;
	size_t at = 0;

	TRY(h1_parse__version(in, &at, &r->minor));
	TRY(h1_response__status(in, &at, r));
	TRY(h1_parse__fields(in, &at, bounds->fields_max, r->fields, &s));
	r->fields_n = s.fields_n;
	TRY(h1_response__framing(&s, request_method, r));
	struct h1_options o = h1_parse__options(r->fields, &s);
	bool tunnel = r->status == 101 || (request_method == METHOD_CONNECT && r->status >= 200 && r->status < 300);
	r->keep_alive &= !o.close && (r->minor == 1 || o.keep_alive) && r->framing != H1_UNTIL_CLOSE && !tunnel;
	r->upgrade = r->status == 101;
	*ret_used = at;
	return OK;
}

enum err h1_response_parse(struct slice in, const struct h1_bounds *bounds, enum method request_method,
			   struct field *fields, struct h1_response *resp, size_t *ret_used)
{
	struct h1_response r = { .fields = fields };
	enum err e = h1_response__parse(slice_first(in, bounds->head_bytes_max), bounds, request_method, &r, ret_used);

	if (e == ERR_AGAIN && in.n >= bounds->head_bytes_max)
		return ERR_HEAD_LARGE;
	if (e == OK)
		*resp = r;
	return e;
}

enum err h1_response_error(enum err why)
{
	if (why == OK || why == ERR_AGAIN)
		return why;
	return why == ERR_HEAD_LARGE || why == ERR_FIELDS_MANY ? ERR_ORIGIN_HEAD_LARGE : ERR_ORIGIN_SYNTAX;
}
