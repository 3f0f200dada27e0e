/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logins: people with passwords: /seawall/users. Who may make tokens may make people, who get no more than their maker
 * has; and nobody changes somebody who may do more than themselves. Everybody may change their own password and second
 * factor after showing the password again, whatever else they may do.
 */
#include "api/api_int.h"
#include "api/routes.h"
#include "api/signin.h"
#include "state/login.h"
#include "state/session.h"

#include <stdio.h>

enum { LOGINS__NOT_FOUND = 1001, LOGINS__EXISTS = 10434, LOGINS__PER_PAGE = 20, LOGINS__PER_PAGE_MAX = 1000 };

static json_t *logins__json(const struct state_login *l)
{
	const struct state_token *t = &l->token;
	json_t *v =
		json_pack("{s:s, s:s, s:b, s:s, s:b, s:I}", "id", t->id, "email", t->name, "admin", t->admin, "status",
			  t->status, "two_factor", l->totp_on, "recovery_codes_left", (json_int_t)l->codes_left);

	json_object_set_new(v, "created_on", state_time(t->issued_ms));
	json_object_set_new(v, "modified_on", state_time(t->modified_ms));
	json_object_set_new(v, "last_used_on", state_time(t->used_ms));
	json_object_set_new(v, "password_changed_on", state_time(l->changed_ms));
	if (t->expires_ms)
		json_object_set_new(v, "expires_on", state_time(t->expires_ms));
	if (t->not_before_ms)
		json_object_set_new(v, "not_before", state_time(t->not_before_ms));
	json_object_set(v, "policies", t->policies);
	if (t->condition)
		json_object_set(v, "condition", t->condition);
	return v;
}

/* ---- who ---- */

/* The person of the path ("self": who asks); false after api_fail. */
static bool logins__get(struct api_call *call, struct state_login *ret)
{
	struct slice asked = api_param(call, "user");
	enum err e =
		state_login_get(call->state, slice_eq(asked, SLICE("self")) ? slice_str(call->token.id) : asked, ret);

	if (e == ERR_NOT_FOUND)
		api_fail(call, 404, LOGINS__NOT_FOUND, NULL,
			 "there is no such person; `seawall users list` lists them");
	else if (e != OK)
		api_fail_store(call, e);
	return e == OK;
}

static bool logins__own(const struct api_call *call, const struct state_login *l)
{
	return strcmp(call->token.id, l->token.id) == 0;
}

/* Whether who asks may change what that person may do or how they sign in; false after api_fail. */
static bool logins__above(struct api_call *call, const struct state_login *l)
{
	if (!api_may(call, STATE_RIGHT_TOKENS_WRITE, NULL))
		api_fail(call, 403, API_FORBIDDEN, NULL, "Authentication error");
	else if (l->token.admin && !call->token.admin)
		api_fail(call, 403, API_FORBIDDEN, NULL, "this person may do everything, and you may not");
	else
		return api_tokens_within(call, l->token.policies);
	return false;
}

/* The person of the path, whom who asks may change: themselves, or somebody below. False after api_fail. */
static bool logins__changeable(struct api_call *call, struct state_login *ret)
{
	if (!logins__get(call, ret))
		return false;
	if (logins__own(call, ret) || logins__above(call, ret))
		return true;
	state_login_fini(ret);
	return false;
}

/* ---- reading ---- */

static void logins__see(void *arg, const struct state_login *l)
{
	json_array_append_new(arg, logins__json(l));
}

static void logins_list(struct api_call *call)
{
	struct api_page page;
	int64_t total;

	if (!api_page(call, LOGINS__PER_PAGE, LOGINS__PER_PAGE_MAX, &page))
		return;
	json_t *list = json_array();
	enum err e = state_login_list(call->state, page.offset, page.per_page, logins__see, list, &total);
	if (e == OK) {
		api_list(call, list, &page, total);
		return;
	}
	json_decref(list);
	api_fail_store(call, e);
}

static void logins_get(struct api_call *call)
{
	struct state_login l;

	if (!logins__get(call, &l))
		return;
	if (logins__own(call, &l) || api_may(call, STATE_RIGHT_TOKENS_READ, NULL))
		api_ok(call, logins__json(&l));
	else
		api_fail(call, 403, API_FORBIDDEN, NULL, "Authentication error");
	state_login_fini(&l);
}

/* ---- people ---- */

