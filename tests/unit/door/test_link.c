/* SPDX-License-Identifier: Apache-2.0 */
/* test_link: two ends of a socket pair: large frames in pieces, bounds, ends. */
#include "test_door.h"

#include "base/mem.h"
#include "door/link.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

struct got {
	size_t frames, bytes;
	enum err answer;
};

static enum err count(void *arg, const struct frame *f)
{
	struct got *g = arg;

	g->frames++;
	g->bytes += f->payload.n;
	return g->answer;
}

static void pair(struct link *a, struct link *b, size_t item_max, size_t queue_max)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	link_init(a, fds[0], item_max, queue_max);
	link_init(b, fds[1], item_max, queue_max);
}

static struct frame_put put_of(char *json, size_t n)
{
	return (struct frame_put){ .kind = SLICE("zone"), .name = SLICE("a.test"), .json = slice_of(json, n) };
}

static void large_frames_pass_in_pieces(void **state)
{
	enum { N = 3 << 20 };
	struct link a, b;
	struct got g = { 0 };
	char *json = mem_alloc(N);
	struct frame_put p = put_of(json, N);

	pair(&a, &b, N, N * 2);
	assert_int_equal(link_events(&a), POLLIN);
	assert_int_equal(frame_write_put(&a.out, &p), OK);
	assert_int_equal(frame_write_empty(&a.out, FRAME_PING), OK);
	assert_int_equal(link_events(&a), POLLIN | POLLOUT);
	for (int i = 0; i < 10000 && g.frames < 2; i++) {
		assert_int_equal(link_write(&a), OK);
		assert_int_equal(link_read(&b, count, &g), OK);
	}
	assert_int_equal(g.frames, 2);
	assert_true(g.bytes > N);
	assert_int_equal(link_queued(&a), 0);
	link_fini(&a);
	assert_int_equal(link_read(&b, count, &g), ERR_CLOSED);
	link_fini(&b);
	link_fini(&b);
	mem_free(json);
}

static void the_largest_item_fits_any_queue(void **state)
{
	enum { N = 200000 };
	struct link a, b;
	char *json = mem_alloc(N);
	struct frame_put p = put_of(json, N);

	pair(&a, &b, N, 65536);
	assert_int_equal(frame_write_put(&a.out, &p), OK);
	assert_int_equal(frame_write_put(&a.out, &p), ERR_QUEUE_FULL);
	link_fini(&a);
	link_fini(&b);
	mem_free(json);
}

static void larger_frames_end_the_link(void **state)
{
	struct link a, b;
	struct got g = { 0 };
	static const char head[] = { 0x7f, 0, 0, 0, 0, 1, FRAME_PUT, 0 };

	pair(&a, &b, 1000, 100000);
	assert_int_equal(write(a.fd, head, sizeof head), sizeof head);
	assert_int_equal(link_read(&b, count, &g), ERR_FRAME_LARGE);
	link_fini(&a);
	link_fini(&b);
}

static void errors_of_the_reader_pass(void **state)
{
	struct link a, b;
	struct got g = { .answer = ERR_FRAME };

	pair(&a, &b, 1000, 100000);
	assert_int_equal(frame_write_empty(&a.out, FRAME_PING), OK);
	assert_int_equal(link_write(&a), OK);
	assert_int_equal(link_read(&b, count, &g), ERR_FRAME);
	link_fini(&b);
	assert_int_equal(frame_write_empty(&a.out, FRAME_PING), OK);
	assert_int_equal(link_write(&a), ERR_CLOSED);
	link_fini(&a);
}

int test_link(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(large_frames_pass_in_pieces),
		cmocka_unit_test(the_largest_item_fits_any_queue),
		cmocka_unit_test(larger_frames_end_the_link),
		cmocka_unit_test(errors_of_the_reader_pass),
	};

	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
