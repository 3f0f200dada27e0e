/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dial: a connection to an origin over TLS in the making: TCP, then the handshake, which also says whether HTTP/2 or
 * HTTP/1.1 will be spoken. What comes out is a descriptor and a session for h1_client_adopt or h2_client_new.
 */
#ifndef PROTO_DIAL_H
#define PROTO_DIAL_H

#include "proto/client.h"

struct dial;

/* How a dial ends: e OK: dial_take it; else ERR_ORIGIN_* with the trouble behind it (NULL: no matter of TLS). The owner
 * calls dial_free. Never from inside dial_start. */
typedef void (*dial_done_fn)(struct dial *d, enum err e, const struct tls_trouble *trouble);

struct dial_setup {
	const struct client_to *to; /* borrowed while the dial lives */
	struct slice key;           /* of its TLS session, copied */
	uint64_t connect_ms;        /* for TCP and TLS together, 1 or more */
	dial_done_fn done;
	void *owner;
};

/* Starts. out: *ret, the caller's. errors (nothing was opened): ERR_SYSTEM, ERR_ORIGIN_CONNECT,
 * ERR_ORIGIN_UNREACHABLE. */
enum err dial_start(struct proto *p, const struct dial_setup *setup, struct dial **ret) MUST_USE;
void *dial_owner(const struct dial *d);
/* After done with OK: the descriptor (no longer in the loop) and the session, which become the caller's, and whether
 * HTTP/2 was agreed on. */
int dial_take(struct dial *d, struct tls_session **ret_tls, bool *ret_h2);
/* Closes what was not taken. done does not come any more. NULL is fine. */
void dial_free(struct dial *d);

#endif
