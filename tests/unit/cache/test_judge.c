/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may be stored and for how long: RFC 9111 sections 3, 4.2 and 5, RFC 9213, RFC 5861, and the edge's own rules
 * (edge.md 2.2 to 2.5). Many rows are the public cache-tests vectors in one line each.
 */
#include "test_cache.h"

enum { NOT = -2 }; /* as ttl: not stored */

struct row {
	uint16_t status;
	const char *response, *request;
	int64_t ttl_s;
	const char *why;
};

static void judge(const struct cache_policy *p, const struct row *row, struct cache_meta *ret)
{
	struct fixture_head q = fixture_head(row->request), r = fixture_head(row->response);
	struct cache_request request = fixture_request(&q);
	struct cache_response response = fixture_response(row->status ? row->status : 200, &r);

	cache_judge_response(p, &request, &response, ret);
}

static void check_rows(const struct cache_policy *p, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct cache_meta m;
		judge(p, &rows[i], &m);
		int64_t ttl = m.store ? m.ttl_s : NOT;
		if (ttl != rows[i].ttl_s || (rows[i].why && strcmp(m.why, rows[i].why) != 0))
			fail_msg("row %zu, %u [%s] for [%s]: %s ttl %lld, want %lld (%s)", i, rows[i].status,
				 rows[i].response, rows[i].request ? rows[i].request : "", m.why, (long long)ttl,
				 (long long)rows[i].ttl_s, rows[i].why ? rows[i].why : "any");
	}
}

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

#define FUTURE "Expires: Fri, 11 Oct 2024 00:00:00 GMT\n" /* a day */
#define PAST "Expires: Wed, 09 Oct 2024 00:00:00 GMT\n"
#define CHANGED "Last-Modified: Wed, 09 Oct 2024 00:00:00 GMT\n" /* a day ago: 8640 s of heuristic */

/* RFC 9111 4.2.1, 5.2.2 */
static void lifetimes(void **state)
{
	static const struct row rows[] = {
		{ 200, "", NULL, NOT, "no freshness" },
		{ 200, "ETag: \"a\"\n", NULL, NOT, "no freshness" },
		{ 200, "Cache-Control: max-age=3600\n", NULL, 3600, "cache-control" },
		{ 200, "Cache-Control: MaX-aGe=3600\n", NULL, 3600, NULL },
		{ 200, "Cache-Control: foobar, max-age=3600\n", NULL, 3600, NULL },
		{ 200, "Cache-Control: max-age=0\n", NULL, 0, NULL },
		{ 200, "Cache-Control: max-age=-3600\n", NULL, 0, NULL },
		{ 200, "Cache-Control: max-age=2147483647\n", NULL, INT64_C(2147483647), NULL },
		{ 200, "Cache-Control: max-age=2147483648\n", NULL, INT64_C(2147483648), NULL },
		{ 200, "Cache-Control: max-age=99999999999\n", NULL, INT64_C(2147483648), NULL },
		{ 200, "Cache-Control: max-age=003600\n", NULL, 3600, NULL },
		{ 200, "Cache-Control: max-age=1.5\n", NULL, 1, NULL },
		{ 200, "Cache-Control: max-age='3600'\n", NULL, 0, NULL },
		{ 200, "Cache-Control: extension=\"max-age=3600\", max-age=1\n", NULL, 1, NULL },
		{ 200, "Cache-Control: max-age=1, extension=\"max-age=3600\"\n", NULL, 1, NULL },
		{ 200, "Cache-Control: s-maxage=60\n", NULL, 60, NULL },
		{ 200, "Cache-Control: max-age=3600, s-maxage=1\n", NULL, 1, NULL },
		{ 200, "Cache-Control: s-maxage=1, max-age=3600\n", NULL, 1, NULL },
		{ 200, "Cache-Control: max-age=3600\nCache-Control: s-maxage=1\n", NULL, 1, NULL },
		{ 200, "Cache-Control: max-age=1, s-maxage=3600\n", NULL, 3600, NULL },
		{ 200, PAST "Cache-Control: max-age=0, s-maxage=3600\n", NULL, 3600, NULL },
		{ 200, FUTURE "Cache-Control: max-age=0\n", NULL, 0, NULL },
		{ 200, "Cache-Control: max-age=3600\n" PAST, NULL, 3600, NULL },
		{ 200, "Cache-Control: max-age=3600\nExpires: 0\n", NULL, 3600, NULL },
		{ 200, "Cache-Control: immutable, max-age=5\n", NULL, 5, NULL },
		{ 200, "Cache-Control: public\n", NULL, NOT, "no freshness" },
		{ 200, "Pragma: no-cache\nCache-Control: max-age=9\n", NULL, 9, NULL }, /* 5.4: of requests only */
		{ 200, "Cache-Control: no-cache\n", NULL, 0, "no-cache" },
		{ 200, "Cache-Control: no-cache, max-age=10\n", NULL, 10, NULL },
	};
	struct cache_policy p = fixture_policy();

	check_rows(&p, rows, COUNT(rows));
}

