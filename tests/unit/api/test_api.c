/* SPDX-License-Identifier: Apache-2.0 */
/* test_api: requests without a network: envelopes, members of bodies, pages, turns, and rolling back. */
#include "test_api.h"

#include "api/api_int.h"
#include "state/token.h"

#include <stdio.h>
#include <stdlib.h>

static const char admin[] = "0123456789012345678901234567890123456789";

struct world {
	struct node_config node;
	struct state *state;
	struct api *api;
	int status, answers;
	char body[65536];
};

static void on_answer(void *arg, const struct api_answer *a)
{
	struct world *w = arg;

	w->answers++;
	w->status = a->status;
	assert_true(slice_cstr(a->body, w->body, sizeof w->body));
}

static struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof *w);
	uint8_t hash[CRYPTO_SHA256_BYTES];
	struct diag d;

	assert_non_null(w);
	w->node = (struct node_config){ .nameservers = { "ns1.edge.test" }, .nameservers_n = 1 };
	limits_init(&w->node.limits);
	diag_init(&d);
	assert_int_equal(state_open(":memory:", 1795647991123, &w->state, &d), OK);
	assert_int_equal(crypto_sha256(slice_str(admin), hash), OK);
	assert_int_equal(state_token_admin(w->state, hash), OK);
	const struct api_setup setup = { .state = w->state, .node = &w->node };
	w->api = api_new(&setup);
	return w;
}

static void world_free(struct world *w)
{
	api_free(w->api);
	state_close(w->state);
	free(w);
}

/* Asks as the administrator; the status. */
static int ask(struct world *w, enum method method, const char *path, const char *body)
{
	char target[400];
	struct api_call *call;

	snprintf(target, sizeof target, "/client/v4/%s", path);
	const struct api_request rq = { .method = method,
					.target = slice_str(target),
					.bearer = slice_str(admin),
					.body = slice_str(body),
					.client = { 4, { 192, 0, 2, 7 } } };
	w->answers = 0;
	api_ask(w->api, &rq, on_answer, w, &call);
	assert_int_equal(w->answers, 1);
	return w->status;
}

static void an_envelope_is_compact_and_in_order(void **state)
{
	struct world *w = world_new();

	assert_int_equal(ask(w, METHOD_GET, "zones", ""), 200);
	assert_string_equal(w->body, "{\"result\":[],\"success\":true,\"errors\":[],\"messages\":[],\"result_info\":{"
				     "\"page\":1,\"per_page\":20,\"count\":0,\"total_count\":0,\"total_pages\":0}}");
	assert_int_equal(ask(w, METHOD_POST, "zones", "{\"name\":\"a{b}\\\"\\\\{\"}"), 400);
	assert_non_null(strstr(w->body, "a\\u007bb\\u007d\\\"\\\\\\u007b is not a domain name"));
	assert_int_equal(ask(w, METHOD_GET, "user/tokens/permission_groups?name=DNS+Write", ""), 200);
	assert_string_equal(w->body, "{\"result\":[{\"id\":\"4755a26eedb94da69e1066d98aa820be\",\"name\":\"DNS Write\","
				     "\"scopes\":[\"com.cloudflare.api.account.zone\"]}],\"success\":true,"
				     "\"errors\":[],\"messages\":[]}");
	world_free(w);
}

static void a_failure_leaves_nothing(void **state)
{
	struct world *w = world_new();

	assert_int_equal(ask(w, METHOD_POST, "zones", "{\"name\":\"a.test\"}"), 200);
	assert_int_equal(ask(w, METHOD_POST, "zones", "{\"name\":\"a.test\"}"), 400);
	/* A token whose policies are wrong is not made, nor is its audit row. */
	assert_int_equal(ask(w, METHOD_POST, "user/tokens", "{\"name\":\"t\",\"policies\":[]}"), 400);
	assert_int_equal(ask(w, METHOD_GET, "user/tokens", ""), 200);
	assert_non_null(strstr(w->body, "\"total_count\":0"));
	assert_int_equal(ask(w, METHOD_GET, "user/audit_logs", ""), 200);
	assert_non_null(strstr(w->body, "\"total_count\":1"));
	assert_false(store_in_transaction(w->state->store));
	world_free(w);
}

