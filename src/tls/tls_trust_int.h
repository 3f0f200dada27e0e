/* SPDX-License-Identifier: Apache-2.0 */
/* tls_trust_int: what handshakes do with client certificates; private to the room. */
#ifndef TLS_TLS_TRUST_INT_H
#define TLS_TLS_TRUST_INT_H

#include "http/http_tls.h"
#include "tls/tls_trust.h"

#include <openssl/ssl.h>

/* Has this connection ask for a certificate of these authorities; it is not resumed, so that each one is judged anew.
 * false: no memory. */
bool tls_trust_ask(const struct tls_trust *t, SSL *ssl) MUST_USE;
/* Notes what the peer has shown, after the handshake; NULL: nothing. bad: it does not chain to the authorities or is
 * not valid now. The caller's to mem_free. */
struct http_tls_client *tls_trust_describe(const struct tls_trust *t, SSL *ssl, bool bad);

#endif
