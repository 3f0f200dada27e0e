/* SPDX-License-Identifier: Apache-2.0 */
/* crypto: what the floors above need of OpenSSL's libcrypto, behind our own names. No state, no allocation kept. */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include "base/err.h"
#include "base/slice.h"

enum { CRYPTO_SHA1_BYTES = 20 };

/*
 * SHA-1 of s (FIPS 180-4), for protocols that prescribe it (RFC 6455 4.2.2); nothing may rely on its strength.
 * Any thread. errors: ERR_SYSTEM when the library does not offer it. ret untouched then.
 */
enum err crypto_sha1(struct slice s, uint8_t ret[static CRYPTO_SHA1_BYTES]) MUST_USE;

#endif
