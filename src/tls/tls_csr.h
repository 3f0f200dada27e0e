/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_csr: what an order at a certificate authority needs of X.509: a new key with a signing request for some names
 * (PKCS#10, RFC 2986), and a look at the chain that comes back: for which names, until when, and whether it belongs to
 * the key. Control's; not for the data path.
 */
#ifndef TLS_TLS_CSR_H
#define TLS_TLS_CSR_H

#include "base/buf.h"
#include "base/diag.h"

enum { TLS_CSR_ID_BYTES = 128 };

/*
 * Makes an ECDSA P-256 key and a request for these names (canonical, "*." allowed; 1 to 100). Appends the request in
 * DER and the key in DER (i2d_PrivateKey; the caller seals and wipes it). errors: ERR_SYSTEM, ERR_QUEUE_FULL. cost: 0.3
 * ms.
 */
enum err tls_csr_make(const struct slice *names, size_t names_n, struct buf *csr, struct buf *key) MUST_USE;

/* An order, for holding a chain against it. */
struct tls_csr_order {
	const struct slice *names;
	size_t names_n;
	struct slice key; /* DER as tls_csr_make gave it */
	int64_t now_s;    /* wall clock */
};

/* What the leaf of a chain says. */
struct tls_csr_leaf {
	int64_t from_s, until_s;           /* wall clock */
	char renewal_id[TLS_CSR_ID_BYTES]; /* base64url(authority key id).base64url(serial), RFC 9773 4.1; "": has none
					    */
};

/*
 * Looks at a chain in PEM. errors: ERR_PLAN with the reason in d: not PEM, not for the order's key, not for all of its
 * names, expired.
 */
enum err tls_csr_look(struct slice chain, const struct tls_csr_order *o, struct tls_csr_leaf *ret,
		      struct diag *d) MUST_USE;

#endif
