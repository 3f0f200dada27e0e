/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bearer: the tokens of an hour that clients get for their API token: a JSON web token (RFC 7519) with HMAC-SHA-512
 * (RFC 7518 3.2). It names the API token that it stands for, whose rights are looked up at each request, so what is
 * revoked there ends here too. The same form, about an app, opens its log stream. Pure but for randomness.
 */
#ifndef PLATFORM_BEARER_H
#define PLATFORM_BEARER_H

#include "base/buf.h"
#include "base/seal.h"

enum { BEARER_S = 3600, BEARER_BYTES_MAX = 1024, BEARER_SUBJECT_BYTES = 64 };

/* What a token is about; one kind is never taken for another. */
enum bearer_use { BEARER_TOKEN, BEARER_LOGS };

/* Signs and verifies. Derived from the node's key, so that tokens outlive a restart. */
struct bearer_key {
	uint8_t bytes[64];
};

/* errors: ERR_SYSTEM. */
enum err platform_bearer_key_make(const struct seal *seal, struct bearer_key *ret) MUST_USE;
/*
 * Appends a token about subject (an id), for BEARER_S from now_ms. user: claim "uuid" ("us-…").
 * errors: ERR_QUEUE_FULL, ERR_SYSTEM.
 */
enum err platform_bearer_make(const struct bearer_key *key, enum bearer_use use, const char *subject, const char *user,
			      int64_t now_ms, struct buf *out) MUST_USE;
/*
 * What a token is about. Time depends on its length only until the signature is known to be ours.
 * errors: ERR_SYNTAX (no token of ours, another use), ERR_TIMEOUT (it has expired), ERR_SYSTEM.
 */
enum err platform_bearer_read(const struct bearer_key *key, enum bearer_use use, struct slice token, int64_t now_ms,
			      char ret_subject[static BEARER_SUBJECT_BYTES]) MUST_USE;

#endif
