/* SPDX-License-Identifier: Apache-2.0 */
/* timers: see timers.h. */
#include "sys/timers.h"

#include "base/check.h"
#include "base/mem.h"

enum { TIMERS_ARITY = 4, TIMERS_FIRST_CAP = 64 };

void timers__fini(struct timers *q)
{
	mem_free(q->slots);
	*q = (struct timers){ 0 };
}

static void timers__place(struct timers *q, size_t i, struct timers_slot slot)
{
	q->slots[i] = slot;
	slot.timer->at = i + 1;
}

/* Puts slot into the hole at i or above it. */
static void timers__up(struct timers *q, size_t i, struct timers_slot slot)
{
	while (i > 0) {
		size_t parent = (i - 1) / TIMERS_ARITY;
		if (q->slots[parent].ms <= slot.ms)
			break;
		timers__place(q, i, q->slots[parent]);
		i = parent;
	}
	timers__place(q, i, slot);
}

/* Puts slot into the hole at i or below it. */
static void timers__down(struct timers *q, size_t i, struct timers_slot slot)
{
	for (;;) {
		size_t child = i * TIMERS_ARITY + 1, end = child + TIMERS_ARITY, least = child;
		if (child >= q->count)
			break;
		if (end > q->count)
			end = q->count;
		while (++child < end)
			if (q->slots[child].ms < q->slots[least].ms)
				least = child;
		if (q->slots[least].ms >= slot.ms)
			break;
		timers__place(q, i, q->slots[least]);
		i = least;
	}
	timers__place(q, i, slot);
}

/* Takes the slot at i out. */
static void timers__take(struct timers *q, size_t i)
{
	struct timers_slot last = q->slots[--q->count];

	q->slots[i].timer->at = 0;
	if (i == q->count)
		return;
	if (i > 0 && last.ms < q->slots[(i - 1) / TIMERS_ARITY].ms)
		timers__up(q, i, last);
	else
		timers__down(q, i, last);
}

void timers__set(struct timers *q, struct loop_timer *t, uint64_t due_ms)
{
	CHECK(due_ms != 0 && due_ms != UINT64_MAX && t->fn != NULL);
	t->due_ms = due_ms;
	if (t->at != 0) {
		CHECK(t->at <= q->count && q->slots[t->at - 1].timer == t);
		if (due_ms >= t->queued_ms)
			return;
		t->queued_ms = due_ms;
		timers__up(q, t->at - 1, (struct timers_slot){ due_ms, t });
		return;
	}
	if (q->count == q->cap) {
		size_t cap = q->cap ? q->cap * 2 : TIMERS_FIRST_CAP;
		q->slots = mem_resize(q->slots, cap * sizeof *q->slots);
		q->cap = cap;
	}
	t->queued_ms = due_ms;
	timers__up(q, q->count++, (struct timers_slot){ due_ms, t });
}

void timers__cancel(struct timers *q, struct loop_timer *t)
{
	t->due_ms = 0;
	if (t->at == 0)
		return;
	CHECK(t->at <= q->count && q->slots[t->at - 1].timer == t);
	timers__take(q, t->at - 1);
}

uint64_t timers__next_ms(const struct timers *q)
{
	return q->count ? q->slots[0].ms : UINT64_MAX;
}

void timers__run(struct timers *q, uint64_t now_ms)
{
	size_t calls_left = q->count;

	while (calls_left > 0 && q->count > 0 && q->slots[0].ms <= now_ms) {
		struct loop_timer *t = q->slots[0].timer;
		DCHECK(t->queued_ms == q->slots[0].ms && t->due_ms >= t->queued_ms);
		if (t->due_ms > t->queued_ms) {
			t->queued_ms = t->due_ms;
			timers__down(q, 0, (struct timers_slot){ t->due_ms, t });
			continue;
		}
		timers__take(q, 0);
		t->due_ms = 0;
		calls_left--;
		t->fn(t);
	}
}
