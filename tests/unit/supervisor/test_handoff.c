/* SPDX-License-Identifier: Apache-2.0 */
/* test_handoff: the text there and back, older and newer ones, damaged ones. */
#include "test_supervisor.h"

#include "base/mem.h"
#include "supervisor/handoff.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static struct ip_port address(const char *text)
{
	struct ip_port a;

	assert_int_equal(ip_port_parse(slice_str(text), true, &a), OK);
	return a;
}

static struct handoff *sample(void)
{
	struct handoff *h = handoff_new();

	h->generation = 7;
	h->config_fd = 11;
	h->door_fd = 12;
	h->pid_fd = 13;
	h->has_admin = true;
	memset(h->admin_hash, 7, sizeof h->admin_hash);
	h->listens_n = 2;
	h->listens[0] = (struct handoff_listen){
		address("127.0.0.1:0"), address("127.0.0.1:4711"), LISTEN_HTTP, 2, { 20, 21 }
	};
	h->listens[1] = (struct handoff_listen){ address("[::1]:80"), address("[::1]:80"), LISTEN_DNS_TCP, 1, { 22 } };
	h->has_node_key = true;
	memset(h->node_key, 0xa7, sizeof h->node_key);
	h->runner_fd = 14;
	for (int i = 0; i < XDP_DROP_MAPS; i++)
		h->xdp.maps[i] = 30 + i;
	h->xdp.links_n = 2;
	h->xdp.links[0] = (struct xdp_drop_link){ "eth0", 40, true };
	h->xdp.links[1] = (struct xdp_drop_link){ "eth1.7", 41, false };
	h->kernel_drop_sum = 4711;
	snprintf(h->kernel_drop, sizeof h->kernel_drop, "{\"state\":\"xdp\",\"reason\":\"a b\"}");
	h->children_n = 3;
	h->children[0] = (struct handoff_child){ HANDOFF_EDGE, 6, 100, true };
	h->children[1] = (struct handoff_child){ HANDOFF_CONTROL, 7, 101, false };
	h->children[2] = (struct handoff_child){ HANDOFF_RUNNER, 7, 102, true };
	return h;
}

static void it_goes_there_and_back(void **state)
{
	struct handoff *h = sample(), *back = handoff_new();
	struct buf text, again;
	struct diag d;

	diag_init(&d);
	buf_init(&text, HANDOFF_BYTES_MAX);
	buf_init(&again, HANDOFF_BYTES_MAX);
	assert_int_equal(handoff_write(h, &text), OK);
	assert_int_equal(handoff_read(buf_slice(&text), back, &d), OK);
	assert_int_equal(back->ready_fd, -1);
	assert_true(back->has_admin);
	assert_memory_equal(back->admin_hash, h->admin_hash, sizeof h->admin_hash);
	assert_true(back->has_node_key && memcmp(back->node_key, h->node_key, sizeof h->node_key) == 0);
	assert_int_equal(back->listens[0].bound.port, 4711);
	assert_int_equal(back->listens[0].configured.port, 0);
	assert_int_equal(back->listens[0].fds[1], 21);
	assert_int_equal(back->listens[0].kind, LISTEN_HTTP);
	assert_int_equal(back->listens[1].kind, LISTEN_DNS_TCP);
	assert_true(back->children[0].ready && !back->children[1].ready);
	assert_int_equal(back->children[2].role, HANDOFF_RUNNER);
	assert_int_equal(back->runner_fd, 14);
	assert_int_equal(back->xdp.maps[XDP_DROP_MAPS - 1], 30 + XDP_DROP_MAPS - 1);
	assert_string_equal(back->xdp.links[1].name, "eth1.7");
	assert_true(back->xdp.links[0].driver && !back->xdp.links[1].driver);
	assert_int_equal(back->kernel_drop_sum, 4711);
	assert_string_equal(back->kernel_drop, h->kernel_drop);
	assert_int_equal(handoff_write(back, &again), OK);
	assert_true(slice_eq(buf_slice(&text), buf_slice(&again)));
	buf_fini(&text);
	buf_fini(&again);
	handoff_free(h);
	handoff_free(back);
}

static enum err read_text(const char *text)
{
	struct handoff *h = handoff_new();
	struct diag d;

	diag_init(&d);
	enum err e = handoff_read(slice_str(text), h, &d);
	handoff_free(h);
	return e;
}

#define FIRST "seawall-handoff 1\n"