/* RFC 9111 5.3, RFC 9110 5.6.7 */
static void expires(void **state)
{
	static const struct row rows[] = {
		{ 200, FIXTURE_DATE FUTURE, NULL, 86400, "expires" },
		{ 200, FUTURE, NULL, 86400, NULL },
		{ 200, FIXTURE_DATE PAST, NULL, 0, NULL },
		{ 200, FIXTURE_DATE "Expires: Thu, 10 Oct 2024 00:00:00 GMT\n", NULL, 0, NULL },
		/* Measured against Date: both clocks fast. */
		{ 200, "Date: Thu, 10 Oct 2024 00:06:40 GMT\nExpires: Thu, 10 Oct 2024 00:05:00 GMT\n", NULL, 0, NULL },
		{ 200, "Date: foo\nExpires: Thu, 10 Oct 2024 00:00:10 GMT\n", NULL, 10, NULL },
		{ 200, "Expires: 0\n", NULL, 0, NULL },
		{ 200, "Expires:\n", NULL, 0, NULL },
		{ 200, FUTURE FUTURE, NULL, 0, NULL },
		{ 200, "Expires: Sun, 21 Nov 2286 04:46:39 GMT\n", NULL, INT64_C(2147483648), NULL },
		/* 4.2: any case of names */
		{ 200, "Expires: FRI, 11 Oct 2024 00:00:00 GMT\n", NULL, 86400, NULL },
		{ 200, "Expires: Fri, 11 OCT 2024 00:00:00 GMT\n", NULL, 86400, NULL },
		{ 200, "Expires: Fri, 11 oct 2024 00:00:00 gMT\n", NULL, 86400, NULL },
		{ 200, "Expires: friDAY, 11-oCT-24 00:00:00 gmt\n", NULL, 86400, NULL },
		{ 200, "Expires: fri OCT 11 00:00:00 2024\n", NULL, 86400, NULL },
		{ 200, "Expires: Thursday, 18-Aug-50 02:01:18 GMT\n", NULL, INT64_C(815882478), NULL },
		{ 200, "Expires: Fri, 11 Oct 2024 00:00:00 UTC\n", NULL, 0, NULL },
		{ 200, "Expires: Fri, 11 Oct 2024 00:00:00 AEST\n", NULL, 0, NULL },
		{ 200, "Expires: Fri, 11 Oct 24 00:00:00 GMT\n", NULL, 0, NULL },
		{ 200, "Expires: Fri 11 Oct 2024 00:00:00 GMT\n", NULL, 0, NULL },
		{ 200, "Expires: Fri, 11  Oct  2024 00:00:00 GMT\n", NULL, 0, NULL },
		{ 200, "Expires: Fri, 11-Oct-2024 00:00:00 GMT\n", NULL, 0, NULL },
		{ 200, "Expires: Fri, 11 Oct 2024 00.00.00 GMT\n", NULL, 0, NULL },
		{ 200, "Expires: Fri, 11 Oct 2024 0:00:00 GMT\n", NULL, 0, NULL },
		{ 200, "Expires: Friday, 11-Oct-24 00:00:00 GMT and much more than any date is\n", NULL, 0, NULL },
	};
	struct cache_policy p = fixture_policy();

	check_rows(&p, rows, COUNT(rows));
}

