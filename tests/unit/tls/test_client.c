/* SPDX-License-Identifier: Apache-2.0 */
/* test_client: our client against our server over a pair of sockets: which check fails, sessions that come back, client
 * certificates and whether they are of our own. */
#include "test_tls.h"

#include "tls/tls_client.h"
#include "tls/tls_fleet.h"
#include "tls/tls_server.h"
#include "tls/tls_session_int.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct ends {
	struct tls_ca *ca; /* of ten days ago: OpenSSL looks at the real clock */
	struct tls_client *client;
	SSL_CTX *server;
	struct tls_resume *resume;
	char ca_file[64];
};

/* OpenSSL's own server with a certificate of ca for these hosts, of so many seconds ago. */
static SSL_CTX *server_of(const struct tls_ca *ca, const char *host, int64_t issued_s)
{
	const struct slice hosts[] = { slice_str(host) };
	const struct tls_ca_order o = { hosts, 1, issued_s, 1, false };
	struct buf chain, key;

	buf_init(&chain, 65536);
	buf_init(&key, 65536);
	assert_int_equal(tls_ca_issue(ca, &o, &chain, &key), OK);
	SSL_CTX *c = SSL_CTX_new(TLS_server_method());
	struct tls_identity *i;
	struct diag d;
	diag_init(&d);
	assert_int_equal(tls_identity_new(buf_slice(&chain), buf_slice(&key), &i, &d), OK);
	BIO *b = BIO_new_mem_buf(buf_slice(&chain).p, (int)buf_len(&chain));
	X509 *leaf = PEM_read_bio_X509(b, NULL, NULL, NULL), *middle = PEM_read_bio_X509(b, NULL, NULL, NULL);
	const unsigned char *p = (const unsigned char *)buf_slice(&key).p;
	EVP_PKEY *pkey = d2i_AutoPrivateKey(NULL, &p, (long)buf_len(&key));
	assert_int_equal(SSL_CTX_use_certificate(c, leaf), 1);
	assert_int_equal(SSL_CTX_add0_chain_cert(c, middle), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(c, pkey), 1);
	X509_free(leaf);
	EVP_PKEY_free(pkey);
	BIO_free(b);
	tls_identity_unref(i);
	buf_fini(&chain);
	buf_fini(&key);
	return c;
}

static void open_ends(struct ends *e, const char *host, int64_t issued_s)
{
	struct buf root;
	struct diag d;

	*e = (struct ends){ .resume = tls_resume_new(8), .ca_file = "/tmp/seawall-unit-XXXXXX" };
	buf_init(&root, 65536);
	assert_int_equal(tls_ca_make("now", time(NULL) - 10 * DAY_S, &e->ca), OK);
	assert_int_equal(tls_ca_root(e->ca, &root), OK);
	int fd = mkstemp(e->ca_file);
	assert_int_equal(write(fd, buf_slice(&root).p, buf_len(&root)), buf_len(&root));
	close(fd);
	buf_fini(&root);
	diag_init(&d);
	assert_int_equal(tls_client_new(e->ca_file, &e->client, &d), OK);
	e->server = server_of(e->ca, host, issued_s);
}

static void close_ends(struct ends *e)
{
	unlink(e->ca_file);
	tls_ca_free(e->ca);
	tls_client_free(e->client);
	tls_resume_free(e->resume);
	SSL_CTX_free(e->server);
	ERR_clear_error();
}

