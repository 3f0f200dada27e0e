/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_fleet: whether the other side of a connection is an edge of our own: whether it showed a certificate for clients
 * by the authority whose certificates our edges show origins. For servers that believe such a request more (the address
 * of a visitor, say). Read-only; any thread.
 */
#ifndef TLS_TLS_FLEET_H
#define TLS_TLS_FLEET_H

#include "base/diag.h"
#include "tls/tls_session.h"

struct tls_fleet;

/* root: the authority's root in PEM (DATA/run/origin-pull.pem). out: *ret, the caller's. errors: ERR_CONFIG with the
 * reason. */
enum err tls_fleet_new(struct slice root, struct tls_fleet **ret, struct diag *d) MUST_USE;
/* Frees; NULL is fine. */
void tls_fleet_free(struct tls_fleet *f);
/*
 * Whether the peer of a session whose handshake is done, with the certificate that it was asked for, is one of ours at
 * now_s (wall clock): signed up to this root, valid now, for clients. False without a certificate. cost: two signatures
 * are verified, 0.1 ms: once a connection.
 */
bool tls_fleet_has(const struct tls_fleet *f, const struct tls_session *s, int64_t now_s);

#endif
