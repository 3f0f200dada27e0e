/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acme_probe: a question that only this node can answer, asked like a certificate authority asks for a token
 * (RFC 8555 section 8.3): http://HOST/.well-known/acme-challenge/seawall-HEX. Whoever gets the right answer under a
 * name knows that the name leads here, directly or through an edge in front. The answer is a MAC under the node's key,
 * so that nothing has to be stored or told to workers, and nobody else can give it. Pure.
 */
#ifndef ACME_ACME_PROBE_H
#define ACME_ACME_PROBE_H

#include "base/seal.h"

enum {
	ACME_PROBE_NONCE_BYTES = 16,
	ACME_PROBE_TOKEN_BYTES = 8 + 2 * ACME_PROBE_NONCE_BYTES + 1, /* with NUL */
	ACME_PROBE_ANSWER_BYTES = 65,                                /* with NUL */
};

/* The token of a nonce, which nobody should be able to guess. */
void acme_probe_token(const uint8_t nonce[static ACME_PROBE_NONCE_BYTES], char ret[static ACME_PROBE_TOKEN_BYTES]);
/* Whether it has the form of such a token. */
bool acme_probe_is(struct slice token);
/* The answer for a canonical host. Any thread. cost: one HMAC. errors: ERR_SYSTEM. */
enum err acme_probe_answer(const struct seal *seal, struct slice host, struct slice token,
			   char ret[static ACME_PROBE_ANSWER_BYTES]) MUST_USE;

#endif
