/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rrset: the records of one name and type as wire, in canonical order, and how they are written into an answer. Names
 * in answers never need a search for compression: an owner is always a pointer (to the question, to one of its
 * suffixes, or to a name that was just written), and names inside record data are compressed against the zone's name
 * where the question ends with it. Lifetime: snapshot (of its zone). Pure.
 */
#ifndef DNS_RRSET_H
#define DNS_RRSET_H

#include "base/arena.h"
#include "wire/dns_msg.h"
#include "wire/dns_rdata.h"

enum { RRSET_CLASS_IN = 1, RRSET_TARGETS_MAX = 16 };

struct rrset {
	uint16_t type;
	uint16_t count; /* records, at least 1 */
	uint32_t ttl;
	uint32_t bytes;      /* of data */
	const uint8_t *data; /* count times: length in two bytes, uncompressed data */
	uint64_t content;    /* hash of type, TTL and data; the same in every process */
};

/* One record's data for rrset_make. */
struct rrset_entry {
	struct slice data;
	uint32_t ttl;
};

/*
 * An RRset of n entries (reordered; equal ones merged; the smallest TTL counts, RFC 2181 5.2). Allocated in a.
 * Returns NULL when the arena is full or the data does not fit a message.
 */
struct rrset *rrset_make(struct arena *a, uint16_t type, struct rrset_entry *entries, size_t n);

/* Walks the data: *at starts at 0; false at the end. */
bool rrset_next(const struct rrset *set, size_t *at, struct slice *ret_data);

/* Where names of an answer may point to. */
struct rrset_place {
	size_t owner;      /* offset of the owner's name in the message; SIZE_MAX: write `name` */
	struct slice name; /* owner in wire form, for SIZE_MAX */
	size_t apex;       /* offset of the zone's name in the message; SIZE_MAX: not there */
	struct slice zone; /* the zone's name in lower case */
};

/* Offsets of the names in the data just written, for owners of what follows. */
struct rrset_targets {
	size_t n;
	size_t at[RRSET_TARGETS_MAX];
};

/*
 * Writes all records; the caller counts them (set->count) when out is not bad afterwards. targets may be NULL.
 */
void rrset_put(struct cursor_out *out, const struct rrset *set, const struct rrset_place *place,
	       struct rrset_targets *targets);
/* Writes a record's head up to its data: owner, type, class, TTL, length 0. Returns the offset of the length. */
size_t rrset_put_head(struct cursor_out *out, const struct rrset_place *place, uint16_t type, uint32_t ttl);
/* Fills in the length at that offset: what was written since. */
void rrset_put_length(struct cursor_out *out, size_t length_at);

#endif
