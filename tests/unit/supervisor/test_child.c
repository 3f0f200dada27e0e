/* SPDX-License-Identifier: Apache-2.0 */
/* test_child: pauses between starts, and a child that is asked to leave. */
#include "test_supervisor.h"

#include "supervisor/child.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void pauses_double(void **state)
{
	uint64_t pause = UINT64_MAX;
	static const uint64_t want[] = { 0, 50, 100, 200, 400, 800, 1000, 1000 };

	for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
		pause = child_pause_ms(pause, 10, 1000);
		assert_int_equal(pause, want[i]);
	}
	assert_int_equal(child_pause_ms(1000, 29999, 1000), 1000);
	assert_int_equal(child_pause_ms(1000, 30000, 1000), 0);
	assert_int_equal(child_pause_ms(0, 0, 10), 10);
	assert_int_equal(child_pause_ms(UINT64_MAX - 1, 0, 60000), 60000);
}

static void a_child_gets_ready_and_leaves(void **state)
{
	int ready[2], status;
	struct child c = { .role = HANDOFF_EDGE };

	assert_int_equal(pipe(ready), 0);
	c.pid = fork();
	if (c.pid == 0) {
		signal(SIGTERM, SIG_DFL);
		if (write(ready[1], "ready\n", 6) != 6)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	c.ready_fd = ready[0];
	assert_true(child_check_ready(&c));
	assert_true(c.ready);
	assert_false(child_check_ready(&c));
	child_leave(&c, 77);
	assert_true(c.leaving);
	assert_int_equal(c.kill_at_ms, 77);
	assert_int_equal(waitpid(c.pid, &status, 0), c.pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	child_gone(&c);
	assert_int_equal(c.pid, 0);
	child_leave(&c, 1);
	assert_false(c.leaving);
}

static void a_child_that_ends_is_not_ready(void **state)
{
	int ready[2];
	struct child c = { .pid = 1 };

	assert_int_equal(pipe(ready), 0);
	close(ready[1]);
	c.ready_fd = ready[0];
	assert_false(child_check_ready(&c));
	assert_int_equal(c.ready_fd, -1);
	assert_string_equal(child_role_name(HANDOFF_EDGE), "edge");
	assert_string_equal(child_role_name(HANDOFF_CONTROL), "control");
	assert_string_equal(child_role_name(HANDOFF_RUNNER), "runner");
}

int test_child(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pauses_double),
		cmocka_unit_test(a_child_gets_ready_and_leaves),
		cmocka_unit_test(a_child_that_ends_is_not_ready),
	};

	return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
