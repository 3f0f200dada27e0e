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
	struct slice path; /* origin-form path with query; "*" for OPTIONS *; empty for CONNECT; see below */
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
 * Whether a head (or trailer section) that was ERR_AGAIN is worth parsing again: an empty line has come.
 * in: bytes from the start of the head; *scanned_from: 0 before the first call, then left to this function, which moves
 * it, so that each byte is looked at once. A parse starts from the front each time, so for a client that sends a byte
 * at a time the caller parses what came first (that refuses other protocols at once), and from then on only when this
 * is true or in.n has reached bounds->head_bytes_max. True also for empty lines with a bare LF, which the parser
 * refuses. cost: one memchr over the new bytes.
 */
bool h1_head_may_be_complete(struct slice in, size_t *scanned_from);

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
 * ERR_TE_OLD. absolute-form: scheme http or https only, authority without userinfo; its path is the constant "/" (for
 * OPTIONS "*") when it has none, and a query without a path is ERR_TARGET. authority-form for CONNECT only (it is then
 * the host, and needs a port), asterisk-form for OPTIONS only. A target with a fragment ('#'), a control byte, a
 * space or DEL is ERR_TARGET; other bytes outside the URI set ('"<>\^`{|}' and those from 0x80 on) are let through
 * because clients send them raw. Versions other than 1.0 and 1.1 are ERR_VERSION, other case or form ERR_SYNTAX.
 * Transfer-Encoding: with other codings than chunked ERR_TRANSFER_CODING (501), with chunked twice, not last or with
 * parameters ERR_SYNTAX. expect_continue only when content follows; in 1.0 it is ignored.
 */
enum err h1_request_parse(struct slice in, const struct h1_bounds *bounds, struct field *fields, struct h1_request *req,
			  size_t *ret_used) MUST_USE;

/*
 * Parses one response head. request_method decides the framing (HEAD, CONNECT). 1xx, 204, 304 and HEAD have no body.
 * So has 2xx to CONNECT. Both lengths together are refused, as in requests. The reason phrase may be empty or missing.
 * A 1xx that promises content is refused; a 204 that does is not kept alive. errors: ERR_AGAIN, and the codes of the
 * request table (ERR_BARE_LF, ERR_LENGTH, ERR_HEAD_LARGE …), for the log; what they are towards a visitor says
 * h1_response_error. cost: one pass; no allocation.
 */
enum err h1_response_parse(struct slice in, const struct h1_bounds *bounds, enum method request_method,
			   struct field *fields, struct h1_response *resp, size_t *ret_used) MUST_USE;
/* ERR_ORIGIN_SYNTAX or ERR_ORIGIN_HEAD_LARGE for an error of h1_response_parse; OK and ERR_AGAIN stay. */
enum err h1_response_error(enum err why);

/*
 * Parses a trailer section that ends in an empty line, as fields. Same strictness as heads; framing, routing,
 * authentication and other fields that come too late there are dropped from the result (RFC 9110 6.5.1).
 * errors: ERR_AGAIN, ERR_TRAILER (also past head_bytes_max or fields_max).
 */
enum err h1_trailer_parse(struct slice in, const struct h1_bounds *bounds, struct field *fields, size_t *ret_fields_n,
			  size_t *ret_used) MUST_USE;

/* Whether a field of that number may stand in a trailer section, of any protocol; others are dropped there. */
bool h1_trailer_may_have(enum field_id id);

#endif
