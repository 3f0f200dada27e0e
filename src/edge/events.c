/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events: see events.h. A ring is bytes between one producer and one consumer, without locks: both indexes only grow,
 * the producer publishes `head` after a whole record. A record: its size u32, length of the kind u8, kind, json.
 */
#include "edge/events.h"

#include "base/check.h"
#include "base/mem.h"
#include "edge/worker.h"

enum { EVENTS__HEAD = 5, EVENTS__RECORD_MAX = EVENTS__HEAD + FRAME_KIND_BYTES + FRAME_EVENT_BYTES };

struct events_ring {
	struct events *all;
	char *bytes;
	size_t cap; /* a power of two */
	char apart_from_above[64];
	uint64_t head; /* written by the producer */
	char apart_from_producer[64];
	uint64_t tail; /* written by the consumer */
	char apart_from_below[64];
};

/* Lifetime: process. */
struct events {
	struct events_ring *rings;
	size_t rings_n;
	uint32_t woken; /* atomic: the consumer was woken and has not looked since */
	void (*wake)(void *arg);
	void *wake_arg;
	char record[EVENTS__RECORD_MAX]; /* the consumer's: one record in a row */
};

struct events *events_new(size_t rings_n, size_t ring_bytes)
{
	struct events *all = mem_alloc(sizeof *all);

	CHECK(ring_bytes >= 4 * FRAME_EVENT_BYTES && (ring_bytes & (ring_bytes - 1)) == 0);
	all->rings_n = rings_n;
	all->rings = mem_alloc_array(rings_n + 1, sizeof *all->rings);
	for (size_t i = 0; i < rings_n; i++) {
		all->rings[i].all = all;
		all->rings[i].cap = ring_bytes;
		all->rings[i].bytes = mem_alloc(ring_bytes);
	}
	return all;
}

void events_free(struct events *all)
{
	if (!all)
		return;
	for (size_t i = 0; i < all->rings_n; i++)
		mem_free(all->rings[i].bytes);
	mem_free(all->rings);
	mem_free(all);
}

struct events_ring *events_ring(struct events *all, size_t i)
{
	CHECK(i < all->rings_n);
	return &all->rings[i];
}

void events_on_wake(struct events *all, void (*fn)(void *arg), void *arg)
{
	all->wake = fn;
	all->wake_arg = arg;
}

static void events__put(const struct events_ring *ring, uint64_t at, const void *from, size_t n)
{
	size_t begin = (size_t)at & (ring->cap - 1), first = ring->cap - begin;

	if (first > n)
		first = n;
	memcpy(ring->bytes + begin, from, first);
	memcpy(ring->bytes, (const char *)from + first, n - first);
}

static void events__get(const struct events_ring *ring, uint64_t at, void *to, size_t n)
{
	size_t begin = (size_t)at & (ring->cap - 1), first = ring->cap - begin;

	if (first > n)
		first = n;
	memcpy(to, ring->bytes + begin, first);
	memcpy((char *)to + first, ring->bytes, n - first);
}

bool events_add(struct events_ring *ring, const char *kind, struct slice json)
{
	uint8_t kind_n = (uint8_t)strlen(kind);
	uint32_t size = (uint32_t)(EVENTS__HEAD + kind_n + json.n);
	uint64_t at = ring->head, tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);

	CHECK(kind_n > 0 && kind_n < FRAME_KIND_BYTES);
	if (json.n == 0 || json.n > FRAME_EVENT_BYTES || at - tail + size > ring->cap)
		return false;
	events__put(ring, at, &size, sizeof size);
	events__put(ring, at + 4, &kind_n, 1);
	events__put(ring, at + EVENTS__HEAD, kind, kind_n);
	events__put(ring, at + EVENTS__HEAD + kind_n, json.p, json.n);
	__atomic_store_n(&ring->head, at + size, __ATOMIC_RELEASE);
	if (ring->all->wake && __atomic_exchange_n(&ring->all->woken, 1, __ATOMIC_ACQ_REL) == 0)
		ring->all->wake(ring->all->wake_arg);
	return true;
}

void events_send(struct worker *w, const char *kind, struct slice json)
{
	if (w->events && !events_add(w->events, kind, json))
		counter_add(&w->counters, events_dropped, 1);
}

bool events_waiting(const struct events *all)
{
	return __atomic_load_n(&all->woken, __ATOMIC_ACQUIRE) != 0;
}

/* True when the ring is empty now. */
static bool events__drain(struct events *all, struct events_ring *ring,
			  bool (*fn)(void *arg, const struct frame_event *e), void *arg)
{
	uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);

	while (ring->tail != head) {
		uint32_t size;
		events__get(ring, ring->tail, &size, sizeof size);
		CHECK(size > EVENTS__HEAD && size <= EVENTS__RECORD_MAX && size <= head - ring->tail);
		events__get(ring, ring->tail, all->record, size);
		uint8_t kind_n = (uint8_t)all->record[4];
		struct frame_event e = {
			.kind = slice_of(all->record + EVENTS__HEAD, kind_n),
			.json = slice_of(all->record + EVENTS__HEAD + kind_n, size - EVENTS__HEAD - kind_n),
		};
		if (!fn(arg, &e))
			return false;
		__atomic_store_n(&ring->tail, ring->tail + size, __ATOMIC_RELEASE);
	}
	return true;
}

bool events_take(struct events *all, bool (*fn)(void *arg, const struct frame_event *e), void *arg)
{
	bool empty = true;

	/* Before looking: what comes after that wakes again. */
	__atomic_store_n(&all->woken, 0, __ATOMIC_SEQ_CST);
	for (size_t i = 0; i < all->rings_n && empty; i++)
		empty = events__drain(all, &all->rings[i], fn, arg);
	return !empty;
}
