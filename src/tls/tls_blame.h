/* SPDX-License-Identifier: Apache-2.0 */
/* tls_blame: what OpenSSL found wrong, as a struct tls_trouble; private to the room. */
#ifndef TLS_TLS_BLAME_H
#define TLS_TLS_BLAME_H

#include "tls/tls_trouble.h"

#include <openssl/ssl.h>

/* What a verification that just failed (in the callback of SSL_set_verify) found; host: the name that was wanted. */
void tls_blame_certificate(X509_STORE_CTX *store, const char *host, struct tls_trouble *ret);
/* What an error of the library's queue means for a handshake. code: ERR_get_error's; 0: the peer just left. */
void tls_blame_handshake(unsigned long code, struct tls_trouble *ret);

#endif
