/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h1_client: one HTTP/1.1 connection to an origin, one exchange at a time (client.h). Which connection to use is the
 * pool's business (origin/pool.h).
 *
 * Life: open or adopt -> busy -> idle -> busy … -> closed.
 */
#ifndef PROTO_H1_CLIENT_H
#define PROTO_H1_CLIENT_H

#include "base/buf.h"
#include "proto/client.h"
#include "wire/h1_chunk.h"

struct h1_client;

/*
 * Starts connecting in plain text. Requests may be sent at once, they leave when the connection is there. out:
 * *ret_client, the caller's. errors (nothing was opened): ERR_SYSTEM, ERR_ORIGIN_CONNECT, ERR_ORIGIN_UNREACHABLE.
 */
enum err h1_client_open(struct proto *p, const struct ip_port *at, struct h1_client **ret_client) MUST_USE;
/* A connection that is there, with its TLS session after the handshake; both are taken over, also when it fails.
 * errors: ERR_SYSTEM. */
enum err h1_client_adopt(struct proto *p, int fd, struct tls_session *tls, struct h1_client **ret_client) MUST_USE;
/* The same, as an exchange for its owner, and back. */
struct client *h1_client_as_client(struct h1_client *c);
struct h1_client *h1_client_of(struct client *c);
/* After on_end: whether another exchange may use the connection. */
bool h1_client_reusable(const struct h1_client *c);
/*
 * Parks an idle connection: on_idle_end is called when the origin closes it or idle_ms passes; the caller frees it
 * then. owner: for h1_client_owner.
 */
void h1_client_park(struct h1_client *c, void (*on_idle_end)(struct h1_client *c), void *owner, uint64_t idle_ms);
/* The owner given when it was parked. */
void *h1_client_owner(const struct h1_client *c);
/* Closes. No event comes any more. NULL is fine. */
void h1_client_free(struct h1_client *c);

#endif
