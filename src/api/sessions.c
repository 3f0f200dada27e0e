/* SPDX-License-Identifier: Apache-2.0 */
/* sessions: signing in to the dashboard with an API token (people: signin.h), and what is open. */
#include "state/session.h"

#include "api/api_int.h"
#include "api/routes.h"
#include "api/signin.h"
#include "state/account.h"

enum { SESSIONS__TOKEN_BYTES = 256 };

/* Cookies over TLS stay there; a dashboard on loopback has no TLS, and no network to be read on. */
static struct slice sessions__cookie(struct api_call *call, const char *value, int64_t age_s)
{
	return arena_printf(&call->arena, API_SESSION_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%lld%s",
			    value, (long long)age_s, call->secure ? "; Secure" : "");
}

static json_t *sessions__json(const struct state_session *s)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o}", "id", s->id, "address", s->address, "agent", s->agent,
			 "created_on", state_time(s->created_ms), "seen_on", state_time(s->seen_ms));
}

/* Who is signed in, as the dashboard wants it. csrf NULL: there is none, an API token asks by itself. */
static void sessions__answer(struct api_call *call, const struct state_token *t, const char *csrf)
{
	struct state_account a;
	enum err e = state_account_get(call->state, &a);

	if (e != OK) {
		api_fail_store(call, e);
		return;
	}
	api_ok(call, json_pack("{s:s, s:s, s:b, s:b, s:{s:s, s:s}, s:s*, s:s}", "id", t->id, "name", t->name, "admin",
			       t->admin, "person", t->login, "account", "id", a.id, "name", a.name, "csrf", csrf,
			       "node", call->node->name));
}

/* Who signs in is who the transaction's row is of. False after api_fail. */
static bool sessions__audit(struct api_call *call, const struct state_token *t, const struct state_session *s)
{
	const struct slice id = arena_copy(&call->arena, slice_of(t->id, sizeof t->id)),
			   name = arena_copy(&call->arena, slice_of(t->name, sizeof t->name));

	if (!id.p || !name.p) {
		api_fail(call, 413, API_TOO_LARGE, "", "the request is too large");
		return false;
	}
	call->state->actor = (struct state_actor){ id.p, name.p, call->address };
	return api_audit(call, "sign_in", "session", s->id, NULL, NULL);
}

void api_sessions_begin(struct api_call *call, const struct state_token *t)
{
	struct state_session s = { 0 };
	char value[STATE_SESSION_VALUE_BYTES], csrf[STATE_SESSION_CSRF_BYTES];
	struct slice agent = slice_first(call->agent, sizeof s.agent - 1);

	memcpy(s.token_id, t->id, sizeof s.token_id);
	memcpy(s.address, call->address, sizeof s.address);
	for (size_t i = 0; i < agent.n; i++)
		s.agent[i] = agent.p[i] >= ' ' && agent.p[i] <= '~' ? agent.p[i] : '?';
	enum err e = state_session_add(call->state, &s, value);
	if (e == OK)
		e = state_session_csrf(slice_str(value), csrf);
	if (e != OK) {
		api_fail_store(call, e);
		return;
	}
	if (sessions__audit(call, t, &s)) {
		api_cookie(call, sessions__cookie(call, value, STATE_SESSION_LIFE_MS / 1000));
		sessions__answer(call, t, csrf);
	}
	crypto_wipe(value, sizeof value);
}

void api_sessions_own(const struct api_call *call, char ret[static STATE_ID_BYTES])
{
	struct state_session s;
	bool own = !call->bearer.p && !call->key.p && call->session.p &&
		   state_session_find(call->state, call->session, &s) == OK;

	memcpy(ret, own ? s.id : "", own ? STATE_ID_BYTES : 1);
}

