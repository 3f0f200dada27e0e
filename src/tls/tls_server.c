/* SPDX-License-Identifier: Apache-2.0 */
/* tls_server: see tls_server.h. */
#include "tls/tls_server.h"

#include "base/check.h"
#include "base/crypto.h"
#include "base/mem.h"
#include "model/host_table.h"
#include "tls/tls_cert_int.h"
#include "tls/tls_challenge.h"
#include "tls/tls_fingerprint.h"
#include "tls/tls_session_int.h"
#include "tls/tls_strikes.h"
#include "tls/tls_tickets.h"
#include "tls/tls_trust_int.h"
#include "wire/uri.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

enum { TLS_SERVER__EARLY_BYTES = 16384 };

struct tls_server {
	struct tls_server_setup setup;
	SSL_CTX *ctx;
	BIO_METHOD *socket;
	struct tls_tickets *tickets;
	struct tls_strikes *strikes;
};

/* ---- ClientHello ---- */

/* The host_name of a server_name extension (RFC 6066 3): one list, one name of type 0. False when it is malformed. */
static bool tls_server__sni(const unsigned char *p, size_t n, struct slice *ret)
{
	if (n < 5 || (size_t)(p[0] << 8 | p[1]) != n - 2 || p[2] != 0 || (size_t)(p[3] << 8 | p[4]) != n - 5)
		return false;
	*ret = slice_of(p + 5, n - 5);
	return true;
}

/* Notes the canonical host in the session; none is fine. False: what was sent is not a host name. */
static bool tls_server__host(struct tls_session *s, SSL *ssl)
{
	const unsigned char *ext;
	struct uri_host host;
	struct slice name;
	size_t n;

	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &ext, &n) != 1)
		return true;
	if (!tls_server__sni(ext, n, &name) || name.n > TLS_SESSION__HOST_MAX || uri_host_parse(name, &host) != OK ||
	    host.is_ip || host.name.n != name.n)
		return false;
	s->host_n = uri_host_canonical(host.name, s->host).n;
	return true;
}

/* A certificate authority looks for a proof: only who expects one answers (RFC 8737 section 3). */
static int tls_server__challenge(struct tls_server *t, struct tls_session *s, SSL *ssl, int *alert)
{
	bool named = tls_server__host(s, ssl) && s->host_n;
	struct slice host = slice_of(s->host, s->host_n);
	struct slice answer = named && t->setup.challenge ? t->setup.challenge(t->setup.arg, host) : slice_of(NULL, 0);

	if (answer.n && tls_challenge_show(ssl, host, answer, s->now_s)) {
		s->challenge = true;
		return SSL_CLIENT_HELLO_SUCCESS;
	}
	s->why = "no proof is to be shown for this name";
	*alert = SSL_AD_NO_APPLICATION_PROTOCOL;
	return SSL_CLIENT_HELLO_ERROR;
}

/* The parameters that SSL_set_msg_callback prescribes. */
#define TLS_SERVER__MESSAGE int write, int version, int type, const void *p, size_t n, SSL *ssl, void *arg

/* The message as it came, before the library has read it. Only the first one of a connection. */
static void tls_server__message(TLS_SERVER__MESSAGE)
{
	struct tls_session *s = SSL_get_app_data(ssl);

	if (write || type != SSL3_RT_HANDSHAKE)
		return;
	SSL_set_msg_callback(ssl, NULL);
	tls_fingerprint(slice_of(p, n), &s->visitor);
}

/* Nothing to show but a certificate of our own authority, while a better one is on its way. */
static bool tls_server__waits(const struct tls_server *t, const struct tls_session *s,
			      const struct tls_certs_found *found)
{
	if (s->waited || !t->setup.ordered)
		return false;
	for (size_t i = 0; i < TLS_KEY_TYPES; i++)
		if (found->of_type[i] && !slice_starts(found->of_type[i]->item->name, SLICE("internal-")))
			return false;
	return t->setup.ordered(t->setup.arg, s->visitor.host);
}

