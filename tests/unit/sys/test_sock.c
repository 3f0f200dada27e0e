/* SPDX-License-Identifier: Apache-2.0 */
/* test_sock: sockets of this machine against each other, and what each errno becomes. */
#include "test_sys.h"

#include "sys/clock.h"
#include "sys/sock.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct ip_port address(const char *text)
{
	struct ip_port a;

	assert_int_equal(ip_port_parse(slice_str(text), true, &a), OK);
	return a;
}

static int listen_on(const char *text, struct ip_port *ret_bound)
{
	struct ip_port at = address(text);
	struct diag d;
	int fd = -1;

	diag_init(&d);
	if (sock_listen_tcp(&at, false, 16, &fd, ret_bound, &d) != OK)
		return -1;
	return fd;
}

static void wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	assert_int_equal(poll(&p, 1, 3000), 1);
}

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t n = sizeof value;

	assert_int_equal(getsockopt(fd, level, name, &value, &n), 0);
	return value;
}

/* A connected pair over the loopback interface. */
static void connect_pair(int *ret_client, int *ret_server)
{
	struct ip_port bound;
	int l = listen_on("127.0.0.1:0", &bound);

	assert_true(l >= 0);
	assert_int_equal(sock_connect(&bound, ret_client), OK);
	wait_for(*ret_client, POLLOUT);
	assert_int_equal(sock_connected(*ret_client), OK);
	wait_for(l, POLLIN);
	assert_int_equal(sock_accept(l, ret_server, NULL), OK);
	sock_close(l);
}

static void listen_and_accept(void **state)
{
	struct ip_port bound, peer, own;
	int l = listen_on("127.0.0.1:0", &bound), c, s;

	assert_true(l >= 0 && bound.port != 0);
	assert_int_equal(option(l, SOL_SOCKET, SO_REUSEPORT), 0);
	assert_int_equal(sock_accept(l, &s, &peer), ERR_AGAIN);
	assert_int_equal(sock_connect(&bound, &c), OK);
	wait_for(c, POLLOUT);
	assert_int_equal(sock_connected(c), OK);
	wait_for(l, POLLIN);
	assert_int_equal(sock_accept(l, &s, &peer), OK);
	assert_true(sock_local(c, &own));
	assert_true(ip_eq(&own.ip, &peer.ip) && own.port == peer.port);
	assert_true(sock_local(s, &own));
	assert_true(ip_eq(&own.ip, &bound.ip) && own.port == bound.port);
	for (int i = 0; i < 3; i++) {
		int fd = i == 0 ? l : i == 1 ? c : s;
		assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	}
	assert_int_not_equal(option(c, IPPROTO_TCP, TCP_NODELAY), 0);
	assert_int_not_equal(option(s, IPPROTO_TCP, TCP_NODELAY), 0); /* from the listener */
	sock_close(s);
	sock_close(c);
	sock_close(l);
	sock_close(-1);
}

static void address_in_use(void **state)
{
	struct ip_port bound, again;
	struct diag d;
	int fd = -1, l = listen_on("127.0.0.1:0", &bound);
	char text[64];

	diag_init(&d);
	assert_int_equal(sock_listen_tcp(&bound, false, 16, &fd, &again, &d), ERR_SYSTEM);
	assert_int_equal(fd, -1);
	ip_port_print(&bound, text);
	assert_string_equal(d.where, text);
	assert_non_null(strstr(d.text, "address already in use"));
	struct ip_port elsewhere = address("192.0.2.1:0");
	diag_init(&d);
	assert_int_equal(sock_listen_tcp(&elsewhere, false, 16, &fd, &again, &d), ERR_SYSTEM);
	assert_non_null(strstr(d.text, "does not have that address"));
	assert_int_equal(sock_listen_tcp(&bound, false, 16, &fd, &again, NULL), ERR_SYSTEM);
	sock_close(l);
}

static void reuseport_shares(void **state)
{
	struct ip_port at = address("127.0.0.1:0"), bound, again;
	int a, b;

	assert_int_equal(sock_listen_tcp(&at, true, 16, &a, &bound, NULL), OK);
	assert_int_equal(sock_listen_tcp(&bound, true, 16, &b, &again, NULL), OK);
	assert_int_equal(bound.port, again.port);
	sock_close(a);
	sock_close(b);
}

