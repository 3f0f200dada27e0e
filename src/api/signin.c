/* SPDX-License-Identifier: Apache-2.0 */
/* signin: see signin.h. */
#include "api/signin.h"

#include "api/api_int.h"
#include "api/attempts.h"
#include "api/hashing.h"
#include "state/login.h"
#include "supervisor/say.h"
#include "sys/clock.h"

#include <stdio.h>

struct signin__ask {
	char name[STATE_TOKEN_NAME_BYTES]; /* e-mail address in lower case */
	const char *code;                  /* NULL: none was sent */
	bool known;
	char id[STATE_ID_BYTES];
	char kept[PASSWORD_TEXT_BYTES];
};

/* Of no password: what is compared when there is no such person, so that it takes as long. */
static const char signin__nobody[] = "scrypt:15:8:3:AAAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static const struct api_route signin__write;

/* ---- what both have: waiting and refusing ---- */

/* One attempt; false after api_fail. */
static bool signin__may_try(struct api_call *call, const char *name)
{
	int64_t wait = attempts_begin(&call->api->attempts, slice_str(name), &call->client, clock_wall_ms());

	if (wait)
		api_fail(call, 429, SIGNIN_WAIT, NULL, "too many attempts; try again in %lld s",
			 (long long)(wait + 999) / 1000);
	return wait == 0;
}

static void signin__busy(struct api_call *call)
{
	api_fail(call, 503, SIGNIN_BUSY, NULL,
		 "%llu passwords are being looked at already (limit password_queue_max); try again",
		 (unsigned long long)call->node->limits.password_queue_max);
}

static void signin__wrong(struct api_call *call, const char *name)
{
	attempts_wrong(&call->api->attempts, slice_str(name), &call->client, clock_wall_ms());
	say("api", "event=sign_in_refused address=%s", call->address);
}

/* The password could not be looked at. */
static void signin__broken(struct api_call *call, enum err e)
{
	say("api", "event=password_not_checked reason=\"%s\"", err_text(e));
	api_fail(call, 500, API_BROKEN, NULL, "the password cannot be looked at now; the log says why");
}

/* ---- signing in ---- */

static void signin__refuse(struct api_call *call, const struct signin__ask *ask)
{
	signin__wrong(call, ask->name);
	api_fail(call, 403, SIGNIN_WRONG, "/password",
		 "E-mail address or password is wrong, or this person may not "
		 "sign in now, or not from here");
}

static void signin__hashed(void *arg, enum err e, const char *kept)
{
	struct api_call *call = arg;
	struct signin__ask *ask = call->held;

	if (e == OK && ask->known) {
		api_again(call, &signin__write);
		return;
	}
	if (e == OK || e == ERR_BLOCKED)
		signin__refuse(call, ask);
	else
		signin__broken(call, e);
	api_resume(call);
}

/* Who asks, as far as it is known. False after api_fail. */
static bool signin__look_up(struct api_call *call, struct signin__ask *ask)
{
	struct state_login l;
	enum err e = state_login_get(call->state, slice_str(ask->name), &l);

	snprintf(ask->kept, sizeof ask->kept, "%s", e == OK ? l.password : signin__nobody);
	ask->known = e == OK && !state_is_id(slice_str(ask->name));
	if (e == OK) {
		memcpy(ask->id, l.token.id, sizeof ask->id);
		state_login_fini(&l);
	} else if (e != ERR_NOT_FOUND) {
		api_fail_store(call, e);
	}
	return !call->answered;
}

void signin_begin(struct api_call *call, const json_t *body)
{
	struct signin__ask *ask = arena_alloc(&call->arena, sizeof *ask);
	const char *email = NULL, *password = NULL;

	if (!ask) {
		api_fail(call, 413, API_TOO_LARGE, "", "the request is too large");
		return;
	}
	*ask = (struct signin__ask){ .code = NULL };
	if (!api_string(call, (struct api_member){ body, "", "email", true }, sizeof ask->name - 1, &email) ||
	    !api_string(call, (struct api_member){ body, "", "password", true }, PASSWORD_BYTES_MAX, &password) ||
	    !api_string(call, (struct api_member){ body, "", "code", false }, STATE_LOGIN_CODE_BYTES - 1, &ask->code))
		return;
	for (size_t i = 0; email[i]; i++)
		ask->name[i] = slice_lower(email[i]);
	if (!call->api->setup.hashing || !call->seal) {
		api_fail(call, 503, SIGNIN_BUSY, NULL, "Passwords cannot be looked at here; sign in with a token");
		return;
	}
	if (!signin__may_try(call, ask->name) || !signin__look_up(call, ask))
		return;
	call->held = ask;
	if (!hashing_ask(call->api->setup.hashing, ask->kept, slice_str(password), signin__hashed, call))
		signin__busy(call);
}

