/* SPDX-License-Identifier: Apache-2.0 */
/* Which fields are stored and updated (RFC 9111 3.1, 3.2, 4.3.4; edge.md 7.2). */
#include "test_cache.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static bool stored(const char *line, const char *others)
{
	struct fixture_head f = fixture_head(line), all = fixture_head(others);
	struct cache_control cc;

	cache_control_parse(all.fields, all.n, FIELD_CACHE_CONTROL, &cc);
	all.fields[all.n++] = f.fields[0];
	return cache_field_is_stored(&f.fields[0], all.fields, all.n, &cc);
}

static void kept(void **state)
{
	static const char *const yes[] = {
		"Test-Header: a\n",
		"Content-Type: a\n",
		"Content-Encoding: a\n",
		"Content-Range: a\n",
		"Cache-Control: a\n",
		"Date: a\n",
		"Expires: a\n",
		"ETag: a\n",
		"Vary: a\n",
		"Set-Cookie2: a\n",
		"Via: a\n",
		"Clear-Site-Data: a\n",
		"CDN-Cache-Control: a\n",
		"Surrogate-Control: a\n",
		"Cloudflare-CDN-Cache-Control: a\n",
		"Cache-Tag: a\n",
		"Location: a\n",
		"Warning: a\n",
	};
	static const char *const no[] = {
		"Connection: a\n",
		"Keep-Alive: a\n",
		"Proxy-Connection: a\n",
		"TE: a\n",
		"Transfer-Encoding: a\n",
		"Upgrade: a\n",
		"Proxy-Authenticate: a\n",
		"Proxy-Authorization: a\n",
		"proxy-AUTHENTICATION-info: a\n",
		"Age: 1\n",
		"Content-Length: 1\n",
		"Trailer: a\n",
		"Set-Cookie: a\n",
		"Server: a\n",
		"CF-Cache-Status: a\n",
		"CF-Ray: a\n",
		"X-Accel-Buffering: a\n",
		"X-Accel-Redirect: a\n",
	};

	for (size_t i = 0; i < COUNT(yes); i++)
		assert_true(stored(yes[i], ""));
	for (size_t i = 0; i < COUNT(no); i++)
		assert_false(stored(no[i], ""));
}

static void named_elsewhere(void **state)
{
	assert_false(stored("A: 1\n", "Connection: close, a\n"));
	assert_false(stored("A: 1\n", "Connection: close\nConnection: A\n"));
	assert_true(stored("C: 1\n", "Connection: a, b\n"));
	assert_false(stored("A: 1\n", "Cache-Control: no-cache=\"a\"\n"));
	assert_false(stored("B: 1\n", "Cache-Control: private=\"a, b\"\n"));
	assert_true(stored("C: 1\n", "Cache-Control: private=\"a, b\", no-cache=\"d\"\n"));
	assert_true(cache_field_is_stored(&(struct field){ SLICE("A"), SLICE("1"), FIELD_OTHER }, NULL, 0, NULL));
}

static void updates(void **state)
{
	assert_true(cache_field_updates(FIELD_OTHER));
	assert_true(cache_field_updates(FIELD_CACHE_CONTROL));
	assert_true(cache_field_updates(FIELD_DATE));
	assert_true(cache_field_updates(FIELD_CONTENT_TYPE));
	assert_false(cache_field_updates(FIELD_CONTENT_LENGTH));
	assert_false(cache_field_updates(FIELD_CONTENT_ENCODING));
	assert_false(cache_field_updates(FIELD_CONTENT_RANGE));
	assert_false(cache_field_updates(FIELD_TRANSFER_ENCODING));
	assert_false(cache_field_updates(FIELD_SET_COOKIE));
	assert_true(cache_field_is_inward(FIELD_CACHE_TAG));
	assert_true(cache_field_is_inward(FIELD_CLOUDFLARE_CDN_CACHE_CONTROL));
	assert_false(cache_field_is_inward(FIELD_CDN_CACHE_CONTROL));
}

static void merged(void **state)
{
	struct fixture_head old = fixture_head("A: 1\nB: 1\nA: 2\nETag: \"x\"\nContent-Encoding: gzip\nC: 1\n");
	struct fixture_head newer = fixture_head("a: 3\nD: 4\nETag: \"y\"\nContent-Encoding: br\nD: 5\n"
						 "Content-Length: 3\nAge: 7\n");
	struct fixture_head want = fixture_head("B: 1\nContent-Encoding: gzip\nC: 1\na: 3\nD: 4\nETag: \"y\"\nD: 5\n"
						"Age: 7\n");
	struct field out[16];
	size_t n = cache_merge_fields(old.fields, old.n, newer.fields, newer.n, out, COUNT(out));

	assert_int_equal(n, want.n);
	for (size_t i = 0; i < n; i++) {
		assert_true(slice_eq(out[i].name, want.fields[i].name));
		assert_true(slice_eq(out[i].value, want.fields[i].value));
	}
	assert_int_equal(cache_merge_fields(old.fields, old.n, newer.fields, newer.n, out, n), n);
	assert_int_equal(cache_merge_fields(old.fields, old.n, newer.fields, newer.n, out, n - 1), SIZE_MAX);
	assert_int_equal(cache_merge_fields(old.fields, old.n, newer.fields, newer.n, out, 2), SIZE_MAX);
}

int test_fields(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept),
		cmocka_unit_test(named_elsewhere),
		cmocka_unit_test(updates),
		cmocka_unit_test(merged),
	};

	return cmocka_run_group_tests_name("cache/fields", tests, NULL, NULL);
}