static bool tls_server__apply(struct tls_session *s, const struct tls_policy *policy)
{
	s->may_h2 = policy->h2;
	s->may_early = policy->early;
	if (policy->min_version == TLS_VERSION_1_3)
		SSL_set_min_proto_version(s->ssl, TLS1_3_VERSION);
	if (policy->no_1_3)
		SSL_set_max_proto_version(s->ssl, TLS1_2_VERSION);
	if (policy->early)
		SSL_set_max_early_data(s->ssl, TLS_SERVER__EARLY_BYTES);
	return !policy->ciphers || SSL_set_cipher_list(s->ssl, policy->ciphers) == 1;
}

/* A host with authorities of its own asks for a certificate; what comes early cannot show one. */
static bool tls_server__mutual(const struct tls_server *t, struct tls_session *s, struct tls_policy *policy)
{
	struct tls_trust *trust = t->setup.trusts ? host_table_find(t->setup.trusts, s->visitor.host) : NULL;

	if (!trust)
		return true;
	tls_trust_ref(trust);
	s->trust = trust;
	policy->early = false;
	return tls_trust_ask(s->trust, s->ssl);
}

/* What to show to this client: the certificates of the host that it named, else of the fallback. */
static bool tls_server__find(const struct tls_server *t, const struct tls_session *s, struct tls_certs_found *ret)
{
	const struct tls_server_setup *u = &t->setup;

	if (s->host_n && tls_certs_find(u->certs, slice_of(s->host, s->host_n), s->now_s, ret))
		return true;
	return u->fallback.n && tls_certs_find(u->certs, u->fallback, s->now_s, ret);
}

static int tls_server__hello(SSL *ssl, int *alert, void *arg)
{
	struct tls_server *t = arg;
	struct tls_session *s = SSL_get_app_data(ssl);
	struct tls_policy policy = { .h2 = true };
	struct tls_certs_found found = { 0 };
	bool well = tls_server__host(s, ssl), named = well && s->host_n;

	if (tls_challenge_asked(ssl))
		return tls_server__challenge(t, s, ssl, alert);
	s->visitor.host = slice_of(s->host, s->host_n);
	bool any = named && tls_certs_find(t->setup.certs, s->visitor.host, s->now_s, &found);
	if (named && tls_server__waits(t, s, &found)) {
		s->waits = true;
		return SSL_CLIENT_HELLO_RETRY;
	}
	if (!any && !(well && tls_server__find(t, s, &found))) {
		s->why = named ? "no certificate for this name" : "no server name, or not a host name";
		*alert = SSL_AD_UNRECOGNIZED_NAME;
		return SSL_CLIENT_HELLO_ERROR;
	}
	if (t->setup.policy)
		t->setup.policy(t->setup.arg, s->visitor.host, &policy);
	if (tls_server__mutual(t, s, &policy) && tls_server__apply(s, &policy))
		return SSL_CLIENT_HELLO_SUCCESS;
	s->why = "the list of ciphers of this host cannot be used";
	*alert = SSL_AD_INTERNAL_ERROR;
	return SSL_CLIENT_HELLO_ERROR;
}

/* Whether early data of a resumed session is taken: where the host wants it, and once for each ticket. */
static int tls_server__early(SSL *ssl, void *arg)
{
	struct tls_server *t = arg;
	const struct tls_session *s = SSL_get_app_data(ssl);
	unsigned char secret[SSL_MAX_MASTER_KEY_LENGTH];

	if (!s->may_early)
		return 0;
	size_t n = SSL_SESSION_get_master_key(SSL_get_session(ssl), secret, sizeof secret);
	bool fresh = n && tls_strikes_take(t->strikes, slice_of(secret, n), s->now_s);
	crypto_wipe(secret, sizeof secret);
	return fresh;
}

