/* SPDX-License-Identifier: Apache-2.0 */
/* tls_cert_int: what handshakes do with a certificate; for this room only, since it speaks OpenSSL. */
#ifndef TLS_TLS_CERT_INT_H
#define TLS_TLS_CERT_INT_H

#include "tls/tls_cert.h"

#include <openssl/ssl.h>

/*
 * Shows the certificate in this handshake; loads it at its first use. False when it cannot be: the key does not open or
 * does not belong to it. thread: any. cost: some microseconds; 0.3 ms the first time.
 */
/* Whether this is the X.509 object that tls_cert_use gave to OpenSSL. */
bool tls_cert_is(const struct tls_cert *c, const X509 *leaf);
bool tls_cert_use(struct tls_cert *c, const struct seal *seal, SSL *ssl);

#endif
