/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xdp_program: what the kernel runs for each packet of an interface, before a socket buffer exists: packets to our
 * ports are dropped when their source is banned, or opens connections faster than its pace allows. Everything else, and
 * everything that is not understood, goes on as if this program were not there: user space looks at bans again.
 */
#include "xdp/xdp_map.h"

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum { TAGS_MAX = 2, EXTENSIONS_MAX = 4, FRAGMENT_OFFSET = 0x1fff };

/* Networks; xdp_drop_open sets how many there may be. */
#define NETWORKS(name, net)                                                                                            \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_LPM_TRIE);                                                                   \
		__uint(map_flags, BPF_F_NO_PREALLOC);                                                                  \
		__uint(max_entries, 1);                                                                                \
		__type(key, net);                                                                                      \
		__type(value, struct xdp_ban);                                                                         \
	} name SEC(".maps")

NETWORKS(bans4, struct xdp_net4);
NETWORKS(bans6, struct xdp_net6);
NETWORKS(allows4, struct xdp_net4);
NETWORKS(allows6, struct xdp_net6);

/* The moment from which on a client's next connection is on time. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct xdp_client);
	__type(value, __u64);
} clients SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, XDP_PORTS);
	__type(key, __u32);
	__type(value, __u8);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XDP_COUNTS);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

const volatile struct xdp_pace pace = { 0 };

/*
 * What was read of a packet. The usual ones (no tag, no option, no extension) are read where they are; others are
 * copied out piece by piece, since the kernel forbids pointers with an offset that it does not know to a program that
 * was loaded without CAP_PERFMON.
 */
struct packet {
	struct xdp_md *ctx;
	__u32 at; /* when copying: what is read next */
	struct xdp_net4 v4;
	struct xdp_net6 v6;
	__u16 port;
	__u8 protocol;
	__u8 is6;
	__u8 flags; /* of TCP */
};

/* The ports, of TCP and UDP alike, and the flags of TCP. */
struct transport {
	__be16 from, to;
	__u8 skipped[8];
	__u8 offset, flags;
};

struct frame4 {
	struct ethhdr eth;
	struct iphdr ip;
	struct transport t;
} __attribute__((packed));

struct frame6 {
	struct ethhdr eth;
	struct ipv6hdr ip;
	struct transport t;
} __attribute__((packed));

enum { PORTS_BYTES = 4, FLAG_SYN = 0x02, FLAG_ACK = 0x10 };

static __always_inline int drop(__u32 why)
{
	__u64 *n = bpf_map_lookup_elem(&counts, &why);

	if (n)
		(*n)++;
	return XDP_DROP;
}

/* Copies n bytes; false when the packet has no more so many. */
static __always_inline int take(struct packet *p, void *to, __u32 n)
{
	int ok = bpf_xdp_load_bytes(p->ctx, p->at, to, n) == 0;

	p->at += n;
	return ok;
}

/* Behind the Ethernet header and its VLAN tags; 0 when the packet is too short. */
static __always_inline __be16 link_type(struct packet *p)
{
	struct ethhdr eth;
	__be16 tag[2];

	if (!take(p, &eth, sizeof eth))
		return 0;
	__be16 type = eth.h_proto;
	for (int i = 0; i < TAGS_MAX; i++) {
		if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD))
			break;
		if (!take(p, tag, sizeof tag))
			return 0;
		type = tag[1];
	}
	return type;
}

static __always_inline int read4(struct packet *p)
{
	struct iphdr ip;

	if (!take(p, &ip, sizeof ip) || ip.ihl < 5 || ip.frag_off & bpf_htons(FRAGMENT_OFFSET))
		return 0;
	p->v4.bits = 32;
	__builtin_memcpy(p->v4.addr, &ip.saddr, 4);
	p->protocol = ip.protocol;
	p->at += ((__u32)ip.ihl - 5) * 4;
	return 1;
}

static __always_inline int read6(struct packet *p)
{
	struct ipv6hdr ip;
	__u8 extension[2];

	if (!take(p, &ip, sizeof ip))
		return 0;
	p->is6 = 1;
	p->v6.bits = 128;
	__builtin_memcpy(p->v6.addr, &ip.saddr, 16);
	p->protocol = ip.nexthdr;
	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		if (p->protocol != IPPROTO_HOPOPTS && p->protocol != IPPROTO_ROUTING && p->protocol != IPPROTO_DSTOPTS)
			break;
		if (!take(p, extension, sizeof extension))
			return 0;
		p->protocol = extension[0];
		p->at += (__u32)extension[1] * 8 + 6;
	}
	return 1;
}

