/* SPDX-License-Identifier: Apache-2.0 */
/* tls_csr: see tls_csr.h. */
#include "tls/tls_csr.h"

#include "base/base64.h"
#include "base/text.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

enum { TLS_CSR__ROW = 300, TLS_CSR__NAMES_MAX = 100, TLS_CSR__SERIAL_BYTES = 32 };

/* ---- the request ---- */

/* "DNS:a,DNS:b"; the names are canonical, so no byte of theirs means anything here. */
static bool tls_csr__alternative(const struct slice *names, size_t n, struct buf *b)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(b, "%sDNS:%.*s", i ? "," : "", SLICE_ARG(names[i]));
	return buf_add_byte(b, '\0');
}

static bool tls_csr__extend(X509_REQ *req, const char *alternative)
{
	STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alternative);
	bool ok = list && e && sk_X509_EXTENSION_push(list, e) > 0;

	if (!ok)
		X509_EXTENSION_free(e);
	ok = ok && X509_REQ_add_extensions(req, list) == 1;
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	return ok;
}

static enum err tls_csr__der(X509_REQ *req, EVP_PKEY *key, struct buf *csr, struct buf *secret)
{
	unsigned char *a = NULL, *b = NULL;
	int an = i2d_X509_REQ(req, &a), bn = i2d_PrivateKey(key, &b);
	enum err e = an > 0 && bn > 0 ? OK : ERR_SYSTEM;

	if (e == OK && (!buf_add(csr, slice_of(a, (size_t)an)) || !buf_add(secret, slice_of(b, (size_t)bn))))
		e = ERR_QUEUE_FULL;
	OPENSSL_free(a);
	OPENSSL_clear_free(b, bn > 0 ? (size_t)bn : 0);
	return e;
}

enum err tls_csr_make(const struct slice *names, size_t names_n, struct buf *csr, struct buf *key)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	X509_REQ *req = X509_REQ_new();
	struct buf alternative;
	enum err e = ERR_SYSTEM;

	buf_init(&alternative, (size_t)TLS_CSR__NAMES_MAX * TLS_CSR__ROW);
	if (pkey && req && tls_csr__alternative(names, names_n, &alternative) && X509_REQ_set_version(req, 0) == 1 &&
	    X509_REQ_set_pubkey(req, pkey) == 1 && tls_csr__extend(req, buf_slice(&alternative).p) &&
	    X509_REQ_sign(req, pkey, EVP_sha256()) > 0)
		e = tls_csr__der(req, pkey, csr, key);
	buf_fini(&alternative);
	X509_REQ_free(req);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return e;
}

/* ---- the chain ---- */

static int64_t tls_csr__time(const ASN1_TIME *t)
{
	struct tm tm;

	return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

/* The identifier of RFC 9773 section 4.1; empty when the certificate has none. */
static void tls_csr__renewal_id(X509 *leaf, char ret[static TLS_CSR_ID_BYTES])
{
	const ASN1_OCTET_STRING *aki = X509_get0_authority_key_id(leaf);
	unsigned char *der = NULL;
	int n = i2d_ASN1_INTEGER(X509_get_serialNumber(leaf), &der); /* tag, length, value */
	struct buf b;

	buf_init(&b, TLS_CSR_ID_BYTES - 1);
	bool ok = aki && n > 2 && n < TLS_CSR__SERIAL_BYTES &&
		  base64_write_url(slice_of(ASN1_STRING_get0_data(aki), (size_t)ASN1_STRING_length(aki)), &b) == OK &&
		  buf_add_byte(&b, '.') && base64_write_url(slice_of(der + 2, (size_t)n - 2), &b) == OK;
	slice_cstr(ok ? buf_slice(&b) : slice_of(NULL, 0), ret, TLS_CSR_ID_BYTES);
	buf_fini(&b);
	OPENSSL_free(der);
}

static enum err tls_csr__judge(X509 *leaf, EVP_PKEY *key, const struct tls_csr_order *o, struct diag *d)
{
	char name[TLS_CSR__ROW];

	if (!key || X509_check_private_key(leaf, key) != 1)
		return diag_set(d, ERR_PLAN, "chain", "the certificate does not belong to the key of the order");
	for (size_t i = 0; i < o->names_n; i++) {
		/* A wildcard is checked by a name under it. */
		bool wild = slice_starts(o->names[i], SLICE("*."));
		snprintf(name, sizeof name, "%s%.*s", wild ? "x" : "",
			 SLICE_ARG(slice_from(o->names[i], wild ? 1 : 0)));
		if (X509_check_host(leaf, name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) != 1)
			return diag_set(d, ERR_PLAN, "chain", "the certificate is not for %.*s",
					SLICE_ARG(o->names[i]));
	}
	return OK;
}

enum err tls_csr_look(struct slice chain, const struct tls_csr_order *o, struct tls_csr_leaf *ret, struct diag *d)
{
	const unsigned char *der = (const unsigned char *)o->key.p;
	BIO *bio = BIO_new_mem_buf(chain.p, (int)chain.n);
	X509 *leaf = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &der, (long)o->key.n);
	enum err e = OK;

	if (!leaf)
		e = diag_set(d, ERR_PLAN, "chain", "does not begin with a certificate in PEM");
	if (e == OK)
		e = tls_csr__judge(leaf, key, o, d);
	if (e == OK) {
		struct tls_csr_leaf found = { .from_s = tls_csr__time(X509_get0_notBefore(leaf)),
					      .until_s = tls_csr__time(X509_get0_notAfter(leaf)) };
		tls_csr__renewal_id(leaf, found.renewal_id);
		if (found.until_s <= o->now_s)
			e = diag_set(d, ERR_PLAN, "chain", "the certificate has expired already");
		else
			*ret = found;
	}
	X509_free(leaf);
	EVP_PKEY_free(key);
	BIO_free(bio);
	ERR_clear_error();
	return e;
}
