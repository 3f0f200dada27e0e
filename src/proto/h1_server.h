/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h1_server: HTTP/1.1 sessions of clients (RFC 9112): strict heads, keep-alive, pipelining in order, bodies by length
 * or chunked both ways, Expect, trailers, tunnels, back-pressure in both directions, and a timeout on every wait.
 */
#ifndef PROTO_H1_SERVER_H
#define PROTO_H1_SERVER_H

#include "proto/proto.h"

struct tls_session;

/*
 * Takes over an accepted, non-blocking socket and starts reading. On failure the socket is closed and counted.
 * thread: the worker's. cost: no allocation when a recycled struct is at hand.
 */
void h1_server_accept(struct proto *p, int fd, const struct ip_port *peer, const struct ip_port *local);

/* The same after a TLS handshake; takes over the session too, and the connection is counted already. */
void h1_server_accept_tls(struct proto *p, int fd, struct tls_session *tls, const struct ip_port *peer,
			  const struct ip_port *local);

/* For proto.c: closes all, flushes the answer being assembled, closes idle ones. */
void h1_server_close_all(struct proto *p);
void h1_server_flush(struct proto *p);
void h1_server_close_idle(struct proto *p);
/* For proto.c: closes those for which fn says so; returns how many. */
size_t h1_server_close_those(struct proto *p, proto_ends_fn fn, void *arg);
/* For proto.c: frees the recycled structs. */
void h1_server_free_kept(struct proto *p);

#endif
