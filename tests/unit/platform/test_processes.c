/* SPDX-License-Identifier: Apache-2.0 */
/* test_processes: apps of a state in memory, a real runner in a process of its own, and what becomes of the rows. */
#include "test_platform.h"

#include "base/mem.h"
#include "platform/processes.h"
#include "runner/runner.h"
#include "state/instance.h"
#include "state/operation.h"
#include "state/variable.h"
#include "sys/sock.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct world {
	char folder[64];
	struct node_config node;
	struct seal seal;
	pid_t runner;
	struct loop *loop;
	struct state *st;
	struct api *api;
	struct platform_processes *p;
	struct state_app app;
	char log[65536];
	size_t log_n;
};

static const struct state_actor tester = { .token = "", .name = "test", .address = "" };

static void note(void *arg, const char *app_id, const char *source, int64_t wall_ms, struct slice line)
{
	struct world *w = arg;

	assert_string_equal(app_id, w->app.id);
	int n = snprintf(w->log + w->log_n, sizeof w->log - w->log_n, "[%s] %.*s\n", source, SLICE_ARG(line));
	assert_true(n > 0 && (size_t)n < sizeof w->log - w->log_n);
	w->log_n += (size_t)n;
}

static void committed(void *arg)
{
	struct world *w = arg;

	if (w->p)
		platform_processes_wake(w->p);
}

static void begin_control(struct world *w)
{
	const struct api_setup setup = { .state = w->st, .node = &w->node, .seal = &w->seal };

	w->api = api_new(&setup);
	api_on_commit(w->api, committed, w);
	const struct platform_processes_setup mine = { .api = w->api,
						       .state = w->st,
						       .loop = w->loop,
						       .node = &w->node,
						       .seal = &w->seal,
						       .log = note,
						       .log_arg = w };
	w->p = platform_processes_new(&mine);
}

static void end_control(struct world *w)
{
	api_free(w->api);
	platform_processes_free(w->p);
	w->p = NULL;
}

static void begin(struct world *w)
{
	assert_int_equal(state_begin(w->st, &tester), OK);
}

static void commit(struct world *w)
{
	assert_int_equal(state_commit(w->st), OK);
	platform_processes_wake(w->p);
}

