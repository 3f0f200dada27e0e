/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_api: requests of the API against a state in memory with one zone and one record, as its administrator. Input:
 * "METHOD target\n" and the body; a '$' in the target is the record's id. Every answer is a well-formed envelope (or
 * text), failures have a reason, what is wrong with a body has a pointer, nothing is the server's fault, and never 409.
 */
#include "api/api.h"
#include "fuzz.h"
#include "state/token.h"

#define ZONE "{\"name\":\"fuzz.test\"}"
#define RECORD "{\"type\":\"A\",\"name\":\"www\",\"content\":\"192.0.2.1\",\"proxied\":true}"

static const char admin[] = "0123456789012345678901234567890123456789";

struct world {
	struct node_config node;
	struct seal seal;
	struct state *state;
	struct api *api;
	char record[STATE_ID_BYTES];
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
}

static void ask(struct world *w, struct slice method, struct slice target, struct slice body)
{
	const struct api_request rq = { .method = method_lookup(method),
					.target = target,
					.bearer = slice_str(admin),
					.content_type = SLICE("application/json"),
					.body = body,
					.client = { 4, { 127, 0, 0, 1 } } };
	struct api_call *call;

	w->answers = 0;
	api_ask(w->api, &rq, on_answer, w, &call);
	/* What would wait for edges is over when the API ends. */
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
				       .nameservers = { "ns1.edge.test", "ns2.edge.test" },
				       .nameservers_n = 2,
				       .activate_at_once = true };
	limits_init(&w.node.limits);
	seal_init(&w.seal, (const uint8_t *)admin);
	diag_init(&d);
	FUZZ_CHECK(state_open(":memory:", 1795647991123, &w.state, &d) == OK);
	FUZZ_CHECK(crypto_sha256(slice_str(admin), hash) == OK && state_token_admin(w.state, hash) == OK);
	const struct api_setup setup = { .state = w.state, .node = &w.node, .seal = &w.seal };
	w.api = api_new(&setup);
	return &w;
}

/* Each run finds the same rows, whatever the one before did. */
static void reset(struct world *w)
{
	FUZZ_CHECK(store_run(w->state->store,
			     "DELETE FROM zone; DELETE FROM audit; DELETE FROM token WHERE admin = 0") == OK);
	ask(w, SLICE("POST"), SLICE("/client/v4/zones"), SLICE(ZONE));
	FUZZ_CHECK(w->last.status == 200);
	ask(w, SLICE("POST"), SLICE("/client/v4/zones/fuzz.test/dns_records"), SLICE(RECORD));
	FUZZ_CHECK(w->last.status == 200);
	json_t *v = json_loadb(w->last.body.p, w->last.body.n, 0, NULL);
	slice_cstr(slice_str(json_string_value(json_object_get(json_object_get(v, "result"), "id"))), w->record,
		   sizeof w->record);
	json_decref(v);
}

/* The target with the record's id in it. */
static struct slice target_of(const struct world *w, struct slice s, char *out, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n && n + STATE_ID_BYTES < cap; i++) {
		if (s.p[i] == '$') {
			memcpy(out + n, w->record, STATE_ID_BYTES - 1);
			n += STATE_ID_BYTES - 1;
		} else {
			out[n++] = s.p[i];
		}
	}
	return slice_of(out, n);
}

static void judge_failure(const json_t *v)
{
	const json_t *e = json_array_get(json_object_get(v, "errors"), 0);
	json_int_t code = json_integer_value(json_object_get(e, "code"));

	FUZZ_CHECK(json_is_integer(json_object_get(e, "code")));
	FUZZ_CHECK(json_string_length(json_object_get(e, "message")) > 0);
	FUZZ_CHECK(json_is_null(json_object_get(v, "result")));
	if (code == 6007 || code == 6008)
		FUZZ_CHECK(json_is_string(json_object_get(json_object_get(e, "source"), "pointer")));
}

static void judge(const struct api_answer *a)
{
	FUZZ_CHECK(a->status >= 200 && a->status < 600 && a->status != 409);
	/* 503: what this world has not got (edges, a resolver). */
	FUZZ_CHECK(a->status < 500 || a->status == 503);
	if (!slice_eq(a->type, SLICE("application/json")))
		return;
	json_t *v = json_loadb(a->body.p, a->body.n, JSON_REJECT_DUPLICATES, NULL);
	FUZZ_CHECK(json_is_object(v));
	bool success = json_is_true(json_object_get(v, "success"));
	FUZZ_CHECK(success == (a->status < 400));
	FUZZ_CHECK(json_is_array(json_object_get(v, "errors")) && json_is_array(json_object_get(v, "messages")));
	FUZZ_CHECK(success == (json_array_size(json_object_get(v, "errors")) == 0));
	if (!success)
		judge_failure(v);
	json_decref(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice body = slice_of(data, n), line = slice_split(&body, '\n'), method = slice_split(&line, ' ');
	char target[4096];
	struct world *w = world();

	reset(w);
	ask(w, method, target_of(w, line, target, sizeof target), body.p ? body : SLICE(""));
	if (w->answers)
		judge(&w->last);
	FUZZ_CHECK(w->answers <= 1 && !store_in_transaction(w->state->store));
	/* Whatever it was, the next one is answered. */
	ask(w, SLICE("GET"), SLICE("/client/v4/zones"), SLICE(""));
	FUZZ_CHECK(w->answers == 1 && w->last.status == 200);
	free(w->body);
	w->body = NULL;
	return 0;
}
