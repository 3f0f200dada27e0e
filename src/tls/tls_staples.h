/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_staples: what authorities say of the state of certificates (OCSP responses), shown with them in handshakes; plan
 * items of kind "staple", by the hash of the certificate that they belong to, so that none is shown with another one.
 * One writer (the plan thread), any number of readers without locks. Lifetime: process.
 */
#ifndef TLS_TLS_STAPLES_H
#define TLS_TLS_STAPLES_H

#include "base/crypto.h"
#include "model/kind.h"

struct tls_staples;

/* One response. Lifetime: snapshot, once it is published. */
struct tls_staple {
	struct slice name; /* the hash in hexadecimal: the item's name */
	uint8_t leaf[CRYPTO_SHA256_BYTES];
	int64_t until_s; /* not shown any more then */
	struct slice der;
};

/* The kind {"kind":"staple","name":HASH,"until":SECONDS,"response":BASE64}; its object is a struct tls_staple. */
extern const struct kind tls_staple_kind;

/* An empty table. Caller frees with tls_staples_free. */
struct tls_staples *tls_staples_new(void) __attribute__((returns_nonnull));
/* Frees table and staples; no reader may be left. NULL is fine. Snap thread. */
void tls_staples_free(struct tls_staples *t);
/*
 * The response for the certificate with that hash, valid at now_s; p NULL: none. thread: any snap thread; borrowed
 * until its next quiescent state. cost: one hash and look-up; nothing while there are none.
 */
struct slice tls_staples_find(const struct tls_staples *t, const uint8_t leaf[static CRYPTO_SHA256_BYTES],
			      int64_t now_s);
/* Puts one in, or in place of the one of its name; takes it over. Writer only, snap thread. */
void tls_staples_publish(struct tls_staples *t, struct tls_staple *s);
/* Takes the one of that name out; nothing when there is none. Writer only, snap thread. */
void tls_staples_remove(struct tls_staples *t, struct slice name);

#endif
