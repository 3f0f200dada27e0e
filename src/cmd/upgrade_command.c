/* SPDX-License-Identifier: Apache-2.0 */
/* upgrade_command: `seawall upgrade`: signals the supervisor and waits for what it says in DATA/run/upgrade. */
#include "cmd/cmd.h"
#include "cmd/settings.h"
#include "supervisor/rundir.h"
#include "sys/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { UPGRADE_COMMAND__WAIT_MS = 60000, UPGRADE_COMMAND__STEP_MS = 20 };

/* The supervisor's answer; false while there is none. */
static bool upgrade_command__answer(const struct node_config *node, char *out, size_t cap)
{
	char path[NODE_PATH_BYTES + 32];

	snprintf(path, sizeof path, "%s/run/upgrade", node->data);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, out, cap - 1);
	close(fd);
	out[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static int upgrade_command__run(const struct node_config *node)
{
	char text[256];
	int pid = rundir_pid(node);

	if (pid == 0) {
		fprintf(stderr, "seawall upgrade: no seawall runs with the data folder %s\n", node->data);
		return CMD_FAILED;
	}
	rundir_remove(node, "upgrade");
	if (kill(pid, SIGUSR2) != 0) {
		fprintf(stderr, "seawall upgrade: process %d cannot be signalled: %s\n", pid, strerrordesc_np(errno));
		return CMD_FAILED;
	}
	for (int waited = 0; waited < UPGRADE_COMMAND__WAIT_MS; waited += UPGRADE_COMMAND__STEP_MS) {
		if (upgrade_command__answer(node, text, sizeof text)) {
			bool ok = slice_starts(slice_str(text), SLICE("ok"));
			fprintf(ok ? stdout : stderr, "seawall upgrade: %s", text);
			return ok ? CMD_OK : CMD_FAILED;
		}
		if (rundir_pid(node) == 0) {
			fprintf(stderr, "seawall upgrade: the supervisor has ended; see its log\n");
			return CMD_FAILED;
		}
		clock_sleep_ms(UPGRADE_COMMAND__STEP_MS);
	}
	fprintf(stderr, "seawall upgrade: no new edge was ready within %d s; the old one serves on, see the log\n",
		UPGRADE_COMMAND__WAIT_MS / 1000);
	return CMD_FAILED;
}

int upgrade_command_main(int argc, char **argv)
{
	struct settings *s = settings_new();
	const struct args_option options[] = { SETTINGS_OPTIONS(s), { NULL, ARGS_FLAG, NULL } };
	int status = CMD_USAGE;

	if (args_read(argc, argv, options))
		status = settings_read(s) ? upgrade_command__run(&s->node) : CMD_FAILED;
	settings_free(s);
	return status;
}
