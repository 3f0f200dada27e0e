/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2_server: HTTP/2 sessions of clients (RFC 9113) over nghttp2, after ALPN chose "h2": streams as exchanges, flow
 * control tied to whoever takes and gives the bytes, and a budget that ends connections which cost much and ask little.
 */
#ifndef PROTO_H2_SERVER_H
#define PROTO_H2_SERVER_H

#include "proto/proto.h"

struct tls_session;

/*
 * Takes over an accepted, non-blocking socket and its TLS session (NULL: plain text with prior knowledge, for tests);
 * the connection is counted already. thread: the worker's.
 */
void h2_server_accept(struct proto *p, int fd, struct tls_session *tls, const struct ip_port *peer,
		      const struct ip_port *local);

/* For proto.c: closes all, flushes the output being assembled, asks all to finish (GOAWAY). */
void h2_server_close_all(struct proto *p);
/* As h1_server_close_those. */
size_t h2_server_close_those(struct proto *p, proto_ends_fn fn, void *arg);
void h2_server_flush(struct proto *p);
void h2_server_drain(struct proto *p);

#endif
