/* SPDX-License-Identifier: Apache-2.0 */
/* test_certs: which certificate a host shows, and what an item may not be. */
#include "test_tls.h"

#include "sys/snap.h"
#include "tls/tls_certs.h"

#include <stdio.h>
#include <string.h>

static const char *shown(const struct tls_certs *t, const char *host, int64_t now_s)
{
	static char name[CERTIFICATE_NAME_MAX + 1];
	struct tls_certs_found f;

	if (!tls_certs_find(t, slice_str(host), now_s, &f))
		return "none";
	assert_non_null(f.of_type[TLS_KEY_ECDSA]);
	assert_null(f.of_type[TLS_KEY_RSA]);
	slice_cstr(f.of_type[TLS_KEY_ECDSA]->item->name, name, sizeof name);
	return name;
}

static void put(struct tls_certs *t, struct wanted w)
{
	tls_certs_publish(t, make_cert(&w));
}

static void exact_goes_before_wildcard(void **state)
{
	struct tls_certs *t = tls_certs_new();

	put(t, (struct wanted){ .name = "wild", .hosts = { "example.test", "*.example.test" } });
	put(t, (struct wanted){ .name = "www", .hosts = { "www.example.test" } });
	assert_string_equal(shown(t, "example.test", NOW_S), "wild");
	assert_string_equal(shown(t, "www.example.test", NOW_S), "www");
	assert_string_equal(shown(t, "api.example.test", NOW_S), "wild");
	assert_string_equal(shown(t, "a.b.example.test", NOW_S), "none"); /* a wildcard is for one level */
	assert_string_equal(shown(t, "other.test", NOW_S), "none");
	assert_string_equal(shown(t, "test", NOW_S), "none");
	assert_string_equal(shown(t, "", NOW_S), "none");
	assert_int_equal(tls_certs_count(t), 2);
	tls_certs_free(t);
}

static void the_best_of_several_is_shown(void **state)
{
	struct tls_certs *t = tls_certs_new();

	put(t, (struct wanted){ .name = "old", .hosts = { "a.test" }, .now_s = NOW_S - 100 * DAY_S, .days = 300 });
	put(t, (struct wanted){ .name = "new", .hosts = { "a.test" }, .now_s = NOW_S - 10 * DAY_S, .days = 20 });
	assert_string_equal(shown(t, "a.test", NOW_S), "new");
	assert_string_equal(shown(t, "a.test", NOW_S + 15 * DAY_S), "old");   /* the newer one has expired */
	assert_string_equal(shown(t, "a.test", NOW_S + 1000 * DAY_S), "new"); /* both have: still better than nothing */
	put(t,
	    (struct wanted){
		    .name = "custom", .hosts = { "a.test" }, .now_s = NOW_S - 50 * DAY_S, .days = 300, .priority = 5 });
	assert_string_equal(shown(t, "a.test", NOW_S), "custom");
	tls_certs_remove(t, SLICE("custom"));
	assert_string_equal(shown(t, "a.test", NOW_S), "new");
	tls_certs_remove(t, SLICE("custom"));
	tls_certs_remove(t, SLICE("never"));
	assert_int_equal(tls_certs_count(t), 2);
	tls_certs_free(t);
}

static void a_new_version_replaces_the_old_one(void **state)
{
	struct tls_certs *t = tls_certs_new();

	put(t, (struct wanted){ .name = "c", .hosts = { "a.test", "b.test", "b.test" } });
	put(t, (struct wanted){ .name = "c", .hosts = { "b.test", "c.test" } });
	assert_string_equal(shown(t, "a.test", NOW_S), "none");
	assert_string_equal(shown(t, "b.test", NOW_S), "c");
	assert_string_equal(shown(t, "c.test", NOW_S), "c");
	assert_int_equal(tls_certs_count(t), 1);
	tls_certs_remove(t, SLICE("c"));
	assert_string_equal(shown(t, "b.test", NOW_S), "none");
	assert_string_equal(shown(t, "c.test", NOW_S), "none");
	tls_certs_free(t);
}

static void a_host_keeps_a_bounded_number(void **state)
{
	struct tls_certs *t = tls_certs_new();
	char name[16];

	for (unsigned i = 0; i < TLS_CERTS_OF_A_HOST_MAX + 3; i++) {
		snprintf(name, sizeof name, "c%u", i);
		put(t, (struct wanted){ .name = name, .hosts = { "a.test" }, .priority = 100 - i });
	}
	assert_string_equal(shown(t, "a.test", NOW_S), "c0");
	for (unsigned i = 0; i < TLS_CERTS_OF_A_HOST_MAX; i++) {
		snprintf(name, sizeof name, "c%u", i);
		tls_certs_remove(t, slice_str(name));
	}
	assert_string_equal(shown(t, "a.test", NOW_S), "none");
	tls_certs_free(t);
}

/* ---- items ---- */

static void refused(const char *json, const char *where, const char *why)
{
	struct limits limits;
	struct diag d;
	void *object = NULL;

	limits_init(&limits);
	diag_init(&d);
	assert_int_equal(tls_cert_kind.build(slice_str(json), 1, &limits, &object, &d), ERR_PLAN);
	assert_null(object);
	assert_string_equal(d.where, where);
	if (!strstr(d.text, why))
		fail_msg("\"%s\" is not in \"%s\"", why, d.text);
}

#define ITEM "{\"kind\":\"certificate\",\"name\":\"c\",\"hosts\":[\"a.test\"]"
#define KEY ",\"key\":\"sealed1:AAAA\"}"

static void an_item_is_read_strictly(void **state)
{
	refused("{", "1:1", "");
	refused("[]", "", "object");
	refused(ITEM "}", "chain", "missing");
	refused(ITEM ",\"chain\":\"x\"" KEY, "chain", "PEM");
	refused(ITEM ",\"chain\":\"\",\"key\":\"-----BEGIN PRIVATE KEY-----\"}", "key", "not sealed");
	refused(ITEM ",\"chain\":\"\",\"more\":1" KEY, "more", "");
	refused(ITEM ",\"chain\":\"\",\"priority\":1001" KEY, "priority", "");
	refused("{\"kind\":\"certificate\",\"name\":\"A\",\"hosts\":[\"a.test\"],\"chain\":\"\"" KEY, "name",
		"lower-case");
	refused("{\"kind\":\"certificate\",\"name\":\"c\",\"hosts\":[],\"chain\":\"\"" KEY, "hosts", "1 to");
	refused("{\"kind\":\"certificate\",\"name\":\"c\",\"hosts\":[\"a b\"],\"chain\":\"\"" KEY, "hosts[0]",
		"host name");
	refused("{\"kind\":\"certificate\",\"name\":\"c\",\"hosts\":[1],\"chain\":\"\"" KEY, "hosts[0]", "string");
}

int test_certs(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_goes_before_wildcard),         cmocka_unit_test(the_best_of_several_is_shown),
		cmocka_unit_test(a_new_version_replaces_the_old_one), cmocka_unit_test(a_host_keeps_a_bounded_number),
		cmocka_unit_test(an_item_is_read_strictly),
	};
	if (!snap_thread_start())
		return 1;
	int failed = cmocka_run_group_tests_name("certs", tests, NULL, NULL);
	snap_thread_stop();
	return failed;
}
