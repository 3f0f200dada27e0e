/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ip: addresses, address:port pairs and prefixes as values. IPv4 is kept as itself, not mapped;
 * an IPv4-mapped IPv6 address from a socket becomes IPv4. Text forms: RFC 5952 for IPv6.
 */
#ifndef BASE_IP_H
#define BASE_IP_H

#include "base/err.h"
#include "base/slice.h"

#include <sys/socket.h>

enum { IP_TEXT_BYTES = 48, IP_PORT_TEXT_BYTES = 56 };

struct ip {
	uint8_t family; /* 4, 6, or 0 for none */
	uint8_t b[16];  /* network order; 4 or 16 used, the rest 0 */
};

struct ip_port {
	struct ip ip;
	uint16_t port;
};

struct ip_prefix {
	struct ip ip; /* host bits are 0 */
	uint8_t bits;
};

/* Parses a whole address, "192.0.2.1" or "2001:db8::1" (no brackets, no zone). ERR_SYNTAX otherwise. */
enum err ip_parse(struct slice s, struct ip *ret_ip) MUST_USE;
/* Parses "192.0.2.1:80" or "[2001:db8::1]:80"; port 1 to 65535. With allow_zero a port of 0 is fine (pick one). */
enum err ip_port_parse(struct slice s, bool allow_zero, struct ip_port *ret) MUST_USE;
/* Parses "192.0.2.0/24" or a single address; host bits must be 0. ERR_SYNTAX otherwise. */
enum err ip_prefix_parse(struct slice s, struct ip_prefix *ret) MUST_USE;
/* Writes the text form, NUL-terminated; out holds IP_TEXT_BYTES. Returns the length. */
size_t ip_print(const struct ip *ip, char *out);
/* Writes "192.0.2.1:80" or "[2001:db8::1]:80"; out holds IP_PORT_TEXT_BYTES. Returns the length. */
size_t ip_port_print(const struct ip_port *a, char *out);
/* The address with all but the first `bits` bits 0: the network it lies in. bits beyond its length: the address. */
struct ip ip_network(const struct ip *ip, unsigned bits);
bool ip_eq(const struct ip *a, const struct ip *b);
/* True when the address lies in the prefix; families must agree. */
bool ip_in(const struct ip *ip, const struct ip_prefix *p);
/* True for 127.0.0.0/8 and ::1. */
bool ip_is_loopback(const struct ip *ip);
/* To and from socket addresses. from: false when the family is neither; IPv4-mapped becomes IPv4. */
socklen_t ip_to_sockaddr(const struct ip_port *a, struct sockaddr_storage *ret);
bool ip_from_sockaddr(const struct sockaddr_storage *sa, struct ip_port *ret);

#endif