/* RFC 9111 section 3, 3.5, 5.2.2; edge.md 2.4, 2.5 */
static void refusals(void **state)
{
	static const struct row rows[] = {
		{ 200, "Cache-Control: no-store\n", NULL, NOT, "no-store" },
		{ 200, "Cache-Control: No-StOrE\n", NULL, NOT, "no-store" },
		{ 200, "Cache-Control: max-age=10000, no-store\n" FUTURE, NULL, NOT, "no-store" },
		{ 200, "Cache-Control: private, max-age=3600\n", NULL, NOT, "private" },
		{ 200, "Cache-Control: private=\"set-cookie\", max-age=3600\nSet-Cookie: a=b\n", NULL, 3600, NULL },
		{ 200, "Cache-Control: no-cache=\"Set-Cookie\", max-age=3600\nSet-Cookie: a=b\n", NULL, 3600, NULL },
		{ 200, "Cache-Control: private=\"x, y\", max-age=3600\nSet-Cookie: a=b\n", NULL, NOT, "set-cookie" },
		{ 200, "Cache-Control: max-age=3600\nSet-Cookie: a=b\n", NULL, NOT, "set-cookie" },
		{ 200, "Cache-Control: max-age=3600\nSet-Cookie2: a=b\n", NULL, 3600, NULL },
		{ 200, "Cache-Control: max-age=3600\n", "Authorization: FOO\n", NOT, "authorization" },
		{ 200, "Cache-Control: max-age=3600, public\n", "Authorization: FOO\n", 3600, NULL },
		{ 200, "Cache-Control: max-age=3600, must-revalidate\n", "Authorization: FOO\n", 3600, NULL },
		{ 200, "Cache-Control: s-maxage=3600\n", "Authorization: FOO\n", 3600, NULL },
		{ 200, "Cache-Control: max-age=3600, proxy-revalidate\n", "Authorization: FOO\n", NOT, NULL },
		{ 200, "Cache-Control: max-age=3600\n", "Cookie: a=b\n", 3600, NULL },
		{ 200, "Cache-Control: max-age=3600\nVary: *\n", NULL, NOT, "vary *" },
		{ 200, "Cache-Control: max-age=3600\nVary: Foo, *\n", NULL, NOT, "vary *" },
		{ 200, "Cache-Control: max-age=3600\nVary: , *\n", NULL, NOT, "vary *" },
		{ 200, "Cache-Control: max-age=3600\nVary:\nVary: *\n", NULL, NOT, "vary *" },
		{ 200, "Cache-Control: max-age=3600\nVary: Foo\n", NULL, 3600, NULL },
		{ 206, "Cache-Control: max-age=3600\nContent-Range: bytes 0-1/2\n", NULL, NOT, "status" },
		{ 304, "Cache-Control: max-age=3600\n", NULL, NOT, "status" },
		{ 103, "Cache-Control: max-age=3600\n", NULL, NOT, "status" },
		/* 5.2.2.3 */
		{ 200, "Cache-Control: max-age=3600, no-store, must-understand\n", NULL, 3600, NULL },
		{ 599, "Cache-Control: max-age=3600, no-store, must-understand\n", NULL, NOT, "must-understand" },
		{ 599, "Cache-Control: max-age=3600, must-understand\n", NULL, NOT, "must-understand" },
	};
	struct cache_policy p = fixture_policy();

	check_rows(&p, rows, COUNT(rows));
}

