/* SPDX-License-Identifier: Apache-2.0 */
/* control: see control.h. Its noun is the loop: plan folder, door, edges, the status file. */
#include "control/control.h"

#include "base/check.h"
#include "base/mem.h"
#include "control/folder.h"
#include "control/kinds.h"
#include "control/report.h"
#include "supervisor/rundir.h"
#include "supervisor/say.h"
#include "sys/clock.h"
#include "sys/sock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
	CONTROL__PEERS_MAX = 32,
	CONTROL__STATUS_MS = 1000,
	CONTROL__FIRST_STATUS_MS = 20, /* a change after a quiet time is shown soon */
	CONTROL__PARTIAL_MS = 1000,    /* a syntax error in a file as young as this may be a write in progress */
	CONTROL__TICK_MS = 1000,
	CONTROL__STATUS_BYTES_MAX = 1 << 30,
};

struct control {
	uint32_t magic; /* OBJ_CONTROL */
	const struct control_setup *setup;
	const struct limits *limits;
	struct folder *folder;
	struct desired *desired;
	struct peer *peers[CONTROL__PEERS_MAX];
	size_t peers_n;
	int signal_fd;
	bool stop, said_ready;
	struct diag folder_error; /* code OK: none */
	bool changed, items_changed;
	uint64_t status_at_ms;                         /* not before */
	struct buf items;                              /* that part of the status, made when it changes */
	char said[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES]; /* the last line about the plan, so that it is not repeated */
};

static uint64_t control__now_ms(void)
{
	return clock_mono_ns() / 1000000;
}

static uint64_t control__wall_us(void)
{
	return (uint64_t)clock_wall_ms() * 1000;
}

/* ---- the plan folder ---- */

static enum err control__changed(void *arg, const char *name, struct slice text, uint64_t age_ms)
{
	struct control *c = arg;

	if (age_ms < CONTROL__PARTIAL_MS && desired_may_be_partial(c->desired, text))
		return ERR_AGAIN;
	return desired_put(c->desired, name, text, control__wall_us());
}

static void control__unreadable(void *arg, const char *name, const struct diag *why)
{
	struct control *c = arg;

	desired_refuse(c->desired, name, why);
}

static void control__gone(void *arg, const char *name)
{
	struct control *c = arg;

	say("plan", "%s: removed", name);
	desired_remove(c->desired, name, control__wall_us());
	c->changed = c->items_changed = true;
}

static void control__folder_state(void *arg, const struct diag *why)
{
	struct control *c = arg;

	if (why)
		say("plan", "%s: %s; what was live stays", why->where, why->text);
	else
		say("plan", "the folder can be read again");
	diag_init(&c->folder_error);
	if (why)
		c->folder_error = *why;
	c->changed = c->items_changed = true;
}

/* ---- what desired.c says ---- */

static void control__leaving(void *arg, struct desired_item *item)
{
	struct control *c = arg;

	for (size_t i = 0; i < c->peers_n; i++)
		peer_leaving(c->peers[i], item);
}

static void control__entering(void *arg, struct desired_item *item)
{
	struct control *c = arg;

	for (size_t i = 0; i < c->peers_n; i++)
		peer_entering(c->peers[i], item);
	c->changed = c->items_changed = true;
}

static void control__removed(void *arg, const char *key)
{
	struct control *c = arg;

	for (size_t i = 0; i < c->peers_n; i++)
		peer_removed(c->peers[i], key);
	c->changed = c->items_changed = true;
}

static void control__judged(void *arg, const struct desired_file *file)
{
	struct control *c = arg;
	char text[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES], line[sizeof c->said];

	c->changed = c->items_changed = true;
	if (!file->refused)
		return;
	snprintf(line, sizeof line, "%.100s: %s", file->name, diag_print(file->refused, text, sizeof text - 110));
	if (strcmp(line, c->said) == 0)
		return;
	memcpy(c->said, line, sizeof line);
	say("plan", "%s", line);
}

/* ---- edges ---- */

static void control__edge_refused(const struct peer *p, const char *item, const char *reason)
{
	say("plan", "%s: edge %u refuses it: %s", item, p->pid, reason);
}

static bool control__is_ours(int fd)
{
	struct ucred who;
	socklen_t n = sizeof who;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && (who.uid == geteuid() || who.uid == 0);
}

static void control__accept(struct control *c)
{
	int fd;

	while (sock_accept(c->setup->door_fd, &fd, NULL) == OK) {
		if (c->peers_n == CONTROL__PEERS_MAX || !control__is_ours(fd)) {
			say("control", "event=door_refused reason=\"%s\"",
			    c->peers_n == CONTROL__PEERS_MAX ? "too many edges" : "another user");
			sock_close(fd);
			continue;
		}
		struct peer *p = peer_new(fd, c->limits, c->desired, control__now_ms());
		p->refused = control__edge_refused;
		c->peers[c->peers_n++] = p;
	}
}

static void control__drop(struct control *c, size_t i, enum err why)
{
	struct peer *p = c->peers[i];

	if (why != ERR_CLOSED && why != ERR_SYSTEM)
		say("control", "event=door_closed edge=%u reason=\"%s\"", p->pid, err_text(why));
	peer_free(p);
	c->peers[i] = c->peers[--c->peers_n];
	c->changed = c->items_changed = true;
}