/* Shows every type that there is: OpenSSL takes the one that the client can verify, ECDSA first. */
static int tls_server__certificate(SSL *ssl, void *arg)
{
	struct tls_server *t = arg;
	struct tls_session *s = SSL_get_app_data(ssl);
	struct tls_certs_found found;
	bool any = false;

	if (s->challenge)
		return 1; /* it is there already */
	if (!tls_server__find(t, s, &found))
		return 0;
	for (size_t i = 0; i < TLS_KEY_TYPES; i++)
		if (found.of_type[i])
			any |= tls_cert_use(found.of_type[i], t->setup.seal, ssl);
	if (!any)
		s->why = "the private key of the certificate cannot be used";
	return any;
}

/* The state of the certificate that was chosen, for a client that asks for it. */
static int tls_server__staple(SSL *ssl, void *arg)
{
	const struct tls_server *t = arg;
	const struct tls_session *s = SSL_get_app_data(ssl);
	const X509 *chosen = SSL_get_certificate(ssl);
	struct tls_certs_found found;

	if (!t->setup.staples || !chosen || !tls_certs_find(t->setup.certs, s->visitor.host, s->now_s, &found))
		return SSL_TLSEXT_ERR_NOACK;
	for (size_t i = 0; i < TLS_KEY_TYPES; i++) {
		if (!found.of_type[i] || !tls_cert_is(found.of_type[i], chosen))
			continue;
		struct slice der = tls_staples_find(t->setup.staples, found.of_type[i]->leaf, s->now_s);
		unsigned char *copy = der.p ? OPENSSL_memdup(der.p, der.n) : NULL;
		if (copy && SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)der.n) == 1)
			return SSL_TLSEXT_ERR_OK;
		OPENSSL_free(copy);
	}
	return SSL_TLSEXT_ERR_NOACK;
}

static int tls_server__alpn(SSL *ssl, const unsigned char **ret, unsigned char *ret_n, const unsigned char *in,
			    unsigned n, void *arg)
{
	static const unsigned char ours[] = "\x02h2\x08http/1.1";
	struct tls_session *s = SSL_get_app_data(ssl);
	size_t skip = s->may_h2 ? 0 : 3;
	unsigned char *chosen;

	if (s->challenge) {
		*ret = in + 1; /* it is the only one */
		*ret_n = in[0];
		return SSL_TLSEXT_ERR_OK;
	}
	if (SSL_select_next_proto(&chosen, ret_n, ours + skip, (unsigned)(sizeof ours - 1 - skip), in, n) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*ret = chosen;
	s->h2 = *ret_n == 2;
	return SSL_TLSEXT_ERR_OK;
}

/* ---- tickets ---- */

static bool tls_server__ticket_ciphers(const struct tls_tickets_key *k, unsigned char *iv, EVP_CIPHER_CTX *cipher,
				       EVP_MAC_CTX *mac, int encrypt)
{
	char sha256[] = "SHA256";
	uint8_t secret[TLS_TICKETS_SECRET_BYTES];
	OSSL_PARAM params[3];

	memcpy(secret, k->mac, sizeof secret);
	params[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, secret, sizeof secret);
	params[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0);
	params[2] = OSSL_PARAM_construct_end();
	bool ok = EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, k->aes, iv, encrypt) == 1 &&
		  EVP_MAC_CTX_set_params(mac, params) == 1;
	crypto_wipe(secret, sizeof secret);
	return ok;
}

/* As SSL_CTX_set_tlsext_ticket_key_evp_cb wants it: -1 failure, 0 no ticket, 1 good, 2 good and send a new one. */
static int tls_server__ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
			      EVP_MAC_CTX *mac, int encrypt)
{
	struct tls_session *s = SSL_get_app_data(ssl);
	struct tls_server *t = s->owner;
	struct tls_tickets_key k;
	bool old = false;

	if (encrypt) {
		if (tls_tickets_current(t->tickets, s->now_s, &k) != OK || crypto_random(iv, 16) != OK)
			return -1;
		memcpy(name, k.name, sizeof k.name);
	} else if (tls_tickets_find(t->tickets, s->now_s, name, &k, &old) != OK) {
		return 0;
	}
	bool ok = tls_server__ticket_ciphers(&k, iv, cipher, mac, encrypt);
	crypto_wipe(&k, sizeof k);
	/* 2: a new one for the client. Those of TLS 1.3 are for one use, RFC 8446 C.4. */
	return !ok ? -1 : old || (!encrypt && SSL_version(ssl) == TLS1_3_VERSION) ? 2 : 1;
}

