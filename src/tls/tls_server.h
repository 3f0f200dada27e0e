/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_server: TLS 1.2 and 1.3 towards visitors: one OpenSSL context for all certificates and workers. The certificate
 * follows the name of the ClientHello (SNI); ECDSA is preferred, RSA shown to those who know nothing else; ALPN "h2" or
 * "http/1.1"; tickets with rotating keys (tls_tickets.h); no renegotiation, no compression. Early data (TLS 1.3 0-RTT)
 * only where the host's policy says so, and once for each ticket (tls_strikes.h). A fingerprint of every ClientHello is
 * taken (http_tls.h).
 */
#ifndef TLS_TLS_SERVER_H
#define TLS_TLS_SERVER_H

#include "tls/tls_certs.h"
#include "tls/tls_session.h"
#include "tls/tls_staples.h"
#include "tls/tls_trust.h"

struct tls_server;

enum tls_version { TLS_VERSION_1_2, TLS_VERSION_1_3 };

/* How to speak with one host. */
struct tls_policy {
	enum tls_version min_version;
	bool no_1_3; /* TLS 1.3 is not offered */
	bool h2;     /* offer HTTP/2 */
	bool early;  /* take early data */
	/* Of TLS 1.2, names of OpenSSL with colons; NULL: ours. Borrowed until the next quiescent state. */
	const char *ciphers;
};

struct tls_server_setup {
	const struct tls_certs *certs;
	const struct seal *seal;           /* opens the keys */
	const struct tls_staples *staples; /* shown to those who ask; NULL: none */
	const struct host_table
		*trusts; /* of struct tls_trust: hosts whose visitors are asked for certificates; NULL: none */
	/* Canonical: whose certificate is shown to those who name a host without one, or none; empty: they are refused.
	 */
	struct slice fallback;
	/*
	 * The policy for a canonical host (empty: no SNI); called in the middle of a handshake on the worker's thread,
	 * a snap thread. NULL: TLS 1.2, h2 for all.
	 */
	void (*policy)(void *arg, struct slice host, struct tls_policy *ret);
	/*
	 * The key authorization that a certificate authority is to be shown for a canonical host now (RFC 8737), or
	 * empty: borrowed until the end of the call that asked. Called for handshakes with "acme-tls/1" only, as
	 * policy. NULL: none ever.
	 */
	struct slice (*challenge)(void *arg, struct slice host);
	/*
	 * Whether a certificate for a canonical host is being ordered now, so that a handshake which has none, or one
	 * of the node's own authority only, waits (tls_session_waits); called as policy is. NULL: never.
	 */
	bool (*ordered)(void *arg, struct slice host);
	void *arg;
};

/* Ready for any number of threads. setup is copied, what it names is borrowed. Caller frees with tls_server_free.
 * errors: ERR_SYSTEM (the library refuses our settings). */
enum err tls_server_new(const struct tls_server_setup *setup, struct tls_server **ret) MUST_USE;
/* Frees; no session may be left. NULL is fine. */
void tls_server_free(struct tls_server *t);

/*
 * A session that waits for a ClientHello on fd. now_s: wall clock, for the choice of certificate and the age of
 * tickets. out: *ret, the caller's. errors: ERR_MEMORY. cost: 20 us, mostly OpenSSL's own set-up.
 */
enum err tls_server_accept(struct tls_server *t, int fd, int64_t now_s, struct tls_session **ret) MUST_USE;

#endif
