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

int test_key(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels),
		cmocka_unit_test(capacity),
		cmocka_unit_test(poisonous_fields),
		cmocka_unit_test(sorted_query),
	};

	return cmocka_run_group_tests_name("cache/key", tests, NULL, NULL);
}
