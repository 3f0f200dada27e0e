/* SPDX-License-Identifier: Apache-2.0 */
/* test_runner: a runner in a process of its own, and control's end of the connection. */
#include "test_runner.h"

#include "runner/runner.h"
#include "runner/runner_link.h"
#include "sys/sock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct seen {
	uint64_t id;
	enum runner_state state;
	uint16_t port;
	uint32_t pid;
	char why[RUNNER_WHY_BYTES];
};

struct world {
	char folder[64], path[96];
	struct node_config node;
	pid_t runner;
	struct loop *loop;
	struct runner_link *link;
	struct seen seen[16];
	size_t seen_n;
	char text[65536];
	size_t text_n;
	unsigned lost, listed;
};

static void lost(void *arg)
{
	((struct world *)arg)->lost++;
}

static void listed(void *arg)
{
	((struct world *)arg)->listed++;
}

static void instance(void *arg, const struct runner_instance *i)
{
	struct world *w = arg;
	size_t k = 0;

	while (k < w->seen_n && w->seen[k].id != i->id)
		k++;
	if (k == w->seen_n)
		w->seen_n++;
	w->seen[k] = (struct seen){ i->id, i->state, i->port, i->pid, "" };
	slice_cstr(i->why, w->seen[k].why, sizeof w->seen[k].why);
}

static void output(void *arg, const struct runner_output *o)
{
	struct world *w = arg;

	assert_true(w->text_n + o->lines.n < sizeof w->text);
	memcpy(w->text + w->text_n, o->lines.p, o->lines.n);
	w->text_n += o->lines.n;
	w->text[w->text_n] = '\0';
}

