/* SPDX-License-Identifier: Apache-2.0 */
/* crypto: see crypto.h. */
#include "base/crypto.h"

#include "base/check.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
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
	return crypto_hmac_sha256_parts(key, &s, 1, ret);
}

/* A keyed hash: which, of how many bytes. */
struct crypto__hash {
	char name[8];
	size_t bytes;
};

static bool crypto__mac(EVP_MAC_CTX *ctx, struct crypto__hash hash, struct slice key, const struct slice *parts,
			size_t n, uint8_t *mac)
{
	const OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, hash.name, 0),
				      OSSL_PARAM_construct_end() };
	size_t got = 0;

	if (!ctx || EVP_MAC_init(ctx, (const uint8_t *)(key.n ? key.p : ""), key.n, params) != 1)
		return false;
	for (size_t i = 0; i < n; i++)
		if (parts[i].n && EVP_MAC_update(ctx, (const uint8_t *)parts[i].p, parts[i].n) != 1)
			return false;
	return EVP_MAC_final(ctx, mac, &got, hash.bytes) == 1 && got == hash.bytes;
}

static enum err crypto__hmac(struct crypto__hash hash, struct slice key, const struct slice *parts, size_t n,
			     uint8_t *ret)
{
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
	uint8_t mac[CRYPTO_SHA512_BYTES];
	bool ok = crypto__mac(ctx, hash, key, parts, n, mac);

	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(hmac);
	if (!ok)
		return ERR_SYSTEM;
	memcpy(ret, mac, hash.bytes);
	return OK;
}

enum err crypto_hmac_sha256_parts(struct slice key, const struct slice *parts, size_t n,
				  uint8_t ret[static CRYPTO_SHA256_BYTES])
{
	return crypto__hmac((struct crypto__hash){ "SHA256", CRYPTO_SHA256_BYTES }, key, parts, n, ret);
}

enum err crypto_hmac_sha512(struct slice key, struct slice s, uint8_t ret[static CRYPTO_SHA512_BYTES])
{
	return crypto__hmac((struct crypto__hash){ "SHA512", CRYPTO_SHA512_BYTES }, key, &s, 1, ret);
}

enum err crypto_hmac_sha1(struct slice key, struct slice s, uint8_t ret[static CRYPTO_SHA1_BYTES])
{
	return crypto__hmac((struct crypto__hash){ "SHA1", CRYPTO_SHA1_BYTES }, key, &s, 1, ret);
}

enum err crypto_scrypt(struct slice password, struct slice salt, const struct crypto_scrypt_cost *cost,
		       uint8_t ret[static CRYPTO_SHA256_BYTES])
{
	uint8_t key[CRYPTO_SHA256_BYTES];

	if (!cost->n_log2 || cost->n_log2 > 20 || !cost->r || cost->r > 16 || !cost->p || cost->p > 16 ||
	    password.n > 65536)
		return ERR_RANGE;
	/* The library counts the blocks of p and its own besides the 128 r N bytes. */
	uint64_t n = 1ULL << cost->n_log2, memory = 128ULL * cost->r * (n + cost->p + 2) + 65536;
	bool ok = EVP_PBE_scrypt(password.n ? password.p : "", password.n, (const uint8_t *)(salt.n ? salt.p : ""),
				 salt.n, n, cost->r, cost->p, memory, key, sizeof key) == 1;
	if (ok)
		memcpy(ret, key, sizeof key);
	crypto_wipe(key, sizeof key);
	return ok ? OK : ERR_SYSTEM;
}

enum err crypto_random(void *p, size_t n)
{
	return RAND_bytes(p, (int)n) == 1 ? OK : ERR_SYSTEM;
}

void crypto_random_text(char *ret, size_t n)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	uint8_t bytes[128];

	ret[n] = '\0';
	while (n) {
		CHECK(crypto_random(bytes, sizeof bytes) == OK);
		for (size_t i = 0; i < sizeof bytes && n; i++)
			if (bytes[i] < 248) /* 4 * 62: every letter as likely as the next */
				ret[--n] = letters[bytes[i] % 62];
	}
	crypto_wipe(bytes, sizeof bytes);
}

bool crypto_same(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

void crypto_wipe(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}