/* RFC 9111 4.2.2, RFC 9110 15.1, with bypass by default */
static void heuristics(void **state)
{
	static const uint16_t yes[] = { 200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501 };
	static const uint16_t no[] = { 201, 202, 302, 303, 307, 400, 403, 500, 502, 503, 504, 599 };
	static const struct row rows[] = {
		{ 599, CHANGED "Cache-Control: public\n", NULL, 8640, "last-modified" },
		{ 200, "Last-Modified: Mon, 10 Oct 2022 00:00:00 GMT\n", NULL, 86400, NULL }, /* at most a day */
		{ 200, "Last-Modified: Wed, 09 Oct 2024 23:59:55 GMT\n", NULL, NOT, "no freshness" },
		{ 200, "Last-Modified: Fri, 11 Oct 2024 00:00:00 GMT\n", NULL, NOT, NULL },
		{ 200, "Last-Modified: yesterday\n", NULL, NOT, NULL },
		{ 200, CHANGED PAST, NULL, 0, "expires" }, /* never with explicit freshness */
		{ 200, CHANGED "Cache-Control: max-age=1\n", NULL, 1, NULL },
		{ 200, CHANGED "Pragma: no-cache\n", NULL, 8640, NULL },
		{ 200, CHANGED "Content-Disposition: attachment\n", NULL, 8640, NULL },
	};
	struct cache_policy p = fixture_policy();

	check_rows(&p, rows, COUNT(rows));
	for (size_t i = 0; i < COUNT(yes); i++)
		check_rows(&p, &(struct row){ yes[i], CHANGED, NULL, 8640, "last-modified" }, 1);
	for (size_t i = 0; i < COUNT(no); i++)
		check_rows(&p, &(struct row){ no[i], CHANGED, NULL, NOT, "no freshness" }, 1);
}

/* RFC 9111 section 3: any final status with explicit freshness */
static void explicit_statuses(void **state)
{
	static const uint16_t all[] = { 200, 203, 204, 299, 301, 302, 303, 307, 308, 400,
					404, 410, 499, 500, 502, 503, 504, 599, 999 };
	struct cache_policy p = fixture_policy();

	for (size_t i = 0; i < COUNT(all); i++) {
		check_rows(&p, &(struct row){ all[i], "Cache-Control: max-age=100000\n", NULL, 100000, NULL }, 1);
		check_rows(&p, &(struct row){ all[i], FIXTURE_DATE PAST CHANGED, NULL, 0, "expires" }, 1);
	}
}

/* edge.md 2.2: what the headers leave open goes by the table */
static void defaults(void **state)
{
	static const struct row rows[] = {
		{ 200, "", NULL, 7200, "default" },
		{ 301, "", NULL, 7200, NULL },
		{ 302, "", NULL, 1200, NULL },
		{ 303, "", NULL, 1200, NULL },
		{ 404, "", NULL, 180, NULL },
		{ 410, "", NULL, 180, NULL },
		{ 203, "", NULL, NOT, "no freshness" },
		{ 206, "", NULL, NOT, "status" },
		{ 307, "", NULL, NOT, NULL },
		{ 403, "", NULL, NOT, NULL },
		{ 500, "", NULL, NOT, NULL },
		{ 200, CHANGED, NULL, 7200, "default" }, /* the table, not the heuristic */
		{ 203, CHANGED, NULL, NOT, NULL },
		{ 200, "Cache-Control: public\n", NULL, 7200, NULL },
		{ 200, "Cache-Control: max-age=5\n", NULL, 5, NULL },
		{ 200, "Cache-Control: no-cache\n", NULL, 0, NULL },
		{ 200, FUTURE, NULL, 86400, NULL },
		{ 200, "Expires: never\n", NULL, 0, NULL },
		{ 500, "Cache-Control: max-age=5\n", NULL, 5, NULL },
		{ 200, "Set-Cookie: a=b\n", NULL, NOT, "set-cookie" },
		{ 200, "", "Authorization: x\n", NOT, "authorization" },
	};
	struct cache_policy p = fixture_policy();

	p.edge_ttl_mode = EDGE_TTL_RESPECT_ORIGIN;
	check_rows(&p, rows, COUNT(rows));
}