static int setup(void **state)
{
	struct world *w = mem_alloc(sizeof *w);
	const uint8_t key[SEAL_KEY_BYTES] = { 7 };
	char path[128];
	struct diag d;
	int fd;

	diag_init(&d);
	snprintf(w->folder, sizeof w->folder, "/tmp/seawall-test-processes-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	snprintf(path, sizeof path, "%s/run", w->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/run/runner.sock", w->folder);
	snprintf(w->node.data, sizeof w->node.data, "%s", w->folder);
	snprintf(w->node.platform_region, sizeof w->node.platform_region, "osc-fr1");
	w->node.platform_processes = true;
	limits_init(&w->node.limits);
	w->node.limits.instance_stop_ms = 2000;
	w->node.limits.instance_drain_ms = 100;
	seal_init(&w->seal, key);
	assert_int_equal(sock_listen_unix(path, &fd, &d), OK);
	w->runner = fork();
	if (w->runner == 0) {
		const struct runner_setup s = {
			.node = &w->node, .listen_fd = fd, .control_uid = geteuid(), .ready_fd = -1
		};
		int status = runner_run(&s);
		mem_free(w);
		exit(status);
	}
	close(fd);
	assert_int_equal(loop_new(&w->loop), OK);
	assert_int_equal(state_open(":memory:", 1000, &w->st, &d), OK);
	begin_control(w);
	begin(w);
	snprintf(w->app.name, sizeof w->app.name, "my-app");
	snprintf(w->app.owner, sizeof w->app.owner, "john@example.com");
	assert_int_equal(state_app_add(w->st, &w->app), OK);
	commit(w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char path[128];
	int status;

	end_control(w);
	state_close(w->st);
	loop_free(w->loop);
	kill(w->runner, SIGTERM);
	assert_int_equal(waitpid(w->runner, &status, 0), w->runner);
	assert_int_equal(status, 0);
	snprintf(path, sizeof path, "%s/run/runner.sock", w->folder);
	unlink(path);
	snprintf(path, sizeof path, "%s/run", w->folder);
	rmdir(path);
	rmdir(w->folder);
	mem_free(w);
	return 0;
}

/* Perl is part of every Debian (perl-base). */
#define SERVER                                                                                                         \
	"exec perl -MIO::Socket::INET -e '$s=IO::Socket::INET->new(LocalAddr=>\"127.0.0.1\",LocalPort=>$ENV{PORT},"    \
	"Listen=>5,ReuseAddr=>1) or die; $|=1; print \"$ENV{CONTAINER} $ENV{COLOR} $ENV{APP}\\n\"; sleep 1 while 1'"

static void type(struct world *w, const char *name, int64_t amount, const char *size, const char *command)
{
	struct state_process p = { .amount = amount };

	snprintf(p.name, sizeof p.name, "%s", name);
	snprintf(p.size, sizeof p.size, "%s", size);
	snprintf(p.command, sizeof p.command, "%s", command);
	assert_int_equal(state_process_put(w->st, w->app.id, &p), OK);
}

/* A new operation; its id in ret. */
static void operation(struct world *w, const char *kind, json_t *scope, char ret[static STATE_APP_ID_BYTES])
{
	struct state_operation o = { .scope = scope };

	memcpy(o.app, w->app.id, sizeof o.app);
	snprintf(o.type, sizeof o.type, "%s", kind);
	snprintf(o.status, sizeof o.status, "pending");
	assert_int_equal(state_operation_add(w->st, &o), OK);
	memcpy(ret, o.id, sizeof o.id);
	state_operation_fini(&o);
}

struct rows {
	char text[4096];
	size_t n;
};

static void row(void *arg, const struct state_instance *i)
{
	struct rows *r = arg;

	r->n += (size_t)snprintf(r->text + r->n, sizeof r->text - r->n, "%s-%lld %s%s%s\n", i->type,
				 (long long)i->number, i->state, i->serving ? " serving" : "",
				 i->address[0] ? "" : " nowhere");
}

static const char *rows(struct world *w)
{
	static struct rows r;

	r.n = 0;
	r.text[0] = '\0';
	assert_int_equal(state_instance_each(w->st, w->app.id, row, &r), OK);
	return r.text;
}

static void wait_rows(struct world *w, const char *want)
{
	for (int i = 0; i < 1500; i++) {
		if (strcmp(rows(w), want) == 0)
			return;
		loop_turn(w->loop, 10);
	}
	fail_msg("wanted:\n%sthere is:\n%slog:\n%s", want, rows(w), w->log);
}

static void wait_log(struct world *w, const char *want)
{
	for (int i = 0; i < 1500; i++) {
		if (strstr(w->log, want))
			return;
		loop_turn(w->loop, 10);
	}
	fail_msg("not in the log: %s; it is:\n%s", want, w->log);
}

/* Waits for its end; the status must be this. */
static void wait_operation(struct world *w, const char *id, const char *want, char *error)
{
	for (int i = 0; i < 1500; i++) {
		struct state_operation o;
		assert_int_equal(state_operation_get(w->st, w->app.id, slice_str(id), &o), OK);
		bool over = o.finished_ms != 0 || strcmp(o.status, "done") == 0 || strcmp(o.status, "error") == 0;
		if (over) {
			assert_string_equal(o.status, want);
			if (error)
				memcpy(error, o.error, sizeof o.error);
			state_operation_fini(&o);
			return;
		}
		state_operation_fini(&o);
		loop_turn(w->loop, 10);
	}
	fail_msg("the operation does not end; log:\n%s", w->log);
}

static const char *status(struct world *w)
{
	assert_int_equal(state_app_get(w->st, slice_str("my-app"), &w->app), OK);
	return w->app.status;
}

static void scale(struct world *w, int64_t amount, const char *size)
{
	char id[STATE_APP_ID_BYTES], variable[STATE_APP_ID_BYTES];

	begin(w);
	assert_int_equal(state_variable_put(w->st, &w->seal, w->app.id, SLICE("COLOR"), SLICE("blue"), variable), OK);
	type(w, "web", amount, size, SERVER);
	operation(w, "scale", json_array(), id);
	commit(w);
	wait_operation(w, id, "done", NULL);
}

static void an_app_is_scaled_restarted_and_stopped(void **state)
{
	struct world *w = *state;
	char id[STATE_APP_ID_BYTES];

	scale(w, 2, "M");
	wait_rows(w, "web-1 running serving\nweb-2 running serving\n");
	assert_string_equal(status(w), "running");
	wait_log(w, "[web-2] web-2 blue my-app\n");
	int64_t generation = w->app.generation;
	begin(w);
	operation(w, "restart", json_pack("[s]", "web"), id);
	commit(w);
	wait_operation(w, id, "done", NULL);
	assert_string_equal(status(w), "running");
	assert_true(w->app.generation > generation);
	wait_rows(w, "web-1 running serving\nweb-2 running serving\n");
	wait_log(w, "has been stopped\n");
	scale(w, 0, "M");
	wait_rows(w, "");
	assert_string_equal(status(w), "stopped");
}

static void another_size_is_another_process(void **state)
{
	struct world *w = *state;
	struct platform_processes_use use;

	scale(w, 1, "M");
	wait_rows(w, "web-1 running serving\n");
	scale(w, 1, "L");
	wait_rows(w, "web-1 running serving\n");
	wait_log(w, "has been stopped\n");
	assert_false(platform_processes_use(w->p, "000000000000000000000001", &use));
}

static void a_new_control_goes_on(void **state)
{
	struct world *w = *state;
	const char *started = "is starting";
	size_t n = 0;

	scale(w, 2, "M");
	wait_rows(w, "web-1 running serving\nweb-2 running serving\n");
	end_control(w);
	begin_control(w);
	for (int i = 0; i < 100; i++)
		loop_turn(w->loop, 10);
	assert_string_equal(rows(w), "web-1 running serving\nweb-2 running serving\n");
	for (const char *at = w->log; (at = strstr(at, started)); at++)
		n++;
	assert_int_equal(n, 2);
}

static void a_crash_is_mended(void **state)
{
	struct world *w = *state;

	begin(w);
	type(w, "worker", 1, "M", "echo at work; sleep 1.2; exit 9");
	commit(w);
	wait_log(w, "has crashed: exited with status 9\n");
	wait_rows(w, "worker-1 running nowhere\n");
	begin(w);
	assert_int_equal(state_app_remove(w->st, w->app.id), OK);
	commit(w);
	for (int i = 0; i < 300; i++)
		loop_turn(w->loop, 10);
	assert_string_equal(rows(w), "");
}

static void what_cannot_start_ends_the_operation(void **state)
{
	struct world *w = *state;
	char id[STATE_APP_ID_BYTES];

	begin(w);
	type(w, "web", 1, "M", "echo no; exit 3");
	operation(w, "scale", json_array(), id);
	commit(w);
	wait_log(w, "could not start: exited with status 3\n");
	wait_rows(w, "");
	/* It goes on being tried; somebody takes it back. */
	begin(w);
	type(w, "web", 0, "M", "echo no; exit 3");
	commit(w);
	wait_operation(w, id, "done", NULL);
}

static void a_node_without_processes_says_so(void **state)
{
	struct world *w = *state;
	char id[STATE_APP_ID_BYTES], error[STATE_OPERATION_ERROR_BYTES];

	end_control(w);
	w->node.platform_processes = false;
	begin_control(w);
	begin(w);
	type(w, "web", 1, "M", SERVER);
	operation(w, "start", json_array(), id);
	commit(w);
	wait_operation(w, id, "error", error);
	assert_non_null(strstr(error, "[platform] processes"));
	w->node.platform_processes = true;
}

#define LIVES(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int test_processes(void)
{
	const struct CMUnitTest tests[] = {
		LIVES(an_app_is_scaled_restarted_and_stopped),
		LIVES(another_size_is_another_process),
		LIVES(a_new_control_goes_on),
		LIVES(a_crash_is_mended),
		LIVES(what_cannot_start_ends_the_operation),
		LIVES(a_node_without_processes_says_so),
	};

	return cmocka_run_group_tests_name("processes", tests, NULL, NULL);
}
