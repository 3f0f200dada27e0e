/* SPDX-License-Identifier: Apache-2.0 */
/* instance: see runner_int.h. Its noun is one instance: its process, its output, its times. */
#include "base/check.h"
#include "base/mem.h"
#include "runner/runner_int.h"
#include "supervisor/say.h"
#include "sys/sock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	INSTANCE__LOOK_MS = 25,    /* at a port that does not answer yet, or a group that ends */
	INSTANCE__READY_MS = 1000, /* without a port: alive that long */
	INSTANCE__READS_MAX = 16,  /* of its output in one turn */
	INSTANCE__READ_BYTES = 16384,
};

struct instance *instance_find(const struct instances *all, uint64_t id)
{
	for (struct instance *i = all->first; i; i = i->next)
		if (i->id == id)
			return i;
	return NULL;
}

static void instance__set(struct instance *i, enum runner_state state, struct instances *all)
{
	i->state = state;
	i->changed = all->changed = true;
}

/* ---- output ---- */

static void instance__close(struct instance *i, struct instances *all)
{
	if (i->io.fd < 0)
		return;
	loop_io_del(all->loop, &i->io);
	close(i->io.fd);
	i->io.fd = -1;
	output_end(&i->output, loop_now_ms(all->loop));
	all->changed = true;
}

/* Level-triggered, so what is left comes again. */
static void instance__read(struct instance *i, struct instances *all)
{
	char bytes[INSTANCE__READ_BYTES];

	for (int k = 0; k < INSTANCE__READS_MAX && i->io.fd >= 0; k++) {
		ssize_t n = read(i->io.fd, bytes, sizeof bytes);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0)
			instance__close(i, all);
		else
			output_add(&i->output, slice_of(bytes, (size_t)n), loop_now_ms(all->loop));
		all->changed = true;
	}
}

/* ---- starting ---- */

static bool instance__uid_taken(void *arg, uid_t uid)
{
	const struct instance *self = arg;

	for (const struct instance *i = self->next; i; i = i->next)
		if (i->uid == uid && i->state != RUNNER_ENDED && strcmp(i->app, self->app) != 0)
			return true;
	return false;
}

static bool instance__port_taken(void *arg, uint16_t port)
{
	const struct instance *self = arg;

	for (const struct instance *i = self->next; i; i = i->next)
		if (i->port == port && i->state != RUNNER_ENDED)
			return true;
	return false;
}

static enum err instance__spawn(struct instance *i, struct instances *all, const struct runner_start *start,
				struct diag *d)
{
	struct spawn_user user;
	int fd;

	if (all->n > all->limits->instances_max)
		return diag_set(d, ERR_OVERLOAD, NULL, "the limit instances_max is reached");
	TRY(spawn_user_find(all->user, start->app, instance__uid_taken, i, &user, d));
	i->uid = user.uid;
	if (i->web && spawn_port(rng_next(&all->rng), instance__port_taken, i, &i->port) != OK)
		return diag_set(d, ERR_RANGE, NULL, "no port is free");
	const struct spawn spawn = { .start = start, .user = &user, .port = i->port, .limits = all->limits };
	TRY(spawn_start(&spawn, &i->pid, &fd, d));
	i->io.fd = fd;
	if (loop_io_add_level(all->loop, &i->io) != OK) {
		close(fd);
		i->io.fd = -1;
	}
	return OK;
}

static void instance__io(struct loop_io *io, uint32_t events);

