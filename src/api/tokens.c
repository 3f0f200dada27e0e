/* SPDX-License-Identifier: Apache-2.0 */
/* tokens: API tokens: verify, list, make, change, roll, delete, and the permission groups for their policies. */
#include "api/api_int.h"
#include "api/routes.h"

#include <stdio.h>

enum {
	TOKENS__NOT_FOUND = 1001,
	TOKENS__VALID = 10000,
	TOKENS__PER_PAGE = 20,
	TOKENS__PER_PAGE_MAX = 1000,
	TOKENS__MAX = 10000
};

static const char *tokens__status(const struct api_call *call, const struct state_token *t)
{
	return strcmp(t->status, "active") == 0 && t->expires_ms && call->state->now_ms >= t->expires_ms ? "expired"
													 : t->status;
}

static json_t *tokens__json(const struct api_call *call, const struct state_token *t)
{
	json_t *v = json_object();

	json_object_set_new(v, "id", json_string(t->id));
	json_object_set_new(v, "name", json_string(t->name));
	json_object_set_new(v, "status", json_string(tokens__status(call, t)));
	json_object_set_new(v, "issued_on", state_time(t->issued_ms));
	json_object_set_new(v, "modified_on", state_time(t->modified_ms));
	json_object_set_new(v, "last_used_on", state_time(t->used_ms));
	if (t->expires_ms)
		json_object_set_new(v, "expires_on", state_time(t->expires_ms));
	if (t->not_before_ms)
		json_object_set_new(v, "not_before", state_time(t->not_before_ms));
	json_object_set(v, "policies", t->policies);
	if (t->condition)
		json_object_set(v, "condition", t->condition);
	return v;
}

/* ---- reading ---- */

static void tokens_verify(struct api_call *call)
{
	const struct state_token *t = &call->token;
	json_t *v = json_pack("{s:s, s:s}", "id", t->id, "status", tokens__status(call, t));

	if (t->not_before_ms)
		json_object_set_new(v, "not_before", state_time(t->not_before_ms));
	if (t->expires_ms)
		json_object_set_new(v, "expires_on", state_time(t->expires_ms));
	if (state_token_check(t, call->state->now_ms, &call->client) == STATE_TOKEN_USABLE)
		api_say(call, TOKENS__VALID, "This API Token is valid and active");
	api_ok(call, v);
}

static void tokens_groups(struct api_call *call)
{
	static const char *const scopes[] = { "com.cloudflare.api.account.zone", "com.cloudflare.api.account",
					      "com.cloudflare.api.user" };
	const char *name = api_query(call, "name");
	json_t *list = json_array();

	for (size_t i = 1; i < STATE_RIGHTS; i++) {
		const struct state_right_info *r = state_right_info((enum state_right)i);
		if (!name || slice_contains(slice_str(r->name), slice_str(name)))
			json_array_append_new(list, json_pack("{s:s, s:s, s:[s]}", "id", r->id, "name", r->name,
							      "scopes", scopes[r->level]));
	}
	api_ok(call, list);
}

struct tokens__list {
	struct api_call *call;
	json_t *list;
};

static void tokens__see(void *arg, const struct state_token *t)
{
	struct tokens__list *l = arg;

	json_array_append_new(l->list, tokens__json(l->call, t));
}

static void tokens_list(struct api_call *call)
{
	struct tokens__list l = { call, NULL };
	struct api_page page;
	int64_t total;

	if (!api_page(call, TOKENS__PER_PAGE, TOKENS__PER_PAGE_MAX, &page))
		return;
	l.list = json_array();
	enum err e = state_token_list(call->state, page.offset, page.per_page, tokens__see, &l, &total);
	if (e == OK) {
		api_list(call, l.list, &page, total);
		return;
	}
	json_decref(l.list);
	api_fail_store(call, e);
}

/* The token of the path; false after api_fail. The administrator's and people's are not among them. */
static bool tokens__get(struct api_call *call, struct state_token *ret)
{
	enum err e = state_token_get(call->state, api_param(call, "token"), ret);

	if (e == OK && (ret->admin || ret->login)) {
		state_token_fini(ret);
		e = ERR_NOT_FOUND;
	}
	if (e == ERR_NOT_FOUND)
		api_fail(call, 404, TOKENS__NOT_FOUND, NULL, "there is no such token");
	else if (e != OK)
		api_fail_store(call, e);
	return e == OK;
}