/* RFC 9213; edge.md 2.3 */
static void targeted(void **state)
{
	static const struct row rows[] = {
		{ 200, "CDN-Cache-Control: max-age=3600\n", NULL, 3600, "cdn-cache-control" },
		{ 200, "CDN-Cache-Control: max-age=99999999999\n", NULL, INT64_C(2147483648), NULL },
		{ 200, "CDN-Cache-Control: max-age=0\n" FUTURE, NULL, 0, "cdn-cache-control" },
		{ 200, "CDN-Cache-Control: foobar, max-age=3600\n", NULL, 3600, NULL },
		{ 200, "CDN-Cache-Control: max-age=3600\n" PAST, NULL, 3600, NULL },
		{ 200, "CDN-Cache-Control: max-age=3600\nExpires: 0\n", NULL, 3600, NULL },
		{ 200, "CDN-Cache-Control: max-age=3600\nCache-Control: max-age=1\n", NULL, 3600, NULL },
		{ 200, "CDN-Cache-Control: max-age=1\nCache-Control: max-age=3600\n", NULL, 1, NULL },
		{ 200, "CDN-Cache-Control: private\nCache-Control: max-age=10000\n" FUTURE, NULL, NOT, "private" },
		{ 200, "CDN-Cache-Control: no-store\nCache-Control: max-age=10000\n", NULL, NOT, "no-store" },
		{ 200, "CDN-Cache-Control: no-cache\nCache-Control: max-age=10000\n", NULL, 0, "no-cache" },
		{ 200, "CDN-Cache-Control: max-age=10000\nCache-Control: no-store\n", NULL, 10000, NULL },
		/* not a dictionary, or of another type: the whole field does not count */
		{ 200, "CDN-Cache-Control: max-age=10000, &&&&&\nCache-Control: no-store\n", NULL, NOT, "no-store" },
		{ 200, "CDN-Cache-Control: max-age=\"10000\"\nCache-Control: no-store\n", NULL, NOT, "no-store" },
		{ 200, "CDN-Cache-Control: max-age =100\nCache-Control: max-age=1\n", NULL, 1, NULL },
		{ 200, "CDN-Cache-Control:\nCache-Control: max-age=1\n", NULL, 1, "cache-control" },
		/* nothing in it: Cache-Control and Expires are not asked all the same (RFC 9213 2.2) */
		{ 200, "CDN-Cache-Control: foo\nCache-Control: max-age=1\n" FUTURE, NULL, NOT, "no freshness" },
		{ 200, "Cloudflare-CDN-Cache-Control: max-age=7\nCDN-Cache-Control: max-age=8\n", NULL, 7,
		  "cloudflare-cdn-cache-control" },
		{ 200, "Cloudflare-CDN-Cache-Control: no-store\nCDN-Cache-Control: max-age=8\n", NULL, NOT, NULL },
		{ 200, "Surrogate-Control: content=\"ESI/1.0\"\nCache-Control: no-store\n" FUTURE, NULL, 86400,
		  "expires" },
		{ 200, "Surrogate-Control: max-age=60\nCache-Control: max-age=5\n", NULL, 60, "surrogate-control" },
		{ 200, "Surrogate-Control: no-store\nCache-Control: max-age=5\n", NULL, NOT, "no-store" },
		{ 200, "CDN-Cache-Control: max-age=9\nSurrogate-Control: no-store\n", NULL, 9, NULL },
		{ 200, "CDN-Cache-Control: max-age=9\n", "Authorization: x\n", NOT, "authorization" },
		{ 200, "CDN-Cache-Control: max-age=9, public\n", "Authorization: x\n", 9, NULL },
	};
	struct cache_policy p = fixture_policy();

	check_rows(&p, rows, COUNT(rows));
}