static bool logins__password(struct api_call *call, const json_t *body, const char *name, struct slice *ret)
{
	const char *text = NULL;

	if (!api_string(call, (struct api_member){ body, "", name, true }, PASSWORD_BYTES_MAX, &text))
		return false;
	*ret = slice_str(text);
	if (password_fits(*ret))
		return true;
	api_fail(call, 400, API_BAD_BODY, "/password", "must have %d to %d bytes, without control characters",
		 PASSWORD_BYTES_MIN, PASSWORD_BYTES_MAX);
	return false;
}

/* Whether the person may do everything; false after api_fail. */
static bool logins__admin(struct api_call *call, const json_t *body, struct state_token *t)
{
	if (!api_bool(call, (struct api_member){ body, "", "admin", false }, &t->admin))
		return false;
	if (t->admin && !call->token.admin) {
		api_fail(call, 403, API_FORBIDDEN, "/admin", "only who may do everything can give that to others");
		return false;
	}
	/* Who may do everything needs no policies. */
	if (t->admin && !t->policies)
		t->policies = json_array();
	return true;
}

/* Members of the body go into a new person; false after api_fail. */
static bool logins__read(struct api_call *call, const json_t *body, struct state_token *t)
{
	const char *email = NULL;

	if (!api_string(call, (struct api_member){ body, "", "email", true }, sizeof t->name - 1, &email))
		return false;
	if (!state_login_email_fits(slice_str(email))) {
		api_fail(call, 400, API_BAD_BODY, "/email", "must be an e-mail address in ASCII, at most %d bytes",
			 STATE_TOKEN_NAME_BYTES - 1);
		return false;
	}
	snprintf(t->name, sizeof t->name, "%s", email);
	return logins__admin(call, body, t) && api_tokens_read(call, body, t);
}

static void logins__add(struct api_call *call)
{
	const struct signin_proof *p = call->held;
	struct state_login l = { .token = { .status = "active" } };

	snprintf(l.password, sizeof l.password, "%s", p->made);
	if (logins__read(call, call->body, &l.token)) {
		enum err e = state_login_add(call->state, &l);
		json_t *after = logins__json(&l);
		if (e == ERR_EXISTS)
			api_fail(call, 400, LOGINS__EXISTS, "/email",
				 "somebody with this e-mail address is there already");
		else if (e == ERR_QUEUE_FULL)
			api_fail(call, 400, API_BAD_BODY, "", "there are %d people already", STATE_LOGINS_MAX);
		else if (e != OK)
			api_fail_store(call, e);
		else if (api_audit(call, "create", "user", l.token.id, NULL, after))
			api_ok(call, json_incref(after));
		json_decref(after);
	}
	state_login_fini(&l);
}

static void logins_create(struct api_call *call)
{
	static const struct api_route add = { METHOD_POST, "seawall/users", logins__add, STATE_RIGHT_TOKENS_WRITE,
					      API_WRITE };
	struct signin_proof *p = arena_alloc(&call->arena, sizeof *p);
	struct state_token t = { .status = "active" };
	json_t *body = api_object(call);

	if (!body)
		return;
	if (!p) {
		api_fail(call, 413, API_TOO_LARGE, "", "the request is too large");
		return;
	}
	*p = (struct signin_proof){ .then = &add };
	/* Everything is judged before the slow part, and once more when it is done. */
	if (logins__read(call, body, &t) && logins__password(call, body, "password", &p->fresh))
		signin_prove(call, p);
	state_token_fini(&t);
}

static void logins_edit(struct api_call *call)
{
	struct state_login l;
	json_t *body = api_object(call);
	char own[STATE_ID_BYTES];

	if (!body || !logins__get(call, &l))
		return;
	json_t *before = logins__json(&l);
	api_sessions_own(call, own);
	if (logins__above(call, &l) && logins__admin(call, body, &l.token) && api_tokens_read(call, body, &l.token)) {
		enum err e = state_login_save(call->state, &l, own);
		json_t *after = logins__json(&l);
		if (e != OK)
			api_fail_store(call, e);
		else if (api_audit(call, "update", "user", l.token.id, before, after))
			api_ok(call, json_incref(after));
		json_decref(after);
	}
	json_decref(before);
	state_login_fini(&l);
}

static void logins_delete(struct api_call *call)
{
	struct state_login l;

	if (!logins__get(call, &l))
		return;
	json_t *before = logins__json(&l);
	if (logins__above(call, &l)) {
		enum err e = state_login_remove(call->state, l.token.id);
		if (e != OK)
			api_fail_store(call, e);
		else if (api_audit(call, "delete", "user", l.token.id, before, NULL))
			api_ok(call, json_pack("{s:s}", "id", l.token.id));
	}
	json_decref(before);
	state_login_fini(&l);
}

