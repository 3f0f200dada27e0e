/* SPDX-License-Identifier: Apache-2.0 */
/* Methods, and the cheap look for the end of a head. */
#include "groups.h"

#include "wire/h1_head.h"

static void methods(void **state)
{
	static const struct {
		const char *name;
		enum method id;
		bool safe, idempotent; /* RFC 9110 9.2.1, 9.2.2 */
	} rows[] = {
		{ "GET", METHOD_GET, true, true },         { "HEAD", METHOD_HEAD, true, true },
		{ "POST", METHOD_POST, false, false },     { "PUT", METHOD_PUT, false, true },
		{ "DELETE", METHOD_DELETE, false, true },  { "CONNECT", METHOD_CONNECT, false, false },
		{ "OPTIONS", METHOD_OPTIONS, true, true }, { "TRACE", METHOD_TRACE, true, true },
		{ "PATCH", METHOD_PATCH, false, false },   { "PURGE", METHOD_PURGE, false, false },
		{ "get", METHOD_OTHER, false, false },     { "", METHOD_OTHER, false, false },
		{ "GETS", METHOD_OTHER, false, false },    { "PROPFIND", METHOD_OTHER, false, false },
		{ "GEX", METHOD_OTHER, false, false },     { "POSX", METHOD_OTHER, false, false },
		{ "TRACX", METHOD_OTHER, false, false },   { "CONNECX", METHOD_OTHER, false, false },
		{ "PU", METHOD_OTHER, false, false },      { "DELETED", METHOD_OTHER, false, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(method_lookup(slice_str(rows[i].name)), rows[i].id);
		assert_int_equal(method_is_safe(rows[i].id), rows[i].safe);
		assert_int_equal(method_is_idempotent(rows[i].id), rows[i].idempotent);
	}
}

/* Any way of cutting the input, the end is seen with the byte that completes it, and not before. */
static void may_be_complete(void **state)
{
	static const struct {
		const char *in;
		size_t at; /* bytes after which it is true; 0 is never */
	} rows[] = {
		{ "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27 },
		{ "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest", 27 },
		{ "\r\nGET / HTTP/1.1\r\n\r\n", 20 },
		{ "GET / HTTP/1.1\n\n", 16 },
		{ "GET / HTTP/1.1\n\r\n", 17 },
		{ "GET / HTTP/1.1\r\n\n", 17 },
		{ "GET / HTTP/1.1\r\n\rX\r\n", 0 },
		{ "GET / HTTP/1.1\r\r\n", 0 },
		{ "GET / HTTP/1.1", 0 },
		{ "", 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t n = strlen(rows[i].in);
		for (size_t step = 1; step <= n + 1; step++) {
			size_t scanned = 0, seen = 0;
			for (size_t len = 0; len <= n && !seen; len += step) {
				if (h1_head_may_be_complete(slice_of(rows[i].in, len), &scanned))
					seen = len;
				assert_true(scanned <= len);
			}
			size_t first = rows[i].at ? (rows[i].at + step - 1) / step * step : 0;
			assert_int_equal(seen, first <= n ? first : 0);
		}
	}
}

int test_h1_head(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(methods),
		cmocka_unit_test(may_be_complete),
	};
	return cmocka_run_group_tests_name("h1_head", tests, NULL, NULL);
}
