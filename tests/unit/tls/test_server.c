/* SPDX-License-Identifier: Apache-2.0 */
/* test_server: handshakes and bytes against OpenSSL's own client over a pair of sockets. */
#include "test_tls.h"

#include "base/crypto.h"
#include "base/mem.h"
#include "sys/snap.h"
#include "tls/tls_server.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Both ends of one connection. */
struct pair {
	struct tls_certs *certs;
	struct tls_server *server;
	struct tls_session *s;
	SSL_CTX *ctx;
	SSL *client;
	int fds[2];
};

static struct tls_policy policy_now;

static void policy(void *arg, struct slice host, struct tls_policy *ret)
{
	*ret = policy_now;
}

/* What RFC 8737 calls the key authorization, while an order is under way. */
static struct slice proof_now;

static struct slice challenge(void *arg, struct slice host)
{
	return slice_eq(host, SLICE("new.test")) ? proof_now : slice_of(NULL, 0);
}

static void open_pair(struct pair *p)
{
	policy_now = (struct tls_policy){ .h2 = true };
	*p = (struct pair){ .certs = tls_certs_new() };
	tls_certs_publish(p->certs, make_cert(&(struct wanted){ .name = "a", .hosts = { "a.test", "*.a.test" } }));
	tls_certs_publish(p->certs,
			  make_cert(&(struct wanted){ .name = "b", .hosts = { "bad.test" }, .seal_for = "x" }));
	const struct tls_server_setup setup = {
		.certs = p->certs, .seal = the_seal(), .policy = policy, .challenge = challenge
	};
	assert_int_equal(tls_server_new(&setup, &p->server), OK);
	p->ctx = SSL_CTX_new(TLS_client_method());
}

static void connect_pair(struct pair *p, const char *host, const char *alpn)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p->fds), 0);
	assert_int_equal(tls_server_accept(p->server, p->fds[0], NOW_S, &p->s), OK);
	p->client = SSL_new(p->ctx);
	assert_int_equal(SSL_set_fd(p->client, p->fds[1]), 1);
	if (host)
		assert_int_equal(SSL_set_tlsext_host_name(p->client, host), 1);
	if (alpn)
		assert_int_equal(SSL_set_alpn_protos(p->client, (const unsigned char *)alpn, (unsigned)strlen(alpn)),
				 0);
	SSL_set_connect_state(p->client);
}

static enum err shake(struct pair *p)
{
	enum err e = ERR_AGAIN;

	for (int i = 0; i < 20 && e == ERR_AGAIN; i++) {
		SSL_do_handshake(p->client);
		e = tls_session_handshake(p->s);
	}
	if (e == OK)
		assert_int_equal(SSL_do_handshake(p->client), 1);
	return e;
}

static void close_pair(struct pair *p)
{
	tls_session_free(p->s);
	SSL_set_shutdown(p->client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); /* else its session counts as bad */
	SSL_free(p->client);
	close(p->fds[0]);
	close(p->fds[1]);
	p->s = NULL;
	p->client = NULL;
	ERR_clear_error();
}

static void free_pair(struct pair *p)
{
	tls_server_free(p->server);
	tls_certs_free(p->certs);
	SSL_CTX_free(p->ctx);
}

static void the_name_decides(void **state)
{
	static const struct {
		const char *host, *alpn, *why;
		bool ok, h2;
	} rows[] = {
		{ "a.test", NULL, "", true, false },
		{ "A.Test", "\x08http/1.1", "", true, false },
		{ "www.a.test", "\x08http/1.1\x02h2", "", true, true },
		{ "www.a.test", "\x03h99", "no application protocol", false, false },
		{ "b.test", NULL, "no certificate for this name", false, false },
		{ "a.b.a.test", NULL, "no certificate for this name", false, false },
		{ NULL, NULL, "no server name", false, false },
		{ "a_test:1", NULL, "no server name", false, false },
		{ "bad.test", NULL, "private key", false, false },
	};
	struct pair p;

	open_pair(&p);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct tls_session_info info;
		connect_pair(&p, rows[i].host, rows[i].alpn);
		assert_int_equal(shake(&p), rows[i].ok ? OK : ERR_TLS);
		if (rows[i].ok) {
			tls_session_info(p.s, &info);
			assert_string_equal(info.version, "TLSv1.3");
			assert_int_equal(info.h2, rows[i].h2);
			assert_true(slice_eq_nocase(info.host, slice_str(rows[i].host)));
			assert_false(info.resumed);
		} else if (!strstr(tls_session_why(p.s), rows[i].why)) {
			fail_msg("%s: \"%s\"", rows[i].host, tls_session_why(p.s));
		}
		close_pair(&p);
	}
	free_pair(&p);
}

