/* SPDX-License-Identifier: Apache-2.0 */
/*
 * password: what is kept of a password: scrypt (RFC 7914) with a salt of its own, and the cost beside it, so that a
 * later program may ask more of new ones. The cost is 2^15, r 8, p 3 (32 MiB, about a quarter of a second), one of the
 * equals that OWASP's sheet on storing passwords names.
 *
 *	text = "scrypt:15:8:3:" base64url(salt 16) ":" base64url(key 32)
 */
#ifndef BASE_PASSWORD_H
#define BASE_PASSWORD_H

#include "base/err.h"
#include "base/slice.h"

enum {
	PASSWORD_TEXT_BYTES = 96, /* of what is kept, with a NUL */
	PASSWORD_BYTES_MIN = 12,
	PASSWORD_BYTES_MAX = 256,
};

/* Whether it may be a password: PASSWORD_BYTES_MIN to PASSWORD_BYTES_MAX bytes of UTF-8 without control bytes. */
bool password_fits(struct slice password);
/* What to keep of a password. Slow: never on a loop's thread. Any thread. errors: as crypto_scrypt; ret untouched then.
 */
enum err password_keep(struct slice password, char ret[static PASSWORD_TEXT_BYTES]) MUST_USE;
/*
 * Whether it is the password that `kept` is of; compared in constant time. Slow, as above. Any thread. errors:
 * ERR_BLOCKED (another password), ERR_CORRUPT (kept is no such text), as crypto_scrypt.
 */
enum err password_check(struct slice kept, struct slice password) MUST_USE;

#endif