/* ---- password and second factor: whoever it is of shows the password first ---- */

/* What is to be proved before a change of the person of the path; NULL after api_fail. */
static struct signin_proof *logins__proof(struct api_call *call, const struct api_route *then)
{
	struct signin_proof *p = arena_alloc(&call->arena, sizeof *p);
	const char *shown = NULL;
	struct state_login l;

	if (!logins__changeable(call, &l))
		return NULL;
	if (p) {
		*p = (struct signin_proof){ .then = then, .at = "/current_password" };
		p->person = arena_copy(&call->arena, slice_of(l.token.id, sizeof l.token.id)).p;
		p->name = arena_copy(&call->arena, slice_of(l.token.name, sizeof l.token.name)).p;
		if (logins__own(call, &l))
			p->kept = arena_copy(&call->arena, slice_of(l.password, sizeof l.password)).p;
	}
	bool own = logins__own(call, &l);
	state_login_fini(&l);
	if (!p || !p->person || !p->name || (own && !p->kept)) {
		api_fail(call, 413, API_TOO_LARGE, "", "the request is too large");
		return NULL;
	}
	if (!own)
		return p;
	json_t *body = api_object(call);
	if (!body ||
	    !api_string(call, (struct api_member){ body, "", "current_password", true }, PASSWORD_BYTES_MAX, &shown))
		return NULL;
	p->shown = slice_str(shown);
	return p;
}

/* The person of the proof in the transaction, as they were when it was asked; false after api_fail. */
static bool logins__proved(struct api_call *call, struct state_login *ret)
{
	const struct signin_proof *p = call->held;
	enum err e = state_login_get(call->state, slice_str(p->person), ret);

	if (e == ERR_NOT_FOUND)
		api_fail(call, 404, LOGINS__NOT_FOUND, NULL, "there is no such person any more");
	else if (e != OK)
		api_fail_store(call, e);
	if (e != OK)
		return false;
	if (p->kept && strcmp(p->kept, ret->password) != 0)
		api_fail(call, 403, SIGNIN_WRONG, p->at, "the password was changed meanwhile");
	else if (p->kept || logins__above(call, ret))
		return true;
	state_login_fini(ret);
	return false;
}

/* After a change of how a person signs in: the audit row, and the answer, whose reference is taken over. */
static void logins__changed(struct api_call *call, const struct state_login *l, const char *action, json_t *answer)
{
	if (api_audit(call, action, "user", l->token.id, NULL, NULL))
		api_ok(call, answer);
	else
		json_decref(answer);
}

static void logins__store_password(struct api_call *call)
{
	const struct signin_proof *p = call->held;
	char own[STATE_ID_BYTES];
	struct state_login l;

	if (!logins__proved(call, &l))
		return;
	api_sessions_own(call, own);
	enum err e = state_login_set_password(call->state, &l, p->made, own);
	if (e != OK)
		api_fail_store(call, e);
	else
		logins__changed(call, &l, "change_password", logins__json(&l));
	state_login_fini(&l);
}

static void logins_password(struct api_call *call)
{
	static const struct api_route store = { METHOD_PUT, "seawall/users/:user/password", logins__store_password,
						STATE_RIGHT_NONE, API_WRITE };
	json_t *body = api_object(call);
	struct signin_proof *p = body ? logins__proof(call, &store) : NULL;

	if (p && logins__password(call, body, "password", &p->fresh))
		signin_prove(call, p);
}

/* The URL that authenticators read from a picture, in the form that Google's began and all others know. */
static json_t *logins__otpauth(struct api_call *call, const struct state_login *l, const char *secret)
{
	char name[3 * STATE_TOKEN_NAME_BYTES];
	size_t n = 0;

	for (const char *c = l->token.name; *c; c++)
		n += (size_t)snprintf(
			name + n, sizeof name - n,
			slice_is_digit(*c) || (slice_lower(*c) >= 'a' && slice_lower(*c) <= 'z') ? "%c" : "%%%02X",
			(unsigned)*c);
	struct slice url =
		arena_printf(&call->arena, "otpauth://totp/Seawall:%s?secret=%s&issuer=Seawall", name, secret);
	return json_stringn(url.p, url.n);
}

