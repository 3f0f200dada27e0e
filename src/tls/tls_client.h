/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_client: TLS 1.2 and 1.3 towards origins: one context for all workers, with the system's trusted authorities and
 * those of [origin] ca_file.
 */
#ifndef TLS_TLS_CLIENT_H
#define TLS_TLS_CLIENT_H

#include "base/diag.h"
#include "tls/tls_session.h"

struct tls_client;

/* ca_file: PEM, more authorities to trust; NULL or empty: none. Caller frees with tls_client_free. errors: ERR_CONFIG
 * with the reason in d (the file cannot be read or holds no certificate), ERR_SYSTEM. */
enum err tls_client_new(const char *ca_file, struct tls_client **ret, struct diag *d) MUST_USE;
/* Frees; no session may be left. NULL is fine. */
void tls_client_free(struct tls_client *t);

/*
 * A session that begins a handshake over the connected socket fd. host (NUL-terminated): for SNI, and with verify the
 * name that the certificate must be for, by an authority that is trusted and at the right time; else any certificate
 * will do. out: *ret, the caller's. errors: ERR_MEMORY. A handshake that fails gives ERR_TLS; tls_client_blames says of
 * whom.
 */
enum err tls_client_connect(struct tls_client *t, int fd, const char *host, bool verify,
			    struct tls_session **ret) MUST_USE;
/* What is wrong with the certificate, when that was why the handshake failed; NULL: it was something else. Process
 * lifetime. */
const char *tls_client_blames(const struct tls_session *s);

#endif
