/* SPDX-License-Identifier: Apache-2.0 */
/* tls_fleet: see tls_fleet.h. */
#include "tls/tls_fleet.h"

#include "base/mem.h"
#include "tls/tls_session_int.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

struct tls_fleet {
	X509_STORE *store;
};

enum err tls_fleet_new(struct slice root, struct tls_fleet **ret, struct diag *d)
{
	struct tls_fleet *f = mem_alloc(sizeof *f);
	BIO *b = root.n && root.n <= INT32_MAX ? BIO_new_mem_buf(root.p, (int)root.n) : NULL;
	X509 *x = b ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;

	f->store = X509_STORE_new();
	bool ok = x && f->store && X509_STORE_add_cert(f->store, x) == 1;
	X509_free(x);
	BIO_free(b);
	ERR_clear_error();
	if (ok) {
		*ret = f;
		return OK;
	}
	tls_fleet_free(f);
	return diag_set(d, ERR_CONFIG, NULL, "is not a certificate in PEM");
}

void tls_fleet_free(struct tls_fleet *f)
{
	if (!f)
		return;
	X509_STORE_free(f->store);
	mem_free(f);
}

bool tls_fleet_has(const struct tls_fleet *f, const struct tls_session *s, int64_t now_s)
{
	X509 *peer = s->done ? SSL_get0_peer_certificate(s->ssl) : NULL;
	X509_STORE_CTX *c = peer ? X509_STORE_CTX_new() : NULL;
	bool ok = c && X509_STORE_CTX_init(c, f->store, peer, SSL_get_peer_cert_chain(s->ssl)) == 1;

	if (ok) {
		X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(c);
		X509_VERIFY_PARAM_set_time(p, (time_t)now_s);
		ok = X509_STORE_CTX_set_purpose(c, X509_PURPOSE_SSL_CLIENT) == 1 && X509_verify_cert(c) == 1;
	}
	X509_STORE_CTX_free(c);
	ERR_clear_error();
	return ok;
}
