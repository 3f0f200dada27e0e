/* SPDX-License-Identifier: Apache-2.0 */
/* store_copy: see store.h. Backup of a database in use, and putting one in its place. */
#include "base/mem.h"
#include "store/store_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STORE_COPY__PATH_BYTES = 1024, STORE_COPY__PAGES = 256, STORE_COPY__BUSY_MS = 50, STORE_COPY__BUSY_TRIES = 200 };

/* All pages, in pieces, so that a writer gets in between. */
static enum err store_copy__pages(struct store *from, struct store *to, const char *where, struct diag *d)
{
	sqlite3_backup *b = sqlite3_backup_init(to->db, "main", from->db, "main");
	int rc = b ? SQLITE_OK : SQLITE_ERROR;

	for (int busy = 0; rc == SQLITE_OK;) {
		rc = sqlite3_backup_step(b, STORE_COPY__PAGES);
		if ((rc == SQLITE_BUSY || rc == SQLITE_LOCKED) && busy++ < STORE_COPY__BUSY_TRIES) {
			sqlite3_sleep(STORE_COPY__BUSY_MS);
			rc = SQLITE_OK;
		}
	}
	if (b && sqlite3_backup_finish(b) != SQLITE_OK)
		rc = SQLITE_ERROR;
	if (rc == SQLITE_DONE)
		return OK;
	return diag_set(d, ERR_SYSTEM, where, "cannot be copied: %s", sqlite3_errmsg(to->db));
}

/* A copy of `from` in the new file `to`, checked, without a journal beside it. */
static enum err store_copy__file(struct store *from, const char *to, struct diag *d)
{
	struct store *s;
	int fd = open(to, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return diag_set(d, errno == EEXIST ? ERR_EXISTS : ERR_SYSTEM, to, "cannot be created: %s",
				strerrordesc_np(errno));
	close(fd);
	TRY(store__connect(to, SQLITE_OPEN_READWRITE, &s, d));
	enum err e = store_copy__pages(from, s, to, d);
	if (e == OK && store_run(s, "PRAGMA journal_mode = DELETE") != OK)
		e = diag_set(d, ERR_SYSTEM, to, "cannot be written: %s", s->reason);
	if (e == OK)
		e = store__check(s, to, d);
	store_close(s);
	return e;
}

/* The file and its folder are on the disk. */
static enum err store_copy__sync(const char *path, struct diag *d)
{
	char folder[STORE_COPY__PATH_BYTES];
	size_t slash = slice_rfind(slice_str(path), '/');
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = fd >= 0 ? fsync(fd) : -1;

	if (fd >= 0)
		close(fd);
	slice_cstr(slash == SIZE_MAX ? SLICE(".") : slice_of(path, slash ? slash : 1), folder, sizeof folder);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		r |= fsync(fd);
		close(fd);
	}
	return r == 0 && fd >= 0 ? OK : diag_set(d, ERR_SYSTEM, path, "cannot be synced: %s", strerrordesc_np(errno));
}

static enum err store_copy__name(const char *path, const char *suffix, char out[static STORE_COPY__PATH_BYTES],
				 struct diag *d)
{
	int n = snprintf(out, STORE_COPY__PATH_BYTES, "%s%s", path, suffix);

	return n > 0 && n < STORE_COPY__PATH_BYTES ? OK : diag_set(d, ERR_CONFIG, path, "the path is too long");
}

enum err store_backup(const char *path, const char *to, struct diag *d)
{
	char part[STORE_COPY__PATH_BYTES];
	struct store *from;

	if (access(path, F_OK) != 0)
		return diag_set(d, ERR_NOT_FOUND, path, "there is no database: %s", strerrordesc_np(errno));
	if (access(to, F_OK) == 0)
		return diag_set(d, ERR_EXISTS, to, "is there already; name a new file");
	TRY(store_copy__name(to, ".part", part, d));
	unlink(part);
	TRY(store__connect(path, SQLITE_OPEN_READWRITE, &from, d));
	enum err e = store_copy__file(from, part, d);
	store_close(from);
	if (e == OK && link(part, to) != 0)
		e = diag_set(d, errno == EEXIST ? ERR_EXISTS : ERR_SYSTEM, to, "cannot be created: %s",
			     strerrordesc_np(errno));
	unlink(part);
	return e == OK ? store_copy__sync(to, d) : e;
}

/* What a file must be to become the database. */
static enum err store_copy__fit(struct store *s, const char *path, int version_max, struct diag *d)
{
	TRY(store__check(s, path, d));
	if (store__pragma(s, "PRAGMA application_id") != STORE__APPLICATION)
		return diag_set(d, ERR_CONFIG, path, "is not a backup of Seawall");
	int version = store_version(s);
	if (version > version_max)
		return diag_set(d, ERR_CONFIG, path,
				"has version %d, this program knows up to %d: run the newer seawall", version,
				version_max);
	return OK;
}

/* Moves what is there away, with what belongs to it. */
static enum err store_copy__step_aside(const char *path, struct diag *d)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char from[STORE_COPY__PATH_BYTES], to[STORE_COPY__PATH_BYTES], before[STORE_COPY__PATH_BYTES];

	TRY(store_copy__name(path, ".before", before, d));
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		TRY(store_copy__name(path, ends[i], from, d));
		TRY(store_copy__name(before, ends[i], to, d));
		unlink(to);
		if (rename(from, to) != 0 && errno != ENOENT)
			return diag_set(d, ERR_SYSTEM, from, "cannot be moved away: %s", strerrordesc_np(errno));
	}
	return OK;
}

enum err store_restore(const char *from, const char *path, int version_max, struct diag *d)
{
	char part[STORE_COPY__PATH_BYTES];
	struct stat owner;
	struct store *s;

	if (access(from, F_OK) != 0)
		return diag_set(d, ERR_NOT_FOUND, from, "cannot be read: %s", strerrordesc_np(errno));
	bool had = stat(path, &owner) == 0;
	TRY(store_copy__name(path, ".part", part, d));
	unlink(part);
	TRY(store__connect(from, SQLITE_OPEN_READWRITE, &s, d));
	enum err e = store_copy__fit(s, from, version_max, d);
	if (e == OK)
		e = store_copy__file(s, part, d);
	store_close(s);
	if (e == OK && had && geteuid() == 0 && chown(part, owner.st_uid, owner.st_gid) != 0)
		e = diag_set(d, ERR_SYSTEM, part, "cannot be given to its owner: %s", strerrordesc_np(errno));
	if (e == OK)
		e = store_copy__sync(part, d);
	if (e == OK)
		e = store_copy__step_aside(path, d);
	if (e == OK && rename(part, path) != 0)
		e = diag_set(d, ERR_SYSTEM, path, "cannot be put in place: %s", strerrordesc_np(errno));
	if (e != OK)
		unlink(part);
	return e == OK ? store_copy__sync(path, d) : e;
}
