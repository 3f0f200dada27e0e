/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rate: counters for rate limits: how much came under a key within a period, and which keys are held back for a while.
 * One table for all workers of an edge. No lock, no I/O: words of 64 bits that are changed atomically, so that what
 * races costs a count that is off by the requests in flight, never a wrong key.
 *
 * A period slides: what counts is the current one and the share of the one before it that still lies inside. A key's
 * first period begins with its first request, so that a new visitor is counted exactly.
 *
 * Source: parameters of rate limiting rules of the seed edge (period, requests_per_period, mitigation_timeout).
 */
#ifndef SHIELD_RATE_H
#define SHIELD_RATE_H

#include "base/err.h"
#include "base/hash.h"

enum { RATE_PERIOD_S_MAX = 86400, RATE_TIMEOUT_S_MAX = 86400 };

struct rate_table;

/* What is allowed. */
struct rate_limit {
	uint32_t period_s;  /* 1 to RATE_PERIOD_S_MAX */
	uint32_t timeout_s; /* how long a key is held back once it is over; 0: only what is too much is */
	uint64_t most;      /* in a period, 1 to 2^40 */
};

/*
 * A table of about `slots` keys (16 at least; rounded up to a power of two), 48 bytes each. When it is full, the keys
 * that would be forgotten first give way. Keys are hashed under a secret of its own. Caller frees with rate_free.
 */
struct rate_table *rate_new(size_t slots, const struct hash_key *secret) __attribute__((returns_nonnull));
/* Frees. NULL is fine. Nobody may use it any more. */
void rate_free(struct rate_table *t);

/* The key of some bytes (a rule and the values it tells visitors apart by); never 0. Any thread. */
uint64_t rate_key(const struct rate_table *t, struct slice bytes);

/*
 * Counts weight (0 to 2^32) under the key; says whether that is too much: the request with which `most` is passed, and
 * all while the key is held back, which are not counted. now_ms: any clock that does not go back. *ret_wait_s: when it
 * is too much, after how many seconds it is worth to come again (1 or more). Any thread; cost: one cache line or two.
 */
bool rate_add(struct rate_table *t, uint64_t key, const struct rate_limit *l, uint64_t weight, uint64_t now_ms,
	      uint32_t *ret_wait_s) MUST_USE;
/* Says the same about a request that is not to be counted (yet). */
bool rate_over(struct rate_table *t, uint64_t key, const struct rate_limit *l, uint64_t now_ms,
	       uint32_t *ret_wait_s) MUST_USE;
/* The key begins anew: a passed challenge. */
void rate_forget(struct rate_table *t, uint64_t key);

#endif
