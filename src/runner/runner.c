/* SPDX-License-Identifier: Apache-2.0 */
/* runner: see runner.h. Its noun is the loop: control's connection, signals, times. */
#include "runner/runner.h"

#include "base/check.h"
#include "base/mem.h"
#include "door/link.h"
#include "runner/runner_int.h"
#include "supervisor/say.h"
#include "sys/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	RUNNER__MEASURE_MS = 1000,
	RUNNER__QUEUE_BYTES_MAX = 8 << 20,
	RUNNER__OUTPUT_QUEUE_BYTES = 1 << 20, /* more than that waits for control: output stays with its instance */
};

struct runner {
	uint32_t magic; /* OBJ_RUNNER */
	const struct runner_setup *setup;
	struct loop *loop;
	struct instances all;
	struct loop_io listen, signal, control;
	struct link link; /* with control; magic OBJ_FREED when there is none */
	struct loop_timer timer;
	uint64_t measure_at_ms;
	bool stopping;
};

/* ---- control ---- */

static bool runner__connected(const struct runner *r)
{
	return r->link.magic == OBJ_DOOR;
}

static void runner__hang_up(struct runner *r)
{
	if (!runner__connected(r))
		return;
	loop_io_del(r->loop, &r->control);
	link_fini(&r->link);
}

static enum err runner__start(struct runner *r, struct slice payload)
{
	struct runner_start start;

	TRY(runner_msg_read_start(payload, &start));
	if (!r->stopping && !instance_find(&r->all, start.id))
		instance_start(&r->all, &start);
	return OK;
}

static enum err runner__frame(void *arg, const struct frame *f)
{
	struct runner *r = arg;
	struct instance *i;
	uint64_t id;

	if (f->version != RUNNER_VERSION)
		return ERR_VERSION;
	switch (f->type) {
	case RUNNER_START:
		return runner__start(r, f->payload);
	case RUNNER_STOP:
	case RUNNER_FORGET:
		TRY(runner_msg_read_id(f->payload, &id));
		i = instance_find(&r->all, id);
		if (i && f->type == RUNNER_STOP)
			instance_stop(i);
		else if (i)
			instance_forget(&r->all, i);
		return OK;
	default:
		return ERR_FRAME;
	}
}

static void runner__lose(struct runner *r, enum err why)
{
	if (why != ERR_CLOSED && why != ERR_SYSTEM)
		say("runner", "event=control_dropped reason=\"%s\"", err_text(why));
	runner__hang_up(r);
}

static void runner__control(struct loop_io *io, uint32_t events)
{
	struct runner *r = LOOP_OWNER(io, struct runner, control);
	enum err e;

	do
		e = link_read(&r->link, runner__frame, r);
	while (e == OK && r->link.more);
	if (e != OK)
		runner__lose(r, e);
}

/* Control's user, root, or ourselves: nobody else starts processes here. */
static bool runner__may(const struct runner *r, int fd)
{
	struct ucred who;
	socklen_t n = sizeof who;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 &&
	       (who.uid == 0 || who.uid == geteuid() || who.uid == r->setup->control_uid);
}

/* All there is, to a control that has just come. */
static void runner__tell_all(struct runner *r)
{
	enum err e = OK;

	for (struct instance *i = r->all.first; i && e == OK; i = i->next) {
		const struct runner_instance told = instance_told(i);
		e = runner_msg_write_instance(&r->link.out, &told);
		i->changed = false;
	}
	if (e == OK)
		e = runner_msg_write_listed(&r->link.out);
	r->all.changed = true; /* output that waits */
	if (e != OK)
		runner__lose(r, e);
}

static void runner__accept(struct loop_io *io, uint32_t events)
{
	struct runner *r = LOOP_OWNER(io, struct runner, listen);
	int fd;

	while (sock_accept(io->fd, &fd, NULL) == OK) {
		if (!runner__may(r, fd)) {
			say("runner", "event=refused reason=\"another user\"");
			sock_close(fd);
			continue;
		}
		runner__hang_up(r); /* of the control before */
		r->control = (struct loop_io){ fd, runner__control };
		link_init(&r->link, fd, RUNNER_PAYLOAD_BYTES_MAX, RUNNER__QUEUE_BYTES_MAX);
		if (loop_io_add_level(r->loop, &r->control) != OK) {
			link_fini(&r->link);
			continue;
		}
		runner__tell_all(r);
	}
}

/* ---- telling ---- */

static enum err runner__tell_output(struct runner *r, struct instance *i)
{
	while (link_queued(&r->link) < RUNNER__OUTPUT_QUEUE_BYTES) {
		struct slice lines = output_lines(&i->output, RUNNER_LINES_BYTES_MAX);
		if (lines.n == 0 && i->output.dropped == 0)
			return OK;
		const struct runner_output o = { .id = i->id,
						 .wall_ms = (uint64_t)loop_wall_ms(r->loop),
						 .dropped = i->output.dropped,
						 .app = slice_str(i->app),
						 .label = slice_str(i->label),
						 .lines = lines };
		TRY(runner_msg_write_output(&r->link.out, &o));
		output_taken(&i->output, lines.n);
	}
	r->all.changed = true; /* the rest when there is room */
	return OK;
}

