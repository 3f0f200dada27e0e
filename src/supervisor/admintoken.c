/* SPDX-License-Identifier: Apache-2.0 */
/* admintoken: see admintoken.h. */
#include "supervisor/admintoken.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ADMINTOKEN__LETTERS = 40, ADMINTOKEN__BYTES_MAX = 256, ADMINTOKEN__PATH_BYTES = NODE_PATH_BYTES + 32 };

static enum err admintoken__fail(struct diag *d, const char *path, const char *what)
{
	return diag_set(d, ERR_SYSTEM, path, "%s: %s", what, strerrordesc_np(errno));
}

static enum err admintoken__judge(int fd, const char *path, struct diag *d)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return admintoken__fail(d, path, "cannot look at");
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return diag_set(d, ERR_CONFIG, path, "is not a file that belongs to user %u, who runs this node",
				(unsigned)geteuid());
	if (st.st_mode & 077)
		return diag_set(d, ERR_CONFIG, path,
				"others may read it (mode %03o); remove it, and the next start makes a new token",
				(unsigned)st.st_mode & 0777);
	return OK;
}

static enum err admintoken__read(int fd, const char *path, uint8_t *ret_hash, struct diag *d)
{
	char text[ADMINTOKEN__BYTES_MAX];

	TRY(admintoken__judge(fd, path, d));
	ssize_t n = pread(fd, text, sizeof text, 0);
	if (n < 0)
		return admintoken__fail(d, path, "cannot read");
	struct slice s = slice_of(text, (size_t)n);
	if (slice_ends(s, SLICE("\n")))
		s.n--;
	bool good = s.n >= ADMINTOKEN__LETTERS && s.n < sizeof text - 1;
	for (size_t i = 0; i < s.n; i++)
		good &= s.p[i] > ' ' && s.p[i] <= '~';
	enum err e = good ? crypto_sha256(s, ret_hash) : OK;
	crypto_wipe(text, sizeof text);
	if (good && e == OK)
		return OK;
	return diag_set(d, ERR_CONFIG, path,
			"must hold one line of at least %d printable characters; remove it, and the "
			"next start makes a new token",
			ADMINTOKEN__LETTERS);
}

/* Writes the value beside its place and links it there: the file is complete or absent. */
static enum err admintoken__make(const struct node_config *node, const char *path, uint8_t *ret_hash, struct diag *d)
{
	char temp[ADMINTOKEN__PATH_BYTES + 8], line[ADMINTOKEN__LETTERS + 2];

	snprintf(temp, sizeof temp, "%s.new", path);
	unlink(temp);
	int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return admintoken__fail(d, temp, "cannot create");
	crypto_random_text(line, ADMINTOKEN__LETTERS);
	enum err e = crypto_sha256(slice_of(line, ADMINTOKEN__LETTERS), ret_hash);
	line[ADMINTOKEN__LETTERS] = '\n';
	bool ok = write(fd, line, ADMINTOKEN__LETTERS + 1) == ADMINTOKEN__LETTERS + 1 && fsync(fd) == 0 &&
		  link(temp, path) == 0;
	if (e == OK && !ok)
		e = admintoken__fail(d, path, "cannot write");
	close(fd);
	unlink(temp);
	crypto_wipe(line, sizeof line);
	int dir = e == OK ? open(node->data, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (e == OK && (dir < 0 || fsync(dir) != 0))
		e = admintoken__fail(d, node->data, "cannot be written to disk");
	if (dir >= 0)
		close(dir);
	return e;
}

enum err admintoken_get(const struct node_config *node, uint8_t ret_hash[static CRYPTO_SHA256_BYTES], struct diag *d)
{
	char path[ADMINTOKEN__PATH_BYTES];

	snprintf(path, sizeof path, "%s/admin.token", node->data);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return admintoken__make(node, path, ret_hash, d);
	if (fd < 0)
		return admintoken__fail(d, path, "cannot open");
	enum err e = admintoken__read(fd, path, ret_hash, d);
	close(fd);
	return e;
}
