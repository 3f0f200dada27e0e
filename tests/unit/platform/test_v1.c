/* SPDX-License-Identifier: Apache-2.0 */
/* test_v1: the dialect without a network: who asks, forms of answers, refusals that clients know, every noun once. */
#include "test_platform.h"

#include "api/api_call.h"
#include "platform/platform.h"
#include "platform/routes.h"
#include "state/token.h"

#include <stdio.h>
#include <stdlib.h>

static const char admin[] = "0123456789012345678901234567890123456789";

struct world {
	struct node_config node;
	struct seal seal;
	struct state *state;
	struct platform *platform;
	struct api *api;
	int status, answers;
	char body[65536], location[512], type[64];
	const char *bearer;
};

static void on_answer(void *arg, const struct api_answer *a)
{
	struct world *w = arg;

	w->answers++;
	w->status = a->status;
	assert_true(slice_cstr(a->body, w->body, sizeof w->body));
	assert_true(slice_cstr(a->location, w->location, sizeof w->location));
	assert_true(slice_cstr(a->type, w->type, sizeof w->type));
}

static struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof *w);
	uint8_t hash[CRYPTO_SHA256_BYTES];
	struct diag d;

	assert_non_null(w);
	w->node = (struct node_config){ .platform_region = "osc-fr1", .platform_suffix = "scalingo.test" };
	limits_init(&w->node.limits);
	seal_init(&w->seal, (const uint8_t *)admin);
	diag_init(&d);
	assert_int_equal(state_open(":memory:", TEST_NOW_MS, &w->state, &d), OK);
	assert_int_equal(crypto_sha256(slice_str(admin), hash), OK);
	assert_int_equal(state_token_admin(w->state, hash), OK);
	const struct platform_setup apps = { .state = w->state, .node = &w->node, .seal = &w->seal };
	w->platform = platform_new(&apps);
	const struct api_setup setup = {
		.state = w->state, .node = &w->node, .seal = &w->seal, .dialect = platform_dialect(w->platform)
	};
	w->api = api_new(&setup);
	w->bearer = admin;
	return w;
}

static void world_free(struct world *w)
{
	api_free(w->api);
	platform_free(w->platform);
	state_close(w->state);
	free(w);
}

static int ask_as(struct world *w, struct api_request *rq)
{
	struct api_call *call;

	rq->host = SLICE("api.osc-fr1.scalingo.test:9080");
	rq->client = (struct ip){ 4, { 192, 0, 2, 7 } };
	w->answers = 0;
	api_ask(w->api, rq, on_answer, w, &call);
	assert_int_equal(w->answers, 1);
	return w->status;
}

static int ask(struct world *w, enum method method, const char *path, const char *body)
{
	char target[400];

	snprintf(target, sizeof target, "/v1%s", path);
	struct api_request rq = {
		.method = method, .target = slice_str(target), .bearer = slice_str(w->bearer), .body = slice_str(body)
	};
	return ask_as(w, &rq);
}

#define has(w, text) assert_non_null(strstr((w)->body, text))

static void a_token_is_exchanged(void **state)
{
	struct world *w = world_new();
	struct api_request rq = { .method = METHOD_POST,
				  .target = SLICE("/v1/tokens/exchange"),
				  .basic = SLICE("OjAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODk=") };
	char jwt[1024];

	assert_int_equal(ask_as(w, &rq), 200);
	assert_int_equal(sscanf(w->body, "{\"token\":\"%1000[^\"]\"}", jwt), 1);
	w->bearer = jwt;
	assert_int_equal(ask(w, METHOD_GET, "/users/self", ""), 200);
	has(w, "\"id\":\"us-");
	has(w, "\"flags\":{}");
	jwt[strlen(jwt) - 1] ^= 1;
	assert_int_equal(ask(w, METHOD_GET, "/users/self", ""), 401);
	has(w, "{\"error\":\"");
	static const char *const wrong[] = { "OnRrLXVzLW5vdGhpbmc=", "dXNlcjowMTIz", "!", "" };
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		rq.basic = slice_str(wrong[i]);
		assert_int_equal(ask_as(w, &rq), 401);
		assert_string_equal(w->body, "{\"error\":\"Invalid credentials\"}");
	}
	rq = (struct api_request){ .method = METHOD_GET, .target = SLICE("/v1/apps") };
	assert_int_equal(ask_as(w, &rq), 401);
	world_free(w);
}

