/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_cert: one certificate with its chain and key, as the handshakes of all workers use it. It is kept as the text it
 * came as; X.509 objects and the private key are made at the first handshake that needs them, because most of ten
 * thousand certificates are not needed soon (a key in memory costs 7 KiB, loading it 0.1 ms).
 */
#ifndef TLS_TLS_CERT_H
#define TLS_TLS_CERT_H

#include "base/crypto.h"
#include "base/seal.h"
#include "model/certificate.h"
#include "model/kind.h"

#include <stdatomic.h>

enum tls_key_type { TLS_KEY_ECDSA, TLS_KEY_RSA, TLS_KEY_TYPES };

struct tls_cert_loaded; /* private: OpenSSL's objects */

/* Lifetime: counted. Read-only but for `loaded`. */
struct tls_cert {
	uint32_t magic; /* OBJ_TLS_CERT */
	atomic_uint refs;
	struct certificate *item;
	uint64_t revision;
	enum tls_key_type type;
	int64_t from_s, until_s;           /* wall clock seconds since 1970 */
	uint8_t leaf[CRYPTO_SHA256_BYTES]; /* of the leaf's DER: whose staple it is (tls_staples.h) */
	bool must_staple;                  /* clients refuse it without one (RFC 7633) */
	_Atomic(struct tls_cert_loaded *) loaded;
};

/* The kind "certificate" for control and edge; its object is a struct tls_cert. */
extern const struct kind tls_cert_kind;

/*
 * Takes over item. out: *ret with one reference. errors: ERR_PLAN with "chain" and the reason (not PEM, a key that is
 * neither ECDSA P-256/P-384 nor RSA of 2048 bits or more); the item is freed then.
 */
enum err tls_cert_new(struct certificate *item, uint64_t revision, struct tls_cert **ret, struct diag *d) MUST_USE;
void tls_cert_ref(struct tls_cert *c);
/* Drops one; the last frees. NULL is fine. */
void tls_cert_unref(struct tls_cert *c);

#endif
