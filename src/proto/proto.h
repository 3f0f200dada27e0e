/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proto: what all protocol sessions of one worker share: the loop, limits, counters, recycled memory, one buffer to
 * receive into and one to assemble answers in. One per worker; never shared between threads. Lifetime: process.
 */
#ifndef PROTO_PROTO_H
#define PROTO_PROTO_H

#include "base/arena.h"
#include "base/limits.h"
#include "http/exchange.h"
#include "proto/rest.h"
#include "sys/counters.h"
#include "sys/loop.h"

enum { PROTO_IN_BYTES = 65536, PROTO_OUT_BYTES = 262144, PROTO_CONNS_KEPT = 1024 };

struct h1_conn;
struct h2_conn;
struct secure;
struct tls_client;
struct tls_resume;
struct tls_server;

struct proto {
	struct loop *loop;
	const struct limits *limits;
	struct counters *counters;
	const struct exchange_handler *handler;
	void *server; /* given to the handler as x->server */
	struct arena_pool arenas;
	struct field *fields; /* head_fields_max of them, for parsing */
	char *in;             /* PROTO_IN_BYTES; holds received bytes during one callback */
	char *out;            /* PROTO_OUT_BYTES; the answer being assembled for out_owner */
	size_t out_n;
	struct h1_conn *out_owner;
	struct h2_conn *out_h2;     /* at most one of the two is set */
	struct h1_conn *conns_free; /* recycled structs */
	size_t conns_free_n;
	struct h1_conn *conns; /* all open client connections */
	size_t conns_n;
	struct h2_conn *h2s;                 /* counted in conns_n too */
	struct tls_client *tls_client;       /* towards origins; borrowed */
	struct tls_resume *tls_resume;       /* sessions with them; borrowed. NULL: none are kept */
	struct tls_server *tls;              /* of the HTTPS listeners; NULL: there are none. Borrowed */
	struct secure *secures;              /* connections in their TLS handshake */
	size_t secures_n, secures_waiting_n; /* of them, for a certificate */
	struct rest_line resting;            /* connections of clients with nothing under way, handshakes too */
	struct rest_line shaking;            /* those in their TLS handshake */
	/* HTTP/1: a client that ends its direction while it waits has left; else it gets its answer all the same. */
	bool fin_leaves;
	bool draining; /* no keep-alive any more, idle connections close */
};

/*
 * Prepares p for the calling worker. limits and counters are borrowed for its life; handler answers what the sessions
 * receive. Allocates its buffers; hooks the end of each turn.
 */
void proto_init(struct proto *p, struct loop *loop, const struct limits *limits, struct counters *counters,
		const struct exchange_handler *handler, void *server);
/*
 * Frees the buffers. Before it, outside a turn: proto_close_all and a loop_turn, because closed connections are
 * freed at the end of a turn.
 */
void proto_fini(struct proto *p);
/* Sends the answer that is being assembled, whosever it is. */
void proto_flush(struct proto *p);
/* Closes every connection of clients; their structs go at the end of the turn. */
void proto_close_all(struct proto *p);
/* Whether a connection of that client is to end. */
typedef bool (*proto_ends_fn)(void *arg, const struct ip *peer);
/*
 * Closes the connections for which fn says so, whatever they are doing: handshakes, requests under way, tunnels; their
 * structs go at the end of the turn. Outside of callbacks of sessions (a task of the loop). Returns how many.
 * cost: a call of fn for each open connection.
 */
size_t proto_close_those(struct proto *p, proto_ends_fn fn, void *arg);
/*
 * Whether there is room for one more connection of a client, in its TLS handshake or not; makes it by ending the one
 * that has had nothing under way for longest. False: everybody is busy.
 */
bool proto_make_room(struct proto *p, bool tls);
/* Stops keep-alive: idle client connections are closed now, others after their current answer. */
void proto_drain(struct proto *p);

#endif