/* A session is resumed for the name that it began with, for no other one (RFC 6066 3). */
static int tls_server__ticket_made(SSL *ssl, void *arg)
{
	const struct tls_session *s = SSL_get_app_data(ssl);

	return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), s->host, s->host_n);
}

static SSL_TICKET_RETURN tls_server__ticket_opened(SSL *ssl, SSL_SESSION *session, const unsigned char *name,
						   size_t name_n, SSL_TICKET_STATUS status, void *arg)
{
	const struct tls_session *s = SSL_get_app_data(ssl);
	void *host;
	size_t n;

	if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	if (SSL_SESSION_get0_ticket_appdata(session, &host, &n) != 1 ||
	    !slice_eq(slice_of(host, n), slice_of(s->host, s->host_n)))
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

/* ---- the context ---- */

static bool tls_server__context(struct tls_server *t)
{
	static const unsigned char context[] = "seawall";
	SSL_CTX *c = t->ctx;

	SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
				       SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF |
				       SSL_OP_NO_ANTI_REPLAY /* tls_strikes does it; theirs needs stored sessions */);
	SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				    SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(c, 1);
	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(c, 1);
	SSL_CTX_set_max_early_data(c, 0); /* a host's policy may say otherwise */
	SSL_CTX_set_allow_early_data_cb(c, tls_server__early, t);
	SSL_CTX_set_client_hello_cb(c, tls_server__hello, t);
	SSL_CTX_set_cert_cb(c, tls_server__certificate, t);
	SSL_CTX_set_alpn_select_cb(c, tls_server__alpn, t);
	SSL_CTX_set_tlsext_status_cb(c, tls_server__staple);
	SSL_CTX_set_tlsext_status_arg(c, t);
	return SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(c, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
	       SSL_CTX_set_ciphersuites(
		       c, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") == 1 &&
	       SSL_CTX_set1_groups_list(c, "X25519:P-256:P-384") == 1 &&
	       SSL_CTX_set_session_id_context(c, context, sizeof context - 1) == 1 &&
	       SSL_CTX_set_tlsext_ticket_key_evp_cb(c, tls_server__ticket) == 1 &&
	       SSL_CTX_set_session_ticket_cb(c, tls_server__ticket_made, tls_server__ticket_opened, NULL) == 1;
}

enum err tls_server_new(const struct tls_server_setup *setup, struct tls_server **ret)
{
	struct tls_server *t = mem_alloc(sizeof *t);

	t->setup = *setup;
	t->tickets = tls_tickets_new();
	t->strikes = tls_strikes_new();
	t->socket = tls_session_socket();
	t->ctx = SSL_CTX_new(TLS_server_method());
	if (!t->ctx || !tls_server__context(t)) {
		ERR_clear_error();
		tls_server_free(t);
		return ERR_SYSTEM;
	}
	*ret = t;
	return OK;
}

void tls_server_free(struct tls_server *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->ctx);
	BIO_meth_free(t->socket);
	tls_tickets_free(t->tickets);
	tls_strikes_free(t->strikes);
	mem_free(t);
}

enum err tls_server_accept(struct tls_server *t, int fd, int64_t now_s, struct tls_session **ret)
{
	struct tls_session *s;

	TRY(tls_session_new(t->ctx, t->socket, fd, t, &s));
	s->now_s = now_s;
	s->asks_early = true;
	SSL_set_accept_state(s->ssl);
	SSL_set_msg_callback(s->ssl, tls_server__message);
	*ret = s;
	return OK;
}
