/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sock: non-blocking, close-on-exec sockets with our error enum. Nothing here waits.
 */
#ifndef SYS_SOCK_H
#define SYS_SOCK_H

#include "base/diag.h"
#include "base/ip.h"

#include <sys/uio.h>

/*
 * A listening TCP socket with SO_REUSEADDR and, when reuseport, SO_REUSEPORT (one per worker). "::" takes IPv4
 * connections too (peers are given as IPv4); every other IPv6 address takes IPv6 only.
 * out: *ret_fd the caller's; *ret_bound the address with its real port. errors: ERR_SYSTEM with the reason in d
 * ("address already in use" …).
 */
enum err sock_listen_tcp(const struct ip_port *at, bool reuseport, int backlog, int *ret_fd, struct ip_port *ret_bound,
			 struct diag *d) MUST_USE;
/*
 * A bound UDP socket with SO_REUSEPORT (one per worker); "::" takes IPv4 as well.
 * out and errors: as sock_listen_tcp.
 */
enum err sock_bind_udp(const struct ip_port *at, int *ret_fd, struct ip_port *ret_bound, struct diag *d) MUST_USE;
/* A listening Unix socket (stream), path mode 0600, an old socket file replaced. errors: ERR_SYSTEM. */
enum err sock_listen_unix(const char *path, int *ret_fd, struct diag *d) MUST_USE;
/* Starts connecting to a Unix socket. errors: ERR_SYSTEM. */
enum err sock_connect_unix(const char *path, int *ret_fd) MUST_USE;
/* Connections come to sock_accept with their first bytes, or after about a second without: for protocols in which the
 * client speaks first. Best effort. */
void sock_defer_accept(int listen_fd);
/* Takes one connection. ret_peer may be NULL; family 0 for a Unix socket. errors: ERR_AGAIN, ERR_SYSTEM (no
 * descriptors: wait), ERR_CLOSED (it is gone already). */
enum err sock_accept(int listen_fd, int *ret_fd, struct ip_port *ret_peer) MUST_USE;
/* Starts connecting; done when the loop says writable and sock_connected gives OK. errors: ERR_SYSTEM,
 * ERR_ORIGIN_CONNECT, ERR_ORIGIN_UNREACHABLE. */
enum err sock_connect(const struct ip_port *to, int *ret_fd) MUST_USE;
/* The result of a connect. errors: ERR_ORIGIN_CONNECT (refused), ERR_ORIGIN_CONNECT_TIMEOUT, ERR_ORIGIN_UNREACHABLE,
 * ERR_AGAIN. */
enum err sock_connected(int fd) MUST_USE;
/* Own address of a TCP socket; false when it has none. */
bool sock_local(int fd, struct ip_port *ret);
/* Reads up to n. out: *ret_n >= 1 with OK. errors: ERR_AGAIN, ERR_CLOSED (end of stream), ERR_SYSTEM (reset). */
enum err sock_recv(int fd, void *p, size_t n, size_t *ret_n) MUST_USE;
/* Writes what fits. out: *ret_n. errors: ERR_AGAIN, ERR_CLOSED (reset, broken pipe), ERR_SYSTEM. more: MSG_MORE. */
enum err sock_send(int fd, const void *p, size_t n, bool more, size_t *ret_n) MUST_USE;
/* The same for several pieces, count <= 8. */
enum err sock_sendv(int fd, const struct iovec *pieces, int count, size_t *ret_n) MUST_USE;
/* Ends the sending direction. */
void sock_shutdown_send(int fd);
/* Closes with a reset instead of a FIN, so that the peer sees an aborted message. */
void sock_reset(int fd);
/* Closes; fd < 0 is fine. */
void sock_close(int fd);

#endif
