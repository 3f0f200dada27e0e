/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport: the bytes of a connection, plain or through TLS, with the meaning of sock.h. A branch instead of a table
 * of functions: the plain hit path pays one comparison.
 */
#ifndef PROTO_TRANSPORT_H
#define PROTO_TRANSPORT_H

#include "sys/sock.h"
#include "tls/tls_session.h"

/*
 * As sock_recv. *ret_drained: nothing more is at hand until the descriptor becomes readable again; for a socket that is
 * told from a read that came back short.
 */
static inline enum err transport_recv(int fd, struct tls_session *tls, struct iovec room, size_t *ret_n,
				      bool *ret_drained)
{
	if (tls)
		return tls_session_recv(tls, room.iov_base, room.iov_len, ret_n, ret_drained);
	enum err e = sock_recv(fd, room.iov_base, room.iov_len, ret_n);
	*ret_drained = e == OK && *ret_n < room.iov_len;
	return e;
}

/* As sock_send. What was taken may still wait in TLS: transport_sending. */
static inline enum err transport_send(int fd, struct tls_session *tls, struct slice s, size_t *ret_n)
{
	return tls ? tls_session_send(tls, s.p, s.n, ret_n) : sock_send(fd, s.p, s.n, false, ret_n);
}

/* As sock_sendv. */
static inline enum err transport_sendv(int fd, struct tls_session *tls, const struct iovec *pieces, int count,
				       size_t *ret_n)
{
	return tls ? tls_session_sendv(tls, pieces, count, ret_n) : sock_sendv(fd, pieces, count, ret_n);
}

/* A record waits for the descriptor to become writable. */
static inline bool transport_sending(const struct tls_session *tls)
{
	return tls && tls_session_sending(tls);
}

#endif