/* edge.md 2.3 (1), 2.13 */
static void rules(void **state)
{
	static const struct row rows[] = {
		{ 200, "", NULL, 300, "rule: edge ttl" },
		{ 200, "Cache-Control: no-store\n", NULL, 300, NULL },
		{ 200, "Cache-Control: private\n", NULL, 300, NULL },
		{ 200, "Cache-Control: no-cache\n", NULL, 300, NULL },
		{ 200, "Cache-Control: max-age=5\nSet-Cookie: a=b\n", NULL, 300, NULL },
		{ 200, "CDN-Cache-Control: max-age=5\n", NULL, 300, NULL },
		{ 200, "Vary: *\n", NULL, NOT, "vary *" },
		{ 200, "", "Authorization: x\n", NOT, "authorization" },
		{ 200, "Cache-Control: public\n", "Authorization: x\n", 300, NULL },
		{ 206, "", NULL, NOT, "status" },
		{ 599, "", NULL, 300, NULL },
		{ 404, "Cache-Control: max-age=5\n", NULL, 60, "rule: status ttl" },
		{ 500, "Cache-Control: max-age=5\n", NULL, NOT, "rule: status ttl" },
		{ 503, "", NULL, 1, "rule: status ttl" }, /* the exact status before the range */
		{ 302, "Cache-Control: max-age=5\n", NULL, 0, NULL },
	};
	struct cache_policy p = fixture_policy();
	struct cache_meta m;

	p.edge_ttl_mode = EDGE_TTL_OVERRIDE_ORIGIN;
	p.edge_ttl_s = 300;
	struct status_ttl rows_of_status[] = {
		{ 404, 404, 60 }, { 503, 503, 1 }, { 500, 599, -1 }, { 302, 302, 0 }, { 599, 599, 300 }
	};
	p.status_ttls = rows_of_status;
	p.status_ttls_n = sizeof rows_of_status / sizeof rows_of_status[0];
	check_rows(&p, rows, COUNT(rows));
	judge(&p, &(struct row){ .status = 302, .response = "" }, &m);
	assert_true(m.no_cache);
	judge(&p, &(struct row){ .status = 200, .response = "Cache-Control: no-cache, s-maxage=1\n" }, &m);
	assert_false(m.no_cache);
	assert_false(m.must_revalidate);
	judge(&p, &(struct row){ .status = 200, .response = "Cache-Control: must-revalidate\n" }, &m);
	assert_true(m.must_revalidate);
	p.edge_ttl_mode = EDGE_TTL_RESPECT_ORIGIN;
	check_rows(&p, &(struct row){ 404, "Cache-Control: max-age=5\n", NULL, 60, "rule: status ttl" }, 1);
	check_rows(&p, &(struct row){ 200, "Cache-Control: max-age=5\n", NULL, 5, NULL }, 1);
}

static void flags(void **state)
{
	static const struct {
		const char *response;
		bool no_cache, must_revalidate, validator, no_transform;
		int64_t swr_s, sie_s;
	} rows[] = {
		{ "Cache-Control: max-age=1\n", false, false, false, false, 0, 0 },
		{ "Cache-Control: max-age=1, no-cache\nETag: \"a\"\n", true, false, true, false, 0, 0 },
		{ "Cache-Control: max-age=1, no-cache=\"a\"\n", false, false, false, false, 0, 0 },
		{ "Cache-Control: max-age=1, must-revalidate\n", false, true, false, false, 0, 0 },
		{ "Cache-Control: max-age=1, proxy-revalidate\n", false, true, false, false, 0, 0 },
		{ "Cache-Control: s-maxage=1\nLast-Modified: x\n", false, true, true, false, 0, 0 },
		{ "Cache-Control: max-age=1, stale-while-revalidate=5, stale-if-error=7\nETag:\n", false, false, false,
		  false, 5, 7 },
		{ "Cache-Control: no-transform\nCDN-Cache-Control: max-age=5, must-revalidate\n", false, true, false,
		  true, 0, 0 },
		/* Cache-Control plays no part beside a targeted field. */
		{ "Cache-Control: must-revalidate, no-cache\nCDN-Cache-Control: max-age=5, stale-if-error=9\n", false,
		  false, false, false, 0, 9 },
	};
	struct cache_policy p = fixture_policy();

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cache_meta m;
		judge(&p, &(struct row){ .response = rows[i].response }, &m);
		assert_int_equal(m.no_cache, rows[i].no_cache);
		assert_int_equal(m.must_revalidate, rows[i].must_revalidate);
		assert_int_equal(m.has_validator, rows[i].validator);
		assert_int_equal(m.no_transform, rows[i].no_transform);
		assert_int_equal(m.swr_s, rows[i].swr_s);
		assert_int_equal(m.sie_s, rows[i].sie_s);
	}
}

