/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop: see loop.h. One epoll_wait per turn and nothing else goes to the kernel from here. The mailbox is a stack that
 * other threads push to with compare-and-swap and the loop takes whole; its eventfd is registered edge-triggered, so it
 * is written when the stack was empty and never read. Lifetime: process (worker).
 */
#include "sys/loop.h"

#include "base/check.h"
#include "base/mem.h"
#include "sys/clock.h"
#include "sys/snap.h"
#include "sys/timers.h"

#include <errno.h>
#include <limits.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { LOOP_EVENTS_MAX = 256, LOOP_HOOKS_MAX = 4, LOOP_WALL_EVERY_MS = 100, LOOP_NS_PER_MS = 1000000 };

/* loop_task.queued: where the task waits. */
enum { LOOP_TASK_FREE, LOOP_TASK_DEFERRED, LOOP_TASK_POSTED };

struct loop_hook {
	void (*fn)(void *arg);
	void *arg;
};

struct loop {
	uint32_t magic;
	int epoll_fd, wake_fd;
	bool in_turn, registered_thread;
	uint64_t now_ms;
	int64_t wall_ms;
	uint64_t wall_read_ms; /* now_ms when the wall clock was read */
	int64_t wall_ahead_ms; /* wall clock minus now_ms, then */
	struct timers timers;
	struct loop_task *deferred, **deferred_end; /* first in, first out */
	struct loop_hook hooks[LOOP_HOOKS_MAX];
	size_t hook_count;
	int event_at, event_count; /* the batch that is being dispatched */
	struct epoll_event events[LOOP_EVENTS_MAX];
	char apart_from_above[64];
	struct loop_task *mailbox; /* last in, first out; written by any thread */
	int stop;                  /* written by any thread */
	char apart_from_below[64];
};

/* One look at the clocks. The wall clock is derived in between its readings; it is at most 100 ms behind a step. */
static void loop__clock_read(struct loop *l)
{
	l->now_ms = clock_mono_ns() / LOOP_NS_PER_MS;
	if (l->now_ms - l->wall_read_ms >= LOOP_WALL_EVERY_MS) {
		l->wall_read_ms = l->now_ms;
		l->wall_ahead_ms = clock_wall_ms() - (int64_t)l->now_ms;
	}
	l->wall_ms = (int64_t)l->now_ms + l->wall_ahead_ms;
}

enum err loop_new(struct loop **ret_loop)
{
	struct epoll_event wake = { .events = EPOLLIN | EPOLLET, .data.ptr = NULL };
	struct loop *l = mem_alloc(sizeof *l);

	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll_fd < 0)
		goto out_free;
	l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->wake_fd < 0)
		goto out_close_epoll;
	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->wake_fd, &wake) != 0)
		goto out_close_wake;
	l->deferred_end = &l->deferred;
	l->now_ms = clock_mono_ns() / LOOP_NS_PER_MS;
	l->wall_read_ms = l->now_ms;
	l->wall_ms = clock_wall_ms();
	l->wall_ahead_ms = l->wall_ms - (int64_t)l->now_ms;
	l->registered_thread = snap_thread_start();
	l->magic = OBJ_LOOP;
	*ret_loop = l;
	return OK;

out_close_wake:
	close(l->wake_fd);
out_close_epoll:
	close(l->epoll_fd);
out_free:
	mem_free(l);
	return ERR_SYSTEM;
}

void loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	OBJ(l, OBJ_LOOP);
	CHECK(!l->in_turn);
	DCHECK(l->timers.count == 0 && l->deferred == NULL && l->mailbox == NULL);
	timers__fini(&l->timers);
	close(l->wake_fd);
	close(l->epoll_fd);
	if (l->registered_thread)
		snap_thread_stop();
	l->magic = OBJ_FREED;
	mem_free(l);
}

/* How long the wait may be, in the terms of epoll_wait. The clock is read anew: the turn before may have been long. */
static int loop__wait_ms(const struct loop *l, int max_wait_ms)
{
	uint64_t next_ms = timers__next_ms(&l->timers), now_ms;

	if (max_wait_ms == 0 || l->deferred != NULL)
		return 0;
	if (next_ms == UINT64_MAX)
		return max_wait_ms;
	now_ms = clock_mono_ns() / LOOP_NS_PER_MS;
	if (next_ms <= now_ms)
		return 0;
	uint64_t bound_ms = max_wait_ms < 0 ? INT_MAX : (uint64_t)max_wait_ms;
	return (int)(next_ms - now_ms < bound_ms ? next_ms - now_ms : bound_ms);
}

/* Waits and fills the batch. While it may sleep, the thread does not hold up grace periods. */
static void loop__wait(struct loop *l, int wait_ms)
{
	int n;

	if (wait_ms == 0) {
		n = epoll_wait(l->epoll_fd, l->events, LOOP_EVENTS_MAX, 0);
	} else {
		snap_offline();
		n = epoll_wait(l->epoll_fd, l->events, LOOP_EVENTS_MAX, wait_ms);
		snap_online();
	}
	CHECK(n >= 0 || errno == EINTR);
	l->event_at = 0;
	l->event_count = n < 0 ? 0 : n;
}