static void newer_lines_are_skipped(void **state)
{
	assert_int_equal(read_text(FIRST "generation 1\nfuture a b c\n"), OK);
	assert_int_equal(read_text(FIRST), OK);
}

static void damaged_ones_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"seawall-handoff 2\n",
		FIRST "generation x\n",
		FIRST "generation 4294967296\n",
		FIRST "door -1\n",
		FIRST "door 99999999999\n",
		FIRST "listen 127.0.0.1:80\n",
		FIRST "listen 127.0.0.1:80 127.0.0.1:80\n",
		FIRST "listen 127.0.0.1:80 127.0.0.1:0 5\n",
		FIRST "listen 127.0.0.1:80 127.0.0.1:80 5 x\n",
		FIRST "xdp-maps 1 2 3 4\n",
		FIRST "xdp-maps 1 2 3 4 5 6\n",
		FIRST "xdp-link x driver eth0\n",
		FIRST "kernel-drop -1 {}\n",
		FIRST "child edge 1\n",
		FIRST "child edge 1 0 ready\n",
		FIRST "child worker 1 5 ready\n",
	};
	char many[8192] = FIRST;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(read_text(bad[i]), ERR_CONFIG);
	for (int i = 0; i <= HANDOFF_CHILDREN_MAX; i++)
		strcat(many, "child edge 1 5 ready\n");
	assert_int_equal(read_text(many), ERR_CONFIG);
}

static void every_prefix_is_read_or_refused(void **state)
{
	struct handoff *h = sample();
	struct buf text;

	buf_init(&text, HANDOFF_BYTES_MAX);
	assert_int_equal(handoff_write(h, &text), OK);
	for (size_t n = 0; n < buf_len(&text); n++) {
		struct handoff *back = handoff_new();
		struct diag d;
		diag_init(&d);
		(void)!handoff_read(slice_first(buf_slice(&text), n), back, &d);
		handoff_free(back);
	}
	buf_fini(&text);
	handoff_free(h);
}

static void a_memfd_is_sealed(void **state)
{
	struct buf back;
	int fd, copy;

	assert_int_equal(handoff_to_fd(SLICE("some text"), &fd), OK);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(fd, 0), -1);
	copy = dup(fd);
	buf_init(&back, 100000);
	assert_int_equal(handoff_from_fd(fd, &back), OK);
	assert_true(slice_eq(buf_slice(&back), SLICE("some text")));
	buf_clear(&back);
	/* Whoever reads a copy of the descriptor starts at the beginning too. */
	assert_int_equal(handoff_from_fd(copy, &back), OK);
	assert_true(slice_eq(buf_slice(&back), SLICE("some text")));
	buf_fini(&back);
}

static void descriptors_open_and_close_for_children(void **state)
{
	struct handoff *h = handoff_new();
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	h->door_fd = fds[0];
	h->listens_n = 1;
	h->listens[0].fds_n = 1;
	h->listens[0].fds[0] = fds[1];
	handoff_cloexec(h, true);
	assert_int_equal(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fds[1], F_GETFD), FD_CLOEXEC);
	handoff_cloexec(h, false);
	assert_int_equal(fcntl(fds[0], F_GETFD), 0);
	assert_int_equal(fcntl(fds[1], F_GETFD), 0);
	close(fds[0]);
	close(fds[1]);
	handoff_free(h);
}

/* Edges tell the kernel what is banned; the program and where it is attached stay with the supervisor. */
static void children_get_the_maps_at_most(void **state)
{
	struct handoff *h = sample(), *to = handoff_new();

	handoff_for(h, HANDOFF_EDGE, to);
	assert_int_equal(to->xdp.maps[0], 30);
	assert_int_equal(to->xdp.links_n, 0);
	for (int role = HANDOFF_CONTROL; role <= HANDOFF_RUNNER; role++) {
		handoff_for(h, (enum handoff_role)role, to);
		assert_int_equal(to->xdp.maps[0], -1);
		assert_int_equal(to->xdp.links_n, 0);
	}
	handoff_free(h);
	handoff_free(to);
}

int test_handoff(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_goes_there_and_back),
		cmocka_unit_test(newer_lines_are_skipped),
		cmocka_unit_test(damaged_ones_are_refused),
		cmocka_unit_test(every_prefix_is_read_or_refused),
		cmocka_unit_test(a_memfd_is_sealed),
		cmocka_unit_test(children_get_the_maps_at_most),
		cmocka_unit_test(descriptors_open_and_close_for_children),
	};

	return cmocka_run_group_tests_name("handoff", tests, NULL, NULL);
}