/* RFC 9111 4.2.3, 5.1 */
static void ages(void **state)
{
	static const struct {
		const char *response;
		int64_t delay_s, age_s;
	} rows[] = {
		{ "", 0, 0 },
		{ FIXTURE_DATE, 0, 0 },
		{ FIXTURE_DATE, 5, 5 }, /* the answer may have been made right after it was asked for */
		{ "Date: Wed, 09 Oct 2024 22:00:00 GMT\n", 0, 7200 },
		{ "Date: Thu, 10 Oct 2024 02:00:00 GMT\n", 0, 0 }, /* fast clock */
		{ "Date: Wed, 09 Oct 2024 22:00:00 GMT\nAge: 30\n", 0, 7200 },
		{ "Age: 30\n", 2, 32 },
		{ "Age: abc\n", 0, 0 },
		{ "Age: -7200\n", 0, 0 },
		{ "Age: 7200.0\n", 0, 0 },
		{ "Age:\n", 0, 0 },
		{ "Age: 2147483647\n", 0, INT64_C(2147483647) },
		{ "Age: 2147483648\n", 1, INT64_C(2147483648) },
		{ "Age: 99999999999999999999999\n", 0, INT64_C(2147483648) },
		{ "Age: 7200, 0\n", 0, 7200 },
		{ "Age: 0, 7200\n", 0, 0 },
		{ "Age: 7200\nAge: 0\n", 0, 7200 },
		{ "Age: 0\nAge: 7200\n", 0, 0 },
		{ "Age: 0, 0\n", 0, 0 },
		{ "Age: 7200;foo=bar\n", 0, 0 },
	};
	struct cache_policy p = fixture_policy();

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fixture_head q = fixture_head(NULL), h = fixture_head(rows[i].response);
		struct cache_request request = fixture_request(&q);
		struct cache_response r = fixture_response(200, &h);
		struct cache_meta m;
		r.request_s = FIXTURE_NOW - rows[i].delay_s;
		cache_judge_response(&p, &request, &r, &m);
		assert_int_equal(m.age_at_response_s, rows[i].age_s);
		assert_int_equal(m.response_s, FIXTURE_NOW);
	}
}

static void methods(void **state)
{
	struct cache_policy p = fixture_policy();
	struct fixture_head q = fixture_head(NULL), h = fixture_head("Cache-Control: max-age=9\n");
	struct cache_request request = fixture_request(&q);
	struct cache_response r = fixture_response(200, &h);
	struct cache_meta m;

	request.method = METHOD_HEAD;
	cache_judge_response(&p, &request, &r, &m);
	assert_true(m.store);
	request.method = METHOD_POST;
	cache_judge_response(&p, &request, &r, &m);
	assert_false(m.store);
	assert_string_equal(m.why, "method");
}

int test_judge(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lifetimes),
		cmocka_unit_test(expires),
		cmocka_unit_test(refusals),
		cmocka_unit_test(heuristics),
		cmocka_unit_test(explicit_statuses),
		cmocka_unit_test(defaults),
		cmocka_unit_test(targeted),
		cmocka_unit_test(rules),
		cmocka_unit_test(flags),
		cmocka_unit_test(ages),
		cmocka_unit_test(methods),
	};

	return cmocka_run_group_tests_name("cache/judge", tests, NULL, NULL);
}