static __always_inline int ports_of(struct packet *p)
{
	struct transport t = { 0 };

	if (!take(p, &t, sizeof t) && bpf_xdp_load_bytes(p->ctx, p->at - sizeof t, &t, PORTS_BYTES) != 0)
		return 0;
	p->port = bpf_ntohs(t.to);
	p->flags = t.flags;
	return 1;
}

/* Reads by copying; 0: it is nothing that is looked at here. */
static __always_inline int read_copied(struct packet *p)
{
	__be16 type = link_type(p);
	int known = type == bpf_htons(ETH_P_IP) ? read4(p) : type == bpf_htons(ETH_P_IPV6) ? read6(p) : 0;

	return known && ports_of(p);
}

/* Reads the usual packets where they are; 0: it is another. */
static __always_inline int read_usual(struct packet *p)
{
	const void *at = (const void *)(long)p->ctx->data, *end = (const void *)(long)p->ctx->data_end;
	const struct frame4 *f4 = at;
	const struct frame6 *f6 = at;

	if ((const void *)(f4 + 1) > end)
		return 0;
	if (f4->eth.h_proto == bpf_htons(ETH_P_IP) && f4->ip.ihl == 5 &&
	    !(f4->ip.frag_off & bpf_htons(FRAGMENT_OFFSET))) {
		p->v4.bits = 32;
		__builtin_memcpy(p->v4.addr, &f4->ip.saddr, 4);
		p->protocol = f4->ip.protocol;
		p->port = bpf_ntohs(f4->t.to);
		p->flags = f4->t.flags;
		return 1;
	}
	if ((const void *)(f6 + 1) > end || f6->eth.h_proto != bpf_htons(ETH_P_IPV6) ||
	    (f6->ip.nexthdr != IPPROTO_TCP && f6->ip.nexthdr != IPPROTO_UDP))
		return 0;
	p->is6 = 1;
	p->v6.bits = 128;
	__builtin_memcpy(p->v6.addr, &f6->ip.saddr, 16);
	p->protocol = f6->ip.nexthdr;
	p->port = bpf_ntohs(f6->t.to);
	p->flags = f6->t.flags;
	return 1;
}

/* Whether the packet is for a port of ours. */
static __always_inline int ours(const struct packet *p)
{
	__u8 want = p->protocol == IPPROTO_TCP ? XDP_PORT_TCP : p->protocol == IPPROTO_UDP ? XDP_PORT_UDP : 0;
	__u32 port = p->port;
	const __u8 *takes = want ? bpf_map_lookup_elem(&ports, &port) : NULL;

	return takes && *takes & want;
}

static __always_inline int allowed(struct packet *p)
{
	return p->is6 ? bpf_map_lookup_elem(&allows6, &p->v6) != NULL : bpf_map_lookup_elem(&allows4, &p->v4) != NULL;
}

/* Whether a new connection comes too early; if not, it is written down. Two processors may count one for two. */
static __always_inline int early(struct packet *p, __u64 now)
{
	struct xdp_client key = { { 0 } };

	if (!pace.interval_ns)
		return 0;
	if (p->is6) {
		__builtin_memcpy(key.addr, p->v6.addr, 8);
		key.addr[8] = 6;
	} else {
		__builtin_memcpy(key.addr, p->v4.addr, 4);
	}
	__u64 *next = bpf_map_lookup_elem(&clients, &key);
	__u64 at = next && *next > now ? *next : now;
	if (at > now + pace.burst_ns)
		return 1;
	at += pace.interval_ns;
	if (next)
		*next = at;
	else
		bpf_map_update_elem(&clients, &key, &at, BPF_ANY);
	return 0;
}

SEC("xdp")
int seawall_drop(struct xdp_md *ctx)
{
	struct packet p = { .ctx = ctx };

	if ((!read_usual(&p) && !read_copied(&p)) || !ours(&p))
		return XDP_PASS;
	__u64 now = bpf_ktime_get_boot_ns();
	const struct xdp_ban *ban = p.is6 ? bpf_map_lookup_elem(&bans6, &p.v6) : bpf_map_lookup_elem(&bans4, &p.v4);
	if (ban && now < ban->until_ns && !allowed(&p))
		return drop(XDP_COUNT_BANNED);
	int opens = p.protocol == IPPROTO_TCP && (p.flags & (FLAG_SYN | FLAG_ACK)) == FLAG_SYN;
	if (opens && early(&p, now) && !allowed(&p))
		return drop(XDP_COUNT_PACED);
	return XDP_PASS;
}

char licence_name[] SEC("license") = "Apache-2.0";