static void sessions__by_token(struct api_call *call)
{
	json_t *body = api_object(call);
	struct state_token t = { 0 };
	const char *value = NULL;

	if (!body || !api_string(call, (struct api_member){ body, "", "token", true }, SESSIONS__TOKEN_BYTES, &value))
		return;
	enum err e = state_token_find(call->state, slice_str(value), &t);
	if (e == OK && state_token_check(&t, call->state->now_ms, &call->client) != STATE_TOKEN_USABLE)
		e = ERR_NOT_FOUND;
	if (e == OK)
		api_sessions_begin(call, &t);
	else if (e == ERR_NOT_FOUND)
		api_fail(call, 403, API_BAD_TOKEN, "/token",
			 "This token is not known, disabled, expired or not for this address");
	else
		api_fail_store(call, e);
	state_token_fini(&t);
}

static void sessions_sign_in(struct api_call *call)
{
	static const struct api_route by_token = { METHOD_POST, "seawall/session", sessions__by_token, STATE_RIGHT_NONE,
						   API_OPEN | API_WRITE };
	json_t *body = api_object(call);

	if (!body)
		return;
	if (call->foreign)
		api_fail(call, 403, API_FORBIDDEN, NULL, "a page of another site may not sign in here");
	else if (json_object_get(body, "email") || json_object_get(body, "password"))
		signin_begin(call, body);
	else
		api_again(call, &by_token);
}

static void sessions_who(struct api_call *call)
{
	char csrf[STATE_SESSION_CSRF_BYTES];
	bool by_session = call->session.p && !call->bearer.p && !call->key.p;

	if (by_session && state_session_csrf(call->session, csrf) != OK)
		api_fail(call, 500, API_BROKEN, NULL, "no randomness");
	else
		sessions__answer(call, &call->token, by_session ? csrf : NULL);
}

static void sessions_sign_out(struct api_call *call)
{
	struct state_session s;
	enum err e = call->session.p ? state_session_find(call->state, call->session, &s) : ERR_NOT_FOUND;

	if (e == OK)
		e = state_session_remove(call->state, s.id, s.token_id);
	if (e != OK && e != ERR_NOT_FOUND) {
		api_fail_store(call, e);
		return;
	}
	api_cookie(call, sessions__cookie(call, "", 0));
	api_ok(call, json_object());
}

static void sessions__see(void *arg, const struct state_session *s)
{
	json_array_append_new(arg, sessions__json(s));
}

static void sessions_list(struct api_call *call)
{
	json_t *list = json_array();
	enum err e = state_session_list(call->state, call->token.id, sessions__see, list);

	if (e == OK) {
		api_ok(call, list);
		return;
	}
	json_decref(list);
	api_fail_store(call, e);
}

static void sessions_end(struct api_call *call)
{
	char id[STATE_ID_BYTES];
	struct slice given = api_param(call, "session");
	bool fits = given.n < sizeof id;

	if (fits) {
		memcpy(id, given.p, given.n);
		id[given.n] = '\0';
	}
	enum err e = fits ? state_session_remove(call->state, id, call->token.id) : ERR_NOT_FOUND;
	if (e == OK)
		api_ok(call, json_pack("{s:s}", "id", id));
	else if (e == ERR_NOT_FOUND)
		api_fail(call, 404, API_NO_ROUTE, NULL, "there is no session of this id");
	else
		api_fail_store(call, e);
}

const struct api_route *api_sessions_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_POST, "seawall/session", sessions_sign_in, STATE_RIGHT_NONE, API_OPEN | API_LATER },
		{ METHOD_GET, "seawall/session", sessions_who, STATE_RIGHT_NONE, 0 },
		{ METHOD_DELETE, "seawall/session", sessions_sign_out, STATE_RIGHT_NONE, API_OPEN | API_WRITE },
		{ METHOD_GET, "seawall/sessions", sessions_list, STATE_RIGHT_NONE, 0 },
		{ METHOD_DELETE, "seawall/sessions/:session", sessions_end, STATE_RIGHT_NONE, API_WRITE },
		{ 0 },
	};

	return routes;
}
