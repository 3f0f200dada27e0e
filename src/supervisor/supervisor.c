/* SPDX-License-Identifier: Apache-2.0 */
/* supervisor: see supervisor.h. Its noun is the loop: signals, ready pipes, and times to start or kill a child. */
#include "supervisor/supervisor_int.h"

#include "base/check.h"
#include "base/mem.h"
#include "supervisor/notify.h"
#include "supervisor/rundir.h"
#include "supervisor/say.h"
#include "supervisor/sockets.h"
#include "supervisor/upgrade.h"
#include "sys/clock.h"
#include "sys/sock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	SUPERVISOR__GRACE_MS = 1000, /* an edge gets shutdown_ms and this */
	SUPERVISOR__CONTROL_STOP_MS = 3000,
	SUPERVISOR__RUNNER_STOP_MS = 3000, /* a runner gets instance_stop_ms and this */
	SUPERVISOR__CHECK_MS = 20000,      /* the new program's answer at an upgrade */
};

static uint64_t supervisor__now_ms(void)
{
	return clock_mono_ns() / 1000000;
}

static void supervisor__result(struct supervisor *s, const char *text)
{
	struct diag d;

	diag_init(&d);
	if (rundir_write(s->setup->node, "upgrade", slice_str(text), &d) != OK)
		say("supervisor", "%s: %s", d.where, d.text);
}

/* ---- children ---- */

/* Calls fn for each child, running or not. */
static void supervisor__each(struct supervisor *s, void (*fn)(struct supervisor *s, struct child *c))
{
	for (size_t i = 0; i < HANDOFF_ROLES; i++)
		fn(s, &s->slots[i].child);
	for (size_t i = 0; i < s->leaving_n; i++)
		fn(s, &s->leaving[i]);
}

static size_t supervisor__alive(const struct supervisor *s, enum handoff_role role, bool old_only)
{
	size_t n = !old_only && s->slots[role].child.pid > 0;

	for (size_t i = 0; i < s->leaving_n; i++)
		n += s->leaving[i].role == role && s->leaving[i].pid > 0;
	return n;
}

static void supervisor__start(struct supervisor *s, enum handoff_role role)
{
	struct supervisor_slot *slot = &s->slots[role];
	struct handoff *h = handoff_new();

	handoff_for(s->h, role, h);
	enum err e = child_start(&s->program, role, h, &slot->child);
	mem_free(h);
	if (e != OK) {
		slot->pause_ms = child_pause_ms(slot->pause_ms, 0, s->setup->node->limits.restart_ms_max);
		slot->start_at_ms = supervisor__now_ms() + slot->pause_ms + 1;
		say("supervisor", "event=start_failed process=%s reason=\"%s\"", child_role_name(role),
		    strerrordesc_np(errno));
		return;
	}
	say("supervisor", "event=start process=%s pid=%d generation=%u", child_role_name(role), (int)slot->child.pid,
	    slot->child.generation);
}

static void supervisor__say_exit(const struct child *c, int status, uint64_t lived_ms)
{
	char how[48];

	if (WIFSIGNALED(status))
		snprintf(how, sizeof how, "signal=%s", sigabbrev_np(WTERMSIG(status)) ?: "?");
	else
		snprintf(how, sizeof how, "status=%d", WEXITSTATUS(status));
	say("supervisor", "event=exit process=%s pid=%d generation=%u %s asked=%s lived_ms=%llu",
	    child_role_name(c->role), (int)c->pid, c->generation, how, c->leaving ? "yes" : "no",
	    (unsigned long long)lived_ms);
}

static void supervisor__stop(struct supervisor *s);

static void supervisor__slot_ended(struct supervisor *s, struct supervisor_slot *slot, int status)
{
	uint64_t now = supervisor__now_ms(), lived = now - slot->child.started_ms;
	enum handoff_role role = slot->child.role;

	supervisor__say_exit(&slot->child, status, lived);
	child_gone(&slot->child);
	if (s->stopping)
		return;
	if (!s->was_ready && !s->adopted && WIFEXITED(status) && WEXITSTATUS(status) == SUPERVISOR_EXIT_CONFIG) {
		s->exit_status = SUPERVISOR_EXIT_CONFIG;
		supervisor__stop(s);
		return;
	}
	slot->pause_ms = child_pause_ms(slot->pause_ms, lived, s->setup->node->limits.restart_ms_max);
	slot->start_at_ms = now + slot->pause_ms;
	if (slot->pause_ms)
		say("supervisor", "event=pause process=%s ms=%llu", child_role_name(role),
		    (unsigned long long)slot->pause_ms);
}

static void supervisor__check_ended(struct supervisor *s, int status);

