/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_sign: signatures of RRsets, made when they are first needed and kept in a bounded table (RFC 4034 3.1, RFC 6605).
 * The table is looked up by what is signed and with which key, so a new plan item whose RRset is the same finds its
 * signature again. What strangers can ask for without end (denials, names below a wildcard) is kept in a table of its
 * own, so that it never pushes out the rest, and made at a bounded rate.
 *
 * Policy: a signature is valid from an hour ago, for 14 days (3 days and the TTL for what strangers choose), and is
 * made anew when less than half of that is left. One per worker; one thread. Pure but for its table: time is an
 * argument.
 */
#ifndef DNS_DNS_SIGN_H
#define DNS_DNS_SIGN_H

#include "dns/dns_zone.h"

struct dns_sign;

/* entries: signatures kept (about 100 bytes each); per_s: signatures a second of what strangers choose. Caller frees.
 */
struct dns_sign *dns_sign_new(size_t entries, uint64_t per_s) __attribute__((returns_nonnull));
/* Frees. NULL is fine. */
void dns_sign_free(struct dns_sign *s);
/* Signatures made so far. */
uint64_t dns_sign_made(const struct dns_sign *s);

/* What is to be signed. */
struct dns_sign_ask {
	const struct dns_zone *zone; /* with open keys */
	struct slice owner;          /* wire, lower case */
	const struct rrset *set;
	int64_t now_s;  /* wall clock */
	bool lasting;   /* written in the zone, not chosen by whoever asks */
	bool unhurried; /* over TCP: not held back by the rate */
};

/*
 * Appends the RRSIG records of an RRset; *ret_count says how many. place: the owner's, as for the RRset.
 * errors: ERR_OVERLOAD (the rate is used up; nothing was written), ERR_SYSTEM. Look at out->bad for room.
 * cost: a look-up; about 25 us when the signature is not there.
 */
enum err dns_sign_put(struct dns_sign *s, const struct dns_sign_ask *ask, const struct rrset_place *place,
		      struct cursor_out *out, uint16_t *ret_count) MUST_USE;

#endif
