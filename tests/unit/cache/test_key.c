/* SPDX-License-Identifier: Apache-2.0 */
/* Primary keys (edge.md 2.7). */
#include "test_cache.h"

static struct slice key_of(enum cache_level level, const char *path, char *out, size_t cap)
{
	struct cache_policy p = { .level = level };
	size_t n = cache_key(&p, SLICE("http"), SLICE("a.test"), slice_str(path), out, cap);

	return slice_of(out, n);
}

static void levels(void **state)
{
	char out[64];

	assert_true(slice_eq(key_of(CACHE_LEVEL_AGGRESSIVE, "/x?b=1", out, 64), SLICE("http\0a.test\0/x?b=1")));
	assert_true(slice_eq(key_of(CACHE_LEVEL_BASIC, "/x?b=1", out, 64), SLICE("http\0a.test\0/x?b=1")));
	assert_true(slice_eq(key_of(CACHE_LEVEL_SIMPLIFIED, "/x.css?b=1", out, 64), SLICE("http\0a.test\0/x.css")));
	/* Leaving out the query of what is made from it would mix up answers. */
	assert_true(slice_eq(key_of(CACHE_LEVEL_SIMPLIFIED, "/x?b=1", out, 64), SLICE("http\0a.test\0/x?b=1")));
}

static void capacity(void **state)
{
	char out[64];

	assert_int_equal(key_of(CACHE_LEVEL_AGGRESSIVE, "/x", out, 14).n, 14);
	assert_int_equal(key_of(CACHE_LEVEL_AGGRESSIVE, "/x", out, 13).n, SIZE_MAX);
	assert_int_equal(cache_key_fields(NULL, 0, out, SIZE_MAX, sizeof out), SIZE_MAX);
}

static void poisonous_fields(void **state)
{
	char out[256] = "key";
	struct fixture_head none = fixture_head("Host: a\nX-Forwarded-For: 1.2.3.4\nX-Foo: 1\nForwarde: d\n"
						"X-Forwarded-Scheme: HTTPS\nX-Forwarded-Proto: http\n");
	struct fixture_head h = fixture_head("x-forwarded-HOST: evil\nFoo: 1\nX-Http-Method-Override: PUT\n"
					     "X-Forwarded-Scheme: nothttps\nForwarded: host=b\n");
	size_t n;

	assert_int_equal(cache_key_fields(none.fields, none.n, out, 3, sizeof out), 3);
	n = cache_key_fields(h.fields, h.n, out, 3, sizeof out);
	assert_true(slice_eq(slice_of(out, n), SLICE("key\0x-forwarded-host:evil\0x-http-method-override:PUT"
						     "\0x-forwarded-scheme:nothttps\0forwarded:host=b")));
	assert_int_equal(cache_key_fields(h.fields, h.n, out, 3, n), n);
	assert_int_equal(cache_key_fields(h.fields, h.n, out, 3, n - 1), SIZE_MAX);
}

static void sorted_query(void **state)
{
	static const char *const rows[][2] = {
		{ "/x?b=1&a=2&a=1", "/x?a=1&a=2&b=1" },
		{ "/x?b", "/x?b" },
		{ "/x?", "/x?" },
		{ "/x", "/x" },
		{ "/x?&b=1&", "/x?&&b=1" },
		{ "/x?ab&a", "/x?a&ab" },
	};
	struct cache_policy p = { .sort_query = true };
	char out[2048], path[1024] = "/x?b";
	size_t prefix = sizeof "http" + sizeof "a.test", n;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		n = cache_key(&p, SLICE("http"), SLICE("a.test"), slice_str(rows[i][0]), out, sizeof out);
		assert_true(slice_eq(slice_of(out + prefix, n - prefix), slice_str(rows[i][1])));
	}
	for (int i = 0; i < 300; i++)
		strcat(path, "&a");
	n = cache_key(&p, SLICE("http"), SLICE("a.test"), slice_str(path), out, sizeof out);
	assert_true(slice_eq(slice_of(out + prefix, n - prefix), slice_str(path)));
}

