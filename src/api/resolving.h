/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolving: keeps what is known of names elsewhere (state/resolved.h) fresh: asks before it runs out, stores what came
 * back, and makes the zones that point there live again when it changed. A name that fails is asked for again with
 * growing pauses; its last good answer serves for a day.
 */
#ifndef API_RESOLVING_H
#define API_RESOLVING_H

#include "api/api.h"
#include "control/resolve.h"

struct api_resolving;

/* Starts; everything is borrowed for its life. The caller frees with api_resolving_free, before the api and the loop.
 */
struct api_resolving *api_resolving_new(struct api *api, struct state *st, struct loop *l, struct resolve *resolve)
	__attribute__((returns_nonnull));
/* NULL is fine. Jobs that wait in the api must have ended. */
void api_resolving_free(struct api_resolving *r);
/* Something was stored: there may be new names. Cheap. */
void api_resolving_wake(struct api_resolving *r);

#endif
