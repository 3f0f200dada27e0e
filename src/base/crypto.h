/* SPDX-License-Identifier: Apache-2.0 */
/* crypto: what the floors above need of OpenSSL's libcrypto, behind our own names. No state, no allocation kept. */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include "base/err.h"
#include "base/slice.h"

enum { CRYPTO_SHA1_BYTES = 20, CRYPTO_SHA256_BYTES = 32, CRYPTO_SHA512_BYTES = 64 };

/*
 * SHA-1 of s (FIPS 180-4), for protocols that prescribe it (RFC 6455 4.2.2); nothing may rely on its strength.
 * Any thread. errors: ERR_SYSTEM when the library does not offer it. ret untouched then.
 */
enum err crypto_sha1(struct slice s, uint8_t ret[static CRYPTO_SHA1_BYTES]) MUST_USE;
/* SHA-256 of s (FIPS 180-4). Any thread. errors: ERR_SYSTEM; ret untouched then. */
enum err crypto_sha256(struct slice s, uint8_t ret[static CRYPTO_SHA256_BYTES]) MUST_USE;
/* HMAC-SHA-256 of s (RFC 2104), key of 0 to 65536 bytes. Any thread. errors: ERR_SYSTEM; ret untouched then. */
enum err crypto_hmac_sha256(struct slice key, struct slice s, uint8_t ret[static CRYPTO_SHA256_BYTES]) MUST_USE;
/* The same of n parts as if they stood behind each other. */
enum err crypto_hmac_sha256_parts(struct slice key, const struct slice *parts, size_t n,
				  uint8_t ret[static CRYPTO_SHA256_BYTES]) MUST_USE;
/* HMAC-SHA-512 of s, for protocols that prescribe it (RFC 7518 3.2). Any thread. errors: ERR_SYSTEM; ret untouched
 * then.
 */
enum err crypto_hmac_sha512(struct slice key, struct slice s, uint8_t ret[static CRYPTO_SHA512_BYTES]) MUST_USE;
/* HMAC-SHA-1 of s, for protocols that prescribe it (RFC 4226 5.3). Any thread. errors: ERR_SYSTEM; ret untouched then.
 */
enum err crypto_hmac_sha1(struct slice key, struct slice s, uint8_t ret[static CRYPTO_SHA1_BYTES]) MUST_USE;
/* What crypto_scrypt costs: 128 * r * 2^n_log2 bytes of memory, and p times the work of going through them. */
struct crypto_scrypt_cost {
	uint8_t n_log2, r, p; /* 1 to 20, 1 to 16, 1 to 16 */
};
/*
 * scrypt (RFC 7914) of a password of at most 65536 bytes. Takes a good part of a second: never on a loop's thread. Any
 * thread. errors: ERR_RANGE (cost), ERR_SYSTEM (also when there is no memory); ret untouched then.
 */
enum err crypto_scrypt(struct slice password, struct slice salt, const struct crypto_scrypt_cost *cost,
		       uint8_t ret[static CRYPTO_SHA256_BYTES]) MUST_USE;
/* n (1 to 65536) bytes that nobody can guess: keys, nonces, tokens. Any thread. errors: ERR_SYSTEM. */
enum err crypto_random(void *p, size_t n) MUST_USE;
/* n letters and digits that nobody can guess (5.95 bits each), and a NUL: for values that people copy. Panics when
 * there is no randomness. Any thread. */
void crypto_random_text(char *ret, size_t n);
/* Whether n bytes are the same, in a time that says nothing about where they differ. */
bool crypto_same(const void *a, const void *b, size_t n);
/* Overwrites n bytes with zeros, which the compiler may not leave out. */
void crypto_wipe(void *p, size_t n);

#endif