void instance_start(struct instances *all, const struct runner_start *start)
{
	const struct output_bounds bounds = { all->limits->instance_lines_max, all->limits->instance_output_bytes_max };
	struct instance *i = mem_alloc(sizeof *i);
	struct diag d;

	diag_init(&d);
	i->owner = all;
	i->id = start->id;
	i->generation = start->generation;
	i->memory_bytes = start->memory_bytes;
	i->web = start->flags & RUNNER_WEB;
	slice_cstr(start->app, i->app, sizeof i->app);
	slice_cstr(start->label, i->label, sizeof i->label);
	i->started_ms = (uint64_t)loop_wall_ms(all->loop);
	i->started_at_ms = loop_now_ms(all->loop);
	i->io = (struct loop_io){ -1, instance__io };
	output_init(&i->output, &bounds);
	i->next = all->first;
	all->first = i;
	all->n++;
	if (instance__spawn(i, all, start, &d) == OK) {
		instance__set(i, RUNNER_STARTING, all);
		return;
	}
	snprintf(i->why, sizeof i->why, "%.150s", d.text);
	i->reaped = true;
	instance__set(i, RUNNER_ENDED, all);
	say("runner", "event=not_started app=%s instance=%s reason=\"%s\"", i->app, i->label, i->why);
}

static void instance__io(struct loop_io *io, uint32_t events)
{
	struct instance *i = LOOP_OWNER(io, struct instance, io);

	instance__read(i, i->owner);
}

/* ---- ending ---- */

static void instance__signal(const struct instance *i, int signal)
{
	if (i->pid > 0 && kill(-i->pid, signal) != 0 && !i->reaped)
		kill(i->pid, signal);
}

void instance_stop(struct instance *i)
{
	struct instances *all = i->owner;

	if (i->state >= RUNNER_STOPPING)
		return;
	instance__set(i, RUNNER_STOPPING, all);
	i->kill_at_ms = loop_now_ms(all->loop) + all->limits->instance_stop_ms;
	instance__signal(i, SIGTERM);
}

static void instance__why(struct instance *i)
{
	if (i->why[0])
		return;
	if (WIFSIGNALED(i->status))
		snprintf(i->why, sizeof i->why, "ended by signal %s", sigabbrev_np(WTERMSIG(i->status)) ?: "?");
	else
		snprintf(i->why, sizeof i->why, "exited with status %d", WEXITSTATUS(i->status));
}

/* Nobody of its group is left, or may be left. */
static void instance__ended(struct instance *i, struct instances *all)
{
	instance__signal(i, SIGKILL);
	for (int k = 0; k < INSTANCE__READS_MAX && i->io.fd >= 0; k++) {
		size_t before = buf_len(&i->output.ready);
		instance__read(i, all);
		if (buf_len(&i->output.ready) == before)
			break;
	}
	instance__close(i, all); /* a process that left the group may hold the other end */
	instance__why(i);
	instance__set(i, RUNNER_ENDED, all);
}

void instance_reaped(struct instances *all, pid_t pid, int status)
{
	for (struct instance *i = all->first; i; i = i->next) {
		if (i->pid != pid || i->reaped)
			continue;
		i->status = status;
		i->reaped = true;
		if (i->state != RUNNER_STOPPING)
			instance__ended(i, all);
		return;
	}
}

void instance_forget(struct instances *all, struct instance *i)
{
	if (i->state != RUNNER_ENDED)
		return;
	for (struct instance **at = &all->first; *at; at = &(*at)->next) {
		if (*at == i) {
			*at = i->next;
			break;
		}
	}
	all->n--;
	instance__close(i, all);
	output_fini(&i->output);
	mem_free(i);
}

/* ---- time ---- */

static void instance__kill(struct instance *i, const char *why)
{
	if (!i->why[0])
		snprintf(i->why, sizeof i->why, "%s", why);
	instance__signal(i, SIGKILL);
}

static bool instance__is_up(const struct instance *i, uint64_t lived_ms)
{
	return i->web ? spawn_answers(i->port) : lived_ms >= INSTANCE__READY_MS;
}

/* Milliseconds until the next look at it; UINT64_MAX: none is due. */
static uint64_t instance__look(struct instance *i, struct instances *all, uint64_t now)
{
	uint64_t lived = now - i->started_at_ms;

	switch (i->state) {
	case RUNNER_STARTING:
		if (instance__is_up(i, lived))
			instance__set(i, RUNNER_READY, all);
		else if (lived >= all->limits->instance_boot_ms)
			instance__kill(i, "boot timeout: its port accepted no connection in time");
		return INSTANCE__LOOK_MS;
	case RUNNER_STOPPING:
		if (i->reaped && (kill(-i->pid, 0) != 0 || now >= i->kill_at_ms))
			instance__ended(i, all);
		else if (now >= i->kill_at_ms)
			instance__kill(i, "did not end in time after SIGTERM");
		return INSTANCE__LOOK_MS;
	case RUNNER_READY:
	case RUNNER_ENDED:
		break;
	}
	return UINT64_MAX;
}

