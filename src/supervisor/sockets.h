/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sockets: the listening sockets of the node, opened once by the supervisor and kept through every restart of an edge
 * and every upgrade, so that no connection is refused. For each address one socket per worker (SO_REUSEPORT), for the
 * API one; [listen] dns has UDP and TCP on the same port, also when the kernel picks it.
 */
#ifndef SUPERVISOR_SOCKETS_H
#define SUPERVISOR_SOCKETS_H

#include "supervisor/handoff.h"
#include "supervisor/node.h"

/*
 * Makes h->listens what the configuration asks for: sockets of the same configured address are kept (a port that the
 * kernel picked stays), missing ones are opened. Sockets of addresses that are configured no more move to *old, to be
 * closed when no edge accepts from them.
 * errors: ERR_SYSTEM, the address and the reason in d; the other addresses are open all the same.
 */
enum err sockets_open(const struct node_config *node, struct handoff *h, struct handoff *old, struct diag *d) MUST_USE;
/* Closes every socket of h->listens and empties it. */
void sockets_close(struct handoff *h);
/* Writes {"pid":…,"generation":…,"http":["127.0.0.1:8080",…],"https":…,"dns":…,"api":…} for DATA/run/listen.json; a
 * kind without sockets is left out. */
void sockets_json(const struct handoff *h, int pid, struct buf *b);

#endif
