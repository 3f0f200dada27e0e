/* SPDX-License-Identifier: Apache-2.0 */
/* tls_pair: see tls_pair.h. */
#include "tls/tls_pair.h"

#include "base/mem.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

enum { TLS_PAIR__RSA_BITS_MIN = 2048, TLS_PAIR__CHAIN_MAX = 8 };

static const char tls_pair__keys[] = "must be RSA of 2048 bits or more, or ECDSA on P-256 or P-384";

/* Nobody is there to type a passphrase. */
static int tls_pair__no_passphrase(char *out, int cap, int writing, void *arg)
{
	return -1;
}

static int64_t tls_pair__time(const ASN1_TIME *t)
{
	struct tm tm;

	return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

/* The leaf, when all of the text can be read. */
static X509 *tls_pair__leaf(struct slice pem, struct diag *d)
{
	BIO *b = pem.n && pem.n <= TLS_PAIR_BYTES_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
	X509 *leaf = b ? PEM_read_bio_X509(b, NULL, tls_pair__no_passphrase, NULL) : NULL, *more = NULL;
	size_t n = 0;

	if (!leaf)
		diag_set(d, ERR_PLAN, "chain", "is not a certificate in PEM");
	while (leaf && (more = PEM_read_bio_X509(b, NULL, tls_pair__no_passphrase, NULL)) != NULL) {
		X509_free(more);
		if (++n < TLS_PAIR__CHAIN_MAX)
			continue;
		diag_set(d, ERR_PLAN, "chain", "holds more than %d certificates", TLS_PAIR__CHAIN_MAX);
		X509_free(leaf);
		leaf = NULL;
	}
	if (leaf && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
		diag_set(d, ERR_PLAN, "chain", "holds something that is not a certificate in PEM");
		X509_free(leaf);
		leaf = NULL;
	}
	BIO_free(b);
	ERR_clear_error();
	return leaf;
}

static EVP_PKEY *tls_pair__key(struct slice pem, struct diag *d)
{
	BIO *b = pem.n && pem.n <= TLS_PAIR_BYTES_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
	EVP_PKEY *key = b ? PEM_read_bio_PrivateKey(b, NULL, tls_pair__no_passphrase, NULL) : NULL;

	BIO_free(b);
	ERR_clear_error();
	if (!key)
		diag_set(d, ERR_PLAN, "key", "is not a private key in PEM without a passphrase");
	return key;
}

static enum err tls_pair__kind(const EVP_PKEY *key, struct tls_pair *ret, struct diag *d)
{
	int bits = EVP_PKEY_get_bits(key);
	bool rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && bits >= TLS_PAIR__RSA_BITS_MIN,
	     ec = EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && (bits == 256 || bits == 384);

	if (!rsa && !ec)
		return diag_set(d, ERR_PLAN, "key", "%s", tls_pair__keys);
	snprintf(ret->key, sizeof ret->key, "%s private key - %d bytes", rsa ? "RSA" : "EC", bits);
	return OK;
}

static enum err tls_pair__name(X509 *leaf, struct slice name, struct diag *d)
{
	bool wild = slice_starts(name, SLICE("*."));
	char host[300];

	/* A wildcard is checked by a name under it. */
	snprintf(host, sizeof host, "%s%.*s", wild ? "x" : "", SLICE_ARG(slice_from(name, wild ? 1 : 0)));
	if (X509_check_host(leaf, host, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1)
		return OK;
	return diag_set(d, ERR_PLAN, "chain", "is not for %.*s", SLICE_ARG(name));
}

static enum err tls_pair__judge(X509 *leaf, EVP_PKEY *key, struct slice name, int64_t now_s, struct tls_pair *ret,
				struct diag *d)
{
	TRY(tls_pair__kind(key, ret, d));
	if (X509_check_private_key(leaf, key) != 1)
		return diag_set(d, ERR_PLAN, "key", "does not belong to the certificate");
	TRY(tls_pair__name(leaf, name, d));
	ret->from_s = tls_pair__time(X509_get0_notBefore(leaf));
	ret->until_s = tls_pair__time(X509_get0_notAfter(leaf));
	if (ret->until_s <= now_s)
		return diag_set(d, ERR_PLAN, "chain", "has expired");
	X509_NAME_oneline(X509_get_subject_name(leaf), ret->subject, sizeof ret->subject);
	return OK;
}

/* The key as certificates of plan items hold it. */
static enum err tls_pair__der(EVP_PKEY *key, struct buf *out)
{
	unsigned char *der = NULL;
	int n = i2d_PrivateKey(key, &der);
	bool ok = n > 0 && buf_add(out, slice_of(der, (size_t)n));

	if (n > 0)
		OPENSSL_clear_free(der, (size_t)n);
	return ok ? OK : ERR_QUEUE_FULL;
}

enum err tls_pair_look(const struct tls_pair_given *given, struct tls_pair *ret, struct buf *ret_key, struct diag *d)
{
	struct tls_pair found = { .subject = "" };
	X509 *leaf = tls_pair__leaf(given->chain, d);
	EVP_PKEY *key = leaf ? tls_pair__key(given->key, d) : NULL;
	enum err e = key ? tls_pair__judge(leaf, key, given->name, given->now_s, &found, d) : ERR_PLAN;

	if (e == OK && tls_pair__der(key, ret_key) != OK)
		e = diag_set(d, ERR_PLAN, "key", "is too large");
	X509_free(leaf);
	EVP_PKEY_free(key);
	ERR_clear_error();
	if (e == OK)
		*ret = found;
	return e;
}

/* ---- a pair for the names that it has ---- */

/* Each certificate is issued by the next one; what comes last may be anybody's. */
static enum err tls_pair__order(struct slice pem, struct diag *d)
{
	BIO *b = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *last = b ? PEM_read_bio_X509(b, NULL, tls_pair__no_passphrase, NULL) : NULL, *next;
	enum err e = OK;

	while (e == OK && last && (next = PEM_read_bio_X509(b, NULL, tls_pair__no_passphrase, NULL)) != NULL) {
		if (X509_check_issued(next, last) != X509_V_OK || X509_verify(last, X509_get0_pubkey(next)) != 1)
			e = diag_set(
				d, ERR_PLAN, "chain",
				"is out of order: each certificate must be issued by the one behind it, leaf first");
		X509_free(last);
		last = next;
	}
	X509_free(last);
	BIO_free(b);
	ERR_clear_error();
	return e;
}

/* A host name, or "*." and one: what may become a key of our tables. */
static bool tls_pair__is_host(struct slice s)
{
	struct slice name = slice_starts(s, SLICE("*.")) ? slice_from(s, 2) : s;

	if (name.n == 0 || s.n >= TLS_PAIR_HOST_BYTES || name.p[0] == '.' || name.p[name.n - 1] == '.')
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = slice_lower(name.p[i]);
		if (!(c >= 'a' && c <= 'z') && !slice_is_digit(c) && c != '-' && c != '_' && c != '.')
			return false;
	}
	return true;
}

static enum err tls_pair__hosts(X509 *leaf, struct tls_pair_leaf *ret, struct diag *d)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);
		if (g->type != GEN_DNS)
			continue;
		struct slice s =
			slice_of(ASN1_STRING_get0_data(g->d.dNSName), (size_t)ASN1_STRING_length(g->d.dNSName));
		if (!tls_pair__is_host(s) || ret->hosts_n == TLS_PAIR_HOSTS_MAX)
			continue;
		char *out = ret->hosts[ret->hosts_n++];
		for (size_t k = 0; k < s.n; k++)
			out[k] = slice_lower(s.p[k]);
		out[s.n] = '\0';
	}
	GENERAL_NAMES_free(names);
	return ret->hosts_n ? OK : diag_set(d, ERR_PLAN, "chain", "names no host in its subjectAltName");
}

