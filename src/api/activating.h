/* SPDX-License-Identifier: Apache-2.0 */
/*
 * activating: looks whether the parent of each zone delegates it to exactly its name servers, by itself with growing
 * pauses and soon after PUT activation_check: pending zones become active, active ones that are gone become moved, and
 * come back. The parent's own name servers are asked; when they cannot be reached, the resolver's word counts.
 */
#ifndef API_ACTIVATING_H
#define API_ACTIVATING_H

#include "api/api.h"
#include "control/resolve.h"

struct api_activating;

/* What it works with; borrowed for its life. */
struct api_activating_setup {
	struct api *api;
	struct state *state;
	struct loop *loop;
	struct resolve *resolve;
	const struct node_config *node;
};

/* Starts. The caller frees with api_activating_free, after the api and before the loop. */
struct api_activating *api_activating_new(const struct api_activating_setup *setup) __attribute__((returns_nonnull));
/* NULL is fine. */
void api_activating_free(struct api_activating *a);
/* Something was stored: a zone may be new, or a check was asked for. Cheap. */
void api_activating_wake(struct api_activating *a);

#endif
