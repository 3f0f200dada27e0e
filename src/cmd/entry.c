/* SPDX-License-Identifier: Apache-2.0 */
/* entry: see entry.h. */
#include "cmd/entry.h"

#include "base/mem.h"
#include "cmd/args.h"
#include "supervisor/sandbox.h"
#include "supervisor/say.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static bool entry__config(struct entry *e, struct diag *d)
{
	const char **sets = mem_alloc_array(CONFIG_SETS_MAX, sizeof *sets);
	struct config_source source;
	int fd = e->handoff->config_fd;

	e->handoff->config_fd = -1;
	bool ok = fd >= 0 && handoff_from_fd(fd, &e->blob) == OK &&
		  config_unpack(e->blob.p + e->blob.from, buf_len(&e->blob), sets, &source) == OK &&
		  config_parse(&source, &e->node, d) == OK;
	mem_free(sets);
	return ok;
}

bool entry_begin(struct entry *e, const char *role, int argc, char **argv)
{
	char text[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES + 4];
	int fd = -1;
	const struct args_option options[] = { { "--handoff-fd", ARGS_NUMBER, &fd }, { NULL, ARGS_FLAG, NULL } };
	struct buf b;
	struct diag d;

	*e = (struct entry){ .role = role, .handoff = handoff_new() };
	buf_init(&e->blob, CONFIG_BYTES_MAX * 2);
	if (!args_read(argc, argv, options))
		return false;
	if (fd < 0) {
		fprintf(stderr, "seawall %s is started by the supervisor; run `seawall serve`\n", role);
		return false;
	}
	diag_init(&d);
	buf_init(&b, HANDOFF_BYTES_MAX);
	bool ok = handoff_from_fd(fd, &b) == OK && handoff_read(buf_slice(&b), e->handoff, &d) == OK;
	seal_wipe_buf(&b);
	if (ok && e->handoff->has_node_key)
		seal_init(&e->seal, e->handoff->node_key);
	else
		ok = false;
	handoff_cloexec(e->handoff, true);
	ok = ok && entry__config(e, &d);
	if (!ok)
		say(role, "event=start_refused %s",
		    d.code == OK ? "what the supervisor handed over cannot be read"
				 : diag_print(&d, text, sizeof text));
	return ok;
}

/* ---- confinement ---- */

/* And the name that tools show. */
static void entry__signals(const char *role)
{
	char name[16];
	sigset_t set;

	snprintf(name, sizeof name, "seawall-%.7s", role);
	prctl(PR_SET_NAME, name);

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

/* The first folder on the way to path that we may not search, or path itself. */
static void entry__obstacle(const char *path, char out[static NODE_PATH_BYTES])
{
	snprintf(out, NODE_PATH_BYTES, "%s", path);
	for (char *p = out + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (access(out, X_OK) != 0)
			return;
		*p = '/';
	}
}

static bool entry__reach(const struct entry *e, const struct sandbox_user *user, const char *path, int mode)
{
	char obstacle[NODE_PATH_BYTES];

	if (access(path, mode) == 0)
		return true;
	int why = errno;
	entry__obstacle(path, obstacle);
	say(e->role,
	    "event=start_refused %s: user %s cannot use it: %s (at %s); change its mode or owner, or set [node] user",
	    path, user->name, strerrordesc_np(why), obstacle);
	return false;
}

static bool entry__reaches_all(const struct entry *e, const struct sandbox_user *user, unsigned profile)
{
	char path[NODE_PATH_BYTES + 16];
	const char *const logs[] = { e->node.access_log, e->node.dns_log };

	snprintf(path, sizeof path, "%s/run", e->node.data);
	if (profile == SANDBOX_CONTROL) {
		if (!entry__reach(e, user, path, W_OK | X_OK))
			return false;
		snprintf(path, sizeof path, "%s/state", e->node.data);
		return entry__reach(e, user, path, W_OK | X_OK);
	}
	if (!entry__reach(e, user, path, X_OK))
		return false;
	snprintf(path, sizeof path, "%s/edge", e->node.data);
	if (!entry__reach(e, user, path, W_OK | X_OK))
		return false;
	for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++)
		if (logs[i][0] != '\0' && strcmp(logs[i], "-") != 0 && !entry__reach(e, user, logs[i], W_OK))
			return false;
	return true;
}

bool entry_confine(const struct entry *e, unsigned profile)
{
	struct sandbox_user user = { .name = "self" };
	struct diag d;

	entry__signals(e->role);
	diag_init(&d);
	if (sandbox_user_find(e->node.user, &user, &d) != OK) {
		say(e->role, "event=start_refused [node] user: %s", d.text);
		return false;
	}
	if (sandbox_drop(&user, &d) != OK)
		say(e->role, "event=sandbox_incomplete NOT ALL PRIVILEGES ARE DROPPED: %s", d.text);
	if (!entry__reaches_all(e, &user, profile))
		return false;
	diag_init(&d);
	if (sandbox_filter(profile, getenv("SEAWALL_SANDBOX_LOG") != NULL, &d) != OK)
		say(e->role, "event=sandbox_incomplete NO SYSTEM CALL FILTER: %s", d.text);
	return true;
}

bool entry_narrow(const struct entry *e)
{
	struct diag d;

	entry__signals(e->role);
	diag_init(&d);
	if (sandbox_narrow(&d) == OK)
		return true;
	say(e->role, "event=start_refused %s", d.text);
	return false;
}

void entry_end(struct entry *e)
{
	seal_fini(&e->seal);
	handoff_free(e->handoff);
	buf_fini(&e->blob);
}
