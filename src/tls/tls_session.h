/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_session: one TLS connection over a non-blocking socket, ours as server (tls_server.h) or client (tls_client.h):
 * the handshake in steps, then bytes in and out with the meaning of sock_recv and sock_send. The descriptor stays the
 * caller's. One thread.
 */
#ifndef TLS_TLS_SESSION_H
#define TLS_TLS_SESSION_H

#include "base/err.h"
#include "base/slice.h"
#include "http/http_tls.h"

#include <sys/uio.h>

struct tls_session;

/* What was agreed on; strings are OpenSSL's, process lifetime. */
struct tls_session_info {
	const char *version; /* "TLSv1.3" */
	const char *cipher;  /* "TLS_AES_256_GCM_SHA384" */
	struct slice host;   /* SNI, canonical; empty: none. Lives as long as the session */
	bool h2;             /* ALPN chose "h2" */
	bool challenge;      /* a certificate authority looked at a proof (RFC 8737): nothing follows, close */
	bool resumed;
	const struct http_tls *visitor; /* the server's; lives as long as the session */
};

/*
 * Goes on with the handshake. OK: it is done. errors: ERR_AGAIN (call again when the socket is readable or writable),
 * ERR_CLOSED (the peer left), ERR_TLS (it failed; the alert has been sent, tls_session_why says more).
 */
enum err tls_session_handshake(struct tls_session *s) MUST_USE;
/*
 * The handshake waits for a certificate that is being ordered, not for the socket: call tls_session_handshake again in
 * a while. tls_session_wait_no_more: go on with what there is.
 */
bool tls_session_waits(const struct tls_session *s);
void tls_session_wait_no_more(struct tls_session *s);
/*
 * Bytes that are received now came before the handshake was over (early data): whoever recorded them may send them
 * again. Cost: one comparison where there never was any.
 */
bool tls_session_early(const struct tls_session *s);
/* After the handshake. */
void tls_session_info(const struct tls_session *s, struct tls_session_info *ret);
/* One clause for people about the last ERR_TLS, such as "unsupported protocol"; static text. */
const char *tls_session_why(const struct tls_session *s);

/*
 * Reads up to n bytes of plain text. *ret_drained: the socket held nothing more when it was asked, and nothing is
 * buffered: no need to ask again before it becomes readable. errors: ERR_AGAIN, ERR_CLOSED (closed with or without
 * close_notify), ERR_TLS (broken records), ERR_SYSTEM.
 */
enum err tls_session_recv(struct tls_session *s, void *p, size_t n, size_t *ret_n, bool *ret_drained) MUST_USE;
/*
 * Takes bytes to send. What was taken (*ret_n) need not be given again, although up to one record of it may still wait
 * for the socket (tls_session_sending). errors: ERR_AGAIN (nothing was taken), ERR_CLOSED, ERR_TLS, ERR_SYSTEM.
 */
enum err tls_session_send(struct tls_session *s, const void *p, size_t n, size_t *ret_n) MUST_USE;
/* The same for several pieces; *ret_n is the sum. */
enum err tls_session_sendv(struct tls_session *s, const struct iovec *pieces, int count, size_t *ret_n) MUST_USE;
/* A record waits for the socket to become writable: call tls_session_flush then. */
bool tls_session_sending(const struct tls_session *s);
/* Sends what waits. errors: as tls_session_send. */
enum err tls_session_flush(struct tls_session *s) MUST_USE;
/* Says that we send no more (close_notify), as far as the socket takes it. For an orderly end only: without it the peer
 * sees that something was cut. */
void tls_session_end(struct tls_session *s);
/* Frees; NULL is fine. The socket is not touched. */
void tls_session_free(struct tls_session *s);

#endif
