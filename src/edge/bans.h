/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bans: who is not let in at all: the set of the newest plan item, which workers ask before anything else. One writer
 * (the plan thread), any number of readers (workers) that take no lock. Lifetime: process.
 */
#ifndef EDGE_BANS_H
#define EDGE_BANS_H

#include "model/ban_list.h"

struct bans;

/* Nobody is banned yet. Caller frees with bans_free. */
struct bans *bans_new(void) __attribute__((returns_nonnull));
/* No reader may be left. NULL is fine. Snap thread. */
void bans_free(struct bans *b);
/*
 * Whether the address is banned now. now_s: wall clock (loop_wall_s). thread: any snap thread, e.g. a worker's.
 * cost: one read while nobody is banned; else as ban_set_holds. NULL: no.
 */
bool bans_hold(const struct bans *b, const struct ip *ip, int64_t now_s);
/* The list counts instead of the one before. Frees it. Writer only, snap thread. */
void bans_publish(struct bans *b, struct ban_list *list);
/* Nobody is banned any more. Writer only, snap thread. */
void bans_clear(struct bans *b);

#endif
