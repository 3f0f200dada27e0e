/* SPDX-License-Identifier: Apache-2.0 */
/* tls_client: see tls_client.h. */
#include "tls/tls_client.h"

#include "base/mem.h"
#include "tls/tls_session_int.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

struct tls_client {
	SSL_CTX *ctx;
	BIO_METHOD *socket;
};

static bool tls_client__context(SSL_CTX *c)
{
	SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				    SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(c, 1);
	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
	return SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) == 1 && SSL_CTX_set_default_verify_paths(c) == 1;
}

enum err tls_client_new(const char *ca_file, struct tls_client **ret, struct diag *d)
{
	struct tls_client *t = mem_alloc(sizeof *t);
	enum err e = OK;

	t->socket = tls_session_socket();
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (!t->ctx || !tls_client__context(t->ctx))
		e = diag_set(d, ERR_SYSTEM, NULL, "the TLS library refuses its settings");
	else if (ca_file && ca_file[0] && SSL_CTX_load_verify_file(t->ctx, ca_file) != 1)
		e = diag_set(d, ERR_CONFIG, ca_file, "cannot be read, or holds no certificate in PEM");
	ERR_clear_error();
	if (e == OK)
		*ret = t;
	else
		tls_client_free(t);
	return e;
}

void tls_client_free(struct tls_client *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->ctx);
	BIO_meth_free(t->socket);
	mem_free(t);
}

enum err tls_client_connect(struct tls_client *t, int fd, const char *host, bool verify, struct tls_session **ret)
{
	static const unsigned char alpn[] = "\x08http/1.1";
	struct tls_session *s;

	TRY(tls_session_new(t->ctx, t->socket, fd, t, &s));
	SSL_set_connect_state(s->ssl);
	bool ok =
		SSL_set_tlsext_host_name(s->ssl, host) == 1 && SSL_set_alpn_protos(s->ssl, alpn, sizeof alpn - 1) == 0;
	if (verify) {
		SSL_set_hostflags(s->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
		ok = ok && SSL_set1_host(s->ssl, host) == 1;
		SSL_set_verify(s->ssl, SSL_VERIFY_PEER, NULL);
	}
	if (!ok) {
		tls_session_free(s);
		return ERR_MEMORY;
	}
	*ret = s;
	return OK;
}

const char *tls_client_blames(const struct tls_session *s)
{
	long why = SSL_get_verify_result(s->ssl);

	if (SSL_get_verify_mode(s->ssl) == SSL_VERIFY_NONE || why == X509_V_OK)
		return NULL;
	return X509_verify_cert_error_string(why);
}
