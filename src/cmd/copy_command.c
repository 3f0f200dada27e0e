/* SPDX-License-Identifier: Apache-2.0 */
/* copy_command: `seawall backup FILE` and `seawall restore FILE`: the state of the node as one file, and back. */
#include "cmd/cmd.h"
#include "cmd/settings.h"
#include "state/state.h"
#include "supervisor/rundir.h"
#include "sys/sock.h"

#include <stdio.h>

static int copy_command__failed(const char *command, const struct diag *d)
{
	char text[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES + 4];

	fprintf(stderr, "seawall %s: %s\n", command, diag_print(d, text, sizeof text));
	return CMD_FAILED;
}

static void copy_command__path(const struct node_config *node, char ret[static NODE_PATH_BYTES + 32])
{
	snprintf(ret, NODE_PATH_BYTES + 32, "%s/state/state.db", node->data);
}

static int copy_command__backup(const struct node_config *node, const char *file)
{
	char path[NODE_PATH_BYTES + 32];
	struct diag d;

	diag_init(&d);
	copy_command__path(node, path);
	if (store_backup(path, file, &d) != OK)
		return copy_command__failed("backup", &d);
	printf("%s: the state of %s, checked. Keep %s/node.key apart from it: without that key sealed private keys "
	       "cannot be opened\n",
	       file, node->name, node->data);
	return CMD_OK;
}

/* While the lock of a supervisor is ours, none starts. */
static enum err copy_command__restore_locked(const struct node_config *node, const char *file, struct diag *d)
{
	char path[NODE_PATH_BYTES + 32];
	struct sandbox_user user;

	copy_command__path(node, path);
	TRY(sandbox_user_find(node->user, &user, d));
	TRY(rundir_prepare(node, &user, d));
	TRY(store_restore(file, path, state_version_max(), d));
	/* Once more: the new file gets its owner. */
	return rundir_prepare(node, &user, d);
}

static int copy_command__restore(const struct node_config *node, const char *file)
{
	struct sandbox_user user;
	struct diag d;
	int lock = -1, pid = rundir_pid(node);

	diag_init(&d);
	if (pid) {
		fprintf(stderr, "seawall restore: seawall runs with this data folder (pid %d); stop it first\n", pid);
		return CMD_FAILED;
	}
	enum err e = sandbox_user_find(node->user, &user, &d);
	if (e == OK)
		e = rundir_prepare(node, &user, &d);
	if (e == OK)
		e = rundir_lock(node, &lock, &d);
	if (e == OK)
		e = copy_command__restore_locked(node, file, &d);
	if (lock >= 0) {
		rundir_remove(node, "seawall.pid");
		sock_close(lock);
	}
	if (e != OK)
		return copy_command__failed("restore", &d);
	printf("restored from %s; what was there is in %s/state/state.db.before\n", file, node->data);
	return CMD_OK;
}

/* The file is the one word that is no option. */
static int copy_command__main(int argc, char **argv, int (*fn)(const struct node_config *node, const char *file))
{
	struct settings *s = settings_new();
	const struct args_option options[] = { SETTINGS_OPTIONS(s), { NULL, ARGS_FLAG, NULL } };
	const char *file = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
	int status = CMD_USAGE;

	if (!file) {
		fprintf(stderr, "usage: seawall %s FILE --config FILE\n", argv[0]);
	} else {
		argv[1] = argv[0];
		if (args_read(argc - 1, argv + 1, options))
			status = settings_read(s) ? fn(&s->node, file) : CMD_FAILED;
	}
	settings_free(s);
	return status;
}

int copy_command_backup(int argc, char **argv)
{
	return copy_command__main(argc, argv, copy_command__backup);
}

int copy_command_restore(int argc, char **argv)
{
	return copy_command__main(argc, argv, copy_command__restore);
}