static void supervisor__ended(struct supervisor *s, pid_t pid, int status)
{
	if (pid == s->check_pid) {
		supervisor__check_ended(s, status);
		return;
	}
	for (size_t i = 0; i < HANDOFF_ROLES; i++) {
		if (s->slots[i].child.pid == pid) {
			supervisor__slot_ended(s, &s->slots[i], status);
			return;
		}
	}
	for (size_t i = 0; i < s->leaving_n; i++) {
		if (s->leaving[i].pid == pid) {
			supervisor__say_exit(&s->leaving[i], status, 0);
			child_gone(&s->leaving[i]);
			s->leaving[i] = s->leaving[--s->leaving_n];
			return;
		}
	}
}

static void supervisor__reap(struct supervisor *s)
{
	int status;

	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
		supervisor__ended(s, pid, status);
}

/* ---- ready ---- */

static void supervisor__write_listen(struct supervisor *s)
{
	char text[SUPERVISOR__DIAG_BYTES];
	struct diag d;
	struct buf b;

	diag_init(&d);
	buf_init(&b, HANDOFF_BYTES_MAX);
	sockets_json(s->h, (int)getpid(), &b);
	if (rundir_write(s->setup->node, "listen.json", buf_slice(&b), &d) != OK)
		say("supervisor", "%s", diag_print(&d, text, sizeof text));
	buf_fini(&b);
}

static void supervisor__edge_ready(struct supervisor *s)
{
	const struct child *edge = &s->slots[HANDOFF_EDGE].child;
	uint64_t now = supervisor__now_ms();
	char text[64];

	say("supervisor", "event=ready process=edge pid=%d generation=%u after_ms=%llu", (int)edge->pid,
	    edge->generation, (unsigned long long)(now - edge->started_ms));
	for (size_t i = 0; i < s->leaving_n; i++)
		if (s->leaving[i].role == HANDOFF_EDGE && !s->leaving[i].leaving)
			child_leave(&s->leaving[i], now + s->setup->node->limits.shutdown_ms + SUPERVISOR__GRACE_MS);
	sockets_close(s->old);
	supervisor__write_listen(s);
	if (!s->was_ready && s->adopted) {
		snprintf(text, sizeof text, "ok generation %u\n", edge->generation);
		supervisor__result(s, text);
	}
	s->was_ready = true;
	notify_send("READY=1\nSTATUS=serving, edge generation %u", edge->generation);
}

/* ---- ending ---- */

static void supervisor__leave_edge(struct supervisor *s, struct child *c)
{
	if (c->role == HANDOFF_EDGE)
		child_leave(c, supervisor__now_ms() + s->setup->node->limits.shutdown_ms + SUPERVISOR__GRACE_MS);
}

static void supervisor__leave_control(struct supervisor *s, struct child *c)
{
	if (c->role == HANDOFF_CONTROL && !c->leaving)
		child_leave(c, supervisor__now_ms() + SUPERVISOR__CONTROL_STOP_MS);
}

/* The runner takes the instances of apps along; edges have let go of them by then. */
static void supervisor__leave_runner(struct supervisor *s, struct child *c)
{
	if (c->role == HANDOFF_RUNNER && !c->leaving)
		child_leave(c, supervisor__now_ms() + s->setup->node->limits.instance_stop_ms +
				       SUPERVISOR__RUNNER_STOP_MS);
}

static void supervisor__kill(struct supervisor *s, struct child *c)
{
	if (c->pid > 0)
		kill(c->pid, SIGKILL);
}

static void supervisor__stop(struct supervisor *s)
{
	if (s->stopping) {
		say("supervisor", "event=stop how=now");
		supervisor__each(s, supervisor__kill);
		return;
	}
	say("supervisor", "event=stop how=drain");
	notify_send("STOPPING=1");
	s->stopping = true;
	supervisor__each(s, supervisor__leave_edge);
}

static void supervisor__kill_late(struct supervisor *s, struct child *c)
{
	if (c->pid <= 0 || c->kill_at_ms == 0 || supervisor__now_ms() < c->kill_at_ms)
		return;
	say("supervisor", "event=kill process=%s pid=%d generation=%u", child_role_name(c->role), (int)c->pid,
	    c->generation);
	c->kill_at_ms = 0;
	kill(c->pid, SIGKILL);
}

/* ---- upgrade ---- */

static void supervisor__refuse(struct supervisor *s, const char *why)
{
	char text[160];

	snprintf(text, sizeof text, "refused: %s\n", why);
	say("supervisor", "event=upgrade_refused reason=\"%s\"", why);
	supervisor__result(s, text);
}