static void a_token_may_what_its_policies_say(void **state)
{
	struct world *w = world_new();
	char token[64], id[64];

	assert_int_equal(ask(w, METHOD_POST, "/tokens", "{\"name\":\"ci\"}"), 201);
	assert_int_equal(sscanf(w->body, "{\"token\":{\"id\":\"%60[^\"]\"", id), 1);
	assert_int_equal(sscanf(strstr(w->body, "\"token\":\""), "\"token\":\"%60[^\"]\"", token), 1);
	assert_int_equal(ask(w, METHOD_POST, "/tokens", "{\"token\":{\"name\":\"two\"}}"), 201);
	assert_int_equal(ask(w, METHOD_POST, "/tokens", "{}"), 422);
	w->bearer = token;
	assert_int_equal(ask(w, METHOD_POST, "/apps", "{\"app\":{\"name\":\"my-app\"}}"), 201);
	assert_int_equal(ask(w, METHOD_POST, "/tokens", "{\"name\":\"more\"}"), 403);
	w->bearer = admin;
	char path[128];
	snprintf(path, sizeof path, "/tokens/%s/renew", id);
	assert_int_equal(ask(w, METHOD_PATCH, path, "{}"), 200);
	w->bearer = token;
	assert_int_equal(ask(w, METHOD_GET, "/apps", ""), 401);
	w->bearer = admin;
	snprintf(path, sizeof path, "/tokens/%s", id);
	assert_int_equal(ask(w, METHOD_DELETE, path, ""), 204);
	assert_int_equal(ask(w, METHOD_DELETE, path, ""), 404);
	world_free(w);
}

