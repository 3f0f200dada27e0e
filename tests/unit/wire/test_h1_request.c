/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Request heads (RFC 9112 sections 2, 3, 5, 6, 9). Every input is also given in all its beginnings: each must be
 * "not yet" or end as the whole does. The long list of malformed requests is tests/malformed/requests.txt.
 */
#include "groups.h"

#include "wire/h1_head.h"

#include <stdio.h>
#include <stdlib.h>

static const struct h1_bounds usual = { .head_bytes_max = 4096, .target_bytes_max = 1024, .fields_max = 16 };

struct parsed {
	struct field fields[16];
	struct h1_request req;
	size_t used;
};

/* Parses every beginning of s, then s; slices point into s itself for the last. */
static enum err parse_bounded(struct slice s, const struct h1_bounds *bounds, struct parsed *ret)
{
	enum err early = ERR_AGAIN;
	size_t early_used = 0;

	for (size_t n = 0; n < s.n; n++) {
		struct parsed part;
		char *p = exact_copy(slice_first(s, n));
		enum err e = h1_request_parse(slice_of(p, n), bounds, part.fields, &part.req, &part.used);
		free(p);
		if (early != ERR_AGAIN)
			assert_err(e, early, "a final result changed");
		early = e;
		early_used = e == OK ? part.used : 0;
	}
	enum err e = h1_request_parse(s, bounds, ret->fields, &ret->req, &ret->used);
	if (early != ERR_AGAIN) {
		assert_err(e, early, "a final result changed");
		if (e == OK)
			assert_int_equal(early_used, ret->used);
	}
	return e;
}

static enum err parse(struct slice s, struct parsed *ret)
{
	return parse_bounded(s, &usual, ret);
}

static void simple_get(void **state)
{
	static const char in[] = "GET /a/b?c=d HTTP/1.1\r\nHost: Example.com:8080\r\nX-Empty:\r\nAccept: \t */* \t\r\n"
				 "X-Utf8: caf\xc3\xa9\r\n\r\nbody";
	struct parsed p;

	assert_err(parse(ARRAY_SLICE(in), &p), OK, "simple");
	assert_int_equal(p.used, sizeof in - 1 - 4);
	assert_slice(p.req.method, "GET");
	assert_int_equal(p.req.method_id, METHOD_GET);
	assert_slice(p.req.target, "/a/b?c=d");
	assert_slice(p.req.path, "/a/b?c=d");
	assert_slice(p.req.host, "Example.com:8080");
	assert_int_equal(p.req.minor, 1);
	assert_int_equal(p.req.framing, H1_NO_BODY);
	assert_true(p.req.keep_alive);
	assert_false(p.req.upgrade || p.req.expect_continue);
	assert_ptr_equal(p.req.fields, p.fields);
	assert_int_equal(p.req.fields_n, 4);
	assert_slice(p.fields[0].name, "Host");
	assert_int_equal(p.fields[0].id, FIELD_HOST);
	assert_slice(p.fields[1].name, "X-Empty");
	assert_int_equal(p.fields[1].id, FIELD_OTHER);
	assert_slice(p.fields[1].value, "");
	assert_slice(p.fields[2].value, "*/*");
	assert_slice(p.fields[3].value, "caf\xc3\xa9");
}

#define REQ(line, fields) line "\r\n" fields "\r\n"
#define GET(fields) REQ("GET / HTTP/1.1", "Host: a\r\n" fields)
#define POST(fields) REQ("POST / HTTP/1.1", "Host: a\r\n" fields)

struct target_row {
	const char *in, *path, *host;
};

