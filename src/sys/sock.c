/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sock: see sock.h. Errno becomes enum err here and goes no further; where it matters, the tables below say which
 * errno means what. TCP_NODELAY is set on listening sockets, from which Linux hands it down to accepted ones.
 */
#include "sys/sock.h"

#include "base/check.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { SOCK_UNIX_BACKLOG = 128, SOCK_PIECES_MAX = 8 };

static bool sock__set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

static const char *sock__errno_text(int e)
{
	switch (e) {
	case EADDRINUSE:
		return "address already in use";
	case EADDRNOTAVAIL:
		return "this machine does not have that address";
	case EACCES:
		return "permission denied (ports below 1024 need CAP_NET_BIND_SERVICE)";
	default: {
		const char *text = strerrordesc_np(e);
		return text ? text : "unknown error";
	}
	}
}

/* Options that TCP and UDP share, and bind; errno is set on failure. */
static bool sock__bind(int fd, const struct ip_port *at, bool reuseport)
{
	static const uint8_t any[16] = { 0 };
	struct sockaddr_storage sa;
	socklen_t n = ip_to_sockaddr(at, &sa);

	if (reuseport && !sock__set(fd, SOL_SOCKET, SO_REUSEPORT, 1))
		return false;
	/* "::" takes IPv4 as well, whatever net.ipv6.bindv6only says; any other IPv6 address takes IPv6 only. */
	if (at->ip.family == 6 && !sock__set(fd, IPPROTO_IPV6, IPV6_V6ONLY, memcmp(at->ip.b, any, 16) != 0))
		return false;
	return bind(fd, (struct sockaddr *)&sa, n) == 0;
}

static bool sock__bind_tcp(int fd, const struct ip_port *at, bool reuseport)
{
	return sock__set(fd, SOL_SOCKET, SO_REUSEADDR, 1) && sock__set(fd, IPPROTO_TCP, TCP_NODELAY, 1) &&
	       sock__bind(fd, at, reuseport);
}

enum err sock_listen_tcp(const struct ip_port *at, bool reuseport, int backlog, int *ret_fd, struct ip_port *ret_bound,
			 struct diag *d)
{
	char where[IP_PORT_TEXT_BYTES];
	struct ip_port bound;
	int e, fd;

	CHECK((at->ip.family == 4 || at->ip.family == 6) && backlog > 0);
	fd = socket(at->ip.family == 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || !sock__bind_tcp(fd, at, reuseport) || listen(fd, backlog) != 0 || !sock_local(fd, &bound)) {
		e = errno;
		ip_port_print(at, where);
		sock_close(fd);
		return diag_set(d, ERR_SYSTEM, where, "cannot listen: %s", sock__errno_text(e));
	}
	*ret_fd = fd;
	*ret_bound = bound;
	return OK;
}

enum err sock_bind_udp(const struct ip_port *at, int *ret_fd, struct ip_port *ret_bound, struct diag *d)
{
	char where[IP_PORT_TEXT_BYTES];
	struct ip_port bound;
	int e, fd;

	CHECK(at->ip.family == 4 || at->ip.family == 6);
	fd = socket(at->ip.family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || !sock__bind(fd, at, true) || !sock_local(fd, &bound)) {
		e = errno;
		ip_port_print(at, where);
		sock_close(fd);
		return diag_set(d, ERR_SYSTEM, where, "cannot bind for UDP: %s", sock__errno_text(e));
	}
	*ret_fd = fd;
	*ret_bound = bound;
	return OK;
}

/* False when path does not fit. */
static bool sock__unix_address(const char *path, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return path[0] != '\0' && slice_cstr(slice_str(path), ret->sun_path, sizeof ret->sun_path);
}

/* Removes an old socket; anything else stays and makes bind fail with "address already in use". */
static void sock__unix_remove_old(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
}

enum err sock_listen_unix(const char *path, int *ret_fd, struct diag *d)
{
	struct sockaddr_un un;
	int e, fd;

	if (!sock__unix_address(path, &un))
		return diag_set(d, ERR_SYSTEM, path, "cannot listen: the path is longer than %zu bytes or empty",
				sizeof un.sun_path - 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	sock__unix_remove_old(path);
	/* On Linux the file gets the socket's mode, so that there is no moment at which others may connect. */
	if (fd < 0 || fchmod(fd, 0600) != 0 || bind(fd, (struct sockaddr *)&un, sizeof un) != 0 ||
	    listen(fd, SOCK_UNIX_BACKLOG) != 0) {
		e = errno;
		sock_close(fd);
		return diag_set(d, ERR_SYSTEM, path, "cannot listen: %s", sock__errno_text(e));
	}
	*ret_fd = fd;
	return OK;
}

enum err sock_connect_unix(const char *path, int *ret_fd)
{
	struct sockaddr_un un;
	int fd;

	if (!sock__unix_address(path, &un))
		return ERR_SYSTEM;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ERR_SYSTEM;
	if (connect(fd, (struct sockaddr *)&un, sizeof un) != 0) {
		close(fd);
		return ERR_SYSTEM;
	}
	*ret_fd = fd;
	return OK;
}

void sock_defer_accept(int listen_fd)
{
	(void)!sock__set(listen_fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1);
}

enum err sock_accept(int listen_fd, int *ret_fd, struct ip_port *ret_peer)
{
	struct sockaddr_storage sa;
	socklen_t n;
	int fd;

