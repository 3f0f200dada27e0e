/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bans: who is not let in at all: the set of the newest plan item, which workers ask before anything else, and which
 * the kernel has too where it drops. One writer (the plan thread), any number of readers (workers) that take no lock.
 * Lifetime: process.
 */
#ifndef EDGE_BANS_H
#define EDGE_BANS_H

#include "model/ban_list.h"

struct bans;

/*
 * Nobody is banned yet. kernel_maps: XDP_DROP_MAPS descriptors, borrowed for the life of it, where the kernel is told
 * what it drops; NULL: it drops nothing. Caller frees with bans_free.
 */
struct bans *bans_new(const int *kernel_maps) __attribute__((returns_nonnull));
/* No reader may be left. NULL is fine. Snap thread. */
void bans_free(struct bans *b);
/*
 * Whether the address is banned now. now_s: wall clock (loop_wall_s). thread: any snap thread, e.g. a worker's.
 * cost: one read while nobody is banned; else as ban_set_holds. NULL: no.
 */
bool bans_hold(const struct bans *b, const struct ip *ip, int64_t now_s);
/*
 * The list counts instead of the one before, for the kernel too; what the kernel does not take is said on stderr and
 * left to bans_hold. now_s: wall clock; boot_ns: the same moment since the machine started. Frees the list. Writer
 * only, snap thread.
 */
void bans_publish(struct bans *b, struct ban_list *list, int64_t now_s, uint64_t boot_ns);
/* Nobody is banned any more. Writer only, snap thread. */
void bans_clear(struct bans *b, uint64_t boot_ns);

#endif
