/* SPDX-License-Identifier: Apache-2.0 */
/*
 * challenge: a plan item of kind "challenge": a token that a certificate authority will ask for at
 * http://HOST/.well-known/acme-challenge/TOKEN (RFC 8555 section 8.3), and the answer to it. It is live for the minutes
 * that an order takes. Lifetime: counted; immutable after it was built.
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
};

/*
 * Reads {"kind":"challenge","name":TOKEN,"host":HOST,"answer":TEXT} strictly. out: *ret with one reference. errors:
 * ERR_PLAN with the member's path, or line:column. Any thread, allocates.
 */
enum err challenge_from_json(struct slice json, struct challenge **ret, struct diag *d) MUST_USE;
/* Drops one reference; the last frees. NULL is fine. */
void challenge_unref(struct challenge *c);

/* The kind for control and edge. */
extern const struct kind challenge_kind;

#endif
