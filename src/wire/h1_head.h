/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h1_head: strict parser of HTTP/1.x request and response heads (RFC 9112 sections 2 to 6).
 * Pure: bytes in, slices into those bytes out; no allocation, no state between calls. Anything that two
 * parsers could read differently is refused (request smuggling): bare CR or LF, obs-fold, space before the colon,
 * empty names, both lengths, repeated or signed lengths, codings other than a final "chunked", NUL and
 * other control bytes, a missing or repeated Host.
 */
#ifndef WIRE_H1_HEAD_H
#define WIRE_H1_HEAD_H

#include "base/err.h"
#include "wire/field.h"

enum method {
	METHOD_OTHER = 0,
	METHOD_GET,
	METHOD_HEAD,
	METHOD_POST,
	METHOD_PUT,
	METHOD_DELETE,
	METHOD_CONNECT,
	METHOD_OPTIONS,
	METHOD_TRACE,
	METHOD_PATCH,
	METHOD_PURGE
};

enum h1_framing {
	H1_NO_BODY,    /* no content follows */
	H1_LENGTH,     /* exactly content_length bytes (may be 0) */
	H1_CHUNKED,    /* chunked coding */
	H1_UNTIL_CLOSE /* responses only */
};

/* Bounds for one parse; see limits.def for the product's numbers. */
struct h1_bounds {
	size_t head_bytes_max; /* whole head with its last CRLF */
	size_t target_bytes_max;
	size_t fields_max; /* <= capacity of the fields array */
};

struct h1_request {
	struct slice method;
	enum method method_id;
	struct slice target;  /* as sent */
	uint8_t minor;        /* 0 or 1 */
	struct field *fields; /* the caller's array, filled */
	size_t fields_n;
	struct slice host; /* Host value (or authority of an absolute target, which wins: RFC 9112 3.2.2), validated by
			      uri_host */
	struct slice path; /* origin-form path with query; "*" for OPTIONS *; empty for CONNECT */
	enum h1_framing framing;
	uint64_t content_length; /* H1_LENGTH */
	bool keep_alive;         /* what the client allows (RFC 9112 9.3) */
	bool upgrade;            /* Connection: upgrade with an Upgrade field, HTTP/1.1 */
	bool expect_continue;
};

struct h1_response {
	uint8_t minor;
	uint16_t status; /* 100 to 999 */
	struct slice reason;
	struct field *fields;
	size_t fields_n;
	enum h1_framing framing; /* with the request's method taken into account */
	uint64_t content_length; /* H1_LENGTH; for HEAD and 304 the announced length when has_length */
	bool has_length;         /* a valid Content-Length was present */
	bool keep_alive;         /* the connection may be used again after the body */
	bool upgrade;            /* 101 */
};

/* The method's number, METHOD_OTHER for valid but unknown ones. Case-sensitive. */
enum method method_lookup(struct slice method);
/* Safe methods (RFC 9110 9.2.1) and idempotent ones (9.2.2). METHOD_OTHER is neither. */
bool method_is_safe(enum method m);
bool method_is_idempotent(enum method m);

/*
 * Parses one request head at the start of `in`.
 * in: bytes received so far; up to one leading CRLF before the request line is skipped (RFC 9112 2.2). fields: array of
 * bounds->fields_max elements, the caller's. out: *req with slices into `in`; *ret_used = bytes of the head.
 * errors: ERR_AGAIN (the head is not complete yet and all so far is within bounds and plausible),
 * ERR_METHOD ERR_TARGET ERR_VERSION ERR_HOST ERR_FIELD_NAME ERR_FIELD_VALUE ERR_BARE_LF ERR_OBS_FOLD ERR_LENGTH
 * ERR_BOTH_LENGTHS ERR_TRANSFER_CODING ERR_TE_OLD ERR_EXPECT ERR_UPGRADE ERR_SYNTAX, and the bounds
 * ERR_TARGET_LONG ERR_HEAD_LARGE ERR_FIELDS_MANY. An error is final.
 * cost: one pass; no allocation. thread: any.
 * HTTP/1.0: keep_alive only with "keep-alive"; Host may be missing (host empty). Transfer-Encoding in 1.0 is
 * ERR_TE_OLD. absolute-form: scheme http or https only, authority without userinfo. authority-form for CONNECT only,
 * asterisk-form for OPTIONS only. A fragment ('#') in a target, or bytes outside the URI set (controls, space, DEL, >=
 * 0x80, '"<>\^`{|}' are allowed except controls/space/DEL because browsers send them raw) are ERR_TARGET.
 */
enum err h1_request_parse(struct slice in, const struct h1_bounds *bounds, struct field *fields, struct h1_request *req,
			  size_t *ret_used) MUST_USE;

/*
 * Parses one response head. request_method decides the framing (HEAD, CONNECT).
 * errors: ERR_AGAIN, ERR_ORIGIN_SYNTAX, ERR_ORIGIN_HEAD_LARGE; `ret_why` (may be NULL) gets the finer code of the
 * request table (e.g. ERR_BARE_LF) for the log. 1xx, 204, 304 and HEAD have no body. Transfer-Encoding wins nothing:
 * both lengths are refused. The reason phrase may be empty or missing.
 */
enum err h1_response_parse(struct slice in, const struct h1_bounds *bounds, enum method request_method,
			   struct field *fields, struct h1_response *resp, size_t *ret_used,
			   enum err *ret_why) MUST_USE;

/*
 * Parses a trailer section that ends in an empty line, as fields. Same strictness as heads; framing, routing and
 * authentication fields are dropped from the result (RFC 9110 6.5.1). errors: ERR_AGAIN, ERR_TRAILER.
 */
enum err h1_trailer_parse(struct slice in, const struct h1_bounds *bounds, struct field *fields, size_t *ret_fields_n,
			  size_t *ret_used) MUST_USE;

#endif
