/* SPDX-License-Identifier: Apache-2.0 */
/* What browsers are told (edge.md 2.12). */
#include "test_cache.h"

static void lifetimes(void **state)
{
	static const struct {
		enum browser_ttl_mode mode;
		int64_t ttl_s;
		const char *head, *control; /* NULL: the stored fields stand */
	} rows[] = {
		{ BROWSER_TTL_RESPECT_ORIGIN, 0, "Cache-Control: max-age=1\n", NULL },
		{ BROWSER_TTL_BYPASS, 0, "Cache-Control: max-age=1\n", "no-store" },
		{ BROWSER_TTL_OVERRIDE_ORIGIN, 100, "", "max-age=100" },
		{ BROWSER_TTL_OVERRIDE_ORIGIN, 100, "Cache-Control: max-age=99\n", "max-age=100" },
		{ BROWSER_TTL_OVERRIDE_ORIGIN, 100, "Cache-Control: max-age=100\n", NULL },
		{ BROWSER_TTL_OVERRIDE_ORIGIN, 100, "Cache-Control: max-age=101\n", NULL },
		{ BROWSER_TTL_OVERRIDE_ORIGIN, 100, "Cache-Control: public\n", "public, max-age=100" },
		{ BROWSER_TTL_OVERRIDE_ORIGIN, 100, "Cache-Control: s-maxage=9, Max-Age=1\nCache-Control: immutable\n",
		  "s-maxage=9, immutable, max-age=100" },
		{ BROWSER_TTL_OVERRIDE_ORIGIN, 100, "Cache-Control: no-cache\n", NULL },
		{ BROWSER_TTL_OVERRIDE_ORIGIN, 100, "Cache-Control: no-store\n", NULL },
		{ BROWSER_TTL_OVERRIDE_ORIGIN, 100, "Cache-Control: private=\"a, b\"\n",
		  "private=\"a, b\", max-age=100" },
		{ BROWSER_TTL_OVERRIDE_ORIGIN, 100, FIXTURE_DATE "Expires: Thu, 10 Oct 2024 00:01:39 GMT\n",
		  "max-age=100" },
		{ BROWSER_TTL_OVERRIDE_ORIGIN, 100, FIXTURE_DATE "Expires: Thu, 10 Oct 2024 00:01:40 GMT\n", NULL },
		{ BROWSER_TTL_OVERRIDE_ORIGIN, 100, FIXTURE_DATE "Expires: 0\n", "max-age=100" },
		{ BROWSER_TTL_OVERRIDE_ORIGIN, 100,
		  FIXTURE_DATE "Cache-Control: max-age=5\nExpires: Fri, 11 Oct 2024 00:00:00 GMT\n", "max-age=100" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct cache_policy p = { .browser_ttl_mode = rows[i].mode, .browser_ttl_s = rows[i].ttl_s };
		struct fixture_head h = fixture_head(rows[i].head);
		char out[128];
		size_t n = cache_browser_control(&p, h.fields, h.n, out, sizeof out);
		if (!slice_eq(slice_of(out, n), slice_str(rows[i].control)))
			fail_msg("row %zu: \"%.*s\"", i, (int)n, out);
		if (n)
			assert_int_equal(cache_browser_control(&p, h.fields, h.n, out, n - 1), SIZE_MAX);
	}
}

int test_browser(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lifetimes) };

	return cmocka_run_group_tests_name("cache/browser", tests, NULL, NULL);
}
