/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2_client: one HTTP/2 connection to an origin (RFC 9113, over nghttp2), shared by many exchanges at a time; each is a
 * stream and a struct client. An origin is as little trusted as a visitor: heads, streams, windows and what waits to be
 * sent have bounds, pushes are refused.
 *
 * Back-pressure: an answer that its owner does not read stops at the stream's window, and holds up no other stream.
 */
#ifndef PROTO_H2_CLIENT_H
#define PROTO_H2_CLIENT_H

#include "proto/client.h"

struct h2_client;

struct h2_client_setup {
	unsigned streams_max; /* ours; the origin's own bound counts too */
	/* It takes no new requests any more (GOAWAY, broken, idle for too long): forget it. Once; streams that are
	 * under way go on, and it frees itself with the last of them. */
	void (*over)(struct h2_client *c, void *owner);
	void *owner;
};

/* A connection on which HTTP/2 was agreed; fd and tls are taken over, also when it fails. errors: ERR_SYSTEM,
 * ERR_MEMORY. */
enum err h2_client_new(struct proto *p, int fd, struct tls_session *tls, const struct h2_client_setup *setup,
		       struct h2_client **ret) MUST_USE;
/* Whether one more request may begin now. */
bool h2_client_room(const struct h2_client *c);
/* An exchange on it, for client_begin; needs h2_client_room. The caller gives it back with h2_client_release. */
struct client *h2_client_stream(struct h2_client *c) __attribute__((returns_nonnull));
/* The exchange is over, or to be broken off: then its stream is reset. */
void h2_client_release(struct client *stream);
/* Closes at once, without streams only; `over` is called if it was not. */
void h2_client_free(struct h2_client *c);

#endif