uint64_t instance_tick(struct instances *all)
{
	uint64_t now = loop_now_ms(all->loop), next = UINT64_MAX;

	for (struct instance *i = all->first; i; i = i->next) {
		uint64_t ms = instance__look(i, all, now);
		if (ms < next)
			next = ms;
	}
	return next;
}

/* ---- what it uses ---- */

struct instance__use {
	pid_t session;
	uint64_t pages, ticks;
};

/* The n-th word, from 1; empty past the end. */
static struct slice instance__word(struct slice text, size_t n)
{
	struct slice word = slice_of(NULL, 0);

	while (n-- && text.p)
		word = slice_split(&text, ' ');
	return word;
}

/* /proc/PID/stat (proc(5)): behind the name in brackets come the fields from the 3rd on. */
static bool instance__stat(const char *pid, struct instance__use *ret)
{
	enum { SESSION = 6, UTIME = 14, STIME = 15, RSS = 24, FIRST = 3 };
	char path[64], text[1024];
	uint64_t session, utime, stime, rss;

	snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof text) : -1;
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	struct slice all = slice_of(text, (size_t)n);
	size_t bracket = slice_rfind(all, ')');
	if (bracket == SIZE_MAX)
		return false;
	all = slice_from(all, bracket + 2);
	if (!slice_u64(instance__word(all, SESSION - FIRST + 1), &session) ||
	    !slice_u64(instance__word(all, UTIME - FIRST + 1), &utime) ||
	    !slice_u64(instance__word(all, STIME - FIRST + 1), &stime) ||
	    !slice_u64(instance__word(all, RSS - FIRST + 1), &rss))
		return false;
	*ret = (struct instance__use){ (pid_t)session, rss, utime + stime };
	return true;
}

static void instance__add(struct instances *all, const struct instance__use *use, uint64_t page, uint64_t tick_ms)
{
	for (struct instance *i = all->first; i; i = i->next) {
		if (i->pid != use->session || i->state == RUNNER_ENDED)
			continue;
		i->used_bytes += use->pages * page;
		i->cpu_ms += use->ticks * tick_ms;
		return;
	}
}

void instance_measure(struct instances *all)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), tick_ms = 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
	struct instance__use use;
	DIR *proc = all->first ? opendir("/proc") : NULL;

	if (!proc)
		return;
	for (struct instance *i = all->first; i; i = i->next)
		i->used_bytes = i->cpu_ms = 0;
	for (const struct dirent *e; (e = readdir(proc));)
		if (slice_is_digit(e->d_name[0]) && instance__stat(e->d_name, &use))
			instance__add(all, &use, page, tick_ms);
	closedir(proc);
	for (struct instance *i = all->first; i; i = i->next) {
		if (i->state == RUNNER_ENDED)
			continue;
		i->changed = all->changed = true;
		if (i->memory_bytes && i->used_bytes > i->memory_bytes)
			instance__kill(i, "out of memory: it used more than its size has");
	}
}

struct runner_instance instance_told(const struct instance *i)
{
	return (struct runner_instance){ .id = i->id,
					 .generation = i->generation,
					 .memory_bytes = i->memory_bytes,
					 .state = i->state,
					 .port = i->port,
					 .pid = (uint32_t)i->pid,
					 .status = (uint32_t)i->status,
					 .started_ms = i->started_ms,
					 .used_bytes = i->used_bytes,
					 .cpu_ms = i->cpu_ms,
					 .app = slice_str(i->app),
					 .label = slice_str(i->label),
					 .why = slice_str(i->why) };
}
