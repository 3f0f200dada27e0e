/* SPDX-License-Identifier: Apache-2.0 */
/* dns_rate: see dns_rate.h. */
#include "dns/dns_rate.h"

#include "base/cursor.h"
#include "base/mem.h"

enum { DNS_RATE__WAYS = 4, DNS_RATE__COST = 1000, DNS_RATE__V4_BYTES = 3, DNS_RATE__V6_BYTES = 7 };

struct dns_rate__bucket {
	uint64_t id; /* 0: empty */
	uint64_t seen_ms;
	uint32_t credit; /* thousandths of an answer */
	uint32_t held;   /* answers held back since it last had credit */
};

struct dns_rate {
	struct hash_key hash;
	uint32_t per_s, slip;
	size_t sets; /* a power of two */
	struct dns_rate__bucket *buckets;
};

struct dns_rate *dns_rate_new(size_t entries, uint32_t per_s, uint32_t slip)
{
	struct dns_rate *r = mem_alloc(sizeof *r);

	hash_key_random(&r->hash);
	r->per_s = per_s;
	r->slip = slip;
	r->sets = 1;
	while (r->sets * 2 * DNS_RATE__WAYS <= entries)
		r->sets *= 2;
	r->buckets = mem_alloc_array(r->sets * DNS_RATE__WAYS, sizeof *r->buckets);
	return r;
}

void dns_rate_free(struct dns_rate *r)
{
	if (!r)
		return;
	mem_free(r->buckets);
	mem_free(r);
}

/* The bucket of that id; else the one unseen for longest becomes it, with full credit. */
static struct dns_rate__bucket *dns_rate__bucket(struct dns_rate *r, uint64_t id, uint64_t now_ms)
{
	struct dns_rate__bucket *set = &r->buckets[(id & (r->sets - 1)) * DNS_RATE__WAYS], *oldest = set;

	for (int i = 0; i < DNS_RATE__WAYS; i++) {
		if (set[i].id == id)
			return &set[i];
		if (set[i].seen_ms < oldest->seen_ms)
			oldest = &set[i];
	}
	*oldest = (struct dns_rate__bucket){ .id = id, .seen_ms = now_ms, .credit = r->per_s * DNS_RATE__COST };
	return oldest;
}

static uint64_t dns_rate__id(const struct dns_rate *r, const struct ip *client, uint8_t kind, struct slice what)
{
	uint8_t bytes[2 + DNS_RATE__V6_BYTES + 255];
	struct cursor_out c = cursor_out_of(bytes, sizeof bytes);

	cursor_put_u8(&c, kind);
	cursor_put_u8(&c, client->family);
	cursor_put_bytes(&c, slice_of(client->b, client->family == 4 ? DNS_RATE__V4_BYTES : DNS_RATE__V6_BYTES));
	cursor_put_bytes(&c, slice_first(what, 255));
	uint64_t id = hash_bytes(&r->hash, slice_of(bytes, c.at));
	return id ? id : 1;
}

enum dns_rate_verdict dns_rate_take(struct dns_rate *r, const struct ip *client, uint8_t kind, struct slice what,
				    uint64_t now_ms)
{
	struct dns_rate__bucket *b = dns_rate__bucket(r, dns_rate__id(r, client, kind, what), now_ms);
	uint64_t full = (uint64_t)r->per_s * DNS_RATE__COST, past_ms = now_ms - b->seen_ms;

	/* A thousandth is an answer a second for a millisecond. */
	uint64_t credit = past_ms > DNS_RATE__COST ? full : b->credit + past_ms * r->per_s;
	b->credit = (uint32_t)(credit < full ? credit : full);
	b->seen_ms = now_ms;
	if (b->credit >= DNS_RATE__COST) {
		b->credit -= DNS_RATE__COST;
		b->held = 0;
		return DNS_RATE_PASS;
	}
	return r->slip && b->held++ % r->slip == 0 ? DNS_RATE_SLIP : DNS_RATE_DROP;
}
