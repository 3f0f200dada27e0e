/* SPDX-License-Identifier: Apache-2.0 */
/* server: the API on HTTP: our own sessions on the loop of control, bodies collected within bounds, one answer each. */
#ifndef API_SERVER_H
#define API_SERVER_H

#include "api/api.h"
#include "http/exchange.h"

struct api_server;

/* One listening socket. */
struct api_server_listen {
	int fd; /* non-blocking, close-on-exec; the server's to close */
	struct ip_port addr;
};

/* Accepts on the sockets from the next turn on. api, loop and limits are borrowed. errors: ERR_SYSTEM; the sockets are
 * closed then. The caller frees with api_server_free. */
enum err api_server_new(struct api *api, struct loop *loop, const struct limits *limits,
			const struct api_server_listen *listens, size_t n, struct api_server **ret_server) MUST_USE;
/*
 * Requests below a path that are not the API's ("/apps/"): begin answers them instead; it may put a handler of its own
 * into the exchange, and owns x->owner then. One path; prefix is borrowed. Before the first request.
 */
void api_server_take(struct api_server *s, const char *prefix, void (*begin)(void *arg, struct exchange *x), void *arg);
/* Closes all connections and sockets; outside of a turn. Requests under way are let go. NULL is fine. */
void api_server_free(struct api_server *s);

#endif
