/* SPDX-License-Identifier: Apache-2.0 */
/* folder: see folder.h. */
#include "control/folder.h"

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "model/sweep.h"
#include "sys/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FOLDER__QUIET_MS = 20,  /* without an event before a file is read */
	FOLDER__BUSY_MS = 500,  /* but not longer than this */
	FOLDER__AGAIN_MS = 150, /* after ERR_AGAIN */
	FOLDER__SCAN_MS = 3000,
	FOLDER__MISSING_MS = 500, /* while the folder is not there */
};

enum {
	FOLDER__EVENTS = IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB |
			 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR
};

/* What was read last: equal means unchanged. */
struct folder_mark {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed, modified;
};

/* What the owner was told last. */
enum folder_told { FOLDER__NOTHING, FOLDER__CONTENT, FOLDER__UNREADABLE };

struct folder_file {
	struct folder_mark mark; /* of what was told */
	enum folder_told told;
	bool present, seen;
	uint64_t due_ms, first_due_ms; /* 0: nothing to do */
	char name[];
};

struct folder {
	char *path;
	const struct limits *limits;
	struct folder_watch watch;
	int inotify_fd, watch_id;
	struct map files;
	size_t present_n, sweep_at;
	uint64_t scan_at_ms;
	bool scanned, failed;
};

struct folder *folder_new(const char *path, const struct limits *limits, const struct folder_watch *watch)
{
	struct folder *f = mem_alloc(sizeof *f);

	f->path = mem_dup(slice_str(path));
	f->limits = limits;
	f->watch = *watch;
	f->watch_id = -1;
	f->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	map_init(&f->files);
	return f;
}

void folder_free(struct folder *f)
{
	struct slice key;
	void *value;

	if (!f)
		return;
	for (size_t at = 0; map_next(&f->files, &at, &key, &value);)
		mem_free(value);
	map_fini(&f->files);
	if (f->inotify_fd >= 0)
		close(f->inotify_fd);
	mem_free(f->path);
	mem_free(f);
}

int folder_fd(const struct folder *f)
{
	return f->inotify_fd;
}

static bool folder__is_ours(struct slice name)
{
	return name.n > 5 && name.p[0] != '.' && slice_ends(name, SLICE(".json"));
}

static struct folder_file *folder__file(struct folder *f, const char *name)
{
	struct slice s = slice_str(name);
	struct folder_file *file = map_get(&f->files, s);

	if (file)
		return file;
	file = mem_alloc(sizeof *file + s.n + 1);
	memcpy(file->name, s.p, s.n);
	map_put(&f->files, slice_of(file->name, s.n), file);
	return file;
}

static void folder__due(struct folder_file *file, uint64_t now_ms, uint64_t in_ms)
{
	if (file->due_ms == 0)
		file->first_due_ms = now_ms;
	file->due_ms = now_ms + in_ms;
	if (file->due_ms > file->first_due_ms + FOLDER__BUSY_MS && in_ms == FOLDER__QUIET_MS)
		file->due_ms = file->first_due_ms + FOLDER__BUSY_MS;
}

void folder_event(struct folder *f, uint64_t now_ms)
{
	union {
		struct inotify_event event;
		char bytes[16384];
	} in;

	for (ssize_t n; (n = read(f->inotify_fd, &in, sizeof in)) > 0;) {
		for (size_t at = 0; at < (size_t)n;) {
			const struct inotify_event *e = (const void *)(in.bytes + at);
			struct slice name = e->len ? slice_str(e->name) : SLICE("");
			at += sizeof *e + e->len;
			/* "..data" is how a mounted volume turns all its links at once. */
			if (e->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED) ||
			    slice_starts(name, SLICE("..")))
				f->scan_at_ms = now_ms;
			else if (folder__is_ours(name))
				/* What is moved here is whole; what is written here may go on. */
				folder__due(folder__file(f, e->name), now_ms,
					    e->mask & IN_MOVED_TO ? 0 : FOLDER__QUIET_MS);
		}
	}
}

/* ---- reading ---- */

static struct folder_mark folder__mark(const struct stat *st)
{
	return (struct folder_mark){ st->st_dev, st->st_ino, st->st_size, st->st_ctim, st->st_mtim };
}

static bool folder__same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool folder__same(const struct folder_mark *a, const struct folder_mark *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       folder__same_time(a->changed, b->changed) && folder__same_time(a->modified, b->modified);
}

