/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rdata_names: where domain names stand inside record data, for the types whose names may be compressed in answers
 * (RFC 3597 4: those of RFC 1035) and whose names are lower case when signed (RFC 4034 6.2, RFC 6840 5.1). Pure.
 */
#ifndef DNS_RDATA_NAMES_H
#define DNS_RDATA_NAMES_H

#include "base/slice.h"

enum { RDATA_NAMES_MAX = 2 };

struct rdata_names {
	size_t n;
	bool compress;               /* names of this type may be compressed */
	size_t at[RDATA_NAMES_MAX];  /* offset of each name in the data, and */
	size_t len[RDATA_NAMES_MAX]; /* its bytes with the root's */
};

/* Finds the names in well-formed data of that type. ret->n is 0 when the type has none that matter. No allocation. */
void rdata_names_find(uint16_t type, struct slice data, struct rdata_names *ret);
/* Copies data to out (as many bytes), its names in lower case: the canonical form. */
void rdata_names_canonical(uint16_t type, struct slice data, uint8_t *out);
/* Order of canonical forms, RFC 4034 6.3: below, at or above 0. */
int rdata_names_compare(uint16_t type, struct slice a, struct slice b);

#endif
