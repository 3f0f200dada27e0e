/* SPDX-License-Identifier: Apache-2.0 */
/* p256: see p256.h. OpenSSL signs in DER; the two integers are taken out and put back here. */
#include "base/p256.h"

#include "base/crypto.h"
#include "base/mem.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

enum { P256__HALF = 32, P256__POINT_BYTES = 65, P256__DER_MAX = 80, P256__UNCOMPRESSED = 4 };

struct p256 {
	EVP_PKEY *pkey;
	uint8_t public[P256_PUBLIC_BYTES];
};

/* ---- keys ---- */

/* Takes pkey over. */
static enum err p256__wrap(EVP_PKEY *pkey, struct p256 **ret_key)
{
	uint8_t point[P256__POINT_BYTES];
	size_t n = 0;

	if (!pkey || EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &n) != 1 ||
	    n != P256__POINT_BYTES || point[0] != P256__UNCOMPRESSED) {
		EVP_PKEY_free(pkey);
		return ERR_SYSTEM;
	}
	struct p256 *key = mem_alloc(sizeof *key);
	key->pkey = pkey;
	memcpy(key->public, point + 1, P256_PUBLIC_BYTES);
	*ret_key = key;
	return OK;
}

enum err p256_generate(struct p256 **ret_key)
{
	return p256__wrap(EVP_EC_gen("P-256"), ret_key);
}

/* An EVP_PKEY from its point and, when there is one, the secret number. */
static EVP_PKEY *p256__import(const uint8_t point[static P256__POINT_BYTES], const BIGNUM *secret)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;
	bool ok = bld && ctx && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
		  OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, P256__POINT_BYTES) == 1 &&
		  (!secret || OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, secret) == 1);

	if (ok)
		params = OSSL_PARAM_BLD_to_param(bld);
	ok = params && EVP_PKEY_fromdata_init(ctx) == 1 &&
	     EVP_PKEY_fromdata(ctx, &pkey, secret ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) == 1;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	if (!ok) {
		EVP_PKEY_free(pkey);
		return NULL;
	}
	return pkey;
}

/* Multiplies the generator by the secret. errors: ERR_RANGE, ERR_SYSTEM. */
static enum err p256__point_of(const EC_GROUP *group, const BIGNUM *secret, uint8_t point[static P256__POINT_BYTES])
{
	if (BN_is_zero(secret) || BN_cmp(secret, EC_GROUP_get0_order(group)) >= 0)
		return ERR_RANGE;
	EC_POINT *p = EC_POINT_new(group);
	bool ok = p && EC_POINT_mul(group, p, secret, NULL, NULL, NULL) == 1 &&
		  EC_POINT_point2oct(group, p, POINT_CONVERSION_UNCOMPRESSED, point, P256__POINT_BYTES, NULL) ==
			  P256__POINT_BYTES;
	EC_POINT_free(p);
	return ok ? OK : ERR_SYSTEM;
}

enum err p256_from_secret(const uint8_t secret[static P256_SECRET_BYTES], struct p256 **ret_key)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	BIGNUM *number = BN_secure_new();
	uint8_t point[P256__POINT_BYTES];
	enum err e = ERR_SYSTEM;

	if (number)
		BN_set_flags(number, BN_FLG_CONSTTIME);
	if (group && number && BN_bin2bn(secret, P256_SECRET_BYTES, number))
		e = p256__point_of(group, number, point);
	if (e == OK)
		e = p256__wrap(p256__import(point, number), ret_key);
	BN_clear_free(number);
	EC_GROUP_free(group);
	return e;
}

void p256_free(struct p256 *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	mem_free(key);
}

enum err p256_secret(const struct p256 *key, uint8_t ret[static P256_SECRET_BYTES])
{
	BIGNUM *number = NULL;
	enum err e = ERR_SYSTEM;

	if (EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
	    BN_bn2binpad(number, ret, P256_SECRET_BYTES) == P256_SECRET_BYTES)
		e = OK;
	BN_clear_free(number);
	return e;
}

void p256_public(const struct p256 *key, uint8_t ret[static P256_PUBLIC_BYTES])
{
	memcpy(ret, key->public, P256_PUBLIC_BYTES);
}

/* ---- signatures ---- */

/* r and s out of the DER form. */
static enum err p256__flatten(const uint8_t *der, size_t n, uint8_t ret[static P256_SIGNATURE_BYTES])
{
	uint8_t flat[P256_SIGNATURE_BYTES];
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
	bool ok = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), flat, P256__HALF) == P256__HALF &&
		  BN_bn2binpad(ECDSA_SIG_get0_s(sig), flat + P256__HALF, P256__HALF) == P256__HALF;

	ECDSA_SIG_free(sig);
	if (!ok)
		return ERR_SYSTEM;
	memcpy(ret, flat, sizeof flat);
	return OK;
}

enum err p256_sign(const struct p256 *key, struct slice data, uint8_t ret[static P256_SIGNATURE_BYTES])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[P256__DER_MAX];
	size_t n = sizeof der;
	bool ok = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key->pkey) == 1 &&
		  EVP_DigestSign(ctx, der, &n, (const uint8_t *)(data.n ? data.p : ""), data.n) == 1;

	EVP_MD_CTX_free(ctx);
	return ok ? p256__flatten(der, n, ret) : ERR_SYSTEM;
}

/* The DER form of r and s; its length, 0 when it cannot be made. */
static size_t p256__der(const uint8_t sig[static P256_SIGNATURE_BYTES], uint8_t der[static P256__DER_MAX])
{
	ECDSA_SIG *s = ECDSA_SIG_new();
	BIGNUM *a = BN_bin2bn(sig, P256__HALF, NULL), *b = BN_bin2bn(sig + P256__HALF, P256__HALF, NULL);
	int n = 0;

	if (s && a && b && ECDSA_SIG_set0(s, a, b) == 1) { /* takes the numbers over */
		a = b = NULL;
		n = i2d_ECDSA_SIG(s, NULL);
		if (n > 0 && n <= P256__DER_MAX)
			n = i2d_ECDSA_SIG(s, &der);
		else
			n = 0;
	}
	BN_free(a);
	BN_free(b);
	ECDSA_SIG_free(s);
	return n > 0 ? (size_t)n : 0;
}

bool p256_verify(const uint8_t public[static P256_PUBLIC_BYTES], struct slice data,
		 const uint8_t sig[static P256_SIGNATURE_BYTES])
{
	uint8_t point[P256__POINT_BYTES] = { P256__UNCOMPRESSED }, der[P256__DER_MAX];
	size_t n = p256__der(sig, der);

	memcpy(point + 1, public, P256_PUBLIC_BYTES);
	EVP_PKEY *pkey = n ? p256__import(point, NULL) : NULL; /* refuses a point that is not on the curve */
	EVP_MD_CTX *ctx = pkey ? EVP_MD_CTX_new() : NULL;
	bool ok = ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
		  EVP_DigestVerify(ctx, der, n, (const uint8_t *)(data.n ? data.p : ""), data.n) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return ok;
}
