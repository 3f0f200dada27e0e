/* SPDX-License-Identifier: Apache-2.0 */
/*
 * challenges: the tokens that certificate authorities will ask for, by token, and for handshakes (RFC 8737) by host.
 * One writer (the plan thread), any number of readers (workers) that take no lock. Lifetime: process.
 */
#ifndef EDGE_CHALLENGES_H
#define EDGE_CHALLENGES_H

#include "model/challenge.h"

struct challenges;

/* An empty table. Caller frees with challenges_free. */
struct challenges *challenges_new(void) __attribute__((returns_nonnull));
/* Frees the table and drops what it holds; no reader may be left. NULL is fine. Snap thread. */
void challenges_free(struct challenges *t);
/*
 * The answer to a token at a canonical host; p NULL when there is none. thread: any snap thread; borrowed until its
 * next quiescent state. cost: nothing while no order is under way, else one hash and look-up.
 */
struct slice challenges_find(const struct challenges *t, struct slice host, struct slice token);
/* The same for a handshake with "acme-tls/1" at a canonical host. */
struct slice challenges_find_tls(const struct challenges *t, struct slice host);

/* Puts one in, or in place of the one of its token; takes over the reference. Writer only, snap thread. */
void challenges_publish(struct challenges *t, struct challenge *c);
/* Takes the one of that token out; nothing when there is none. Writer only, snap thread. */
void challenges_remove(struct challenges *t, struct slice token);

#endif
