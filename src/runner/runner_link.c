/* SPDX-License-Identifier: Apache-2.0 */
/* runner_link: see runner_link.h. */
#include "runner/runner_link.h"

#include "base/check.h"
#include "base/mem.h"
#include "door/link.h"
#include "supervisor/say.h"
#include "sys/sock.h"

enum { RUNNER_LINK__AGAIN_MS = 200, RUNNER_LINK__QUEUE_BYTES_MAX = 32 << 20 };

struct runner_link {
	uint32_t magic; /* OBJ_RUNNER_LINK */
	struct loop *loop;
	struct runner_link_owner owner;
	struct loop_timer timer;
	struct loop_task flush;
	struct loop_io io;
	struct link link; /* magic OBJ_FREED when there is no connection */
	char *path;
};

static bool runner_link__open(const struct runner_link *l)
{
	return l->link.magic == OBJ_DOOR;
}

static void runner_link__lose(struct runner_link *l, enum err why)
{
	if (!runner_link__open(l))
		return;
	if (why != ERR_CLOSED && why != ERR_SYSTEM)
		say("control", "event=runner_dropped reason=\"%s\"", err_text(why));
	loop_io_del(l->loop, &l->io);
	link_fini(&l->link);
	loop_timer_set(l->loop, &l->timer, loop_now_ms(l->loop) + RUNNER_LINK__AGAIN_MS);
	l->owner.lost(l->owner.arg);
}

static enum err runner_link__frame(void *arg, const struct frame *f)
{
	struct runner_link *l = arg;
	struct runner_instance instance;
	struct runner_output output;

	if (f->version != RUNNER_VERSION)
		return ERR_VERSION;
	switch (f->type) {
	case RUNNER_INSTANCE:
		TRY(runner_msg_read_instance(f->payload, &instance));
		l->owner.instance(l->owner.arg, &instance);
		return OK;
	case RUNNER_LISTED:
		l->owner.listed(l->owner.arg);
		return OK;
	case RUNNER_OUTPUT:
		TRY(runner_msg_read_output(f->payload, &output));
		l->owner.output(l->owner.arg, &output);
		return OK;
	default:
		return OK; /* of a newer runner */
	}
}

static void runner_link__flush(struct loop_task *t)
{
	struct runner_link *l = LOOP_OWNER(t, struct runner_link, flush);
	enum err e = runner_link__open(l) ? link_write(&l->link) : OK;

	if (e != OK)
		runner_link__lose(l, e);
}

/* Edge-triggered: read until there is nothing, write what waited for room. */
static void runner_link__io(struct loop_io *io, uint32_t events)
{
	struct runner_link *l = LOOP_OWNER(io, struct runner_link, io);
	enum err e = OK;

	if (events & (LOOP_READ | LOOP_PEER_CLOSED)) {
		do
			e = link_read(&l->link, runner_link__frame, l);
		while (e == OK && l->link.more);
	}
	if (e == OK)
		e = link_write(&l->link);
	if (e != OK)
		runner_link__lose(l, e);
}

static void runner_link__connect(struct loop_timer *t)
{
	struct runner_link *l = LOOP_OWNER(t, struct runner_link, timer);
	int fd;

	OBJ(l, OBJ_RUNNER_LINK);
	if (runner_link__open(l))
		return;
	loop_timer_set(l->loop, &l->timer, loop_now_ms(l->loop) + RUNNER_LINK__AGAIN_MS);
	if (sock_connect_unix(l->path, &fd) != OK)
		return;
	l->io = (struct loop_io){ fd, runner_link__io };
	link_init(&l->link, fd, RUNNER_PAYLOAD_BYTES_MAX, RUNNER_LINK__QUEUE_BYTES_MAX);
	if (loop_io_add(l->loop, &l->io) != OK) {
		link_fini(&l->link);
		return;
	}
	l->owner.lost(l->owner.arg); /* nothing is known of this one yet */
}

struct runner_link *runner_link_new(struct loop *loop, const char *path, const struct runner_link_owner *owner)
{
	struct runner_link *l = mem_alloc(sizeof *l);

	l->magic = OBJ_RUNNER_LINK;
	l->loop = loop;
	l->owner = *owner;
	l->path = mem_dup(slice_str(path));
	l->flush.fn = runner_link__flush;
	loop_timer_init(&l->timer, runner_link__connect);
	loop_timer_set(loop, &l->timer, loop_now_ms(loop));
	return l;
}

void runner_link_free(struct runner_link *l)
{
	if (!l)
		return;
	OBJ(l, OBJ_RUNNER_LINK);
	if (runner_link__open(l)) {
		loop_io_del(l->loop, &l->io);
		link_fini(&l->link);
	}
	loop_timer_cancel(l->loop, &l->timer);
	mem_free(l->path);
	l->magic = OBJ_FREED;
	mem_free(l);
}

static void runner_link__sent(struct runner_link *l, enum err e)
{
	if (e == OK)
		loop_defer(l->loop, &l->flush);
	else
		runner_link__lose(l, e);
}

void runner_link_start(struct runner_link *l, const struct runner_start *s, const struct runner_variable *variables)
{
	if (runner_link__open(l))
		runner_link__sent(l, runner_msg_write_start(&l->link.out, s, variables));
}

void runner_link_stop(struct runner_link *l, uint64_t id)
{
	if (runner_link__open(l))
		runner_link__sent(l, runner_msg_write_id(&l->link.out, RUNNER_STOP, id));
}

void runner_link_forget(struct runner_link *l, uint64_t id)
{
	if (runner_link__open(l))
		runner_link__sent(l, runner_msg_write_id(&l->link.out, RUNNER_FORGET, id));
}
