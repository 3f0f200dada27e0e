/* SPDX-License-Identifier: Apache-2.0 */
/* dns_server_int: what the files of the server share: dns_server.c (a query to an answer, UDP), dns_tcp.c
 * (connections). */
#ifndef DNS_DNS_SERVER_INT_H
#define DNS_DNS_SERVER_INT_H

#include "dns/dns_answer.h"
#include "dns/dns_rate.h"
#include "dns/dns_server.h"
#include "dns/dns_xfr.h"
#include "sys/udp.h"

enum {
	DNS_SERVER_SOCKETS_MAX = 128,
	DNS_SERVER_QUERY_BYTES = 4096, /* the largest query that is read; a real one has some hundred */
};

struct dns_tcp;

struct dns_server_socket {
	struct loop_io io;
	struct dns_server *server;
};

/* Lifetime: process (worker). */
struct dns_server {
	uint32_t magic; /* OBJ_DNS_SERVER */
	struct dns_server_setup setup;
	struct dns_sign *signer;
	struct dns_rate *rate; /* NULL: off */
	struct udp_batch *batch;
	struct dns_server_socket sockets[DNS_SERVER_SOCKETS_MAX];
	size_t sockets_n;
	bool draining;
	uint64_t logged;                 /* queries that could have been, for sampling */
	struct dns_tcp *oldest, *newest; /* connections, by when they were last of use */
	size_t tcp_n, transfers_n;
	uint8_t *tcp_out; /* one answer with its length */
};

/* How a query came. */
struct dns_server_from {
	struct ip_port peer;
	bool tcp;
	int keepalive_100ms; /* what to tell who asks over TCP */
};

/*
 * The answer to one message in out[0..cap); returns its length, 0: none. cap is at least DNS_MSG_UDP_BYTES_MIN.
 */
size_t dns_server_answer(struct dns_server *s, struct slice message, const struct dns_server_from *from, uint8_t *out,
			 size_t cap);

/*
 * A transfer when the message asks for one that it may have; NULL: dns_server_answer has the answer. Only TCP.
 */
struct dns_xfr *dns_server_transfer(struct dns_server *s, struct slice message, const struct dns_server_from *from);

/* Whether nothing of that address is read; counts it then. */
bool dns_server_is_banned(struct dns_server *s, const struct ip *peer);

/* Listening socket is readable. */
void dns_tcp_accept(struct loop_io *io, uint32_t events);
/* Closes every connection. */
void dns_tcp_close_all(struct dns_server *s);
/* Closes those for which fn says so; returns how many. */
size_t dns_tcp_close_those(struct dns_server *s, bool (*fn)(void *arg, const struct ip *peer), void *arg);
/* Closes those that wait for a query. */
void dns_tcp_drain(struct dns_server *s);

#endif
