/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signin: people sign in (state/login.h), and prove again who they are before they change how. The password is looked
 * at by hashing.h, attempts are counted by attempts.h; what is answered does not say whether there is such a person,
 * and takes as long either way.
 */
#ifndef API_SIGNIN_H
#define API_SIGNIN_H

#include "api/api_call.h"
#include "base/password.h"

/* Codes of refusals that a page acts on. */
enum {
	SIGNIN_WRONG = 10430, /* e-mail address or password */
	SIGNIN_CODE = 10431,  /* a code is wanted, or this one is wrong */
	SIGNIN_WAIT = 10432,  /* too many attempts */
	SIGNIN_BUSY = 10433,
};

/* POST seawall/session with "email": answers later. */
void signin_begin(struct api_call *call, const json_t *body);

/* What is to be proved and made before a change of a person; in the call's arena. */
struct signin_proof {
	const char *person;             /* id */
	const char *name;               /* e-mail address, by which attempts are counted */
	const char *kept;               /* of the password that is shown; NULL: nothing is to be proved */
	const char *at;                 /* the member of the body with it, as a pointer */
	struct slice shown;             /* the password that is shown */
	struct slice fresh;             /* the password that is to be kept; p NULL: none */
	char made[PASSWORD_TEXT_BYTES]; /* what is to be kept of it */
	const struct api_route *then;   /* API_WRITE; call->held is this proof */
};

/* Proves and makes; goes on with `then`, or answers. For a handler of API_LATER. p lives as long as the call. */
void signin_prove(struct api_call *call, struct signin_proof *p);

#endif
