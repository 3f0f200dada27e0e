/* SPDX-License-Identifier: Apache-2.0 */
/* nodekey: see nodekey.h. */
#include "supervisor/nodekey.h"

#include "base/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NODEKEY__PATH_BYTES = NODE_PATH_BYTES + 32 };

static const struct slice nodekey__first = SLICE_INIT("seawall-node-key 1 ");

void nodekey_print(const uint8_t key[static SEAL_KEY_BYTES], char ret[static NODEKEY_TEXT_BYTES])
{
	for (size_t i = 0; i < 2 * SEAL_KEY_BYTES; i++)
		ret[i] = "0123456789abcdef"[key[i / 2] >> (i % 2 ? 0 : 4) & 15];
	ret[2 * SEAL_KEY_BYTES] = '\0';
}

bool nodekey_parse(struct slice digits, uint8_t ret_key[static SEAL_KEY_BYTES])
{
	uint8_t key[SEAL_KEY_BYTES] = { 0 };
	bool good = digits.n == 2 * SEAL_KEY_BYTES;

	for (size_t i = 0; good && i < digits.n; i++) {
		char c = digits.p[i];
		bool letter = c >= 'a' && c <= 'f';
		good = letter || slice_is_digit(c);
		key[i / 2] = (uint8_t)(key[i / 2] << 4 | ((letter ? c - 'a' + 10 : c - '0') & 15));
	}
	if (good)
		memcpy(ret_key, key, sizeof key);
	crypto_wipe(key, sizeof key);
	return good;
}

static enum err nodekey__fail(struct diag *d, const char *path, const char *what)
{
	return diag_set(d, ERR_SYSTEM, path, "%s: %s", what, strerrordesc_np(errno));
}

static enum err nodekey__judge(int fd, const char *path, struct diag *d)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return nodekey__fail(d, path, "cannot look at");
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return diag_set(d, ERR_CONFIG, path, "is not a file that belongs to user %u, who runs this node",
				(unsigned)geteuid());
	if (st.st_mode & 077)
		return diag_set(
			d, ERR_CONFIG, path,
			"others may read it (mode %03o); set mode 600 and think of the secrets under it as known",
			(unsigned)st.st_mode & 0777);
	return OK;
}

static enum err nodekey__read(int fd, const char *path, uint8_t *ret_key, struct diag *d)
{
	char text[160];

	TRY(nodekey__judge(fd, path, d));
	ssize_t n = pread(fd, text, sizeof text, 0);
	if (n < 0)
		return nodekey__fail(d, path, "cannot read");
	struct slice s = slice_of(text, (size_t)n);
	bool ok = slice_starts(s, nodekey__first) && slice_ends(s, SLICE("\n")) &&
		  nodekey_parse(slice_from(slice_first(s, s.n - 1), nodekey__first.n), ret_key);
	crypto_wipe(text, sizeof text);
	return ok ? OK
		  : diag_set(
			    d, ERR_CONFIG, path,
			    "is not a node key; put the right file back, or remove it to make new keys for everything");
}

/* Writes the key beside its place and links it there: the file is complete or absent. */
static enum err nodekey__write(const char *path, const uint8_t *key, struct diag *d)
{
	char temp[NODEKEY__PATH_BYTES + 8], text[NODEKEY_TEXT_BYTES], line[160];

	snprintf(temp, sizeof temp, "%s.new", path);
	unlink(temp);
	int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return nodekey__fail(d, temp, "cannot create");
	nodekey_print(key, text);
	int n = snprintf(line, sizeof line, "%.*s%s\n", SLICE_ARG(nodekey__first), text);
	bool ok = write(fd, line, (size_t)n) == n && fsync(fd) == 0 && link(temp, path) == 0;
	enum err e = ok ? OK : nodekey__fail(d, path, "cannot write");
	close(fd);
	unlink(temp);
	crypto_wipe(text, sizeof text);
	crypto_wipe(line, sizeof line);
	return e;
}

static enum err nodekey__make(const struct node_config *node, const char *path, uint8_t *ret_key, struct diag *d)
{
	uint8_t key[SEAL_KEY_BYTES];

	if (crypto_random(key, sizeof key) != OK)
		return diag_set(d, ERR_SYSTEM, path, "there is no randomness to make a key of");
	enum err e = nodekey__write(path, key, d);
	int dir = e == OK ? open(node->data, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (e == OK && (dir < 0 || fsync(dir) != 0))
		e = nodekey__fail(d, node->data, "cannot be written to disk");
	if (dir >= 0)
		close(dir);
	if (e == OK)
		memcpy(ret_key, key, sizeof key);
	crypto_wipe(key, sizeof key);
	return e;
}

enum err nodekey_get(const struct node_config *node, uint8_t ret_key[static SEAL_KEY_BYTES], struct diag *d)
{
	char path[NODEKEY__PATH_BYTES];

	snprintf(path, sizeof path, "%s/node.key", node->data);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return nodekey__make(node, path, ret_key, d);
	if (fd < 0)
		return nodekey__fail(d, path, "cannot open");
	enum err e = nodekey__read(fd, path, ret_key, d);
	close(fd);
	return e;
}
