/* SPDX-License-Identifier: Apache-2.0 */
/* tls_identity: see tls_identity.h. */
#include "tls/tls_identity_int.h"

#include "base/check.h"
#include "base/mem.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdatomic.h>
#include <stdio.h>

enum { TLS_IDENTITY__CHAIN_MAX = 8, TLS_IDENTITY__BYTES_MAX = 65536, TLS_IDENTITY__RSA = 2048, TLS_IDENTITY__EC = 256 };

struct tls_identity {
	atomic_uint refs;
	uint64_t id; /* the first bytes of the leaf's SHA-256 */
	X509 *leaf;
	STACK_OF(X509) * chain;
	EVP_PKEY *key;
};

/* Nobody is there to type a passphrase. */
static int tls_identity__no_passphrase(char *out, int cap, int writing, void *arg)
{
	return -1;
}

static enum err tls_identity__chain(struct tls_identity *i, struct slice pem, struct diag *d)
{
	BIO *b = pem.n && pem.n <= TLS_IDENTITY__BYTES_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
	unsigned char digest[EVP_MAX_MD_SIZE];
	X509 *x;
	int n = 0;

	i->leaf = b ? PEM_read_bio_X509(b, NULL, tls_identity__no_passphrase, NULL) : NULL;
	i->chain = sk_X509_new_null();
	CHECK(i->chain);
	while (i->leaf && n < TLS_IDENTITY__CHAIN_MAX &&
	       (x = PEM_read_bio_X509(b, NULL, tls_identity__no_passphrase, NULL))) {
		CHECK(sk_X509_push(i->chain, x) > 0);
		n++;
	}
	BIO_free(b);
	if (!i->leaf)
		return diag_set(d, ERR_PLAN, "certificate", "is not a certificate in PEM");
	CHECK(X509_digest(i->leaf, EVP_sha256(), digest, NULL) == 1);
	memcpy(&i->id, digest, sizeof i->id);
	return OK;
}

static enum err tls_identity__key(struct tls_identity *i, struct slice key, struct diag *d)
{
	const unsigned char *p = (const unsigned char *)key.p;

	if (slice_starts(key, SLICE("-----")) && key.n <= TLS_IDENTITY__BYTES_MAX) {
		BIO *b = BIO_new_mem_buf(key.p, (int)key.n);
		i->key = PEM_read_bio_PrivateKey(b, NULL, tls_identity__no_passphrase, NULL);
		BIO_free(b);
	} else if (key.n && key.n <= TLS_IDENTITY__BYTES_MAX) {
		i->key = d2i_AutoPrivateKey(NULL, &p, (long)key.n);
	}
	if (!i->key)
		return diag_set(d, ERR_PLAN, "private_key", "is not a private key in PEM without a passphrase");
	int bits = EVP_PKEY_get_bits(i->key);
	bool ok = (EVP_PKEY_is_a(i->key, "RSA") && bits >= TLS_IDENTITY__RSA) ||
		  (EVP_PKEY_is_a(i->key, "EC") && bits >= TLS_IDENTITY__EC);
	if (!ok)
		return diag_set(d, ERR_PLAN, "private_key", "must be RSA of %d bits or more, or ECDSA of %d or more",
				TLS_IDENTITY__RSA, TLS_IDENTITY__EC);
	if (X509_check_private_key(i->leaf, i->key) != 1)
		return diag_set(d, ERR_PLAN, "private_key", "does not belong to the certificate");
	return OK;
}

enum err tls_identity_new(struct slice chain, struct slice key, struct tls_identity **ret, struct diag *d)
{
	struct tls_identity *i = mem_alloc(sizeof *i);

	atomic_init(&i->refs, 1);
	enum err e = tls_identity__chain(i, chain, d);
	if (e == OK)
		e = tls_identity__key(i, key, d);
	ERR_clear_error();
	if (e == OK)
		*ret = i;
	else
		tls_identity_unref(i);
	return e;
}

enum err tls_identity_open(const struct seal *seal, struct slice purpose, struct slice chain, struct slice sealed,
			   struct tls_identity **ret, struct diag *d)
{
	struct buf key;

	buf_init(&key, SEAL_SECRET_BYTES_MAX);
	enum err e = seal_open(seal, purpose, sealed, &key);
	if (e == OK)
		e = tls_identity_new(chain, buf_slice(&key), ret, d);
	else
		diag_set(d, e, "private_key", "%s", err_text(e));
	seal_wipe_buf(&key);
	return e;
}

void tls_identity_ref(struct tls_identity *i)
{
	atomic_fetch_add_explicit(&i->refs, 1, memory_order_relaxed);
}

void tls_identity_unref(struct tls_identity *i)
{
	if (!i || atomic_fetch_sub_explicit(&i->refs, 1, memory_order_acq_rel) > 1)
		return;
	X509_free(i->leaf);
	sk_X509_pop_free(i->chain, X509_free);
	EVP_PKEY_free(i->key);
	mem_free(i);
}

uint64_t tls_identity_id(const struct tls_identity *i)
{
	return i->id;
}

static int64_t tls_identity__time(const ASN1_TIME *t)
{
	struct tm tm;

	return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

void tls_identity_look(const struct tls_identity *i, struct tls_identity_info *ret)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(i->leaf);

	*ret = (struct tls_identity_info){ 0 };
	X509_NAME_oneline(X509_get_issuer_name(i->leaf), ret->issuer, sizeof ret->issuer);
	X509_NAME_oneline(X509_get_subject_name(i->leaf), ret->subject, sizeof ret->subject);
	snprintf(ret->signature, sizeof ret->signature, "%s", OBJ_nid2ln(X509_get_signature_nid(i->leaf)));
	for (int k = 0; k < serial->length && 2 * (size_t)k + 3 < sizeof ret->serial; k++)
		snprintf(ret->serial + 2 * k, 3, "%02x", serial->data[k]);
	ret->from_s = tls_identity__time(X509_get0_notBefore(i->leaf));
	ret->until_s = tls_identity__time(X509_get0_notAfter(i->leaf));
}

bool tls_identity_use(const struct tls_identity *i, SSL *ssl)
{
	return SSL_use_cert_and_key(ssl, i->leaf, i->key, i->chain, 1) == 1;
}
