/* SPDX-License-Identifier: Apache-2.0 */
/* Response heads (RFC 9112 sections 4, 6.3, 9.3), all beginnings of each input included. */
#include "groups.h"

#include "wire/h1_head.h"

#include <stdlib.h>

static const struct h1_bounds usual = { .head_bytes_max = 1024, .fields_max = 8 };

struct parsed {
	struct field fields[8];
	struct h1_response resp;
	size_t used;
	enum err why;
};

static enum err parse_for(struct slice s, enum method m, const struct h1_bounds *b, struct parsed *ret)
{
	enum err early = ERR_AGAIN;

	for (size_t n = 0; n < s.n; n++) {
		struct parsed part;
		char *p = exact_copy(slice_first(s, n));
		part.why = h1_response_parse(slice_of(p, n), b, m, part.fields, &part.resp, &part.used);
		enum err e = h1_response_error(part.why);
		free(p);
		if (early != ERR_AGAIN)
			assert_err(part.why, early, "a final result changed");
		assert_int_equal(e == OK, part.why == OK);
		early = part.why;
	}
	ret->why = h1_response_parse(s, b, m, ret->fields, &ret->resp, &ret->used);
	enum err e = h1_response_error(ret->why);
	if (early != ERR_AGAIN)
		assert_err(ret->why, early, "a final result changed");
	return e;
}

static enum err parse(const char *s, struct parsed *ret)
{
	return parse_for(slice_str(s), METHOD_GET, &usual, ret);
}