static void tokens_get(struct api_call *call)
{
	struct state_token t;

	if (!tokens__get(call, &t))
		return;
	api_ok(call, tokens__json(call, &t));
	state_token_fini(&t);
}

/* ---- writing ---- */

bool api_tokens_within(struct api_call *call, const json_t *policies)
{
	if (call->token.admin)
		return true;
	for (size_t i = 1; i < STATE_RIGHTS; i++) {
		enum state_right right = (enum state_right)i;
		if (!state_right_allowed(policies, right, NULL))
			continue;
		json_t *zones = state_right_zones(policies, right),
		       *ours = state_right_zones(call->token.policies, right);
		bool of_zone = state_right_info(right)->level == STATE_RIGHT_OF_ZONE;
		bool good = of_zone ? !ours || zones != NULL : api_may(call, right, NULL);
		for (size_t k = 0; good && of_zone && k < json_array_size(zones); k++)
			good = api_may(call, right, json_string_value(json_array_get(zones, k)));
		json_decref(zones);
		json_decref(ours);
		if (good)
			continue;
		api_fail(call, 403, API_FORBIDDEN, "/policies", "the token that asks has not got \"%s\" there itself",
			 state_right_info(right)->name);
		return false;
	}
	return true;
}

static bool tokens__policies(struct api_call *call, const json_t *body, struct state_token *t)
{
	const json_t *given = json_object_get(body, "policies");
	json_t *policies;
	struct diag d;

	diag_init(&d);
	if (!given && t->policies)
		return true;
	if (state_right_policies(given, &policies, &d) != OK) {
		api_fail(call, 400, API_BAD_BODY, d.where, "%s", d.text);
		return false;
	}
	json_decref(t->policies);
	t->policies = policies;
	return api_tokens_within(call, policies);
}

static bool tokens__condition(struct api_call *call, const json_t *body, struct state_token *t)
{
	json_t *given = json_object_get(body, "condition");
	struct diag d;

	diag_init(&d);
	if (state_token_condition(given, &d) != OK) {
		api_fail(call, 400, API_BAD_BODY, d.where, "%s", d.text);
		return false;
	}
	if (!given)
		return true;
	json_decref(t->condition);
	t->condition = json_is_null(given) ? NULL : json_incref(given);
	return true;
}

/* Members of the body go into t. False after api_fail. */
static bool tokens__read(struct api_call *call, const json_t *body, struct state_token *t)
{
	const char *name = NULL;

	if (!api_string(call, (struct api_member){ body, "", "name", t->name[0] == '\0' }, sizeof t->name - 1, &name))
		return false;
	if (name)
		snprintf(t->name, sizeof t->name, "%s", name);
	return api_tokens_read(call, body, t);
}

bool api_tokens_read(struct api_call *call, const json_t *body, struct state_token *t)
{
	const char *status = t->status;

	if (!api_string(call, (struct api_member){ body, "", "status", false }, 20, &status))
		return false;
	if (strcmp(status, "active") != 0 && strcmp(status, "disabled") != 0 && strcmp(status, "expired") != 0) {
		api_fail(call, 400, API_BAD_BODY, "/status", "must be \"active\" or \"disabled\"");
		return false;
	}
	/* "expired" is what we show of an active one; clients that send back what they got mean no change. */
	if (status != t->status && strcmp(status, "expired") != 0)
		snprintf(t->status, sizeof t->status, "%s", status);
	return api_date(call, (struct api_member){ body, "", "expires_on", false }, &t->expires_ms) &&
	       api_date(call, (struct api_member){ body, "", "not_before", false }, &t->not_before_ms) &&
	       tokens__condition(call, body, t) && tokens__policies(call, body, t);
}

static void tokens__ignore(void *arg, const struct state_token *t)
{
}

