/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_ocsp: what a certificate's authority says of its state (OCSP, RFC 6960): what to ask, whom, and whether the
 * answer may be shown to visitors with the certificate (stapling, RFC 6066 section 8). Control's; not for the data
 * path.
 */
#ifndef TLS_TLS_OCSP_H
#define TLS_TLS_OCSP_H

#include "base/buf.h"
#include "base/diag.h"

enum { TLS_OCSP_URL_BYTES = 512, TLS_OCSP_LEAF_BYTES = 65, TLS_OCSP_ANSWER_BYTES_MAX = 16384 };

/* Whom to ask for a chain, and what. */
struct tls_ocsp_question {
	char url[TLS_OCSP_URL_BYTES];   /* of the responder that the leaf names, http */
	char leaf[TLS_OCSP_LEAF_BYTES]; /* SHA-256 of the leaf's DER, hexadecimal: the name of its staple */
	struct buf request;             /* DER, to be sent as application/ocsp-request; the caller's to buf_fini */
};

enum tls_ocsp_state { TLS_OCSP_GOOD, TLS_OCSP_REVOKED, TLS_OCSP_UNKNOWN };

struct tls_ocsp_answer {
	enum tls_ocsp_state state;
	int64_t from_s, until_s; /* wall clock; when the answer names no end it is a day */
};

/*
 * Makes the question for a chain in PEM, leaf and issuer first. errors: ERR_NOT_FOUND (the leaf names no responder over
 * http, or the chain has no issuer), ERR_PLAN (not PEM). *ret's request is empty then. Allocates. cost: 50 us.
 */
enum err tls_ocsp_ask(struct slice chain, struct tls_ocsp_question *ret) MUST_USE;
/*
 * Judges the DER that came: signed by the issuer or by who may for it, about this leaf, valid at now_s (5 minutes of
 * difference between clocks are put up with). errors: ERR_PLAN with the reason in d.
 */
enum err tls_ocsp_judge(struct slice chain, struct slice der, int64_t now_s, struct tls_ocsp_answer *ret,
			struct diag *d) MUST_USE;

#endif
