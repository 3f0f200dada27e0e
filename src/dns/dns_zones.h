/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_zones: the zones that this edge answers for, by name, with what was counted of each. One writer (the plan
 * thread), any number of readers (workers) that take no lock. Lifetime: process.
 */
#ifndef DNS_DNS_ZONES_H
#define DNS_DNS_ZONES_H

#include "dns/dns_zone.h"

struct dns_zones;

/* Types and rcodes that are counted one by one; the last of each is for all others. */
enum {
	DNS_TALLY_TYPES = 13, /* A AAAA CNAME MX TXT NS SOA SRV CAA HTTPS DS DNSKEY, other */
	DNS_TALLY_RCODES = 6, /* NOERROR FORMERR SERVFAIL NXDOMAIN REFUSED, other */
};

/* Answers of one zone, of one worker: written by it alone, read by anybody. */
struct dns_tally {
	uint64_t types[DNS_TALLY_TYPES], rcodes[DNS_TALLY_RCODES];
};

/* One live zone. Valid until the reader's next quiescent state. */
struct dns_zones_found {
	struct dns_zone *zone;     /* read-only; dns_zone_ref keeps it longer */
	struct dns_tally *tallies; /* one for each worker */
};

/* An empty table for that many workers. Caller frees with dns_zones_free. */
struct dns_zones *dns_zones_new(size_t workers) __attribute__((returns_nonnull));
/* Frees the table and the zones; no reader may be left. NULL is fine. */
void dns_zones_free(struct dns_zones *zones);

/*
 * The zone that a name (lower case) lies in, the deepest one; false when there is none. above: the zone that has the
 * name's delegation is wanted, so one of the name itself does not count (questions for DS).
 * cost: a hash and a look-up per label of the name, no more labels than any zone has.
 */
bool dns_zones_find(const struct dns_zones *zones, const struct dns_name *name, bool above,
		    struct dns_zones_found *ret);
/* Zones that are live. Any thread. */
size_t dns_zones_count(const struct dns_zones *zones);

/* Puts a zone in or in place of the one of that name; takes it over. Writer only, snap thread. */
void dns_zones_put(struct dns_zones *zones, struct dns_zone *zone);
/* Takes the zone of that name (as dns_zone.name) out; false when there was none. Writer only, snap thread. */
bool dns_zones_remove(struct dns_zones *zones, struct slice name);
/* What was counted of the zone of that name, of all workers; false when there is none. Writer only, snap thread. */
bool dns_zones_tally(const struct dns_zones *zones, struct slice name, struct dns_tally *ret_sum);
/* Counts one answer. Worker only. */
void dns_tally_add(struct dns_tally *t, uint16_t type, uint16_t rcode);
/* Appends {"types":{"A":1,…},"rcodes":{"NOERROR":1,…}}; rows that are 0 are left out. */
void dns_tally_json(const struct dns_tally *t, struct buf *b);
/* "A", "NXDOMAIN", "other" of a row. Process lifetime. */
const char *dns_tally_type_name(size_t i);
const char *dns_tally_rcode_name(size_t i);

#endif
