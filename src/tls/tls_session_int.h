/* SPDX-License-Identifier: Apache-2.0 */
/* tls_session_int: how servers and clients of this room make sessions. */
#ifndef TLS_TLS_SESSION_INT_H
#define TLS_TLS_SESSION_INT_H

#include "tls/tls_resume.h"
#include "tls/tls_session.h"
#include "tls/tls_trouble.h"

#include <openssl/ssl.h>

enum { TLS_SESSION__HOST_MAX = 254, TLS_SESSION__EARLY_BYTES = 64 };

struct tls_session {
	uint32_t magic; /* OBJ_TLS_SESSION */
	SSL *ssl;
	int fd;
	void *owner;               /* struct tls_server or tls_client, for its callbacks */
	size_t pending_n;          /* bytes of a record that was taken but has not left */
	bool short_read;           /* the last read from the socket got less than it asked for */
	bool done, broken;         /* handshake over; no call makes sense any more */
	bool may_h2, h2;           /* it may be chosen; ALPN chose it */
	bool challenge;            /* a handshake of RFC 8737 */
	bool waits, waited;        /* for a certificate that is being ordered; no more */
	bool asks_early;           /* a server's that has not yet seen whether early data comes */
	bool may_early, early;     /* the host takes early data; some came and the handshake may not be over */
	bool early_more;           /* there may be more of it */
	uint8_t early_n, early_at; /* bytes of it that the handshake met first */
	char early_bytes[TLS_SESSION__EARLY_BYTES];
	const char *why;
	unsigned long code; /* of OpenSSL's error queue, behind why; 0: none */
	int64_t now_s;
	struct http_tls visitor;
	struct tls_trust *trust; /* whose certificates are asked for, with a reference; NULL: none are */
	bool peer_bad;           /* what was shown is not to be trusted */
	size_t host_n;
	char host[TLS_SESSION__HOST_MAX + 2];
	/* Of clients only. */
	struct tls_resume *resume; /* NULL: nothing is remembered */
	char *key;                 /* under which, key_n bytes */
	size_t key_n;
	struct tls_trouble *trouble; /* what a verification found; NULL: nothing */
	bool report, offered;        /* go on in spite of it; a remembered session was offered */
};

/* The socket of a session as a BIO; one for all sessions of a context. The caller frees with BIO_meth_free. */
BIO_METHOD *tls_session_socket(void) __attribute__((returns_nonnull));
/* A session over fd on this context, neither accepting nor connecting yet; SSL_get_app_data gives it back.
 * errors: ERR_MEMORY. */
enum err tls_session_new(SSL_CTX *ctx, BIO_METHOD *socket, int fd, void *owner, struct tls_session **ret) MUST_USE;

#endif