static bool tokens__room(struct api_call *call)
{
	int64_t n;
	enum err e = state_token_list(call->state, 0, 0, tokens__ignore, NULL, &n);

	if (e != OK)
		api_fail_store(call, e);
	else if (n >= TOKENS__MAX)
		api_fail(call, 400, API_BAD_BODY, "", "there are %d tokens already; delete those that nobody uses",
			 TOKENS__MAX);
	return !call->answered;
}

static void tokens_create(struct api_call *call)
{
	struct state_token t = { .status = "active" };
	char value[STATE_TOKEN_VALUE_BYTES];
	json_t *body = api_object(call);

	if (body && tokens__room(call) && tokens__read(call, body, &t)) {
		enum err e = state_token_add(call->state, &t, value);
		json_t *after = tokens__json(call, &t);
		if (e != OK)
			api_fail_store(call, e);
		else if (api_audit(call, "create", "token", t.id, NULL, after)) {
			json_object_set_new(after, "value", json_string(value));
			api_ok(call, json_incref(after));
		}
		json_decref(after);
	}
	state_token_fini(&t);
}

static void tokens_edit(struct api_call *call)
{
	struct state_token t;
	json_t *body = api_object(call);

	if (!body || !tokens__get(call, &t))
		return;
	json_t *before = tokens__json(call, &t);
	if (tokens__read(call, body, &t)) {
		enum err e = state_token_save(call->state, &t);
		json_t *after = tokens__json(call, &t);
		if (e != OK)
			api_fail_store(call, e);
		else if (api_audit(call, "update", "token", t.id, before, after))
			api_ok(call, json_incref(after));
		json_decref(after);
	}
	json_decref(before);
	state_token_fini(&t);
}

static void tokens_roll(struct api_call *call)
{
	struct state_token t;
	char value[STATE_TOKEN_VALUE_BYTES];

	if (!tokens__get(call, &t))
		return;
	enum err e = api_tokens_within(call, t.policies) ? state_token_roll(call->state, &t, value) : OK;
	if (e != OK)
		api_fail_store(call, e);
	else if (!call->answered && api_audit(call, "roll", "token", t.id, NULL, NULL))
		api_ok(call, json_string(value));
	state_token_fini(&t);
}

static void tokens_delete(struct api_call *call)
{
	struct state_token t;

	if (!tokens__get(call, &t))
		return;
	json_t *before = tokens__json(call, &t);
	enum err e = state_token_remove(call->state, t.id);
	if (e != OK)
		api_fail_store(call, e);
	else if (api_audit(call, "delete", "token", t.id, before, NULL))
		api_ok(call, json_pack("{s:s}", "id", t.id));
	json_decref(before);
	state_token_fini(&t);
}

/* The same for the user and for the account: there is one of each. */
#define TOKENS__ROUTES(at)                                                                                             \
	{ METHOD_GET, at "/verify", tokens_verify, STATE_RIGHT_NONE, API_ANY_TOKEN },                                  \
		{ METHOD_GET, at "/permission_groups", tokens_groups, STATE_RIGHT_NONE, 0 },                           \
		{ METHOD_GET, at, tokens_list, STATE_RIGHT_TOKENS_READ, 0 },                                           \
		{ METHOD_POST, at, tokens_create, STATE_RIGHT_TOKENS_WRITE, API_WRITE },                               \
		{ METHOD_GET, at "/:token", tokens_get, STATE_RIGHT_TOKENS_READ, 0 },                                  \
		{ METHOD_PUT, at "/:token", tokens_edit, STATE_RIGHT_TOKENS_WRITE, API_WRITE },                        \
		{ METHOD_DELETE, at "/:token", tokens_delete, STATE_RIGHT_TOKENS_WRITE, API_WRITE },                   \
	{                                                                                                              \
		METHOD_PUT, at "/:token/value", tokens_roll, STATE_RIGHT_TOKENS_WRITE, API_WRITE                       \
	}

const struct api_route *api_tokens_routes(void)
{
	static const struct api_route routes[] = {
		TOKENS__ROUTES("user/tokens"),
		TOKENS__ROUTES("accounts/:account/tokens"),
		{ 0 },
	};

	return routes;
}
