/* SPDX-License-Identifier: Apache-2.0 */
/* Cache-Control (RFC 9111 5.2) and targeted fields (RFC 9213). */
#include "groups.h"

#include "wire/cache_control.h"

#include <stdlib.h>

enum { SECONDS_MAX = INT64_C(1) << 31 };

static struct cache_control parse2(const char *first, const char *second)
{
	struct field fields[] = {
		{ SLICE_INIT("Cache-Control"), slice_str(first), FIELD_CACHE_CONTROL },
		{ SLICE_INIT("Age"), SLICE_INIT("no-store"), FIELD_AGE },
		{ SLICE_INIT("cache-control"), slice_str(second), FIELD_CACHE_CONTROL },
	};
	struct cache_control cc;

	cache_control_parse(fields, second ? 3 : 2, FIELD_CACHE_CONTROL, &cc);
	return cc;
}

static struct cache_control parse(const char *value)
{
	return parse2(value, NULL);
}

static void absent(void **state)
{
	struct cache_control cc;

	cache_control_parse(NULL, 0, FIELD_CACHE_CONTROL, &cc);
	assert_false(cc.present);
	assert_true(cc.max_age == CC_ABSENT && cc.s_maxage == CC_ABSENT && cc.min_fresh == CC_ABSENT);
	assert_null(cc.no_cache_fields.p);
	cc = parse("");
	assert_true(cc.present);
	assert_true(cc.max_age == CC_ABSENT);
}

static void every_directive(void **state)
{
	struct cache_control cc =
		parse("max-age=1, s-maxage=2, stale-while-revalidate=3, stale-if-error=4, max-stale=5, "
		      "min-fresh=6, no-store, no-cache, must-revalidate, proxy-revalidate, public");

	assert_true(cc.max_age == 1 && cc.s_maxage == 2 && cc.stale_while_revalidate == 3 && cc.stale_if_error == 4);
	assert_true(cc.max_stale == 5 && cc.min_fresh == 6);
	assert_true(cc.no_store && cc.no_cache && cc.must_revalidate && cc.proxy_revalidate && cc.public_);
	assert_false(cc.private_ || cc.no_transform || cc.immutable || cc.only_if_cached || cc.must_understand);
	cc = parse("PRIVATE, No-Transform, immutable, only-if-cached, must-understand");
	assert_true(cc.private_ && cc.no_transform && cc.immutable && cc.only_if_cached && cc.must_understand);
	assert_false(cc.no_store || cc.no_cache || cc.public_);
}

/* RFC 9111 1.2.2 and 4.2.1: what cannot be read as a lifetime is stale. */
static void lifetimes(void **state)
{
	static const struct {
		const char *in;
		int64_t max_age;
	} rows[] = {
		{ "max-age=3600", 3600 },
		{ "MaX-aGe=3600", 3600 },
		{ "max-age=003600", 3600 },
		{ "max-age=\"3600\"", 3600 },
		{ "max-age=1.5", 1 },
		{ "max-age=3600.0", 3600 },
		{ "max-age=2147483647", 2147483647 },
		{ "max-age=2147483648", 2147483648 },
		{ "max-age=2147483649", 2147483648 },
		{ "max-age=99999999999999999999999999999", 2147483648 },
		{ "foo, max-age=5, bar=\"max-age=7\"", 5 },
		{ "foo=\"max-age=7\", max-age=5", 5 },
		{ "max-age=-1", 0 },
		{ "max-age=+1", 0 },
		{ "max-age=a1", 0 },
		{ "max-age=1a", 0 },
		{ "max-age='1'", 0 },
		{ "max-age", 0 },
		{ "max-age=", 0 },
		{ "max-age=\"\"", 0 },
		{ "max-age=\"1", 0 },
		{ "max-age=\"1\"2", 0 },
		{ "max-age=1.", 0 },
		{ "max-age=.5", 0 },
		{ "max-age=1.a", 0 },
		{ "max-age=1.5.5", 0 },
		{ "max-age= 1", 0 },
		{ "max-age =1", 0 },
		{ "max-age=1 2", 0 },
		{ "max-age=0x10", 0 },
		{ "max-age=1, max-age=2", 1 },
		{ "max-age=2, max-age=1", 1 },
		{ "max-age=2, max-age=x", 0 },
		{ "max-ages=1", CC_ABSENT },
		{ "xmax-age=1", CC_ABSENT },
		{ "max_age=1", CC_ABSENT },
		{ "\"max-age=1\"", CC_ABSENT },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct cache_control cc = parse(rows[i].in);
		if (cc.max_age != rows[i].max_age)
			fail_msg("%s: %lld", rows[i].in, (long long)cc.max_age);
	}
	assert_true(parse("s-maxage=x").s_maxage == 0);
}

static void two_lines_are_one_list(void **state)
{
	struct cache_control cc = parse2("max-age=5, no-store", "max-age=3, public");

	assert_true(cc.max_age == 3 && cc.no_store && cc.public_);
}

