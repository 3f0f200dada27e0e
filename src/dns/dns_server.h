/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_server: DNS over UDP and TCP on one worker's loop (RFC 1035 4.2, RFC 7766). Datagrams come and go in batches;
 * connections are bounded, may pipeline, and when they are many the idle ones have less time and the one that was
 * quiet for longest makes room. Answers come from dns_zones; what is counted goes to the worker's counters and to the
 * zone's tally. One thread: the worker's.
 */
#ifndef DNS_DNS_SERVER_H
#define DNS_DNS_SERVER_H

#include "base/limits.h"
#include "dns/dns_cookie.h"
#include "dns/dns_zones.h"
#include "sys/counters.h"
#include "sys/loop.h"

struct dns_server;
struct logring;

struct dns_server_setup {
	struct loop *loop;
	const struct limits *limits;
	struct counters *counters;
	const struct dns_zones *zones;
	size_t worker;                /* number of its tally */
	const char *nsid;             /* name of this node (RFC 5001) */
	const uint8_t *cookie_secret; /* DNS_COOKIE_SECRET_BYTES, the same for every worker */
	struct logring *log;          /* sampled queries; NULL: off */
	/* Whether nothing of that address is to be read; NULL: everybody's is. On the worker's thread, may not block.
	 */
	bool (*banned)(void *arg, const struct ip *peer);
	void *banned_arg;
};

/* A server without sockets. setup is copied, what it points to is borrowed. Caller frees with dns_server_free. */
struct dns_server *dns_server_new(const struct dns_server_setup *setup) __attribute__((returns_nonnull));
/* Ends connections and forgets the sockets, which stay the caller's. NULL is fine. */
void dns_server_free(struct dns_server *s);
/* Serves a bound UDP socket / a listening TCP socket, non-blocking. errors: ERR_SYSTEM, ERR_QUEUE_FULL (too many). */
enum err dns_server_add_udp(struct dns_server *s, int fd) MUST_USE;
enum err dns_server_add_tcp(struct dns_server *s, int fd) MUST_USE;
/* Closes connections of addresses that are banned now; returns how many. */
size_t dns_server_close_banned(struct dns_server *s);
/* Takes nothing new; connections end when what they asked is answered. */
void dns_server_drain(struct dns_server *s);
/* Open connections; 0 for NULL. */
size_t dns_server_connections(const struct dns_server *s);

#endif
