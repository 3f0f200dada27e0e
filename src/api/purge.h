/* SPDX-License-Identifier: Apache-2.0 */
/* purge: purges of the cache, and what an edge that was away has to catch up with. */
#ifndef API_PURGE_H
#define API_PURGE_H

#include "control/control.h"
#include "state/state.h"

/*
 * For control_meet; arg is the struct state. Asks the edge which purge it saw last and sends those that it missed; when
 * they are too many, it drops everything that it stored.
 */
void api_purge_meet(void *arg, struct peer *p);

#endif
