/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger: what is known of visitors: since when an address asks for a zone, how its requests ended, how many came
 * within the last second and how many at its usual best. One table for all workers of an edge; no lock, no I/O: words
 * that are changed atomically, so that what races costs a count that is off by what is in flight.
 */
#ifndef SHIELD_LEDGER_H
#define SHIELD_LEDGER_H

#include "base/hash.h"
#include "base/ip.h"

struct ledger;

/* One visitor as it stands now. */
struct ledger_entry {
	uint32_t first_s, last_s; /* of the ledger's clock: when it came first, and last */
	uint32_t good, bad;       /* answers below 400, and others; halved together when they grow large */
	uint32_t denied;          /* 401 and 403 to what is no GET, since something other was answered well; fading */
	uint32_t held;            /* held back, since somebody there passed a challenge; fading */
	uint32_t now_n, peak_n;   /* requests within the running second; the most within one while nothing was wrong */
};

enum {
	LEDGER_USUAL = 10,    /* so many requests a second are no reason to look closer */
	LEDGER_DENIED = 20,   /* so many wrong passwords in a row are */
	LEDGER_DENIED_S = 600 /* and half of them are forgotten after this */
};

/* A table of about `slots` visitors, 56 bytes each; who was quiet longest gives way. Caller frees with ledger_free. */
struct ledger *ledger_new(size_t slots, const struct hash_key *secret) __attribute__((returns_nonnull));
/* Frees. NULL is fine. */
void ledger_free(struct ledger *l);

/* The key of a visitor of a zone (IPv6 by its /64); never 0. */
uint64_t ledger_key(const struct ledger *l, struct slice zone, const struct ip *ip);

/*
 * One request of the visitor at now_ms (monotonic). calm: what it does now is what it usually does. out: *ret as it
 * stands then; all zero but for the times when there was no room. Any thread; cost: a cache line.
 */
void ledger_request(struct ledger *l, uint64_t key, uint64_t now_ms, bool calm, struct ledger_entry *ret);
/* How one of its requests ended: with that status; writes: it was no GET. */
void ledger_answer(struct ledger *l, uint64_t key, unsigned status, bool writes);
/*
 * One more request of it was held back at now_ms (monotonic). Returns how many there were, half of them forgotten each
 * LEDGER_DENIED_S. 0: it is not in the table, or somebody there passed a challenge within that time: behind one address
 * may be many.
 */
uint32_t ledger_held(struct ledger *l, uint64_t key, uint64_t now_ms);
/* Somebody at that address has passed a challenge. */
void ledger_passed(struct ledger *l, uint64_t key, uint64_t now_ms);
/* Whether it came before since_s (as below) and was answered well, mostly, however much it asks for now. */
bool ledger_has_past(const struct ledger_entry *e, uint32_t since_s);
/*
 * Whether the visitor is known: it came before since_s (of the same clock, in seconds), was answered well, mostly, and
 * asks for not much more than it is used to.
 */
bool ledger_is_known(const struct ledger_entry *e, uint32_t since_s);

#endif