static void refusals_are_those_that_clients_know(void **state)
{
	static const struct {
		enum method method;
		const char *path, *body;
		int status;
		const char *want;
	} rows[] = {
		{ METHOD_POST, "/apps", "{", 400, "{\"error\":\"There was a problem in the JSON you submitted: " },
		{ METHOD_POST, "/apps", "", 422, "{\"errors\":{\"app\":[\"missing field\"]}}" },
		{ METHOD_POST, "/apps", "{\"app\":7}", 422, "{\"errors\":{\"app\":[\"should be an object\"]}}" },
		{ METHOD_POST, "/apps", "{\"app\":{}}", 422, "{\"errors\":{\"name\":[\"can't be blank\"]}}" },
		{ METHOD_POST, "/apps", "{\"app\":{\"name\":\"A_pppp\"}}", 422,
		  "should contain only lowercap letters" },
		{ METHOD_POST, "/apps", "{\"app\":{\"name\":\"my-app\"}}", 422, "has already been taken" },
		{ METHOD_GET, "/apps/none-such", "", 404, "{\"resource\":\"app\",\"error\":\"not found\"}" },
		{ METHOD_GET, "/none-such", "", 404, "\"error\":\"not found\"" },
		{ METHOD_PUT, "/apps/my-app", "{\"force_https\":1}", 422, "should be true or false" },
		{ METHOD_PUT, "/apps/my-app", "{\"stack_id\":\"st-other\"}", 404, "\"resource\":\"stack\"" },
		{ METHOD_DELETE, "/apps/my-app", "", 422, "Provided name does not match app name" },
		{ METHOD_DELETE, "/apps/my-app?current_name=other", "", 422, "Provided name does not match app name" },
		{ METHOD_POST, "/apps/my-app/rename", "{\"current_name\":\"x\",\"new_name\":\"y\"}", 422,
		  "current_name" },
		{ METHOD_POST, "/apps/my-app/scale", "{}", 422, "{\"errors\":{\"containers\":[\"missing field\"]}}" },
		{ METHOD_POST, "/apps/my-app/scale", "{\"containers\":[{\"name\":\"web\",\"amount\":11}]}", 422,
		  "{\"errors\":{\"container-web-amount\":[\"can't scale over 10 containers\"]}}" },
		{ METHOD_POST, "/apps/my-app/scale", "{\"containers\":[{\"name\":\"web\",\"amount\":-1}]}", 422,
		  "container-web-amount" },
		{ METHOD_POST, "/apps/my-app/scale", "{\"containers\":[{\"name\":\"web\",\"size\":\"XXS\"}]}", 422,
		  "container-web-size" },
		{ METHOD_POST, "/apps/my-app/scale", "{\"containers\":[{\"name\":\"worker\",\"amount\":1}]}", 422,
		  "no such process type" },
		{ METHOD_POST, "/apps/my-app/scale", "{\"containers\":[7]}", 422, "containers" },
		{ METHOD_POST, "/apps/my-app/restart", "{\"scope\":[\"wrong\"]}", 422,
		  "'wrong' \xe2\x86\x92 no such process type" },
		{ METHOD_GET, "/apps/my-app/operations/0123456789abcdef01234567", "", 404,
		  "\"resource\":\"operation\"" },
		{ METHOD_POST, "/apps/my-app/domains", "{\"domain\":{}}", 422,
		  "{\"errors\":{\"name\":[\"can't be blank\"]}}" },
		{ METHOD_POST, "/apps/my-app/domains", "{\"domain\":{\"name\":\"a.scalingo.test\"}}", 422, "platform" },
		{ METHOD_POST, "/apps/my-app/domains", "{\"domain\":{\"name\":\"*.a.test\",\"canonical\":true}}", 422,
		  "canonical" },
		{ METHOD_POST, "/apps/my-app/domains", "{\"domain\":{\"name\":\"a.test\",\"tlscert\":\"x\"}}", 422,
		  "{\"errors\":{\"tlskey\":[\"can't be blank\"]}}" },
		{ METHOD_POST, "/apps/my-app/domains",
		  "{\"domain\":{\"name\":\"a.test\",\"tlscert\":\"x\",\"tlskey\":\"y\"}}", 422,
		  "{\"errors\":{\"tlscert\":[\"is not a certificate in PEM\"]}}" },
		{ METHOD_GET, "/apps/my-app/domains/a.test", "", 404, "\"resource\":\"domain\"" },
		{ METHOD_POST, "/apps/my-app/variables", "{\"variable\":{\"value\":\"x\"}}", 422,
		  "{\"errors\":{\"name\":[\"can't be blank\"]}}" },
		{ METHOD_POST, "/apps/my-app/variables", "{\"variable\":{\"name\":\"9\",\"value\":\"x\"}}", 422,
		  "must start with a letter" },
		{ METHOD_POST, "/apps/my-app/variables", "{\"variable\":{\"name\":\"A\"}}", 422,
		  "{\"errors\":{\"value\":[\"can't be blank\"]}}" },
		{ METHOD_PUT, "/apps/my-app/variables",
		  "{\"variables\":[{\"name\":\"A\",\"value\":\"1\"},{\"name\":\"-\"}]}", 422, "name" },
		{ METHOD_DELETE, "/apps/my-app/variables", "{}", 422, "variable_ids" },
		{ METHOD_DELETE, "/apps/my-app/variables/0123456789abcdef01234567", "", 404,
		  "\"resource\":\"variable\"" },
		{ METHOD_POST, "/apps/my-app/instances", "{\"instance\":{\"address\":\"nowhere\"}}", 422, "address" },
		{ METHOD_POST, "/apps/my-app/instances", "{\"instance\":{\"address\":\"127.0.0.1:0\"}}", 422,
		  "address" },
		{ METHOD_POST, "/apps/my-app/instances", "{\"instance\":{\"address\":\"169.254.169.254:80\"}}", 422,
		  "link-local" },
		{ METHOD_POST, "/apps/my-app/instances", "{\"instance\":{\"address\":\"0.0.0.0:80\"}}", 422,
		  "address" },
		{ METHOD_GET, "/apps/my-app/stats/router?since=x", "", 400, "since" },
		{ METHOD_GET, "/apps/my-app/stats/router?status_code=6XX", "", 400, "status_code" },
		{ METHOD_GET, "/apps/my-app/stats/router", "", 404, "{\"error\":\"no metrics found\"}" },
		{ METHOD_GET, "/apps/my-app/stats/cpu", "", 400, "'container' should be defined" },
		{ METHOD_GET, "/apps/my-app/stats/cpu/web/1", "", 404, "no metrics found" },
		{ METHOD_DELETE, "/apps/my-app/instances/web-7", "", 404, "\"resource\":\"instance\"" },
		{ METHOD_GET, "/apps/my-app/events?page=x", "", 400, "{\"error\":\"" },
	};
	struct world *w = world_new();

	assert_int_equal(ask(w, METHOD_POST, "/apps", "{\"app\":{\"name\":\"my-app\"}}"), 201);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int status = ask(w, rows[i].method, rows[i].path, rows[i].body);
		if (status != rows[i].status || !strstr(w->body, rows[i].want))
			fail_msg("%s %s: %d %s", rows[i].path, rows[i].body, status, w->body);
	}
	/* What was half right was taken back. */
	assert_int_equal(ask(w, METHOD_GET, "/apps/my-app/variables", ""), 200);
	assert_string_equal(w->body, "{\"variables\":[]}");
	world_free(w);
}

