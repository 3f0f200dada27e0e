/* SPDX-License-Identifier: Apache-2.0 */
/*
 * totp: one-time codes of six digits from a shared secret and the time (RFC 6238 over RFC 4226, SHA-1 and steps of 30
 * seconds: what every authenticator knows). A code is good in its own step and the ones beside it, and once only: who
 * checks one remembers its step.
 */
#ifndef BASE_TOTP_H
#define BASE_TOTP_H

#include "base/err.h"
#include "base/slice.h"

enum {
	TOTP_SECRET_BYTES = 20,
	TOTP_TEXT_BYTES = 33, /* the secret in base32 (RFC 4648 section 6), and a NUL */
	TOTP_DIGITS = 6,
	TOTP_STEP_S = 30,
};

/* The step of a time in seconds since 1970. */
int64_t totp_step(int64_t at_s);
/* The code of a step, digits (1 to 9) of them and a NUL. Any thread. errors: ERR_SYSTEM; ret untouched then. */
enum err totp_code(struct slice secret, int64_t step, unsigned digits, char *ret) MUST_USE;
/*
 * Whether `code` is that of the step of at_s or of one beside it, later than `used`. All of them are compared, in
 * constant time. out: *ret_step: whose it is, to be remembered as used. Any thread. errors: ERR_BLOCKED, ERR_SYSTEM.
 */
enum err totp_check(struct slice secret, struct slice code, int64_t at_s, int64_t used, int64_t *ret_step) MUST_USE;
/* A secret of TOTP_SECRET_BYTES as people copy it. */
void totp_print(const uint8_t secret[static TOTP_SECRET_BYTES], char ret[static TOTP_TEXT_BYTES]);

#endif
