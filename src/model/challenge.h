/* SPDX-License-Identifier: Apache-2.0 */
/*
 * challenge: a plan item of kind "challenge": a token that a certificate authority will ask for, and the answer to it:
 * at http://HOST/.well-known/acme-challenge/TOKEN (RFC 8555 section 8.3), or by a TLS handshake for HOST with the
 * protocol "acme-tls/1" (RFC 8737). It is live for the minutes that an order takes. Lifetime: counted; immutable after
 * it was built.
 */
#ifndef MODEL_CHALLENGE_H
#define MODEL_CHALLENGE_H

#include "model/kind.h"

#include <stdatomic.h>

enum { CHALLENGE_TOKEN_MAX = 250, CHALLENGE_ANSWER_MAX = 500 };

struct challenge {
	uint32_t magic; /* OBJ_CHALLENGE */
	atomic_uint refs;
	struct slice token;  /* base64url; the item's name */
	struct slice host;   /* canonical: only this host answers it */
	struct slice answer; /* the key authorization */
	bool tls;            /* shown in a handshake (RFC 8737), not over HTTP */
};

/*
 * Reads {"kind":"challenge","name":TOKEN,"host":HOST,"answer":TEXT,"type":"http-01" or "tls-alpn-01"} strictly; without
 * a type it is http-01. out: *ret with one reference. errors:
 * ERR_PLAN with the member's path, or line:column. Any thread, allocates.
 */
enum err challenge_from_json(struct slice json, struct challenge **ret, struct diag *d) MUST_USE;
/* Drops one reference; the last frees. NULL is fine. */
void challenge_unref(struct challenge *c);

/* The kind for control and edge. */
extern const struct kind challenge_kind;

#endif
