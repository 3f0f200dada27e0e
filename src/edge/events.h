/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events: what workers tell control as it happens (a firewall match, a line of the app router): one JSON object of a
 * named kind at a time. Each worker has a ring of its own; the plan thread empties them into the door, where control
 * hands each event to whoever listens to its kind (control_hear). Nothing waits: what does not fit is dropped whole and
 * counted. While control is away events stay in the ring until it is full.
 */
#ifndef EDGE_EVENTS_H
#define EDGE_EVENTS_H

#include "base/err.h"
#include "door/frame.h"

struct events;      /* of an edge */
struct events_ring; /* of one worker */
struct worker;

/* Rings for so many producers, each of ring_bytes (a power of two, at least 64 KiB). Caller frees with events_free. */
struct events *events_new(size_t rings_n, size_t ring_bytes) __attribute__((returns_nonnull));
/* Frees. Producers and the consumer must have stopped. NULL is fine. */
void events_free(struct events *all);
/* The i-th ring, for one producing thread. Lives as long as all. */
struct events_ring *events_ring(struct events *all, size_t i);
/* Says how the consumer is woken; before producers run. fn is called on a producer's thread, once for each
 * events_take. */
void events_on_wake(struct events *all, void (*fn)(void *arg), void *arg);

/*
 * Puts one event into the ring. kind: 1 to FRAME_KIND_BYTES - 1 bytes; json: 1 to FRAME_EVENT_BYTES bytes, copied.
 * Producer thread only. Returns false when it was dropped: the ring is full. Cost: a copy, and for the first
 * event since the consumer looked a system call, at most fifty a second.
 */
bool events_add(struct events_ring *ring, const char *kind, struct slice json);
/* The same for a worker on its own thread; a dropped event is counted (events_dropped), one that is too long too. */
void events_send(struct worker *w, const char *kind, struct slice json);

/*
 * Hands over what is there, until fn returns false (that one stays). The event is borrowed for the call.
 * Consumer thread only. Returns true when something may be left.
 */
bool events_take(struct events *all, bool (*fn)(void *arg, const struct frame_event *e), void *arg);
/* True when a producer woke the consumer since the last events_take. Any thread. */
bool events_waiting(const struct events *all);

#endif
