/* SPDX-License-Identifier: Apache-2.0 */
/* plan: see plan.h. Its noun is the thread: a poll loop over a wake-up and the link to control. */
#include "edge/plan.h"

#include "base/check.h"
#include "base/mem.h"
#include "door/link.h"
#include "supervisor/say.h"
#include "sys/clock.h"
#include "sys/snap.h"
#include "sys/sock.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	PLAN__RETRY_MS = 20, /* first pause before connecting again, doubled up to */
	PLAN__RETRY_MS_MAX = 1000,
	PLAN__COUNTERS_MS = 1000,
	PLAN__SILENCE_MS = 15000,     /* control pings every 5 s */
	PLAN__EVENTS_MS = 20,         /* events are taken at most so often */
	PLAN__EVENTS_BYTES = 1 << 20, /* and while less than this waits for control */
};

struct plan {
	struct plan_setup setup;
	pthread_t thread;
	int wake_fd;
	_Atomic bool stop, claim;

	pthread_mutex_t lock; /* the two below */
	pthread_cond_t changed;
	bool loaded, ready;

	/* The thread's own. */
	struct plan_items *items;
	struct command_set *commands;
	struct link link;
	bool linked, welcome;
	struct buf acks; /* of items that are live but not durable yet */
	size_t unsynced;
	uint64_t retry_at_ms, retry_ms, heard_ms, counters_at_ms, events_at_ms;
	bool events_left;
};

static uint64_t plan__now_ms(void)
{
	return clock_mono_ns() / 1000000;
}

static void plan__set(struct plan *p, bool *flag)
{
	pthread_mutex_lock(&p->lock);
	*flag = true;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
}

static enum err plan__flush_acks(struct plan *p);

/* ---- what control sends ---- */

static enum err plan__ack(struct plan *p, const struct frame_put *put, enum err result, uint64_t from_ns,
			  const struct diag *d)
{
	struct frame_ack ack = {
		.seq = put->seq,
		.revision = put->revision,
		.error = result,
		.live_us = (clock_mono_ns() - from_ns) / 1000,
		.kind = put->kind,
		.name = put->name,
		.where = slice_str(d->where),
		.text = slice_str(d->text),
	};

	p->unsynced++;
	return frame_write_ack(&p->acks, &ack);
}

static enum err plan__on_item(struct plan *p, const struct frame *f)
{
	uint64_t from_ns = clock_mono_ns();
	struct frame_put put;
	struct diag d;

	diag_init(&d);
	bool is_put = f->type == FRAME_PUT;
	TRY(frame_read_put(f->payload, is_put, &put));
	enum err e = is_put ? plan_items_put(p->items, &put, &d) : plan_items_delete(p->items, &put, &d);
	return plan__ack(p, &put, e, from_ns, &d);
}

static enum err plan__on_welcome(struct plan *p, const struct frame *f)
{
	struct frame_welcome w;

	TRY(frame_read_welcome(f->payload, &w));
	if (w.error != OK) {
		say("edge", "control refuses this edge: %.*s", SLICE_ARG(w.reason));
		return ERR_CLOSED;
	}
	p->welcome = true;
	p->events_left = true;
	p->retry_ms = PLAN__RETRY_MS;
	return OK;
}

static enum err plan__on_command(struct plan *p, const struct frame *f)
{
	struct frame_command_call call;

	TRY(frame_read_command(f->payload, &call));
	/* What came before it is durable and acknowledged first: control counts on that order. */
	TRY(plan__flush_acks(p));
	command_start(p->commands, &call, p->setup.node->limits.edge_commands_max);
	return OK;
}

static enum err plan__on_frame(void *arg, const struct frame *f)
{
	struct plan *p = arg;

	p->heard_ms = plan__now_ms();
	if (f->type == FRAME_WELCOME)
		return plan__on_welcome(p, f);
	if (!p->welcome || f->version != FRAME_VERSION)
		return ERR_FRAME;
	switch (f->type) {
	case FRAME_PUT:
	case FRAME_DELETE:
		return plan__on_item(p, f);
	case FRAME_SYNCED:
		plan__set(p, &p->ready);
		return OK;
	case FRAME_COMMAND:
		return plan__on_command(p, f);
	case FRAME_PING:
		return frame_write_empty(&p->link.out, FRAME_PONG);
	default:
		return f->type == FRAME_PONG ? OK : ERR_FRAME;
	}
}

/* ---- what the edge sends ---- */

/* Says who this is and what it has, in as many HELLOs as it takes. */
static enum err plan__hello(struct plan *p)
{
	struct frame_hello h = {
		.pid = (uint32_t)getpid(),
		.generation = p->setup.generation,
		.name = slice_str(p->setup.node->name),
	};
	struct buf list;
	struct frame_item item;
	enum err e = OK;

	buf_init(&list, FRAME_HELLO_ITEMS_BYTES + 1024);
	for (size_t at = 0; e == OK && plan_items_next(p->items, &at, &item);) {
		e = frame_item_write(&list, &item);
		h.count++;
		if (e != OK || buf_len(&list) < FRAME_HELLO_ITEMS_BYTES)
			continue;
		e = frame_write_hello(&p->link.out, &h, buf_slice(&list), true);
		buf_clear(&list);
		h.count = 0;
	}
	if (e == OK)
		e = frame_write_hello(&p->link.out, &h, buf_slice(&list), false);
	buf_fini(&list);
	return e;
}

