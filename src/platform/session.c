/* SPDX-License-Identifier: Apache-2.0 */
/* session: who somebody is: tokens of an hour for API tokens, API tokens, the user, the regions. */
#include "base/base64.h"
#include "platform/routes.h"
#include "platform/v1.h"
#include "state/account.h"

#include <stdio.h>

enum { SESSION__TOKENS_MAX = 1000, SESSION__NAME_MAX = STATE_TOKEN_NAME_BYTES - 1, SESSION__BASIC_MAX = 1024 };

/* ---- exchange ---- */

/* User and password of Basic authorization (RFC 7617), in the arena. */
static bool session__basic(struct api_call *call, struct slice *ret_user, struct slice *ret_password)
{
	struct buf text;

	buf_init(&text, SESSION__BASIC_MAX);
	bool ok = call->basic.p && base64_read(call->basic, &text) == OK;
	struct slice all = ok ? arena_copy(&call->arena, buf_slice(&text)) : SLICE("");
	seal_wipe_buf(&text);
	*ret_user = slice_split(&all, ':');
	*ret_password = all;
	return ok && all.p;
}

/* The API token of Basic authorization: an empty user, the token as the password. errors: ERR_NOT_FOUND, as store_done.
 */
static enum err session__token(struct api_call *call, struct state_token *ret)
{
	struct slice user, password;

	if (!session__basic(call, &user, &password) || user.n || password.n == 0)
		return ERR_NOT_FOUND;
	TRY(state_token_find(call->state, password, ret));
	if (state_token_check(ret, call->state->now_ms, &call->client) == STATE_TOKEN_USABLE)
		return OK;
	state_token_fini(ret);
	*ret = (struct state_token){ .id = "" };
	return ERR_NOT_FOUND;
}

/* The user's id; false after an answer. */
static bool session__user(struct api_call *call, char ret[static V1_USER_BYTES])
{
	struct state_user u;
	enum err e = state_account_user(call->state, &u);

	if (e != OK) {
		api_fail_store(call, e);
		return false;
	}
	json_decref(u.profile);
	platform_v1_uuid("us-", u.id, ret);
	return true;
}

static void session_exchange(struct api_call *call)
{
	struct state_token t = { .id = "" };
	char user[V1_USER_BYTES];
	struct buf out;
	enum err e = session__token(call, &t);

	buf_init(&out, BEARER_BYTES_MAX);
	if (e == ERR_NOT_FOUND)
		platform_v1_error(call, 401, "Invalid credentials");
	else if (e != OK)
		api_fail_store(call, e);
	else if (session__user(call, user)) {
		e = platform_bearer_make(&platform_of(call)->key, BEARER_TOKEN, t.id, user, call->state->now_ms, &out);
		if (e == OK)
			platform_v1_ok(call, 200, "token", json_stringn(buf_slice(&out).p, buf_len(&out)));
		else
			platform_v1_error(call, 503, "no token can be made now");
	}
	buf_fini(&out);
	state_token_fini(&t);
}

/* ---- API tokens ---- */

static json_t *session__token_json(const struct state_token *t, const char *value)
{
	char id[V1_USER_BYTES];
	json_t *v = json_pack("{s:s, s:s, s:o, s:o, s:o}", "id", platform_v1_uuid("", t->id, id), "name", t->name,
			      "created_at", platform_v1_time(t->issued_ms), "issued_at",
			      platform_v1_time(t->modified_ms), "last_used_at", platform_v1_time(t->used_ms));

	if (value)
		json_object_set_new(v, "token", json_string(value));
	return v;
}

static void session__see(void *arg, const struct state_token *t)
{
	json_array_append_new(arg, session__token_json(t, NULL));
}

static void session_tokens(struct api_call *call)
{
	json_t *list = json_array();
	int64_t total;
	enum err e = state_token_list(call->state, 0, SESSION__TOKENS_MAX, session__see, list, &total);

	if (e == OK) {
		platform_v1_ok(call, 200, "tokens", list);
		return;
	}
	json_decref(list);
	api_fail_store(call, e);
}

/* What a token made here may do: everything with apps. False after an answer. */
static bool session__policies(struct api_call *call, struct state_token *t)
{
	struct state_account a;
	struct diag d;
	char resource[128];
	enum err e = state_account_get(call->state, &a);

	if (e == OK) {
		snprintf(resource, sizeof resource, "com.cloudflare.api.account.%s", a.id);
		json_t *given = json_pack("[{s:s, s:[{s:s}], s:{s:s}}]", "effect", "allow", "permission_groups", "id",
					  state_right_info(STATE_RIGHT_APPS_WRITE)->id, "resources", resource, "*");
		diag_init(&d);
		e = state_right_policies(given, &t->policies, &d);
		json_decref(given);
	}
	if (e != OK)
		api_fail_store(call, e);
	return e == OK;
}

