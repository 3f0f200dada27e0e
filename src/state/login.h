/* SPDX-License-Identifier: Apache-2.0 */
/*
 * login: people who sign in with an e-mail address and a password, and a one-time code when they want a second factor.
 * Each owns a row of the tokens whose value nobody knows: what a person may do, from where and until when are a
 * token's policies, condition and times, and sessions are that token's. Of the password only scrypt is kept, the
 * secret of the codes is sealed, recovery codes are kept as SHA-256.
 */
#ifndef STATE_LOGIN_H
#define STATE_LOGIN_H

#include "base/password.h"
#include "base/seal.h"
#include "base/totp.h"
#include "state/token.h"

enum {
	STATE_LOGIN_SEALED_BYTES = 128,
	STATE_LOGIN_CODES = 10,      /* recovery codes */
	STATE_LOGIN_CODE_BYTES = 17, /* 16 letters and digits (95 random bits), and a NUL */
	STATE_LOGINS_MAX = 10000,
};

/* One row. Own references; state_login_fini gives them up. */
struct state_login {
	struct state_token token; /* its name is the e-mail address in lower case; admin: may do everything */
	char password[PASSWORD_TEXT_BYTES];
	char totp[STATE_LOGIN_SEALED_BYTES]; /* sealed; "": none */
	bool totp_on;                        /* a code was shown to be right: it is asked for at each sign-in */
	int64_t totp_step;                   /* of the last code that was good; no older one is */
	int64_t codes_left;
	int64_t changed_ms; /* the password */
};

/* Gives up what l refers to, and wipes it. */
void state_login_fini(struct state_login *l);
/* Whether text can be an e-mail address here: printable ASCII with one @ inside, at most 120 bytes. */
bool state_login_email_fits(struct slice text);
/* The one of that id or e-mail address (in any case). errors: ERR_NOT_FOUND, as store_done. */
enum err state_login_get(struct state *st, struct slice id_or_email, struct state_login *ret) MUST_USE;
/* A new one: the token's name, status, policies, condition, times and admin, and password must be set. errors:
 * ERR_EXISTS (the e-mail address), ERR_QUEUE_FULL (STATE_LOGINS_MAX), as store_done. */
enum err state_login_add(struct state *st, struct state_login *l) MUST_USE;
/* Stores status, policies, condition, times and admin; ends the sessions but `keep` (an id, or ""). errors: as
 * store_done. */
enum err state_login_save(struct state *st, struct state_login *l, const char *keep) MUST_USE;
/* Another password; ends the sessions but `keep`. errors: as store_done. */
enum err state_login_set_password(struct state *st, struct state_login *l, const char *kept, const char *keep) MUST_USE;
/* Deletes it with its sessions. errors: ERR_NOT_FOUND, as store_done. */
enum err state_login_remove(struct state *st, const char *id) MUST_USE;
/* Calls fn for each, by e-mail address. errors: as store_done. */
enum err state_login_list(struct state *st, int64_t offset, int64_t limit,
			  void (*fn)(void *arg, const struct state_login *l), void *arg, int64_t *ret_total) MUST_USE;

/* ---- the second factor ---- */

/* A new secret, which counts once a code of it was shown (state_login_totp_confirm); it must be off. out: the secret as
 * people copy it, for the only time; the caller wipes it. errors: as seal_close, as store_done. */
enum err state_login_totp_begin(struct state *st, const struct seal *seal, struct state_login *l,
				char ret_secret[static TOTP_TEXT_BYTES]) MUST_USE;
/* Switches it on when the code is right. out: recovery codes, for the only time. errors: ERR_BLOCKED (wrong code),
 * ERR_NOT_FOUND (nothing was begun), as seal_open, as store_done. */
enum err state_login_totp_confirm(struct state *st, const struct seal *seal, struct state_login *l, struct slice code,
				  char ret_codes[static STATE_LOGIN_CODES][STATE_LOGIN_CODE_BYTES]) MUST_USE;
/* Takes a code, or a recovery code, which is used up then. errors: ERR_BLOCKED (wrong, or used before), as seal_open,
 * as store_done. */
enum err state_login_totp_take(struct state *st, const struct seal *seal, struct state_login *l,
			       struct slice code) MUST_USE;
/* Switches it off and forgets secret and recovery codes. errors: as store_done. */
enum err state_login_totp_off(struct state *st, struct state_login *l) MUST_USE;

#endif
