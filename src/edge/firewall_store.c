/* SPDX-License-Identifier: Apache-2.0 */
/* firewall_store: see firewall_store.h. */
#include "edge/firewall_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define FIREWALL_STORE__PREFIX "waf-"
#define FIREWALL_STORE__SUFFIX ".scan"

enum { FIREWALL_STORE__PATH = NODE_PATH_BYTES + FIREWALL_STORE_NAME + 32, FIREWALL_STORE__READ = 1 << 20 };

void firewall_store_init(struct firewall_store *s, const char *data)
{
	*s = (struct firewall_store){ 0 };
	snprintf(s->folder, sizeof s->folder, "%s/edge", data);
}

static void firewall_store__name(const uint8_t key[static SCAN_KEY_BYTES], char ret[static FIREWALL_STORE_NAME])
{
	size_t n = (size_t)snprintf(ret, FIREWALL_STORE_NAME, FIREWALL_STORE__PREFIX);

	for (size_t i = 0; i < SCAN_KEY_BYTES; i++)
		n += (size_t)snprintf(ret + n, FIREWALL_STORE_NAME - n, "%02x", key[i]);
	snprintf(ret + n, FIREWALL_STORE_NAME - n, FIREWALL_STORE__SUFFIX);
}

static bool firewall_store__is_used(const struct firewall_store *s, const char *name)
{
	for (size_t i = 0; i < s->used_n; i++)
		if (strcmp(s->used[i], name) == 0)
			return true;
	return false;
}

static void firewall_store__use(struct firewall_store *s, const char *name)
{
	if (s->used_n == FIREWALL_STORE_FILES || firewall_store__is_used(s, name))
		return;
	slice_cstr(slice_str(name), s->used[s->used_n++], FIREWALL_STORE_NAME);
}

bool firewall_store_load(struct firewall_store *s, const uint8_t key[static SCAN_KEY_BYTES], struct buf *ret)
{
	char name[FIREWALL_STORE_NAME], path[FIREWALL_STORE__PATH];
	ssize_t n = -1;

	firewall_store__name(key, name);
	snprintf(path, sizeof path, "%s/%s", s->folder, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return false;
	for (char *at; (at = buf_room(ret, FIREWALL_STORE__READ)) && (n = read(fd, at, FIREWALL_STORE__READ)) > 0;)
		buf_commit(ret, (size_t)n);
	close(fd);
	firewall_store__use(s, name);
	return n == 0 && !ret->full;
}

static bool firewall_store__write(int fd, struct slice bytes)
{
	while (bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);
		if (n <= 0)
			return false;
		bytes = slice_from(bytes, (size_t)n);
	}
	return true;
}

void firewall_store_save(struct firewall_store *s, const uint8_t key[static SCAN_KEY_BYTES], struct slice bytes)
{
	char name[FIREWALL_STORE_NAME], path[FIREWALL_STORE__PATH], temp[FIREWALL_STORE__PATH + 16];

	firewall_store__name(key, name);
	snprintf(path, sizeof path, "%s/%s", s->folder, name);
	/* Two edges of an upgrade may write at the same time, the same content. */
	snprintf(temp, sizeof temp, "%s.%d", path, (int)getpid());
	int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	bool ok = firewall_store__write(fd, bytes);
	close(fd);
	if (ok && rename(temp, path) == 0)
		firewall_store__use(s, name);
	else
		unlink(temp);
}

void firewall_store_sweep(struct firewall_store *s)
{
	char path[FIREWALL_STORE__PATH + 256];
	DIR *dir = opendir(s->folder);

	if (!dir || s->used_n == FIREWALL_STORE_FILES) {
		if (dir)
			closedir(dir);
		return;
	}
	for (const struct dirent *e; (e = readdir(dir));) {
		struct slice name = slice_str(e->d_name);
		if (!slice_starts(name, SLICE(FIREWALL_STORE__PREFIX)) ||
		    !slice_ends(name, SLICE(FIREWALL_STORE__SUFFIX)) || firewall_store__is_used(s, e->d_name))
			continue;
		snprintf(path, sizeof path, "%s/%s", s->folder, e->d_name);
		unlink(path);
	}
	closedir(dir);
}