static void session_create(struct api_call *call)
{
	const json_t *inner = json_object_get(call->body, "token"), *body = json_is_object(inner) ? inner : call->body;
	struct state_token t = { .status = "active" };
	char value[STATE_TOKEN_VALUE_BYTES];
	const char *name = "";

	if (!platform_v1_string(call, body, "name", SESSION__NAME_MAX, &name))
		return;
	if (!name[0]) {
		platform_v1_invalid(call, "name", "can't be blank");
		return;
	}
	snprintf(t.name, sizeof t.name, "%s", name);
	if (session__policies(call, &t)) {
		enum err e = state_token_add(call->state, &t, value);
		json_t *shown = session__token_json(&t, NULL);
		if (e != OK)
			api_fail_store(call, e);
		else if (api_audit(call, "create", "token", t.id, NULL, shown))
			platform_v1_ok(call, 201, "token", session__token_json(&t, value));
		json_decref(shown);
	}
	state_token_fini(&t);
}

/* The token of the path, whose id clients write with dashes or without. False after an answer. */
static bool session__of(struct api_call *call, struct state_token *t)
{
	struct slice given = api_param(call, "token");
	char id[STATE_ID_BYTES];
	size_t n = 0;

	for (size_t i = 0; i < given.n && n < sizeof id - 1; i++)
		if (given.p[i] != '-')
			id[n++] = given.p[i];
	enum err e = state_token_get(call->state, slice_of(id, n), t);
	if (e == OK && (t->admin || t->login)) {
		state_token_fini(t);
		*t = (struct state_token){ .id = "" };
		e = ERR_NOT_FOUND;
	}
	if (e != OK)
		platform_v1_state(call, e, "token");
	return e == OK;
}

static void session_renew(struct api_call *call)
{
	struct state_token t = { .id = "" };
	char value[STATE_TOKEN_VALUE_BYTES];

	if (session__of(call, &t)) {
		enum err e = state_token_roll(call->state, &t, value);
		if (e != OK)
			api_fail_store(call, e);
		else if (api_audit(call, "roll", "token", t.id, NULL, NULL))
			platform_v1_ok(call, 200, "token", session__token_json(&t, value));
	}
	state_token_fini(&t);
}

static void session_delete(struct api_call *call)
{
	struct state_token t = { .id = "" };

	if (session__of(call, &t)) {
		enum err e = state_token_remove(call->state, t.id);
		if (e != OK)
			platform_v1_state(call, e, "token");
		else if (api_audit(call, "delete", "token", t.id, NULL, NULL))
			api_json(call, 204, NULL);
	}
	state_token_fini(&t);
}

/* ---- user and regions ---- */

static json_t *session__member(const struct state_user *u, const char *name)
{
	json_t *v = json_object_get(u->profile, name);

	return v ? json_incref(v) : json_string("");
}

static void session_self(struct api_call *call)
{
	struct state_user u;
	char id[V1_USER_BYTES];
	enum err e = state_account_user(call->state, &u);

	if (e != OK) {
		api_fail_store(call, e);
		return;
	}
	json_t *v = platform_v1_owner(call, u.email), *first = session__member(&u, "first_name"),
	       *last = session__member(&u, "last_name");
	platform_v1_uuid("us-", u.id, id);
	const char *between = json_string_length(first) && json_string_length(last) ? " " : "";
	json_object_set_new(v, "uuid", json_string(id));
	json_object_set_new(v, "first_name", first);
	json_object_set_new(v, "last_name", last);
	json_object_set_new(v, "fullname",
			    json_string(platform_v1_text(call, "%s%s%s", json_string_value(first), between,
							 json_string_value(last))));
	json_object_set_new(v, "location", session__member(&u, "country"));
	json_object_set_new(v, "company", json_string(""));
	json_object_set_new(v, "created_at", platform_v1_time(u.created_ms));
	/* Never "admin": clients would ask for consent before each look at an app. */
	json_object_set_new(v, "flags", json_object());
	json_object_set_new(v, "limits", json_object());
	json_decref(u.profile);
	platform_v1_ok(call, 200, "user", v);
}

static void session_regions(struct api_call *call)
{
	const char *base = platform_v1_base(call), *region = call->node->platform_region;

	platform_v1_ok(call, 200, "regions",
		       json_pack("[{s:s, s:s, s:s, s:s, s:s, s:s, s:b}]", "name", region, "display_name", region, "api",
				 base, "dashboard", base, "database_api", base, "ssh", "", "default", 1));
}

const struct api_route *platform_session_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_POST, "/v1/tokens/exchange", session_exchange, STATE_RIGHT_NONE, API_OPEN },
		{ METHOD_GET, "/v1/tokens", session_tokens, STATE_RIGHT_TOKENS_READ, 0 },
		{ METHOD_POST, "/v1/tokens", session_create, STATE_RIGHT_TOKENS_WRITE, API_WRITE },
		{ METHOD_PATCH, "/v1/tokens/:token/renew", session_renew, STATE_RIGHT_TOKENS_WRITE, API_WRITE },
		{ METHOD_PUT, "/v1/tokens/:token/renew", session_renew, STATE_RIGHT_TOKENS_WRITE, API_WRITE },
		{ METHOD_DELETE, "/v1/tokens/:token", session_delete, STATE_RIGHT_TOKENS_WRITE, API_WRITE },
		{ METHOD_GET, "/v1/users/self", session_self, STATE_RIGHT_NONE, 0 },
		{ METHOD_GET, "/v1/regions", session_regions, STATE_RIGHT_NONE, API_OPEN },
		{ 0 },
	};

	return routes;
}
