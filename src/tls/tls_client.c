/* SPDX-License-Identifier: Apache-2.0 */
/* tls_client: see tls_client.h. */
#include "tls/tls_client.h"

#include "base/mem.h"
#include "tls/tls_blame.h"
#include "tls/tls_identity_int.h"
#include "tls/tls_resume_int.h"
#include "tls/tls_session_int.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

struct tls_client {
	SSL_CTX *ctx;
	BIO_METHOD *socket;
};

static int tls_client__remember(SSL *ssl, SSL_SESSION *session);

static bool tls_client__context(SSL_CTX *c)
{
	/* Many origins close without close_notify; the end of an answer is told by its framing, and OpenSSL would take
	 * the session for bad and never come back with it. */
	SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				    SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(c, 1);
	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(c, tls_client__remember);
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

/* ---- a session ---- */

/* In the course of a verification: notes the first thing that is wrong. */
static int tls_client__verified(int good, X509_STORE_CTX *store)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_session *s = SSL_get_app_data(ssl);

	if (good)
		return 1;
	if (!s->trouble) {
		s->trouble = mem_alloc(sizeof *s->trouble);
		tls_blame_certificate(store, s->host, s->trouble);
	}
	return s->report;
}

/* The origin gave a session to come back with. */
static int tls_client__remember(SSL *ssl, SSL_SESSION *session)
{
	const struct tls_session *s = SSL_get_app_data(ssl);

	if (!s->resume || s->broken)
		return 0;
	tls_resume_put(s->resume, slice_of(s->key, s->key_n), session);
	return 1; /* the reference is taken */
}

static bool tls_client__names(struct tls_session *s, const struct tls_client_how *how)
{
	SSL_set_hostflags(s->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	SSL_set_verify(s->ssl, SSL_VERIFY_PEER, tls_client__verified);
	return SSL_set1_host(s->ssl, how->host) == 1 &&
	       (!how->also || !how->also[0] || SSL_add1_host(s->ssl, how->also) == 1);
}

static void tls_client__resume(struct tls_session *s, const struct tls_client_how *how)
{
	SSL_SESSION *known;

	if (!how->resume)
		return;
	s->resume = how->resume;
	s->key_n = how->key.n;
	s->key = mem_alloc(how->key.n + 1);
	memcpy(s->key, how->key.p, how->key.n);
	known = tls_resume_find(how->resume, how->key, how->now_s);
	/* A copy: OpenSSL takes a session of TLS 1.3 for used up, but not every server sends a ticket for the next
	 * time. */
	SSL_SESSION *copy = known ? SSL_SESSION_dup(known) : NULL;
	s->offered = copy && SSL_set_session(s->ssl, copy) == 1;
	SSL_SESSION_free(copy);
}

enum err tls_client_connect(struct tls_client *t, int fd, const struct tls_client_how *how, struct tls_session **ret)
{
	static const unsigned char h1[] = "\x08http/1.1", h2[] = "\x02h2\x08http/1.1";
	struct tls_session *s;

	TRY(tls_session_new(t->ctx, t->socket, fd, t, &s));
	SSL_set_connect_state(s->ssl);
	slice_cstr(slice_first(slice_str(how->host), TLS_SESSION__HOST_MAX), s->host, sizeof s->host);
	s->report = how->report;
	bool ok = SSL_set_tlsext_host_name(s->ssl, how->host) == 1 &&
		  SSL_set_alpn_protos(s->ssl, how->h2 ? h2 : h1, how->h2 ? sizeof h2 - 1 : sizeof h1 - 1) == 0;
	if (how->identity)
		ok = ok && tls_identity_use(how->identity, s->ssl);
	if (how->verify)
		ok = ok && tls_client__names(s, how);
	if (!ok) {
		ERR_clear_error();
		tls_session_free(s);
		return ERR_MEMORY;
	}
	tls_client__resume(s, how);
	*ret = s;
	return OK;
}

void tls_client_trouble(const struct tls_session *s, enum err e, struct tls_trouble *ret)
{
	*ret = (struct tls_trouble){ 0 };
	if (s->trouble)
		*ret = *s->trouble;
	else if (e == ERR_TLS || e == ERR_CLOSED)
		tls_blame_handshake(e == ERR_TLS ? s->code : 0, ret);
	if (s->offered && e != OK)
		tls_resume_forget(s->resume, slice_of(s->key, s->key_n));
}
