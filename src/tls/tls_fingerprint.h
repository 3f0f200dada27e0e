/* SPDX-License-Identifier: Apache-2.0 */
/* tls_fingerprint: JA3 and JA4 of a ClientHello, out of wire/client_hello.h and digests. */
#ifndef TLS_TLS_FINGERPRINT_H
#define TLS_TLS_FINGERPRINT_H

#include "http/http_tls.h"

/*
 * Fills ja3 and ja4 of a whole handshake message; leaves both empty when it cannot be read. Any thread.
 * cost: 3 us (measured with the ClientHello of OpenSSL 3.0), once for each connection.
 */
void tls_fingerprint(struct slice message, struct http_tls *ret);

#endif
