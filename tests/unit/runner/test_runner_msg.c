/* SPDX-License-Identifier: Apache-2.0 */
/* test_runner_msg: messages there and back, each prefix, and what is refused. */
#include "test_runner.h"

#include "runner/runner_msg.h"

static const struct runner_variable vars[] = { { SLICE_INIT("A"), SLICE_INIT("1") },
					       { SLICE_INIT("_B2"), SLICE_INIT("") } };

static struct runner_start sample(void)
{
	return (struct runner_start){ .id = 7,
				      .generation = 3,
				      .memory_bytes = 512 << 20,
				      .flags = RUNNER_WEB,
				      .app = SLICE("my-app"),
				      .label = SLICE("web-1"),
				      .command = SLICE("node server.js"),
				      .folder = SLICE("/srv/my-app"),
				      .variables_n = 2 };
}

/* The payload of the one frame in b. */
static struct slice payload(const struct buf *b, uint8_t type)
{
	struct frame f;
	size_t used;

	assert_int_equal(frame_take(buf_slice(b), RUNNER_PAYLOAD_BYTES_MAX, &f, &used), OK);
	assert_int_equal(used, buf_len(b));
	assert_int_equal(f.type, type);
	assert_int_equal(f.version, RUNNER_VERSION);
	return f.payload;
}

static void a_start_goes_there_and_back(void **state)
{
	struct runner_start s = sample(), back;
	struct runner_variable v;
	struct buf b;

	buf_init(&b, 1 << 16);
	assert_int_equal(runner_msg_write_start(&b, &s, vars), OK);
	struct slice p = payload(&b, RUNNER_START);
	assert_int_equal(runner_msg_read_start(p, &back), OK);
	assert_int_equal(back.id, 7);
	assert_int_equal(back.memory_bytes, 512 << 20);
	assert_true(slice_eq(back.command, s.command) && slice_eq(back.folder, s.folder));
	assert_int_equal(runner_msg_variable_take(&back.variables, &v), OK);
	assert_int_equal(runner_msg_variable_take(&back.variables, &v), OK);
	assert_true(slice_eq(v.name, SLICE("_B2")) && v.value.n == 0);
	assert_int_equal(runner_msg_variable_take(&back.variables, &v), ERR_FRAME);
	for (size_t n = 0; n < p.n; n++)
		assert_int_equal(runner_msg_read_start(slice_first(p, n), &back), ERR_FRAME);
	buf_fini(&b);
}

static enum err judged(struct runner_start s, const struct runner_variable *variables)
{
	struct runner_start back;
	struct buf b;

	buf_init(&b, 1 << 20);
	assert_int_equal(runner_msg_write_start(&b, &s, variables), OK);
	enum err e = runner_msg_read_start(payload(&b, RUNNER_START), &back);
	buf_fini(&b);
	return e;
}

static void bad_starts_are_refused(void **state)
{
	static const char *const names[] = { "", "1A", "A-B", "A=B", "A B" };
	struct runner_variable v[2] = { vars[0], vars[1] };
	struct runner_start s = sample();
	static char longest[RUNNER_COMMAND_BYTES_MAX + 1];

	assert_int_equal(judged(s, v), OK);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		v[1].name = slice_str(names[i]);
		assert_int_equal(judged(s, v), ERR_FRAME);
	}
	v[1].name = SLICE("A\0B");
	assert_int_equal(judged(s, v), ERR_FRAME);
	s.id = 0;
	assert_int_equal(judged(s, vars), ERR_FRAME);
	s = sample();
	s.folder = SLICE("srv");
	assert_int_equal(judged(s, vars), ERR_FRAME);
	s = sample();
	s.command = SLICE("a\0b");
	assert_int_equal(judged(s, vars), ERR_FRAME);
	memset(longest, 'x', sizeof longest);
	s.command = slice_of(longest, sizeof longest);
	assert_int_equal(judged(s, vars), ERR_FRAME);
	s.command = slice_of(longest, sizeof longest - 1);
	assert_int_equal(judged(s, vars), OK);
}

static void an_instance_goes_there_and_back(void **state)
{
	const struct runner_instance i = { .id = 9,
					   .generation = 1,
					   .state = RUNNER_READY,
					   .port = 20001,
					   .pid = 77,
					   .started_ms = 5,
					   .used_bytes = 6,
					   .cpu_ms = 8,
					   .app = SLICE("a"),
					   .label = SLICE("web-2"),
					   .why = SLICE("") };
	struct runner_instance back;
	struct buf b;

	buf_init(&b, 4096);
	assert_int_equal(runner_msg_write_instance(&b, &i), OK);
	struct slice p = payload(&b, RUNNER_INSTANCE);
	assert_int_equal(runner_msg_read_instance(p, &back), OK);
	assert_int_equal(back.port, 20001);
	assert_int_equal(back.cpu_ms, 8);
	assert_true(slice_eq(back.label, SLICE("web-2")));
	for (size_t n = 0; n < p.n; n++)
		assert_int_equal(runner_msg_read_instance(slice_first(p, n), &back), ERR_FRAME);
	buf_fini(&b);
}

static void output_and_orders_go_there_and_back(void **state)
{
	const struct runner_output o = {
		.id = 1, .wall_ms = 2, .dropped = 3, .app = SLICE("a"), .label = SLICE("w-1"), .lines = SLICE("x\ny\n")
	};
	struct runner_output back;
	struct buf b;
	uint64_t id;

	buf_init(&b, 4096);
	assert_int_equal(runner_msg_write_output(&b, &o), OK);
	assert_int_equal(runner_msg_read_output(payload(&b, RUNNER_OUTPUT), &back), OK);
	assert_true(back.dropped == 3 && slice_eq(back.lines, SLICE("x\ny\n")));
	buf_clear(&b);
	assert_int_equal(runner_msg_write_id(&b, RUNNER_STOP, 42), OK);
	assert_int_equal(runner_msg_read_id(payload(&b, RUNNER_STOP), &id), OK);
	assert_int_equal(id, 42);
	assert_int_equal(runner_msg_read_id(SLICE("1234567"), &id), ERR_FRAME);
	buf_clear(&b);
	assert_int_equal(runner_msg_write_listed(&b), OK);
	assert_int_equal(payload(&b, RUNNER_LISTED).n, 0);
	buf_fini(&b);
	buf_init(&b, 20);
	assert_int_equal(runner_msg_write_output(&b, &o), ERR_QUEUE_FULL);
	assert_int_equal(buf_len(&b), 0);
	buf_fini(&b);
}

int test_runner_msg(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_goes_there_and_back),
		cmocka_unit_test(bad_starts_are_refused),
		cmocka_unit_test(an_instance_goes_there_and_back),
		cmocka_unit_test(output_and_orders_go_there_and_back),
	};

	return cmocka_run_group_tests_name("runner_msg", tests, NULL, NULL);
}
