/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_plan: the records of a zone as members of its plan items (docs/PLAN.md): of "dns" what is answered, of "zone"
 * where proxied names are fetched from.
 */
#ifndef STATE_RECORD_PLAN_H
#define STATE_RECORD_PLAN_H

#include "state/record.h"
#include "state/record_input.h"

/* How the zone's records are to be read. */
struct state_record_plan_how {
	const struct state_record_rules *rules; /* its edge: addresses of proxied names */
	bool flatten_all;                       /* every CNAME that is not proxied is flattened, not only at the apex */
	bool dns_only; /* proxied records answer with their own data: nothing passes through the edge */
};

/* The members; each the caller's reference, NULL after a failure. */
struct state_record_plan {
	json_t *records; /* [{"name","type","ttl","rdata"}], names without a final dot, rdata absolute */
	json_t *proxied; /* [{"name"}] */
	json_t *flatten; /* [{"name","ttl","a","aaaa"}] or "unresolved": true */
	json_t *hosts;   /* [{"name","origins"}] or "origin_error": of the zone item */
};

/*
 * Reads all records. While the zone is pending, moved or paused, proxied ones count as DNS-only. May write: names
 * elsewhere become wanted (state/resolved.h). NS records of the zone's own name are left out: its name servers are the
 * edge's. errors: as store_done.
 */
enum err state_record_plan_make(struct state *st, const struct state_zone *z, const struct state_record_plan_how *how,
				struct state_record_plan *ret) MUST_USE;
/* Drops what is left in it. */
void state_record_plan_fini(struct state_record_plan *p);

#endif