static void the_policy_of_the_host_counts(void **state)
{
	struct tls_session_info info;
	struct pair p;

	open_pair(&p);
	SSL_CTX_set_max_proto_version(p.ctx, TLS1_2_VERSION);
	connect_pair(&p, "a.test", "\x02h2\x08http/1.1");
	assert_int_equal(shake(&p), OK);
	tls_session_info(p.s, &info);
	assert_string_equal(info.version, "TLSv1.2");
	assert_true(info.h2);
	close_pair(&p);
	policy_now = (struct tls_policy){ .min_version = TLS_VERSION_1_3 };
	connect_pair(&p, "a.test", NULL);
	assert_int_equal(shake(&p), ERR_TLS);
	close_pair(&p);
	SSL_CTX_set_max_proto_version(p.ctx, 0);
	connect_pair(&p, "a.test", "\x02h2\x08http/1.1");
	assert_int_equal(shake(&p), OK);
	tls_session_info(p.s, &info);
	assert_false(info.h2);
	close_pair(&p);
	free_pair(&p);
}

/* The digest that a certificate carries for RFC 8737, as OpenSSL prints it; false: it has none. */
static bool identifier_of(X509 *x, uint8_t ret[static 32])
{
	ASN1_OBJECT *id = OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1);
	int at = X509_get_ext_by_OBJ(x, id, -1);

	ASN1_OBJECT_free(id);
	if (at < 0)
		return false;
	X509_EXTENSION *e = X509_get_ext(x, at);
	const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(e);
	const unsigned char *p = ASN1_STRING_get0_data(value);
	assert_true(X509_EXTENSION_get_critical(e));
	assert_int_equal(ASN1_STRING_length(value), 34);
	assert_true(p[0] == 4 && p[1] == 32);
	memcpy(ret, p + 2, 32);
	return true;
}

static void a_proof_is_shown_to_who_asks_for_it_alone(void **state)
{
	static const struct {
		const char *host, *alpn;
		bool ok, proof;
	} rows[] = {
		{ "new.test",
		  "\x0a"
		  "acme-tls/1",
		  true, true },
		{ "NEW.test",
		  "\x0a"
		  "acme-tls/1",
		  true, true },
		{ "new.test",
		  "\x0a"
		  "acme-tls/1\x02h2",
		  false, false }, /* not alone: an ordinary client */
		{ "new.test", NULL, false, false },
		{ "other.test",
		  "\x0a"
		  "acme-tls/1",
		  false, false },
		{ "a.test",
		  "\x0a"
		  "acme-tls/1",
		  false, false },
		{ "a.test",
		  "\x02h2\x0a"
		  "acme-tls/1",
		  true, false },
		{ NULL,
		  "\x0a"
		  "acme-tls/1",
		  false, false },
	};
	uint8_t digest[32], want[32];
	struct tls_session_info info;
	struct pair p;

	open_pair(&p);
	proof_now = SLICE("token.thumbprint");
	assert_int_equal(crypto_sha256(proof_now, want), OK);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		connect_pair(&p, rows[i].host, rows[i].alpn);
		assert_int_equal(shake(&p), rows[i].ok ? OK : ERR_TLS);
		if (rows[i].ok) {
			X509 *x = SSL_get1_peer_certificate(p.client);
			tls_session_info(p.s, &info);
			assert_int_equal(info.challenge, rows[i].proof);
			assert_int_equal(identifier_of(x, digest), rows[i].proof);
			if (rows[i].proof) {
				assert_memory_equal(digest, want, sizeof want);
				assert_int_equal(X509_check_host(x, "new.test", 0, 0, NULL), 1);
				assert_false(SSL_SESSION_has_ticket(SSL_get_session(p.client)));
			}
			X509_free(x);
		}
		close_pair(&p);
	}
	proof_now = slice_of(NULL, 0);
	connect_pair(&p, "new.test",
		     "\x0a"
		     "acme-tls/1");
	assert_int_equal(shake(&p), ERR_TLS);
	close_pair(&p);
	free_pair(&p);
}

static SSL_SESSION *ticket_of_client;

static int keep_ticket(SSL *ssl, SSL_SESSION *session)
{
	SSL_SESSION_free(ticket_of_client);
	ticket_of_client = session;
	return 1;
}

