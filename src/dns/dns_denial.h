/* SPDX-License-Identifier: Apache-2.0 */
/* dns_denial: NSEC records: which types a name has (RFC 4034 4, RFC 9824 for names that are not there). Pure. */
#ifndef DNS_DNS_DENIAL_H
#define DNS_DNS_DENIAL_H

#include "dns/dns_zone.h"

enum {
	DNS_DENIAL_TYPES_MAX = DNS_ZONE_TYPES_MAX + 5,
	DNS_DENIAL_BITMAP_BYTES = 256 * 34, /* every window of a type bitmap */
	DNS_DENIAL_NSEC_BYTES = 2 + DNS_NAME_BYTES + DNS_DENIAL_BITMAP_BYTES,
};

/* The next name in canonical order that can be written: "\000." in front, or where there is no room, a larger last
 * byte. */
void dns_denial_next(const struct dns_name *name, struct dns_name *ret);
/*
 * The NSEC record of what a node has (NULL: the name is not there, type NXNAME) up to the name `next` (wire), as an
 * RRset of one in ret, whose data lies in `data`.
 */
void dns_denial_nsec(const struct dns_node *node, struct slice next, uint32_t ttl,
		     uint8_t data[static DNS_DENIAL_NSEC_BYTES], struct rrset *ret);

#endif
