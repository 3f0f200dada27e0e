/* SPDX-License-Identifier: Apache-2.0 */
/* test_command: commands of control are started, answered once, bounded, and dropped with their link. */
#include "test_edge.h"

#include "edge/command.h"

#include <pthread.h>

struct box {
	struct command *held[8];
	size_t held_n;
	int woken;
};

static void on_wake(void *arg)
{
	__atomic_fetch_add(&((struct box *)arg)->woken, 1, __ATOMIC_RELAXED);
}

static void on_purge(void *arg, struct command *c, struct slice json)
{
	struct box *b = arg;

	assert_true(slice_eq(json, SLICE("{}")));
	b->held[b->held_n++] = c;
}

static struct command_set *open_set(struct box *b)
{
	struct command_setup setup = {
		.fns = { [FRAME_COMMAND_PURGE] = on_purge }, .arg = b, .wake = on_wake, .wake_arg = b
	};

	*b = (struct box){ .held_n = 0 };
	return command_set_new(&setup);
}

static void start(struct command_set *cs, uint64_t seq, enum frame_command kind, size_t max)
{
	struct frame_command_call call = { seq, kind, SLICE("{}") };

	command_start(cs, &call, max);
}

/* The next REPLY in the buffer. */
static struct frame_reply next(struct buf *out)
{
	struct frame_reply r;
	struct frame f;
	size_t used;

	assert_int_equal(frame_take(buf_slice(out), 4096, &f, &used), OK);
	out->from += used;
	assert_int_equal(f.type, FRAME_REPLY);
	assert_int_equal(frame_read_reply(f.payload, &r), OK);
	return r;
}

static void *answer_elsewhere(void *c)
{
	command_answer(c, OK, SLICE("[7]"), NULL);
	return NULL;
}

static void answers_come_from_any_thread(void **state)
{
	struct box b;
	struct command_set *cs = open_set(&b);
	struct buf out;
	pthread_t t;

	buf_init(&out, 10000);
	start(cs, 1, FRAME_COMMAND_PURGE, 8);
	start(cs, 2, FRAME_COMMAND_PURGE, 8);
	assert_int_equal(command_open(cs), 2);
	assert_int_equal(command_flush(cs, &out), OK);
	assert_int_equal(buf_len(&out), 0);
	assert_int_equal(pthread_create(&t, NULL, answer_elsewhere, b.held[1]), 0);
	pthread_join(t, NULL);
	assert_int_equal(b.woken, 1);
	struct diag why;
	diag_init(&why);
	command_answer(b.held[0], diag_set(&why, ERR_RANGE, "files[0]", "is no URL"), slice_of(NULL, 0), &why);
	assert_int_equal(command_flush(cs, &out), OK);
	struct frame_reply r = next(&out);
	assert_true(r.seq == 2 && r.error == OK && slice_eq(r.json, SLICE("[7]")));
	r = next(&out);
	assert_true(r.seq == 1 && r.error == ERR_RANGE && slice_eq(r.where, SLICE("files[0]")));
	assert_true(slice_eq(r.text, SLICE("is no URL")) && r.json.n == 0);
	assert_int_equal(command_open(cs), 0);
	buf_fini(&out);
	command_set_free(cs);
}

static void what_is_not_taken_is_refused(void **state)
{
	struct box b;
	struct command_set *cs = open_set(&b);
	struct buf out;

	buf_init(&out, 10000);
	start(cs, 1, FRAME_COMMAND_EXPLAIN, 8);
	start(cs, 2, FRAME_COMMAND_PURGE, 1);
	start(cs, 3, FRAME_COMMAND_PURGE, 1);
	assert_int_equal(command_flush(cs, &out), OK);
	assert_int_equal(next(&out).error, ERR_NOT_FOUND);
	struct frame_reply r = next(&out);
	assert_true(r.seq == 3 && r.error == ERR_OVERLOAD);
	assert_int_equal(buf_len(&out), 0);
	buf_fini(&out);
	command_set_free(cs); /* the open one goes too */
	command_set_free(NULL);
}

static void answers_to_a_broken_link_are_dropped(void **state)
{
	struct box b;
	struct command_set *cs = open_set(&b);
	struct buf out;

	buf_init(&out, 10000);
	start(cs, 1, FRAME_COMMAND_PURGE, 8);
	command_forget(cs);
	start(cs, 2, FRAME_COMMAND_PURGE, 8);
	command_answer(b.held[0], OK, SLICE(""), NULL);
	command_answer(b.held[1], OK, SLICE(""), NULL);
	assert_int_equal(command_flush(cs, &out), OK);
	assert_int_equal(next(&out).seq, 2);
	assert_int_equal(buf_len(&out), 0);
	buf_fini(&out);
	command_set_free(cs);
}

int test_command(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_from_any_thread),
		cmocka_unit_test(what_is_not_taken_is_refused),
		cmocka_unit_test(answers_to_a_broken_link_are_dropped),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