static void a_ticket_resumes(void **state)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	struct tls_session_info info;
	struct pair p;
	char byte;

	open_pair(&p);
	SSL_CTX_set_session_cache_mode(p.ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(p.ctx, keep_ticket);
	for (size_t i = 0; i < 2; i++) {
		SSL_CTX_set_max_proto_version(p.ctx, versions[i]);
		connect_pair(&p, "a.test", NULL);
		assert_int_equal(shake(&p), OK);
		SSL_read(p.client, &byte, 1); /* takes the ticket of TLS 1.3 */
		close_pair(&p);
		assert_non_null(ticket_of_client);
		connect_pair(&p, "a.test", NULL);
		assert_int_equal(SSL_set_session(p.client, ticket_of_client), 1);
		assert_int_equal(shake(&p), OK);
		tls_session_info(p.s, &info);
		assert_true(info.resumed);
		/* A ticket of TLS 1.3 is for one use (RFC 8446 C.4): there is a new one. */
		const SSL_SESSION *used = ticket_of_client;
		SSL_read(p.client, &byte, 1);
		assert_true(i == 0 || ticket_of_client != used);
		close_pair(&p);
		/* But not for another name. */
		connect_pair(&p, "www.a.test", NULL);
		assert_int_equal(SSL_set_session(p.client, ticket_of_client), 1);
		assert_int_equal(shake(&p), OK);
		tls_session_info(p.s, &info);
		assert_false(info.resumed);
		close_pair(&p);
		SSL_SESSION_free(ticket_of_client);
		ticket_of_client = NULL;
	}
	free_pair(&p);
}

/* Sends `early` with a ticket and looks at what the server makes of it. Returns whether it was taken. */
static bool early_with(struct pair *p, SSL_SESSION *ticket, const char *early)
{
	char in[300];
	bool drained;
	size_t n = 0;

	connect_pair(p, "a.test", NULL);
	assert_int_equal(SSL_set_session(p->client, ticket), 1);
	assert_int_equal(SSL_write_early_data(p->client, early, strlen(early), &n), 1);
	assert_int_equal(shake(p), OK);
	bool taken = SSL_get_early_data_status(p->client) == SSL_EARLY_DATA_ACCEPTED;
	if (taken) {
		size_t got = 0;
		while (got < strlen(early)) {
			assert_int_equal(tls_session_recv(p->s, in + got, sizeof in - got, &n, &drained), OK);
			got += n;
		}
		assert_memory_equal(in, early, got);
	}
	assert_int_equal(SSL_write(p->client, "late", 4), 4);
	assert_int_equal(tls_session_recv(p->s, in, sizeof in, &n, &drained), OK);
	assert_int_equal(n, 4);
	assert_false(tls_session_early(p->s)); /* the client has finished */
	assert_int_equal(tls_session_send(p->s, "fine", 4, &n), OK);
	assert_int_equal(SSL_read(p->client, in, sizeof in), 4);
	close_pair(p);
	return taken;
}