static void supervisor__upgrade(struct supervisor *s)
{
	if (s->stopping)
		return supervisor__refuse(s, "the node is stopping");
	if (s->check_pid)
		return supervisor__refuse(s, "an upgrade is under way");
	if (!s->slots[HANDOFF_EDGE].child.ready)
		return supervisor__refuse(s, "the edge is not ready yet");
	if (s->leaving_n + HANDOFF_ROLES > SUPERVISOR__OLD_MAX)
		return supervisor__refuse(s, "too many earlier edges still drain");
	say("supervisor", "event=upgrade_check program=%s", s->setup->program_path);
	if (upgrade_check(s->setup->program_path, s->setup->argv, &s->check_pid) != OK)
		return supervisor__refuse(s, "the new program cannot be started");
	s->check_until_ms = supervisor__now_ms() + SUPERVISOR__CHECK_MS;
}

static void supervisor__hand_child(struct supervisor *s, struct child *c)
{
	if (c->pid > 0 && s->h->children_n < HANDOFF_CHILDREN_MAX)
		s->h->children[s->h->children_n++] =
			(struct handoff_child){ c->role, c->generation, (int32_t)c->pid, c->ready };
}

static void supervisor__check_ended(struct supervisor *s, int status)
{
	s->check_pid = 0;
	if (s->stopping)
		return;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return supervisor__refuse(s, "the new program does not accept the configuration; see the lines above");
	say("supervisor", "event=upgrade_exec program=%s", s->setup->program_path);
	s->h->children_n = 0;
	supervisor__each(s, supervisor__hand_child);
	upgrade_exec(s->setup->program_path, s->setup->argv, s->h);
	s->h->children_n = 0;
	supervisor__refuse(s, "the new program cannot be executed");
}

static struct child supervisor__inherited(const struct handoff_child *c)
{
	return (struct child){ .role = c->role,
			       .generation = c->generation,
			       .pid = c->pid,
			       .ready_fd = -1,
			       .ready = c->ready,
			       .started_ms = supervisor__now_ms() };
}

/*
 * Takes over what the program before handed on: its children go on until ours are ready; its runner stays ours, since
 * the instances of apps are its children.
 */
static void supervisor__adopt(struct supervisor *s)
{
	struct handoff *h = s->h;

	s->adopted = true;
	for (size_t i = 0; i < h->children_n && s->leaving_n < SUPERVISOR__OLD_MAX; i++) {
		struct child *place = &s->leaving[s->leaving_n];
		if (h->children[i].role == HANDOFF_RUNNER && s->slots[HANDOFF_RUNNER].child.pid <= 0)
			place = &s->slots[HANDOFF_RUNNER].child;
		else
			s->leaving_n++;
		*place = supervisor__inherited(&h->children[i]);
	}
	h->children_n = 0;
	handoff_cloexec(h, true);
	say("supervisor", "event=upgraded version=%s children=%zu", SEAWALL_VERSION, s->leaving_n);
	notify_send("RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)(clock_mono_ns() / 1000));
	/* Two controls at one door would take each other's edges. */
	for (size_t i = 0; i < s->leaving_n; i++)
		supervisor__leave_control(s, &s->leaving[i]);
	if (!s->setup->node->platform_processes)
		supervisor__leave_runner(s, &s->slots[HANDOFF_RUNNER].child);
}

/* ---- the loop ---- */

static void supervisor__hup(struct supervisor *s, struct child *c)
{
	if (c->role == HANDOFF_EDGE && c->pid > 0)
		kill(c->pid, SIGHUP);
}

static void supervisor__signal(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
		switch (info.ssi_signo) {
		case SIGCHLD:
			supervisor__reap(s);
			break;
		case SIGTERM:
		case SIGINT:
			supervisor__stop(s);
			break;
		case SIGHUP:
			supervisor__each(s, supervisor__hup);
			break;
		case SIGUSR2:
			supervisor__upgrade(s);
			break;
		default:
			break;
		}
	}
}

/* Whether that child is to be started as soon as its time has come. */
static bool supervisor__wants(const struct supervisor *s, enum handoff_role role)
{
	if (s->stopping || s->slots[role].child.pid > 0)
		return false;
	if (role == HANDOFF_RUNNER && !s->setup->node->platform_processes)
		return false;
	return role == HANDOFF_EDGE || !supervisor__alive(s, role, true);
}

static bool supervisor__any_alive(const struct supervisor *s)
{
	size_t n = 0;

	for (size_t i = 0; i < HANDOFF_ROLES; i++)
		n += supervisor__alive(s, (enum handoff_role)i, false);
	return n > 0;
}