static void an_app_has_the_members_that_clients_read(void **state)
{
	static const char *const members[] = { "\"id\":\"",
					       "\"name\":\"my-app\"",
					       "\"region\":\"osc-fr1\"",
					       "\"status\":\"new\"",
					       "\"url\":\"https://my-app.osc-fr1.scalingo.test\"",
					       "\"base_url\":\"https://my-app.osc-fr1.scalingo.test\"",
					       "\"flags\":{}",
					       "\"limits\":{}",
					       "\"last_deployed_at\":null",
					       "\"deployments_stream\":\"ws://",
					       "\"stack_id\":\"st-",
					       "\"project\":{\"id\":\"\"",
					       "\"force_https\":false" };
	struct world *w = world_new();
	struct api_request rq = { .method = METHOD_POST,
				  .target = SLICE("/v1/apps"),
				  .bearer = slice_str(admin),
				  .dry_run = true,
				  .body = SLICE("{\"app\":{\"name\":\"my-app\"}}") };

	assert_int_equal(ask_as(w, &rq), 200);
	assert_int_equal(ask(w, METHOD_GET, "/apps/my-app", ""), 404);
	assert_int_equal(ask(w, METHOD_POST, "/apps", "{\"app\":{\"name\":\"my-app\"}}"), 201);
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		has(w, members[i]);
	/* PATCH below the root, PUT without it. */
	assert_int_equal(ask(w, METHOD_PATCH, "/apps/my-app", "{\"app\":{\"force_https\":true}}"), 200);
	has(w, "\"force_https\":true");
	assert_int_equal(ask(w, METHOD_PUT, "/apps/my-app?", "{\"sticky_session\":true}"), 200);
	has(w, "\"sticky_session\":true");
	has(w, "\"force_https\":true");
	assert_int_equal(ask(w, METHOD_PUT, "/apps/my-app/variables", "{\"variables\":null}"), 200);
	assert_string_equal(w->body, "{\"variables\":[]}");
	assert_int_equal(ask(w, METHOD_DELETE, "/apps/my-app?current_name=my-app", "{}"), 204);
	assert_string_equal(w->body, "");
	world_free(w);
}

