/* SPDX-License-Identifier: Apache-2.0 */
/*
 * purge: the last purges, numbered, so that an edge that was away gets those that it missed. Numbers are never given
 * twice. Bounded: an edge that missed more than are kept has to drop everything that it stored.
 */
#ifndef STATE_PURGE_H
#define STATE_PURGE_H

#include "state/state.h"

enum { STATE_PURGE_KEPT_MAX = 1000 };

/*
 * Remembers an order (the command's JSON without its id) and forgets the oldest over the bound. out: *ret_id, its
 * number. errors: as store_done.
 */
enum err state_purge_add(struct state *st, const json_t *order, int64_t *ret_id) MUST_USE;
/* The number of the last one, 0: there was none. errors: as store_done. */
enum err state_purge_last(struct state *st, int64_t *ret_id) MUST_USE;
/*
 * Those after `after`, in order: fn is called with the whole command for each. out: *ret_complete: none between was
 * forgotten. Nothing is called when it is not. errors: as store_done.
 */
enum err state_purge_since(struct state *st, int64_t after, void (*fn)(void *arg, const json_t *command), void *arg,
			   bool *ret_complete) MUST_USE;

#endif
