/* SPDX-License-Identifier: Apache-2.0 */
/* h1_request: request heads, see h1_head.h (RFC 9112 sections 3, 6 and 9.3). */
#include "wire/h1_parse.h"
#include "wire/scan.h"
#include "wire/uri.h"

/* Skips one CR LF in front of the request line (RFC 9112 2.2). */
static enum err h1_request__skip(struct slice in, size_t *at)
{
	if (in.n == 0)
		return ERR_AGAIN;
	if (in.p[0] != '\r' && in.p[0] != '\n')
		return OK;
	TRY(h1_parse__line_end(in, at));
	return *at < in.n ? OK : ERR_AGAIN;
}

/* Why the target ended at a byte that is not the space before the version. */
static enum err h1_request__target_error(char c)
{
	if (c == '\n')
		return ERR_BARE_LF;
	/* A line without a version is HTTP/0.9, or cut. */
	return c == '\r' ? ERR_SYNTAX : ERR_TARGET;
}

/* Reads method SP target SP version CR LF (RFC 9112 3). */
static inline enum err h1_request__line(struct slice in, size_t *at, size_t target_bytes_max, struct h1_request *ret)
{
	size_t start = *at, end = scan_while(in.p, start, in.n, SCAN_TOKEN);

	if (end == in.n)
		return ERR_AGAIN;
	if (in.p[end] != ' ' || end == start)
		return ERR_METHOD;
	ret->method = slice_of(in.p + start, end - start);
	ret->method_id = method_lookup(ret->method);

	start = end + 1;
	end = scan_target(in.p, start, in.n);
	if (end - start > target_bytes_max)
		return ERR_TARGET_LONG;
	if (end == in.n)
		return ERR_AGAIN;
	if (in.p[end] != ' ')
		return h1_request__target_error(in.p[end]);
	if (end == start)
		return ERR_TARGET;
	ret->target = slice_of(in.p + start, end - start);

	*at = end + 1;
	TRY(h1_parse__version(in, at, &ret->minor));
	return h1_parse__line_end(in, at);
}

/*
 * absolute-form (RFC 9112 3.2.2): its authority is the host. An empty path is "/", or "*" for OPTIONS (3.2.4); a
 * query without a path would have to be rewritten to be passed on, and is refused.
 */
static enum err h1_request__absolute(struct h1_request *req)
{
	struct slice rest = req->target;
	struct uri_host host;

	if (slice_starts_nocase(rest, SLICE("http://")))
		rest = slice_from(rest, 7);
	else if (slice_starts_nocase(rest, SLICE("https://")))
		rest = slice_from(rest, 8);
	else
		return ERR_TARGET;
	size_t slash = slice_find(rest, '/');
	req->host = slice_first(rest, slash);
	if (uri_host_parse(req->host, &host) != OK)
		return ERR_TARGET;
	if (slash != SIZE_MAX)
		req->path = slice_from(rest, slash);
	else
		req->path = req->method_id == METHOD_OPTIONS ? SLICE("*") : SLICE("/");
	return OK;
}

/* Reads the form of the target (RFC 9112 3.2); req->host already holds the Host value. */
static inline enum err h1_request__target(struct h1_request *req)
{
	struct uri_host host;

	if (req->method_id == METHOD_CONNECT) {
		if (uri_host_parse(req->target, &host) != OK || host.port == 0)
			return ERR_TARGET;
		req->host = req->target;
		req->path = slice_from(req->target, req->target.n);
		return OK;
	}
	if (req->target.p[0] == '/') {
		req->path = req->target;
		return OK;
	}
	if (slice_eq(req->target, SLICE("*"))) {
		req->path = req->target;
		return req->method_id == METHOD_OPTIONS ? OK : ERR_TARGET;
	}
	return h1_request__absolute(req);
}

/* Exactly one valid Host; HTTP/1.0 may do without (RFC 9112 3.2). */
static inline enum err h1_request__host(const struct h1_section *s, struct h1_request *req)
{
	struct uri_host host;

	req->host = slice_of(NULL, 0);
	if (s->hosts == 0)
		return req->minor == 0 ? OK : ERR_HOST;
	if (s->hosts > 1 || uri_host_parse(s->host->value, &host) != OK)
		return ERR_HOST;
	req->host = s->host->value;
	return OK;
}

/* Whether all Upgrade lines name protocols, "name" or "name/version" (RFC 9110 7.8), and at least one. */
static bool h1_request__protocols(const struct h1_request *req)
{
	size_t count = 0;

	for (size_t i = 0; i < req->fields_n; i++) {
		struct slice rest = req->fields[i].value, protocol;
		if (req->fields[i].id != FIELD_UPGRADE)
			continue;
		for (; field_list_next(&rest, &protocol); count++) {
			struct slice name = slice_split(&protocol, '/');
			if (!field_is_token(name) || (protocol.p && !field_is_token(protocol)))
				return false;
		}
	}
	return count > 0;
}

/* Expect: 100-continue and nothing else; HTTP/1.0 cannot mean it (RFC 9110 10.1.1). */
static enum err h1_request__expect(struct h1_request *req)
{
	bool content = req->framing == H1_CHUNKED || (req->framing == H1_LENGTH && req->content_length > 0);

	for (size_t i = 0; i < req->fields_n; i++) {
		struct slice rest = req->fields[i].value, expectation;
		if (req->fields[i].id != FIELD_EXPECT)
			continue;
		while (field_list_next(&rest, &expectation)) {
			if (!slice_eq_nocase(expectation, SLICE("100-continue")))
				return ERR_EXPECT;
			req->expect_continue = req->minor == 1 && content;
		}
	}
	return OK;
}

/* Connection, Upgrade and Expect, when they are there at all. */
static inline enum err h1_request__connection(const struct h1_section *s, struct h1_request *req)
{
	struct h1_options o = h1_parse__options(req->fields, s);

	req->keep_alive = !o.close && (req->minor == 1 || o.keep_alive);
	if (s->upgrade && o.upgrade && req->minor == 1) {
		if (!h1_request__protocols(req))
			return ERR_UPGRADE;
		req->upgrade = true;
	}
	return s->expect ? h1_request__expect(req) : OK;
}

static enum err h1_request__parse(struct slice in, const struct h1_bounds *bounds, struct h1_request *req,
				  size_t *ret_used)
{
	struct h1_section s;
	size_t at = 0;

	TRY(h1_request__skip(in, &at));
	TRY(h1_request__line(in, &at, bounds->target_bytes_max, req));
	TRY(h1_parse__fields(in, &at, bounds->fields_max, req->fields, &s));
	req->fields_n = s.fields_n;
	TRY(h1_request__host(&s, req));
	TRY(h1_request__target(req));
	TRY(h1_parse__framing(req->fields, &s, req->minor, &req->framing, &req->content_length));
	TRY(h1_request__connection(&s, req));
	*ret_used = at;
	return OK;
}

enum err h1_request_parse(struct slice in, const struct h1_bounds *bounds, struct field *fields, struct h1_request *req,
			  size_t *ret_used)
{
	struct h1_request r = { .fields = fields };
	enum err e = h1_request__parse(slice_first(in, bounds->head_bytes_max), bounds, &r, ret_used);

	if (e == OK)
		*req = r;
	return e == ERR_AGAIN && in.n >= bounds->head_bytes_max ? ERR_HEAD_LARGE : e;
}
