/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logring_int: what logfile.c, the consumer, knows of a ring. Private to this room.
 * The indexes only grow: the producer publishes `head` after whole lines, the consumer `tail` after it wrote them, so
 * what the consumer finds always ends with a line.
 */
#ifndef SYS_LOGRING_INT_H
#define SYS_LOGRING_INT_H

#include "sys/logring.h"

#include <sys/uio.h>

enum { LOGRING_PIECES = 2 };

struct logring {
	struct logring *next; /* the file's list */
	uint32_t *wake;       /* the file's futex */
	char *bytes;
	size_t cap; /* a power of two */
	char apart_from_above[64];
	uint64_t head;      /* written by the producer */
	uint64_t tail_seen; /* the producer's copy of tail */
	uint64_t dropped;
	char apart_from_producer[64];
	uint64_t tail; /* written by the consumer */
	char apart_from_below[64];
};

/* An empty ring of at least bytes; freed with logring__free. wake is borrowed as long. */
struct logring *logring__new(size_t bytes, uint32_t *wake) __attribute__((returns_nonnull));
void logring__free(struct logring *r);
/*
 * What is in the ring now, as 0 to LOGRING_PIECES pieces; borrowed until logring__take(r, *ret_head).
 * Returns their number. Consumer only.
 */
size_t logring__look(const struct logring *r, struct iovec *ret_pieces, uint64_t *ret_head);
/* Gives the room up to head back to the producer. Consumer only. */
void logring__take(struct logring *r, uint64_t head);
/* Wakes the consumer that sleeps on the futex, once. Any thread. */
void logring__wake(uint32_t *wake);

#endif
