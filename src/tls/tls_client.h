/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_client: TLS 1.2 and 1.3 towards origins: one context for all workers, with the system's trusted authorities and
 * those of [origin] ca_file. What is wrong with an origin is said by name: tls_trouble.h.
 */
#ifndef TLS_TLS_CLIENT_H
#define TLS_TLS_CLIENT_H

#include "base/diag.h"
#include "tls/tls_identity.h"
#include "tls/tls_resume.h"
#include "tls/tls_session.h"
#include "tls/tls_trouble.h"

struct tls_client;

/* ca_file: PEM, more authorities to trust; NULL or empty: none. Caller frees with tls_client_free. errors: ERR_CONFIG
 * with the reason in d (the file cannot be read or holds no certificate), ERR_SYSTEM. */
enum err tls_client_new(const char *ca_file, struct tls_client **ret, struct diag *d) MUST_USE;
/* Frees; no session may be left. NULL is fine. */
void tls_client_free(struct tls_client *t);

/* How to connect. Everything is borrowed for tls_client_connect, but resume, which the session uses while it lives. */
struct tls_client_how {
	const char *host; /* for SNI, and with verify the name that the certificate must be for */
	const char *also; /* with verify another name that will do (the target of a CNAME); NULL or empty: none */
	const struct tls_identity *identity; /* shown when the origin asks for one; NULL: none */
	bool verify; /* by an authority that is trusted, and at the right time; else any certificate will do */
	bool report; /* what verify finds is noted, but the handshake goes on: for a look at an origin */
	bool h2;     /* HTTP/2 is offered before HTTP/1.1 (ALPN, RFC 7301) */
	struct tls_resume *resume; /* remembers sessions; NULL: always a full handshake */
	struct slice key;          /* under which, with everything that a session depends on */
	int64_t now_s;             /* wall clock, for what is remembered */
};

/*
 * A session that begins a handshake over the connected socket fd. out: *ret, the caller's. errors: ERR_MEMORY. When the
 * handshake fails, tls_client_trouble says of what. cost: a resumed handshake takes about a third of a full one here.
 */
enum err tls_client_connect(struct tls_client *t, int fd, const struct tls_client_how *how,
			    struct tls_session **ret) MUST_USE;
/* Why tls_session_handshake, or the first read after it, gave e: which check failed, and a clause for people. */
void tls_client_trouble(const struct tls_session *s, enum err e, struct tls_trouble *ret);

#endif
