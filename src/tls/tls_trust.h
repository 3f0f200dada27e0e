/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_trust: authorities whose certificates visitors of some hosts show (mutual TLS): plan items of kind "client_ca". A
 * handshake for such a host asks for a certificate and judges it, but goes on whatever comes of it: rules decide
 * (cf.tls_client_auth fields). Lifetime: counted.
 */
#ifndef TLS_TLS_TRUST_H
#define TLS_TLS_TRUST_H

#include "model/kind.h"

#include <stdatomic.h>

enum { TLS_TRUST_CERTS_MAX = 100, TLS_TRUST_REVOKED_MAX = 10000, TLS_TRUST_SERIAL_BYTES = 41, TLS_TRUST_NAME_MAX = 64 };

struct tls_trust_store; /* private: OpenSSL's objects */

struct tls_trust {
	atomic_uint refs;
	struct slice name;
	struct slice *hosts;
	size_t hosts_n;
	struct slice *revoked; /* serial numbers, sorted: hexadecimal, upper case, without leading zeros */
	size_t revoked_n;
	struct tls_trust_store *store;
};

/*
 * The kind {"kind":"client_ca","name":ID,"hosts":[…],"chain":PEM,"revoked":[SERIAL…]}; its object is a struct
 * tls_trust. Two items cannot have one host.
 */
extern const struct kind tls_trust_kind;

/* What a chain of authorities says of its first one, for people. */
struct tls_trust_look {
	char issuer[512], serial[TLS_TRUST_SERIAL_BYTES], signature[64]; /* "ECDSAWithSHA256" and the like; cut */
	int64_t until_s;
};
/* Judges a chain as the kind does. errors: ERR_PLAN with the reason in d's text. Allocates. */
enum err tls_trust_look(struct slice pem, struct tls_trust_look *ret, struct diag *d) MUST_USE;

/* One more reference, and one less: the last frees. NULL is fine for unref. Any thread. */
void tls_trust_ref(struct tls_trust *t);
void tls_trust_unref(struct tls_trust *t);

#endif