/* One connection: the result of the handshake, what is wrong, whether it was resumed. */
static enum err connect_once(struct ends *e, const struct tls_client_how *how, struct tls_trouble *trouble,
			     bool *resumed)
{
	struct tls_session *s;
	enum err r = ERR_AGAIN;
	char byte;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	SSL *peer = SSL_new(e->server);
	SSL_set_fd(peer, fds[0]);
	SSL_set_accept_state(peer);
	assert_int_equal(tls_client_connect(e->client, fds[1], how, &s), OK);
	for (int i = 0; i < 20 && r == ERR_AGAIN; i++) {
		r = tls_session_handshake(s);
		SSL_do_handshake(peer);
	}
	if (r == OK) {
		struct tls_session_info info;
		bool drained;
		size_t n;
		assert_int_equal(SSL_write(peer, "x", 1), 1);
		assert_int_equal(tls_session_recv(s, &byte, 1, &n, &drained), OK); /* tickets come with it */
		tls_session_info(s, &info);
		*resumed = info.resumed;
	}
	tls_client_trouble(s, r, trouble);
	SSL_set_shutdown(peer, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(peer);
	tls_session_free(s);
	close(fds[0]);
	close(fds[1]);
	return r;
}

static void the_check_that_failed_has_a_name(void **state)
{
	static const struct {
		const char *asked, *also;
		int64_t age_s;
		enum tls_check check;
		const char *text;
	} rows[] = {
		{ "a.test", NULL, 0, TLS_CHECK_NONE, "" },
		{ "b.test", NULL, 0, TLS_CHECK_NAME, "its certificate is for a.test, not for b.test" },
		{ "b.test", "a.test", 0, TLS_CHECK_NONE, "" },
		{ "a.test", NULL, 3 * DAY_S, TLS_CHECK_EXPIRED, "its certificate expired on 20" },
		{ "a.test", NULL, -3 * DAY_S, TLS_CHECK_NOT_YET, "its certificate is valid only from 20" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct tls_client_how how = { .host = rows[i].asked, .also = rows[i].also, .verify = true };
		struct tls_trouble t;
		struct ends e;
		bool resumed;
		open_ends(&e, "a.test", time(NULL) - rows[i].age_s);
		assert_int_equal(connect_once(&e, &how, &t, &resumed), rows[i].check == TLS_CHECK_NONE ? OK : ERR_TLS);
		assert_int_equal(t.check, rows[i].check);
		assert_true(slice_starts(slice_str(t.text), slice_str(rows[i].text)));
		how.report = true; /* noted, and it goes on */
		assert_int_equal(connect_once(&e, &how, &t, &resumed), OK);
		assert_int_equal(t.check, rows[i].check);
		how.verify = false; /* not looked at */
		assert_int_equal(connect_once(&e, &how, &t, &resumed), OK);
		assert_int_equal(t.check, TLS_CHECK_NONE);
		close_ends(&e);
	}
}

static void sessions_come_back_under_their_key_alone(void **state)
{
	struct tls_client_how how = { .host = "a.test", .verify = true, .key = SLICE("one"), .now_s = time(NULL) };
	struct tls_trouble t;
	struct ends e;
	bool resumed = true;

	open_ends(&e, "a.test", time(NULL));
	how.resume = e.resume;
	assert_int_equal(connect_once(&e, &how, &t, &resumed), OK);
	assert_false(resumed);
	assert_int_equal(tls_resume_count(e.resume), 1);
	for (int i = 0; i < 4; i++) { /* each connection brings the next one's */
		assert_int_equal(connect_once(&e, &how, &t, &resumed), OK);
		assert_true(resumed);
	}
	how.key = SLICE("two");
	assert_int_equal(connect_once(&e, &how, &t, &resumed), OK);
	assert_false(resumed);
	how.key = SLICE("one");
	how.now_s += 2 * 3600; /* too old to be trusted */
	assert_int_equal(connect_once(&e, &how, &t, &resumed), OK);
	assert_false(resumed);
	for (int i = 0; i < 50; i++) { /* bounded, whatever the names */
		char key[16];
		snprintf(key, sizeof key, "key %d", i);
		how.key = slice_str(key);
		assert_int_equal(connect_once(&e, &how, &t, &resumed), OK);
	}
	assert_true(tls_resume_count(e.resume) <= 8);
	close_ends(&e);
}

static struct tls_identity *identity_of(struct tls_ca *ca, bool client)
{
	static const struct slice name[] = { SLICE_INIT("edge.test") };
	const struct tls_ca_order o = { name, 1, time(NULL), 1, client };
	struct tls_identity *i;
	struct buf chain, key;
	struct diag d;

	buf_init(&chain, 65536);
	buf_init(&key, 65536);
	diag_init(&d);
	assert_int_equal(tls_ca_issue(ca, &o, &chain, &key), OK);
	assert_int_equal(tls_identity_new(buf_slice(&chain), buf_slice(&key), &i, &d), OK);
	buf_fini(&chain);
	buf_fini(&key);
	return i;
}

static int any(int good, X509_STORE_CTX *store)
{
	return 1;
}

/* A server side as ours, so that tls_fleet sees it. */
static bool fleet_has(const struct tls_fleet *f, struct ends *e, const struct tls_identity *i)
{
	struct tls_client_how how = { .host = "a.test", .identity = i };
	struct tls_session *s;
	struct tls_session peer = { 0 };
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	peer.ssl = SSL_new(e->server);
	SSL_set_verify(peer.ssl, SSL_VERIFY_PEER, any);
	SSL_set_fd(peer.ssl, fds[0]);
	SSL_set_accept_state(peer.ssl);
	assert_int_equal(tls_client_connect(e->client, fds[1], &how, &s), OK);
	for (int k = 0; k < 20 && !peer.done; k++) {
		enum err r = tls_session_handshake(s);
		assert_true(r == OK || r == ERR_AGAIN);
		peer.done = SSL_do_handshake(peer.ssl) == 1;
	}
	assert_true(peer.done);
	bool has = tls_fleet_has(f, &peer, time(NULL));
	SSL_free(peer.ssl);
	tls_session_free(s);
	close(fds[0]);
	close(fds[1]);
	return has;
}

static void a_peer_is_of_our_own_by_its_certificate(void **state)
{
	struct tls_ca *other;
	struct tls_fleet *f;
	struct buf root;
	struct diag d;
	struct ends e;

	open_ends(&e, "a.test", time(NULL));
	buf_init(&root, 65536);
	diag_init(&d);
	assert_int_equal(tls_ca_make("other", time(NULL), &other), OK);
	assert_int_equal(tls_ca_root(other, &root), OK);
	assert_int_equal(tls_fleet_new(buf_slice(&root), &f, &d), OK);
	struct tls_identity *own = identity_of(other, true), *server = identity_of(other, false);
	struct tls_identity *foreign = identity_of(the_ca(), true);
	assert_true(fleet_has(f, &e, own));
	assert_false(fleet_has(f, &e, server)); /* a certificate for servers */
	assert_false(fleet_has(f, &e, foreign));
	assert_false(fleet_has(f, &e, NULL));
	assert_int_equal(tls_fleet_new(SLICE("no PEM"), &f, &d), ERR_CONFIG);
	tls_fleet_free(f);
	tls_identity_unref(own);
	tls_identity_unref(server);
	tls_identity_unref(foreign);
	tls_ca_free(other);
	buf_fini(&root);
	close_ends(&e);
}

int test_client(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_check_that_failed_has_a_name),
		cmocka_unit_test(sessions_come_back_under_their_key_alone),
		cmocka_unit_test(a_peer_is_of_our_own_by_its_certificate),
	};

	return cmocka_run_group_tests_name("tls_client", tests, NULL, NULL);
}