/* The whole of a regular file within the bound. */
static enum err folder__read(const struct folder *f, int fd, const struct stat *st, struct buf *text, struct diag *why)
{
	ssize_t n = 0;

	if (!S_ISREG(st->st_mode))
		return diag_set(why, ERR_PLAN, NULL, "is not a regular file");
	if ((uint64_t)st->st_size > f->limits->plan_item_bytes_max)
		return diag_set(why, ERR_PLAN, NULL, "is %lld bytes long, at most %llu (limit plan_item_bytes_max)",
				(long long)st->st_size, (unsigned long long)f->limits->plan_item_bytes_max);
	for (char *at; (at = buf_room(text, 65536)) && (n = read(fd, at, 65536)) > 0;)
		buf_commit(text, (size_t)n);
	if (n < 0 || text->full)
		return diag_set(why, ERR_PLAN, NULL, "cannot be read: %s", n < 0 ? strerrordesc_np(errno) : "it grows");
	return OK;
}

static uint64_t folder__age_ms(const struct stat *st)
{
	int64_t now = clock_wall_ms(), then = st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000;

	return now > then ? (uint64_t)(now - then) : 0;
}

static void folder__present(struct folder *f, struct folder_file *file, bool present)
{
	f->present_n += (size_t)present;
	f->present_n -= (size_t)file->present;
	file->present = present;
}

static void folder__unreadable(struct folder *f, struct folder_file *file, const struct diag *why)
{
	folder__present(f, file, true);
	file->told = FOLDER__UNREADABLE;
	f->watch.unreadable(f->watch.arg, file->name, why);
}

/* The file cannot be opened: it is gone, or that is said once. */
static void folder__closed(struct folder *f, struct folder_file *file, int why_not)
{
	struct diag why;

	if (why_not == ENOENT) {
		if (file->present)
			f->watch.gone(f->watch.arg, file->name);
		folder__present(f, file, false);
		file->told = FOLDER__NOTHING;
		return;
	}
	diag_init(&why);
	diag_set(&why, ERR_PLAN, NULL, "cannot be opened: %s", strerrordesc_np(why_not));
	if (file->told != FOLDER__UNREADABLE || file->mark.ino)
		folder__unreadable(f, file, &why);
	file->mark = (struct folder_mark){ 0 };
}

/* Reads the open file and tells the owner; says whether it is to be looked at again. */
static bool folder__take(struct folder *f, struct folder_file *file, int fd, const struct stat *st)
{
	struct folder_mark mark = folder__mark(st), now = mark;
	struct stat after;
	struct buf text;
	struct diag why;
	bool again = false;

	diag_init(&why);
	if (!file->present && f->present_n >= f->limits->plan_items_max)
		diag_set(&why, ERR_PLAN, NULL, "there are %zu files already (limit plan_items_max)", f->present_n);
	buf_init(&text, f->limits->plan_item_bytes_max + (size_t)2 * 65536);
	file->mark = mark;
	if (why.code != OK || folder__read(f, fd, st, &text, &why) != OK) {
		folder__unreadable(f, file, &why);
	} else {
		folder__present(f, file, true);
		again = f->watch.changed(f->watch.arg, file->name, buf_slice(&text), folder__age_ms(st)) == ERR_AGAIN;
		/* What changed while it was read is read once more. */
		if (fstat(fd, &after) == 0)
			now = folder__mark(&after);
		again |= !folder__same(&mark, &now);
		file->told = again ? FOLDER__NOTHING : FOLDER__CONTENT;
	}
	buf_fini(&text);
	return again;
}

/* Opens the file and finds out what is new; says whether it is to be looked at again. */
static bool folder__look(struct folder *f, struct folder_file *file, int dir_fd)
{
	struct stat st;
	int fd = openat(dir_fd, file->name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd < 0) {
		folder__closed(f, file, errno);
		return false;
	}
	bool again = false;
	if (fstat(fd, &st) == 0) {
		struct folder_mark mark = folder__mark(&st);
		if (file->told == FOLDER__NOTHING || !folder__same(&mark, &file->mark))
			again = folder__take(f, file, fd, &st);
	}
	close(fd);
	return again;
}

/* ---- looking at everything ---- */