static void tls_pair__issuer(X509 *leaf, struct tls_pair_leaf *ret)
{
	X509_NAME *name = X509_get_issuer_name(leaf);

	if (X509_NAME_get_text_by_NID(name, NID_organizationName, ret->issuer, sizeof ret->issuer) <= 0 &&
	    X509_NAME_get_text_by_NID(name, NID_commonName, ret->issuer, sizeof ret->issuer) <= 0)
		ret->issuer[0] = '\0';
	for (char *p = ret->issuer; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

static void tls_pair__signature(X509 *leaf, struct tls_pair_leaf *ret)
{
	int digest = NID_undef, key = NID_undef;
	const char *hash;

	OBJ_find_sigid_algs(X509_get_signature_nid(leaf), &digest, &key);
	hash = digest == NID_undef ? "" : OBJ_nid2sn(digest);
	if (key == NID_X9_62_id_ecPublicKey)
		snprintf(ret->signature, sizeof ret->signature, "ECDSAWith%.20s", hash);
	else
		snprintf(ret->signature, sizeof ret->signature, "%.20sWithRSA", hash);
}

static enum err tls_pair__read(X509 *leaf, EVP_PKEY *key, int64_t now_s, struct tls_pair_leaf *ret, struct diag *d)
{
	struct tls_pair kind;

	TRY(tls_pair__kind(key, &kind, d));
	if (X509_check_private_key(leaf, key) != 1)
		return diag_set(d, ERR_PLAN, "key", "does not belong to the certificate");
	ret->from_s = tls_pair__time(X509_get0_notBefore(leaf));
	ret->until_s = tls_pair__time(X509_get0_notAfter(leaf));
	if (ret->until_s <= now_s)
		return diag_set(d, ERR_PLAN, "chain", "has expired");
	tls_pair__issuer(leaf, ret);
	tls_pair__signature(leaf, ret);
	ret->self_signed = X509_self_signed(leaf, 0) == 1;
	return tls_pair__hosts(leaf, ret, d);
}

enum err tls_pair_open(struct slice chain, struct slice key, int64_t now_s, struct tls_pair_leaf *ret, struct buf *der,
		       struct diag *d)
{
	struct tls_pair_leaf *found = mem_alloc(sizeof *found);
	X509 *leaf = tls_pair__leaf(chain, d);
	EVP_PKEY *pkey = leaf ? tls_pair__key(key, d) : NULL;
	enum err e = pkey ? tls_pair__read(leaf, pkey, now_s, found, d) : ERR_PLAN;

	if (e == OK)
		e = tls_pair__order(chain, d);
	if (e == OK)
		e = tls_pair__der(pkey, der);
	X509_free(leaf);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	if (e == OK)
		*ret = *found;
	mem_free(found);
	return e;
}