static void scale_and_restart_are_operations(void **state)
{
	struct world *w = world_new();
	char path[200];

	assert_int_equal(ask(w, METHOD_POST, "/apps", "{\"app\":{\"name\":\"my-app\"}}"), 201);
	assert_int_equal(ask(w, METHOD_POST, "/apps/my-app/scale",
			     "{\"containers\":[{\"name\":\"web\",\"amount\":2,\"size\":\"\","
			     "\"command\":\"\",\"app_id\":\"\"}]}"),
			 200);
	assert_string_equal(w->location, "");
	assert_int_equal(
		ask(w, METHOD_POST, "/apps/my-app/instances", "{\"instance\":{\"address\":\"localhost:4001\"}}"), 201);
	has(w, "\"address\":\"127.0.0.1:4001\"");
	has(w, "\"serving\":true");
	assert_int_equal(
		ask(w, METHOD_POST, "/apps/my-app/instances", "{\"instance\":{\"address\":\"127.0.0.1:4001\"}}"), 422);
	assert_int_equal(ask(w, METHOD_POST, "/apps/my-app/instances", "{\"instance\":{\"address\":\"[::1]:4002\"}}"),
			 201);
	assert_int_equal(ask(w, METHOD_GET, "/apps/my-app", ""), 200);
	has(w, "\"status\":\"running\"");
	assert_int_equal(
		ask(w, METHOD_POST, "/apps/my-app/scale", "{\"containers\":[{\"name\":\"web\",\"amount\":1}]}"), 202);
	has(w, "\"amount\":1");
	static const char base[] = "http://api.osc-fr1.scalingo.test:9080/v1";
	assert_true(strncmp(w->location, base, strlen(base)) == 0);
	snprintf(path, sizeof path, "%.150s", w->location + strlen(base));
	assert_int_equal(ask(w, METHOD_GET, path, ""), 200);
	has(w, "\"status\":\"done\"");
	has(w, "\"type\":\"scale\"");
	assert_int_equal(ask(w, METHOD_GET, "/apps/my-app/ps", ""), 200);
	has(w, "\"label\":\"web-1\"");
	assert_null(strstr(w->body, "\"label\":\"web-2\""));
	assert_int_equal(ask(w, METHOD_POST, "/apps/my-app/restart", "{\"scope\":null}"), 202);
	assert_string_equal(w->body, "");
	assert_string_equal(w->type, "text/plain");
	assert_true(w->location[0]);

	/* What the node starts is somebody else's work: meanwhile nothing else. */
	assert_int_equal(ask(w, METHOD_POST, "/apps/my-app/scale",
			     "{\"containers\":[{\"name\":\"worker\",\"amount\":1,\"command\":\"./worker\"}]}"),
			 202);
	assert_int_equal(ask(w, METHOD_GET, "/apps/my-app", ""), 200);
	has(w, "\"status\":\"scaling\"");
	assert_int_equal(ask(w, METHOD_POST, "/apps/my-app/restart", "{}"), 409);
	has(w, "{\"error\":\"");
	world_free(w);
}

static void instances_come_and_go(void **state)
{
	struct world *w = world_new();

	assert_int_equal(ask(w, METHOD_POST, "/apps", "{\"app\":{\"name\":\"my-app\"}}"), 201);
	for (int i = 1; i <= 3; i++) {
		char body[100];
		snprintf(body, sizeof body, "{\"instance\":{\"address\":\"127.0.0.1:400%d\"}}", i);
		assert_int_equal(ask(w, METHOD_POST, "/apps/my-app/instances", body), 201);
		has(w, "\"serving\":true");
	}
	assert_int_equal(ask(w, METHOD_GET, "/apps/my-app/containers", ""), 200);
	has(w, "\"amount\":3");
	assert_int_equal(ask(w, METHOD_DELETE, "/apps/my-app/instances/127.0.0.1:4002", ""), 204);
	assert_int_equal(ask(w, METHOD_GET, "/apps/my-app/containers", ""), 200);
	has(w, "\"amount\":2");
	/* A maintenance stays one. */
	assert_int_equal(
		ask(w, METHOD_POST, "/apps/my-app/scale", "{\"containers\":[{\"name\":\"web\",\"amount\":0}]}"), 202);
	assert_int_equal(
		ask(w, METHOD_POST, "/apps/my-app/instances", "{\"instance\":{\"address\":\"127.0.0.1:4009\"}}"), 201);
	has(w, "\"serving\":false");
	assert_int_equal(ask(w, METHOD_GET, "/apps/my-app", ""), 200);
	has(w, "\"status\":\"stopped\"");
	world_free(w);
}

