/* SPDX-License-Identifier: Apache-2.0 */
/* supervisor_open: the steps before the first child, see supervisor_int.h. */
#include "supervisor/admintoken.h"
#include "supervisor/kernel_drop.h"
#include "supervisor/nodekey.h"
#include "supervisor/rundir.h"
#include "supervisor/say.h"
#include "supervisor/sockets.h"
#include "supervisor/supervisor_int.h"
#include "sys/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err supervisor_open__door(struct supervisor *s, struct diag *d)
{
	char path[NODE_PATH_BYTES + 32];

	snprintf(path, sizeof path, "%s/run/door.sock", s->setup->node->data);
	if (s->h->door_fd < 0)
		TRY(sock_listen_unix(path, &s->h->door_fd, d));
	if (geteuid() != 0)
		return OK;
	rundir_give(s->setup->node, "status.json", &s->user); /* of an earlier user, who could write it */
	if (!rundir_give(s->setup->node, "door.sock", &s->user))
		return diag_set(d, ERR_SYSTEM, path, "cannot be given to user %s", s->user.name);
	return OK;
}

/* Where control finds the runner; the runner looks who comes (runner.c). */
static enum err supervisor_open__runner(struct supervisor *s, struct diag *d)
{
	char path[NODE_PATH_BYTES + 32];

	if (!s->setup->node->platform_processes)
		return OK;
	snprintf(path, sizeof path, "%s/run/runner.sock", s->setup->node->data);
	if (s->h->runner_fd < 0)
		TRY(sock_listen_unix(path, &s->h->runner_fd, d));
	if (geteuid() == 0 && !rundir_give(s->setup->node, "runner.sock", &s->user))
		return diag_set(d, ERR_SYSTEM, path, "cannot be given to user %s", s->user.name);
	return OK;
}

/* The log file exists and belongs to the children before they open it. */
static enum err supervisor_open__log(struct supervisor *s, const char *path, struct diag *d)
{
	if (path[0] == '\0' || strcmp(path, "-") == 0)
		return OK;
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
	if (fd < 0)
		return diag_set(d, ERR_SYSTEM, path, "cannot open: %s", strerrordesc_np(errno));
	int r = geteuid() == 0 ? fchown(fd, s->user.uid, s->user.gid) : 0;
	close(fd);
	if (r != 0)
		return diag_set(d, ERR_SYSTEM, path, "cannot change its owner: %s", strerrordesc_np(errno));
	return OK;
}

static enum err supervisor_open__logs(struct supervisor *s, struct diag *d)
{
	TRY(supervisor_open__log(s, s->setup->node->access_log, d));
	return supervisor_open__log(s, s->setup->node->dns_log, d);
}

static enum err supervisor_open__config(struct supervisor *s, struct diag *d)
{
	sock_close(s->h->config_fd);
	s->h->config_fd = -1;
	if (handoff_to_fd(s->setup->config, &s->h->config_fd) != OK)
		return diag_set(d, ERR_SYSTEM, "memfd", "%s", strerrordesc_np(errno));
	s->program.path = s->setup->program_path;
	s->program.fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	if (s->program.fd < 0)
		return diag_set(d, ERR_SYSTEM, "/proc/self/exe", "%s", strerrordesc_np(errno));
	return OK;
}

static enum err supervisor_open__lock(struct supervisor *s, struct diag *d)
{
	if (s->h->pid_fd >= 0)
		return OK;
	TRY(rundir_lock(s->setup->node, &s->h->pid_fd, d));
	rundir_remove(s->setup->node, "listen.json");
	rundir_remove(s->setup->node, "status.json");
	return OK;
}

static enum err supervisor_open__node_key(struct supervisor *s, struct diag *d)
{
	if (s->h->has_node_key)
		return OK;
	TRY(nodekey_get(s->setup->node, s->h->node_key, d));
	s->h->has_node_key = true;
	return OK;
}

static enum err supervisor_open__admin(struct supervisor *s, struct diag *d)
{
	s->h->has_admin = false;
	if (node_listens(s->setup->node, LISTEN_API) == 0)
		return OK;
	TRY(admintoken_get(s->setup->node, s->h->admin_hash, d));
	s->h->has_admin = true;
	return OK;
}

static enum err supervisor_open__sockets(struct supervisor *s, struct diag *d)
{
	return sockets_open(s->setup->node, s->h, s->old, d);
}

/* The node serves without it too. */
static enum err supervisor_open__kernel_drop(struct supervisor *s, struct diag *d)
{
	kernel_drop_open(s->setup->node, s->h);
	return OK;
}

static enum err supervisor_open__folders(struct supervisor *s, struct diag *d)
{
	TRY(sandbox_user_find(s->setup->node->user, &s->user, d));
	return rundir_prepare(s->setup->node, &s->user, d);
}

enum err supervisor_open(struct supervisor *s)
{
	static enum err (*const steps[])(struct supervisor * s, struct diag * d) = {
		supervisor_open__folders,     supervisor_open__lock,   supervisor_open__node_key,
		supervisor_open__admin,       supervisor_open__logs,   supervisor_open__sockets,
		supervisor_open__door,        supervisor_open__runner, supervisor_open__config,
		supervisor_open__kernel_drop,
	};
	char text[SUPERVISOR__DIAG_BYTES];
	struct diag d;

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		diag_init(&d);
		enum err e = steps[i](s, &d);
		if (e == OK)
			continue;
		say("supervisor", "event=%s %s", s->adopted ? "start_incomplete" : "start_refused",
		    diag_print(&d, text, sizeof text));
		if (!s->adopted)
			return e;
	}
	return OK;
}
