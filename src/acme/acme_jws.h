/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acme_jws: the signed bodies of ACME requests (RFC 8555 section 6.2): flattened JSON Web Signatures (RFC 7515) by an
 * account's P-256 key, external account bindings (section 7.3.4) and key thumbprints (RFC 7638). Pure.
 */
#ifndef ACME_ACME_JWS_H
#define ACME_ACME_JWS_H

#include "base/buf.h"
#include "base/p256.h"

enum { ACME_JWS_THUMBPRINT_CHARS = 43 };

/* The protected head of one request. */
struct acme_jws_head {
	struct slice url, nonce;
	struct slice kid; /* the account's URL; empty: the public key itself goes along */
};

/* Appends the body. payload: JSON, or empty for POST-as-GET (section 6.3). errors: ERR_SYSTEM, ERR_QUEUE_FULL. */
enum err acme_jws_sign(const struct acme_jws_head *head, struct slice payload, const struct p256 *key,
		       struct buf *ret) MUST_USE;
/*
 * Appends the object for member externalAccountBinding: the account's public key, signed with what the CA gave the
 * owner. kid: as given; hmac_key: the decoded key; url: of newAccount. errors: ERR_SYSTEM, ERR_QUEUE_FULL.
 */
enum err acme_jws_binding(struct slice kid, struct slice hmac_key, struct slice url, const struct p256 *key,
			  struct buf *ret) MUST_USE;
/* The thumbprint of the public key, in base64url, with NUL. errors: ERR_SYSTEM. */
enum err acme_jws_thumbprint(const struct p256 *key, char ret[static ACME_JWS_THUMBPRINT_CHARS + 1]) MUST_USE;

#endif
