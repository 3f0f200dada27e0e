/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_session: see tls_session.h. OpenSSL reads and writes through a BIO of ours, which knows whether the socket had
 * less than was asked for: so a request costs one receive and not a second one that finds nothing.
 */
#include "tls/tls_session_int.h"

#include "tls/tls_trust_int.h"

#include "base/check.h"
#include "base/mem.h"
#include "sys/sock.h"

#include <openssl/err.h>

/* ---- the socket as a BIO ---- */

static struct tls_session *tls_session__of_bio(BIO *b)
{
	return BIO_get_data(b);
}

static int tls_session__bio_read(BIO *b, char *p, size_t n, size_t *ret_n)
{
	struct tls_session *s = tls_session__of_bio(b);

	BIO_clear_retry_flags(b);
	*ret_n = 0;
	enum err e = n ? sock_recv(s->fd, p, n, ret_n) : ERR_AGAIN;
	s->short_read = e != OK || *ret_n < n;
	if (e == ERR_AGAIN)
		BIO_set_retry_read(b);
	return e == OK;
}

static int tls_session__bio_write(BIO *b, const char *p, size_t n, size_t *ret_n)
{
	struct tls_session *s = tls_session__of_bio(b);

	BIO_clear_retry_flags(b);
	*ret_n = 0;
	enum err e = sock_send(s->fd, p, n, false, ret_n);
	if (e == ERR_AGAIN)
		BIO_set_retry_write(b);
	return e == OK;
}

static long tls_session__bio_ctrl(BIO *b, int what, long number, void *p)
{
	return what == BIO_CTRL_FLUSH || what == BIO_CTRL_DUP;
}

BIO_METHOD *tls_session_socket(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "seawall socket");

	CHECK(m && BIO_meth_set_read_ex(m, tls_session__bio_read) == 1 &&
	      BIO_meth_set_write_ex(m, tls_session__bio_write) == 1 &&
	      BIO_meth_set_ctrl(m, tls_session__bio_ctrl) == 1);
	return m;
}

/* ---- life ---- */

enum err tls_session_new(SSL_CTX *ctx, BIO_METHOD *socket, int fd, void *owner, struct tls_session **ret)
{
	struct tls_session *s = mem_alloc(sizeof *s);
	BIO *b = BIO_new(socket);

	s->magic = OBJ_TLS_SESSION;
	s->ssl = SSL_new(ctx);
	s->fd = fd;
	s->owner = owner;
	if (!s->ssl || !b) {
		BIO_free(b);
		tls_session_free(s);
		return ERR_MEMORY;
	}
	BIO_set_data(b, s);
	BIO_set_init(b, 1);
	SSL_set_bio(s->ssl, b, b);
	SSL_set_app_data(s->ssl, s);
	*ret = s;
	return OK;
}

