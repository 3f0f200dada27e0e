/* SPDX-License-Identifier: Apache-2.0 */
/* tls_pair: a certificate with its key as somebody uploaded them, judged before anything is stored. Pure. */
#ifndef TLS_TLS_PAIR_H
#define TLS_TLS_PAIR_H

#include "base/buf.h"
#include "base/diag.h"

#include <stdint.h>

enum {
	TLS_PAIR_SUBJECT_BYTES = 400,
	TLS_PAIR_KEY_BYTES = 48,
	TLS_PAIR_BYTES_MAX = 65536,
	TLS_PAIR_HOSTS_MAX = 100,
	TLS_PAIR_HOST_BYTES = 256,
};

/* What is known of a pair that is good. */
struct tls_pair {
	char subject[TLS_PAIR_SUBJECT_BYTES]; /* of the leaf: "/C=FR/CN=example.com"; cut at the end */
	char key[TLS_PAIR_KEY_BYTES]; /* "RSA private key - 2048 bytes", where the number is bits, as clients know it */
	int64_t from_s, until_s;      /* wall clock seconds since 1970 */
};

/* What was uploaded, for which name. */
struct tls_pair_given {
	struct slice chain, key, name;
	int64_t now_s;
};

/*
 * Judges chain (PEM, leaf first, at most TLS_PAIR_BYTES_MAX bytes) and key (PEM, not encrypted): both can be read, the
 * key is RSA of 2048 bits or more or ECDSA on P-256 or P-384 and belongs to the leaf, the leaf is for name ("*." for a
 * wildcard) and has not expired at now_s. out: *ret; the key in DER is appended to ret_key, as certificates of plan
 * items hold it sealed; the caller wipes it. errors: ERR_PLAN with "chain" or "key" and the reason in d; ret and
 * ret_key untouched.
 */
enum err tls_pair_look(const struct tls_pair_given *given, struct tls_pair *ret, struct buf *ret_key,
		       struct diag *d) MUST_USE;

/* What a leaf says of itself. */
struct tls_pair_leaf {
	char issuer[TLS_PAIR_SUBJECT_BYTES]; /* organization, else common name; printable */
	char signature[TLS_PAIR_KEY_BYTES];  /* "ECDSAWithSHA256", "SHA256WithRSA" …, as clients know it */
	bool self_signed;
	int64_t from_s, until_s; /* wall clock seconds since 1970 */
	size_t hosts_n;          /* >= 1 */
	char hosts[TLS_PAIR_HOSTS_MAX]
		  [TLS_PAIR_HOST_BYTES]; /* names of subjectAltName, lower case, "*." for wildcards */
};

/*
 * As tls_pair_look, for whatever names the leaf is for, which ret tells; besides, each certificate of the chain must be
 * issued by the one behind it. Appends the key in DER (i2d_PrivateKey; the caller seals and wipes it). errors: ERR_PLAN
 * with "chain" or "key" and the reason in d, ERR_QUEUE_FULL; ret untouched.
 */
enum err tls_pair_open(struct slice chain, struct slice key, int64_t now_s, struct tls_pair_leaf *ret, struct buf *der,
		       struct diag *d) MUST_USE;

#endif
