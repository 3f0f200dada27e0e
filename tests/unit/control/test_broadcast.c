/* SPDX-License-Identifier: Apache-2.0 */
/* test_broadcast: one command to several edges, one answer. */
#include "test_control.h"

#include "control/broadcast.h"
#include "control/kinds.h"

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

enum { EDGES = 3 };

struct scene {
	struct limits limits;
	struct desired *desired;
	struct broadcasts *broadcasts;
	struct peer *peers[EDGES];
	struct link edges[EDGES];
	size_t n;
	enum err answer;
	char said[300];
	int times;
};

static void on_done(void *arg, const struct broadcast_result *results, size_t n)
{
	struct scene *s = arg;
	size_t at = 0;

	s->times++;
	s->said[0] = '\0';
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(s->said + at, sizeof s->said - at, "%u:%d:%s:%s ", results[i].pid,
				       results[i].answered, err_name(results[i].error),
				       results[i].json ? results[i].json : "-");
}

static enum err on_command(void *arg, const struct frame *f)
{
	struct scene *s = arg;
	struct frame_command_call call;

	if (f->type != FRAME_COMMAND)
		return OK;
	assert_int_equal(frame_read_command(f->payload, &call), OK);
	struct frame_reply r = { .seq = call.seq, .error = s->answer, .text = SLICE("why"), .json = SLICE("{}") };
	return frame_write_reply(&s->edges[s->n].out, &r);
}

/* Lets edge i read what it was sent, answer it, and control read that. */
static void answer(struct scene *s, size_t i)
{
	s->n = i;
	assert_int_equal(peer_pump(s->peers[i], true, 1000), OK);
	assert_int_equal(link_read(&s->edges[i], on_command, s), OK);
	assert_int_equal(link_write(&s->edges[i]), OK);
	assert_int_equal(peer_event(s->peers[i], POLLIN, 1000), OK);
}

static void open_scene(struct scene *s)
{
	int fds[2];

	*s = (struct scene){ 0 };
	limits_init(&s->limits);
	s->desired = desired_new(&s->limits, kinds_all(), NULL);
	s->broadcasts = broadcast_new();
	for (size_t i = 0; i < EDGES; i++) {
		struct frame_hello h = { .pid = (uint32_t)i + 1, .name = SLICE("n") };
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
		s->peers[i] = peer_new(fds[0], &s->limits, s->desired, 1000);
		link_init(&s->edges[i], fds[1], s->limits.plan_item_bytes_max, s->limits.door_queue_bytes_max);
		assert_int_equal(frame_write_hello(&s->edges[i].out, &h, SLICE(""), false), OK);
		answer(s, i);
	}
}

static void close_scene(struct scene *s)
{
	for (size_t i = 0; i < EDGES; i++) {
		peer_free(s->peers[i]);
		link_fini(&s->edges[i]);
	}
	broadcast_free(s->broadcasts);
	desired_free(s->desired);
}

/* Asks the first n edges for a purge, waiting until 2000. */
static void purge(struct scene *s, size_t n)
{
	struct broadcast_call call = { FRAME_COMMAND_PURGE, SLICE("{}"), 2000, on_done, s };

	broadcast_send(s->broadcasts, s->peers, n, &call);
}

static void all_edges_answer(void **state)
{
	struct scene s;

	open_scene(&s);
	assert_true(broadcast_tick(s.broadcasts, 1000) == UINT64_MAX);
	purge(&s, EDGES);
	assert_int_equal(broadcast_tick(s.broadcasts, 1000), 2000);
	answer(&s, 0);
	answer(&s, 2);
	s.answer = ERR_OVERLOAD;
	broadcast_tick(s.broadcasts, 1500);
	assert_int_equal(s.times, 0);
	answer(&s, 1);
	assert_true(broadcast_tick(s.broadcasts, 1500) == UINT64_MAX);
	assert_int_equal(s.times, 1);
	assert_string_equal(s.said, "1:1:OK:{} 2:1:ERR_OVERLOAD:{} 3:1:OK:{} ");
	close_scene(&s);
}

static void the_late_and_the_gone_are_named(void **state)
{
	struct scene s;

	open_scene(&s);
	purge(&s, EDGES);
	answer(&s, 0);
	peer_free(s.peers[1]);
	s.peers[1] = NULL;
	broadcast_tick(s.broadcasts, 1999);
	assert_int_equal(s.times, 0);
	broadcast_tick(s.broadcasts, 2000);
	assert_string_equal(s.said, "1:1:OK:{} 2:0:ERR_CLOSED: 3:0:ERR_TIMEOUT:- ");
	/* Its answer comes when nobody waits any more. */
	answer(&s, 2);
	broadcast_tick(s.broadcasts, 3000);
	assert_int_equal(s.times, 1);
	close_scene(&s);
}

static void without_edges_the_answer_comes_at_the_next_tick(void **state)
{
	struct scene s;

	open_scene(&s);
	purge(&s, 0);
	assert_int_equal(s.times, 0);
	broadcast_tick(s.broadcasts, 1000);
	assert_int_equal(s.times, 1);
	/* What is under way at the end is answered too. */
	purge(&s, EDGES);
	close_scene(&s);
	assert_int_equal(s.times, 2);
	assert_string_equal(s.said, "1:0:ERR_CLOSED: 2:0:ERR_CLOSED: 3:0:ERR_CLOSED: ");
}

int test_broadcast(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_edges_answer),
		cmocka_unit_test(the_late_and_the_gone_are_named),
		cmocka_unit_test(without_edges_the_answer_comes_at_the_next_tick),
	};

	return cmocka_run_group_tests_name("broadcast", tests, NULL, NULL);
}