static enum err plan__send_counters(struct plan *p)
{
	size_t n;
	const struct counter_info *table = counters_table(&n);
	struct counters sum = { 0 };
	struct frame_counter values[sizeof sum / sizeof(uint64_t)];

	CHECK(n <= sizeof values / sizeof values[0]);
	p->setup.counters(&sum, p->setup.arg);
	for (size_t i = 0; i < n; i++)
		values[i] = (struct frame_counter){ slice_str(table[i].name), counters_get(&sum, i) };
	return frame_write_counters(&p->link.out, values, n);
}

#define PLAN__UNSYNCED "the plan journal cannot be written: items are live, the next start may miss them"

/* Makes a batch of items durable, then acknowledges it. */
static enum err plan__flush_acks(struct plan *p)
{
	if (p->unsynced == 0)
		return OK;
	p->unsynced = 0;
	if (plan_items_sync(p->items) != OK) {
		say("edge", "%s", PLAN__UNSYNCED);
		const struct frame_event e = { SLICE("text"), SLICE("{\"text\":\"" PLAN__UNSYNCED "\"}") };
		if (frame_write_event(&p->link.out, &e) != OK)
			return ERR_QUEUE_FULL;
	}
	bool fits = buf_add(&p->link.out, buf_slice(&p->acks));
	buf_clear(&p->acks);
	return fits ? OK : ERR_QUEUE_FULL;
}

static bool plan__send_event(void *arg, const struct frame_event *e)
{
	struct plan *p = arg;

	return link_queued(&p->link) < PLAN__EVENTS_BYTES && frame_write_event(&p->link.out, e) == OK;
}

/* Takes events when it is time to, and says in how many ms it wants to be called again. */
static uint64_t plan__send_events(struct plan *p, uint64_t now)
{
	struct events *events = p->setup.events;

	if (!p->welcome || !events || !(p->events_left || events_waiting(events)))
		return PLAN__COUNTERS_MS;
	if (now < p->events_at_ms)
		return p->events_at_ms - now;
	p->events_at_ms = now + PLAN__EVENTS_MS;
	p->events_left = events_take(events, plan__send_event, p);
	return p->events_left ? PLAN__EVENTS_MS : PLAN__COUNTERS_MS;
}

/* ---- the link ---- */

static void plan__back_off(struct plan *p)
{
	p->retry_at_ms = plan__now_ms() + p->retry_ms;
	p->retry_ms = p->retry_ms * 2 < PLAN__RETRY_MS_MAX ? p->retry_ms * 2 : PLAN__RETRY_MS_MAX;
}

static void plan__unlink(struct plan *p)
{
	link_fini(&p->link);
	command_forget(p->commands);
	buf_clear(&p->acks);
	p->unsynced = 0;
	p->linked = p->welcome = false;
	plan__back_off(p);
}

static void plan__connect(struct plan *p)
{
	char path[NODE_PATH_BYTES + 32];
	const struct limits *l = &p->setup.node->limits;
	int fd;

	snprintf(path, sizeof path, "%s/run/door.sock", p->setup.node->data);
	if (sock_connect_unix(path, &fd) != OK) {
		plan__back_off(p);
		return;
	}
	link_init(&p->link, fd, l->plan_item_bytes_max, l->door_queue_bytes_max);
	p->linked = true;
	p->heard_ms = plan__now_ms();
	if (plan__hello(p) != OK)
		plan__unlink(p);
}

/* The timed things. Returns when it wants to be called again, in ms from now. */
static uint64_t plan__tick(struct plan *p)
{
	uint64_t now = plan__now_ms();

	if (!p->linked) {
		if (now >= p->retry_at_ms)
			plan__connect(p);
		return p->linked || p->retry_at_ms <= now ? 0 : p->retry_at_ms - now;
	}
	if (now - p->heard_ms > PLAN__SILENCE_MS) {
		say("edge", "control has been silent for %d s: connecting again", PLAN__SILENCE_MS / 1000);
		plan__unlink(p);
		return 0;
	}
	enum err e = OK;
	uint64_t wait_ms = plan__send_events(p, now);
	if (p->welcome && p->setup.counters && now >= p->counters_at_ms) {
		p->counters_at_ms = now + PLAN__COUNTERS_MS;
		e = plan__send_counters(p);
	}
	if (e == OK)
		e = link_write(&p->link);
	if (e != OK) {
		plan__unlink(p);
		return 0;
	}
	return wait_ms;
}

static void plan__link_event(struct plan *p, short events)
{
	enum err e = OK;

	if (events & (POLLIN | POLLHUP | POLLERR))
		e = link_read(&p->link, plan__on_frame, p);
	/* What was published stays so even when the link ended in the middle of the batch. */
	enum err flushed = plan__flush_acks(p);
	if (e == OK)
		e = flushed;
	if (e == OK)
		e = command_flush(p->commands, &p->link.out);
	if (e == OK)
		e = link_write(&p->link);
	if (e == OK)
		return;
	if (e != ERR_CLOSED && e != ERR_SYSTEM)
		say("edge", "the door to control is closed and opened again: %s", err_text(e));
	plan__unlink(p);
}

