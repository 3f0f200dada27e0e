/* SPDX-License-Identifier: Apache-2.0 */
/* Secondary keys (RFC 9111 4.1; edge.md 2.10). */
#include "test_cache.h"

#include <stdio.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static size_t key_of(const char *vary, const char *request, char *out, size_t cap)
{
	struct fixture_head q = fixture_head(request);

	return cache_vary_key_of(slice_str(vary), q.fields, q.n, out, cap);
}

static void keys(void **state)
{
	static const struct {
		const char *vary, *request, *key;
	} rows[] = {
		{ "", "Foo: 1\n", "" },
		{ "Foo", "Foo: 1\n", "foo:1\n" },
		{ "Foo", "Bar: 1\n", "foo\n" },
		{ "Foo", "Foo:\n", "foo:\n" }, /* empty is not absent */
		{ "FOO, bar", "Bar: x\nfoo: 1\n", "foo:1\nbar:x\n" },
		{ " , Foo ,", "Foo: 1\n", "foo:1\n" },
		{ "Foo", "Foo: 1, 2\n", "foo:1,2\n" },
		{ "Foo", "Foo: 1\nFoo: 2\n", "foo:1,2\n" },
		{ "Foo", "Foo: 1 ,  2\n", "foo:1,2\n" },
		{ "Foo", "Foo: \"a , b\"  , c\n", "foo:\"a , b\",c\n" },
		{ "User-Agent", "User-Agent: a ,  b\n", "user-agent:a ,  b\n" }, /* no list */
		{ "Cookie", "Cookie: a=1, b\n", "cookie:a=1, b\n" },
		{ "Accept-Language", "Accept-Language: en, de\n", "accept-language:de,en\n" },
		{ "Accept-Language", "Accept-Language: DE\nAccept-Language:  eN\n", "accept-language:de,en\n" },
		{ "Accept-Language", "Accept-Language: fr;q=0.5, de;q=1.0\n", "accept-language:de,fr;500\n" },
		{ "Accept-Language", "Accept-Language: a;q=0.001,b;q=0,c;q=2,d;q=,e;x=1;q=0.25\n",
		  "accept-language:e;250,a;1,b;0,c;0,d;0\n" },
		{ "Accept-Encoding", "Accept-Encoding: gzip, deflate, br\n", "accept-encoding:br,deflate,gzip\n" },
		{ "Accept-Encoding", "Accept-Encoding: br,GZIP ,deflate\n", "accept-encoding:br,deflate,gzip\n" },
		{ "Accept-Encoding", "Accept-Encoding:\n", "accept-encoding:\n" },
		{ "Accept-Encoding", "", "accept-encoding\n" },
		{ "Accept", "Accept: text/html , a/b;q=0.5\n", "accept:text/html,a/b;q=0.5\n" },
	};
	char out[256];

	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t n = key_of(rows[i].vary, rows[i].request, out, sizeof out);
		if (n == SIZE_MAX || !slice_eq(slice_of(out, n), slice_str(rows[i].key)))
			fail_msg("row %zu: %.*s", i, n == SIZE_MAX ? 0 : (int)n, out);
	}
}

static void refused(void **state)
{
	char out[256], name[200];

	assert_int_equal(key_of("*", "", out, sizeof out), SIZE_MAX);
	assert_int_equal(key_of("Foo, *", "", out, sizeof out), SIZE_MAX);
	assert_int_equal(key_of("Foo", "Foo: 12345\n", out, 9), SIZE_MAX);
	assert_int_equal(key_of("Foo", "Foo: 12345\n", out, 10), 10);
	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = 0;
	assert_int_equal(key_of(name, "", out, sizeof out), SIZE_MAX);
}

static void of_response(void **state)
{
	struct fixture_head r = fixture_head("Vary: Foo\nX: y\nVary: , Bar,Baz\n");
	struct fixture_head star = fixture_head("Vary:\nVary: *\n"), q = fixture_head("Foo: 1\nBaz: 3\n");
	char out[64];
	size_t n = cache_vary_key(r.fields, r.n, q.fields, q.n, out, sizeof out);

	assert_true(slice_eq(slice_of(out, n), SLICE("foo:1\nbar\nbaz:3\n")));
	n = cache_vary_names(r.fields, r.n, out, sizeof out);
	assert_true(slice_eq(slice_of(out, n), SLICE("foo,bar,baz")));
	assert_int_equal(cache_vary_names(r.fields, r.n, out, 10), SIZE_MAX);
	assert_int_equal(cache_vary_key(star.fields, star.n, q.fields, q.n, out, sizeof out), SIZE_MAX);
	assert_int_equal(cache_vary_key(q.fields, q.n, q.fields, q.n, out, sizeof out), 0);
}

/* More members than are sorted are compared as they stand. */
static void many_choices(void **state)
{
	char request[1024] = "Accept-Language: ", out[1024];
	size_t n;

	for (unsigned i = 0; i < 65; i++)
		strcat(request, i % 2 ? "B, " : "a, ");
	strcat(request, "\n");
	n = key_of("Accept-Language", request, out, sizeof out);
	assert_true(n != SIZE_MAX);
	assert_true(slice_starts(slice_of(out, n), SLICE("accept-language:a,B,a")));
}

static void speaks(void **state)
{
	static const struct {
		const char *stored, *request, *language;
		bool want;
	} rows[] = {
		{ "en, de", "fr;q=0.5, de;q=1.0", "de", true },
		{ "en, de", "fr;q=0.5, de;q=1.0", "DE", true },
		{ "en, de", "fr;q=0.5, de;q=1.0", "en", false },
		{ "en, de", "fr, de", "de", false }, /* no clear favourite */
		{ "en, de", "de;q=0", "de", false },
		{ "en, de", "", "de", false },
		{ "en, de", "de", "", false },
		{ "en, de", "de", "de-AT", false },
	};
	char a[256], b[256], line[128];
	struct slice other = SLICE("accept-language:de\nfoo:1\n");

	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(line, sizeof line, "Accept-Language: %s\nFoo: 1\n", rows[i].stored);
		size_t an = key_of("Foo, Accept-Language", line, a, sizeof a);
		snprintf(line, sizeof line, "Accept-Language: %s\nFoo: 1\n", rows[i].request);
		size_t bn = key_of("Foo, Accept-Language", line, b, sizeof b);
		assert_int_equal(cache_vary_speaks(slice_of(a, an), slice_of(b, bn), slice_str(rows[i].language)),
				 rows[i].want);
	}
	assert_false(cache_vary_speaks(SLICE("accept-language:en\nfoo:2\n"), other, SLICE("de")));
	assert_false(cache_vary_speaks(SLICE("accept-language\nfoo:1\n"), other, SLICE("de")));
	assert_false(cache_vary_speaks(SLICE("foo:1\n"), SLICE("foo:2\n"), SLICE("de")));
	assert_true(cache_vary_speaks(SLICE("accept-language:en\nfoo:1\n"), other, SLICE("de")));
}

int test_vary(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),         cmocka_unit_test(refused), cmocka_unit_test(of_response),
		cmocka_unit_test(many_choices), cmocka_unit_test(speaks),
	};

	return cmocka_run_group_tests_name("cache/vary", tests, NULL, NULL);
}
