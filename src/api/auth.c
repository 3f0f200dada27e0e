/* SPDX-License-Identifier: Apache-2.0 */
/* auth: who asks: a bearer token, or the old pair of e-mail and key, with the errors that clients know. */
#include "api/api_int.h"
#include "base/crypto.h"
#include "state/session.h"
#include "supervisor/say.h"

enum { AUTH__VALUE_MAX = 256 };

static bool auth__printable(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return s.n > 0 && s.n <= AUTH__VALUE_MAX;
}

/* The key of an e-mail address is the administrator's token. */
static enum err auth__by_key(struct state *st, struct slice key, struct state_token *ret)
{
	TRY(state_token_find(st, key, ret));
	if (ret->admin)
		return OK;
	state_token_fini(ret);
	*ret = (struct state_token){ 0 };
	return ERR_NOT_FOUND;
}

enum err api_auth_find(struct state *st, const struct api_request *rq, struct state_token *ret)
{
	enum err e = ERR_NOT_FOUND;

	/* Clients may send several; one that is valid is enough. */
	if (rq->bearer.p && auth__printable(rq->bearer))
		e = state_token_find(st, rq->bearer, ret);
	if (e == ERR_NOT_FOUND && rq->email.n && rq->key.p && auth__printable(rq->key))
		e = auth__by_key(st, rq->key, ret);
	if (e == ERR_NOT_FOUND && !rq->bearer.p && !rq->key.p && rq->session.p)
		e = api_auth_session(st, rq, ret);
	return e;
}

/* Whether a page of ours sent it: RFC 9110's safe methods change nothing, and others carry the session's second value.
 * Browsers also say which site a page is of (the W3C's Fetch Metadata). */
static bool auth__ours(const struct api_request *rq)
{
	char csrf[STATE_SESSION_CSRF_BYTES];

	if (rq->method == METHOD_GET || rq->method == METHOD_HEAD)
		return true;
	return !rq->foreign && state_session_csrf(rq->session, csrf) == OK &&
	       rq->csrf.n == STATE_SESSION_CSRF_BYTES - 1 && crypto_same(rq->csrf.p, csrf, rq->csrf.n);
}

enum err api_auth_session(struct state *st, const struct api_request *rq, struct state_token *ret)
{
	struct state_session s;

	if (!auth__printable(rq->session))
		return ERR_NOT_FOUND;
	TRY(state_session_find(st, rq->session, &s));
	if (!auth__ours(rq))
		return ERR_BLOCKED;
	return state_token_get(st, slice_str(s.token_id), ret);
}

void api_auth_session_used(const struct api_call *call)
{
	struct state_session s;

	/* Not a part of what was asked. */
	if (!call->bearer.p && !call->key.p && call->session.p &&
	    (state_session_find(call->state, call->session, &s) != OK || state_session_used(call->state, &s) != OK))
		say("api", "event=session_use_not_stored reason=\"%s\"", store_reason(call->state->store));
}

static void auth__headers(struct api_call *call, int cause, const char *text)
{
	api_fail_chain(call, 400, API_BAD_HEADERS, "Invalid request headers", cause, text);
}

/* Why nobody was found. */
static void auth__unknown(struct api_call *call)
{
	if (call->bad_authorization || (call->bearer.p && !auth__printable(call->bearer)))
		auth__headers(call, 6111, "Invalid format for Authorization header");
	else if (call->bearer.p)
		api_fail(call, 403, API_BAD_TOKEN, NULL, "Invalid access token");
	else if (!call->key.p && !call->email.p)
		api_fail(call, 400, API_MISSING_AUTH, NULL,
			 "Missing X-Auth-Key, X-Auth-Email or Authorization headers");
	else if (call->key.n == 0 || !auth__printable(call->key))
		auth__headers(call, 6103, "Invalid format for X-Auth-Key header");
	else if (call->email.n == 0)
		auth__headers(call, 6102, "Invalid format for X-Auth-Email header");
	else
		api_fail(call, 403, API_UNKNOWN_KEY, NULL, "Unknown X-Auth-Key or X-Auth-Email");
	if (call->status == 400)
		api_say(call, API_MISSING_AUTH,
			"Send the header \"Authorization: Bearer TOKEN\". The administrator's token is in "
			"DATA/admin.token on the "
			"node; `seawall tokens create` makes others.");
}

static bool auth__usable(struct api_call *call)
{
	switch (state_token_check(&call->token, call->state->now_ms, &call->client)) {
	case STATE_TOKEN_USABLE:
		return true;
	case STATE_TOKEN_PLACE:
		api_fail(call, 403, API_BAD_TOKEN, NULL, "Cannot use the access token from location: %s",
			 call->address);
		return false;
	case STATE_TOKEN_EXPIRED:
		api_fail(call, 403, API_BAD_TOKEN, NULL, "The access token has expired");
		return false;
	case STATE_TOKEN_EARLY:
		api_fail(call, 403, API_BAD_TOKEN, NULL, "The access token is not valid yet");
		return false;
	case STATE_TOKEN_DISABLED:
		break;
	}
	api_fail(call, 403, API_BAD_TOKEN, NULL, "The access token is disabled");
	return false;
}

bool api_auth_check(struct api_call *call)
{
	const struct api_request rq = { .method = call->method,
					.bearer = call->bearer,
					.email = call->email,
					.key = call->key,
					.session = call->session,
					.csrf = call->csrf,
					.foreign = call->foreign };
	enum err e = api_auth_find(call->state, &rq, &call->token);

	if (e == ERR_NOT_FOUND && call->session.p && !call->bearer.p && !call->key.p)
		api_fail(call, 403, API_BAD_TOKEN, NULL, "The session is over; sign in again");
	else if (e == ERR_BLOCKED)
		api_fail(call, 403, API_FORBIDDEN, NULL,
			 "a change by a session needs the header Seawall-CSRF with the value that GET "
			 "/client/v4/seawall/session tells");
	else if (e == ERR_NOT_FOUND)
		auth__unknown(call);
	else if (e != OK)
		api_fail_store(call, e);
	/* A token that cannot be used can still be asked about. */
	else if ((call->route->flags & API_ANY_TOKEN) || auth__usable(call)) {
		api_auth_session_used(call);
		return true;
	}
	return false;
}
