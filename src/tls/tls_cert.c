/* SPDX-License-Identifier: Apache-2.0 */
/* tls_cert: see tls_cert.h. */
#include "tls/tls_cert_int.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/text.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum { TLS_CERT__CHAIN_MAX = 8, TLS_CERT__RSA_BITS_MIN = 2048 };

struct tls_cert_loaded {
	X509 *leaf;
	STACK_OF(X509) * chain; /* without the leaf */
	EVP_PKEY *key;          /* NULL: cannot be used, which is remembered */
};

/* ---- reading ---- */

static BIO *tls_cert__bio(struct slice pem)
{
	BIO *b = BIO_new_mem_buf(pem.p, (int)pem.n);

	CHECK(b);
	return b;
}

static bool tls_cert__type(X509 *leaf, enum tls_key_type *ret)
{
	EVP_PKEY *key = X509_get0_pubkey(leaf);

	switch (key ? EVP_PKEY_get_base_id(key) : 0) {
	case EVP_PKEY_EC:
		*ret = TLS_KEY_ECDSA;
		return EVP_PKEY_get_bits(key) >= 256;
	case EVP_PKEY_RSA:
		*ret = TLS_KEY_RSA;
		return EVP_PKEY_get_bits(key) >= TLS_CERT__RSA_BITS_MIN;
	default:
		return false;
	}
}

static int64_t tls_cert__time(const ASN1_TIME *t)
{
	struct tm tm;

	return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

/* Whether the extension of TLS features names status_request (RFC 7633). */
static bool tls_cert__must_staple(X509 *leaf)
{
	TLS_FEATURE *features = X509_get_ext_d2i(leaf, NID_tlsfeature, NULL, NULL);
	bool must = false;

	for (int i = 0; i < sk_ASN1_INTEGER_num(features); i++)
		must |= ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) == TLSEXT_TYPE_status_request;
	TLS_FEATURE_free(features);
	return must;
}

static bool tls_cert__hash(X509 *leaf, uint8_t ret[static CRYPTO_SHA256_BYTES])
{
	unsigned n = 0;

	return X509_digest(leaf, EVP_sha256(), ret, &n) == 1 && n == CRYPTO_SHA256_BYTES;
}

static enum err tls_cert__look(struct tls_cert *c, struct diag *d)
{
	BIO *b = tls_cert__bio(c->item->chain);
	X509 *leaf = PEM_read_bio_X509(b, NULL, NULL, NULL);
	enum err e = OK;

	BIO_free(b);
	ERR_clear_error();
	if (!leaf)
		return diag_set(d, ERR_PLAN, "chain", "does not begin with a certificate in PEM");
	if (!tls_cert__type(leaf, &c->type))
		e = diag_set(d, ERR_PLAN, "chain", "its key is neither ECDSA of 256 bits nor RSA of %d bits or more",
			     TLS_CERT__RSA_BITS_MIN);
	if (e == OK && !tls_cert__hash(leaf, c->leaf))
		e = diag_set(d, ERR_PLAN, "chain", "cannot be hashed");
	c->must_staple = tls_cert__must_staple(leaf);
	c->from_s = tls_cert__time(X509_get0_notBefore(leaf));
	c->until_s = tls_cert__time(X509_get0_notAfter(leaf));
	X509_free(leaf);
	return e;
}

enum err tls_cert_new(struct certificate *item, uint64_t revision, struct tls_cert **ret, struct diag *d)
{
	struct tls_cert *c = mem_alloc(sizeof *c);

	c->magic = OBJ_TLS_CERT;
	atomic_init(&c->refs, 1);
	atomic_init(&c->loaded, NULL);
	c->item = item;
	c->revision = revision;
	enum err e = tls_cert__look(c, d);
	if (e == OK)
		*ret = c;
	else
		tls_cert_unref(c);
	return e;
}

static void tls_cert__unload(struct tls_cert_loaded *l)
{
	if (!l)
		return;
	X509_free(l->leaf);
	sk_X509_pop_free(l->chain, X509_free);
	EVP_PKEY_free(l->key);
	mem_free(l);
}