static void connect_control(struct world *w)
{
	const struct runner_link_owner owner = { lost, listed, instance, output, w };

	w->listed = 0;
	w->seen_n = 0;
	w->link = runner_link_new(w->loop, w->path, &owner);
	for (int i = 0; i < 500 && !w->listed; i++)
		loop_turn(w->loop, 20);
	assert_int_equal(w->listed, 1);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	struct diag d;
	int fd;

	snprintf(w->folder, sizeof w->folder, "/tmp/seawall-test-runner-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	snprintf(w->path, sizeof w->path, "%s/runner.sock", w->folder);
	limits_init(&w->node.limits);
	w->node.limits.instance_boot_ms = 1500;
	w->node.limits.instance_stop_ms = 700;
	w->node.limits.instances_max = 4;
	diag_init(&d);
	assert_int_equal(sock_listen_unix(w->path, &fd, &d), OK);
	w->runner = fork();
	if (w->runner == 0) {
		const struct runner_setup s = {
			.node = &w->node, .listen_fd = fd, .control_uid = geteuid(), .ready_fd = -1
		};
		int status = runner_run(&s);
		free(w);
		exit(status);
	}
	close(fd);
	assert_int_equal(loop_new(&w->loop), OK);
	connect_control(w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	int status;

	runner_link_free(w->link);
	loop_free(w->loop);
	if (w->runner) {
		kill(w->runner, SIGTERM);
		assert_int_equal(waitpid(w->runner, &status, 0), w->runner);
		assert_int_equal(status, 0);
	}
	unlink(w->path);
	rmdir(w->folder);
	free(w);
	return 0;
}

static void start(struct world *w, uint64_t id, const char *command, uint8_t flags, uint64_t memory)
{
	const struct runner_start s = { .id = id,
					.generation = 1,
					.memory_bytes = memory,
					.flags = flags,
					.app = SLICE("my-app"),
					.label = SLICE("web-1"),
					.command = slice_str(command) };

	runner_link_start(w->link, &s, NULL);
}

static const struct seen *wait_for(struct world *w, uint64_t id, enum runner_state state)
{
	for (int i = 0; i < 1000; i++) {
		for (size_t k = 0; k < w->seen_n; k++)
			if (w->seen[k].id == id && w->seen[k].state == state)
				return &w->seen[k];
		loop_turn(w->loop, 20);
	}
	fail_msg("instance %llu never came to state %d; output: %s", (unsigned long long)id, state, w->text);
	return NULL;
}

/* Perl is part of every Debian (perl-base). */
#define SERVER                                                                                                         \
	"exec perl -MIO::Socket::INET -e "                                                                             \
	"'$s=IO::Socket::INET->new(LocalAddr=>\"127.0.0.1\",LocalPort=>$ENV{PORT},Listen=>5,ReuseAddr=>1) or die; "    \
	"$|=1; print \"up\\n\"; sleep 1 while 1'"

static void a_web_instance_lives_and_ends(void **state)
{
	struct world *w = *state;

	start(w, 1, SERVER, RUNNER_WEB, 0);
	const struct seen *s = wait_for(w, 1, RUNNER_READY);
	assert_in_range(s->port, 20000, 29999);
	for (int i = 0; i < 200 && !strstr(w->text, "up\n"); i++)
		loop_turn(w->loop, 20);
	assert_string_equal(w->text, "up\n");
	runner_link_stop(w->link, 1);
	s = wait_for(w, 1, RUNNER_ENDED);
	assert_string_equal(s->why, "ended by signal TERM");
}

static void it_outlives_control(void **state)
{
	struct world *w = *state;

	start(w, 1, "sleep 1000", 0, 0);
	uint32_t pid = wait_for(w, 1, RUNNER_READY)->pid;
	runner_link_free(w->link);
	connect_control(w);
	assert_int_equal(w->seen_n, 1);
	assert_int_equal(w->seen[0].pid, pid);
	assert_int_equal(w->seen[0].state, RUNNER_READY);
	/* What has ended is told until it is forgotten. */
	runner_link_stop(w->link, 1);
	wait_for(w, 1, RUNNER_ENDED);
	runner_link_free(w->link);
	connect_control(w);
	assert_int_equal(w->seen_n, 1);
	runner_link_forget(w->link, 1);
	runner_link_start(
		w->link,
		&(struct runner_start){ .id = 2, .app = SLICE("a"), .label = SLICE("w-1"), .command = SLICE("true") },
		NULL);
	wait_for(w, 2, RUNNER_ENDED);
	runner_link_forget(w->link, 2);
	loop_turn(w->loop, 0);
	runner_link_free(w->link);
	connect_control(w);
	assert_int_equal(w->seen_n, 0);
}

static void who_ignores_sigterm_is_killed(void **state)
{
	struct world *w = *state;

	start(w, 1, "trap '' TERM; echo deaf; while :; do sleep 0.1; done", 0, 0);
	wait_for(w, 1, RUNNER_READY);
	runner_link_stop(w->link, 1);
	assert_string_equal(wait_for(w, 1, RUNNER_ENDED)->why, "did not end in time after SIGTERM");
}

/* The whole group has its time, also when the shell in front is gone first. */
static void children_may_finish(void **state)
{
	struct world *w = *state;

	start(w, 1, "(trap 'sleep 0.3; echo finished; exit' TERM; while :; do sleep 0.05; done) & wait", 0, 0);
	wait_for(w, 1, RUNNER_READY);
	runner_link_stop(w->link, 1);
	wait_for(w, 1, RUNNER_ENDED);
	assert_non_null(strstr(w->text, "finished\n"));
}

static void a_port_that_never_opens_is_a_boot_timeout(void **state)
{
	struct world *w = *state;

	start(w, 1, "sleep 1000", RUNNER_WEB, 0);
	assert_string_equal(wait_for(w, 1, RUNNER_ENDED)->why, "boot timeout: its port accepted no connection in time");
}

static void the_end_tells_why_and_keeps_the_last_words(void **state)
{
	struct world *w = *state;

	start(w, 1, "echo last; printf words; exit 7", 0, 0);
	assert_string_equal(wait_for(w, 1, RUNNER_ENDED)->why, "exited with status 7");
	assert_string_equal(w->text, "last\nwords\n");
}

static void too_much_memory_ends_it(void **state)
{
	struct world *w = *state;

	start(w, 1, "exec perl -e '$x=\"x\" x (64<<20); sleep 1000'", 0, 32 << 20);
	assert_string_equal(wait_for(w, 1, RUNNER_ENDED)->why, "out of memory: it used more than its size has");
}

static void there_is_a_bound(void **state)
{
	struct world *w = *state;

	for (uint64_t i = 1; i <= 5; i++)
		start(w, i, "sleep 1000", 0, 0);
	assert_string_equal(wait_for(w, 5, RUNNER_ENDED)->why, "the limit instances_max is reached");
	wait_for(w, 4, RUNNER_READY);
}

/* It has ended, and whoever its parent is now has not looked yet. */
static bool is_zombie(pid_t pid)
{
	char path[64], line[256] = "";

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *f = fopen(path, "r");
	if (!f)
		return false;
	bool read = fgets(line, sizeof line, f) != NULL;
	fclose(f);
	const char *state = read ? strrchr(line, ')') : NULL;
	return state && state[1] == ' ' && state[2] == 'Z';
}

static bool gone(pid_t pid)
{
	for (int i = 0; i < 500; i++) {
		if ((kill(pid, 0) != 0 && errno == ESRCH) || is_zombie(pid))
			return true;
		usleep(10000);
	}
	return false;
}

/* Also those that made a session of their own. */
static void nothing_is_left_behind(void **state)
{
	struct world *w = *state;
	int status, stray = 0;

	start(w, 1, "setsid sleep 1000 & echo stray $!; exec sleep 1000", 0, 0);
	pid_t pid = (pid_t)wait_for(w, 1, RUNNER_READY)->pid;
	for (int i = 0; i < 200 && sscanf(w->text, "stray %d", &stray) != 1; i++)
		loop_turn(w->loop, 20);
	assert_true(stray > 1);
	runner_link_stop(w->link, 1);
	wait_for(w, 1, RUNNER_ENDED);
	assert_true(gone(stray));
	assert_true(gone(pid));
	start(w, 2, "sleep 1000", 0, 0);
	pid = (pid_t)wait_for(w, 2, RUNNER_READY)->pid;
	kill(w->runner, SIGTERM);
	assert_int_equal(waitpid(w->runner, &status, 0), w->runner);
	w->runner = 0;
	assert_int_equal(status, 0);
	assert_true(gone(pid));
}

static void a_killed_runner_takes_them_along(void **state)
{
	struct world *w = *state;
	int status;

	start(w, 1, "exec sleep 1000", 0, 0);
	pid_t pid = (pid_t)wait_for(w, 1, RUNNER_READY)->pid;
	kill(w->runner, SIGKILL);
	waitpid(w->runner, &status, 0);
	w->runner = 0;
	assert_true(gone(pid));
	unsigned before = w->lost;
	for (int i = 0; i < 100 && w->lost == before; i++)
		loop_turn(w->loop, 20);
	assert_true(w->lost > before);
}

#define LIVES(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int test_runner(void)
{
	const struct CMUnitTest tests[] = {
		LIVES(a_web_instance_lives_and_ends),
		LIVES(it_outlives_control),
		LIVES(who_ignores_sigterm_is_killed),
		LIVES(children_may_finish),
		LIVES(a_port_that_never_opens_is_a_boot_timeout),
		LIVES(the_end_tells_why_and_keeps_the_last_words),
		LIVES(too_much_memory_ends_it),
		LIVES(there_is_a_bound),
		LIVES(nothing_is_left_behind),
		LIVES(a_killed_runner_takes_them_along),
	};

	return cmocka_run_group_tests_name("runner", tests, NULL, NULL);
}
