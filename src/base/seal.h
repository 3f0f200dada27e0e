/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal: small secrets (private keys) as text that only this node can read: AES-256-GCM (NIST SP 800-38D) under the
 * node's key, with a random nonce of 96 bits. What the secret is for is part of the seal, so that a text moved to
 * another place cannot be opened there. Everything that is kept on disk or travels in a plan item is sealed.
 *
 *	text = "sealed1:" base64url(key id 4 | nonce 12 | ciphertext | tag 16)
 *
 * One key seals at most 2^32 secrets (the bound for random nonces); a node seals some per certificate and year.
 */
#ifndef BASE_SEAL_H
#define BASE_SEAL_H

#include "base/buf.h"

enum { SEAL_KEY_BYTES = 32, SEAL_ID_BYTES = 4, SEAL_SECRET_BYTES_MAX = 65536 };

/* The node's key. Lifetime: process; read-only after seal_init, any thread may use it then. */
struct seal {
	uint8_t key[SEAL_KEY_BYTES];
	uint8_t id[SEAL_ID_BYTES]; /* tells keys apart; derived, gives nothing away */
};

/* From the 32 bytes of the key (supervisor/nodekey.h makes and hands them over). */
void seal_init(struct seal *s, const uint8_t key[static SEAL_KEY_BYTES]);
/* Wipes the key. */
void seal_fini(struct seal *s);

/*
 * Appends the sealed text of `secret` (0 to SEAL_SECRET_BYTES_MAX bytes) to b.
 * in: purpose, what it is for and whose, e.g. "certificate www.example.com"; the same when it is opened.
 * errors: ERR_RANGE (secret too large), ERR_QUEUE_FULL (b's bound), ERR_SYSTEM. Any thread.
 */
enum err seal_close(const struct seal *s, struct slice purpose, struct slice secret, struct buf *b) MUST_USE;
/*
 * Appends the secret in `text` to b; the caller wipes it with seal_wipe_buf when done.
 * errors: ERR_SYNTAX (not a sealed text), ERR_SEAL_KEY (sealed with another key), ERR_CORRUPT (damaged, or sealed for
 * another purpose), ERR_QUEUE_FULL (b's bound), ERR_SYSTEM. b is unchanged then. Any thread.
 */
enum err seal_open(const struct seal *s, struct slice purpose, struct slice text, struct buf *b) MUST_USE;
/* Whether text begins like a sealed one. */
bool seal_is(struct slice text);
/* Overwrites the bytes of b and frees them. */
void seal_wipe_buf(struct buf *b);

#endif
