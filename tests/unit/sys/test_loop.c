/* SPDX-License-Identifier: Apache-2.0 */
/* test_loop: the parts of a turn, and what callbacks may do to each other. */
#include "test_sys.h"

#include "base/mem.h"
#include "sys/clock.h"
#include "sys/loop.h"
#include "sys/snap.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { MANY = 300 };

struct end {
	struct loop_io io;
	struct loop *loop;
	int calls;
	uint32_t events;
	struct end *victim; /* removed and freed by the callback */
};

static void end__count(struct loop_io *io, uint32_t events)
{
	struct end *e = LOOP_OWNER(io, struct end, io);

	e->calls++;
	e->events = events;
}

static void pair(int fds[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
}

static void drop(int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

static struct loop *loop_make(void)
{
	struct loop *l;

	assert_int_equal(loop_new(&l), OK);
	return l;
}

static uint64_t elapsed_ms(uint64_t from_ns)
{
	return (clock_mono_ns() - from_ns) / 1000000;
}

static void time_is_cached(void **state)
{
	struct loop *l = loop_make();
	uint64_t now = loop_now_ms(l);
	int64_t off;

	assert_true(now > 0);
	clock_sleep_ms(150);
	assert_int_equal(loop_now_ms(l), now);
	loop_turn(l, 0);
	assert_true(loop_now_ms(l) >= now + 150);
	assert_true(loop_fine_ns(l) / 1000000 >= loop_now_ms(l));
	off = clock_wall_ms() - loop_wall_ms(l);
	assert_true(off >= -2 && off < 1000);
	assert_true(loop_wall_s(l) == loop_wall_ms(l) / 1000);
	loop_free(l);
	loop_free(NULL);
}

static void waits_at_most(void **state)
{
	struct loop *l = loop_make();
	uint64_t from = clock_mono_ns();

	loop_turn(l, 0);
	assert_true(elapsed_ms(from) < 20);
	from = clock_mono_ns();
	loop_turn(l, 30);
	assert_true(elapsed_ms(from) >= 29 && elapsed_ms(from) < 1000);
	loop_free(l);
}

static void events_are_edges(void **state)
{
	struct loop *l = loop_make();
	struct end e = { .io.fn = end__count };
	int fds[2];
	char c;

	pair(fds);
	e.io.fd = fds[0];
	assert_int_equal(loop_io_add(l, &e.io), OK);
	assert_int_equal(loop_io_add(l, &e.io), ERR_SYSTEM);
	loop_turn(l, 100);
	assert_int_equal(e.events, LOOP_WRITE);
	loop_turn(l, 0);
	assert_int_equal(e.calls, 1);
	assert_int_equal(write(fds[1], "x", 1), 1);
	loop_turn(l, 100);
	assert_int_equal(e.events & LOOP_READ, LOOP_READ);
	loop_turn(l, 0); /* not read, but told once */
	assert_int_equal(e.calls, 2);
	assert_int_equal(read(fds[0], &c, 1), 1);
	shutdown(fds[1], SHUT_WR);
	loop_turn(l, 100);
	assert_true(e.events & LOOP_PEER_CLOSED);
	loop_io_del(l, &e.io);
	drop(fds);
	loop_free(l);
}

static void level_repeats(void **state)
{
	struct loop *l = loop_make();
	struct end e = { .io.fn = end__count };
	int fds[2];

	pair(fds);
	e.io.fd = fds[0];
	assert_int_equal(loop_io_add_level(l, &e.io), OK);
	loop_turn(l, 0);
	assert_int_equal(e.calls, 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	loop_turn(l, 100);
	loop_turn(l, 100);
	assert_int_equal(e.calls, 2);
	assert_int_equal(e.events, LOOP_READ);
	loop_io_del(l, &e.io);
	loop_turn(l, 0);
	assert_int_equal(e.calls, 2);
	drop(fds);
	loop_free(l);
}

static void end__free_victim(struct loop_io *io, uint32_t events)
{
	struct end *e = LOOP_OWNER(io, struct end, io), *victim = e->victim;

	e->calls++;
	if (victim == NULL)
		return;
	if (victim != e)
		victim->victim = NULL;
	e->victim = NULL;
	loop_io_del(e->loop, &victim->io);
	mem_free(victim);
}

/* Two ready ends in one batch; whichever comes first frees the other (or itself, when same). */
static void free_in_batch(bool self)
{
	struct loop *l = loop_make();
	struct end *a = mem_alloc(sizeof *a), *b = mem_alloc(sizeof *b);
	int fa[2], fb[2];

	pair(fa);
	pair(fb);
	*a = (struct end){ .io = { fa[0], end__free_victim }, .loop = l, .victim = self ? a : b };
	*b = (struct end){ .io = { fb[0], end__free_victim }, .loop = l, .victim = self ? b : a };
	assert_int_equal(loop_io_add(l, &a->io), OK);
	assert_int_equal(loop_io_add(l, &b->io), OK);
	assert_int_equal(write(fa[1], "x", 1), 1);
	assert_int_equal(write(fb[1], "x", 1), 1);
	loop_turn(l, 100);
	loop_turn(l, 0);
	if (!self) { /* epoll reports in the order of becoming ready: a freed b */
		assert_int_equal(a->calls, 1);
		loop_io_del(l, &a->io);
		mem_free(a);
	}
	drop(fa);
	drop(fb);
	loop_free(l);
}

static void io_del_of_another_in_batch(void **state)
{
	free_in_batch(false);
}

static void io_del_of_itself(void **state)
{
	free_in_batch(true);
}

static void more_than_a_batch(void **state)
{
	static struct end ends[MANY];
	struct rlimit files;
	struct loop *l = loop_make();
	int fds[MANY][2];

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	if (files.rlim_cur < 2 * MANY + 50) {
		files.rlim_cur = files.rlim_max < 2 * MANY + 50 ? files.rlim_max : 2 * MANY + 50;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	for (size_t i = 0; i < MANY; i++) {
		pair(fds[i]);
		ends[i] = (struct end){ .io = { fds[i][0], end__count } };
		assert_int_equal(loop_io_add(l, &ends[i].io), OK);
	}
	loop_turn(l, 100);
	loop_turn(l, 100);
	loop_turn(l, 0);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(ends[i].calls, 1);
		loop_io_del(l, &ends[i].io);
		drop(fds[i]);
	}
	loop_free(l);
}

struct alarm {
	struct loop_timer timer;
	struct loop *loop;
	uint64_t due_ms, fired_ms;
	struct alarm *cancels;
};

static void alarm__fire(struct loop_timer *t)
{
	struct alarm *a = LOOP_OWNER(t, struct alarm, timer);

	a->fired_ms = loop_now_ms(a->loop);
	if (a->cancels != NULL)
		loop_timer_cancel(a->loop, &a->cancels->timer);
}

static void timers_wake_the_loop(void **state)
{
	struct loop *l = loop_make();
	struct alarm a = { .loop = l }, b = { .loop = l }, c = { .loop = l };
	uint64_t from = clock_mono_ns(), now = loop_now_ms(l);

	loop_timer_init(&a.timer, alarm__fire);
	loop_timer_init(&b.timer, alarm__fire);
	loop_timer_init(&c.timer, alarm__fire);
	loop_timer_set(l, &a.timer, now + 40);
	loop_timer_set(l, &b.timer, now + 20);
	loop_timer_set(l, &c.timer, now + 60);
	b.cancels = &c;
	while (a.fired_ms == 0)
		loop_turn(l, -1);
	assert_true(b.fired_ms >= now + 20 && a.fired_ms >= now + 40 && a.fired_ms >= b.fired_ms);
	assert_true(elapsed_ms(from) < 2000);
	loop_turn(l, 40);
	assert_int_equal(c.fired_ms, 0);
	loop_timer_set(l, &c.timer, 0); /* long ago: at once */
	loop_turn(l, -1);
	assert_true(c.fired_ms != 0);
	loop_free(l);
}

/* A long pause between turns does not lengthen the next wait. */
static void wait_counts_from_now(void **state)
{
	struct loop *l = loop_make();
	struct alarm a = { .loop = l };
	uint64_t from = clock_mono_ns();

	loop_timer_init(&a.timer, alarm__fire);
	loop_timer_set(l, &a.timer, loop_now_ms(l) + 300);
	clock_sleep_ms(310);
	loop_turn(l, -1);
	assert_true(a.fired_ms != 0);
	assert_true(elapsed_ms(from) < 560);
	loop_free(l);
}

struct job {
	struct loop_task task;
	struct loop *loop;
	int calls, order;
	int *clock;
	struct job *defers;
};

static void job__run(struct loop_task *t)
{
	struct job *j = LOOP_OWNER(t, struct job, task);

	j->calls++;
	j->order = ++*j->clock;
	if (j->defers != NULL)
		loop_defer(j->loop, &j->defers->task);
}

static void hook(void *arg)
{
	struct job *j = arg;

	j->order = ++*j->clock;
}

static void deferred_order(void **state)
{
	struct loop *l = loop_make();
	int clock = 0;
	struct job a = { .task.fn = job__run, .loop = l, .clock = &clock };
	struct job b = a, last = a;

	loop_on_turn(l, hook, &last);
	loop_defer(l, &a.task);
	loop_defer(l, &b.task);
	loop_defer(l, &a.task);
	loop_turn(l, -1);
	assert_int_equal(a.calls, 1);
	assert_int_equal(b.calls, 1);
	assert_true(a.order == 1 && b.order == 2 && last.order == 3);
	loop_turn(l, 0);
	assert_int_equal(a.calls + b.calls, 2);
	loop_free(l);
}

static void deferred_in_deferred_is_for_the_next_turn(void **state)
{
	struct loop *l = loop_make();
	int clock = 0;
	struct job b = { .task.fn = job__run, .loop = l, .clock = &clock };
	struct job a = b, self = b;
	uint64_t from = clock_mono_ns();

	a.defers = &b;
	self.defers = &self;
	loop_defer(l, &a.task);
	loop_defer(l, &self.task);
	loop_turn(l, 10000);
	assert_int_equal(a.calls, 1);
	assert_int_equal(b.calls, 0);
	assert_int_equal(self.calls, 1);
	self.defers = NULL;
	loop_turn(l, 10000);
	assert_int_equal(b.calls, 1);
	assert_int_equal(self.calls, 2);
	assert_true(elapsed_ms(from) < 5000);
	loop_free(l);
}

struct post {
	struct loop *loop;
	struct job jobs[3];
	unsigned pause_ms;
};

static void *post__thread(void *arg)
{
	struct post *p = arg;

	clock_sleep_ms(p->pause_ms);
	for (int i = 0; i < 3; i++)
		loop_post(p->loop, &p->jobs[i].task);
	return NULL;
}

static void posted_tasks_come_in_order(void **state)
{
	struct loop *l = loop_make();
	int clock = 0;
	struct post p = { .loop = l, .pause_ms = 20 };
	uint64_t from = clock_mono_ns();
	pthread_t thread;

	for (int i = 0; i < 3; i++)
		p.jobs[i] = (struct job){ .task.fn = job__run, .loop = l, .clock = &clock };
	assert_int_equal(pthread_create(&thread, NULL, post__thread, &p), 0);
	while (clock < 3)
		loop_turn(l, 10000);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(elapsed_ms(from) < 5000);
	for (int i = 0; i < 3; i++)
		assert_int_equal(p.jobs[i].order, i + 1);
	loop_post(l, &p.jobs[1].task); /* may be posted again, from the loop's own thread too */
	loop_turn(l, 10000);
	assert_int_equal(p.jobs[1].calls, 2);
	loop_turn(l, 0);
	loop_free(l);
}

static void *stop__thread(void *arg)
{
	clock_sleep_ms(20);
	loop_stop(arg);
	return NULL;
}

static void stop_ends_run(void **state)
{
	struct loop *l = loop_make();
	pthread_t thread;

	loop_stop(l);
	loop_run(l); /* stopped before it began */
	assert_int_equal(pthread_create(&thread, NULL, stop__thread, l), 0);
	loop_run(l);
	assert_int_equal(pthread_join(thread, NULL), 0);
	loop_free(l);
}

static void on_alarm(int number)
{
}

static void signals_only_end_the_wait(void **state)
{
	struct sigaction act = { .sa_handler = on_alarm }, old;
	struct itimerval soon = { .it_value.tv_usec = 20000 };
	struct loop *l = loop_make();
	uint64_t from = clock_mono_ns();

	assert_int_equal(sigaction(SIGALRM, &act, &old), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	loop_turn(l, 3000);
	assert_true(elapsed_ms(from) < 2500);
	assert_int_equal(sigaction(SIGALRM, &old, NULL), 0);
	loop_free(l);
}

static void *offline__thread(void *arg)
{
	clock_sleep_ms(20);
	snap_wait(); /* comes back although the loop's thread sleeps */
	loop_stop(arg);
	return NULL;
}

static void sleeping_does_not_hold_grace_periods(void **state)
{
	struct loop *l = loop_make();
	pthread_t thread;

	assert_false(snap_thread_start()); /* the loop did */
	assert_int_equal(pthread_create(&thread, NULL, offline__thread, l), 0);
	loop_run(l);
	assert_int_equal(pthread_join(thread, NULL), 0);
	loop_free(l);
	assert_true(snap_thread_start());
	snap_thread_stop();
}

static void *waiting__thread(void *arg)
{
	snap_wait();
	__atomic_store_n((int *)arg, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void busy_turns_report_quiescence(void **state)
{
	struct loop *l = loop_make();
	uint64_t from = clock_mono_ns();
	pthread_t thread;
	int done = 0;

	assert_int_equal(pthread_create(&thread, NULL, waiting__thread, &done), 0);
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE) && elapsed_ms(from) < 5000)
		loop_turn(l, 0);
	assert_int_equal(__atomic_load_n(&done, __ATOMIC_ACQUIRE), 1);
	assert_int_equal(pthread_join(thread, NULL), 0);
	loop_free(l);
}

int test_loop(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_is_cached),
		cmocka_unit_test(waits_at_most),
		cmocka_unit_test(events_are_edges),
		cmocka_unit_test(level_repeats),
		cmocka_unit_test(io_del_of_another_in_batch),
		cmocka_unit_test(io_del_of_itself),
		cmocka_unit_test(more_than_a_batch),
		cmocka_unit_test(timers_wake_the_loop),
		cmocka_unit_test(wait_counts_from_now),
		cmocka_unit_test(deferred_order),
		cmocka_unit_test(deferred_in_deferred_is_for_the_next_turn),
		cmocka_unit_test(posted_tasks_come_in_order),
		cmocka_unit_test(stop_ends_run),
		cmocka_unit_test(signals_only_end_the_wait),
		cmocka_unit_test(sleeping_does_not_hold_grace_periods),
		cmocka_unit_test(busy_turns_report_quiescence),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