/* Serves every edge: events (NULL: none), then what it lacks. */
static void control__serve(struct control *c, const struct pollfd *fds, size_t fds_n)
{
	uint64_t now = control__now_ms();
	bool settled = folder_settled(c->folder);
	bool may_delete = settled && !desired_hides_names(c->desired);

	for (size_t i = c->peers_n; i-- > 0;) {
		struct peer *p = c->peers[i];
		enum err e = OK;
		if (i < fds_n && fds[i].revents)
			e = peer_event(p, fds[i].revents, now);
		if (e == OK)
			e = peer_tick(p, now);
		if (e == OK && settled)
			e = peer_pump(p, may_delete, now);
		if (p->changed)
			c->changed = c->items_changed = true;
		p->changed = false;
		if (e != OK)
			control__drop(c, i, e);
	}
}

/* ---- the status file ---- */

static void control__write_status(struct control *c, uint64_t now)
{
	struct report r = {
		.node = c->setup->node,
		.desired = c->desired,
		.peers = c->peers,
		.peers_n = c->peers_n,
		.folder_error = c->folder_error.code == OK ? NULL : c->folder_error.text,
	};
	struct buf out;
	struct diag d;

	if (!c->changed || now < c->status_at_ms)
		return;
	if (c->items_changed) {
		buf_clear(&c->items);
		report_items(&r, &c->items);
	}
	buf_init(&out, CONTROL__STATUS_BYTES_MAX);
	buf_add_byte(&out, '{');
	report_head(&r, &out);
	buf_printf(&out, ",\n");
	buf_add(&out, buf_slice(&c->items));
	buf_printf(&out, ",\n");
	report_edges(&r, &out);
	buf_printf(&out, "}\n");
	diag_init(&d);
	if (rundir_write(c->setup->node, "status.json", buf_slice(&out), &d) != OK)
		say("control", "event=status_failed %s: %s", d.where, d.text);
	buf_fini(&out);
	c->changed = c->items_changed = false;
	c->status_at_ms = now + CONTROL__STATUS_MS;
}

/* ---- the loop ---- */

static void control__ready(struct control *c)
{
	if (c->said_ready || !folder_settled(c->folder))
		return;
	c->said_ready = true;
	if (c->setup->ready_fd >= 0 && write(c->setup->ready_fd, "ready\n", 6) < 0)
		say("control", "event=ready_failed reason=\"%s\"", strerrordesc_np(errno));
	sock_close(c->setup->ready_fd);
}

static void control__signal(struct control *c)
{
	struct signalfd_siginfo info;

	while (read(c->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
		c->stop |= info.ssi_signo == SIGTERM;
}

static int control__wait_ms(const struct control *c, uint64_t folder_ms)
{
	uint64_t now = control__now_ms(), wait = folder_ms < CONTROL__TICK_MS ? folder_ms : CONTROL__TICK_MS;

	if (c->changed) {
		uint64_t status = c->status_at_ms > now ? c->status_at_ms - now : 0;
		wait = status < wait ? status : wait;
	}
	return (int)wait;
}

static void control__run(struct control *c)
{
	struct pollfd fds[3 + CONTROL__PEERS_MAX];

	while (!c->stop) {
		uint64_t now = control__now_ms(), folder_ms = folder_tick(c->folder, now);
		control__ready(c);
		control__serve(c, NULL, 0);
		control__write_status(c, now);
		fds[0] = (struct pollfd){ c->signal_fd, POLLIN, 0 };
		fds[1] = (struct pollfd){ c->setup->door_fd, POLLIN, 0 };
		fds[2] = (struct pollfd){ folder_fd(c->folder), POLLIN, 0 };
		size_t n = c->peers_n;
		for (size_t i = 0; i < n; i++)
			fds[3 + i] = (struct pollfd){ c->peers[i]->link.fd, link_events(&c->peers[i]->link), 0 };
		if (poll(fds, 3 + n, control__wait_ms(c, folder_ms)) <= 0)
			continue;
		bool was_quiet = !c->changed;
		control__serve(c, fds + 3, n);
		if (fds[0].revents)
			control__signal(c);
		if (fds[1].revents)
			control__accept(c);
		if (fds[2].revents)
			folder_event(c->folder, control__now_ms());
		if (was_quiet && c->changed && c->status_at_ms < control__now_ms() + CONTROL__FIRST_STATUS_MS)
			c->status_at_ms = control__now_ms() + CONTROL__FIRST_STATUS_MS;
	}
}

static int control__signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int control_run(const struct control_setup *setup)
{
	struct control *c = mem_alloc(sizeof *c);

	c->magic = OBJ_CONTROL;
	c->setup = setup;
	c->limits = &setup->node->limits;
	c->changed = c->items_changed = true;
	buf_init(&c->items, CONTROL__STATUS_BYTES_MAX);
	struct desired_watch desired_watch = { control__leaving, control__entering, control__removed, control__judged,
					       c };
	struct folder_watch folder_watch = { control__changed, control__unreadable, control__gone,
					     control__folder_state, c };
	c->desired = desired_new(c->limits, kinds_all(), &desired_watch);
	c->folder = folder_new(setup->node->plan_folder, c->limits, &folder_watch);
	c->signal_fd = control__signals();
	CHECK(c->signal_fd >= 0);
	if (folder_fd(c->folder) < 0)
		say("plan", "no inotify (%s): changes are seen within some seconds", strerrordesc_np(errno));
	control__run(c);
	while (c->peers_n)
		peer_free(c->peers[--c->peers_n]);
	folder_free(c->folder);
	desired_free(c->desired);
	buf_fini(&c->items);
	sock_close(c->signal_fd);
	sock_close(setup->door_fd);
	c->magic = OBJ_FREED;
	mem_free(c);
	return 0;
}
