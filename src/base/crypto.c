/* SPDX-License-Identifier: Apache-2.0 */
/* crypto: see crypto.h. */
#include "base/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

static enum err crypto__digest(struct slice s, const EVP_MD *md, uint8_t *ret, size_t want)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (EVP_Digest(s.n ? s.p : "", s.n, digest, &n, md, NULL) != 1 || n != want)
		return ERR_SYSTEM;
	memcpy(ret, digest, want);
	return OK;
}

enum err crypto_sha1(struct slice s, uint8_t ret[static CRYPTO_SHA1_BYTES])
{
	return crypto__digest(s, EVP_sha1(), ret, CRYPTO_SHA1_BYTES);
}

enum err crypto_sha256(struct slice s, uint8_t ret[static CRYPTO_SHA256_BYTES])
{
	return crypto__digest(s, EVP_sha256(), ret, CRYPTO_SHA256_BYTES);
}

enum err crypto_hmac_sha256(struct slice key, struct slice s, uint8_t ret[static CRYPTO_SHA256_BYTES])
{
	uint8_t mac[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (!HMAC(EVP_sha256(), key.n ? key.p : "", (int)key.n, (const uint8_t *)(s.n ? s.p : ""), s.n, mac, &n) ||
	    n != CRYPTO_SHA256_BYTES)
		return ERR_SYSTEM;
	memcpy(ret, mac, CRYPTO_SHA256_BYTES);
	return OK;
}

enum err crypto_random(void *p, size_t n)
{
	return RAND_bytes(p, (int)n) == 1 ? OK : ERR_SYSTEM;
}

void crypto_wipe(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}
