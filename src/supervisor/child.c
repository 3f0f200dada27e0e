/* SPDX-License-Identifier: Apache-2.0 */
/* child: see child.h. */
#include "supervisor/child.h"

#include "sys/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CHILD__FIRST_PAUSE_MS = 50, CHILD__LONG_LIFE_MS = 30000 };

const char *child_role_name(enum handoff_role role)
{
	return role == HANDOFF_EDGE ? "edge" : role == HANDOFF_CONTROL ? "control" : "runner";
}

/* In the new process: never returns. */
static void child__exec(const struct child_program *program, enum handoff_role role, const struct handoff *h,
			int handoff_fd)
{
	char name[] = "seawall", option[] = "--handoff-fd", number[16], role_name[16];
	char *argv[] = { name, role_name, option, number, NULL };

	snprintf(number, sizeof number, "%d", handoff_fd);
	snprintf(role_name, sizeof role_name, "%s", child_role_name(role));
	handoff_cloexec(h, false);
	fcntl(handoff_fd, F_SETFD, 0);
	unsetenv("NOTIFY_SOCKET");
	execveat(program->fd, "", argv, environ, AT_EMPTY_PATH);
	execv(program->path, argv);
	_exit(127);
}

enum err child_start(const struct child_program *program, enum handoff_role role, struct handoff *h, struct child *ret)
{
	int ready[2], handoff_fd = -1;
	struct buf text;

	if (pipe2(ready, O_CLOEXEC | O_NONBLOCK) != 0)
		return ERR_SYSTEM;
	h->ready_fd = ready[1];
	buf_init(&text, HANDOFF_BYTES_MAX);
	enum err e = handoff_write(h, &text);
	if (e == OK)
		e = handoff_to_fd(buf_slice(&text), &handoff_fd);
	seal_wipe_buf(&text);
	pid_t pid = e == OK ? fork() : -1;
	if (pid == 0)
		child__exec(program, role, h, handoff_fd);
	h->ready_fd = -1;
	close(ready[1]);
	if (handoff_fd >= 0)
		close(handoff_fd);
	if (pid < 0) {
		close(ready[0]);
		return ERR_SYSTEM;
	}
	*ret = (struct child){ .role = role,
			       .generation = h->generation,
			       .pid = pid,
			       .ready_fd = ready[0],
			       .started_ms = clock_mono_ns() / 1000000 };
	return OK;
}

bool child_check_ready(struct child *c)
{
	char text[16];

	if (c->ready_fd < 0)
		return false;
	ssize_t n = read(c->ready_fd, text, sizeof text);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	close(c->ready_fd);
	c->ready_fd = -1;
	c->ready = n > 0;
	return c->ready;
}

void child_leave(struct child *c, uint64_t kill_at_ms)
{
	if (c->pid <= 0)
		return;
	c->leaving = true;
	c->kill_at_ms = kill_at_ms;
	kill(c->pid, SIGTERM);
}

void child_gone(struct child *c)
{
	if (c->ready_fd >= 0)
		close(c->ready_fd);
	c->pid = 0;
	c->ready_fd = -1;
	c->ready = c->leaving = false;
	c->kill_at_ms = 0;
}

uint64_t child_pause_ms(uint64_t last_pause_ms, uint64_t lived_ms, uint64_t max_ms)
{
	uint64_t pause = CHILD__FIRST_PAUSE_MS;

	if (last_pause_ms == UINT64_MAX || lived_ms >= CHILD__LONG_LIFE_MS)
		return 0;
	if (last_pause_ms)
		pause = last_pause_ms > max_ms / 2 ? max_ms : last_pause_ms * 2;
	return pause < max_ms ? pause : max_ms;
}
