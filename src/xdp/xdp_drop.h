/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xdp_drop: packets that the kernel drops as they come off an interface (XDP): those of banned networks to our ports,
 * and those that would open connections faster than one client may. Opened by a process with CAP_BPF and CAP_NET_ADMIN;
 * whoever has the descriptors of the maps can say what is banned, without a privilege. The program is attached for as
 * long as its links are open, by any process: nothing stays behind, however the processes end.
 * The one room of libbpf. Sources: linux/bpf.h, docs.kernel.org/bpf.
 */
#ifndef XDP_XDP_DROP_H
#define XDP_XDP_DROP_H

#include "base/diag.h"
#include "base/ip.h"
#include "xdp/xdp_map.h"

#include <net/if.h>

enum {
	XDP_DROP_INTERFACES_MAX = 16,
	XDP_DROP_PORTS_MAX = 512,
};

/* The maps that user space writes and reads, after the program is loaded. */
enum xdp_drop_map {
	XDP_DROP_BANS4,
	XDP_DROP_BANS6,
	XDP_DROP_ALLOWS4,
	XDP_DROP_ALLOWS6,
	XDP_DROP_COUNTS,
	XDP_DROP_MAPS
};

struct xdp_drop_port {
	uint16_t port;
	uint8_t takes; /* XDP_PORT_TCP or XDP_PORT_UDP */
};

struct xdp_drop_setup {
	struct xdp_drop_port ports[XDP_DROP_PORTS_MAX];
	size_t ports_n;
	uint32_t nets_max;      /* of each family, banned and allowed each; >= 1 */
	uint32_t clients_max;   /* whose pace is kept, the longest quiet ones leave; >= 1 */
	uint32_t opens_per_s;   /* new TCP connections of one client; 0: no limit */
	uint32_t opens_at_once; /* of them that may come together */
};

/* Where the program is attached. */
struct xdp_drop_link {
	char name[IF_NAMESIZE];
	int fd;
	bool driver; /* in the driver (native); else behind it (generic) */
};

struct xdp_drop {
	int maps[XDP_DROP_MAPS]; /* -1: none */
	struct xdp_drop_link links[XDP_DROP_INTERFACES_MAX];
	size_t links_n;
	int program; /* loaded; -1: none */
};

/* Nothing is open. */
void xdp_drop_init(struct xdp_drop *x);
/*
 * Loads program and maps; it is attached nowhere yet. x: from xdp_drop_init; ended by xdp_drop_close, also after an
 * error. errors: ERR_SYSTEM with what the kernel said; without CAP_BPF that is EPERM. Milliseconds; any thread.
 */
enum err xdp_drop_open(const struct xdp_drop_setup *setup, struct xdp_drop *x, struct diag *d) MUST_USE;
/*
 * Attaches it to an interface, in the driver where that can, else behind it. errors: ERR_NOT_FOUND: no such interface;
 * ERR_EXISTS: another program is there; ERR_RANGE: too many; ERR_SYSTEM: the kernel refuses, e.g. EPERM without
 * CAP_NET_ADMIN.
 */
enum err xdp_drop_attach(struct xdp_drop *x, const char *interface, struct diag *d) MUST_USE;
/* Closes what is open; the program is gone when no other process holds its links. */
void xdp_drop_close(struct xdp_drop *x);

/* A network, and until when it is banned; or that is never. */
struct xdp_drop_net {
	struct ip_prefix net;
	int64_t until_s; /* wall clock, seconds since 1970 */
	bool allowed;
};

/*
 * From now on these are banned and allowed, and no others. maps: as in struct xdp_drop. now_s: wall clock, with which
 * until_s is compared; boot_ns: the same moment since the machine started, later than at the call before. errors:
 * ERR_RANGE: they do not all fit, those that do count; ERR_SYSTEM. Some microseconds a network; one thread at a time.
 * Needs no privilege.
 */
enum err xdp_drop_sync(const int maps[static XDP_DROP_MAPS], const struct xdp_drop_net *nets, size_t n, int64_t now_s,
		       uint64_t boot_ns);
/* Packets dropped since the program was loaded. counts: the descriptor of that map. errors: ERR_SYSTEM. */
enum err xdp_drop_count(int counts, uint64_t ret[static XDP_COUNTS]) MUST_USE;
/*
 * What the program says of one packet, with its Ethernet header, without an interface (BPF_PROG_TEST_RUN), and how long
 * it took on average over `times` runs, in nanoseconds (NULL: not asked). errors: ERR_SYSTEM. Needs CAP_BPF or root.
 */
enum err xdp_drop_try(const struct xdp_drop *x, const void *packet, size_t n, unsigned times, bool *ret_dropped,
		      uint32_t *ret_ns) MUST_USE;

#endif