void tls_session_free(struct tls_session *s)
{
	if (!s)
		return;
	OBJ(s, OBJ_TLS_SESSION);
	if (s->ssl && s->resume && s->done) /* else OpenSSL thinks that what is remembered of it is bad */
		SSL_set_shutdown(s->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(s->ssl);
	mem_free(s->key);
	mem_free(s->trouble);
	tls_trust_unref(s->trust);
	mem_free((void *)(uintptr_t)s->visitor.client);
	s->magic = OBJ_FREED;
	mem_free(s);
}

/* ---- results ---- */

/* What a call of OpenSSL that did not succeed means. Leaves the thread's error queue empty. */
static enum err tls_session__failed(struct tls_session *s, int result)
{
	switch (SSL_get_error(s->ssl, result)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
	case SSL_ERROR_WANT_CLIENT_HELLO_CB:
		return ERR_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return ERR_CLOSED;
	case SSL_ERROR_SYSCALL:
		s->broken = true;
		ERR_clear_error();
		return ERR_CLOSED;
	default:
		s->broken = true;
		break;
	}
	unsigned long code = ERR_peek_last_error();
	enum err e = ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING ? ERR_CLOSED : ERR_TLS;
	const char *why = ERR_reason_error_string(code);
	if (!s->why) {
		s->why = why ? why : "no reason is known";
		s->code = code;
	}
	ERR_clear_error();
	return e;
}

/* ---- early data ---- */

/*
 * The first part of a server's handshake. OK: early data came, the session can be used while the handshake goes on, or
 * none comes (s->early tells). errors: as tls_session_handshake.
 */
static enum err tls_session__meet_early(struct tls_session *s)
{
	size_t n = 0;

	switch (SSL_read_early_data(s->ssl, s->early_bytes, sizeof s->early_bytes, &n)) {
	case SSL_READ_EARLY_DATA_SUCCESS:
		s->early_n = (uint8_t)n;
		s->early = s->early_more = true;
		break;
	case SSL_READ_EARLY_DATA_FINISH:
		break;
	default:
		return tls_session__failed(s, -1);
	}
	s->asks_early = false;
	return OK;
}

/* More early data. OK with *ret_n 0: that was all. */
static enum err tls_session__recv_early(struct tls_session *s, char *p, size_t n, size_t *ret_n)
{
	if (s->early_at < s->early_n) {
		*ret_n = (size_t)(s->early_n - s->early_at) < n ? (size_t)(s->early_n - s->early_at) : n;
		memcpy(p, s->early_bytes + s->early_at, *ret_n);
		s->early_at = (uint8_t)(s->early_at + *ret_n);
		return OK;
	}
	switch (SSL_read_early_data(s->ssl, p, n, ret_n)) {
	case SSL_READ_EARLY_DATA_SUCCESS:
		return OK;
	case SSL_READ_EARLY_DATA_FINISH:
		s->early_more = false;
		*ret_n = 0;
		return OK;
	default:
		return tls_session__failed(s, -1);
	}
}

bool tls_session_early(const struct tls_session *s)
{
	return s->early && !SSL_is_init_finished(s->ssl);
}

/* An answer to early data may leave before the client has finished the handshake. */
static int tls_session__write(struct tls_session *s, const char *p, size_t n, size_t *ret_n)
{
	if (tls_session_early(s))
		return SSL_write_early_data(s->ssl, p, n, ret_n);
	return SSL_write_ex(s->ssl, p, n, ret_n);
}

/* ---- the handshake ---- */

bool tls_session_waits(const struct tls_session *s)
{
	return s->waits;
}

void tls_session_wait_no_more(struct tls_session *s)
{
	s->waited = true;
}

enum err tls_session_handshake(struct tls_session *s)
{
	OBJ(s, OBJ_TLS_SESSION);
	if (s->broken)
		return ERR_CLOSED;
	s->waits = false;
	ERR_clear_error();
	if (s->asks_early)
		TRY(tls_session__meet_early(s));
	if (s->early) {
		s->done = true;
		return OK;
	}
	int r = SSL_do_handshake(s->ssl);
	if (r != 1)
		return tls_session__failed(s, r);
	s->done = true;
	if (s->trust)
		s->visitor.client = tls_trust_describe(s->trust, s->ssl, s->peer_bad);
	if (!SSL_is_server(s->ssl)) {
		const unsigned char *alpn = NULL;
		unsigned n = 0;
		SSL_get0_alpn_selected(s->ssl, &alpn, &n);
		s->h2 = n == 2 && memcmp(alpn, "h2", 2) == 0;
	}
	return OK;
}

const char *tls_session_why(const struct tls_session *s)
{
	return s->why ? s->why : "";
}

void tls_session_info(const struct tls_session *s, struct tls_session_info *ret)
{
	CHECK(s->done);
	*ret = (struct tls_session_info){ .version = SSL_get_version(s->ssl),
					  .cipher = SSL_get_cipher_name(s->ssl),
					  .host = slice_of(s->host, s->host_n),
					  .h2 = s->h2,
					  .challenge = s->challenge,
					  .resumed = SSL_session_reused(s->ssl) == 1,
					  .visitor = &s->visitor };
}

/* ---- bytes ---- */

enum err tls_session_recv(struct tls_session *s, void *p, size_t n, size_t *ret_n, bool *ret_drained)
{
	OBJ(s, OBJ_TLS_SESSION);
	CHECK(n > 0);
	*ret_drained = false;
	if (s->broken)
		return ERR_CLOSED;
	ERR_clear_error();
	if (s->early_more) {
		enum err e = tls_session__recv_early(s, p, n, ret_n);
		if (e != OK || *ret_n)
			return e;
	}
	int r = SSL_read_ex(s->ssl, p, n, ret_n);
	if (r != 1)
		return tls_session__failed(s, r);
	*ret_drained = s->short_read && SSL_has_pending(s->ssl) == 0;
	return OK;
}

/*
 * A record that was taken is encrypted already and waits inside OpenSSL, which wants to be called with as many bytes
 * again but does not look at them.
 */
enum err tls_session_flush(struct tls_session *s)
{
	static const char any[SSL3_RT_MAX_PLAIN_LENGTH];
	size_t n = 0;

	OBJ(s, OBJ_TLS_SESSION);
	if (s->broken)
		return ERR_CLOSED;
	if (!s->pending_n)
		return OK;
	ERR_clear_error();
	int r = tls_session__write(s, any, s->pending_n, &n);
	if (r != 1)
		return tls_session__failed(s, r);
	s->pending_n = 0;
	return OK;
}

bool tls_session_sending(const struct tls_session *s)
{
	return s->pending_n && !s->broken;
}

enum err tls_session_send(struct tls_session *s, const void *p, size_t n, size_t *ret_n)
{
	const char *at = p;
	size_t taken = 0;
	enum err e = tls_session_flush(s);

	while (e == OK && taken < n) {
		size_t want = n - taken > SSL3_RT_MAX_PLAIN_LENGTH ? SSL3_RT_MAX_PLAIN_LENGTH : n - taken, got = 0;
		ERR_clear_error();
		int r = tls_session__write(s, at + taken, want, &got);
		if (r != 1)
			e = tls_session__failed(s, r);
		if (e == ERR_AGAIN) {
			s->pending_n = want;
			got = want;
		}
		taken += e == OK || e == ERR_AGAIN ? got : 0;
	}
	if (taken == 0)
		return e;
	*ret_n = taken;
	return OK;
}

enum err tls_session_sendv(struct tls_session *s, const struct iovec *pieces, int count, size_t *ret_n)
{
	size_t sum = 0, n;

	for (int i = 0; i < count; i++) {
		if (pieces[i].iov_len == 0)
			continue;
		enum err e = tls_session_send(s, pieces[i].iov_base, pieces[i].iov_len, &n);
		if (e != OK && sum == 0)
			return e;
		if (e != OK)
			break;
		sum += n;
		if (n < pieces[i].iov_len)
			break;
	}
	*ret_n = sum;
	return OK;
}

void tls_session_end(struct tls_session *s)
{
	OBJ(s, OBJ_TLS_SESSION);
	if (!s->done || s->broken || s->pending_n)
		return;
	ERR_clear_error();
	SSL_shutdown(s->ssl);
	ERR_clear_error();
}