	do {
		n = sizeof sa;
		sa.ss_family = AF_UNSPEC;
		fd = accept4(listen_fd, (struct sockaddr *)&sa, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
	} while (fd < 0 && errno == EINTR);
	if (fd >= 0) {
		*ret_fd = fd;
		if (ret_peer != NULL && !ip_from_sockaddr(&sa, ret_peer))
			*ret_peer = (struct ip_port){ 0 };
		return OK;
	}
	switch (errno) {
	case EAGAIN:
		return ERR_AGAIN;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return ERR_SYSTEM;
	case EBADF:
	case EINVAL:
	case ENOTSOCK:
	case EFAULT:
		check_panic(__FILE__, __LINE__, "accept on something that does not listen");
	default: /* ECONNABORTED, EPERM (firewall) and pending network errors, which accept(2) lists: try the next one
		  */
		return ERR_CLOSED;
	}
}

/* What the errno of a connect means for the origin. */
static enum err sock__connect_err(int e)
{
	switch (e) {
	case 0:
		return OK;
	case ECONNREFUSED:
	case ECONNRESET:
	case ECONNABORTED:
	case EPIPE:
		return ERR_ORIGIN_CONNECT;
	case ETIMEDOUT:
		return ERR_ORIGIN_CONNECT_TIMEOUT;
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EHOSTDOWN:
	case ENETDOWN:
	case ENONET:
	case EACCES: /* a route or a firewall of this machine says no */
	case EPERM:
	case EINVAL: /* an address that cannot be a peer, such as a link-local one without its interface */
		return ERR_ORIGIN_UNREACHABLE;
	default: /* EADDRNOTAVAIL (no local ports left), ENOBUFS, … */
		return ERR_SYSTEM;
	}
}

enum err sock_connect(const struct ip_port *to, int *ret_fd)
{
	struct sockaddr_storage sa;
	socklen_t n;
	int fd, e;

	CHECK(to->ip.family == 4 || to->ip.family == 6);
	n = ip_to_sockaddr(to, &sa);
	fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno == EAFNOSUPPORT ? ERR_ORIGIN_UNREACHABLE : ERR_SYSTEM;
	if (!sock__set(fd, IPPROTO_TCP, TCP_NODELAY, 1)) {
		close(fd);
		return ERR_SYSTEM;
	}
	/* After EINTR the connect goes on like after EINPROGRESS. */
	if (connect(fd, (struct sockaddr *)&sa, n) != 0 && errno != EINPROGRESS && errno != EINTR) {
		e = errno;
		close(fd);
		return sock__connect_err(e);
	}
	*ret_fd = fd;
	return OK;
}

enum err sock_connected(int fd)
{
	struct sockaddr_storage sa;
	socklen_t n = sizeof sa, e_size = sizeof(int);
	int e = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &e_size) != 0)
		return ERR_SYSTEM;
	if (e != 0)
		return sock__connect_err(e);
	if (getpeername(fd, (struct sockaddr *)&sa, &n) == 0)
		return OK;
	return errno == ENOTCONN ? ERR_AGAIN : ERR_SYSTEM;
}

bool sock_local(int fd, struct ip_port *ret)
{
	struct sockaddr_storage sa;
	socklen_t n = sizeof sa;

	return getsockname(fd, (struct sockaddr *)&sa, &n) == 0 && ip_from_sockaddr(&sa, ret);
}

enum err sock_recv(int fd, void *p, size_t n, size_t *ret_n)
{
	ssize_t got;

	CHECK(n > 0);
	do
		got = recv(fd, p, n, 0);
	while (got < 0 && errno == EINTR);
	if (got > 0) {
		*ret_n = (size_t)got;
		return OK;
	}
	if (got == 0)
		return ERR_CLOSED;
	return errno == EAGAIN ? ERR_AGAIN : ERR_SYSTEM;
}

/* What a send gave: bytes, or the errno. */
static enum err sock__sent(ssize_t sent, size_t *ret_n)
{
	if (sent >= 0) {
		*ret_n = (size_t)sent;
		return OK;
	}
	switch (errno) {
	case EAGAIN:
		return ERR_AGAIN;
	case EPIPE:
	case ECONNRESET:
		return ERR_CLOSED;
	default:
		return ERR_SYSTEM;
	}
}

enum err sock_send(int fd, const void *p, size_t n, bool more, size_t *ret_n)
{
	ssize_t sent;

	do
		sent = send(fd, p, n, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
	while (sent < 0 && errno == EINTR);
	return sock__sent(sent, ret_n);
}

enum err sock_sendv(int fd, const struct iovec *pieces, int count, size_t *ret_n)
{
	/* sendmsg only reads the pieces; its struct is shared with recvmsg and therefore not const. */
	struct msghdr m = { .msg_iov = (struct iovec *)(uintptr_t)pieces, .msg_iovlen = (size_t)count };
	ssize_t sent;

	CHECK(count > 0 && count <= SOCK_PIECES_MAX);
	do
		sent = sendmsg(fd, &m, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sock__sent(sent, ret_n);
}

void sock_shutdown_send(int fd)
{
	/* Fails when the peer has reset the connection; the next read says so. */
	(void)shutdown(fd, SHUT_WR);
}

void sock_reset(int fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	sock_close(fd);
}

void sock_close(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}
