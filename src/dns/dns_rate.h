/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_rate: response-rate limiting: how many answers of one kind one network gets in a second over UDP, so that nobody
 * can use this server to flood somebody else. Kinds: data of one name; of one zone each, denials, referrals, data below
 * wildcards; errors. Some of the answers held back become truncated ones, which a real client asks again for over TCP.
 * Bounded table, one per worker. Pure: time is an argument.
 */
#ifndef DNS_DNS_RATE_H
#define DNS_DNS_RATE_H

#include "base/hash.h"
#include "base/ip.h"

struct dns_rate;

enum dns_rate_verdict {
	DNS_RATE_PASS,
	DNS_RATE_DROP,
	DNS_RATE_SLIP, /* answer with TC and nothing else */
};

/* entries: networks times kinds remembered, 24 bytes each; slip: one in so many held-back answers is a short one. */
struct dns_rate *dns_rate_new(size_t entries, uint32_t per_s, uint32_t slip) __attribute__((returns_nonnull));
/* Frees. NULL is fine. */
void dns_rate_free(struct dns_rate *r);
/*
 * Takes one answer for the network of `client` (/24 of IPv4, /56 of IPv6). kind and what: of the answer, see above.
 * now_ms: monotonic. cost: a hash and one cache line.
 */
enum dns_rate_verdict dns_rate_take(struct dns_rate *r, const struct ip *client, uint8_t kind, struct slice what,
				    uint64_t now_ms);

#endif
