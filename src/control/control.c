/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control: see control.h. Its noun is the loop: plan folder, door, edges, the status file. Descriptors say what they
 * have to say by flags; everything is served at the end of the turn, in control__turn.
 */
#include "control/control.h"

#include "base/check.h"
#include "base/mem.h"
#include "control/certify.h"
#include "control/folder.h"
#include "control/kinds.h"
#include "control/report.h"
#include "control/waf_load.h"
#include "supervisor/rundir.h"
#include "supervisor/say.h"
#include "sys/clock.h"
#include "sys/sock.h"
#include "waf/waf_rules.h"

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
	CONTROL__WAF_BYTES_MAX = 96 << 20,
};

/* A connection of an edge. */
struct control__edge {
	struct loop_io io; /* first, of what the loop knows */
	struct control *control;
	struct peer *peer;
	short events; /* poll(2) bits since it was served */
	bool closing; /* the edge has ended its side: read to the end */
	bool met;     /* control_meet's function was called */
};

/* Who hears events of one kind. */
struct control__listener {
	char kind[FRAME_KIND_BYTES];
	control_heard_fn fn;
	void *arg;
};

struct control {
	uint32_t magic; /* OBJ_CONTROL */
	const struct control_setup *setup;
	const struct limits *limits;
	struct loop *loop;
	struct folder *folder;
	struct desired *desired;
	struct certify *certify; /* NULL: there is no HTTPS here */
	const struct kind *followed;
	struct control_follower follower;
	struct waf_rules *waf; /* as loaded at the start */
	struct publishes *publishes;
	struct broadcasts *broadcasts;
	struct control__edge *edges[CONTROL__PEERS_MAX];
	struct peer *peers[CONTROL__PEERS_MAX]; /* of the edges, in the same order */
	size_t peers_n;
	struct loop_io signal, door, watch;
	struct loop_timer timer;
	bool said_ready, folder_event;
	struct diag folder_error; /* code OK: none */
	bool changed, items_changed;
	bool was_changed;                              /* at the end of the turn before */
	uint64_t status_at_ms;                         /* not before */
	struct buf items;                              /* that part of the status, made when it changes */
	char said[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES]; /* the last line about the plan, so that it is not repeated */
	void (*meet)(void *arg, struct peer *p);       /* NULL: nobody asked for it */
	void *meet_arg;
	struct control__listener listeners[CONTROL_KINDS_MAX];
	size_t listeners_n;
};

uint64_t control_now_ms(const struct control *c)
{
	return loop_now_ms(c->loop);
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
	if (c->certify)
		certify_entering(c->certify, item);
	if (c->followed && c->followed == item->kind)
		c->follower.entering(c->follower.arg, item);
	c->changed = c->items_changed = true;
}

static void control__removed(void *arg, const char *key)
{
	struct control *c = arg;

	for (size_t i = 0; i < c->peers_n; i++)
		peer_removed(c->peers[i], key);
	if (c->certify)
		certify_removed(c->certify, key);
	struct slice name = slice_str(key), kind = slice_split(&name, '/');
	if (c->followed && slice_eq(slice_str(c->followed->name), kind))
		c->follower.removed(c->follower.arg, name);
	c->changed = c->items_changed = true;
}

