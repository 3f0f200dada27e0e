/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timers: the loop's queue of timers, a 4-ary heap, private to this room. A slot keeps the time beside the pointer, so
 * that sifting does not touch the owners' memory. Setting a timer later does not move it: when its slot comes up too
 * early, it is queued again for the later time, without a callback.
 */
#ifndef SYS_TIMERS_H
#define SYS_TIMERS_H

#include "sys/loop.h"

struct timers_slot {
	uint64_t ms; /* equals timer->queued_ms */
	struct loop_timer *timer;
};

struct timers {
	struct timers_slot *slots;
	size_t count, cap;
};

/* Frees the heap's memory, not the timers. */
void timers__fini(struct timers *q);
/* Queues t for due_ms (>= 1), or moves it. O(1) when later than before; amortised O(log n) otherwise. */
void timers__set(struct timers *q, struct loop_timer *t, uint64_t due_ms);
/* Takes t out if it is queued. O(log n). */
void timers__cancel(struct timers *q, struct loop_timer *t);
/* When the queue wants to be looked at next: UINT64_MAX when it is empty. Not later than the first timer's time. */
uint64_t timers__next_ms(const struct timers *q);
/*
 * Calls the timers that are due at now_ms, in order of their time. Callbacks may set and cancel any timer. Calls at
 * most as many as were queued at the start, so that a timer that keeps setting itself to now cannot hold the turn.
 */
void timers__run(struct timers *q, uint64_t now_ms);

#endif