static void any_v6_takes_v4(void **state)
{
	struct ip_port bound, peer;
	int l = listen_on("[::]:0", &bound), one, c, s;

	if (l < 0)
		skip(); /* no IPv6 here */
	bound.ip = address("127.0.0.1:1").ip;
	assert_int_equal(sock_connect(&bound, &c), OK);
	wait_for(l, POLLIN);
	assert_int_equal(sock_accept(l, &s, &peer), OK);
	assert_int_equal(peer.ip.family, 4);
	assert_true(ip_is_loopback(&peer.ip));
	sock_close(c);
	sock_close(s);
	sock_close(l);
	one = listen_on("[::1]:0", &bound);
	assert_true(one >= 0);
	assert_int_equal(option(one, IPPROTO_IPV6, IPV6_V6ONLY), 1);
	assert_int_equal(sock_connect(&bound, &c), OK);
	wait_for(one, POLLIN);
	assert_int_equal(sock_accept(one, &s, &peer), OK);
	assert_int_equal(peer.ip.family, 6);
	sock_close(c);
	sock_close(s);
	sock_close(one);
}

static void connect_refused(void **state)
{
	struct ip_port bound;
	int l = listen_on("127.0.0.1:0", &bound), c;
	enum err e;

	sock_close(l);
	e = sock_connect(&bound, &c);
	if (e == OK) {
		wait_for(c, POLLOUT);
		e = sock_connected(c);
		sock_close(c);
	}
	assert_int_equal(e, ERR_ORIGIN_CONNECT);
}

static void connect_unreachable(void **state)
{
	static const char *const nowhere[] = { "255.255.255.255:80", "224.0.0.1:80", "[ff02::1]:80" };
	int c = -1;

	for (size_t i = 0; i < 3; i++) {
		struct ip_port to = address(nowhere[i]);
		assert_int_equal(sock_connect(&to, &c), ERR_ORIGIN_UNREACHABLE);
		assert_int_equal(c, -1);
	}
}

/* The backlog is full, so that the last connections stay on their way. */
static void connected_says_again(void **state)
{
	struct ip_port at = address("127.0.0.1:0"), bound;
	int l, c[6];
	bool waits = false;

	assert_int_equal(sock_listen_tcp(&at, false, 1, &l, &bound, NULL), OK);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(sock_connect(&bound, &c[i]), OK);
		clock_sleep_ms(5);
		enum err e = sock_connected(c[i]);
		assert_true(e == OK || e == ERR_AGAIN);
		waits |= e == ERR_AGAIN;
	}
	assert_true(waits);
	for (int i = 0; i < 6; i++)
		sock_close(c[i]);
	sock_close(l);
}

static void send_and_recv(void **state)
{
	struct iovec pieces[3] = { { (char[]){ "ab" }, 2 }, { (char[]){ "" }, 0 }, { (char[]){ "cde" }, 3 } };
	int c, s;
	size_t n = 99, total = 0;
	char in[64];
	static char bulk[1 << 16];

	connect_pair(&c, &s);
	assert_int_equal(sock_recv(s, in, sizeof in, &n), ERR_AGAIN);
	assert_int_equal(n, 99);
	assert_int_equal(sock_send(c, "12", 2, true, &n), OK);
	assert_int_equal(n, 2);
	assert_int_equal(sock_sendv(c, pieces, 3, &n), OK);
	assert_int_equal(n, 5);
	wait_for(s, POLLIN);
	assert_int_equal(sock_recv(s, in, sizeof in, &n), OK);
	assert_int_equal(n, 7);
	assert_memory_equal(in, "12abcde", 7);
	while (sock_send(c, bulk, sizeof bulk, false, &n) == OK)
		total += n;
	assert_true(total >= sizeof bulk);
	assert_int_equal(sock_send(c, bulk, sizeof bulk, false, &n), ERR_AGAIN);
	assert_int_equal(sock_sendv(c, pieces, 3, &n), ERR_AGAIN);
	sock_close(c);
	sock_close(s);
}

static void half_close(void **state)
{
	int c, s;
	size_t n;
	char in[8];

	connect_pair(&c, &s);
	assert_int_equal(sock_send(c, "x", 1, false, &n), OK);
	sock_shutdown_send(c);
	wait_for(s, POLLIN);
	assert_int_equal(sock_recv(s, in, sizeof in, &n), OK);
	wait_for(s, POLLIN);
	assert_int_equal(sock_recv(s, in, sizeof in, &n), ERR_CLOSED);
	assert_int_equal(sock_send(s, "answer", 6, false, &n), OK); /* the other direction goes on */
	wait_for(c, POLLIN);
	assert_int_equal(sock_recv(c, in, sizeof in, &n), OK);
	assert_int_equal(n, 6);
	assert_int_equal(sock_send(c, "y", 1, false, &n), ERR_CLOSED); /* EPIPE, and no signal */
	sock_close(c);
	sock_close(s);
}

