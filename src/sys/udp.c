/* SPDX-License-Identifier: Apache-2.0 */
/* udp: see udp.h. */
#include "sys/udp.h"

#include "base/check.h"
#include "base/mem.h"

#include <errno.h>
#include <netinet/in.h>

enum {
	UDP__BATCH_MAX = 1024,
	UDP__CONTROL_BYTES = 128, /* one packet-information message of either family */
	UDP__BUFFER_BYTES = 4 * 1024 * 1024,
};

/* One datagram's addresses. */
struct udp__side {
	struct sockaddr_storage peer;
	_Alignas(struct cmsghdr) char control[UDP__CONTROL_BYTES];
};

struct udp_batch {
	size_t n, in_bytes, out_bytes;
	size_t in_n, out_n;
	struct mmsghdr *in, *out;
	struct iovec *in_iov, *out_iov;
	struct udp__side *sides;
	uint8_t *in_data, *out_data;
};

struct udp_batch *udp_batch_new(size_t n, size_t in_bytes, size_t out_bytes)
{
	struct udp_batch *b = mem_alloc(sizeof *b);

	CHECK(n >= 1 && n <= UDP__BATCH_MAX && in_bytes && out_bytes);
	b->n = n;
	b->in_bytes = in_bytes;
	b->out_bytes = out_bytes;
	b->in = mem_alloc_array(n, sizeof *b->in);
	b->out = mem_alloc_array(n, sizeof *b->out);
	b->in_iov = mem_alloc_array(n, sizeof *b->in_iov);
	b->out_iov = mem_alloc_array(n, sizeof *b->out_iov);
	b->sides = mem_alloc_array(n, sizeof *b->sides);
	b->in_data = mem_alloc_array(n, in_bytes);
	b->out_data = mem_alloc_array(n, out_bytes);
	for (size_t i = 0; i < n; i++) {
		b->in_iov[i] = (struct iovec){ b->in_data + i * in_bytes, in_bytes };
		b->out_iov[i] = (struct iovec){ b->out_data + i * out_bytes, 0 };
		b->in[i].msg_hdr.msg_iov = &b->in_iov[i];
		b->in[i].msg_hdr.msg_iovlen = 1;
		b->out[i].msg_hdr.msg_iov = &b->out_iov[i];
		b->out[i].msg_hdr.msg_iovlen = 1;
	}
	return b;
}

void udp_batch_free(struct udp_batch *b)
{
	if (!b)
		return;
	mem_free(b->in);
	mem_free(b->out);
	mem_free(b->in_iov);
	mem_free(b->out_iov);
	mem_free(b->sides);
	mem_free(b->in_data);
	mem_free(b->out_data);
	mem_free(b);
}

static bool udp__set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

void udp_prepare(int fd)
{
	struct sockaddr_storage sa = { 0 };
	struct ip_port at;
	socklen_t n = sizeof sa;
	static const uint8_t any[16] = { 0 };

	if (!udp__set(fd, SOL_SOCKET, SO_RCVBUFFORCE, UDP__BUFFER_BYTES))
		udp__set(fd, SOL_SOCKET, SO_RCVBUF, UDP__BUFFER_BYTES);
	if (!udp__set(fd, SOL_SOCKET, SO_SNDBUFFORCE, UDP__BUFFER_BYTES))
		udp__set(fd, SOL_SOCKET, SO_SNDBUF, UDP__BUFFER_BYTES);
	udp__set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
	udp__set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
	/* A socket of one address answers from it anyway; the information costs something for each datagram. */
	if (getsockname(fd, (struct sockaddr *)&sa, &n) != 0 || !ip_from_sockaddr(&sa, &at) ||
	    memcmp(at.ip.b, any, sizeof any) != 0)
		return;
	if (sa.ss_family == AF_INET)
		udp__set(fd, IPPROTO_IP, IP_PKTINFO, 1);
	else
		udp__set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

size_t udp_batch_recv(struct udp_batch *b, int fd)
{
	int got;

	/* Only what the last batch used was changed. */
	for (size_t i = 0; i < b->n && (i < b->in_n || b->in[i].msg_hdr.msg_name == NULL); i++) {
		struct msghdr *h = &b->in[i].msg_hdr;
		h->msg_name = &b->sides[i].peer;
		h->msg_namelen = sizeof b->sides[i].peer;
		h->msg_control = b->sides[i].control;
		h->msg_controllen = sizeof b->sides[i].control;
		h->msg_flags = 0;
	}
	b->in_n = b->out_n = 0;
	do
		got = recvmmsg(fd, b->in, (unsigned)b->n, MSG_DONTWAIT, NULL);
	while (got < 0 && errno == EINTR);
	b->in_n = got > 0 ? (size_t)got : 0;
	return b->in_n;
}

struct slice udp_batch_datagram(const struct udp_batch *b, size_t i)
{
	CHECK(i < b->in_n);
	if (b->in[i].msg_hdr.msg_flags & MSG_TRUNC)
		return slice_of(NULL, 0);
	return slice_of(b->in_data + i * b->in_bytes, b->in[i].msg_len);
}

bool udp_batch_peer(const struct udp_batch *b, size_t i, struct ip_port *ret)
{
	CHECK(i < b->in_n);
	return ip_from_sockaddr(&b->sides[i].peer, ret);
}

uint8_t *udp_batch_room(struct udp_batch *b)
{
	CHECK(b->out_n < b->n);
	return b->out_data + b->out_n * b->out_bytes;
}

/* Where the datagram was sent to, as where its answer comes from. */
static void udp__source(struct msghdr *h)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo *p = (struct in_pktinfo *)(void *)CMSG_DATA(c);
			p->ipi_spec_dst = p->ipi_addr;
			p->ipi_ifindex = 0;
		}
	}
}

void udp_batch_answer(struct udp_batch *b, size_t i, size_t n)
{
	CHECK(i < b->in_n && b->out_n < b->n && n <= b->out_bytes);
	struct msghdr *to = &b->out[b->out_n].msg_hdr, *from = &b->in[i].msg_hdr;

	b->out_iov[b->out_n++].iov_len = n;
	to->msg_name = from->msg_name;
	to->msg_namelen = from->msg_namelen;
	to->msg_control = from->msg_controllen ? from->msg_control : NULL;
	to->msg_controllen = from->msg_controllen;
	if (to->msg_controllen)
		udp__source(to);
}

size_t udp_batch_send(struct udp_batch *b, int fd)
{
	size_t at = 0, failed = 0;

	while (at < b->out_n) {
		int n = sendmmsg(fd, b->out + at, (unsigned)(b->out_n - at), MSG_DONTWAIT);
		if (n > 0) {
			at += (size_t)n;
		} else if (n < 0 && errno != EINTR) {
			/* One that cannot be sent (no route, a full queue) must not hold back those behind it. */
			failed++;
			at++;
		}
	}
	b->out_n = 0;
	return failed;
}
