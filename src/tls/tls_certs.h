/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_certs: which certificate for which host: exact names before wildcards; of several the one of highest priority,
 * then the newest, that is valid now. One writer (the plan thread), any number of readers that take no lock. Lifetime:
 * process.
 */
#ifndef TLS_TLS_CERTS_H
#define TLS_TLS_CERTS_H

#include "tls/tls_cert.h"

struct tls_certs;
struct tls_staples;

enum { TLS_CERTS_OF_A_HOST_MAX = 8 };

/* An empty table. Caller frees with tls_certs_free. */
struct tls_certs *tls_certs_new(void) __attribute__((returns_nonnull));
/* Frees the table and drops the certificates; no reader may be left. NULL is fine. Snap thread. */
void tls_certs_free(struct tls_certs *t);

/* What a host shows: at most one for each type of key; NULL where there is none. */
struct tls_certs_found {
	struct tls_cert *of_type[TLS_KEY_TYPES];
};

/*
 * The certificates for a canonical host (lower case, no final dot) at wall clock now_s; an expired one only when
 * there is nothing better. False when there is none. thread: any snap thread; borrowed until its next quiescent state.
 * cost: two hashes and look-ups.
 */
bool tls_certs_find(const struct tls_certs *t, struct slice host, int64_t now_s, struct tls_certs_found *ret);
/* Looks into these staples (borrowed) from now on: a certificate that must be stapled and is not counts as not valid.
 * Before the first reader. */
void tls_certs_staples(struct tls_certs *t, const struct tls_staples *staples);
/* Certificates in the table. Any thread. */
size_t tls_certs_count(const struct tls_certs *t);

/*
 * Puts a certificate in, or in place of the one of its name; takes over the reference. A host keeps the
 * TLS_CERTS_OF_A_HOST_MAX best of its certificates. Writer only, snap thread.
 */
void tls_certs_publish(struct tls_certs *t, struct tls_cert *c);
/* Takes the one of that name out; nothing when there is none. Writer only, snap thread. */
void tls_certs_remove(struct tls_certs *t, struct slice name);

#endif
