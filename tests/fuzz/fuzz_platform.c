/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_platform: requests of the API of apps against a state in memory with one app, one domain, one variable and one
 * instance, as its administrator. Input: "METHOD target\n" and the body; a '$' in the target is the app's id. Every
 * answer is JSON of the dialect's form (or empty text); 422 names a field, nothing is the server's fault, a refusal
 * changes nothing.
 */
#include "fuzz.h"
#include "platform/platform.h"
#include "state/token.h"

static const char admin[] = "0123456789012345678901234567890123456789";

struct world {
	struct node_config node;
	struct seal seal;
	struct state *state;
	struct platform *platform;
	struct api *api;
	char app[STATE_ID_BYTES];
	int answers;
	struct api_answer last; /* body copied */
	char *body;
};

static void on_answer(void *arg, const struct api_answer *a)
{
	struct world *w = arg;

	w->answers++;
	w->last = *a;
	free(w->body);
	w->body = malloc(a->body.n + 1);
	FUZZ_CHECK(w->body);
	if (a->body.n)
		memcpy(w->body, a->body.p, a->body.n);
	w->last.body = slice_of(w->body, a->body.n);
	w->last.location = slice_of(NULL, 0);
}

static void ask(struct world *w, struct slice method, struct slice target, struct slice body)
{
	const struct api_request rq = { .method = method_lookup(method),
					.target = target,
					.bearer = slice_str(admin),
					.basic = SLICE("OjAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODk="),
					.host = SLICE("api.osc-fr1.scalingo.test"),
					.content_type = SLICE("application/json"),
					.body = body,
					.client = { 4, { 127, 0, 0, 1 } } };
	struct api_call *call;

	w->answers = 0;
	api_ask(w->api, &rq, on_answer, w, &call);
	if (w->answers == 0)
		api_let_go(call);
}

/* The state, once; making its schema takes longer than most requests. */
static struct world *world(void)
{
	static struct world w;
	uint8_t hash[CRYPTO_SHA256_BYTES];
	struct diag d;

	if (w.api)
		return &w;
	w.node = (struct node_config){ .name = "fuzz",
				       .platform_region = "osc-fr1",
				       .platform_suffix = "scalingo.test" };
	limits_init(&w.node.limits);
	seal_init(&w.seal, (const uint8_t *)admin);
	diag_init(&d);
	FUZZ_CHECK(state_open(":memory:", 1795647991123, &w.state, &d) == OK);
	FUZZ_CHECK(crypto_sha256(slice_str(admin), hash) == OK && state_token_admin(w.state, hash) == OK);
	const struct platform_setup apps = { .state = w.state, .node = &w.node, .seal = &w.seal };
	w.platform = platform_new(&apps);
	const struct api_setup setup = {
		.state = w.state, .node = &w.node, .seal = &w.seal, .dialect = platform_dialect(w.platform)
	};
	w.api = api_new(&setup);
	return &w;
}

static void must(struct world *w, const char *target, const char *body)
{
	ask(w, SLICE("POST"), slice_str(target), slice_str(body));
	FUZZ_CHECK(w->answers == 1 && w->last.status == 201);
}

/* Each run finds the same rows, whatever the one before did. */
static void reset(struct world *w)
{
	FUZZ_CHECK(store_run(w->state->store, "DELETE FROM app; DELETE FROM app_event; DELETE FROM audit;"
					      "DELETE FROM token WHERE admin = 0") == OK);
	must(w, "/v1/apps", "{\"app\":{\"name\":\"fuzz-app\"}}");
	json_t *v = json_loadb(w->last.body.p, w->last.body.n, 0, NULL);
	slice_cstr(slice_str(json_string_value(json_object_get(json_object_get(v, "app"), "id"))), w->app,
		   sizeof w->app);
	json_decref(v);
	must(w, "/v1/apps/fuzz-app/domains", "{\"domain\":{\"name\":\"www.fuzz.test\"}}");
	must(w, "/v1/apps/fuzz-app/variables", "{\"variable\":{\"name\":\"A\",\"value\":\"1\"}}");
	must(w, "/v1/apps/fuzz-app/instances", "{\"instance\":{\"address\":\"127.0.0.1:4001\"}}");
}

static int64_t events(struct world *w)
{
	struct store_use u = store_use(w->state->store, "SELECT count(*) FROM app_event");
	int64_t n = store_next(&u) ? store_int(&u, 0) : -1;

	FUZZ_CHECK(store_done(&u) == OK);
	return n;
}

/* The target with the app's id in it. */
static struct slice target_of(const struct world *w, struct slice s, char *out, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n && n + STATE_ID_BYTES < cap; i++) {
		if (s.p[i] == '$') {
			memcpy(out + n, w->app, strlen(w->app));
			n += strlen(w->app);
		} else {
			out[n++] = s.p[i];
		}
	}
	return slice_of(out, n);
}

static void judge_invalid(const json_t *v)
{
	const json_t *errors = json_object_get(v, "errors"), *messages;
	const char *field;

	FUZZ_CHECK(json_object_size(errors) > 0);
	json_object_foreach((json_t *)(uintptr_t)errors, field, messages)
	{
		FUZZ_CHECK(json_array_size(messages) > 0 && json_string_length(json_array_get(messages, 0)) > 0);
	}
}

static void judge(const struct api_answer *a)
{
	FUZZ_CHECK(a->status >= 200 && a->status < 600);
	/* 503: what this world has not got. */
	FUZZ_CHECK(a->status < 500 || a->status == 503);
	if (!slice_eq(a->type, SLICE("application/json"))) {
		FUZZ_CHECK(a->body.n == 0 || a->status == 200);
		return;
	}
	json_t *v = json_loadb(a->body.p, a->body.n, JSON_REJECT_DUPLICATES, NULL);
	FUZZ_CHECK(json_is_object(v) || json_is_array(v));
	if (a->status == 422)
		judge_invalid(v);
	else if (a->status >= 400)
		FUZZ_CHECK(json_string_length(json_object_get(v, "error")) > 0);
	json_decref(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice body = slice_of(data, n), line = slice_split(&body, '\n'), method = slice_split(&line, ' ');
	char target[4096];
	struct world *w = world();

	reset(w);
	int64_t before = events(w);
	struct slice path = target_of(w, line, target, sizeof target);
	ask(w, method, path, body.p ? body : SLICE(""));
	bool ours = slice_starts(path, SLICE("/v1/"));
	if (w->answers && ours)
		judge(&w->last);
	FUZZ_CHECK(w->answers <= 1 && !store_in_transaction(w->state->store));
	if (w->answers && w->last.status >= 400)
		FUZZ_CHECK(events(w) == before);
	/* Whatever it was, the next one is answered. */
	ask(w, SLICE("GET"), SLICE("/v1/apps"), SLICE(""));
	FUZZ_CHECK(w->answers == 1 && w->last.status == 200);
	free(w->body);
	w->body = NULL;
	return 0;
}