void tls_cert_ref(struct tls_cert *c)
{
	OBJ(c, OBJ_TLS_CERT);
	atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
}

void tls_cert_unref(struct tls_cert *c)
{
	if (!c)
		return;
	OBJ(c, OBJ_TLS_CERT);
	if (atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
		return;
	tls_cert__unload(atomic_load(&c->loaded));
	certificate_free(c->item);
	c->magic = OBJ_FREED;
	mem_free(c);
}

/* ---- the first use ---- */

static EVP_PKEY *tls_cert__key(const struct tls_cert *c, const struct seal *seal)
{
	char memory[16 + CERTIFICATE_NAME_MAX];
	struct text purpose = text_of(memory, sizeof memory);
	EVP_PKEY *key = NULL;
	struct buf der;

	text_add(&purpose, SLICE("certificate "));
	text_add(&purpose, c->item->name);
	buf_init(&der, SEAL_SECRET_BYTES_MAX);
	if (seal_open(seal, text_slice(&purpose), c->item->key, &der) == OK) {
		const unsigned char *p = (const unsigned char *)buf_slice(&der).p;
		key = d2i_PrivateKey(c->type == TLS_KEY_RSA ? EVP_PKEY_RSA : EVP_PKEY_EC, NULL, &p,
				     (long)buf_len(&der));
	}
	seal_wipe_buf(&der);
	return key;
}

static struct tls_cert_loaded *tls_cert__load(const struct tls_cert *c, const struct seal *seal)
{
	struct tls_cert_loaded *l = mem_alloc(sizeof *l);
	BIO *b = tls_cert__bio(c->item->chain);
	X509 *x;

	l->leaf = PEM_read_bio_X509(b, NULL, NULL, NULL);
	l->chain = sk_X509_new_null();
	CHECK(l->leaf && l->chain); /* it was read when it was built */
	while (sk_X509_num(l->chain) < TLS_CERT__CHAIN_MAX && (x = PEM_read_bio_X509(b, NULL, NULL, NULL)))
		CHECK(sk_X509_push(l->chain, x) > 0);
	BIO_free(b);
	l->key = tls_cert__key(c, seal);
	if (l->key && X509_check_private_key(l->leaf, l->key) != 1) {
		EVP_PKEY_free(l->key);
		l->key = NULL;
	}
	ERR_clear_error();
	return l;
}

bool tls_cert_use(struct tls_cert *c, const struct seal *seal, SSL *ssl)
{
	struct tls_cert_loaded *l = atomic_load_explicit(&c->loaded, memory_order_acquire);

	if (!l) {
		struct tls_cert_loaded *mine = tls_cert__load(c, seal);
		/* Two workers may load at once; the first one's stays. */
		if (atomic_compare_exchange_strong(&c->loaded, &l, mine))
			l = mine;
		else
			tls_cert__unload(mine);
	}
	return l->key && SSL_use_cert_and_key(ssl, l->leaf, l->key, l->chain, 1) == 1;
}

bool tls_cert_is(const struct tls_cert *c, const X509 *leaf)
{
	const struct tls_cert_loaded *l = atomic_load_explicit(&c->loaded, memory_order_acquire);

	return l && l->leaf == leaf;
}

/* ---- the kind ---- */

static enum err tls_cert__build(struct slice json, uint64_t revision, const struct limits *limits, void **ret,
				struct diag *d)
{
	struct certificate *item;
	struct tls_cert *c;

	TRY(certificate_from_json(json, &item, d));
	TRY(tls_cert_new(item, revision, &c, d));
	*ret = c;
	return OK;
}

static void tls_cert__drop(void *object)
{
	tls_cert_unref(object);
}

static struct slice tls_cert__name(const void *object)
{
	return ((const struct tls_cert *)object)->item->name;
}

const struct kind tls_cert_kind = {
	.name = "certificate",
	.build = tls_cert__build,
	.drop = tls_cert__drop,
	.object_name = tls_cert__name,
};
