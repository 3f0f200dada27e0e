/* SPDX-License-Identifier: Apache-2.0 */
/* test_app: apps as plan items. */
#include "test_model.h"

#include "model/app.h"

#define APP(more)                                                                                                      \
	"{\"kind\":\"app\",\"name\":\"my-app\",\"id\":\"5343\",\"status\":\"running\",\"hosts\":[\"My-App.test.\","    \
	"\"*.b.test\"],\"default_host\":\"my-app.test\",\"generation\":7,\"instances\":[{\"name\":\"web-1\",\"id\":"   \
	"\"i1\",\"address\":\"127.0.0.1:4001\"}]" more "}"

static enum err read_app(const char *json, struct app **ret, struct diag *d)
{
	struct limits limits;

	limits_init(&limits);
	diag_init(d);
	return app_from_json(slice_str(json), 3, &limits, ret, d);
}

static void an_app_is_read(void **state)
{
	char where[KIND_WHERE_BYTES];
	struct diag d;
	struct app *a;

	assert_int_equal(
		read_app(APP(",\"canonical\":\"my-app.test\",\"force_https\":true,\"sticky_session\":true,"
			     "\"router_logs\":true,\"in_flight\":4,\"pages\":{\"error\":\"<p>\",\"no_front\":\"<q>\"},"
			     "\"timeouts\":{\"read_ms\":50,\"first_byte_ms\":40,\"connect_ms\":30}"),
			 &a, &d),
		OK);
	assert_int_equal(a->revision, 3);
	assert_int_equal(a->status, APP_RUNNING);
	assert_true(slice_eq(a->name, SLICE("my-app")) && slice_eq(a->id, SLICE("5343")));
	assert_int_equal(a->hosts_n, 2);
	assert_true(slice_eq(a->hosts[0], SLICE("my-app.test")) && slice_eq(a->hosts[1], SLICE("*.b.test")));
	assert_true(slice_eq(a->canonical, SLICE("my-app.test")));
	assert_true(slice_eq(a->default_host, SLICE("my-app.test")));
	assert_true(a->force_https && a->sticky_session && a->router_logs);
	assert_int_equal(a->generation, 7);
	assert_int_equal(a->in_flight, 4);
	assert_int_equal(a->instances_n, 1);
	assert_true(slice_eq(a->instances[0].name, SLICE("web-1")) && slice_eq(a->instances[0].id, SLICE("i1")));
	assert_int_equal(a->instances[0].at.port, 4001);
	assert_true(slice_eq(a->pages[APP_PAGE_ERROR], SLICE("<p>")) && a->pages[APP_PAGE_TIMEOUT].n == 0);
	assert_true(slice_eq(a->pages[APP_PAGE_NO_FRONT], SLICE("<q>")));
	assert_true(a->connect_ms == 30 && a->first_byte_ms == 40 && a->read_ms == 50);
	assert_true(slice_eq(app_kind.claim(a, 1, where), SLICE("*.b.test")));
	assert_string_equal(where, "hosts[1]");
	assert_int_equal(app_kind.claim(a, 2, where).n, 0);
	app_ref(a);
	app_unref(a);
	app_unref(a);
	app_unref(NULL);
}

static void what_is_absent_has_its_default(void **state)
{
	struct diag d;
	struct app *a;

	assert_int_equal(read_app(APP(""), &a, &d), OK);
	assert_true(!a->force_https && !a->sticky_session && !a->router_logs && a->in_flight == 0);
	assert_true(a->canonical.n == 0 && a->connect_ms == 0 && a->first_byte_ms == 0 && a->read_ms == 0);
	app_unref(a);
}

static void what_is_no_app_is_refused(void **state)
{
	static const struct {
		const char *json, *where;
	} bad[] = {
		{ APP(",\"more\":1"), "more" },
		{ APP(",\"canonical\":\"other.test\""), "canonical" },
		{ APP(",\"canonical\":\"*.b.test\""), "canonical" },
		{ APP(",\"in_flight\":-1"), "in_flight" },
		{ APP(",\"force_https\":1"), "force_https" },
		{ APP(",\"pages\":{\"gone\":\"x\"}"), "pages.gone" },
		{ APP(",\"timeouts\":{\"read_ms\":0}"), "timeouts.read_ms" },
		{ "{\"kind\":\"app\"}", "name" },
		{ "{\"kind\":\"app\",\"name\":\"a b\",\"id\":\"1\",\"status\":\"running\",\"hosts\":[\"a.test\"],"
		  "\"default_host\":\"a.test\",\"generation\":1,\"instances\":[]}",
		  "name" },
		{ "{\"kind\":\"app\",\"name\":\"a\",\"id\":\"1\",\"status\":\"dead\",\"hosts\":[\"a.test\"],"
		  "\"default_host\":\"a.test\",\"generation\":1,\"instances\":[]}",
		  "status" },
		{ "{\"kind\":\"app\",\"name\":\"a\",\"id\":\"1\",\"status\":\"running\",\"hosts\":[],"
		  "\"default_host\":\"a.test\",\"generation\":1,\"instances\":[]}",
		  "hosts" },
		{ "{\"kind\":\"app\",\"name\":\"a\",\"id\":\"1\",\"status\":\"running\",\"hosts\":[\"a.test\",\"A.test."
		  "\"],"
		  "\"default_host\":\"a.test\",\"generation\":1,\"instances\":[]}",
		  "hosts[1]" },
		{ "{\"kind\":\"app\",\"name\":\"a\",\"id\":\"1\",\"status\":\"running\",\"hosts\":[\"192.0.2.1\"],"
		  "\"default_host\":\"a.test\",\"generation\":1,\"instances\":[]}",
		  "hosts[0]" },
		{ "{\"kind\":\"app\",\"name\":\"a\",\"id\":\"1\",\"status\":\"running\",\"hosts\":[\"a.test\"],"
		  "\"default_host\":\"a.test\",\"generation\":1,\"instances\":[{\"name\":\"web-1\",\"id\":\"1\","
		  "\"address\":\"localhost:80\"}]}",
		  "instances[0].address" },
		{ "{\"kind\":\"app\",\"name\":\"a\",\"id\":\"1\",\"status\":\"running\",\"hosts\":[\"a.test\"],"
		  "\"default_host\":\"a.test\",\"generation\":1,\"instances\":[{\"name\":\"w\",\"id\":\"1\","
		  "\"address\":"
		  "\"127.0.0.1:80\"},{\"name\":\"w\",\"id\":\"2\",\"address\":\"127.0.0.1:81\"}]}",
		  "instances[1]" },
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct diag d;
		struct app *a;
		assert_int_equal(read_app(bad[i].json, &a, &d), ERR_PLAN);
		assert_string_equal(d.where, bad[i].where);
	}
}

int test_app(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_app_is_read),
		cmocka_unit_test(what_is_absent_has_its_default),
		cmocka_unit_test(what_is_no_app_is_refused),
	};

	return cmocka_run_group_tests_name("app", tests, NULL, NULL);
}
