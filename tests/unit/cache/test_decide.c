/* SPDX-License-Identifier: Apache-2.0 */
/* Candidates, age and reuse (edge.md 2.1, 2.6, 2.9; RFC 9111 4.2, 4.2.4, 4.4; RFC 5861). */
#include "test_cache.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static void status_texts(void **state)
{
	assert_int_equal(cache_status_text(CACHE_STATUS_NONE).n, 0);
	assert_true(slice_eq(cache_status_text(CACHE_STATUS_HIT), SLICE("HIT")));
	assert_true(slice_eq(cache_status_text(CACHE_STATUS_REVALIDATED), SLICE("REVALIDATED")));
	assert_true(slice_eq(cache_status_text(CACHE_STATUS_DYNAMIC), SLICE("DYNAMIC")));
	assert_int_equal(cache_status_text((enum cache_status)99).n, 0);
}

static void extensions(void **state)
{
	static const char *const yes[] = { "/a.css",         "/a.CSS",      "/a.7z",         "/x/y.woff2", "/a.class",
					   "/a.js?x=1.html", "/robots.txt", "/robots.txt?a", "/.gif",      "/a.b.zst",
					   "/a.jpeg",        "/a.svgz",     "/a.mkv" };
	static const char *const no[] = { "/",       "/a.html",     "/a.json",     "/a.txt", "/x/robots.txt",
					  "/a.css/", "/a.css/b",    "/css",        "/a.",    "/?x=a.css",
					  "/a.cssx", "/a.verylong", "/Robots.txt", "",       "/a.woff2x" };
	struct cache_policy p = { .eligibility = CACHE_BY_EXTENSION };

	for (size_t i = 0; i < COUNT(yes); i++)
		assert_true(cache_is_candidate(&p, METHOD_GET, slice_str(yes[i])));
	for (size_t i = 0; i < COUNT(no); i++)
		assert_false(cache_is_candidate(&p, METHOD_GET, slice_str(no[i])));
}

static void candidates(void **state)
{
	struct cache_policy p = { .eligibility = CACHE_EVERYTHING };

	assert_true(cache_is_candidate(&p, METHOD_GET, SLICE("/")));
	assert_true(cache_is_candidate(&p, METHOD_HEAD, SLICE("/")));
	assert_false(cache_is_candidate(&p, METHOD_POST, SLICE("/")));
	assert_false(cache_is_candidate(&p, METHOD_OTHER, SLICE("/")));
	assert_true(cache_is_candidate(&p, METHOD_GET, SLICE("/?a")));
	p.level = CACHE_LEVEL_BASIC;
	assert_false(cache_is_candidate(&p, METHOD_GET, SLICE("/?a")));
	assert_true(cache_is_candidate(&p, METHOD_GET, SLICE("/")));
	p.eligibility = CACHE_NOTHING;
	assert_false(cache_is_candidate(&p, METHOD_GET, SLICE("/a.css")));
}

static void ages(void **state)
{
	struct cache_meta m = { .response_s = 1000, .age_at_response_s = 30 };

	assert_int_equal(cache_age(&m, 1000), 30);
	assert_int_equal(cache_age(&m, 1005), 35);
	assert_int_equal(cache_age(&m, 900), 30); /* clock set back */
	assert_int_equal(cache_age(&m, INT64_MAX), INT64_C(1) << 31);
	m.age_at_response_s = INT64_C(1) << 31;
	assert_int_equal(cache_age(&m, 1005), INT64_C(1) << 31);
}

struct use_row {
	int64_t ttl_s, swr_s, sie_s;
	bool no_cache, must_revalidate;
	int64_t age_s;
	enum cache_use use;
	bool stale_ok, replace_ok; /* without always-online */
};

static void uses(void **state)
{
	static const struct use_row rows[] = {
		{ 10, 0, 0, false, false, 0, CACHE_USE_FRESH, true, false },
		{ 10, 0, 0, false, false, 9, CACHE_USE_FRESH, true, false },
		{ 10, 0, 0, false, false, 10, CACHE_USE_VALIDATE, false, false },
		{ 0, 0, 0, false, false, 0, CACHE_USE_VALIDATE, false, false },
		{ 10, 5, 0, false, false, 14, CACHE_USE_UPDATING, false, false },
		{ 10, 5, 0, false, false, 15, CACHE_USE_VALIDATE, false, false },
		{ 10, 5, 5, false, true, 9, CACHE_USE_FRESH, false, false },
		{ 10, 5, 5, false, true, 12, CACHE_USE_VALIDATE, false, false },
		{ 10, 5, 5, true, false, 0, CACHE_USE_VALIDATE, false, false },
		{ 10, 0, 5, false, false, 14, CACHE_USE_VALIDATE, true, true },
		{ 10, 0, 5, false, false, 15, CACHE_USE_VALIDATE, false, false },
		{ INT64_C(1) << 31, INT64_C(1) << 31, INT64_C(1) << 31, false, false, INT64_MAX, CACHE_USE_UPDATING,
		  true, true },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct use_row *r = &rows[i];
		struct cache_policy p = { .stale_while_updating = true };
		struct cache_meta m = { .store = true,
					.ttl_s = r->ttl_s,
					.swr_s = r->swr_s,
					.sie_s = r->sie_s,
					.no_cache = r->no_cache,
					.must_revalidate = r->must_revalidate };
		assert_int_equal(cache_use(&p, &m, r->age_s), r->use);
		assert_int_equal(cache_may_serve_stale(&p, &m, r->age_s), r->stale_ok);
		assert_int_equal(cache_may_replace(&m, 503, r->age_s), r->replace_ok);
		assert_false(cache_may_replace(&m, 501, r->age_s));
		p.serve_stale_on_error = true;
		assert_int_equal(cache_may_serve_stale(&p, &m, r->age_s), !r->no_cache && !r->must_revalidate);
		p.stale_while_updating = false;
		assert_int_equal(cache_use(&p, &m, r->age_s),
				 r->use == CACHE_USE_UPDATING ? CACHE_USE_VALIDATE : r->use);
	}
}

/* RFC 9111 4.4 */
static void invalidates(void **state)
{
	static const enum method unsafe[] = { METHOD_POST, METHOD_PUT, METHOD_DELETE, METHOD_PATCH, METHOD_OTHER };
	static const enum method safe[] = { METHOD_GET, METHOD_HEAD, METHOD_OPTIONS, METHOD_TRACE };

	for (size_t i = 0; i < COUNT(unsafe); i++) {
		assert_true(cache_invalidates(unsafe[i], 200));
		assert_true(cache_invalidates(unsafe[i], 303));
		assert_false(cache_invalidates(unsafe[i], 199));
		assert_false(cache_invalidates(unsafe[i], 400));
		assert_false(cache_invalidates(unsafe[i], 500));
	}
	for (size_t i = 0; i < COUNT(safe); i++)
		assert_false(cache_invalidates(safe[i], 200));
}

int test_decide(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_texts), cmocka_unit_test(extensions), cmocka_unit_test(candidates),
		cmocka_unit_test(ages),         cmocka_unit_test(uses),       cmocka_unit_test(invalidates),
	};

	return cmocka_run_group_tests_name("cache/decide", tests, NULL, NULL);
}
