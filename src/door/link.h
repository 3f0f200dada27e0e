/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link: one end of the door: a non-blocking stream socket that carries frames, for a thread with a poll(2) loop.
 * Both queues are bounded; past the bound the link is to be closed and opened again, and the HELLO of the next
 * connection starts over from what the edge really has. Lifetime: connection.
 */
#ifndef DOOR_LINK_H
#define DOOR_LINK_H

#include "door/frame.h"

struct link {
	uint32_t magic; /* OBJ_DOOR */
	int fd;         /* owned; -1 when closed */
	size_t payload_max;
	bool more; /* link_read stopped before the socket was empty: call it again */
	struct buf in;
	struct buf out; /* append frames here with frame_write_* */
};

/* One frame that came; its payload is borrowed until the call returns. An error ends the link. */
typedef enum err (*link_frame_fn)(void *arg, const struct frame *f);

/*
 * Takes over fd (connected, non-blocking). item_bytes_max, queue_bytes_max: limits plan_item_bytes_max and
 * door_queue_bytes_max; the out queue holds at least one item of the largest size.
 */
void link_init(struct link *l, int fd, size_t item_bytes_max, size_t queue_bytes_max);
/* Closes and frees; as never opened. Safe on a closed link. */
void link_fini(struct link *l);
/* The poll(2) events that the link waits for. */
short link_events(const struct link *l);
/*
 * Reads what came and hands each whole frame to fn, in order; reads at most a few MiB in one call.
 * errors: ERR_CLOSED (the other side left), ERR_SYSTEM (reset, refused), ERR_FRAME_LARGE, and what fn returned.
 * Not ERR_AGAIN: OK means "wait for the next event".
 */
enum err link_read(struct link *l, link_frame_fn fn, void *arg) MUST_USE;
/* Writes what fits. errors: ERR_CLOSED, ERR_SYSTEM. */
enum err link_write(struct link *l) MUST_USE;
/* Bytes that wait to be written. */
size_t link_queued(const struct link *l);

#endif
