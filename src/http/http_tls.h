/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_tls: what is known of a visitor's TLS connection besides version and cipher, for rules, logs and defences. Made
 * during the handshake, read-only afterwards. Lifetime: connection.
 */
#ifndef HTTP_HTTP_TLS_H
#define HTTP_HTTP_TLS_H

#include "base/slice.h"

enum { HTTP_TLS_JA3_BYTES = 32, HTTP_TLS_JA4_BYTES = 36 };

/* A client's certificate, where the host asks for one. Texts end with NUL; one allocation with the struct. */
struct http_tls_client {
	bool revoked;                                      /* its serial number is in the host's list */
	bool verified;                                     /* it chains to an authority of the host, and is valid now */
	const char *subject_dn, *issuer_dn;                /* "CN=app,O=Example", RFC 2253 */
	const char *serial;                                /* hexadecimal, upper case */
	const char *fingerprint_sha1, *fingerprint_sha256; /* of the DER, hexadecimal, lower case */
	const char *not_before, *not_after;                /* "Dec 22 19:39:00 2018 GMT" */
};

struct http_tls {
	/* Fingerprints of the ClientHello (wire/client_hello.h), NUL-terminated; "" when it could not be read. */
	char ja3[HTTP_TLS_JA3_BYTES + 1], ja4[HTTP_TLS_JA4_BYTES + 1];
	struct slice host;                    /* the name of the handshake, canonical */
	const struct http_tls_client *client; /* NULL: none was shown */
};

#endif
