/* SPDX-License-Identifier: Apache-2.0 */
/* Trailer sections (RFC 9112 7.1.2, RFC 9110 6.5.1). */
#include "groups.h"

#include "wire/h1_head.h"

static const struct h1_bounds usual = { .head_bytes_max = 256, .fields_max = 4 };

static enum err parse(const char *in, const struct h1_bounds *b, struct field *fields, size_t *ret_n, size_t *ret_used)
{
	struct slice s = slice_str(in);
	enum err early = ERR_AGAIN;

	for (size_t n = 0; n <= s.n; n++) {
		enum err e = h1_trailer_parse(slice_first(s, n), b, fields, ret_n, ret_used);
		if (early != ERR_AGAIN)
			assert_err(e, early, "a final result changed");
		early = e;
	}
	return early;
}

static void good(void **state)
{
	struct field f[4];
	size_t n, used;

	assert_err(parse("\r\n", &usual, f, &n, &used), OK, "empty");
	assert_int_equal(n, 0);
	assert_int_equal(used, 2);
	assert_err(parse("Server-Timing: a\r\nX-B: c\r\n\r\nGET", &usual, f, &n, &used), OK, "two");
	assert_int_equal(n, 2);
	assert_int_equal(used, 28);
	assert_slice(f[1].value, "c");
}

/* RFC 9110 6.5.1: fields that would be acted on too late do not come through. */
static void dropped(void **state)
{
	static const char *const names[] = { "Host",
					     "Content-Length",
					     "Transfer-Encoding",
					     "Trailer",
					     "Authorization",
					     "Set-Cookie",
					     "Cookie",
					     "Connection",
					     "Content-Type",
					     "Cache-Control",
					     "CF-Connecting-IP",
					     "Expect",
					     "Range",
					     "Content-Range",
					     "X-Forwarded-For",
					     "TE" };
	struct field f[4];
	size_t n, used;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char in[80] = "";
		strcat(strcat(strcpy(in, "X-A: 1\r\n"), names[i]), ": 5\r\nX-B: 2\r\n\r\n");
		assert_err(parse(in, &usual, f, &n, &used), OK, in);
		assert_int_equal(n, 2);
		assert_int_equal(used, strlen(in));
		assert_slice(f[1].name, "X-B");
	}
}

static void bad(void **state)
{
	static const char *const rows[] = { "A : b\r\n\r\n", "A: b\n\r\n",  "A: b\r\n c\r\n\r\n", "\n",
					    "\rX",           ": a\r\n\r\n", "A\r\n\r\n",          "A: \x01\r\n\r\n" };
	struct field f[4];
	size_t n = 9, used = 9;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_err(parse(rows[i], &usual, f, &n, &used), ERR_TRAILER, rows[i]);
	assert_int_equal(n, 9);
	assert_int_equal(used, 9);
	assert_err(parse("A: b\r\n", &usual, f, &n, &used), ERR_AGAIN, "no end yet");
}

static void bounds(void **state)
{
	struct h1_bounds b = { .head_bytes_max = 8, .fields_max = 1 };
	struct field f[4];
	size_t n, used;

	assert_err(parse("A: b\r\n\r\n", &b, f, &n, &used), OK, "just fits");
	b.head_bytes_max = 7;
	assert_err(parse("A: b\r\n\r\n", &b, f, &n, &used), ERR_TRAILER, "bytes");
	assert_err(h1_trailer_parse(SLICE("A: b\r\n"), &b, f, &n, &used), ERR_AGAIN, "one byte of room");
	assert_err(h1_trailer_parse(SLICE("A: bc\r\n"), &b, f, &n, &used), ERR_TRAILER, "no room for the end");
	b = (struct h1_bounds){ .head_bytes_max = 100, .fields_max = 1 };
	assert_err(parse("A: b\r\nC: d\r\n\r\n", &b, f, &n, &used), ERR_TRAILER, "fields");
}

int test_h1_trailer(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(dropped),
		cmocka_unit_test(bad),
		cmocka_unit_test(bounds),
	};
	return cmocka_run_group_tests_name("h1_trailer", tests, NULL, NULL);
}