static void other_numbers(void **state)
{
	/* The first well-formed value counts. */
	assert_true(parse("stale-if-error=5, stale-if-error=9").stale_if_error == 5);
	assert_true(parse("stale-if-error=x, stale-if-error=9").stale_if_error == 9);
	assert_true(parse("stale-while-revalidate").stale_while_revalidate == CC_ABSENT);
	assert_true(parse("min-fresh=x").min_fresh == CC_ABSENT);
	/* RFC 9111 5.2.1.2: without a value any staleness is accepted. */
	assert_true(parse("max-stale").max_stale == SECONDS_MAX);
	assert_true(parse("max-stale=60").max_stale == 60);
}

/* RFC 9111 5.2.2.4 and 5.2.2.7: the qualified forms. */
static void field_lists(void **state)
{
	struct cache_control cc = parse("no-cache=\"Set-Cookie, X-A\", private=\"x\", max-age=1");

	assert_slice(cc.no_cache_fields, "Set-Cookie, X-A");
	assert_slice(cc.private_fields, "x");
	assert_false(cc.no_cache || cc.private_);
	assert_true(cc.max_age == 1);
	cc = parse("no-cache=set-cookie");
	assert_slice(cc.no_cache_fields, "set-cookie");
	assert_true(parse("no-cache=\"\"").no_cache);
	assert_true(parse("no-cache=\" \"").no_cache);
	assert_true(parse("no-cache=\"a").no_cache);
	assert_true(parse("no-cache=").no_cache);
	assert_true(parse("no-cache=\"a\", no-cache=\"b\"").no_cache);
	cc = parse("no-cache=\"a\", no-cache");
	assert_true(cc.no_cache);
	assert_slice(cc.no_cache_fields, "a");
}

static bool targeted2(const char *first, const char *second, struct cache_control *ret)
{
	struct field fields[] = {
		{ SLICE_INIT("CDN-Cache-Control"), slice_str(first), FIELD_CDN_CACHE_CONTROL },
		{ SLICE_INIT("CDN-Cache-Control"), slice_str(second), FIELD_CDN_CACHE_CONTROL },
	};

	return cache_control_parse_targeted(fields, second ? 2 : 1, FIELD_CDN_CACHE_CONTROL, ret);
}

static void targeted(void **state)
{
	struct cache_control cc;

	assert_true(targeted2("max-age=60, foo, no-store;x=1", NULL, &cc));
	assert_true(cc.present && cc.max_age == 60 && cc.no_store);
	/* The last of a key wins, over lines too (RFC 8941 3.2). */
	assert_true(targeted2("max-age=60, max-age=30", NULL, &cc));
	assert_true(cc.max_age == 30);
	assert_true(targeted2("max-age=30", "max-age=60", &cc));
	assert_true(cc.max_age == 60);
	assert_true(targeted2("no-store, no-store=?0", NULL, &cc));
	assert_false(cc.no_store);
	assert_true(targeted2("no-cache=\"a\", no-cache", NULL, &cc));
	assert_true(cc.no_cache && cc.no_cache_fields.p == NULL);
	assert_true(targeted2("private=\"set-cookie\"", NULL, &cc));
	assert_slice(cc.private_fields, "set-cookie");
	assert_true(targeted2("max-age=-5", NULL, &cc));
	assert_true(cc.max_age == 0);
	assert_true(targeted2("max-age=99999999999", NULL, &cc));
	assert_true(cc.max_age == SECONDS_MAX);
	assert_true(targeted2("max-stale", NULL, &cc));
	assert_true(cc.max_stale == SECONDS_MAX);
	assert_true(targeted2("", "max-age=1", &cc));
}

/* RFC 9213 2.1: empty, malformed or of other types, and the field is as if it were not there. */
static void targeted_ignored(void **state)
{
	static const char *const rows[] = { "",
					    " ",
					    "max-age=10000, &&&&&",
					    "max-age=\"10000\"",
					    "max-age =100",
					    "max-age= 100",
					    "max-age=1.5",
					    "max-age",
					    "max-age=abc",
					    "no-store=1",
					    "no-store=\"x\"",
					    "public=foo",
					    "MAX-AGE=1",
					    "max-age=1,",
					    "max-stale=?0",
					    "no-cache=token",
					    "private=(\"a\")" };
	struct cache_control cc;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (targeted2(rows[i], NULL, &cc))
			fail_msg("not ignored: %s", rows[i]);
		assert_false(cc.present);
		assert_true(cc.max_age == CC_ABSENT);
	}
	assert_false(targeted2("max-age=1", "&", &cc));
	assert_false(cache_control_parse_targeted(NULL, 0, FIELD_CDN_CACHE_CONTROL, &cc));
}

int test_cache_control(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(absent),        cmocka_unit_test(every_directive),
		cmocka_unit_test(lifetimes),     cmocka_unit_test(two_lines_are_one_list),
		cmocka_unit_test(other_numbers), cmocka_unit_test(field_lists),
		cmocka_unit_test(targeted),      cmocka_unit_test(targeted_ignored),
	};
	return cmocka_run_group_tests_name("cache_control", tests, NULL, NULL);
}
