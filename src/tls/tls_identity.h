/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_identity: a client certificate with its key, by which this node shows origins who asks them (authenticated origin
 * pulls). Counted; read-only; any thread.
 */
#ifndef TLS_TLS_IDENTITY_H
#define TLS_TLS_IDENTITY_H

#include "base/diag.h"
#include "base/seal.h"

struct tls_identity;

enum { TLS_IDENTITY_TEXT_BYTES = 400 };

/* What its leaf says. */
struct tls_identity_info {
	char issuer[TLS_IDENTITY_TEXT_BYTES], subject[TLS_IDENTITY_TEXT_BYTES]; /* "/CN=…", cut at the end */
	char signature[64];                                                     /* "ecdsa-with-SHA256" */
	char serial[64];                                                        /* hexadecimal, cut at the end */
	int64_t from_s, until_s;                                                /* wall clock seconds since 1970 */
};

/*
 * chain: PEM, leaf first, at most 64 KiB and 8 certificates; key: PEM or DER, not encrypted, of RSA of 2048 bits or
 * more or ECDSA of 256 bits or more. out: *ret with one reference. errors: ERR_PLAN with "certificate" or "private_key"
 * and the reason.
 */
enum err tls_identity_new(struct slice chain, struct slice key, struct tls_identity **ret, struct diag *d) MUST_USE;
/* The same with a key that was sealed for this purpose. errors: also those of seal_open. */
enum err tls_identity_open(const struct seal *seal, struct slice purpose, struct slice chain, struct slice sealed,
			   struct tls_identity **ret, struct diag *d) MUST_USE;
/* One more reference, or one less; the last frees. NULL is fine for the second. */
void tls_identity_ref(struct tls_identity *i);
void tls_identity_unref(struct tls_identity *i);
/* The same for the same certificate, in whatever object: what connections and sessions are told apart by. */
uint64_t tls_identity_id(const struct tls_identity *i);
void tls_identity_look(const struct tls_identity *i, struct tls_identity_info *ret);

#endif