static void pages_are_clamped(void **state)
{
	static const struct {
		const char *query, *info;
	} rows[] = {
		{ "page=0&per_page=0", "\"page\":1,\"per_page\":1,\"count\":1,\"total_count\":3,\"total_pages\":3" },
		{ "page=2&per_page=2", "\"page\":2,\"per_page\":2,\"count\":1,\"total_count\":3,\"total_pages\":2" },
		{ "page=9&per_page=2", "\"page\":9,\"per_page\":2,\"count\":0,\"total_count\":3,\"total_pages\":2" },
		{ "per_page=5000000", "\"page\":1,\"per_page\":1000,\"count\":3,\"total_count\":3,\"total_pages\":1" },
		{ "page=99999999999999", "\"page\":2147483647,\"per_page\":20,\"count\":0" },
	};
	struct world *w = world_new();
	char path[100];

	assert_int_equal(ask(w, METHOD_POST, "zones", "{\"name\":\"a.test\"}"), 200);
	assert_int_equal(ask(w, METHOD_POST, "zones", "{\"name\":\"b.test\"}"), 200);
	assert_int_equal(ask(w, METHOD_POST, "zones", "{\"name\":\"c.test\"}"), 200);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		snprintf(path, sizeof path, "zones?%s", rows[i].query);
		assert_int_equal(ask(w, METHOD_GET, path, ""), 200);
		if (!strstr(w->body, rows[i].info))
			fail_msg("%s: %s", rows[i].query, strstr(w->body, "result_info"));
	}
	assert_int_equal(ask(w, METHOD_GET, "zones?page=-1", ""), 400);
	assert_int_equal(ask(w, METHOD_GET, "zones?per_page=many", ""), 400);
	world_free(w);
}

static void bodies_are_read_with_care(void **state)
{
	static const struct {
		const char *body, *says;
	} rows[] = {
		{ "", "\"pointer\":\"\"" },
		{ "   \r\n\t ", "\"pointer\":\"\"" },
		{ "null", "\"pointer\":\"\"" },
		{ "7", "\"pointer\":\"\"" },
		{ "{\"name\":\"a.test\"} x", "\"code\":6007" },
		{ "{\"name\":\"a.test\",\"name\":\"b.test\"}", "\"code\":6007" },
		{ "{\"name\":\"\xff\"}", "\"code\":6007" },
		{ "{\"name\":null}", "\"pointer\":\"/name\"" },
		{ "{\"name\":[]}", "\"pointer\":\"/name\"" },
		{ "{\"name\":\"\"}", "\"pointer\":\"/name\"" },
		{ "{\"name\":\"a\\u0000.test\"}", "\"code\":6007" },
		{ "{\"name\":\"a.test\",\"type\":1}", "\"pointer\":\"/type\"" },
		{ "{\"name\":\"a.test\",\"account\":7}", "\"pointer\":\"/account/id\"" },
	};
	struct world *w = world_new();
	static char deep[20000];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(ask(w, METHOD_POST, "zones", rows[i].body), 400);
		if (!strstr(w->body, rows[i].says))
			fail_msg("%s: %s", rows[i].body, w->body);
	}
	memset(deep, '[', sizeof deep - 1);
	assert_int_equal(ask(w, METHOD_POST, "zones", deep), 400);
	assert_non_null(strstr(w->body, "\"code\":6007"));
	world_free(w);
}

int test_api(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_envelope_is_compact_and_in_order),
		cmocka_unit_test(a_failure_leaves_nothing),
		cmocka_unit_test(pages_are_clamped),
		cmocka_unit_test(bodies_are_read_with_care),
	};

	return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