static void domains_follow_the_rules(void **state)
{
	struct world *w = world_new();
	char body[200], path[200];

	assert_int_equal(ask(w, METHOD_POST, "/apps", "{\"app\":{\"name\":\"my-app\"}}"), 201);
	assert_int_equal(ask(w, METHOD_POST, "/apps", "{\"app\":{\"name\":\"other-app\"}}"), 201);
	assert_int_equal(ask(w, METHOD_POST, "/apps/my-app/domains", "{\"domain\":{\"name\":\"WWW.Example.com.\"}}"),
			 201);
	has(w, "\"name\":\"www.example.com\"");
	has(w, "\"letsencrypt_status\":\"new\"");
	has(w, "\"ssl_status\":\"pending\"");
	has(w, "\"acme_dns_error\":{}");
	assert_null(strstr(w->body, "validity"));
	assert_int_equal(ask(w, METHOD_POST, "/apps/other-app/domains", "{\"domain\":{\"name\":\"www.example.com\"}}"),
			 422);
	has(w, "{\"errors\":{\"name\":[\"has already been taken\"]}}");
	assert_int_equal(
		ask(w, METHOD_PATCH, "/apps/my-app/domains/www.example.com", "{\"domain\":{\"canonical\":true}}"), 200);
	assert_int_equal(ask(w, METHOD_GET, "/apps/my-app", ""), 200);
	has(w, "\"url\":\"https://www.example.com\"");
	assert_int_equal(ask(w, METHOD_PATCH, "/apps/my-app/domains/www.example.com",
			     "{\"domain\":{\"name\":\"x.example.com\"}}"),
			 422);
	for (int i = 0; i < 19; i++) {
		snprintf(body, sizeof body, "{\"domain\":{\"name\":\"n%d.example.com\"}}", i);
		assert_int_equal(ask(w, METHOD_POST, "/apps/my-app/domains", body), 201);
	}
	assert_int_equal(ask(w, METHOD_POST, "/apps/my-app/domains", "{\"domain\":{\"name\":\"last.example.com\"}}"),
			 422);
	has(w, "{\"errors\":{\"name\":[\"limit of 20 domains reached\"]}}");
	/* A wildcard reserves its level for its owner. */
	assert_int_equal(ask(w, METHOD_POST, "/apps/other-app/domains", "{\"domain\":{\"name\":\"*.example.net\"}}"),
			 201);
	assert_int_equal(ask(w, METHOD_PATCH, "/apps/other-app", "{\"app\":{\"owner\":\"jane@example.net\"}}"), 200);
	snprintf(path, sizeof path, "/apps/my-app/domains/%s", "n1.example.com");
	assert_int_equal(ask(w, METHOD_DELETE, path, ""), 204);
	assert_int_equal(ask(w, METHOD_POST, "/apps/my-app/domains", "{\"domain\":{\"name\":\"a.example.net\"}}"), 422);
	has(w, "is covered by a wildcard of another owner");
	world_free(w);
}

static void the_page_has_a_row_for_every_route(void **state)
{
	static const char *const names[] = { [METHOD_GET] = "GET",
					     [METHOD_POST] = "POST",
					     [METHOD_PUT] = "PUT",
					     [METHOD_PATCH] = "PATCH",
					     [METHOD_DELETE] = "DELETE" };
	FILE *f = fopen(TEST_API_PAGE, "re");
	char want[200], *at;
	int missing = 0;
	struct buf page;

	assert_non_null(f);
	buf_init(&page, 1 << 20);
	for (size_t n; (at = buf_room(&page, 4096)) && (n = fread(at, 1, 4096, f)) > 0;)
		buf_commit(&page, n);
	fclose(f);
	for (size_t t = 0; platform_routes[t]; t++) {
		for (const struct api_route *r = platform_routes[t](); r->fn; r++) {
			snprintf(want, sizeof want, "`%s %s`", names[r->method], r->path);
			bool there = slice_contains(buf_slice(&page), slice_str(want));
			snprintf(want, sizeof want, "`%s`", r->path);
			if (there || slice_contains(buf_slice(&page), slice_str(want)))
				continue;
			print_error("docs/API.md has no row for `%s %s`\n", names[r->method], r->path);
			missing++;
		}
	}
	buf_fini(&page);
	assert_int_equal(missing, 0);
}

int test_v1(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_is_exchanged),
		cmocka_unit_test(a_token_may_what_its_policies_say),
		cmocka_unit_test(refusals_are_those_that_clients_know),
		cmocka_unit_test(an_app_has_the_members_that_clients_read),
		cmocka_unit_test(scale_and_restart_are_operations),
		cmocka_unit_test(instances_come_and_go),
		cmocka_unit_test(domains_follow_the_rules),
		cmocka_unit_test(the_page_has_a_row_for_every_route),
	};

	return cmocka_run_group_tests_name("v1", tests, NULL, NULL);
}
