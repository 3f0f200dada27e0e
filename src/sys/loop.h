/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop: one thread's event loop: epoll (edge-triggered, one registration for a socket's whole life, so the hot path
 * makes no epoll_ctl calls), timers, work deferred to the end of the turn, a mailbox for other threads, and the time.
 * All functions but loop_post and loop_stop are for the loop's own thread.
 *
 * A turn: wait; read the clock; mailbox; I/O callbacks; timers; deferred work; turn hooks; quiescent state.
 */
#ifndef SYS_LOOP_H
#define SYS_LOOP_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

struct loop;
struct loop_io;
struct loop_timer;
struct loop_task;

enum { LOOP_READ = EPOLLIN, LOOP_WRITE = EPOLLOUT, LOOP_PEER_CLOSED = EPOLLRDHUP | EPOLLHUP | EPOLLERR };

/* events: LOOP_READ, LOOP_WRITE, LOOP_PEER_CLOSED bits. Edge-triggered: read or write until ERR_AGAIN or a short count.
 */
typedef void (*loop_io_fn)(struct loop_io *io, uint32_t events);
typedef void (*loop_timer_fn)(struct loop_timer *t);
typedef void (*loop_task_fn)(struct loop_task *t);

/* Embedded in its owner (container_of by member). Zero-initialise, then loop_io_add. */
struct loop_io {
	int fd;
	loop_io_fn fn;
};

/* Embedded. loop_timer_init before the first use. */
struct loop_timer {
	loop_timer_fn fn;
	uint64_t due_ms;    /* when to fire; 0: off */
	uint64_t queued_ms; /* position in the queue; at most due_ms */
	size_t at;          /* heap index + 1; 0: not queued */
};

/* Embedded. A task may be in one list at a time (deferred or a mailbox). */
struct loop_task {
	loop_task_fn fn;
	struct loop_task *next;
	int queued;
};

#define LOOP_OWNER(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* A loop for the calling thread, which it registers with snap. Caller frees with loop_free on the same thread.
 * errors: ERR_SYSTEM. */
enum err loop_new(struct loop **ret_loop) MUST_USE;
/* Closes epoll and mailbox, and ends the registration when loop_new made it. Everything must have been removed. NULL is
 * fine. */
void loop_free(struct loop *l);
/* Runs turns until loop_stop. */
void loop_run(struct loop *l);
/* One turn that waits at most max_wait_ms. For tests and for callers with their own outer loop. */
void loop_turn(struct loop *l, int max_wait_ms);
/* Makes loop_run return after the current turn. Any thread. */
void loop_stop(struct loop *l);

/* Registers fd, edge-triggered for reading, writing and peer close. io->fd, io->fn must be set. errors: ERR_SYSTEM. */
enum err loop_io_add(struct loop *l, struct loop_io *io) MUST_USE;
/* As loop_io_add, but level-triggered for reading only: listening sockets, eventfds. */
enum err loop_io_add_level(struct loop *l, struct loop_io *io) MUST_USE;
/* Unregisters; no callback comes any more, not even one of this turn. The fd stays open and the caller's; it must not
 * have been closed before. */
void loop_io_del(struct loop *l, struct loop_io *io);
/* As loop_io_del, for a descriptor that the caller closes at once and that no other process or descriptor shares: the
 * kernel forgets it then, which saves a system call for each connection. */
void loop_io_forget(struct loop *l, struct loop_io *io);

/* A timer that is off and will call fn. */
void loop_timer_init(struct loop_timer *t, loop_timer_fn fn);
/* Fires once at due_ms (loop_now_ms scale) or later in that turn, never earlier; set to now or before from a timer's
 * callback, in this turn or the next. Setting later is free; O(log n) when earlier. */
void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t due_ms);
/* Fires no more. Must be called before the owner is freed. */
void loop_timer_cancel(struct loop *l, struct loop_timer *t);

/* Runs task->fn at the end of this turn (or the next when already in deferred work). Once, even if asked twice. */
void loop_defer(struct loop *l, struct loop_task *task);
/* Hands task to the loop's thread. Any thread; wakes the loop. The task must not be queued anywhere. */
void loop_post(struct loop *l, struct loop_task *task);
/* A function called at the end of each turn with its argument (flush output, quiescent state). At most 4. Process
 * lifetime. */
void loop_on_turn(struct loop *l, void (*fn)(void *arg), void *arg);

/* Monotonic milliseconds of this turn. */
uint64_t loop_now_ms(const struct loop *l);
/* Monotonic nanoseconds read anew (about 20 ns); for per-step timing only. */
uint64_t loop_fine_ns(const struct loop *l);
/* Wall clock of this turn: seconds, and milliseconds, since 1970. */
int64_t loop_wall_s(const struct loop *l);
int64_t loop_wall_ms(const struct loop *l);

#endif
