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
#include "wire/dns_tsig.h"

enum { DNS_ZONE_KEYS_MAX = 8, DNS_ZONE_TYPES_MAX = 256, DNS_ZONE_TRANSFER_KEYS_MAX = 4 };

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

/* A key that a transfer must be signed with. */
struct dns_zone_transfer_key {
	struct dns_tsig_key key;
	char *sealed;
};

struct dns_zone {
	uint32_t magic;        /* OBJ_DNS_ZONE */
	_Atomic unsigned refs; /* the table's, and one for each transfer under way */
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
	struct dns_zone_transfer_key transfer_keys[DNS_ZONE_TRANSFER_KEYS_MAX];
	size_t transfer_keys_n; /* 0: an address is enough */
};

/*
 * Builds a zone from one plan item {"kind":"dns", "name":…}; its private keys are still sealed.
 * out: *ret_zone, the caller's (dns_zone_free). errors: ERR_PLAN with the member's path; ERR_MEMORY.
 * thread: any, off the data path.
 */
enum err dns_zone_from_json(struct slice json, uint64_t revision, const struct limits *limits,
			    struct dns_zone **ret_zone, struct diag *d) MUST_USE;
/* Opens what is sealed, so that the zone can be signed and transferred. errors: ERR_PLAN with the key's path. */
enum err dns_zone_open_keys(struct dns_zone *z, const struct seal *seal, struct diag *d) MUST_USE;
/* What the secret of a transfer key of that zone is sealed for: "transfer NAME KEY". Both as text, no final dot. */
struct slice dns_zone_transfer_purpose(char out[static DNS_KEY_PURPOSE_BYTES * 2], struct slice zone, struct slice key);
/* One more reference, for who uses it across turns of the loop. Returns z. */
struct dns_zone *dns_zone_ref(struct dns_zone *z);
/* Gives one reference up; the last one frees. NULL is fine. */
void dns_zone_free(struct dns_zone *z);

/* The node of a lower-case wire name, or NULL. */
static inline const struct dns_node *dns_zone_node(const struct dns_zone *z, const uint8_t *name, size_t n)
{
	return map_get(&z->nodes, slice_of(name, n));
}

/* The RRset of that type at a node, or NULL. */
const struct dns_slot *dns_zone_slot(const struct dns_node *node, uint16_t type);

#endif
