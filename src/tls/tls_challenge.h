/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_challenge: how a name is proved to a certificate authority in a handshake (RFC 8737): a client that offers the
 * protocol "acme-tls/1" alone is shown a certificate made for it, which carries the digest of the key authorization.
 * For this room only, since it speaks OpenSSL.
 */
#ifndef TLS_TLS_CHALLENGE_H
#define TLS_TLS_CHALLENGE_H

#include "base/slice.h"

#include <openssl/ssl.h>

/* Whether this ClientHello offers exactly "acme-tls/1". For a client-hello callback. cost: some nanoseconds. */
bool tls_challenge_asked(SSL *ssl);
/*
 * Makes the certificate for host (canonical) and that key authorization, and puts it into this handshake, which will
 * give no ticket. now_s: wall clock. False when OpenSSL could not. cost: 0.1 ms, only while an order is under way.
 */
bool tls_challenge_show(SSL *ssl, struct slice host, struct slice key_authorization, int64_t now_s);

#endif