static void reset(void **state)
{
	struct iovec piece = { (char[]){ "z" }, 1 };
	int c, s;
	size_t n;
	char in[8];

	connect_pair(&c, &s);
	sock_reset(c);
	wait_for(s, POLLIN);
	assert_int_equal(sock_recv(s, in, sizeof in, &n), ERR_SYSTEM);
	assert_int_equal(sock_send(s, "z", 1, false, &n), ERR_CLOSED);
	assert_int_equal(sock_sendv(s, &piece, 1, &n), ERR_CLOSED);
	sock_shutdown_send(s);
	sock_close(s);
	connect_pair(&c, &s);
	sock_reset(c);
	wait_for(s, POLLIN);
	assert_int_equal(sock_send(s, "z", 1, false, &n), ERR_CLOSED); /* ECONNRESET */
	sock_close(s);
}

static void accept_without_descriptors(void **state)
{
	struct ip_port bound;
	struct rlimit old, none;
	int l = listen_on("127.0.0.1:0", &bound), c, s = -1;

	assert_int_equal(sock_connect(&bound, &c), OK);
	wait_for(l, POLLIN);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){ 0, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	enum err accepted = sock_accept(l, &s, NULL), listened = sock_listen_tcp(&bound, true, 1, &s, &bound, NULL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(accepted, ERR_SYSTEM);
	assert_int_equal(listened, ERR_SYSTEM);
	assert_int_equal(sock_accept(l, &s, NULL), OK);
	sock_close(c);
	sock_close(s);
	sock_close(l);
}

static void unix_sockets(void **state)
{
	char dir[] = "/tmp/seawall-sock-XXXXXX", path[64], file[64], far[200];
	struct ip_port peer = { .port = 1 };
	struct stat st;
	struct diag d;
	int l, again, c, s, fd = -1;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/s", dir);
	snprintf(file, sizeof file, "%s/f", dir);
	assert_int_equal(sock_connect_unix(path, &c), ERR_SYSTEM);
	assert_int_equal(sock_listen_unix(path, &l, NULL), OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(sock_listen_unix(path, &again, NULL), OK); /* replaces the file */
	assert_int_equal(sock_connect_unix(path, &c), OK);
	assert_int_equal(sock_connected(c), OK);
	assert_int_equal(sock_accept(l, &s, &peer), ERR_AGAIN);
	assert_int_equal(sock_accept(again, &s, &peer), OK);
	assert_int_equal(peer.ip.family, 0);
	assert_false(sock_local(s, &peer));
	sock_close(c);
	sock_close(s);
	sock_close(l);
	sock_close(again);
	assert_int_equal(sock_connect_unix(path, &c), ERR_SYSTEM); /* nobody listens any more */
	close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	diag_init(&d);
	assert_int_equal(sock_listen_unix(file, &fd, &d), ERR_SYSTEM); /* not a socket: stays */
	assert_non_null(strstr(d.text, "in use"));
	assert_int_equal(access(file, F_OK), 0);
	memset(far, 'a', sizeof far - 1);
	far[sizeof far - 1] = '\0';
	diag_init(&d);
	assert_int_equal(sock_listen_unix(far, &fd, &d), ERR_SYSTEM);
	assert_non_null(strstr(d.text, "longer than 107"));
	assert_int_equal(sock_connect_unix(far, &fd), ERR_SYSTEM);
	assert_int_equal(sock_connect_unix("", &fd), ERR_SYSTEM);
	assert_int_equal(fd, -1);
	unlink(path);
	unlink(file);
	assert_int_equal(rmdir(dir), 0);
}

int test_sock(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listen_and_accept),
		cmocka_unit_test(address_in_use),
		cmocka_unit_test(reuseport_shares),
		cmocka_unit_test(any_v6_takes_v4),
		cmocka_unit_test(connect_refused),
		cmocka_unit_test(connect_unreachable),
		cmocka_unit_test(connected_says_again),
		cmocka_unit_test(send_and_recv),
		cmocka_unit_test(half_close),
		cmocka_unit_test(reset),
		cmocka_unit_test(accept_without_descriptors),
		cmocka_unit_test(unix_sockets),
	};

	return cmocka_run_group_tests_name("sock", tests, NULL, NULL);
}
