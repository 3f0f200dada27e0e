/* SPDX-License-Identifier: Apache-2.0 */
/* upgrade: see upgrade.h. */
#include "supervisor/upgrade.h"

#include "base/mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* argv with up to two more arguments behind the command; the caller frees. */
static char **upgrade__argv(char *const *argv, char *first, char *second)
{
	size_t n = 0, at = 2;

	while (argv[n])
		n++;
	char **more = mem_alloc_array(n + 3, sizeof *more);
	more[0] = argv[0];
	more[1] = argv[1];
	more[at++] = first;
	if (second)
		more[at++] = second;
	for (size_t i = 2; i < n; i++)
		more[at++] = argv[i];
	return more;
}

enum err upgrade_check(const char *path, char *const *argv, pid_t *ret_pid)
{
	char check[] = "--check";
	char **with_check = upgrade__argv(argv, check, NULL);
	pid_t pid = fork();

	if (pid == 0) {
		unsetenv("NOTIFY_SOCKET");
		execv(path, with_check);
		_exit(127);
	}
	mem_free(with_check);
	if (pid < 0)
		return ERR_SYSTEM;
	*ret_pid = pid;
	return OK;
}

enum err upgrade_exec(const char *path, char *const *argv, const struct handoff *h)
{
	char adopt[] = "--adopt-fd", number[16];
	struct buf text;
	int fd = -1;

	buf_init(&text, HANDOFF_BYTES_MAX);
	enum err e = handoff_write(h, &text);
	if (e == OK)
		e = handoff_to_fd(buf_slice(&text), &fd);
	seal_wipe_buf(&text);
	if (e != OK)
		return ERR_SYSTEM;
	snprintf(number, sizeof number, "%d", fd);
	char **with_adopt = upgrade__argv(argv, adopt, number);
	handoff_cloexec(h, false);
	fcntl(fd, F_SETFD, 0);
	execv(path, with_adopt);
	handoff_cloexec(h, true);
	close(fd);
	mem_free(with_adopt);
	return ERR_SYSTEM;
}