/* What changed, output first: the last lines of an instance come before its end. */
static void runner__tell(struct runner *r)
{
	enum err e = OK;

	if (!runner__connected(r))
		return;
	if (r->all.changed) {
		r->all.changed = false;
		for (struct instance *i = r->all.first; i && e == OK; i = i->next) {
			e = runner__tell_output(r, i);
			if (e != OK || !i->changed)
				continue;
			const struct runner_instance told = instance_told(i);
			e = runner_msg_write_instance(&r->link.out, &told);
			i->changed = false;
		}
	}
	if (e == OK)
		e = link_write(&r->link);
	if (e != OK)
		runner__lose(r, e);
}

/* ---- signals ---- */

/* Processes that left the group of their instance and lost their parent are ours now; none of them may stay. */
static void runner__strays(struct runner *r)
{
	char path[64], text[4096];

	snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof text) : -1;
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return;
	struct slice rest = slice_of(text, (size_t)n);
	/* Each number has a space behind it; one without was cut off. */
	for (uint64_t pid; slice_u64(slice_split(&rest, ' '), &pid) && rest.p;) {
		bool known = false;
		for (const struct instance *i = r->all.first; i && !known; i = i->next)
			known = i->state != RUNNER_ENDED && (i->pid == (pid_t)pid || getpgid((pid_t)pid) == i->pid);
		if (!known)
			kill((pid_t)pid, SIGKILL);
	}
}

static void runner__reap(struct runner *r)
{
	bool any = false;
	int status;

	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0; any = true)
		instance_reaped(&r->all, pid, status);
	if (any)
		runner__strays(r);
}

static void runner__stop(struct runner *r)
{
	r->stopping = true;
	for (struct instance *i = r->all.first; i; i = i->next)
		instance_stop(i);
}

static void runner__signal(struct loop_io *io, uint32_t events)
{
	struct runner *r = LOOP_OWNER(io, struct runner, signal);
	struct signalfd_siginfo info;

	while (read(io->fd, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGTERM)
			runner__stop(r);
		if (info.ssi_signo == SIGCHLD)
			runner__reap(r);
	}
}

static int runner__signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* ---- the loop ---- */

static void runner__timer(struct loop_timer *t)
{
	/* It only ends the wait; the work is done at the end of the turn. */
}

static bool runner__over(const struct runner *r)
{
	for (const struct instance *i = r->all.first; i; i = i->next)
		if (i->state != RUNNER_ENDED)
			return false;
	return r->stopping;
}

static void runner__turn(void *arg)
{
	struct runner *r = arg;
	uint64_t now = loop_now_ms(r->loop);

	OBJ(r, OBJ_RUNNER);
	runner__reap(r); /* a child may have ended before its signal could be seen */
	uint64_t next = instance_tick(&r->all);
	if (now >= r->measure_at_ms) {
		instance_measure(&r->all);
		r->measure_at_ms = now + RUNNER__MEASURE_MS;
	}
	runner__tell(r);
	if (runner__over(r))
		loop_stop(r->loop);
	next = next < RUNNER__MEASURE_MS ? next : RUNNER__MEASURE_MS;
	if (runner__connected(r) && (r->all.changed || link_queued(&r->link)) && next > 20)
		next = 20;
	loop_timer_set(r->loop, &r->timer, now + next);
}

static enum err runner__io(struct runner *r, struct loop_io *io, int fd, loop_io_fn fn)
{
	*io = (struct loop_io){ fd, fn };
	return loop_io_add_level(r->loop, io);
}

static enum err runner__begin(struct runner *r)
{
	r->all = (struct instances){ .loop = r->loop,
				     .limits = &r->setup->node->limits,
				     .user = r->setup->node->platform_user };
	rng_init(&r->all.rng);
	loop_timer_init(&r->timer, runner__timer);
	/* Processes whose parent ends are ours then, and can be ended. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
		return ERR_SYSTEM;
	TRY(runner__io(r, &r->signal, runner__signals(), runner__signal));
	TRY(runner__io(r, &r->listen, r->setup->listen_fd, runner__accept));
	loop_on_turn(r->loop, runner__turn, r);
	loop_timer_set(r->loop, &r->timer, loop_now_ms(r->loop));
	return OK;
}

static void runner__end(struct runner *r)
{
	runner__tell(r);
	runner__hang_up(r);
	while (r->all.first) {
		r->all.first->state = RUNNER_ENDED;
		instance_forget(&r->all, r->all.first);
	}
	loop_timer_cancel(r->loop, &r->timer);
	loop_io_del(r->loop, &r->signal);
	loop_io_del(r->loop, &r->listen);
	sock_close(r->signal.fd);
	sock_close(r->listen.fd);
}

int runner_run(const struct runner_setup *setup)
{
	struct runner *r = mem_alloc(sizeof *r);
	int status = 1;

	r->magic = OBJ_RUNNER;
	r->setup = setup;
	if (loop_new(&r->loop) == OK && runner__begin(r) == OK) {
		if (setup->ready_fd >= 0 && write(setup->ready_fd, "ready\n", 6) < 0)
			say("runner", "event=ready_failed reason=\"%s\"", strerrordesc_np(errno));
		sock_close(setup->ready_fd);
		loop_run(r->loop);
		runner__end(r);
		status = 0;
	} else {
		say("runner", "event=start_refused reason=\"%s\"", strerrordesc_np(errno));
	}
	loop_free(r->loop);
	r->magic = OBJ_FREED;
	mem_free(r);
	return status;
}
