/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel_drop: whether and where the kernel drops what is banned (xdp/xdp_drop.h), decided by [shield] kernel_drop, the
 * listening addresses and what we may. Whatever the answer, edges look at bans themselves.
 */
#ifndef SUPERVISOR_KERNEL_DROP_H
#define SUPERVISOR_KERNEL_DROP_H

#include "base/slice.h"
#include "supervisor/handoff.h"

/*
 * Opens it, or keeps what the program before had open when the same is wanted; says which on stderr, and in
 * h->kernel_drop as {"state":"xdp"|"off","reason":TEXT?,"interfaces":[{"name","mode":
 * "driver"|"generic"} or {"name","reason"}]}. h: with its listening sockets open. It never fails: the node serves
 * without.
 */
void kernel_drop_open(const struct node_config *node, struct handoff *h);

/*
 * The names in the text of /proc/net/route (family 4) or /proc/net/ipv6_route (6) over which a default route leads,
 * none twice, at most max. Returns how many. Pure.
 */
size_t kernel_drop_routes(struct slice text, int family, size_t max, char (*ret)[IF_NAMESIZE]);

#endif
