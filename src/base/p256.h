/* SPDX-License-Identifier: Apache-2.0 */
/*
 * p256: keys and signatures on the curve P-256 with SHA-256 (ECDSA, FIPS 186-5), in the fixed-size form that DNSSEC
 * algorithm 13 (RFC 6605 section 4), JSON Web Signatures (ES256, RFC 7518 section 3.4) and JSON Web Keys use:
 * integers of 32 bytes, big-endian.
 */
#ifndef BASE_P256_H
#define BASE_P256_H

#include "base/err.h"
#include "base/slice.h"

enum { P256_SECRET_BYTES = 32, P256_PUBLIC_BYTES = 64, P256_SIGNATURE_BYTES = 64 };

/* A key pair. Read-only after it was made: any thread may sign with it. */
struct p256;

/* A new key from the system's randomness. Caller frees with p256_free. errors: ERR_SYSTEM. */
enum err p256_generate(struct p256 **ret_key) MUST_USE;
/*
 * The key of a secret, the number as p256_secret gave it; the public half is computed. Caller frees.
 * errors: ERR_RANGE (zero, or not below the order of the curve), ERR_SYSTEM.
 */
enum err p256_from_secret(const uint8_t secret[static P256_SECRET_BYTES], struct p256 **ret_key) MUST_USE;
/* Wipes and frees. NULL is fine. */
void p256_free(struct p256 *key);

/* The secret; whoever keeps it seals it (base/seal.h) and wipes the copy. errors: ERR_SYSTEM. */
enum err p256_secret(const struct p256 *key, uint8_t ret[static P256_SECRET_BYTES]) MUST_USE;
/* The public point: x, then y. */
void p256_public(const struct p256 *key, uint8_t ret[static P256_PUBLIC_BYTES]);

/*
 * Signs data: r, then s. cost: 15 to 40 µs, allocates inside the library. errors: ERR_SYSTEM; ret untouched then.
 */
enum err p256_sign(const struct p256 *key, struct slice data, uint8_t ret[static P256_SIGNATURE_BYTES]) MUST_USE;
/* Whether sig (of any origin) is a signature of data by the owner of the public point (of any origin). */
bool p256_verify(const uint8_t public[static P256_PUBLIC_BYTES], struct slice data,
		 const uint8_t sig[static P256_SIGNATURE_BYTES]);

#endif