static void parts_of_the_query(void **state)
{
	static const struct {
		enum cache_key_query query;
		bool sort;
		const char *path, *key;
	} rows[] = {
		{ CACHE_KEY_QUERY_ONLY, false, "/x?b=1&a=2&c&b=3", "/x?b=1&a=2&b=3" },
		{ CACHE_KEY_QUERY_ONLY, true, "/x?b=1&a=2&c&b=3", "/x?a=2&b=1&b=3" },
		{ CACHE_KEY_QUERY_ONLY, false, "/x?c=1", "/x" },
		{ CACHE_KEY_QUERY_WITHOUT, false, "/x?b=1&c=2&ab=3", "/x?c=2&ab=3" },
		{ CACHE_KEY_QUERY_NONE, false, "/x?b=1", "/x" },
		{ CACHE_KEY_QUERY_ALL, true, "/x?b=1&a=2", "/x?a=2&b=1" },
		{ CACHE_KEY_QUERY_ALL, false, "/x?b=1&a=2", "/x?b=1&a=2" },
	};
	size_t prefix = sizeof "http" + sizeof "a.test", n;
	char out[256];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct cache_key_rule k = {
			.query = (uint8_t)rows[i].query, .sort = rows[i].sort, .params_n = 2, .names_n = 2
		};
		struct cache_policy p = { .key = &k };
		k.names[0] = SLICE("a");
		k.names[1] = SLICE("b");
		n = cache_key(&p, SLICE("http"), SLICE("a.test"), slice_str(rows[i].path), out, sizeof out);
		if (!slice_eq(slice_of(out + prefix, n - prefix), slice_str(rows[i].key)))
			fail_msg("%s: %.*s", rows[i].path, (int)(n - prefix), out + prefix);
	}
}

static void parts_of_the_request(void **state)
{
	struct cache_key_rule k = { .lang = true,
				    .device = true,
				    .headers_n = 2,
				    .present_n = 2,
				    .cookies_n = 2,
				    .cookies_present_n = 1,
				    .names_n = 7 };
	static const char *const names[] = { "x-a", "x-none", "x-b", "x-none", "s", "none", "t" };
	struct cache_policy p = { .key = &k };
	struct fixture_head h =
		fixture_head("X-A: 1\nX-B: 2\nX-A: 3\nCookie: a=b; s=v=1; t\nAccept-Language: DE-at,en;q=0.5\n"
			     "User-Agent: Mozilla/5.0 (iPhone) Mobile/1\n");
	char out[256] = "key";
	size_t n;

	for (size_t i = 0; i < 7; i++)
		k.names[i] = slice_str(names[i]);
	n = cache_key_rule(&p, h.fields, h.n, out, 3, sizeof out);
	assert_true(slice_eq(slice_of(out, n),
			     SLICE("key\0x-a:1,3\0?x-b\0cookie/s:v=1\0cookie/?t\0lang/de\0device/mobile")));
	assert_int_equal(cache_key_rule(&p, h.fields, h.n, out, 3, n - 1), SIZE_MAX);
	assert_int_equal(cache_key_rule(&p, h.fields, h.n, out, SIZE_MAX, sizeof out), SIZE_MAX);
	p.key = NULL;
	assert_int_equal(cache_key_rule(&p, h.fields, h.n, out, 3, sizeof out), 3);
}

static void devices(void **state)
{
	static const char *const rows[][2] = {
		{ "User-Agent: Mozilla/5.0 (Linux; Android 14) Mobile Safari\n", "mobile" },
		{ "User-Agent: Mozilla/5.0 (Linux; Android 14) Safari\n", "tablet" },
		{ "User-Agent: Mozilla/5.0 (iPad)\n", "tablet" },
		{ "User-Agent: curl/8\n", "desktop" },
		{ "", "desktop" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fixture_head h = fixture_head(rows[i][0]);
		assert_true(slice_eq(cache_key_device(h.fields, h.n), slice_str(rows[i][1])));
	}
}

int test_key(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels),
		cmocka_unit_test(capacity),
		cmocka_unit_test(poisonous_fields),
		cmocka_unit_test(sorted_query),
		cmocka_unit_test(parts_of_the_query),
		cmocka_unit_test(parts_of_the_request),
		cmocka_unit_test(devices),
	};

	return cmocka_run_group_tests_name("cache/key", tests, NULL, NULL);
}
