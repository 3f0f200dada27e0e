/* SPDX-License-Identifier: Apache-2.0 */
/* ip: see ip.h. Parsing and printing of single addresses is the C library's inet_pton/ntop. */
#include "base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

enum err ip_parse(struct slice s, struct ip *ret_ip)
{
	char text[IP_TEXT_BYTES];
	struct ip ip = { 0 };

	if (s.n == 0 || !slice_cstr(s, text, sizeof text) || strlen(text) != s.n)
		return ERR_SYNTAX;
	if (inet_pton(AF_INET, text, ip.b) == 1)
		ip.family = 4;
	else if (inet_pton(AF_INET6, text, ip.b) == 1)
		ip.family = 6;
	else
		return ERR_SYNTAX;
	*ret_ip = ip;
	return OK;
}

enum err ip_port_parse(struct slice s, bool allow_zero, struct ip_port *ret)
{
	struct ip_port a = { 0 };
	struct slice host, port;
	uint64_t v;
	size_t colon = slice_rfind(s, ':');

	if (colon == SIZE_MAX)
		return ERR_SYNTAX;
	host = slice_first(s, colon);
	port = slice_from(s, colon + 1);
	bool bracketed = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
	if (bracketed)
		host = slice_of(host.p + 1, host.n - 2);
	if (ip_parse(host, &a.ip) != OK || (a.ip.family == 6) != bracketed)
		return ERR_SYNTAX;
	if (port.n > 5 || !slice_u64(port, &v) || v > 65535 || (v == 0 && !allow_zero))
		return ERR_SYNTAX;
	a.port = (uint16_t)v;
	*ret = a;
	return OK;
}

enum err ip_prefix_parse(struct slice s, struct ip_prefix *ret)
{
	struct ip_prefix p = { 0 };
	struct slice addr = slice_split(&s, '/');
	uint64_t bits;

	TRY(ip_parse(addr, &p.ip));
	unsigned all = p.ip.family == 4 ? 32 : 128;
	if (s.p == NULL)
		bits = all;
	else if (s.n > 3 || !slice_u64(s, &bits) || bits > all)
		return ERR_SYNTAX;
	p.bits = (uint8_t)bits;
	for (unsigned i = p.bits; i < all; i++)
		if (p.ip.b[i / 8] & (0x80 >> (i % 8)))
			return ERR_SYNTAX;
	*ret = p;
	return OK;
}

size_t ip_print(const struct ip *ip, char *out)
{
	if (ip->family == 0 || !inet_ntop(ip->family == 4 ? AF_INET : AF_INET6, ip->b, out, IP_TEXT_BYTES)) {
		memcpy(out, "-", 2);
		return 1;
	}
	return strlen(out);
}

size_t ip_port_print(const struct ip_port *a, char *out)
{
	char text[IP_TEXT_BYTES];

	ip_print(&a->ip, text);
	int n = snprintf(out, IP_PORT_TEXT_BYTES, a->ip.family == 6 ? "[%s]:%u" : "%s:%u", text, a->port);
	return n > 0 ? (size_t)n : 0;
}

struct ip ip_network(const struct ip *ip, unsigned bits)
{
	struct ip out = *ip;

	for (unsigned i = 0; i < sizeof out.b; i++) {
		unsigned keep = bits > 8 * i ? bits - 8 * i : 0;
		if (keep < 8)
			out.b[i] &= (uint8_t)(0xff00u >> keep);
	}
	return out;
}

bool ip_eq(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && memcmp(a->b, b->b, sizeof a->b) == 0;
}

bool ip_in(const struct ip *ip, const struct ip_prefix *p)
{
	if (ip->family != p->ip.family)
		return false;
	unsigned whole = p->bits / 8, rest = p->bits % 8;
	if (memcmp(ip->b, p->ip.b, whole) != 0)
		return false;
	unsigned mask = rest ? 0xffu << (8 - rest) & 0xffu : 0;
	return !rest || ((ip->b[whole] ^ p->ip.b[whole]) & mask) == 0;
}

bool ip_is_loopback(const struct ip *ip)
{
	static const uint8_t one[16] = { [15] = 1 };

	return ip->family == 4 ? ip->b[0] == 127 : ip->family == 6 && memcmp(ip->b, one, 16) == 0;
}

socklen_t ip_to_sockaddr(const struct ip_port *a, struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof *ret);
	if (a->ip.family == 4) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
		v4->sin_family = AF_INET;
		v4->sin_port = htons(a->port);
		memcpy(&v4->sin_addr, a->ip.b, 4);
		return sizeof *v4;
	}
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(a->port);
	memcpy(&v6->sin6_addr, a->ip.b, 16);
	return sizeof *v6;
}

bool ip_from_sockaddr(const struct sockaddr_storage *sa, struct ip_port *ret)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct ip_port a = { 0 };

	if (sa->ss_family == AF_INET) {
		const struct sockaddr_in *v4 = (const struct sockaddr_in *)sa;
		a.ip.family = 4;
		memcpy(a.ip.b, &v4->sin_addr, 4);
		a.port = ntohs(v4->sin_port);
	} else if (sa->ss_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)sa;
		const uint8_t *b = v6->sin6_addr.s6_addr;
		a.port = ntohs(v6->sin6_port);
		if (memcmp(b, mapped, 12) == 0) {
			a.ip.family = 4;
			memcpy(a.ip.b, b + 12, 4);
		} else {
			a.ip.family = 6;
			memcpy(a.ip.b, b, 16);
		}
	} else {
		return false;
	}
	*ret = a;
	return true;
}
