/* SPDX-License-Identifier: Apache-2.0 */
/* test_routes: which paths lead where, decoding, and that docs/API.md has a row for every route. */
#include "test_api.h"

#include "api/api_int.h"
#include "api/routes.h"
#include "base/buf.h"

#include <stdio.h>

static const struct api_route *find(struct api_call *call, enum method method, const char *path, bool *ret_other)
{
	static struct arena_pool pool;

	*call = (struct api_call){ .method = method, .path = slice_str(path) };
	arena_init(&call->arena, &pool, 1 << 20);
	const struct api_route *r = api_routes_find(call, ret_other);
	call->route = r;
	return r;
}

static void paths_lead_to_routes(void **state)
{
	static const struct {
		enum method method;
		const char *path, *route;
		bool other;
	} rows[] = {
		{ METHOD_GET, "/client/v4/zones", "zones", false },
		{ METHOD_GET, "/client/v4/zones/", "zones", false },
		{ METHOD_HEAD, "/client/v4/zones", "zones", false },
		{ METHOD_GET, "/client/v4/zones/x.test", "zones/:zone", false },
		{ METHOD_GET, "/client/v4/zones/x.test/dns_records/export", "zones/:zone/dns_records/export", false },
		{ METHOD_GET, "/client/v4/zones/x.test/dns_records/abc", "zones/:zone/dns_records/:record", false },
		{ METHOD_GET, "/client/v4/user/tokens/verify", "user/tokens/verify", false },
		{ METHOD_GET, "/healthz", "/healthz", false },
		{ METHOD_GET, "/client/v4/healthz", NULL, false },
		{ METHOD_GET, "/zones", NULL, false },
		{ METHOD_GET, "/client/v4", NULL, false },
		{ METHOD_GET, "/client/v4//zones", NULL, false },
		{ METHOD_GET, "/client/v4/zones//", NULL, false },
		{ METHOD_PUT, "/client/v4/zones", NULL, true },
		{ METHOD_GET, "/client/v4/zones/%2", NULL, false },
		{ METHOD_GET, "/client/v4/zones/%00", NULL, false },
		{ METHOD_GET, "*", NULL, false },
		{ METHOD_GET, "/a/b/c/d/e/f/g/h/i/j/k/l/m/n", NULL, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct api_call call;
		bool other;
		const struct api_route *r = find(&call, rows[i].method, rows[i].path, &other);
		if (!r != !rows[i].route || (r && strcmp(r->path, rows[i].route) != 0))
			fail_msg("%s leads to %s", rows[i].path, r ? r->path : "nothing");
		assert_int_equal(other, rows[i].other);
		arena_reset(&call.arena);
	}
}

static void parameters_and_queries_are_decoded(void **state)
{
	struct api_call call;
	bool other;

	assert_non_null(find(&call, METHOD_GET, "/client/v4/zones/m%C3%BCnchen.test/dns_records/a%2Fb", &other));
	assert_true(slice_eq(api_param(&call, "zone"), SLICE("m\xc3\xbcnchen.test")));
	assert_true(slice_eq(api_param(&call, "record"), SLICE("a/b")));
	assert_int_equal(api_param(&call, "nothing").n, 0);
	call.query = SLICE("a=1&name.exact=x%20y+z&tag=one&tag=two&bad=%zz&latin1=%fc&empty=&flag");
	assert_string_equal(api_query(&call, "a"), "1");
	assert_string_equal(api_query(&call, "name.exact"), "x y z");
	assert_string_equal(api_query_at(&call, "tag", 1), "two");
	assert_null(api_query_at(&call, "tag", 2));
	assert_null(api_query(&call, "bad"));
	assert_null(api_query(&call, "latin1"));
	assert_string_equal(api_query(&call, "empty"), "");
	assert_string_equal(api_query(&call, "flag"), "");
	assert_null(api_query(&call, "nothing"));
	arena_reset(&call.arena);
	/* JSON cannot hold what is no UTF-8: no handler sees it. */
	assert_null(find(&call, METHOD_GET, "/client/v4/zones/m%FCnchen.test/dns_records", &other));
	arena_reset(&call.arena);
	assert_null(find(&call, METHOD_GET, "/client/v4/zones/m\xfcnchen.test/dns_records", &other));
	arena_reset(&call.arena);
}

static const char *method_name(enum method m)
{
	switch ((int)m) {
	case METHOD_GET:
		return "GET";
	case METHOD_POST:
		return "POST";
	case METHOD_PUT:
		return "PUT";
	case METHOD_PATCH:
		return "PATCH";
	default:
		return "DELETE";
	}
}

/* A row names "METHOD path", or the path for all its methods. */
static bool has_row(struct slice page, enum method method, const char *path)
{
	char want[200];

	snprintf(want, sizeof want, "`%s %s`", method_name(method), path);
	if (slice_contains(page, slice_str(want)))
		return true;
	snprintf(want, sizeof want, "`%s`", path);
	return slice_contains(page, slice_str(want));
}

/* What is below an account or a user is the same as below a zone, or as tokens of the user. */
static bool has_twin(struct slice page, const struct api_route *r)
{
	static const char *const fronts[] = { "accounts/:account/", "user/" }, *const twins[] = { "zones/:zone/",
												  "user/" };
	char path[200];

	for (size_t i = 0; i < 2; i++) {
		if (!slice_starts(slice_str(r->path), slice_str(fronts[i])))
			continue;
		for (size_t k = 0; k < 2; k++) {
			snprintf(path, sizeof path, "%s%s", twins[k], r->path + strlen(fronts[i]));
			if (has_row(page, r->method, path))
				return true;
		}
	}
	return false;
}

static void the_page_has_a_row_for_every_route(void **state)
{
	struct buf page;
	FILE *f = fopen(TEST_API_PAGE, "re");
	int missing = 0;
	char *at;

	assert_non_null(f);
	buf_init(&page, 1 << 20);
	for (size_t n; (at = buf_room(&page, 4096)) && (n = fread(at, 1, 4096, f)) > 0;)
		buf_commit(&page, n);
	fclose(f);
	for (size_t i = 0; i < api_routes_count(); i++) {
		const struct api_route *r = api_routes_at(i);
		if (has_row(buf_slice(&page), r->method, r->path) || has_twin(buf_slice(&page), r))
			continue;
		print_error("docs/API.md has no row for `%s %s` (or `%s`): add it to the table of its noun\n",
			    method_name(r->method), r->path, r->path);
		missing++;
	}
	buf_fini(&page);
	assert_int_equal(missing, 0);
}

int test_routes(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_lead_to_routes),
		cmocka_unit_test(parameters_and_queries_are_decoded),
		cmocka_unit_test(the_page_has_a_row_for_every_route),
	};

	return cmocka_run_group_tests_name("routes", tests, NULL, NULL);
}
