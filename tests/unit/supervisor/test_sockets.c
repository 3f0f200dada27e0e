/* SPDX-License-Identifier: Apache-2.0 */
/* test_sockets: which sockets are kept, opened and let go when the configuration changes. */
#include "test_supervisor.h"

#include "base/mem.h"
#include "supervisor/sockets.h"

#include <sys/socket.h>

static struct ip_port address(const char *text)
{
	struct ip_port a;

	assert_int_equal(ip_port_parse(slice_str(text), true, &a), OK);
	return a;
}

static struct node_listen http(const char *text)
{
	return (struct node_listen){ LISTEN_HTTP, address(text) };
}

static void sockets_are_kept_opened_and_let_go(void **state)
{
	struct node_config node = { .workers = 2, .listens_n = 1, .listens = { http("127.0.0.1:0") } };
	struct handoff *h = handoff_new(), *old = handoff_new();
	struct diag d;

	diag_init(&d);
	assert_int_equal(sockets_open(&node, h, old, &d), OK);
	assert_int_equal(h->listens_n, 1);
	assert_int_equal(h->listens[0].fds_n, 2);
	uint16_t port = h->listens[0].bound.port;
	int fd = h->listens[0].fds[0];
	assert_true(port != 0);

	/* One more address, one more worker: what is there stays. */
	node.listens[1] = node.listens[0];
	node.listens[0] = http("127.0.0.2:0");
	node.listens_n = 2;
	node.workers = 3;
	assert_int_equal(sockets_open(&node, h, old, &d), OK);
	assert_int_equal(h->listens_n, 2);
	assert_int_equal(old->listens_n, 0);
	assert_int_equal(h->listens[1].bound.port, port);
	assert_int_equal(h->listens[1].fds[0], fd);
	assert_int_equal(h->listens[1].fds_n, 3);

	/* Fewer workers keep all sockets, an address less moves to the old ones. */
	node.listens[0] = node.listens[1];
	node.listens_n = 1;
	node.workers = 1;
	assert_int_equal(sockets_open(&node, h, old, &d), OK);
	assert_int_equal(h->listens_n, 1);
	assert_int_equal(h->listens[0].fds_n, 3);
	assert_int_equal(old->listens_n, 1);
	assert_int_equal(old->listens[0].fds_n, 3);
	sockets_close(old);
	assert_int_equal(old->listens_n, 0);
	sockets_close(h);
	handoff_free(h);
	handoff_free(old);
}

static void each_kind_has_its_sockets(void **state)
{
	struct node_config node = { .workers = 2,
				    .listens_n = 5,
				    .listens = { http("127.0.0.1:0"),
						 { LISTEN_DNS_UDP, address("127.0.0.1:0") },
						 { LISTEN_DNS_TCP, address("127.0.0.1:0") },
						 { LISTEN_API, address("127.0.0.1:0") },
						 { LISTEN_HTTPS, address("127.0.0.1:0") } } };
	struct handoff *h = handoff_new(), *old = handoff_new(), *part = handoff_new();
	int type;
	socklen_t n = sizeof type;
	struct diag d;

	diag_init(&d);
	assert_int_equal(sockets_open(&node, h, old, &d), OK);
	assert_int_equal(h->listens_n, 5);
	assert_int_equal(getsockopt(h->listens[1].fds[1], SOL_SOCKET, SO_TYPE, &type, &n), 0);
	assert_int_equal(type, SOCK_DGRAM);
	assert_int_equal(getsockopt(h->listens[2].fds[1], SOL_SOCKET, SO_TYPE, &type, &n), 0);
	assert_int_equal(type, SOCK_STREAM);
	assert_int_equal(h->listens[1].bound.port, h->listens[2].bound.port);
	assert_int_equal(h->listens[2].configured.port, 0);
	assert_int_equal(h->listens[3].fds_n, 1);
	assert_int_equal(h->listens[4].fds_n, 2);

	handoff_for(h, HANDOFF_CONTROL, part);
	assert_int_equal(part->listens_n, 1);
	assert_int_equal(part->listens[0].kind, LISTEN_API);
	handoff_for(h, HANDOFF_EDGE, part);
	assert_int_equal(part->listens_n, 4);

	/* Opened again, each finds its own. */
	uint16_t port = h->listens[2].bound.port;
	assert_int_equal(sockets_open(&node, h, old, &d), OK);
	assert_int_equal(old->listens_n, 0);
	assert_int_equal(h->listens[2].kind, LISTEN_DNS_TCP);
	assert_int_equal(h->listens[2].bound.port, port);
	sockets_close(h);
	mem_free(h);
	mem_free(old);
	mem_free(part);
}

static void what_cannot_be_opened_is_named(void **state)
{
	struct node_config node = { .workers = 1,
				    .listens_n = 2,
				    .listens = { http("192.0.2.1:9"), http("127.0.0.1:0") } };
	struct handoff *h = handoff_new(), *old = handoff_new();
	struct diag d;

	diag_init(&d);
	assert_int_equal(sockets_open(&node, h, old, &d), ERR_SYSTEM);
	assert_string_equal(d.where, "192.0.2.1:9");
	assert_int_equal(h->listens_n, 1);
	sockets_close(h);
	handoff_free(h);
	handoff_free(old);
}

static void the_file_says_where(void **state)
{
	struct handoff *h = handoff_new();
	struct buf b;

	h->generation = 3;
	h->listens_n = 5;
	h->listens[0].bound = address("127.0.0.1:80");
	h->listens[1].bound = address("127.0.0.1:53");
	h->listens[1].kind = LISTEN_DNS_UDP;
	h->listens[2].bound = address("127.0.0.1:53");
	h->listens[2].kind = LISTEN_DNS_TCP;
	h->listens[3].bound = address("[::1]:81");
	h->listens[4].bound = address("[::1]:82");
	h->listens[4].kind = LISTEN_API;
	buf_init(&b, 1000);
	sockets_json(h, 42, &b);
	assert_true(
		slice_eq(buf_slice(&b), SLICE("{\"pid\":42,\"generation\":3,\"http\":[\"127.0.0.1:80\",\"[::1]:81\"],"
					      "\"dns\":[\"127.0.0.1:53\"],\"api\":[\"[::1]:82\"]}\n")));
	buf_fini(&b);
	handoff_free(h);
}

int test_sockets(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets_are_kept_opened_and_let_go),
		cmocka_unit_test(each_kind_has_its_sockets),
		cmocka_unit_test(what_cannot_be_opened_is_named),
		cmocka_unit_test(the_file_says_where),
	};

	return cmocka_run_group_tests_name("sockets", tests, NULL, NULL);
}
