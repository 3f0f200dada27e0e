/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xdp_map: the shapes that the kernel's program and user space share: keys and values of the maps. Included by both, so
 * it knows the kernel's types only.
 */
#ifndef XDP_XDP_MAP_H
#define XDP_XDP_MAP_H

#include <linux/types.h>

/* Keys of the tries: how many bits count, then the address in network order. */
struct xdp_net4 {
	__u32 bits;
	__u8 addr[4];
};

struct xdp_net6 {
	__u32 bits;
	__u8 addr[16];
};

/* Of a banned network. */
struct xdp_ban {
	__u64 until_ns; /* since boot: the first moment at which it is not banned any more */
	__u64 round;    /* of which pass of xdp_drop_sync it is; others are of passes before */
};

/* Who opens connections: an IPv4 address (the first four bytes), or an IPv6 /64 (the first eight, the ninth is 6). */
struct xdp_client {
	__u8 addr[9];
};

/* The pace of new connections of one client; interval_ns 0: no limit. */
struct xdp_pace {
	__u64 interval_ns; /* between two, on average */
	__u64 burst_ns;    /* how much of that may come early */
};

/* What a port of ours takes. */
enum { XDP_PORT_TCP = 1, XDP_PORT_UDP = 2, XDP_PORTS = 65536 };

/* Rows of the map of counts, each a number for every processor. */
enum xdp_count {
	XDP_COUNT_BANNED, /* packets of banned networks, dropped */
	XDP_COUNT_PACED,  /* packets that would have opened a connection too early, dropped */
	XDP_COUNTS
};

#endif
