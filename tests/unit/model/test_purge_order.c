/* SPDX-License-Identifier: Apache-2.0 */
/* test_purge_order: what may be asked to be purged, and what is said about the rest. */
#include "test_model.h"

#include "model/json_read.h"
#include "model/purge_order.h"

#include <stdio.h>

static enum err read_body(const char *text, struct purge_order **ret, struct diag *d)
{
	json_t *body;
	enum err e;

	diag_init(d);
	*ret = NULL;
	assert_int_equal(json_read_parse(slice_str(text), d, &body), OK);
	e = purge_order_of_body(body, SLICE("a.test"), ret, d);
	json_decref(body);
	return e;
}

static void forms(void **state)
{
	struct purge_order *o;
	struct diag d;

	assert_int_equal(read_body("{\"purge_everything\":true}", &o, &d), OK);
	assert_true(o->by == PURGE_ORDER_EVERYTHING && o->items_n == 0 && !o->soft);
	purge_order_free(o);
	assert_int_equal(
		read_body("{\"files\":[\"https://WWW.a.test:8443/x?y#z\",\"http://a.test\",\"http://a.test?q\","
			  "{\"url\":\"http://a.test/\\u00e4 b\",\"headers\":{\"Origin\":\" x "
			  "\",\"CF-Device-Type\":\"m\"}}]}",
			  &o, &d),
		OK);
	static const char *const files[][2] = {
		{ "www.a.test", "/x?y" }, { "a.test", "/" }, { "a.test", "/?q" }, { "a.test", "/%C3%A4%20b" }
	};
	assert_int_equal(o->items_n, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_true(slice_eq(o->items[i].host, slice_str(files[i][0])));
		assert_true(slice_eq(o->items[i].path, slice_str(files[i][1])));
		assert_int_equal(o->items[i].fields_n, i == 3 ? 2 : 0);
	}
	assert_int_equal(o->items[3].fields[0].id, FIELD_ORIGIN);
	assert_true(slice_eq(o->items[3].fields[0].value, SLICE("x")));
	purge_order_free(o);
	assert_int_equal(read_body("{\"prefixes\":[\"www.a.test/foo/\",\"A.test\"]}", &o, &d), OK);
	assert_true(slice_eq(o->items[0].path, SLICE("/foo/")) && o->items[1].path.n == 0);
	assert_true(slice_eq(o->items[1].host, SLICE("a.test")));
	purge_order_free(o);
	assert_int_equal(read_body("{\"hosts\":[\"www.A.test.\"]}", &o, &d), OK);
	assert_true(slice_eq(o->items[0].host, SLICE("www.a.test")));
	purge_order_free(o);
	assert_int_equal(read_body("{\"tags\":[\"One\"]}", &o, &d), OK);
	assert_true(slice_eq(o->items[0].tag, SLICE("One")));
	purge_order_free(o);
}

static void refusals(void **state)
{
	static const struct {
		const char *body, *where, *text;
	} rows[] = {
		{ "[]", "", "must be an object" },
		{ "{}", "", "exactly one of" },
		{ "{\"tags\":[\"a\"],\"hosts\":[\"a.test\"]}", "", "exactly one of" },
		{ "{\"purge_everything\":false}", "purge_everything", "must be true" },
		{ "{\"purge_everything\":1}", "purge_everything", "must be true or false" },
		{ "{\"everything\":true}", "everything", "known are purge_everything" },
		{ "{\"files\":[]}", "files", "1 to 500" },
		{ "{\"files\":\"http://a.test/\"}", "files", "must be an array" },
		{ "{\"files\":[1]}", "files[0]", "must be a URL" },
		{ "{\"files\":[\"/x\"]}", "files[0]", "must be a whole URL" },
		{ "{\"files\":[\"http://a.test/*\"]}", "files[0]", "no wildcards" },
		{ "{\"files\":[\"http://a.test/\",\"http://b.test/\"]}", "files[1]", "not inside the zone" },
		{ "{\"files\":[\"http://ba.test/\"]}", "files[0]", "not inside the zone" },
		{ "{\"files\":[\"http://user@a.test/\"]}", "files[0]", "not a host name" },
		{ "{\"files\":[\"http:///x\"]}", "files[0]", "not a host name" },
		{ "{\"files\":[\"http://127.0.0.1/x\"]}", "files[0]", "not a host name" },
		{ "{\"files\":[{\"headers\":{}}]}", "files[0].url", "is missing" },
		{ "{\"files\":[{\"url\":\"http://a.test/\",\"headers\":{\"a b\":\"x\"}}]}", "files[0].headers.a b",
		  "not a header name" },
		{ "{\"files\":[{\"url\":\"http://a.test/\",\"headers\":{\"a\":1}}]}", "files[0].headers.a",
		  "must be a string" },
		{ "{\"files\":[{\"url\":\"http://a.test/\",\"method\":\"x\"}]}", "files[0].method", "known are url" },
		{ "{\"tags\":[\"a b\"]}", "tags[0]", "without spaces" },
		{ "{\"tags\":[\"a,b\"]}", "tags[0]", "without spaces and commas" },
		{ "{\"tags\":[\"\"]}", "tags[0]", "1 to 1024" },
		{ "{\"tags\":[null]}", "tags[0]", "must be a string" },
		{ "{\"hosts\":[\"*.a.test\"]}", "hosts[0]", "not a host name" },
		{ "{\"prefixes\":[\"https://a.test/x\"]}", "prefixes[0]", "without scheme" },
		{ "{\"prefixes\":[\"a.test/x?y\"]}", "prefixes[0]", "without scheme, query" },
		{ "{\"prefixes\":[\"a.test/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2\"]}",
		  "prefixes[0]", "has 32 path segments, at most 31" },
	};
	struct purge_order *o;
	struct diag d;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enum err e = read_body(rows[i].body, &o, &d);
		if (e != ERR_PLAN || strcmp(d.where, rows[i].where) != 0 || !strstr(d.text, rows[i].text))
			fail_msg("%s\ngave %s at \"%s\": %s", rows[i].body, err_name(e), d.where, d.text);
		assert_null(o);
	}
}

static void many_items(void **state)
{
	static char body[16384];
	struct purge_order *o;
	struct diag d;

	for (int n = 500; n <= 501; n++) {
		char *at = body + sprintf(body, "{\"tags\":[");
		for (int i = 0; i < n; i++)
			at += sprintf(at, "%s\"t%d\"", i ? "," : "", i);
		sprintf(at, "]}");
		assert_int_equal(read_body(body, &o, &d), n == 500 ? OK : ERR_PLAN);
		purge_order_free(o);
	}
	assert_string_equal(d.where, "tags");
}

static void commands(void **state)
{
	struct purge_order *o = NULL;
	struct diag d;

	diag_init(&d);
	assert_int_equal(purge_order_of_command(
				 SLICE("{\"zone\":\"a.test\",\"id\":7,\"soft\":true,\"hosts\":[\"a.test\"]}"), &o, &d),
			 OK);
	assert_true(o->id == 7 && o->soft && slice_eq(o->zone, SLICE("a.test")) && o->items_n == 1);
	purge_order_free(o);
	o = NULL;
	assert_int_equal(purge_order_of_command(SLICE("{\"zone\":\"a.test\",\"hosts\":[\"a.test\"]}"), &o, &d),
			 ERR_PLAN);
	assert_string_equal(d.where, "id");
	assert_null(o);
}

int test_purge_order(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(forms), cmocka_unit_test(refusals),
					    cmocka_unit_test(many_items), cmocka_unit_test(commands) };

	return cmocka_run_group_tests_name("purge_order", tests, NULL, NULL);
}
