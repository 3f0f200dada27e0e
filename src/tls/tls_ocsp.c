/* SPDX-License-Identifier: Apache-2.0 */
/* tls_ocsp: see tls_ocsp.h. */
#include "tls/tls_ocsp.h"

#include "base/check.h"
#include "base/crypto.h"
#include "base/text.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <time.h>

enum { TLS_OCSP__SKEW_S = 300, TLS_OCSP__DAY_S = 86400, TLS_OCSP__REQUEST_BYTES = 4096 };

/* The first two of a chain. */
struct tls_ocsp__pair {
	X509 *leaf, *issuer;
};

static void tls_ocsp__free(struct tls_ocsp__pair *p)
{
	X509_free(p->leaf);
	X509_free(p->issuer);
	ERR_clear_error();
}

/* errors: ERR_PLAN: not PEM; ERR_NOT_FOUND: there is no issuer, or it is another one's. */
static enum err tls_ocsp__read(struct slice chain, struct tls_ocsp__pair *ret)
{
	BIO *b = BIO_new_mem_buf(chain.p, (int)chain.n);

	CHECK(b);
	ret->leaf = PEM_read_bio_X509(b, NULL, NULL, NULL);
	ret->issuer = ret->leaf ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;
	BIO_free(b);
	enum err e = !ret->leaf                                                               ? ERR_PLAN
		     : !ret->issuer || X509_check_issued(ret->issuer, ret->leaf) != X509_V_OK ? ERR_NOT_FOUND
											      : OK;
	if (e != OK)
		tls_ocsp__free(ret);
	return e;
}

/* The first responder over plain HTTP, as the profile of RFC 5019 wants it. */
static bool tls_ocsp__url(X509 *leaf, char ret[static TLS_OCSP_URL_BYTES])
{
	STACK_OF(OPENSSL_STRING) *urls = X509_get1_ocsp(leaf);
	bool found = false;

	for (int i = 0; i < sk_OPENSSL_STRING_num(urls) && !found; i++) {
		struct slice url = slice_str(sk_OPENSSL_STRING_value(urls, i));
		found = url.n < TLS_OCSP_URL_BYTES && slice_starts(url, SLICE("http://"));
		if (found)
			slice_cstr(url, ret, TLS_OCSP_URL_BYTES);
	}
	X509_email_free(urls);
	return found;
}

static bool tls_ocsp__leaf(X509 *leaf, char ret[static TLS_OCSP_LEAF_BYTES])
{
	struct text t = text_of(ret, TLS_OCSP_LEAF_BYTES - 1);
	uint8_t hash[CRYPTO_SHA256_BYTES];
	unsigned char *der = NULL;
	int n = i2d_X509(leaf, &der);
	bool ok = n > 0 && crypto_sha256(slice_of(der, (size_t)n), hash) == OK;

	OPENSSL_free(der);
	for (size_t i = 0; ok && i < sizeof hash; i++)
		text_hex(&t, hash[i], 2);
	ret[t.n] = '\0';
	return ok;
}

static bool tls_ocsp__request(const struct tls_ocsp__pair *p, struct buf *out)
{
	OCSP_CERTID *id = OCSP_cert_to_id(NULL, p->leaf, p->issuer); /* SHA-1: what responders know (RFC 5019 2.1.1) */
	OCSP_REQUEST *q = OCSP_REQUEST_new();
	unsigned char *der = NULL;
	bool ok = id && q && OCSP_request_add0_id(q, id);

	if (!ok)
		OCSP_CERTID_free(id);
	int n = ok ? i2d_OCSP_REQUEST(q, &der) : 0;
	ok = n > 0 && buf_add(out, slice_of(der, (size_t)n));
	OPENSSL_free(der);
	OCSP_REQUEST_free(q);
	return ok;
}

enum err tls_ocsp_ask(struct slice chain, struct tls_ocsp_question *ret)
{
	struct tls_ocsp__pair p;

	buf_init(&ret->request, TLS_OCSP__REQUEST_BYTES);
	TRY(tls_ocsp__read(chain, &p));
	bool ok = tls_ocsp__url(p.leaf, ret->url) && tls_ocsp__leaf(p.leaf, ret->leaf) &&
		  tls_ocsp__request(&p, &ret->request);
	tls_ocsp__free(&p);
	if (!ok)
		buf_fini(&ret->request);
	return ok ? OK : ERR_NOT_FOUND;
}

