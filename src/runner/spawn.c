/* SPDX-License-Identifier: Apache-2.0 */
/* spawn: see spawn.h. */
#include "runner/spawn.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- who ---- */

static enum err spawn__named(const char *name, struct spawn_user *ret, struct diag *d)
{
	const struct passwd *pw = getpwnam(name);

	if (!pw)
		return diag_set(d, ERR_CONFIG, "[platform] user", "there is no user \"%s\"", name);
	if (pw->pw_uid == 0 || pw->pw_gid == 0)
		return diag_set(d, ERR_CONFIG, "[platform] user", "apps do not run as root");
	*ret = (struct spawn_user){ pw->pw_uid, pw->pw_gid, true };
	return OK;
}

/* FNV-1a: where an app's search begins, so that it gets the same number again. */
static uint32_t spawn__place(struct slice app)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < app.n; i++)
		h = (h ^ (unsigned char)app.p[i]) * 16777619u;
	return h;
}

enum err spawn_user_find(const char *configured, struct slice app, bool (*taken)(void *arg, uid_t uid), void *arg,
			 struct spawn_user *ret, struct diag *d)
{
	uint32_t place = spawn__place(app);

	if (geteuid() != 0) {
		const struct passwd *pw = configured[0] ? getpwnam(configured) : NULL;
		if (configured[0] && (!pw || pw->pw_uid != geteuid()))
			return diag_set(d, ERR_CONFIG, "[platform] user", "only root can start apps as user \"%s\"",
					configured);
		*ret = (struct spawn_user){ geteuid(), getegid(), false };
		return OK;
	}
	if (configured[0])
		return spawn__named(configured, ret, d);
	for (uint32_t i = 0; i < SPAWN_UID_COUNT; i++) {
		uid_t uid = SPAWN_UID_FIRST + (place + i) % SPAWN_UID_COUNT;
		if (taken(arg, uid) || getpwuid(uid))
			continue;
		*ret = (struct spawn_user){ uid, uid, true };
		return OK;
	}
	return diag_set(d, ERR_RANGE, NULL, "no user number is free");
}

/* ---- ports ---- */

