/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_strikes: which tickets have brought early data already (RFC 8446 section 8.1, single-use tickets): whoever
 * recorded a first flight cannot have it taken again by this edge. The library takes early data only while a ticket's
 * age is true to about 10 s, so each is remembered for TLS_STRIKES_S to twice as long; keys of tickets live in memory
 * only, so none from before a restart is good. Edges do not share what they have seen: one flight may be taken once by
 * each of them that shares ticket keys, and none does yet.
 */
#ifndef TLS_TLS_STRIKES_H
#define TLS_TLS_STRIKES_H

#include "base/slice.h"

#include <stdint.h>

enum { TLS_STRIKES_S = 16, TLS_STRIKES_MAX = 32768 };

struct tls_strikes;

/* Remembers nothing yet. Caller frees with tls_strikes_free. */
struct tls_strikes *tls_strikes_new(void) __attribute__((returns_nonnull));
/* NULL is fine. */
void tls_strikes_free(struct tls_strikes *t);
/*
 * True once for each ticket (its secret, n > 0) within the time; false when it was seen, or when TLS_STRIKES_MAX others
 * were within TLS_STRIKES_S: the client does without early data then. Any thread. cost: a lock, one hash.
 */
bool tls_strikes_take(struct tls_strikes *t, struct slice ticket, int64_t now_s);

#endif