/* RFC 9112 3.2: the four forms. */
static void targets(void **state)
{
	static const struct target_row rows[] = {
		{ GET(""), "/", "a" },
		{ REQ("GET //x/../y HTTP/1.1", "Host: a\r\n"), "//x/../y", "a" },
		{ REQ("GET /%zz\"<>\\^`{|}[] HTTP/1.1", "Host: a\r\n"), "/%zz\"<>\\^`{|}[]", "a" },
		{ REQ("GET /caf\xc3\xa9 HTTP/1.1", "Host: a\r\n"), "/caf\xc3\xa9", "a" },
		{ REQ("OPTIONS * HTTP/1.1", "Host: a\r\n"), "*", "a" },
		{ REQ("GET http://b:81/c?d HTTP/1.1", "Host: a\r\n"), "/c?d", "b:81" },
		{ REQ("GET HTTPS://b/c HTTP/1.1", "Host: a\r\n"), "/c", "b" },
		{ REQ("GET http://b HTTP/1.1", "Host: a\r\n"), "/", "b" },
		{ REQ("OPTIONS http://b HTTP/1.1", "Host: a\r\n"), "*", "b" }, /* 3.2.4 */
		{ REQ("GET http://[::1]:80/ HTTP/1.1", "Host: a\r\n"), "/", "[::1]:80" },
		{ REQ("CONNECT b:443 HTTP/1.1", "Host: a\r\n"), "", "b:443" },
		{ REQ("GET / HTTP/1.0", ""), "/", "" },
		{ REQ("GET http://b/ HTTP/1.0", ""), "/", "b" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct parsed p;
		assert_err(parse(slice_str(rows[i].in), &p), OK, rows[i].in);
		assert_slice_eq(p.req.path, slice_str(rows[i].path), __FILE__, __LINE__);
		assert_slice_eq(p.req.host, slice_str(rows[i].host), __FILE__, __LINE__);
	}
}

struct framing_row {
	const char *in;
	enum h1_framing framing;
	uint64_t length;
	bool keep_alive, upgrade, expect;
};

/* RFC 9112 6.3 and 9.3, RFC 9110 7.8 and 10.1.1. */
static const struct framing_row framing_rows[] = {
	{ POST("Content-Length: 0\r\n"), H1_LENGTH, 0, true, false, false },
	{ POST("Content-Length: 42\r\n"), H1_LENGTH, 42, true, false, false },
	{ POST("Content-Length: 0042\r\n"), H1_LENGTH, 42, true, false, false },
	{ POST("content-length:9223372036854775807\r\n"), H1_LENGTH, INT64_MAX, true, false, false },
	{ GET("Content-Length: 5\r\n"), H1_LENGTH, 5, true, false, false },
	{ POST("Transfer-Encoding: chunked\r\n"), H1_CHUNKED, 0, true, false, false },
	{ POST("transfer-encoding:\tCHUNKED \r\n"), H1_CHUNKED, 0, true, false, false },
	{ GET("Connection: close\r\n"), H1_NO_BODY, 0, false, false, false },
	{ GET("Connection: foo, Close\r\n"), H1_NO_BODY, 0, false, false, false },
	{ GET("Connection: keep-alive\r\nConnection: close\r\n"), H1_NO_BODY, 0, false, false, false },
	{ GET("Connection: closed\r\n"), H1_NO_BODY, 0, true, false, false },
	{ REQ("GET / HTTP/1.0", ""), H1_NO_BODY, 0, false, false, false },
	{ REQ("GET / HTTP/1.0", "Connection: Keep-Alive\r\n"), H1_NO_BODY, 0, true, false, false },
	{ REQ("GET / HTTP/1.0", "Connection: keep-alive, close\r\n"), H1_NO_BODY, 0, false, false, false },
	{ GET("Connection: Upgrade\r\nUpgrade: websocket\r\n"), H1_NO_BODY, 0, true, true, false },
	{ GET("Upgrade: a/1, b\r\nConnection: x, upgrade\r\n"), H1_NO_BODY, 0, true, true, false },
	{ GET("Upgrade: websocket\r\n"), H1_NO_BODY, 0, true, false, false },
	{ GET("Connection: upgrade\r\n"), H1_NO_BODY, 0, true, false, false },
	{ REQ("GET / HTTP/1.0", "Connection: upgrade\r\nUpgrade: websocket\r\n"), H1_NO_BODY, 0, false, false, false },
	{ POST("Content-Length: 1\r\nExpect: 100-Continue\r\n"), H1_LENGTH, 1, true, false, true },
	{ POST("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n"), H1_CHUNKED, 0, true, false, true },
	{ POST("Content-Length: 0\r\nExpect: 100-continue\r\n"), H1_LENGTH, 0, true, false, false },
	{ GET("Expect: 100-continue\r\n"), H1_NO_BODY, 0, true, false, false },
	{ REQ("POST / HTTP/1.0", "Content-Length: 1\r\nExpect: 100-continue\r\n"), H1_LENGTH, 1, false, false, false },
	/* The order of fields does not matter. */
	{ REQ("GET / HTTP/1.1", "Upgrade: x\r\nConnection: upgrade\r\nHost: a\r\n"), H1_NO_BODY, 0, true, true, false },
	{ REQ("PUT / HTTP/1.1", "Expect: 100-continue\r\nHost: a\r\nContent-Length: 1\r\n"), H1_LENGTH, 1, true, false,
	  true },
};

static void framing(void **state)
{
	for (size_t i = 0; i < sizeof framing_rows / sizeof framing_rows[0]; i++) {
		const struct framing_row *row = &framing_rows[i];
		struct parsed p;
		assert_err(parse(slice_str(row->in), &p), OK, row->in);
		assert_int_equal(p.req.framing, row->framing);
		assert_true(p.req.content_length == row->length);
		if (p.req.keep_alive != row->keep_alive || p.req.upgrade != row->upgrade ||
		    p.req.expect_continue != row->expect)
			fail_msg("%s", row->in);
	}
}

struct error_row {
	const char *in;
	enum err e;
};

static const struct error_row error_rows[] = {
	/* Request line, RFC 9112 3. */
	{ "\x16\x03\x01", ERR_METHOD }, /* TLS on a plain port */
	{ " GET / HTTP/1.1\r\n", ERR_METHOD },
	{ "G@T / HTTP/1.1\r\n", ERR_METHOD },
	{ "GET\t/ HTTP/1.1\r\n", ERR_METHOD },
	{ "GET\r\n", ERR_METHOD },
	{ "\r\n\r\nGET / HTTP/1.1\r\n", ERR_METHOD }, /* 2.2: one empty line, not two */
	{ "\nGET / HTTP/1.1\r\n", ERR_BARE_LF },
	{ "\rGET / HTTP/1.1\r\n", ERR_BARE_LF },
	{ "GET  / HTTP/1.1\r\n", ERR_TARGET },
	{ "GET /#a HTTP/1.1\r\n", ERR_TARGET },
	{ "GET /\x7f HTTP/1.1\r\n", ERR_TARGET },
	{ "GET /\t HTTP/1.1\r\n", ERR_TARGET },
	{ "GET /\r\n", ERR_SYNTAX },
	{ "GET /\n", ERR_BARE_LF },
	{ "GET /  HTTP/1.1\r\n", ERR_SYNTAX },
	{ "GET / http/1.1\r\n", ERR_SYNTAX },
	{ "GET / HTTP/1.1 \r\n", ERR_SYNTAX },
	{ "GET / HTTP/1.10\r\n", ERR_SYNTAX },
	{ "GET / HTTP/11.1\r\n", ERR_SYNTAX },
	{ "GET / HTTP/1,1\r\n", ERR_SYNTAX },
	{ "GET / HTTP/1.1\n", ERR_BARE_LF },
	{ "GET / HTTP/1.1\rX", ERR_BARE_LF },
	{ "GET / HTTP/2.0\r\n", ERR_VERSION },
	{ "GET / HTTP/1.2\r\n", ERR_VERSION },
	{ "GET / HTTP/0.9\r\n", ERR_VERSION },
	{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ERR_VERSION },
	/* Targets, 3.2. */
	{ REQ("GET * HTTP/1.1", "Host: a\r\n"), ERR_TARGET },
	{ REQ("GET a HTTP/1.1", "Host: a\r\n"), ERR_TARGET },
	{ REQ("GET ftp://a/ HTTP/1.1", "Host: a\r\n"), ERR_TARGET },
	{ REQ("GET http:/a/ HTTP/1.1", "Host: a\r\n"), ERR_TARGET },
	{ REQ("GET http:///a HTTP/1.1", "Host: a\r\n"), ERR_TARGET },
	{ REQ("GET http://u@a/ HTTP/1.1", "Host: a\r\n"), ERR_TARGET },
	{ REQ("GET http://a?b HTTP/1.1", "Host: a\r\n"), ERR_TARGET },
	{ REQ("GET http://a:x/ HTTP/1.1", "Host: a\r\n"), ERR_TARGET },
	{ REQ("CONNECT a HTTP/1.1", "Host: a\r\n"), ERR_TARGET },
	{ REQ("CONNECT a: HTTP/1.1", "Host: a\r\n"), ERR_TARGET },
	{ REQ("CONNECT / HTTP/1.1", "Host: a\r\n"), ERR_TARGET },
	{ REQ("CONNECT http://a:80/ HTTP/1.1", "Host: a\r\n"), ERR_TARGET },
	/* Host, 3.2 and 7.2. */
	{ REQ("GET / HTTP/1.1", ""), ERR_HOST },
	{ REQ("GET / HTTP/1.1", "Host:\r\n"), ERR_HOST },
	{ REQ("GET / HTTP/1.0", "Host: \r\n"), ERR_HOST },
	{ REQ("GET / HTTP/1.1", "Host: a, b\r\n"), ERR_HOST },
	{ REQ("GET / HTTP/1.1", "Host: a b\r\n"), ERR_HOST },
	{ REQ("GET / HTTP/1.1", "Host: a/b\r\n"), ERR_HOST },
	{ REQ("GET / HTTP/1.1", "Host: u@a\r\n"), ERR_HOST },
	{ GET("Host: a\r\n"), ERR_HOST },
	{ GET("hOST: b\r\n"), ERR_HOST },
	{ REQ("GET http://a/ HTTP/1.1", ""), ERR_HOST },
	{ REQ("GET http://a/ HTTP/1.1", "Host: :\r\n"), ERR_HOST },
	/* Field lines, 5.1 and 5.2. */
	{ GET("A : b\r\n"), ERR_FIELD_NAME },
	{ GET("A\t: b\r\n"), ERR_FIELD_NAME },
	{ GET(": b\r\n"), ERR_FIELD_NAME },
	{ GET("A\r\n"), ERR_FIELD_NAME },
	{ GET("A b: c\r\n"), ERR_FIELD_NAME },
	{ GET("A\x01: c\r\n"), ERR_FIELD_NAME },
	{ GET("A\xc3\xa9: c\r\n"), ERR_FIELD_NAME },
	{ GET("(A): c\r\n"), ERR_FIELD_NAME },
	{ GET("A\n: c\r\n"), ERR_BARE_LF },
	{ GET("A: b\nC: d\r\n"), ERR_BARE_LF },
	{ GET("A: b\rC: d\r\n"), ERR_BARE_LF },
	{ GET("A: b\r\r\n"), ERR_BARE_LF },
	{ GET("A: b\x0b\r\n"), ERR_FIELD_VALUE },
	{ GET("A: b\x7f\r\n"), ERR_FIELD_VALUE },
	{ GET("A: b\r\n c\r\n"), ERR_OBS_FOLD },
	{ GET("A: b\r\n\tc\r\n"), ERR_OBS_FOLD },
	{ "GET / HTTP/1.1\r\n Host: a\r\n\r\n", ERR_OBS_FOLD }, /* 2.2: space before the first field */
	{ "GET / HTTP/1.1\r\nHost: a\r\n\n", ERR_BARE_LF },
	{ "GET / HTTP/1.1\r\nHost: a\r\n\rX", ERR_BARE_LF },
	/* Content-Length, 6.2 and 6.3. */
	{ POST("Content-Length:\r\n"), ERR_LENGTH },
	{ POST("Content-Length: +5\r\n"), ERR_LENGTH },
	{ POST("Content-Length: -5\r\n"), ERR_LENGTH },
	{ POST("Content-Length: 0x5\r\n"), ERR_LENGTH },
	{ POST("Content-Length: 5 5\r\n"), ERR_LENGTH },
	{ POST("Content-Length: 5,5\r\n"), ERR_LENGTH },
	{ POST("Content-Length: 5.0\r\n"), ERR_LENGTH },
	{ POST("Content-Length: \"5\"\r\n"), ERR_LENGTH },
	{ POST("Content-Length: 5\r\nContent-Length: 5\r\n"), ERR_LENGTH },
	{ POST("Content-Length: 5\r\nContent-Length: 6\r\n"), ERR_LENGTH },
	{ POST("Content-Length: 9223372036854775808\r\n"), ERR_LENGTH },
	{ POST("Content-Length: 18446744073709551621\r\n"), ERR_LENGTH },
	{ POST("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), ERR_BOTH_LENGTHS },
	{ POST("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), ERR_BOTH_LENGTHS },
	/* Transfer-Encoding, 6.1 and 6.3. */
	{ POST("Transfer-Encoding: gzip, chunked\r\n"), ERR_TRANSFER_CODING },
	{ POST("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"), ERR_TRANSFER_CODING },
	{ POST("Transfer-Encoding: gzip\r\n"), ERR_TRANSFER_CODING },
	{ POST("TE: chunked\r\nTransfer-Encoding: gzip\r\n"), ERR_TRANSFER_CODING },
	{ POST("Transfer-Encoding: xchunked\r\n"), ERR_TRANSFER_CODING },
	{ POST("Transfer-Encoding: identity\r\n"), ERR_TRANSFER_CODING },
	{ POST("Transfer-Encoding: foo;a=\"b\"\r\n"), ERR_TRANSFER_CODING },
	{ POST("Transfer-Encoding: chunked, gzip\r\n"), ERR_SYNTAX },
	{ POST("Transfer-Encoding: chunked, chunked\r\n"), ERR_SYNTAX },
	{ POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), ERR_SYNTAX },
	{ POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), ERR_SYNTAX },
	{ POST("Transfer-Encoding: chunked,\r\n"), ERR_SYNTAX },
	{ POST("Transfer-Encoding: , chunked\r\n"), ERR_SYNTAX },
	{ POST("Transfer-Encoding: chunked;a=b\r\n"), ERR_SYNTAX }, /* 7.1: no parameters */
	{ POST("Transfer-Encoding: \"chunked\"\r\n"), ERR_SYNTAX },
	{ POST("Transfer-Encoding: chun ked\r\n"), ERR_SYNTAX },
	{ POST("Transfer-Encoding:\r\n"), ERR_SYNTAX },
	{ REQ("POST / HTTP/1.0", "Transfer-Encoding: chunked\r\n"), ERR_TE_OLD },
	/* Expect and Upgrade, RFC 9110 10.1.1 and 7.8. */
	{ POST("Expect: 200-ok\r\n"), ERR_EXPECT },
	{ POST("Expect: 100-continue, x\r\n"), ERR_EXPECT },
	{ POST("Expect: 100-continue;a=b\r\n"), ERR_EXPECT },
	{ GET("Connection: upgrade\r\nUpgrade: a b\r\n"), ERR_UPGRADE },
	{ GET("Connection: upgrade\r\nUpgrade:\r\n"), ERR_UPGRADE },
	{ GET("Connection: upgrade\r\nUpgrade: a/\r\n"), ERR_UPGRADE },
	{ GET("Connection: upgrade\r\nUpgrade: websocket, /1\r\n"), ERR_UPGRADE },
};

static void errors(void **state)
{
	for (size_t i = 0; i < sizeof error_rows / sizeof error_rows[0]; i++) {
		struct parsed p = { .used = 4711, .req = { .minor = 9 } };
		assert_err(parse(slice_str(error_rows[i].in), &p), error_rows[i].e, error_rows[i].in);
		assert_int_equal(p.used, 4711); /* untouched on failure */
		assert_int_equal(p.req.minor, 9);
	}
}

/* A NUL, a control byte or DEL anywhere in a head is never part of an accepted one. */
static void control_bytes_anywhere(void **state)
{
	static const char in[] = GET("Accept: a\r\nX-B: c\r\n");
	char copy[sizeof in];

	for (int c = 0; c < 0x80; c++) {
		if ((c > 0x20 && c != 0x7f) || c == '\t' || c == ' ')
			continue;
		for (size_t at = 0; at < sizeof in - 1; at++) {
			struct parsed p;
			memcpy(copy, in, sizeof in);
			if (copy[at] == '\r' || copy[at] == '\n' || copy[at] == (char)c)
				continue;
			copy[at] = (char)c;
			enum err e = h1_request_parse(slice_of(copy, sizeof in - 1), &usual, p.fields, &p.req, &p.used);
			if (e == OK || e == ERR_AGAIN)
				fail_msg("byte %d at %zu gives %s", c, at, err_name(e));
		}
	}
	struct parsed p;
	assert_err(parse(SLICE("GET / HTTP/1.1\r\nHost: a\r\nA: b\0c\r\n\r\n"), &p), ERR_FIELD_VALUE, "NUL in value");
	assert_err(parse(SLICE("GET / HTTP/1.1\r\nHost: a\r\nA\0: c\r\n\r\n"), &p), ERR_FIELD_NAME, "NUL in name");
}

static void leading_line(void **state)
{
	struct parsed p;

	assert_err(parse(SLICE("\r\n" GET("")), &p), OK, "RFC 9112 2.2");
	assert_int_equal(p.used, 2 + sizeof GET("") - 1);
	assert_err(parse(SLICE("\r\n"), &p), ERR_AGAIN, "only the line");
	assert_err(parse(SLICE(""), &p), ERR_AGAIN, "nothing");
}

/* Bounds hold for whole heads and for those that never end (RFC 9112 3, RFC 9110 5.4). */
static void bounds(void **state)
{
	static const char in[] = GET("A: b\r\n");
	struct h1_bounds b = { .head_bytes_max = sizeof in - 1, .target_bytes_max = 1, .fields_max = 2 };
	struct parsed p;
	char long_one[300];

	assert_err(parse_bounded(ARRAY_SLICE(in), &b, &p), OK, "just fits");
	b.head_bytes_max--;
	assert_err(parse_bounded(ARRAY_SLICE(in), &b, &p), ERR_HEAD_LARGE, "head");
	b.head_bytes_max = 4096;
	b.fields_max = 1;
	assert_err(parse_bounded(ARRAY_SLICE(in), &b, &p), ERR_FIELDS_MANY, "fields");
	b.fields_max = 2;
	b.target_bytes_max = 0;
	assert_err(parse_bounded(ARRAY_SLICE(in), &b, &p), ERR_TARGET_LONG, "target");

	b = (struct h1_bounds){ .head_bytes_max = 256, .target_bytes_max = 100, .fields_max = 4 };
	memset(long_one, 'a', sizeof long_one);
	assert_err(parse_bounded(slice_of(long_one, 255), &b, &p), ERR_AGAIN, "a method without end");
	assert_err(parse_bounded(slice_of(long_one, 256), &b, &p), ERR_HEAD_LARGE, "a method without end");
	memcpy(long_one, "GET ", 4);
	assert_err(parse_bounded(slice_of(long_one, 104), &b, &p), ERR_AGAIN, "a target without end");
	assert_err(parse_bounded(slice_of(long_one, 105), &b, &p), ERR_TARGET_LONG, "a target without end");
	memcpy(long_one, "GET / HTTP/1.1\r\nA: ", 19);
	assert_err(parse_bounded(slice_of(long_one, 255), &b, &p), ERR_AGAIN, "a value without end");
	assert_err(parse_bounded(slice_of(long_one, 256), &b, &p), ERR_HEAD_LARGE, "a value without end");
	assert_err(parse_bounded(slice_of(long_one, 300), &b, &p), ERR_HEAD_LARGE, "a value without end");
}

/* What comes behind a head does not change it. */
static void pipelined(void **state)
{
	static const char in[] = GET("A: b\r\n") POST("Content-Length: 1\r\n") "x";
	struct parsed p;

	assert_err(parse(ARRAY_SLICE(in), &p), OK, "first");
	assert_int_equal(p.used, sizeof GET("A: b\r\n") - 1);
	assert_err(parse(slice_from(ARRAY_SLICE(in), p.used), &p), OK, "second");
	assert_int_equal(p.req.content_length, 1);
}

/* Values and names of every length around the 16-byte steps of the scan. */
static void lengths(void **state)
{
	char in[512], value[80];

	memset(value, 'v', sizeof value);
	for (int n = 0; n < 80; n++) {
		for (int m = 1; m < 40; m++) {
			struct parsed p;
			int total = snprintf(in, sizeof in, "GET / HTTP/1.1\r\nHost: a\r\n%.*s: %.*s \r\n\r\n", m,
					     value, n, value);
			char *copy = exact_copy(slice_of(in, (size_t)total));
			assert_err(h1_request_parse(slice_of(copy, (size_t)total), &usual, p.fields, &p.req, &p.used),
				   OK, in);
			assert_int_equal(p.fields[1].name.n, m);
			assert_int_equal(p.fields[1].value.n, n);
			assert_int_equal(p.used, total);
			free(copy);
		}
	}
}

int test_h1_request(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(simple_get),
		cmocka_unit_test(targets),
		cmocka_unit_test(framing),
		cmocka_unit_test(errors),
		cmocka_unit_test(leading_line),
		cmocka_unit_test(bounds),
		cmocka_unit_test(control_bytes_anywhere),
		cmocka_unit_test(pipelined),
		cmocka_unit_test(lengths),
	};
	return cmocka_run_group_tests_name("h1_request", tests, NULL, NULL);
}
