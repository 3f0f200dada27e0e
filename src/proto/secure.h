/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secure: connections of the HTTPS listeners during their TLS handshake. When it is done, the connection becomes one of
 * h1_server or h2_server, as ALPN chose.
 */
#ifndef PROTO_SECURE_H
#define PROTO_SECURE_H

#include "proto/proto.h"

struct secure;

/*
 * Takes over an accepted, non-blocking socket and begins the handshake with p->tls, which must be set. On failure the
 * socket is closed and counted. thread: the worker's.
 */
void secure_accept(struct proto *p, int fd, const struct ip_port *peer, const struct ip_port *local);
/* For proto.c: closes all. */
void secure_close_all(struct proto *p);
/* For proto.c: closes those for which fn says so; returns how many. */
size_t secure_close_those(struct proto *p, proto_ends_fn fn, void *arg);

#endif