/* ---- the thread ---- */

static void plan__boot(struct plan *p)
{
	char dir[NODE_PATH_BYTES + 16], text[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES];
	struct plan_journal_report report = { 0 };
	struct diag d;

	diag_init(&d);
	snprintf(dir, sizeof dir, "%s/edge", p->setup.node->data);
	if (plan_items_boot(p->items, dir, &report, &d) != OK)
		say("edge", "journal: %s; this edge starts with what control sends and keeps nothing",
		    diag_print(&d, text, sizeof text));
	if (report.torn_bytes && !report.copied)
		say("edge", "journal: the last %zu bytes were cut off (a write that did not finish)",
		    report.torn_bytes);
	if (report.damaged_bytes)
		say("edge", "journal: %zu damaged bytes were stepped over", report.damaged_bytes);
	if (plan_items_count(p->items))
		plan__set(p, &p->ready);
	plan__set(p, &p->loaded);
}

static void plan__claim(struct plan *p)
{
	if (atomic_exchange(&p->claim, false) && plan_items_claim(p->items) != OK)
		say("edge", "journal: cannot take the name of the journal: %s", strerrordesc_np(errno));
}

static void *plan__run(void *arg)
{
	struct plan *p = arg;
	uint64_t drained;

	snap_thread_start();
	plan__boot(p);
	while (!atomic_load(&p->stop)) {
		uint64_t wait_ms = plan__tick(p);
		struct pollfd fds[2] = { { p->wake_fd, POLLIN, 0 }, { -1, 0, 0 } };
		if (p->linked) {
			fds[1].fd = p->link.fd;
			fds[1].events = link_events(&p->link);
		}
		snap_offline();
		int n = poll(fds, 2, (int)wait_ms);
		snap_online();
		if (n > 0 && fds[0].revents && read(p->wake_fd, &drained, sizeof drained) < 0)
			CHECK(errno == EAGAIN);
		plan__claim(p);
		if (p->linked && n > 0)
			plan__link_event(p, fds[1].revents);
	}
	if (p->linked)
		link_fini(&p->link);
	p->linked = false;
	plan_items_free(p->items);
	snap_thread_stop();
	return NULL;
}

static void plan__wake(void *arg)
{
	struct plan *p = arg;
	uint64_t one = 1;

	if (write(p->wake_fd, &one, sizeof one) < 0)
		CHECK(errno == EAGAIN);
}

/* A thread that no signal is delivered to. */
static bool plan__spawn(struct plan *p)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int e = pthread_create(&p->thread, NULL, plan__run, p);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return e == 0;
}

enum err plan_start(const struct plan_setup *setup, struct plan **ret_plan)
{
	struct plan *p = mem_alloc(sizeof *p);
	struct command_setup commands = { .arg = setup->arg, .wake = plan__wake, .wake_arg = p };

	p->setup = *setup;
	p->retry_ms = PLAN__RETRY_MS;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->changed, NULL);
	buf_init(&p->acks, setup->node->limits.door_queue_bytes_max);
	p->items = plan_items_new(&setup->node->limits, setup->publishers);
	memcpy(commands.fns, setup->commands, sizeof commands.fns);
	p->commands = command_set_new(&commands);
	if (setup->events)
		events_on_wake(setup->events, plan__wake, p);
	p->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (p->wake_fd < 0 || !plan__spawn(p)) {
		plan_items_free(p->items);
		command_set_free(p->commands);
		sock_close(p->wake_fd);
		mem_free(p);
		return ERR_SYSTEM;
	}
	pthread_mutex_lock(&p->lock);
	while (!p->loaded)
		pthread_cond_wait(&p->changed, &p->lock);
	pthread_mutex_unlock(&p->lock);
	*ret_plan = p;
	return OK;
}

bool plan_wait_ready(struct plan *p, uint64_t max_ms)
{
	uint64_t until_ns = clock_mono_ns() + max_ms * 1000000;
	struct timespec until = { (time_t)(until_ns / 1000000000), (long)(until_ns % 1000000000) };
	int e = 0;

	pthread_mutex_lock(&p->lock);
	while (!p->ready && e == 0)
		e = pthread_cond_clockwait(&p->changed, &p->lock, CLOCK_MONOTONIC, &until);
	bool ready = p->ready;
	pthread_mutex_unlock(&p->lock);
	atomic_store(&p->claim, true);
	plan__wake(p);
	return ready;
}

void plan_stop(struct plan *p)
{
	if (!p)
		return;
	atomic_store(&p->stop, true);
	plan__wake(p);
	pthread_join(p->thread, NULL);
}

void plan_delete(struct plan *p)
{
	if (!p)
		return;
	command_set_free(p->commands);
	sock_close(p->wake_fd);
	buf_fini(&p->acks);
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	mem_free(p);
}