/* Takes all of the mailbox and runs it in the order of posting. */
static void loop__mailbox_run(struct loop *l)
{
	struct loop_task *taken, *first = NULL;

	if (__atomic_load_n(&l->mailbox, __ATOMIC_RELAXED) == NULL)
		return;
	taken = __atomic_exchange_n(&l->mailbox, NULL, __ATOMIC_ACQUIRE);
	while (taken != NULL) {
		struct loop_task *next = taken->next;
		taken->next = first;
		first = taken;
		taken = next;
	}
	while (first != NULL) {
		struct loop_task *task = first;
		first = task->next;
		CHECK(task->queued == LOOP_TASK_POSTED);
		task->queued = LOOP_TASK_FREE;
		task->fn(task);
	}
}

static void loop__io_run(struct loop *l)
{
	for (; l->event_at < l->event_count; l->event_at++) {
		struct epoll_event *e = &l->events[l->event_at];
		struct loop_io *io = e->data.ptr;
		if (io != NULL)
			io->fn(io, e->events);
	}
}

/* Runs what was deferred so far; what these tasks defer is for the next turn. */
static void loop__deferred_run(struct loop *l)
{
	struct loop_task *task = l->deferred, *next;

	l->deferred = NULL;
	l->deferred_end = &l->deferred;
	for (; task != NULL; task = next) {
		next = task->next;
		task->queued = LOOP_TASK_FREE;
		task->fn(task);
	}
}

void loop_turn(struct loop *l, int max_wait_ms)
{
	OBJ(l, OBJ_LOOP);
	CHECK(!l->in_turn);
	l->in_turn = true;
	loop__wait(l, loop__wait_ms(l, max_wait_ms));
	loop__clock_read(l);
	loop__mailbox_run(l);
	loop__io_run(l);
	timers__run(&l->timers, l->now_ms);
	loop__deferred_run(l);
	for (size_t i = 0; i < l->hook_count; i++)
		l->hooks[i].fn(l->hooks[i].arg);
	snap_quiescent();
	l->in_turn = false;
}

void loop_run(struct loop *l)
{
	while (!__atomic_load_n(&l->stop, __ATOMIC_ACQUIRE))
		loop_turn(l, -1);
	__atomic_store_n(&l->stop, 0, __ATOMIC_RELAXED);
}

static void loop__wake(struct loop *l)
{
	uint64_t one = 1;
	ssize_t n;

	do
		n = write(l->wake_fd, &one, sizeof one);
	while (n < 0 && errno == EINTR);
	CHECK(n == sizeof one);
}

void loop_stop(struct loop *l)
{
	OBJ(l, OBJ_LOOP);
	__atomic_store_n(&l->stop, 1, __ATOMIC_RELEASE);
	loop__wake(l);
}

static enum err loop__io_register(struct loop *l, struct loop_io *io, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = io };

	OBJ(l, OBJ_LOOP);
	CHECK(io->fd >= 0 && io->fn != NULL);
	return epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, io->fd, &e) == 0 ? OK : ERR_SYSTEM;
}

enum err loop_io_add(struct loop *l, struct loop_io *io)
{
	return loop__io_register(l, io, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

enum err loop_io_add_level(struct loop *l, struct loop_io *io)
{
	return loop__io_register(l, io, EPOLLIN);
}

void loop_io_forget(struct loop *l, struct loop_io *io)
{
	OBJ(l, OBJ_LOOP);
	for (int i = l->event_at; i < l->event_count; i++)
		if (l->events[i].data.ptr == io)
			l->events[i].data.ptr = NULL;
}

void loop_io_del(struct loop *l, struct loop_io *io)
{
	OBJ(l, OBJ_LOOP);
	/* ENOENT and EBADF mean that the owner closed the descriptor too early: another socket may have its number. */
	CHECK(epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, io->fd, NULL) == 0);
	loop_io_forget(l, io);
}

void loop_timer_init(struct loop_timer *t, loop_timer_fn fn)
{
	*t = (struct loop_timer){ .fn = fn };
}

void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t due_ms)
{
	timers__set(&l->timers, t, due_ms ? due_ms : 1);
}

void loop_timer_cancel(struct loop *l, struct loop_timer *t)
{
	timers__cancel(&l->timers, t);
}

void loop_defer(struct loop *l, struct loop_task *task)
{
	if (task->queued == LOOP_TASK_DEFERRED)
		return;
	CHECK(task->queued == LOOP_TASK_FREE && task->fn != NULL);
	task->queued = LOOP_TASK_DEFERRED;
	task->next = NULL;
	*l->deferred_end = task;
	l->deferred_end = &task->next;
}

void loop_post(struct loop *l, struct loop_task *task)
{
	struct loop_task *head = __atomic_load_n(&l->mailbox, __ATOMIC_RELAXED);

	CHECK(task->queued == LOOP_TASK_FREE && task->fn != NULL);
	task->queued = LOOP_TASK_POSTED;
	do
		task->next = head;
	while (!__atomic_compare_exchange_n(&l->mailbox, &head, task, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
	/* Once pushed, the task is the loop's; whoever found the stack empty wakes the loop for all. */
	if (head == NULL)
		loop__wake(l);
}

void loop_on_turn(struct loop *l, void (*fn)(void *arg), void *arg)
{
	CHECK(l->hook_count < LOOP_HOOKS_MAX);
	l->hooks[l->hook_count++] = (struct loop_hook){ fn, arg };
}

uint64_t loop_now_ms(const struct loop *l)
{
	return l->now_ms;
}

uint64_t loop_fine_ns(const struct loop *l)
{
	return clock_mono_ns();
}

int64_t loop_wall_s(const struct loop *l)
{
	return l->wall_ms / 1000;
}

int64_t loop_wall_ms(const struct loop *l)
{
	return l->wall_ms;
}