static void status_lines(void **state)
{
	static const struct {
		const char *in, *reason;
		uint16_t status;
		uint8_t minor;
	} rows[] = {
		{ "HTTP/1.1 200 OK\r\n\r\n", "OK", 200, 1 },
		{ "HTTP/1.1 200 \r\n\r\n", "", 200, 1 },
		{ "HTTP/1.1 200\r\n\r\n", "", 200, 1 },
		{ "HTTP/1.0 404 Not  Found \r\n\r\n", "Not  Found ", 404, 0 },
		{ "HTTP/1.1 999 caf\xc3\xa9\tx\r\n\r\n", "caf\xc3\xa9\tx", 999, 1 },
		{ "HTTP/1.1 100 Continue\r\n\r\n", "Continue", 100, 1 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct parsed p;
		assert_err(parse(rows[i].in, &p), OK, rows[i].in);
		assert_slice_eq(p.resp.reason, slice_str(rows[i].reason), __FILE__, __LINE__);
		assert_int_equal(p.resp.status, rows[i].status);
		assert_int_equal(p.resp.minor, rows[i].minor);
		assert_int_equal(p.used, strlen(rows[i].in));
		assert_ptr_equal(p.resp.fields, p.fields);
	}
}

struct framing_row {
	const char *in;
	enum method method;
	enum h1_framing framing;
	uint64_t length;
	bool has_length, keep_alive, upgrade;
};

#define R(status, fields) "HTTP/1.1 " status "\r\n" fields "\r\n"
#define R0(status, fields) "HTTP/1.0 " status "\r\n" fields "\r\n"

static const struct framing_row framing_rows[] = {
	{ R("200 OK", "Content-Length: 5\r\n"), METHOD_GET, H1_LENGTH, 5, true, true, false },
	{ R("200 OK", "Content-Length: 0\r\n"), METHOD_GET, H1_LENGTH, 0, true, true, false },
	{ R("200 OK", "Transfer-Encoding: Chunked\r\n"), METHOD_GET, H1_CHUNKED, 0, false, true, false },
	/* 6.3 rule 8: until the connection closes. */
	{ R("200 OK", ""), METHOD_GET, H1_UNTIL_CLOSE, 0, false, false, false },
	{ R("200 OK", "Connection: keep-alive\r\n"), METHOD_GET, H1_UNTIL_CLOSE, 0, false, false, false },
	/* 6.3 rule 1: HEAD, 1xx, 204, 304. */
	{ R("200 OK", "Content-Length: 5\r\n"), METHOD_HEAD, H1_NO_BODY, 5, true, true, false },
	{ R("200 OK", "Transfer-Encoding: chunked\r\n"), METHOD_HEAD, H1_NO_BODY, 0, false, true, false },
	{ R("200 OK", ""), METHOD_HEAD, H1_NO_BODY, 0, false, true, false },
	{ R("304 Not Modified", "Content-Length: 5\r\n"), METHOD_GET, H1_NO_BODY, 5, true, true, false },
	{ R("204 No Content", ""), METHOD_GET, H1_NO_BODY, 0, false, true, false },
	{ R("204 No Content", "Content-Length: 0\r\n"), METHOD_GET, H1_NO_BODY, 0, true, true, false },
	{ R("204 No Content", "Content-Length: 5\r\n"), METHOD_GET, H1_NO_BODY, 5, true, false, false },
	{ R("204 No Content", "Transfer-Encoding: chunked\r\n"), METHOD_GET, H1_NO_BODY, 0, false, false, false },
	{ R("103 Early Hints", ""), METHOD_GET, H1_NO_BODY, 0, false, true, false },
	{ R("101 Switching", "Upgrade: x\r\n"), METHOD_GET, H1_NO_BODY, 0, false, false, true },
	/* 6.3 rule 2: a tunnel. */
	{ R("200 OK", "Content-Length: 5\r\n"), METHOD_CONNECT, H1_NO_BODY, 5, true, false, false },
	{ R("403 No", "Content-Length: 5\r\n"), METHOD_CONNECT, H1_LENGTH, 5, true, true, false },
	{ R("300 No", "Content-Length: 5\r\n"), METHOD_CONNECT, H1_LENGTH, 5, true, true, false },
	{ R("100 Go", "Content-Length: 0\r\n"), METHOD_CONNECT, H1_NO_BODY, 0, true, true, false },
	/* 9.3. */
	{ R("200 OK", "Content-Length: 5\r\nConnection: close\r\n"), METHOD_GET, H1_LENGTH, 5, true, false, false },
	{ R0("200 OK", "Content-Length: 5\r\n"), METHOD_GET, H1_LENGTH, 5, true, false, false },
	{ R0("200 OK", "Content-Length: 5\r\nConnection: keep-alive\r\n"), METHOD_GET, H1_LENGTH, 5, true, true,
	  false },
};

static void framing(void **state)
{
	for (size_t i = 0; i < sizeof framing_rows / sizeof framing_rows[0]; i++) {
		const struct framing_row *row = &framing_rows[i];
		struct parsed p;
		assert_err(parse_for(slice_str(row->in), row->method, &usual, &p), OK, row->in);
		assert_int_equal(p.resp.framing, row->framing);
		assert_true(p.resp.content_length == row->length);
		if (p.resp.has_length != row->has_length || p.resp.keep_alive != row->keep_alive ||
		    p.resp.upgrade != row->upgrade)
			fail_msg("%s", row->in);
	}
}

static void errors(void **state)
{
	static const struct {
		const char *in;
		enum err why;
	} rows[] = {
		{ "\r\nHTTP/1.1 200 OK\r\n\r\n", ERR_SYNTAX },
		{ "http/1.1 200 OK\r\n\r\n", ERR_SYNTAX },
		{ "ICY 200 OK\r\n\r\n", ERR_SYNTAX },
		{ "HTTP/1 200 OK\r\n\r\n", ERR_SYNTAX },
		{ "HTTP/2.0 200 OK\r\n\r\n", ERR_VERSION },
		{ "HTTP/1.1  200 OK\r\n\r\n", ERR_SYNTAX },
		{ "HTTP/1.1\t200 OK\r\n\r\n", ERR_SYNTAX },
		{ "HTTP/1.1 20 OK\r\n\r\n", ERR_SYNTAX },
		{ "HTTP/1.1 2000 OK\r\n\r\n", ERR_SYNTAX },
		{ "HTTP/1.1 099 OK\r\n\r\n", ERR_SYNTAX },
		{ "HTTP/1.1 +20 OK\r\n\r\n", ERR_SYNTAX },
		{ "HTTP/1.1 200OK\r\n\r\n", ERR_SYNTAX },
		{ "HTTP/1.1 \r\n\r\n", ERR_SYNTAX },
		{ "HTTP/1.1 200 O\x01K\r\n\r\n", ERR_SYNTAX },
		{ "HTTP/1.1 200 OK\n\r\n", ERR_BARE_LF },
		{ "HTTP/1.1 200 OK\rX\r\n", ERR_BARE_LF },
		{ R("200 OK", "A : b\r\n"), ERR_FIELD_NAME },
		{ R("200 OK", "A: b\r\n c\r\n"), ERR_OBS_FOLD },
		{ R("200 OK", "A: b\nB: c\r\n"), ERR_BARE_LF },
		{ R("200 OK", "A: \x7f\r\n"), ERR_FIELD_VALUE },
		{ R("200 OK", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), ERR_BOTH_LENGTHS },
		{ R("200 OK", "Content-Length: 5\r\nContent-Length: 5\r\n"), ERR_LENGTH },
		{ R("200 OK", "Content-Length: 5, 5\r\n"), ERR_LENGTH },
		{ R("200 OK", "Content-Length: x\r\n"), ERR_LENGTH },
		{ R("200 OK", "Transfer-Encoding: gzip, chunked\r\n"), ERR_TRANSFER_CODING },
		{ R("200 OK", "Transfer-Encoding: gzip\r\n"), ERR_TRANSFER_CODING },
		{ R("200 OK", "Transfer-Encoding: chunked, chunked\r\n"), ERR_SYNTAX },
		{ R0("200 OK", "Transfer-Encoding: chunked\r\n"), ERR_TE_OLD },
		{ R("100 Continue", "Content-Length: 1\r\n"), ERR_LENGTH }, /* RFC 9110 8.6 */
		{ R("103 Early Hints", "Transfer-Encoding: chunked\r\n"), ERR_LENGTH },
		/* Both lengths are refused even where no body follows. */
		{ R("304 Not Modified", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), ERR_BOTH_LENGTHS },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct parsed p = { .used = 4711, .resp = { .status = 7 } };
		assert_err(parse(rows[i].in, &p), ERR_ORIGIN_SYNTAX, rows[i].in);
		assert_err(p.why, rows[i].why, rows[i].in);
		assert_int_equal(p.used, 4711);
		assert_int_equal(p.resp.status, 7);
	}
	struct parsed p;
	assert_err(h1_response_error(h1_response_parse(SLICE("x"), &usual, METHOD_GET, p.fields, &p.resp, &p.used)),
		   ERR_ORIGIN_SYNTAX, "why may be NULL");
}

static void bounds(void **state)
{
	static const char in[] = R("200 OK", "A: b\r\nC: d\r\n");
	struct h1_bounds b = { .head_bytes_max = sizeof in - 1, .fields_max = 2 };
	struct parsed p;

	assert_err(parse_for(ARRAY_SLICE(in), METHOD_GET, &b, &p), OK, "just fits");
	b.head_bytes_max--;
	assert_err(parse_for(ARRAY_SLICE(in), METHOD_GET, &b, &p), ERR_ORIGIN_HEAD_LARGE, "head");
	assert_err(p.why, ERR_HEAD_LARGE, "head");
	assert_err(parse_for(slice_of(in, sizeof in - 2), METHOD_GET, &b, &p), ERR_ORIGIN_HEAD_LARGE,
		   "no room for the end");
	b = (struct h1_bounds){ .head_bytes_max = 1024, .fields_max = 1 };
	assert_err(parse_for(ARRAY_SLICE(in), METHOD_GET, &b, &p), ERR_ORIGIN_HEAD_LARGE, "fields");
	assert_err(p.why, ERR_FIELDS_MANY, "fields");
}

int test_h1_response(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_lines),
		cmocka_unit_test(framing),
		cmocka_unit_test(errors),
		cmocka_unit_test(bounds),
	};
	return cmocka_run_group_tests_name("h1_response", tests, NULL, NULL);
}
