/* SPDX-License-Identifier: Apache-2.0 */
/* caa: the CAA records that count for a name, as far as its zone is ours (RFC 8659 section 3). */
#ifndef STATE_CAA_H
#define STATE_CAA_H

#include "state/state.h"

enum { STATE_CAA_MAX = 32, STATE_CAA_BYTES = 512 };

/* The closest set on the way from a name up to its zone. */
struct state_caa {
	char name[STATE_NAME_BYTES]; /* whose records these are; "" when there are none */
	size_t n;
	struct {
		size_t n;
		char p[STATE_CAA_BYTES];
	} rdata[STATE_CAA_MAX]; /* on the wire; longer ones and those past the end are left out */
};

/* name: canonical, of the zone or below it, without "*."; zone_name: the zone's. errors: as store_done. */
enum err state_caa_find(struct state *st, const char *zone_id, const char *zone_name, const char *name,
			struct state_caa *ret) MUST_USE;

#endif
