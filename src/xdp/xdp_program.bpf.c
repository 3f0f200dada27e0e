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
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum { TAGS_MAX = 2, EXTENSIONS_MAX = 4, FRAGMENT_OFFSET = 0x1fff };

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1); /* xdp_drop_open sets it */
	__type(key, struct xdp_net4);
	__type(value, struct xdp_ban);
} bans4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct xdp_net6);
	__type(value, struct xdp_ban);
} bans6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct xdp_net4);
	__type(value, struct xdp_ban);
} allows4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct xdp_net6);
	__type(value, struct xdp_ban);
} allows6 SEC(".maps");

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

/* How far a packet is read. */
struct packet {
	const unsigned char *at, *end;
	struct xdp_net4 v4;
	struct xdp_net6 v6;
	__u8 protocol;
	__u8 is6;
	__u8 opens; /* the first packet of a TCP connection */
};

static __always_inline int drop(__u32 why)
{
	__u64 *n = bpf_map_lookup_elem(&counts, &why);

	if (n)
		(*n)++;
	return XDP_DROP;
}

/* Behind the Ethernet header and its VLAN tags; 0 when the packet is too short. */
static __always_inline __be16 link_type(struct packet *p)
{
	const struct ethhdr *eth = (const void *)p->at;

	if ((const void *)(eth + 1) > (const void *)p->end)
		return 0;
	__be16 type = eth->h_proto;
	p->at += sizeof *eth;
	for (int i = 0; i < TAGS_MAX; i++) {
		if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD))
			break;
		if (p->at + 4 > p->end)
			return 0;
		type = *(const __be16 *)(p->at + 2);
		p->at += 4;
	}
	return type;
}

static __always_inline int read4(struct packet *p)
{
	const struct iphdr *ip = (const void *)p->at;

	if ((const void *)(ip + 1) > (const void *)p->end || ip->ihl < 5 || ip->frag_off & bpf_htons(FRAGMENT_OFFSET))
		return 0;
	p->v4.bits = 32;
	__builtin_memcpy(p->v4.addr, &ip->saddr, 4);
	p->protocol = ip->protocol;
	p->at += (__u32)ip->ihl * 4;
	return 1;
}

static __always_inline int read6(struct packet *p)
{
	const struct ipv6hdr *ip = (const void *)p->at;

	if ((const void *)(ip + 1) > (const void *)p->end)
		return 0;
	p->is6 = 1;
	p->v6.bits = 128;
	__builtin_memcpy(p->v6.addr, &ip->saddr, 16);
	p->protocol = ip->nexthdr;
	p->at += sizeof *ip;
	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		if (p->protocol != IPPROTO_HOPOPTS && p->protocol != IPPROTO_ROUTING && p->protocol != IPPROTO_DSTOPTS)
			break;
		if (p->at + 8 > p->end)
			return 0;
		p->protocol = p->at[0];
		p->at += ((__u32)p->at[1] + 1) * 8;
	}
	return 1;
}

/* Whether the packet is for a port of ours. */
static __always_inline int ours(struct packet *p)
{
	__u8 want = p->protocol == IPPROTO_TCP ? XDP_PORT_TCP : p->protocol == IPPROTO_UDP ? XDP_PORT_UDP : 0;

	if (!want || p->at + 8 > p->end)
		return 0;
	__u32 port = bpf_ntohs(*(const __be16 *)(p->at + 2));
	const __u8 *takes = bpf_map_lookup_elem(&ports, &port);
	if (!takes || !(*takes & want))
		return 0;
	const struct tcphdr *tcp = (const void *)p->at;
	if (want == XDP_PORT_TCP && (const void *)(tcp + 1) <= (const void *)p->end)
		p->opens = tcp->syn && !tcp->ack;
	return 1;
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
	struct packet p = { .at = (void *)(long)ctx->data, .end = (void *)(long)ctx->data_end };
	__be16 type = link_type(&p);
	int known = type == bpf_htons(ETH_P_IP) ? read4(&p) : type == bpf_htons(ETH_P_IPV6) ? read6(&p) : 0;

	if (!known || !ours(&p))
		return XDP_PASS;
	__u64 now = bpf_ktime_get_boot_ns();
	const struct xdp_ban *ban = p.is6 ? bpf_map_lookup_elem(&bans6, &p.v6) : bpf_map_lookup_elem(&bans4, &p.v4);
	if (ban && now < ban->until_ns && !allowed(&p))
		return drop(XDP_COUNT_BANNED);
	if (p.opens && early(&p, now) && !allowed(&p))
		return drop(XDP_COUNT_PACED);
	return XDP_PASS;
}

char licence_name[] SEC("license") = "Apache-2.0";
