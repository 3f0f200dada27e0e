/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule_rate: the object `ratelimit` of a rule (seed edge: waf/rate-limiting-rules/parameters). See rule_read.h.
 */
#include "base/check.h"
#include "base/text.h"
#include "model/rule_read.h"

enum { RULE_RATE__KEYS_MAX = 16, RULE_RATE__KEY_BYTES = 512, RULE_RATE__SECONDS_MAX = 86400 };

/* Maps of lists: a characteristic names the first value. */
static bool rule_rate__is_map(struct slice s)
{
	static const struct slice maps[] = { SLICE_INIT("http.request.headers["), SLICE_INIT("http.request.cookies["),
					     SLICE_INIT("http.request.uri.args[") };

	for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++)
		if (slice_starts(s, maps[i]))
			return slice_ends(s, SLICE("]"));
	return false;
}

/* Of one characteristic; the fleet's place (cf.colo.id) tells nobody apart on one node and makes no key. */
static enum err rule_rate__key(struct rule_read *b, const json_t *v, struct rule_rate *w)
{
	struct slice s = json_read_string(v);
	char memory[RULE_RATE__KEY_BYTES + 4];
	struct text t = text_of(memory, sizeof memory);

	if (!json_is_string(v) || !s.n || s.n > RULE_RATE__KEY_BYTES)
		return json_read_fail(b->r, "must be the name of a field, of at most %d bytes", RULE_RATE__KEY_BYTES);
	if (slice_eq(s, SLICE("cf.colo.id")))
		return OK;
	struct rule_rate_key *k = &w->keys[w->keys_n];
	if (slice_eq(s, SLICE("ip.src"))) {
		k->by = RULE_RATE_BY_ADDRESS;
		w->keys_n++;
		return OK;
	}
	text_add(&t, s);
	if (rule_rate__is_map(s))
		text_add(&t, SLICE("[0]"));
	k->by = RULE_RATE_BY_TEXT;
	TRY(rule_read_expr(b, text_slice(&t), EXPR_WANT_TEXT, &k->text));
	w->keys_n++;
	return OK;
}

static enum err rule_rate__keys(struct rule_read *b, const json_t *v, struct rule_rate *w)
{
	const json_t *list = json_object_get(v, "characteristics");
	size_t n = json_array_size(list), mark = json_read_in(b->r, "characteristics");

	if (!n || n > RULE_RATE__KEYS_MAX)
		return json_read_fail(b->r, "holds %zu fields; 1 to %d are needed", n, RULE_RATE__KEYS_MAX);
	w->keys = rule_read_alloc(b, n, sizeof *w->keys);
	for (size_t i = 0; i < n; i++) {
		size_t element = json_read_in_index(b->r, i);
		TRY(rule_rate__key(b, json_array_get(list, i), w));
		json_read_out(b->r, element);
	}
	json_read_out(b->r, mark);
	return OK;
}

/* The expression that is counted by: of the request, or else of the answer too. An empty one is none. */
static enum err rule_rate__counting(struct rule_read *b, const json_t *v, struct rule_rate *w)
{
	struct slice s = slice_trim(json_read_string(json_object_get(v, "counting_expression")));
	size_t mark = json_read_in(b->r, "counting_expression");

	if (!s.n)
		w->counting = NULL;
	else {
		TRY(rule_read_expr_of(b, s, EXPR_WANT_BOOL, true, &w->counting));
		for (unsigned f = 0; f < EXPR_FIELD_COUNT; f++)
			w->by_answer = w->by_answer || (expr_field_is_response((enum expr_field)f) &&
							expr_uses(w->counting, (enum expr_field)f));
	}
	json_read_out(b->r, mark);
	return OK;
}

/* Requests or points: one of the two. */
static enum err rule_rate__most(struct rule_read *b, const json_t *v, struct rule_rate *w)
{
	static const int64_t requests[2] = { 1, 1000000000 }, points[2] = { 1, 1000000 };
	bool score = json_object_get(v, "score_per_period") != NULL;
	struct slice header = json_read_string(json_object_get(v, "score_response_header_name"));
	int64_t n = 0;

	if (score == (json_object_get(v, "requests_per_period") != NULL))
		return json_read_fail(b->r, "needs requests_per_period or score_per_period, one of the two");
	TRY(json_read_int(b->r, v, "requests_per_period", requests, &n));
	TRY(json_read_int(b->r, v, "score_per_period", points, &n));
	w->most = (uint64_t)n;
	if (score != (header.n > 0))
		return json_read_fail(b->r, "score_per_period and score_response_header_name go together");
	if (score && !field_is_token(header)) {
		json_read_in(b->r, "score_response_header_name");
		return json_read_fail(b->r, "is not a name of a header field");
	}
	w->score_header = rule_read_keep(b, header);
	return OK;
}

enum err rule_read_rate(struct rule_read *b, const json_t *v, struct rule *rule)
{
	static const struct json_read_member members[] = { { "characteristics", JSON_READ_ARRAY, true },
							   { "period", JSON_READ_INT, true },
							   { "requests_per_period", JSON_READ_INT, false },
							   { "mitigation_timeout", JSON_READ_INT, false },
							   { "counting_expression", JSON_READ_STRING, false },
							   { "requests_to_origin", JSON_READ_BOOL, false },
							   { "score_per_period", JSON_READ_INT, false },
							   { "score_response_header_name", JSON_READ_STRING, false },
							   { NULL, JSON_READ_OBJECT, false } };
	static const int64_t period[2] = { 1, RULE_RATE__SECONDS_MAX }, timeout[2] = { 0, RULE_RATE__SECONDS_MAX };
	int64_t period_s = 0, timeout_s = 0;

	if (b->phase != RULE_PHASE_RATE)
		return v ? json_read_fail(b->r, "goes with rules of the phase http_ratelimit only") : OK;
	if (!v)
		return json_read_fail(b->r, "is missing");
	struct rule_rate *w = rule_read_alloc(b, 1, sizeof *w);
	rule->rate = w;
	TRY(json_read_object(b->r, v, members));
	TRY(json_read_int(b->r, v, "period", period, &period_s));
	TRY(json_read_int(b->r, v, "mitigation_timeout", timeout, &timeout_s));
	w->period_s = (uint32_t)period_s;
	w->timeout_s = (uint32_t)timeout_s;
	w->to_origin = json_read_bool(v, "requests_to_origin", false);
	TRY(rule_rate__most(b, v, w));
	TRY(rule_rate__keys(b, v, w));
	return rule_rate__counting(b, v, w);
}
