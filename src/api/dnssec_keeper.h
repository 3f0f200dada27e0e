/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dnssec_keeper: what signed zones need with time: keys of a roll-over move on (state_dnssec_turn), and the parent is
 * asked whether it has the DS records, which the status follows (state_dnssec_saw). Zones on their way are looked at
 * every dnssec_check_ms, the others every twelfth time.
 */
#ifndef API_DNSSEC_KEEPER_H
#define API_DNSSEC_KEEPER_H

#include "api/api.h"
#include "control/resolve.h"

struct api_dnssec_keeper;

struct api_dnssec_keeper_setup {
	struct api *api;
	struct state *state;
	struct loop *loop;
	struct resolve *resolve; /* NULL: the parent is not asked */
	uint64_t check_ms;       /* limit dnssec_check_ms */
};

/* Starts; what setup points to is borrowed for its life. Caller frees with api_dnssec_keeper_free. */
struct api_dnssec_keeper *api_dnssec_keeper_new(const struct api_dnssec_keeper_setup *setup)
	__attribute__((returns_nonnull));
/* Ends it, before the loop. No question may end any more (resolve_free), no job may wait in the api. NULL is fine. */
void api_dnssec_keeper_free(struct api_dnssec_keeper *k);

#endif