/* The second factor, when there is one. False after api_fail. */
static bool signin__second(struct api_call *call, const struct signin__ask *ask, struct state_login *l)
{
	if (!l->totp_on)
		return true;
	if (!ask->code) {
		api_fail(call, 403, SIGNIN_CODE, "/code",
			 "The code of your authenticator is needed, or a recovery code");
		return false;
	}
	enum err e = state_login_totp_take(call->state, call->seal, l, slice_str(ask->code));
	if (e == OK)
		return true;
	if (e == ERR_BLOCKED) {
		signin__wrong(call, ask->name);
		api_fail(call, 403, SIGNIN_CODE, "/code", "The code is wrong, too old, or was used before");
	} else if (e == ERR_SEAL_KEY || e == ERR_CORRUPT) {
		api_fail(call, 500, API_BROKEN, "/code",
			 "the secret of the codes cannot be opened: it was sealed with another node key; sign in with "
			 "a recovery code, or have it switched off (seawall users totp --off)");
	} else {
		api_fail_store(call, e);
	}
	return false;
}

/* The password was right when it was looked at. */
static void signin__in(struct api_call *call)
{
	const struct signin__ask *ask = call->held;
	struct state_login l;
	enum err e = state_login_get(call->state, slice_str(ask->id), &l);

	if (e != OK && e != ERR_NOT_FOUND) {
		api_fail_store(call, e);
		return;
	}
	if (e != OK) {
		signin__refuse(call, ask);
		return;
	}
	/* What was compared may have been changed since. */
	if (strcmp(l.password, ask->kept) != 0 ||
	    state_token_check(&l.token, call->state->now_ms, &call->client) != STATE_TOKEN_USABLE) {
		signin__refuse(call, ask);
	} else if (signin__second(call, ask, &l)) {
		attempts_right(&call->api->attempts, slice_str(ask->name), &call->client);
		api_sessions_begin(call, &l.token);
	}
	state_login_fini(&l);
}

static const struct api_route signin__write = { METHOD_POST, "seawall/session", signin__in, STATE_RIGHT_NONE,
						API_OPEN | API_WRITE };

/* ---- proving it again ---- */

static void signin__made(void *arg, enum err e, const char *kept)
{
	struct api_call *call = arg;
	struct signin_proof *p = call->held;

	if (e == OK) {
		snprintf(p->made, sizeof p->made, "%s", kept);
		api_again(call, p->then);
		return;
	}
	signin__broken(call, e);
	api_resume(call);
}

/* What is to be kept of the new password, if there is one. False after api_fail; else the call goes on, and may be gone
 * already. */
static bool signin__make(struct api_call *call, struct signin_proof *p)
{
	if (!p->fresh.p) {
		api_again(call, p->then);
		return true;
	}
	if (hashing_ask(call->api->setup.hashing, NULL, p->fresh, signin__made, call))
		return true;
	signin__busy(call);
	return false;
}

static void signin__proved(void *arg, enum err e, const char *kept)
{
	struct api_call *call = arg;
	struct signin_proof *p = call->held;

	if (e == OK) {
		attempts_right(&call->api->attempts, slice_str(p->name), &call->client);
		if (signin__make(call, p))
			return;
	} else if (e == ERR_BLOCKED) {
		signin__wrong(call, p->name);
		api_fail(call, 403, SIGNIN_WRONG, p->at, "This is not your password");
	} else {
		signin__broken(call, e);
	}
	api_resume(call);
}

void signin_prove(struct api_call *call, struct signin_proof *p)
{
	struct hashing *h = call->api->setup.hashing;

	call->held = p;
	if (!h || !call->seal)
		api_fail(call, 503, SIGNIN_BUSY, NULL, "Passwords cannot be looked at here");
	else if (!p->kept)
		(void)signin__make(call, p);
	else if (signin__may_try(call, p->name) && !hashing_ask(h, p->kept, p->shown, signin__proved, call))
		signin__busy(call);
}