/* Starts and kills what is due. */
static void supervisor__tick(struct supervisor *s)
{
	uint64_t now = supervisor__now_ms();

	for (size_t i = 0; i < HANDOFF_ROLES; i++)
		if (supervisor__wants(s, (enum handoff_role)i) && now >= s->slots[i].start_at_ms)
			supervisor__start(s, (enum handoff_role)i);
	supervisor__each(s, supervisor__kill_late);
	if (s->check_pid && now >= s->check_until_ms)
		kill(s->check_pid, SIGKILL);
	if (s->stopping && supervisor__alive(s, HANDOFF_EDGE, false) == 0) {
		supervisor__each(s, supervisor__leave_control);
		supervisor__each(s, supervisor__leave_runner);
	}
}

static void supervisor__nearer(uint64_t *at, uint64_t other)
{
	if (other && other < *at)
		*at = other;
}

/* Milliseconds until something is due, at most a minute. */
static int supervisor__wait_ms(const struct supervisor *s)
{
	uint64_t now = supervisor__now_ms(), at = now + 60000;

	for (size_t i = 0; i < HANDOFF_ROLES; i++) {
		supervisor__nearer(&at, s->slots[i].child.kill_at_ms);
		if (supervisor__wants(s, (enum handoff_role)i))
			supervisor__nearer(&at, s->slots[i].start_at_ms ? s->slots[i].start_at_ms : 1);
	}
	for (size_t i = 0; i < s->leaving_n; i++)
		supervisor__nearer(&at, s->leaving[i].kill_at_ms);
	if (s->check_pid)
		supervisor__nearer(&at, s->check_until_ms);
	return at > now ? (int)(at - now) : 0;
}

static void supervisor__loop(struct supervisor *s)
{
	supervisor__reap(s);
	for (;;) {
		supervisor__tick(s);
		if (s->stopping && !supervisor__any_alive(s))
			return;
		struct pollfd fds[HANDOFF_ROLES + 1];
		for (size_t i = 0; i < HANDOFF_ROLES; i++) {
			const struct child *c = &s->slots[i].child;
			fds[i] = (struct pollfd){ c->pid > 0 ? c->ready_fd : -1, POLLIN, 0 };
		}
		fds[HANDOFF_ROLES] = (struct pollfd){ s->signal_fd, POLLIN, 0 };
		if (poll(fds, HANDOFF_ROLES + 1, supervisor__wait_ms(s)) < 0)
			continue;
		for (size_t i = 0; i < HANDOFF_ROLES; i++)
			if (fds[i].revents && child_check_ready(&s->slots[i].child) && i == HANDOFF_EDGE &&
			    !s->stopping)
				supervisor__edge_ready(s);
		if (fds[HANDOFF_ROLES].revents)
			supervisor__signal(s);
	}
}

/* ---- start ---- */

/* Signals come through the descriptor; children inherit the block and so lose none before they are ready for them. */
static int supervisor__signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	CHECK(fd >= 0);
	return fd;
}

/* As many descriptors as the kernel lets us have: each connection is one. */
static void supervisor__descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

static void supervisor__fini(struct supervisor *s)
{
	static const char *const files[] = { "listen.json", "door.sock", "runner.sock", "seawall.pid" };

	for (size_t i = 0; i < sizeof files / sizeof files[0] && s->h->pid_fd >= 0; i++)
		rundir_remove(s->setup->node, files[i]);
	sockets_close(s->h);
	sockets_close(s->old);
	xdp_drop_close(&s->h->xdp);
	sock_close(s->h->door_fd);
	sock_close(s->h->runner_fd);
	sock_close(s->h->config_fd);
	sock_close(s->h->pid_fd);
	sock_close(s->program.fd);
	sock_close(s->signal_fd);
	if (s->h != s->setup->adopted)
		handoff_free(s->h);
	handoff_free(s->old);
	s->magic = OBJ_FREED;
	mem_free(s);
}

int supervisor_run(const struct supervisor_setup *setup)
{
	struct supervisor *s = mem_alloc(sizeof *s);

	s->magic = OBJ_SUPERVISOR;
	s->setup = setup;
	s->h = setup->adopted ? setup->adopted : handoff_new();
	s->old = handoff_new();
	s->program.fd = -1;
	for (size_t i = 0; i < HANDOFF_ROLES; i++)
		s->slots[i] = (struct supervisor_slot){ .child.role = (enum handoff_role)i,
							.child.ready_fd = -1,
							.pause_ms = UINT64_MAX };
	s->signal_fd = supervisor__signals();
	supervisor__descriptors();
	if (setup->adopted)
		supervisor__adopt(s);
	s->h->generation++;
	if (supervisor_open(s) == OK)
		supervisor__loop(s);
	else
		s->exit_status = SUPERVISOR_EXIT_CONFIG;
	int status = s->exit_status;
	say("supervisor", "event=end status=%d", status);
	supervisor__fini(s);
	return status;
}
