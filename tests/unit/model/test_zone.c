/* SPDX-License-Identifier: Apache-2.0 */
/* test_zone: which site answers for a host, and who keeps a zone alive. */
#include "test_model.h"

#include "base/check.h"
#include "model/zone_json.h"

static struct zone *zone_of(const char *json)
{
	struct limits limits;
	struct zone *z = NULL;
	struct diag d;

	limits_init(&limits);
	diag_init(&d);
	assert_int_equal(zone_from_json(slice_str(json), 7, &limits, &z, &d), OK);
	return z;
}

static const char hosts_json[] = "{\"kind\":\"zone\",\"name\":\"example.test\",\"hosts\":["
				 "{\"name\":\"example.test\",\"origins\":[\"192.0.2.1:80\"]},"
				 "{\"name\":\"www.example.test\",\"origins\":[\"192.0.2.1:80\"]},"
				 "{\"name\":\"*.example.test\",\"origins\":[\"192.0.2.2:80\"]},"
				 "{\"name\":\"*.deep.example.test\",\"origins\":[\"192.0.2.3:80\"]}]}";

static void site_is_found(void **state)
{
	static const struct {
		const char *host, *site;
	} rows[] = {
		{ "example.test", "example.test" },
		{ "www.example.test", "www.example.test" },
		{ "a.example.test", "*.example.test" },
		{ "a.b.example.test", "*.example.test" },
		{ "x.www.example.test", "*.example.test" },
		{ "a.deep.example.test", "*.deep.example.test" },
		{ "a.b.deep.example.test", "*.deep.example.test" },
		{ "deep.example.test", "*.example.test" },
		{ "other.test", NULL },
		{ "test", NULL },
		{ "notexample.test", NULL },
		{ "", NULL },
		{ ".", NULL },
	};
	struct zone *z = zone_of(hosts_json);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct site *s = zone_site(z, slice_str(rows[i].host));
		if (!rows[i].site) {
			assert_null(s);
			continue;
		}
		assert_non_null(s);
		assert_true(slice_eq(s->host, slice_str(rows[i].site)));
		assert_ptr_equal(s->zone, z);
	}
	zone_unref(z);
}

static void long_hosts_are_not_found(void **state)
{
	char host[400];
	struct zone *z = zone_of(hosts_json);

	memset(host, 'a', sizeof host);
	memcpy(host + sizeof host - 13, ".example.test", 13);
	assert_null(zone_site(z, slice_of(host, sizeof host)));
	assert_non_null(zone_site(z, slice_of(host + sizeof host - 76, 76)));
	zone_unref(z);
}

static void references_keep_it(void **state)
{
	struct zone *z = zone_of(hosts_json);

	zone_ref(z);
	zone_unref(z);
	assert_int_equal(z->magic, OBJ_ZONE);
	zone_unref(z);
	zone_unref(NULL);
}

static void ids_differ(void **state)
{
	struct zone *a = zone_of(hosts_json), *b = zone_of(hosts_json);

	assert_true(a->sites[0].id != a->sites[1].id);
	assert_true(a->sites[0].id != b->sites[0].id);
	assert_int_equal(a->revision, 7);
	zone_unref(a);
	zone_unref(b);
}

int test_zone(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(site_is_found),
		cmocka_unit_test(long_hosts_are_not_found),
		cmocka_unit_test(references_keep_it),
		cmocka_unit_test(ids_differ),
	};

	return cmocka_run_group_tests_name("zone", tests, NULL, NULL);
}