/* ---- the answer ---- */

static int64_t tls_ocsp__time(const ASN1_GENERALIZEDTIME *t)
{
	struct tm tm;

	return t && ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

/* The issuer is trusted here, whoever stands above it: the chain is ours, its root is not asked for. */
static bool tls_ocsp__signed(OCSP_BASICRESP *basic, const struct tls_ocsp__pair *p)
{
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *others = sk_X509_new_null();
	bool ok = store && others && X509_STORE_add_cert(store, p->issuer) == 1 &&
		  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1 && sk_X509_push(others, p->issuer) > 0 &&
		  OCSP_basic_verify(basic, others, store, OCSP_PARTIAL_CHAIN) == 1;

	sk_X509_free(others);
	X509_STORE_free(store);
	return ok;
}

static enum err tls_ocsp__state(OCSP_BASICRESP *basic, const struct tls_ocsp__pair *p, struct tls_ocsp_answer *ret,
				struct diag *d)
{
	OCSP_CERTID *id = OCSP_cert_to_id(NULL, p->leaf, p->issuer);
	ASN1_GENERALIZEDTIME *from = NULL, *until = NULL;
	int state = 0;
	bool found = id && OCSP_resp_find_status(basic, id, &state, NULL, NULL, &from, &until) == 1;

	OCSP_CERTID_free(id);
	if (!found)
		return diag_set(d, ERR_PLAN, "ocsp", "the answer is about another certificate");
	ret->state = state == V_OCSP_CERTSTATUS_GOOD      ? TLS_OCSP_GOOD
		     : state == V_OCSP_CERTSTATUS_REVOKED ? TLS_OCSP_REVOKED
							  : TLS_OCSP_UNKNOWN;
	ret->from_s = tls_ocsp__time(from);
	ret->until_s = until ? tls_ocsp__time(until) : ret->from_s + TLS_OCSP__DAY_S;
	return OK;
}

static enum err tls_ocsp__judge(OCSP_BASICRESP *basic, const struct tls_ocsp__pair *p, int64_t now_s,
				struct tls_ocsp_answer *ret, struct diag *d)
{
	if (!basic)
		return diag_set(d, ERR_PLAN, "ocsp", "it is no successful OCSP response");
	if (!tls_ocsp__signed(basic, p))
		return diag_set(d, ERR_PLAN, "ocsp", "the signature is not of the issuer");
	TRY(tls_ocsp__state(basic, p, ret, d));
	if (ret->from_s > now_s + TLS_OCSP__SKEW_S || ret->until_s < now_s - TLS_OCSP__SKEW_S ||
	    ret->until_s <= ret->from_s)
		return diag_set(d, ERR_PLAN, "ocsp", "the answer is not valid now");
	return OK;
}

enum err tls_ocsp_judge(struct slice chain, struct slice der, int64_t now_s, struct tls_ocsp_answer *ret,
			struct diag *d)
{
	const unsigned char *at = (const unsigned char *)der.p;
	struct tls_ocsp_answer answer = { 0 };
	struct tls_ocsp__pair p;

	if (der.n > TLS_OCSP_ANSWER_BYTES_MAX)
		return diag_set(d, ERR_PLAN, "ocsp", "the answer is %zu bytes long, at most %d", der.n,
				TLS_OCSP_ANSWER_BYTES_MAX);
	if (tls_ocsp__read(chain, &p) != OK)
		return diag_set(d, ERR_PLAN, "chain", "has no leaf with its issuer");
	OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &at, (long)der.n);
	bool whole = r && at == (const unsigned char *)der.p + der.n &&
		     OCSP_response_status(r) == OCSP_RESPONSE_STATUS_SUCCESSFUL;
	OCSP_BASICRESP *basic = whole ? OCSP_response_get1_basic(r) : NULL;
	enum err e = tls_ocsp__judge(basic, &p, now_s, &answer, d);
	if (e == OK)
		*ret = answer;
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(r);
	tls_ocsp__free(&p);
	return e;
}
