/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logring: see logring.h and logring_int.h: a ring of bytes between one producer and one consumer, without locks.
 */
#include "sys/logring_int.h"

#include "base/check.h"
#include "base/mem.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LOGRING_BYTES_MIN = 4096 };

struct logring *logring__new(size_t bytes, uint32_t *wake)
{
	struct logring *r = mem_alloc(sizeof *r);

	r->wake = wake;
	r->cap = LOGRING_BYTES_MIN;
	while (r->cap < bytes && r->cap <= SIZE_MAX / 4)
		r->cap *= 2;
	r->bytes = mem_alloc(r->cap);
	return r;
}

void logring__free(struct logring *r)
{
	mem_free(r->bytes);
	mem_free(r);
}

size_t logring__look(const struct logring *r, struct iovec *ret_pieces, uint64_t *ret_head)
{
	uint64_t head = __atomic_load_n(&r->head, __ATOMIC_ACQUIRE);
	size_t n = (size_t)(head - r->tail), at = (size_t)r->tail & (r->cap - 1), first = r->cap - at;

	CHECK(n <= r->cap);
	*ret_head = head;
	if (first > n)
		first = n;
	ret_pieces[0] = (struct iovec){ r->bytes + at, first };
	ret_pieces[1] = (struct iovec){ r->bytes, n - first };
	return n == 0 ? 0 : n == first ? 1 : LOGRING_PIECES;
}

void logring__take(struct logring *r, uint64_t head)
{
	__atomic_store_n(&r->tail, head, __ATOMIC_RELEASE);
}

void logring__wake(uint32_t *wake)
{
	if (__atomic_exchange_n(wake, 1, __ATOMIC_ACQ_REL) == 0)
		(void)syscall(SYS_futex, wake, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

bool logring_add(struct logring *r, struct slice line)
{
	size_t at = (size_t)r->head & (r->cap - 1), first = r->cap - at;
	uint64_t after = r->head + line.n;

	/* The writer's index is only looked at when the ring may be more than half full: it is in another core's cache.
	 */
	if (line.n > r->cap || after - r->tail_seen > r->cap / 2)
		r->tail_seen = __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE);
	if (line.n > r->cap || after - r->tail_seen > r->cap) {
		__atomic_store_n(&r->dropped, r->dropped + 1, __ATOMIC_RELAXED);
		logring__wake(r->wake);
		return false;
	}
	if (line.n == 0)
		return true;
	if (first > line.n)
		first = line.n;
	memcpy(r->bytes + at, line.p, first);
	memcpy(r->bytes, line.p + first, line.n - first);
	__atomic_store_n(&r->head, after, __ATOMIC_RELEASE);
	if (after - r->tail_seen > r->cap / 2)
		logring__wake(r->wake);
	return true;
}

uint64_t logring_dropped(const struct logring *r)
{
	return __atomic_load_n(&r->dropped, __ATOMIC_RELAXED);
}