void control_follow(struct control *c, const struct kind *kind, const struct control_follower *f)
{
	OBJ(c, OBJ_CONTROL);
	c->followed = f ? kind : NULL;
	if (!f)
		return;
	c->follower = *f;
	for (const struct desired_item *i = desired_oldest(c->desired); i; i = i->newer)
		if (i->kind == kind)
			f->entering(f->arg, i);
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

static void control__heard(void *arg, const struct peer *p, const struct frame_event *e)
{
	struct control *c = arg;

	for (size_t i = 0; i < c->listeners_n; i++)
		if (slice_eq(e->kind, slice_str(c->listeners[i].kind)))
			c->listeners[i].fn(c->listeners[i].arg, p, e->json);
}

static bool control__is_ours(int fd)
{
	struct ucred who;
	socklen_t n = sizeof who;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && (who.uid == geteuid() || who.uid == 0);
}

static void control__edge_io(struct loop_io *io, uint32_t events)
{
	struct control__edge *e = LOOP_OWNER(io, struct control__edge, io);

	if (events & (LOOP_READ | LOOP_PEER_CLOSED))
		e->events |= POLLIN;
	if (events & LOOP_WRITE)
		e->events |= POLLOUT;
	e->closing |= (events & LOOP_PEER_CLOSED) != 0;
}

static void control__add_edge(struct control *c, int fd)
{
	struct control__edge *e = mem_alloc(sizeof *e);

	e->control = c;
	e->io = (struct loop_io){ fd, control__edge_io };
	e->events = POLLIN;
	if (loop_io_add(c->loop, &e->io) != OK) {
		sock_close(fd);
		mem_free(e);
		return;
	}
	e->peer = peer_new(fd, c->limits, c->desired, control_now_ms(c));
	e->peer->refused = control__edge_refused;
	e->peer->heard = control__heard;
	e->peer->heard_arg = c;
	c->peers[c->peers_n] = e->peer;
	c->edges[c->peers_n++] = e;
}

static void control__accept(struct loop_io *io, uint32_t events)
{
	struct control *c = LOOP_OWNER(io, struct control, door);
	int fd;

	while (sock_accept(io->fd, &fd, NULL) == OK) {
		if (c->peers_n < CONTROL__PEERS_MAX && control__is_ours(fd)) {
			control__add_edge(c, fd);
			continue;
		}
		say("control", "event=door_refused reason=\"%s\"",
		    c->peers_n == CONTROL__PEERS_MAX ? "too many edges" : "another user");
		sock_close(fd);
	}
}

static void control__drop(struct control *c, size_t i, enum err why)
{
	struct control__edge *e = c->edges[i];

	if (why != ERR_CLOSED && why != ERR_SYSTEM && why != OK)
		say("control", "event=door_closed edge=%u reason=\"%s\"", e->peer->pid, err_text(why));
	loop_io_del(c->loop, &e->io);
	c->peers_n--;
	c->edges[i] = c->edges[c->peers_n];
	c->peers[i] = c->peers[c->peers_n];
	peer_free(e->peer); /* commands under way are answered here, perhaps by new ones to the others */
	mem_free(e);
	c->changed = c->items_changed = true;
}

/* What the edge said, as far as one call goes. True when there is more to read at once. */
static enum err control__hear(struct control__edge *e, uint64_t now, bool *ret_more)
{
	short events = e->events;

	e->events = 0;
	if (!events)
		return OK;
	enum err err = peer_event(e->peer, events, now);
	/* The loop is edge-triggered: nobody tells again of what is left. */
	if (err == OK && (e->peer->link.more || e->closing)) {
		e->events = POLLIN;
		*ret_more = true;
	}
	return err;
}

static void control__meet(struct control *c, struct control__edge *e)
{
	if (e->met || !e->peer->welcome)
		return;
	e->met = true;
	if (c->meet)
		c->meet(c->meet_arg, e->peer);
}

/* Serves every edge: what it said, then what it lacks. True when some have more to say at once. */
static bool control__serve(struct control *c)
{
	uint64_t now = control_now_ms(c);
	bool settled = folder_settled(c->folder), more = false;
	bool may_delete = settled && !desired_hides_names(c->desired) && !(c->certify && certify_pending(c->certify));

	for (size_t i = c->peers_n; i-- > 0;) {
		struct peer *p = c->peers[i];
		enum err e = control__hear(c->edges[i], now, &more);
		control__meet(c, c->edges[i]);
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
	return more;
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
	if (c->said_ready || !folder_settled(c->folder) || (c->certify && certify_pending(c->certify)))
		return;
	c->said_ready = true;
	if (c->setup->ready_fd >= 0 && write(c->setup->ready_fd, "ready\n", 6) < 0)
		say("control", "event=ready_failed reason=\"%s\"", strerrordesc_np(errno));
	sock_close(c->setup->ready_fd);
}

static void control__signal(struct loop_io *io, uint32_t events)
{
	struct control *c = LOOP_OWNER(io, struct control, signal);
	struct signalfd_siginfo info;

	while (read(io->fd, &info, sizeof info) == (ssize_t)sizeof info)
		if (info.ssi_signo == SIGTERM)
			loop_stop(c->loop);
}

static void control__watch(struct loop_io *io, uint32_t events)
{
	LOOP_OWNER(io, struct control, watch)->folder_event = true;
}

static void control__timer(struct loop_timer *t)
{
	/* It only ends the wait; the work is done at the end of the turn. */
}

/* The end of each turn: everything that is due, then when to be woken. */
static void control__turn(void *arg)
{
	struct control *c = arg;
	uint64_t now = control_now_ms(c), next = now + CONTROL__TICK_MS;

	OBJ(c, OBJ_CONTROL);
	if (!c->publishes)
		return; /* ended */
	if (c->folder_event)
		folder_event(c->folder, now);
	c->folder_event = false;
	uint64_t folder_ms = folder_tick(c->folder, now);
	uint64_t certify_ms = c->certify ? certify_tick(c->certify, loop_wall_ms(c->loop)) : CONTROL__TICK_MS;
	control__ready(c);
	bool more = control__serve(c);
	uint64_t late = publish_tick(c->publishes, c->peers, c->peers_n, now, control__wall_us());
	if (late < next)
		next = late;
	late = broadcast_tick(c->broadcasts, now);
	if (late < next)
		next = late;
	/* Those who were told may have asked for more. */
	if (publish_waiting(c->publishes))
		more |= control__serve(c);
	if (c->changed && !c->was_changed && c->status_at_ms < now + CONTROL__FIRST_STATUS_MS)
		c->status_at_ms = now + CONTROL__FIRST_STATUS_MS;
	control__write_status(c, now);
	c->was_changed = c->changed;
	if (c->changed && c->status_at_ms < next)
		next = c->status_at_ms;
	if (now + certify_ms < next)
		next = now + certify_ms;
	if (now + folder_ms < next)
		next = now + folder_ms;
	loop_timer_set(c->loop, &c->timer, more ? now : next);
}

static enum err control__io(struct control *c, struct loop_io *io, int fd, loop_io_fn fn)
{
	*io = (struct loop_io){ fd, fn };
	return loop_io_add_level(c->loop, io);
}

static int control__signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* ---- life ---- */

static void control__parts(struct control *c)
{
	struct desired_watch desired_watch = { control__leaving, control__entering, control__removed, control__judged,
					       c };
	struct folder_watch folder_watch = { control__changed, control__unreadable, control__gone,
					     control__folder_state, c };

	c->desired = desired_new(c->limits, kinds_all(), &desired_watch);
	c->folder = folder_new(c->setup->node->plan_folder, c->limits, &folder_watch);
	c->publishes = publish_new(c->desired);
	c->broadcasts = broadcast_new();
	loop_timer_init(&c->timer, control__timer);
}

/* Where there is HTTPS, zones get certificates. errors: said. */
static enum err control__open_certify(struct control *c)
{
	char text[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES];
	struct diag d;

	if (node_listens(c->setup->node, LISTEN_HTTPS) + node_listens(c->setup->node, LISTEN_PLATFORM_HTTPS) == 0)
		return OK;
	diag_init(&d);
	enum err e = certify_new(c->setup->node, c->setup->seal, c->desired, &c->certify, &d);
	if (e != OK)
		say("control", "event=start_refused %s", diag_print(&d, text, sizeof text));
	return e;
}

/* The firewall rules of this node, for every edge. errors: said. */
static enum err control__open_waf(struct control *c)
{
	char text[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES];
	struct diag d;
	struct buf json;

	diag_init(&d);
	buf_init(&json, CONTROL__WAF_BYTES_MAX);
	enum err e = waf_load(c->setup->node, &json, &c->waf, &d);
	if (e == OK)
		e = control_put(c, WAF_LOAD_SOURCE, buf_slice(&json), &d);
	buf_fini(&json);
	if (e != OK)
		say("control", "event=start_refused [waf] rules: %s", diag_print(&d, text, sizeof text));
	return e;
}

/* The reverse of control__parts and what comes before it. */
static void control__unmake(struct control *c)
{
	publish_free(c->publishes);
	broadcast_free(c->broadcasts);
	folder_free(c->folder);
	certify_free(c->certify);
	waf_rules_free(c->waf);
	desired_free(c->desired);
	loop_free(c->loop);
	buf_fini(&c->items);
	c->magic = OBJ_FREED;
	mem_free(c);
}

enum err control_new(const struct control_setup *setup, struct control **ret_control)
{
	struct control *c = mem_alloc(sizeof *c);

	c->magic = OBJ_CONTROL;
	c->setup = setup;
	c->limits = &setup->node->limits;
	c->changed = c->items_changed = true;
	buf_init(&c->items, CONTROL__STATUS_BYTES_MAX);
	enum err e = loop_new(&c->loop);
	if (e != OK) {
		mem_free(c);
		return e;
	}
	control__parts(c);
	e = control__open_certify(c);
	if (e == OK)
		e = control__open_waf(c);
	if (e != OK) {
		control__unmake(c);
		return e;
	}
	int signals = control__signals();
	CHECK(signals >= 0);
	if (folder_fd(c->folder) < 0)
		say("plan", "no inotify (%s): changes are seen within some seconds", strerrordesc_np(errno));
	CHECK(control__io(c, &c->signal, signals, control__signal) == OK);
	CHECK(control__io(c, &c->door, setup->door_fd, control__accept) == OK);
	CHECK(folder_fd(c->folder) < 0 || control__io(c, &c->watch, folder_fd(c->folder), control__watch) == OK);
	loop_on_turn(c->loop, control__turn, c);
	*ret_control = c;
	return OK;
}

void control_run(struct control *c)
{
	OBJ(c, OBJ_CONTROL);
	loop_timer_set(c->loop, &c->timer, control_now_ms(c));
	loop_run(c->loop);
}

void control_end(struct control *c)
{
	OBJ(c, OBJ_CONTROL);
	loop_io_del(c->loop, &c->door);
	while (c->peers_n)
		control__drop(c, c->peers_n - 1, OK);
	publish_free(c->publishes); /* those who are told may ask for more */
	broadcast_free(c->broadcasts);
	c->publishes = NULL;
	c->broadcasts = NULL;
}

void control_free(struct control *c)
{
	if (!c)
		return;
	if (c->publishes)
		control_end(c);
	loop_timer_cancel(c->loop, &c->timer);
	loop_io_del(c->loop, &c->signal);
	if (folder_fd(c->folder) >= 0)
		loop_io_del(c->loop, &c->watch);
	sock_close(c->signal.fd);
	sock_close(c->door.fd);
	control__unmake(c);
}

/* ---- for those who live on the loop ---- */

struct loop *control_loop(struct control *c)
{
	return c->loop;
}

const struct control_setup *control_setup(const struct control *c)
{
	return c->setup;
}

enum err control_put(struct control *c, const char *source, struct slice json, struct diag *d)
{
	if (desired_put(c->desired, source, json, control__wall_us()) == OK)
		return OK;
	*d = *desired_file(c->desired, source)->refused;
	return ERR_PLAN;
}

/* What was asked for in this turn is served at its end, which may be the one that is just ending. */
static void control__soon(struct control *c)
{
	loop_timer_set(c->loop, &c->timer, control_now_ms(c));
}

void control_publish(struct control *c, const struct publish_call *call)
{
	OBJ(c, OBJ_CONTROL);
	publish_start(c->publishes, call, control__wall_us());
	control__soon(c);
}

void control_command(struct control *c, const struct broadcast_call *call)
{
	OBJ(c, OBJ_CONTROL);
	broadcast_send(c->broadcasts, c->peers, c->peers_n, call);
	control__soon(c);
}

void control_meet(struct control *c, void (*fn)(void *arg, struct peer *p), void *arg)
{
	c->meet = fn;
	c->meet_arg = arg;
}

void control_hear(struct control *c, const char *kind, control_heard_fn fn, void *arg)
{
	CHECK(c->listeners_n < CONTROL_KINDS_MAX && *kind && strlen(kind) < FRAME_KIND_BYTES);
	struct control__listener *l = &c->listeners[c->listeners_n++];
	slice_cstr(slice_str(kind), l->kind, sizeof l->kind);
	l->fn = fn;
	l->arg = arg;
}

const struct peer *control_edge(const struct control *c, size_t i)
{
	for (size_t k = 0; k < c->peers_n; k++)
		if (c->peers[k]->welcome && i-- == 0)
			return c->peers[k];
	return NULL;
}

enum err control_issue(struct control *c, const struct slice *hosts, size_t n, struct buf *chain, struct buf *key)
{
	if (!c->certify)
		return ERR_NOT_FOUND;
	return certify_issue(c->certify, hosts, n, loop_wall_ms(c->loop), chain, key);
}

const struct waf_rules *control_waf_rules(const struct control *c)
{
	return c->waf;
}

struct slice control_wanted(const struct control *c, struct slice kind, struct slice name)
{
	char key[KIND_KEY_BYTES];
	const struct desired_item *item = desired_find(c->desired, kind_key(key, kind, name));

	return item ? slice_of(item->json, item->json_n) : slice_of(NULL, 0);
}

size_t control_items(const struct control *c)
{
	return desired_count(c->desired);
}
