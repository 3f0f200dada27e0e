/* SPDX-License-Identifier: Apache-2.0 */
/* tls_identity_int: what tls_client does with an identity. */
#ifndef TLS_TLS_IDENTITY_INT_H
#define TLS_TLS_IDENTITY_INT_H

#include "tls/tls_identity.h"

#include <openssl/ssl.h>

/* Shows it in this handshake, when the other side asks for one. False: no memory. */
bool tls_identity_use(const struct tls_identity *i, SSL *ssl);

#endif
