/* SPDX-License-Identifier: Apache-2.0 */
/* link: see link.h. */
#include "door/link.h"

#include "base/check.h"
#include "sys/sock.h"

#include <poll.h>

enum { LINK__READ_BYTES = 65536, LINK__READS_MAX = 64, LINK__KEEP_BYTES = 1 << 20 };

void link_init(struct link *l, int fd, size_t item_bytes_max, size_t queue_bytes_max)
{
	size_t payload_max = item_bytes_max + FRAME_OVERHEAD_BYTES, frame_max = payload_max + FRAME_HEAD_BYTES;

	if (payload_max < FRAME_HELLO_ITEMS_BYTES + FRAME_OVERHEAD_BYTES)
		payload_max = FRAME_HELLO_ITEMS_BYTES + FRAME_OVERHEAD_BYTES;
	*l = (struct link){ .magic = OBJ_DOOR, .fd = fd, .payload_max = payload_max };
	buf_init(&l->in, payload_max + FRAME_HEAD_BYTES + LINK__READ_BYTES);
	buf_init(&l->out, queue_bytes_max > frame_max ? queue_bytes_max : frame_max);
}

void link_fini(struct link *l)
{
	if (l->magic != OBJ_DOOR)
		return;
	sock_close(l->fd);
	buf_fini(&l->in);
	buf_fini(&l->out);
	l->fd = -1;
	l->magic = OBJ_FREED;
}

short link_events(const struct link *l)
{
	OBJ(l, OBJ_DOOR);
	return buf_len(&l->out) ? POLLIN | POLLOUT : POLLIN;
}

/* Hands over the whole frames at the front of the queue. */
static enum err link__deliver(struct link *l, link_frame_fn fn, void *arg)
{
	struct frame f;
	size_t used;

	for (;;) {
		enum err e = frame_take(buf_slice(&l->in), l->payload_max, &f, &used);
		if (e == ERR_AGAIN)
			break;
		if (e == OK)
			e = fn(arg, &f);
		if (e != OK)
			return e;
		buf_consume(&l->in, used);
	}
	/* A buffer that grew for one large item does not stay that large. */
	if (buf_len(&l->in) == 0 && l->in.cap > LINK__KEEP_BYTES)
		buf_fini(&l->in);
	return OK;
}

enum err link_read(struct link *l, link_frame_fn fn, void *arg)
{
	OBJ(l, OBJ_DOOR);
	l->more = false;
	for (int i = 0; i < LINK__READS_MAX; i++) {
		size_t n;
		char *at = buf_room(&l->in, LINK__READ_BYTES);
		if (!at)
			return ERR_MEMORY;
		enum err e = sock_recv(l->fd, at, LINK__READ_BYTES, &n);
		if (e == ERR_AGAIN)
			return OK;
		if (e != OK)
			return e;
		buf_commit(&l->in, n);
		TRY(link__deliver(l, fn, arg));
		if (n < LINK__READ_BYTES)
			return OK;
	}
	l->more = true;
	return OK;
}

enum err link_write(struct link *l)
{
	OBJ(l, OBJ_DOOR);
	while (buf_len(&l->out)) {
		struct slice s = buf_slice(&l->out);
		size_t n;
		enum err e = sock_send(l->fd, s.p, s.n, false, &n);
		if (e == ERR_AGAIN)
			return OK;
		if (e != OK)
			return e;
		buf_consume(&l->out, n);
	}
	if (l->out.cap > LINK__KEEP_BYTES)
		buf_fini(&l->out);
	return OK;
}

size_t link_queued(const struct link *l)
{
	return buf_len(&l->out);
}
