/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_zone: one plan item of kind "dns" as answers read it: every name with its RRsets as wire, what lies below a zone
 * cut, where wildcards are. Built off-path, immutable afterwards, published by snapshot (dns_zones.h). What can be
 * known when the plan comes is known then: names that only lie on the way to others exist (empty non-terminals), each
 * name has its cut and its wildcard, RRsets are sorted and ready to be copied behind a question. Sources: RFC 1034 4.3,
 * RFC 4592, RFC 2181 5, RFC 8020. Lifetime: snapshot.
 */
#ifndef DNS_DNS_ZONE_H
#define DNS_DNS_ZONE_H

#include "base/ip.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/seal.h"
#include "dns/dns_key.h"
#include "dns/rrset.h"

enum { DNS_ZONE_KEYS_MAX = 8, DNS_ZONE_TYPES_MAX = 256 };

/* One RRset at a name. */
struct dns_slot {
	const struct rrset *set;
	struct slice ready; /* its records as they follow a question for exactly this name */
};

struct dns_node {
	const uint8_t *name; /* wire, lower case */
	uint8_t name_n, labels;
	bool cut;        /* a delegation: NS below the apex */
	bool unresolved; /* flattened, and nothing is known of the target */
	uint16_t slots_n;
	struct dns_slot *slots;       /* by type, ascending */
	const struct dns_node *above; /* the topmost cut at or above this name; NULL: authoritative data */
	const struct dns_node *wild;  /* its child "*" */
};

struct dns_zone {
	uint32_t magic; /* OBJ_DNS_ZONE */
	struct arena arena;
	struct slice name;    /* as text, lower case, without the final dot */
	struct dns_name apex; /* lower case */
	struct map nodes;     /* by lower-case wire name */
	size_t nodes_n;
	const struct dns_node *top;
	uint64_t revision;
	uint32_t serial;
	const struct rrset *soa;          /* in answers to its own question */
	const struct rrset *soa_negative; /* in negative answers: its TTL is how long they may be kept (RFC 2308 5) */
	struct dns_key keys[DNS_ZONE_KEYS_MAX];
	size_t keys_n;              /* 0: not signed */
	struct ip_prefix *transfer; /* who may transfer the zone */
	size_t transfer_n;
};

/*
 * Builds a zone from one plan item {"kind":"dns", "name":…}; its private keys are still sealed.
 * out: *ret_zone, the caller's (dns_zone_free). errors: ERR_PLAN with the member's path; ERR_MEMORY.
 * thread: any, off the data path.
 */
enum err dns_zone_from_json(struct slice json, uint64_t revision, const struct limits *limits,
			    struct dns_zone **ret_zone, struct diag *d) MUST_USE;
/* Opens the private keys, so that the zone can be signed. errors: ERR_PLAN with the key's path. */
enum err dns_zone_open_keys(struct dns_zone *z, const struct seal *seal, struct diag *d) MUST_USE;
/* Frees; no reader may be left. NULL is fine. */
void dns_zone_free(struct dns_zone *z);

/* The node of a lower-case wire name, or NULL. */
static inline const struct dns_node *dns_zone_node(const struct dns_zone *z, const uint8_t *name, size_t n)
{
	return map_get(&z->nodes, slice_of(name, n));
}

/* The RRset of that type at a node, or NULL. */
const struct dns_slot *dns_zone_slot(const struct dns_node *node, uint16_t type);

#endif
