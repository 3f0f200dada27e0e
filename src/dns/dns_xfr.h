/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_xfr: a zone as a stream of messages to a secondary server (AXFR, RFC 5936; IXFR is answered with the whole zone
 * or with the SOA alone, RFC 1995). A signed zone goes out as other servers keep one: every RRset with its signatures
 * and an NSEC chain over all names, since a secondary cannot make denials itself. Who may ask: addresses of the item,
 * and a TSIG key (RFC 8945) where the item names some. Pure but for the worker's signer: time is an argument.
 */
#ifndef DNS_DNS_XFR_H
#define DNS_DNS_XFR_H

#include "dns/dns_sign.h"
#include "wire/dns_tsig.h"

enum { DNS_XFR_TYPE_AXFR = 252, DNS_XFR_TYPE_IXFR = 251 };

struct dns_xfr;

/* What is asked, by whom. Borrowed for the call. */
struct dns_xfr_ask {
	struct dns_zone *zone;
	const struct dns_msg_query *query; /* its name is the zone's */
	struct slice message;
	struct ip peer;
	uint64_t now_s;
};

/* Whether the query may have the zone; *ret_tsig: the conversation so far, for keyed zones (key NULL: not signed). */
bool dns_xfr_may(const struct dns_xfr_ask *ask, struct dns_tsig *ret_tsig);
/*
 * Begins a transfer; keeps a reference on the zone. tsig is copied. Caller frees with dns_xfr_free.
 * soa_only: the client is up to date.
 */
struct dns_xfr *dns_xfr_new(const struct dns_xfr_ask *ask, const struct dns_tsig *tsig, bool soa_only)
	__attribute__((returns_nonnull));
/* Ends it at any point. NULL is fine. */
void dns_xfr_free(struct dns_xfr *x);
/*
 * The next message in out[0..cap), cap DNS_MSG_BYTES_MAX. out: *ret_n its length, 0: the transfer is complete.
 * cost: some hundred signatures of a signed zone, some milliseconds. errors: ERR_SYSTEM, ERR_RANGE (an RRset that fits
 * no message with its signature): the connection must end.
 */
enum err dns_xfr_next(struct dns_xfr *x, struct dns_sign *signer, int64_t now_s, uint8_t *out, size_t cap,
		      size_t *ret_n) MUST_USE;

#endif