static void early_data_once_and_where_it_is_wanted(void **state)
{
	char long_one[201] = { 0 }, byte;
	struct pair p;

	memset(long_one, 'e', 200);
	open_pair(&p);
	policy_now.early = true;
	SSL_CTX_set_session_cache_mode(p.ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(p.ctx, keep_ticket);
	connect_pair(&p, "a.test", NULL);
	assert_int_equal(shake(&p), OK);
	SSL_read(p.client, &byte, 1);
	close_pair(&p);
	SSL_SESSION *first = ticket_of_client, *recorded = SSL_SESSION_dup(first);
	ticket_of_client = NULL;
	assert_true(early_with(&p, first, long_one));
	assert_non_null(ticket_of_client);
	SSL_SESSION *second = ticket_of_client, *third = SSL_SESSION_dup(second);
	ticket_of_client = NULL;
	assert_false(early_with(&p, recorded, "again")); /* a replay */
	policy_now.early = false;
	assert_false(early_with(&p, second, "not wanted any more"));
	policy_now.early = true;
	assert_true(early_with(&p, third, "x"));
	SSL_SESSION_free(first);
	SSL_SESSION_free(recorded);
	SSL_SESSION_free(third);
	SSL_SESSION_free(second);
	SSL_SESSION_free(ticket_of_client);
	ticket_of_client = NULL;
	free_pair(&p);
}

/* An answer leaves before the client has finished its handshake. */
static void early_data_is_answered_early(void **state)
{
	char in[100], byte;
	struct pair p;
	bool drained;
	size_t n;

	open_pair(&p);
	policy_now.early = true;
	SSL_CTX_set_session_cache_mode(p.ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(p.ctx, keep_ticket);
	connect_pair(&p, "a.test", NULL);
	assert_int_equal(shake(&p), OK);
	SSL_read(p.client, &byte, 1);
	close_pair(&p);
	connect_pair(&p, "a.test", NULL);
	assert_int_equal(SSL_set_session(p.client, ticket_of_client), 1);
	assert_int_equal(SSL_write_early_data(p.client, "question", 8, &n), 1);
	assert_int_equal(tls_session_handshake(p.s), OK);
	assert_true(tls_session_early(p.s));
	assert_int_equal(tls_session_recv(p.s, in, sizeof in, &n, &drained), OK);
	assert_int_equal(n, 8);
	assert_int_equal(tls_session_send(p.s, "answer", 6, &n), OK);
	assert_true(tls_session_early(p.s));
	assert_int_equal(tls_session_recv(p.s, in, sizeof in, &n, &drained), ERR_AGAIN);
	assert_int_equal(SSL_read(p.client, in, sizeof in), 6);
	assert_memory_equal(in, "answer", 6);
	assert_int_equal(SSL_do_handshake(p.client), 1);
	assert_int_equal(tls_session_recv(p.s, in, sizeof in, &n, &drained), ERR_AGAIN);
	assert_false(tls_session_early(p.s));
	close_pair(&p);
	SSL_SESSION_free(ticket_of_client);
	ticket_of_client = NULL;
	free_pair(&p);
}

static bool ordered_now;

static bool ordered(void *arg, struct slice host)
{
	return ordered_now;
}

/* While a certificate is on its way, a handshake with none or one of the node's own waits. */
static void an_order_is_waited_for(void **state)
{
	struct pair p;

	open_pair(&p);
	tls_server_free(p.server);
	const struct tls_server_setup setup = { .certs = p.certs, .seal = the_seal(), .ordered = ordered };
	assert_int_equal(tls_server_new(&setup, &p.server), OK);
	tls_certs_publish(p.certs, make_cert(&(struct wanted){ .name = "internal-c.test", .hosts = { "c.test" } }));
	ordered_now = true;
	connect_pair(&p, "c.test", NULL);
	SSL_do_handshake(p.client);
	assert_int_equal(tls_session_handshake(p.s), ERR_AGAIN);
	assert_true(tls_session_waits(p.s));
	tls_certs_publish(p.certs, make_cert(&(struct wanted){ .name = "real", .hosts = { "c.test" }, .priority = 1 }));
	assert_int_equal(shake(&p), OK);
	assert_false(tls_session_waits(p.s));
	close_pair(&p);
	connect_pair(&p, "none.test", NULL);
	SSL_do_handshake(p.client);
	assert_int_equal(tls_session_handshake(p.s), ERR_AGAIN);
	assert_true(tls_session_waits(p.s));
	tls_session_wait_no_more(p.s);
	assert_int_equal(tls_session_handshake(p.s), ERR_TLS);
	close_pair(&p);
	connect_pair(&p, "a.test", NULL); /* has one of somebody's */
	assert_int_equal(shake(&p), OK);
	close_pair(&p);
	free_pair(&p);
}

static void the_policy_chooses_ciphers(void **state)
{
	struct tls_session_info info;
	struct pair p;

	open_pair(&p);
	policy_now = (struct tls_policy){ .no_1_3 = true, .ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305" };
	connect_pair(&p, "a.test", NULL);
	assert_int_equal(shake(&p), OK);
	tls_session_info(p.s, &info);
	assert_string_equal(info.version, "TLSv1.2");
	assert_string_equal(info.cipher, "ECDHE-ECDSA-CHACHA20-POLY1305");
	assert_int_equal(strlen(info.visitor->ja4), HTTP_TLS_JA4_BYTES);
	assert_true(slice_eq(info.visitor->host, SLICE("a.test")));
	close_pair(&p);
	policy_now.ciphers = "none that is known";
	connect_pair(&p, "a.test", NULL);
	assert_int_equal(shake(&p), ERR_TLS);
	close_pair(&p);
	free_pair(&p);
}

/* Far more than the sockets hold: what was taken arrives once and in order, whatever waits in between. */
static void bytes_arrive_in_order(void **state)
{
	enum { TOTAL = 3000000, STEP = 50000 };
	size_t taken = 0, got = 0;
	struct pair p;
	char *out = mem_alloc(TOTAL), *in = mem_alloc(TOTAL);

	for (size_t i = 0; i < TOTAL; i++)
		out[i] = (char)(i * 31 + i / 251);
	open_pair(&p);
	connect_pair(&p, "a.test", NULL);
	assert_int_equal(shake(&p), OK);
	while (got < TOTAL) {
		size_t n = 0, want = TOTAL - taken < STEP ? TOTAL - taken : STEP;
		struct iovec v[2] = { { out + taken, want / 3 }, { out + taken + want / 3, want - want / 3 } };
		enum err e = want ? tls_session_sendv(p.s, v, 2, &n) : tls_session_flush(p.s);
		if (e == OK && want)
			taken += n;
		else
			assert_true(e == ERR_AGAIN || !want);
		if (e == OK && n == want && want)
			continue; /* until the socket is full */
		assert_true(tls_session_sending(p.s) || taken == TOTAL);
		int r;
		while ((r = SSL_read(p.client, in + got, (int)(TOTAL - got))) > 0)
			got += (size_t)r;
	}
	assert_int_equal(taken, TOTAL);
	assert_memory_equal(in, out, TOTAL);
	close_pair(&p);
	free_pair(&p);
	mem_free(in);
	mem_free(out);
}

static void reading_knows_when_to_stop(void **state)
{
	bool drained;
	struct pair p;
	char in[100];
	size_t n;

	open_pair(&p);
	connect_pair(&p, "a.test", NULL);
	assert_int_equal(shake(&p), OK);
	assert_int_equal(tls_session_recv(p.s, in, sizeof in, &n, &drained), ERR_AGAIN);
	assert_int_equal(SSL_write(p.client, "hello", 5), 5);
	assert_int_equal(tls_session_recv(p.s, in, sizeof in, &n, &drained), OK);
	assert_int_equal(n, 5);
	assert_true(drained);
	assert_int_equal(SSL_write(p.client, "two", 3), 3);
	assert_int_equal(SSL_write(p.client, "records", 7), 7);
	assert_int_equal(tls_session_recv(p.s, in, sizeof in, &n, &drained), OK);
	assert_int_equal(n, 3);
	assert_false(drained); /* the second one is here */
	assert_int_equal(tls_session_recv(p.s, in, 2, &n, &drained), OK);
	assert_false(drained); /* half of it */
	assert_int_equal(tls_session_recv(p.s, in, sizeof in, &n, &drained), OK);
	assert_int_equal(n, 5);
	assert_true(drained);
	SSL_shutdown(p.client);
	assert_int_equal(tls_session_recv(p.s, in, sizeof in, &n, &drained), ERR_CLOSED);
	tls_session_end(p.s);
	assert_int_equal(SSL_shutdown(p.client), 1); /* our close_notify came */
	close_pair(&p);
	free_pair(&p);
}

static void noise_is_refused(void **state)
{
	struct pair p;
	char in[100];
	bool drained;
	size_t n;

	open_pair(&p);
	connect_pair(&p, "a.test", NULL);
	assert_int_equal(write(p.fds[1], "GET / HTTP/1.1\r\n\r\n", 18), 18);
	assert_int_equal(tls_session_handshake(p.s), ERR_TLS);
	assert_int_equal(tls_session_handshake(p.s), ERR_CLOSED);
	close_pair(&p);
	connect_pair(&p, "a.test", NULL);
	shutdown(p.fds[1], SHUT_WR);
	assert_int_equal(tls_session_handshake(p.s), ERR_CLOSED);
	close_pair(&p);
	connect_pair(&p, "a.test", NULL);
	assert_int_equal(shake(&p), OK);
	assert_int_equal(write(p.fds[1], "\x17\x03\x03\x00\x20 this record was not encrypted", 37 - 3), 34);
	assert_int_equal(write(p.fds[1], "xxxxxx", 6), 6);
	assert_int_equal(tls_session_recv(p.s, in, sizeof in, &n, &drained), ERR_TLS);
	assert_int_equal(tls_session_recv(p.s, in, sizeof in, &n, &drained), ERR_CLOSED);
	assert_int_equal(tls_session_send(p.s, "x", 1, &n), ERR_CLOSED);
	close_pair(&p);
	free_pair(&p);
}

int test_server(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_name_decides),
		cmocka_unit_test(a_proof_is_shown_to_who_asks_for_it_alone),
		cmocka_unit_test(the_policy_of_the_host_counts),
		cmocka_unit_test(a_ticket_resumes),
		cmocka_unit_test(bytes_arrive_in_order),
		cmocka_unit_test(reading_knows_when_to_stop),
		cmocka_unit_test(noise_is_refused),
		cmocka_unit_test(early_data_once_and_where_it_is_wanted),
		cmocka_unit_test(early_data_is_answered_early),
		cmocka_unit_test(an_order_is_waited_for),
		cmocka_unit_test(the_policy_chooses_ciphers),
	};
	if (!snap_thread_start())
		return 1;
	int failed = cmocka_run_group_tests_name("server", tests, NULL, NULL);
	snap_thread_stop();
	return failed;
}
