/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_item: the JSON form of a plan item of kind "dns", read strictly into plain members: who may stand where, types,
 * ranges. What names and rdata mean is judged by the room dns, which builds the zone. The format is in docs/PLAN.md.
 */
#ifndef MODEL_DNS_ITEM_H
#define MODEL_DNS_ITEM_H

#include "base/diag.h"
#include "base/ip.h"
#include "base/limits.h"
#include "base/slice.h"

enum {
	DNS_ITEM_TTL_MAX = 2147483647,
	DNS_ITEM_TTL_AUTOMATIC = 300,
	DNS_ITEM_TTL_DNSKEY = 3600,
	DNS_ITEM_KEYS_MAX = 8,
	DNS_ITEM_ADDRS_MAX = 64,
	DNS_ITEM_TRANSFER_KEYS_MAX = 4
};

struct dns_item_record {
	struct slice name, type, rdata;
	uint32_t ttl; /* seconds; 1 became DNS_ITEM_TTL_AUTOMATIC */
};

struct dns_item_flatten {
	struct slice name;
	uint32_t ttl;
	bool unresolved; /* nothing is known of the target: neither addresses nor that there are none */
	size_t a_n, aaaa_n;
	struct ip *a, *aaaa;
};

struct dns_item_key {
	uint16_t flags;               /* 257 or 256 */
	bool active;                  /* signs; else only published */
	bool parent;                  /* the parent should know it (CDS); with flags 257 */
	struct slice public, private; /* base64 of x and y; sealed text of the scalar */
};

struct dns_item_transfer_key {
	struct slice name, secret; /* of the key; sealed text */
};

enum dns_item_cds { DNS_ITEM_CDS_NONE, DNS_ITEM_CDS_PUBLISH, DNS_ITEM_CDS_DELETE };

struct dns_item_soa {
	struct slice mname, rname; /* empty: the first name server, hostmaster of the zone */
	bool has_serial;           /* else the serial comes from the revision */
	uint32_t serial, refresh, retry, expire, min_ttl, ttl;
};

/* One item. Slices are borrowed from the parsed text inside. */
struct dns_item {
	void *root; /* the tree */
	struct slice name;
	struct dns_item_soa soa;
	struct slice *ns;
	size_t ns_n;
	uint32_t ns_ttl;
	struct dns_item_record *records;
	size_t records_n;
	struct slice *proxied;
	size_t proxied_n;
	struct ip edge[DNS_ITEM_ADDRS_MAX]; /* both families */
	size_t edge_n;
	struct slice edge_https; /* rdata of the HTTPS record of proxied names; empty: none */
	struct dns_item_flatten *flatten;
	size_t flatten_n;
	struct dns_item_key keys[DNS_ITEM_KEYS_MAX];
	size_t keys_n;
	enum dns_item_cds cds;
	struct ip_prefix *transfer; /* who may transfer the zone */
	size_t transfer_n;
	struct dns_item_transfer_key transfer_keys[DNS_ITEM_TRANSFER_KEYS_MAX]; /* with one of which */
	size_t transfer_keys_n;
};

/*
 * Reads one item. out: *ret_item, the caller's (dns_item_free). errors: ERR_PLAN with the member's path or line:column
 * of a syntax error. thread: any, off the data path.
 */
enum err dns_item_read(struct slice json, struct dns_item **ret_item, struct diag *d) MUST_USE;
/*
 * Reads {"zone": NAME}, the command DNS. out: ret_zone, NUL-terminated. errors: ERR_PLAN.
 */
enum err dns_item_read_zone(struct slice json, char ret_zone[static 256], struct diag *d) MUST_USE;
/* Frees; every slice of it is dead then. NULL is fine. */
void dns_item_free(struct dns_item *item);

#endif
