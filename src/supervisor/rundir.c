/* SPDX-License-Identifier: Apache-2.0 */
/* rundir: see rundir.h. */
#include "supervisor/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RUNDIR__PATH_BYTES = NODE_PATH_BYTES + 64 };

static enum err rundir__fail(struct diag *d, const char *path, const char *what)
{
	return diag_set(d, ERR_SYSTEM, path, "%s: %s", what, strerrordesc_np(errno));
}

static void rundir__file(const struct node_config *node, const char *name, char path[static RUNDIR__PATH_BYTES])
{
	snprintf(path, RUNDIR__PATH_BYTES, "%s/run/%s", node->data, name);
}

/* Makes one folder; owner only when we are root. */
static enum err rundir__make(const char *path, mode_t mode, const struct sandbox_user *user, uid_t uid, struct diag *d)
{
	struct stat st;

	if (mkdir(path, mode & 0777) != 0 && errno != EEXIST)
		return rundir__fail(d, path, "cannot create");
	if (lstat(path, &st) != 0)
		return rundir__fail(d, path, "cannot look at");
	if (!S_ISDIR(st.st_mode))
		return diag_set(d, ERR_SYSTEM, path, "is not a folder");
	if (geteuid() != 0)
		return OK;
	if ((st.st_uid != uid || st.st_gid != user->gid) && lchown(path, uid, user->gid) != 0)
		return rundir__fail(d, path, "cannot change its owner");
	if (chmod(path, mode) != 0)
		return rundir__fail(d, path, "cannot change its mode");
	return OK;
}

/* A file or socket in the folder is the user's from now on; by descriptor, so that nothing else can stand there. */
static bool rundir__give(int dir_fd, const char *name, const struct sandbox_user *user)
{
	struct stat st;
	int fd = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return false;
	bool ok = fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISSOCK(st.st_mode)) && st.st_nlink == 1 &&
		  (st.st_uid == user->uid || fchownat(fd, "", user->uid, user->gid, AT_EMPTY_PATH) == 0);
	close(fd);
	return ok;
}

/* What an earlier [node] user left in one of the folders is for the user of now. What cannot be given is refused when
 * it is used. */
static void rundir__give_all(const char *path, const struct sandbox_user *user)
{
	DIR *dir = opendir(path);

	if (!dir)
		return;
	for (const struct dirent *e; (e = readdir(dir));)
		rundir__give(dirfd(dir), e->d_name, user);
	closedir(dir);
}

bool rundir_give(const struct node_config *node, const char *name, const struct sandbox_user *user)
{
	char path[RUNDIR__PATH_BYTES];

	rundir__file(node, "", path);
	int dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = dir_fd >= 0 && rundir__give(dir_fd, name, user);
	if (dir_fd >= 0)
		close(dir_fd);
	return ok;
}

/* DATA itself and the folders above it that are missing; existing ones are left as they are. */
static enum err rundir__make_data(const char *data, struct diag *d)
{
	char path[RUNDIR__PATH_BYTES];

	snprintf(path, sizeof path, "%s", data);
	for (char *p = path + 1;; p++) {
		if (*p != '/' && *p != '\0')
			continue;
		char kept = *p;
		*p = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			return rundir__fail(d, path, "cannot create");
		*p = kept;
		if (!kept)
			return OK;
	}
}

enum err rundir_prepare(const struct node_config *node, const struct sandbox_user *user, struct diag *d)
{
	static const struct {
		const char *name;
		mode_t mode;
		bool theirs;
	} folders[] = {
		{ "run", 01775, false }, { "edge", 0700, true }, { "state", 0700, true }, { "logs", 0700, true }
	};
	char path[RUNDIR__PATH_BYTES];

	TRY(rundir__make_data(node->data, d));
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", node->data, folders[i].name);
		TRY(rundir__make(path, folders[i].mode, user, folders[i].theirs ? user->uid : geteuid(), d));
		if (folders[i].theirs && geteuid() == 0)
			rundir__give_all(path, user);
	}
	snprintf(path, sizeof path, "%s/plan", node->data);
	if (strcmp(path, node->plan_folder) == 0 && mkdir(path, 0755) != 0 && errno != EEXIST)
		return rundir__fail(d, path, "cannot create");
	return OK;
}

enum err rundir_lock(const struct node_config *node, int *ret_fd, struct diag *d)
{
	char path[RUNDIR__PATH_BYTES], text[16];
	struct stat own, named;
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	rundir__file(node, "seawall.pid", path);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return rundir__fail(d, path, "cannot open");
	/* A supervisor that is just ending removes its file: a lock on that one would say nothing. */
	if (fcntl(fd, F_SETLK, &lock) != 0 || fstat(fd, &own) != 0 || stat(path, &named) != 0 ||
	    own.st_ino != named.st_ino) {
		close(fd);
		return diag_set(d, ERR_EXISTS, node->data, "is used by a seawall that runs already, process %d",
				rundir_pid(node));
	}
	int n = snprintf(text, sizeof text, "%d\n", (int)getpid());
	if (n < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n) {
		enum err e = rundir__fail(d, path, "cannot write");
		close(fd);
		return e;
	}
	*ret_fd = fd;
	return OK;
}

int rundir_pid(const struct node_config *node)
{
	char path[RUNDIR__PATH_BYTES];
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	rundir__file(node, "seawall.pid", path);
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return 0;
	int e = fcntl(fd, F_GETLK, &lock);
	close(fd);
	return e == 0 && lock.l_type != F_UNLCK ? lock.l_pid : 0;
}

enum err rundir_write(const struct node_config *node, const char *name, struct slice text, struct diag *d)
{
	char path[RUNDIR__PATH_BYTES], temp[RUNDIR__PATH_BYTES + 8];

	rundir__file(node, name, path);
	snprintf(temp, sizeof temp, "%s.new", path);
	unlink(temp);
	int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return rundir__fail(d, temp, "cannot create");
	ssize_t n = write(fd, text.p, text.n);
	close(fd);
	if (n != (ssize_t)text.n || rename(temp, path) != 0) {
		enum err e = rundir__fail(d, path, "cannot write");
		unlink(temp);
		return e;
	}
	return OK;
}

void rundir_remove(const struct node_config *node, const char *name)
{
	char path[RUNDIR__PATH_BYTES];

	rundir__file(node, name, path);
	unlink(path);
}