static void folder__say_state(struct folder *f, const char *what)
{
	struct diag why;

	diag_init(&why);
	if (what && !f->failed) {
		diag_set(&why, ERR_SYSTEM, f->path, "%s: %s", what, strerrordesc_np(errno));
		f->watch.state(f->watch.arg, &why);
	} else if (!what && f->failed) {
		f->watch.state(f->watch.arg, NULL);
	}
	f->failed = what != NULL;
}

/* The folder may be another one than before, under the same path. */
static void folder__watch_again(struct folder *f)
{
	if (f->inotify_fd < 0)
		return;
	int id = inotify_add_watch(f->inotify_fd, f->path, FOLDER__EVENTS);
	if (id >= 0 && f->watch_id >= 0 && id != f->watch_id)
		inotify_rm_watch(f->inotify_fd, f->watch_id);
	f->watch_id = id;
}

static bool folder__is_dead(const void *file)
{
	const struct folder_file *f = file;

	return !f->present && !f->due_ms;
}

/* Makes every file due that may have changed: unchanged ones are found out when they are opened. */
static bool folder__scan(struct folder *f, uint64_t now_ms)
{
	struct slice key;
	void *value;

	folder__watch_again(f); /* first, so that nothing falls between */
	DIR *dir = opendir(f->path);
	folder__say_state(f, dir ? NULL : "the plan folder cannot be opened");
	if (!dir)
		return false;
	for (size_t at = 0; map_next(&f->files, &at, &key, &value);)
		((struct folder_file *)value)->seen = false;
	for (const struct dirent *e; (e = readdir(dir));) {
		struct stat st;
		if (!folder__is_ours(slice_str(e->d_name)))
			continue;
		struct folder_file *file = folder__file(f, e->d_name);
		file->seen = true;
		if (file->due_ms)
			continue;
		bool there = fstatat(dirfd(dir), e->d_name, &st, 0) == 0;
		struct folder_mark mark = there ? folder__mark(&st) : (struct folder_mark){ 0 };
		/* A link that leads nowhere: gone when it led somewhere before. */
		if (there ? file->told == FOLDER__NOTHING || !folder__same(&mark, &file->mark) : file->present)
			folder__due(file, now_ms, 0);
	}
	closedir(dir);
	sweep_map(&f->files, &f->sweep_at, folder__is_dead, mem_free);
	for (size_t at = 0; map_next(&f->files, &at, &key, &value);) {
		struct folder_file *file = value;
		if (file->present && !file->seen && !file->due_ms)
			folder__due(file, now_ms, 0);
	}
	return true;
}

static int folder__by_name(const void *a, const void *b)
{
	return strcmp((*(struct folder_file *const *)a)->name, (*(struct folder_file *const *)b)->name);
}

/* Looks at the files that are due, in the order of their names: of two that claim one thing, the first wins. */
static void folder__look_at_due(struct folder *f, uint64_t now_ms)
{
	struct folder_file **due = mem_alloc_array(f->files.count + 1, sizeof(struct folder_file *));
	struct slice key;
	void *value;
	size_t n = 0;

	for (size_t at = 0; map_next(&f->files, &at, &key, &value);) {
		struct folder_file *file = value;
		if (file->due_ms && file->due_ms <= now_ms)
			due[n++] = file;
	}
	qsort(due, n, sizeof(struct folder_file *), folder__by_name);
	int dir_fd = n ? open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	for (size_t i = 0; i < n; i++) {
		due[i]->due_ms = 0;
		if (dir_fd >= 0 && folder__look(f, due[i], dir_fd))
			folder__due(due[i], now_ms, FOLDER__AGAIN_MS);
	}
	if (dir_fd >= 0)
		close(dir_fd);
	mem_free(due);
}

uint64_t folder_tick(struct folder *f, uint64_t now_ms)
{
	struct slice key;
	void *value;

	if (now_ms >= f->scan_at_ms) {
		bool ok = folder__scan(f, now_ms);
		f->scan_at_ms = now_ms + (ok ? FOLDER__SCAN_MS : FOLDER__MISSING_MS);
		f->scanned |= ok;
	}
	folder__look_at_due(f, now_ms);
	uint64_t next = f->scan_at_ms;
	for (size_t at = 0; map_next(&f->files, &at, &key, &value);) {
		const struct folder_file *file = value;
		if (file->due_ms && file->due_ms < next)
			next = file->due_ms;
	}
	return next > now_ms ? next - now_ms : 0;
}

bool folder_settled(const struct folder *f)
{
	return f->scanned;
}