static void logins__begin_totp(struct api_call *call)
{
	char secret[TOTP_TEXT_BYTES];
	struct state_login l;

	if (!logins__proved(call, &l))
		return;
	if (l.totp_on) {
		api_fail(call, 400, API_BAD_BODY, NULL, "the second factor is on already; switch it off first");
	} else {
		enum err e = state_login_totp_begin(call->state, call->seal, &l, secret);
		if (e != OK)
			api_fail_store(call, e);
		else
			logins__changed(
				call, &l, "begin_two_factor",
				json_pack("{s:s, s:o}", "secret", secret, "url", logins__otpauth(call, &l, secret)));
		crypto_wipe(secret, sizeof secret);
	}
	state_login_fini(&l);
}

static void logins_begin_totp(struct api_call *call)
{
	static const struct api_route begin = { METHOD_POST, "seawall/users/:user/totp", logins__begin_totp,
						STATE_RIGHT_NONE, API_WRITE };
	struct signin_proof *p = logins__proof(call, &begin);

	if (p)
		signin_prove(call, p);
}

static void logins__remove_totp(struct api_call *call)
{
	char own[STATE_ID_BYTES];
	struct state_login l;

	if (!logins__proved(call, &l))
		return;
	api_sessions_own(call, own);
	enum err e = state_login_totp_off(call->state, &l);
	if (e == OK)
		e = state_session_end_all(call->state, l.token.id, own);
	if (e != OK)
		api_fail_store(call, e);
	else
		logins__changed(call, &l, "end_two_factor", logins__json(&l));
	state_login_fini(&l);
}

static void logins_remove_totp(struct api_call *call)
{
	static const struct api_route end = { METHOD_DELETE, "seawall/users/:user/totp", logins__remove_totp,
					      STATE_RIGHT_NONE, API_WRITE };
	struct signin_proof *p = logins__proof(call, &end);

	if (p)
		signin_prove(call, p);
}

/* Recovery codes, for the only time. */
static json_t *logins__codes(char codes[static STATE_LOGIN_CODES][STATE_LOGIN_CODE_BYTES])
{
	json_t *list = json_array();

	for (size_t i = 0; i < STATE_LOGIN_CODES; i++)
		json_array_append_new(list, json_string(codes[i]));
	return list;
}

static void logins_confirm_totp(struct api_call *call)
{
	char codes[STATE_LOGIN_CODES][STATE_LOGIN_CODE_BYTES], own[STATE_ID_BYTES];
	const char *code = NULL;
	json_t *body = api_object(call);
	struct state_login l;

	if (!body || !api_string(call, (struct api_member){ body, "", "code", true }, TOTP_DIGITS, &code) ||
	    !logins__changeable(call, &l))
		return;
	api_sessions_own(call, own);
	enum err e = call->seal ? state_login_totp_confirm(call->state, call->seal, &l, slice_str(code), codes)
				: ERR_NOT_FOUND;
	if (e == OK)
		e = state_session_end_all(call->state, l.token.id, own);
	if (e == ERR_BLOCKED)
		api_fail(call, 400, SIGNIN_CODE, "/code",
			 "this is not the code that the secret has now; is the clock of both right?");
	else if (e == ERR_NOT_FOUND)
		api_fail(call, 400, API_BAD_BODY, NULL, "there is no new secret to confirm; POST makes one");
	else if (e != OK)
		api_fail_store(call, e);
	else
		logins__changed(call, &l, "confirm_two_factor",
				json_pack("{s:o}", "recovery_codes", logins__codes(codes)));
	crypto_wipe(codes, sizeof codes);
	state_login_fini(&l);
}

const struct api_route *api_logins_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "seawall/users", logins_list, STATE_RIGHT_TOKENS_READ, 0 },
		{ METHOD_POST, "seawall/users", logins_create, STATE_RIGHT_TOKENS_WRITE, API_LATER },
		{ METHOD_GET, "seawall/users/:user", logins_get, STATE_RIGHT_NONE, 0 },
		{ METHOD_PATCH, "seawall/users/:user", logins_edit, STATE_RIGHT_TOKENS_WRITE, API_WRITE },
		{ METHOD_DELETE, "seawall/users/:user", logins_delete, STATE_RIGHT_TOKENS_WRITE, API_WRITE },
		{ METHOD_PUT, "seawall/users/:user/password", logins_password, STATE_RIGHT_NONE, API_LATER },
		{ METHOD_POST, "seawall/users/:user/totp", logins_begin_totp, STATE_RIGHT_NONE, API_LATER },
		{ METHOD_PUT, "seawall/users/:user/totp", logins_confirm_totp, STATE_RIGHT_NONE, API_WRITE },
		{ METHOD_DELETE, "seawall/users/:user/totp", logins_remove_totp, STATE_RIGHT_NONE, API_LATER },
		{ 0 },
	};

	return routes;
}