static bool spawn__free(uint16_t port)
{
	const struct sockaddr_in at = { .sin_family = AF_INET,
					.sin_port = htons(port),
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	/* As servers do it: old connections in TIME_WAIT are no reason. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	bool ok = bind(fd, (const struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 1) == 0;
	close(fd);
	return ok;
}

enum err spawn_port(uint64_t seed, bool (*taken)(void *arg, uint16_t port), void *arg, uint16_t *ret)
{
	for (uint64_t i = 0; i < SPAWN_PORT_COUNT; i++) {
		uint16_t port = (uint16_t)(SPAWN_PORT_FIRST + (seed % SPAWN_PORT_COUNT + i) % SPAWN_PORT_COUNT);
		if (taken(arg, port) || !spawn__free(port))
			continue;
		*ret = port;
		return OK;
	}
	return ERR_RANGE;
}

bool spawn_answers(uint16_t port)
{
	const struct sockaddr_in at = { .sin_family = AF_INET,
					.sin_port = htons(port),
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return false;
	/* Over loopback the kernel knows the answer when connect returns, though it says EINPROGRESS. */
	struct pollfd p = { fd, POLLOUT, 0 };
	int error = 0;
	socklen_t n = sizeof error;
	bool ok = connect(fd, (const struct sockaddr *)&at, sizeof at) == 0 ||
		  (errno == EINPROGRESS && poll(&p, 1, 0) == 1 &&
		   getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error == 0);
	close(fd);
	return ok;
}

/* ---- the environment ---- */

struct spawn__env {
	char **items;
	size_t n;
};

static void spawn__set(struct spawn__env *env, struct slice name, struct slice value)
{
	size_t at = 0;

	while (at < env->n && !(strncmp(env->items[at], name.p, name.n) == 0 && env->items[at][name.n] == '='))
		at++;
	if (at < env->n)
		mem_free(env->items[at]);
	else
		env->n++;
	env->items[at] = mem_alloc(name.n + value.n + 2);
	snprintf(env->items[at], name.n + value.n + 2, "%.*s=%.*s", SLICE_ARG(name), SLICE_ARG(value));
}

/* What every instance has, then its variables, then what is ours to say. */
static void spawn__environment(const struct spawn *s, struct spawn__env *env)
{
	struct slice rest = s->start->variables, folder = s->start->folder;
	char port[8];

	env->items = mem_alloc_array(s->start->variables_n + 8u, sizeof *env->items);
	spawn__set(env, SLICE("PATH"), SLICE("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"));
	spawn__set(env, SLICE("LANG"), SLICE("C.UTF-8"));
	spawn__set(env, SLICE("HOME"), folder.n ? folder : SLICE("/"));
	for (size_t i = 0; i < s->start->variables_n; i++) {
		struct runner_variable v;
		if (runner_msg_variable_take(&rest, &v) == OK)
			spawn__set(env, v.name, v.value);
	}
	snprintf(port, sizeof port, "%u", s->port);
	if (s->port)
		spawn__set(env, SLICE("PORT"), slice_str(port));
}

static void spawn__environment_free(struct spawn__env *env)
{
	for (size_t i = 0; i < env->n; i++)
		mem_free(env->items[i]);
	mem_free(env->items);
}

/* ---- in the new process ---- */

/* Says why on its own output and ends. */
static void spawn__give_up(const char *what)
{
	dprintf(STDERR_FILENO, "seawall: the instance cannot be started: %s: %s\n", what, strerrordesc_np(errno));
	_exit(126);
}

static void spawn__bound(int what, rlim_t n)
{
	struct rlimit r = { n, n }, now;

	if (getrlimit((__rlimit_resource_t)what, &now) == 0 && now.rlim_max < n)
		r.rlim_cur = r.rlim_max = now.rlim_max;
	if (setrlimit((__rlimit_resource_t)what, &r) != 0)
		spawn__give_up("resource limits");
}

static void spawn__signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void spawn__become(const struct spawn_user *user, pid_t runner)
{
	if (user->change && (setgroups(0, NULL) != 0 || setresgid(user->gid, user->gid, user->gid) != 0 ||
			     setresuid(user->uid, user->uid, user->uid) != 0))
		spawn__give_up("becoming its user");
	if (user->change && (getuid() == 0 || setuid(0) == 0))
		_exit(126);
	/* After the change of user, which clears the first one. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		spawn__give_up("giving up privileges");
	if (getppid() != runner)
		_exit(126);
}

static void spawn__streams(int out)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0 || dup2(null, STDIN_FILENO) < 0)
		_exit(126);
	if (close_range(3, ~0u, 0) != 0)
		spawn__give_up("closing descriptors");
}

static void spawn__exec(const struct spawn *s, const struct spawn__env *env, int out, pid_t runner)
{
	char folder[RUNNER_FOLDER_BYTES_MAX + 1], command[RUNNER_COMMAND_BYTES_MAX + 1];
	char sh[] = "/bin/sh", option[] = "-c";
	char *argv[] = { sh, option, command, NULL };

	spawn__streams(out);
	spawn__signals();
	setsid();
	umask(027);
	spawn__bound(RLIMIT_CORE, 0);
	spawn__bound(RLIMIT_NOFILE, 65536);
	/* By user: only where the user is the app's own. */
	if (s->user->change)
		spawn__bound(RLIMIT_NPROC, s->limits->instance_processes_max);
	spawn__become(s->user, runner);
	slice_cstr(s->start->folder.n ? s->start->folder : SLICE("/"), folder, sizeof folder);
	slice_cstr(s->start->command, command, sizeof command);
	if (chdir(folder) != 0)
		spawn__give_up(folder);
	execve(sh, argv, env->items);
	spawn__give_up(sh);
}

enum err spawn_start(const struct spawn *s, pid_t *ret_pid, int *ret_fd, struct diag *d)
{
	struct spawn__env env = { NULL, 0 };
	pid_t runner = getpid();
	int out[2];

	if (pipe2(out, O_CLOEXEC) != 0)
		return diag_set(d, ERR_SYSTEM, NULL, "a pipe: %s", strerrordesc_np(errno));
	spawn__environment(s, &env);
	pid_t pid = fork();
	if (pid == 0)
		spawn__exec(s, &env, out[1], runner);
	int why = errno;
	spawn__environment_free(&env);
	close(out[1]);
	if (pid < 0 || fcntl(out[0], F_SETFL, O_NONBLOCK) != 0) {
		close(out[0]);
		return diag_set(d, ERR_SYSTEM, NULL, "a process: %s", strerrordesc_np(why));
	}
	*ret_pid = pid;
	*ret_fd = out[0];
	return OK;
}
