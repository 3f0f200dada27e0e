/* SPDX-License-Identifier: Apache-2.0 */
/* logs: see logs.h. */
#include "platform/logs.h"

#include "base/check.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "supervisor/say.h"
#include "sys/loop.h"
#include "wire/rfc3339.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LOGS__SOURCES_MAX = 64, /* of an app whose intake is counted apart; the others share the last */
	LOGS__FLUSH_MS = 1000,
	LOGS__PENDING_MAX = 1 << 20, /* written at once then */
	LOGS__MINUTE_MS = 60000,
	LOGS__PATH_BYTES = 640,
	LOGS__FILES = 2,
};

/* What one source may still say in this minute. */
struct logs__source {
	char name[PLATFORM_LOGS_SOURCE_BYTES];
	int64_t minute; /* since 1970 */
	uint64_t lines, bytes, dropped;
};

/* The log of one app. */
struct logs__app {
	struct logs__app *next;
	char id[32];
	struct buf lines;   /* in memory, whole lines */
	struct buf pending; /* not in the file yet */
	struct logs__source sources[LOGS__SOURCES_MAX];
	size_t sources_n;
};

struct platform_logs {
	uint32_t magic; /* OBJ_PLATFORM_LOGS */
	struct platform_logs_setup setup;
	struct logs__app *apps;
	size_t apps_n;
	struct map by_id;
	struct platform_logs_follower *followers;
	size_t followers_n;
	struct loop_timer timer;
	bool broken; /* the last write failed, which was said */
};

/* ---- files ---- */

static void logs__path(const struct platform_logs *all, const char *app, size_t i, char ret[static LOGS__PATH_BYTES])
{
	snprintf(ret, LOGS__PATH_BYTES, "%s/%s.log%s", all->setup.folder, app, i ? ".1" : "");
}

/* The file is full: it becomes the one before. */
static void logs__turn(const struct platform_logs *all, const char *app)
{
	char from[LOGS__PATH_BYTES], to[LOGS__PATH_BYTES];

	logs__path(all, app, 0, from);
	logs__path(all, app, 1, to);
	(void)!rename(from, to);
}

static bool logs__write(const struct platform_logs *all, const struct logs__app *a)
{
	struct slice s = buf_slice(&a->pending);
	char path[LOGS__PATH_BYTES];
	struct stat st;

	logs__path(all, a->id, 0, path);
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		s = slice_from(s, (size_t)n);
	}
	bool full = fstat(fd, &st) == 0 && (uint64_t)st.st_size >= all->setup.limits->app_log_file_bytes;
	close(fd);
	if (full)
		logs__turn(all, a->id);
	return s.n == 0;
}

static void logs__flush(struct platform_logs *all, struct logs__app *a)
{
	if (buf_len(&a->pending) == 0 || !all->setup.folder)
		return;
	bool good = logs__write(all, a);
	if (!good && !all->broken)
		say("logs", "event=not_written folder=%s reason=\"%s\"; lines stay in memory only", all->setup.folder,
		    strerrordesc_np(errno));
	all->broken = !good;
	buf_clear(&a->pending);
}

static void logs__tick(struct loop_timer *t)
{
	struct platform_logs *all = LOOP_OWNER(t, struct platform_logs, timer);

	for (struct logs__app *a = all->apps; a; a = a->next)
		logs__flush(all, a);
}

bool platform_logs_file(struct platform_logs *all, const char *app, size_t i, struct platform_logs_file *ret)
{
	char path[LOGS__PATH_BYTES], line[PLATFORM_LOGS_STAMP_BYTES];
	struct stat st;
	int fd;

	if (!all->setup.folder)
		return false;
	struct logs__app *a = map_get(&all->by_id, slice_str(app));
	if (a)
		logs__flush(all, a);
	for (size_t k = 0, seen = 0; k < LOGS__FILES; k++) {
		logs__path(all, app, k, path);
		if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) < 0)
			continue;
		bool there = fstat(fd, &st) == 0 && seen++ == i;
		ssize_t n = there ? pread(fd, line, 23, 0) : 0;
		close(fd);
		if (!there)
			continue;
		*ret = (struct platform_logs_file){ .bytes = (uint64_t)st.st_size,
						    .until_ms = (int64_t)st.st_mtim.tv_sec * 1000 };
		snprintf(ret->name, sizeof ret->name, "%s.log%s", app, k ? ".1" : "");
		if (n == 23) {
			line[23] = 'Z';
			if (rfc3339_parse(slice_of(line, 24), &ret->from_ms) != OK)
				ret->from_ms = 0;
		}
		return true;
	}
	return false;
}

enum err platform_logs_file_read(struct platform_logs *all, const char *app, size_t i, uint64_t from, size_t n,
				 struct buf *out)
{
	struct platform_logs_file f;
	char path[LOGS__PATH_BYTES];

	if (!platform_logs_file(all, app, i, &f))
		return ERR_NOT_FOUND;
	snprintf(path, sizeof path, "%s/%s", all->setup.folder, f.name);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char *room = fd < 0 ? NULL : buf_room(out, n);
	ssize_t got = room ? pread(fd, room, n, (off_t)from) : -1;
	if (got > 0)
		buf_commit(out, (size_t)got);
	if (fd >= 0)
		close(fd);
	return got < 0 ? ERR_SYSTEM : OK;
}

/* ---- apps ---- */

/* The end of the file that was written before this start. */
static void logs__remember(const struct platform_logs *all, struct logs__app *a)
{
	char path[LOGS__PATH_BYTES];
	struct stat st;

	if (!all->setup.folder)
		return;
	logs__path(all, a->id, 0, path);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	size_t want = all->setup.limits->app_log_bytes;
	bool whole = fstat(fd, &st) == 0 && (uint64_t)st.st_size <= want;
	char *room = buf_room(&a->lines, want);
	ssize_t n = room ? pread(fd, room, want, whole ? 0 : st.st_size - (off_t)want) : -1;
	close(fd);
	if (n <= 0)
		return;
	buf_commit(&a->lines, (size_t)n);
	size_t first = whole ? 0 : slice_find(buf_slice(&a->lines), '\n') + 1;
	buf_consume(&a->lines, first <= buf_len(&a->lines) ? first : buf_len(&a->lines));
	/* A line that was cut by a crash has no end. */
	size_t last = slice_rfind(buf_slice(&a->lines), '\n') + 1;
	if (last < buf_len(&a->lines))
		a->lines.to = a->lines.from + last;
}

static struct logs__app *logs__app(struct platform_logs *all, const char *id)
{
	struct logs__app *a = map_get(&all->by_id, slice_str(id));

	if (a || all->apps_n == PLATFORM_LOGS_APPS_MAX)
		return a;
	a = mem_alloc(sizeof *a);
	snprintf(a->id, sizeof a->id, "%s", id);
	buf_init(&a->lines, 2 * all->setup.limits->app_log_bytes + 2 * PLATFORM_LOGS_LINE_BYTES);
	buf_init(&a->pending, 2 * LOGS__PENDING_MAX);
	a->next = all->apps;
	all->apps = a;
	all->apps_n++;
	map_put(&all->by_id, slice_str(a->id), a);
	logs__remember(all, a);
	return a;
}

struct platform_logs *platform_logs_new(const struct platform_logs_setup *setup)
{
	struct platform_logs *all = mem_alloc(sizeof *all);

	all->magic = OBJ_PLATFORM_LOGS;
	all->setup = *setup;
	map_init(&all->by_id);
	loop_timer_init(&all->timer, logs__tick);
	return all;
}

static void logs__drop(struct logs__app *a)
{
	buf_fini(&a->lines);
	buf_fini(&a->pending);
	mem_free(a);
}

void platform_logs_free(struct platform_logs *all)
{
	if (!all)
		return;
	OBJ(all, OBJ_PLATFORM_LOGS);
	CHECK(!all->followers);
	if (all->setup.loop)
		loop_timer_cancel(all->setup.loop, &all->timer);
	while (all->apps) {
		struct logs__app *a = all->apps;
		all->apps = a->next;
		logs__flush(all, a);
		logs__drop(a);
	}
	map_fini(&all->by_id);
	all->magic = OBJ_FREED;
	mem_free(all);
}

void platform_logs_forget(struct platform_logs *all, const char *app)
{
	char path[LOGS__PATH_BYTES];

	for (struct logs__app **at = &all->apps, *a; (a = *at) != NULL; at = &a->next) {
		if (strcmp(a->id, app) != 0)
			continue;
		*at = a->next;
		all->apps_n--;
		logs__drop(a);
		break;
	}
	/* A map forgets nothing: it is made again of what is left. */
	map_fini(&all->by_id);
	map_init(&all->by_id);
	for (struct logs__app *a = all->apps; a; a = a->next)
		map_put(&all->by_id, slice_str(a->id), a);
	for (size_t i = 0; all->setup.folder && i < LOGS__FILES; i++) {
		logs__path(all, app, i, path);
		unlink(path);
	}
}

/* ---- adding ---- */

static void logs__stamp(struct text *t, int64_t wall_ms, const char *source)
{
	char date[RFC3339_BYTES];

	rfc3339_print(wall_ms, date); /* 2026-07-08T15:41:14.188000Z */
	date[10] = ' ';
	text_add(t, slice_of(date, 26));
	text_add(t, SLICE("000 +0000 UTC ["));
	text_add(t, slice_str(source));
	text_add(t, SLICE("] "));
}

/* Bytes of one character at the start of s; 0: it is none that a log may hold. */
static size_t logs__character(struct slice s)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if (n == 1)
		return (c >= ' ' && c != 0x7f) || c == '\t' || c == 0x1b ? 1 : 0;
	return n <= s.n && text_is_utf8(slice_first(s, n)) ? n : 0;
}

static void logs__text(struct text *t, struct slice line)
{
	line = slice_first(line, PLATFORM_LOGS_LINE_BYTES);
	while (line.n && (line.p[line.n - 1] == '\r' || line.p[line.n - 1] == '\n'))
		line.n--;
	while (line.n) {
		size_t n = logs__character(line);
		if (n)
			text_add(t, slice_first(line, n));
		else
			text_byte(t, '?');
		line = slice_from(line, n ? n : 1);
	}
}

/* Keeps a finished line and tells those who follow. */
static void logs__put(struct platform_logs *all, struct logs__app *a, const char *source, struct slice line)
{
	size_t bytes_max = all->setup.limits->app_log_bytes;

	if (buf_len(&a->lines) + line.n + 1 > 2 * bytes_max) {
		/* Half at a time, so that old lines are moved seldom. */
		struct slice old = buf_slice(&a->lines);
		size_t cut = old.n > bytes_max ? old.n - bytes_max : 0;
		buf_consume(&a->lines, cut + slice_find(slice_from(old, cut), '\n') + 1);
	}
	buf_add(&a->lines, line);
	buf_add_byte(&a->lines, '\n');
	if (all->setup.folder) {
		if (buf_len(&a->pending) > LOGS__PENDING_MAX)
			logs__flush(all, a);
		buf_add(&a->pending, line);
		buf_add_byte(&a->pending, '\n');
		if (all->setup.loop && !all->timer.due_ms)
			loop_timer_set(all->setup.loop, &all->timer, loop_now_ms(all->setup.loop) + LOGS__FLUSH_MS);
	}
	for (struct platform_logs_follower *f = all->followers; f; f = f->next)
		if (strcmp(f->app, a->id) == 0 && platform_logs_passes(slice_str(f->filter), slice_str(source)))
			f->fn(f, line);
}

static void logs__say(struct platform_logs *all, struct logs__app *a, const char *source, int64_t wall_ms,
		      struct slice line)
{
	char out[PLATFORM_LOGS_LINE_BYTES + 128];
	struct text t = text_of(out, sizeof out);

	logs__stamp(&t, wall_ms, source);
	logs__text(&t, line);
	logs__put(all, a, source, text_slice(&t));
}

static struct logs__source *logs__source(struct logs__app *a, const char *name)
{
	for (size_t i = 0; i < a->sources_n; i++)
		if (strcmp(a->sources[i].name, name) == 0)
			return &a->sources[i];
	if (a->sources_n == LOGS__SOURCES_MAX)
		return &a->sources[LOGS__SOURCES_MAX - 1];
	struct logs__source *s = &a->sources[a->sources_n++];
	*s = (struct logs__source){ .minute = 0 };
	snprintf(s->name, sizeof s->name, "%s", name);
	return s;
}

/* Whether the source may still say so much in this minute; what it could not say before is told first. */
static bool logs__admits(struct platform_logs *all, struct logs__app *a, const char *source, int64_t wall_ms, size_t n)
{
	struct logs__source *s = logs__source(a, source);
	const struct limits *l = all->setup.limits;
	char text[160];

	if (s->minute != wall_ms / LOGS__MINUTE_MS) {
		uint64_t dropped = s->dropped;
		s->minute = wall_ms / LOGS__MINUTE_MS;
		s->lines = s->bytes = s->dropped = 0;
		int len = snprintf(text, sizeof text, "%llu lines of %s were dropped: more than a minute may hold",
				   (unsigned long long)dropped, source);
		if (dropped)
			logs__say(all, a, "manager", wall_ms, slice_of(text, (size_t)len));
	}
	if (s->lines >= l->app_log_lines || s->bytes + n > l->app_log_intake_bytes) {
		s->dropped++;
		return false;
	}
	s->lines++;
	s->bytes += n;
	return true;
}

void platform_logs_add(struct platform_logs *all, const char *app, const char *source, int64_t wall_ms,
		       struct slice line)
{
	OBJ(all, OBJ_PLATFORM_LOGS);
	struct logs__app *a = logs__app(all, app);

	if (a && strlen(source) < PLATFORM_LOGS_SOURCE_BYTES && logs__admits(all, a, source, wall_ms, line.n))
		logs__say(all, a, source, wall_ms, line);
}

/* ---- reading ---- */

bool platform_logs_filter_ok(struct slice filter)
{
	for (size_t i = 0; i < filter.n; i++) {
		char c = slice_lower(filter.p[i]);
		if (!slice_is_digit(c) && (c < 'a' || c > 'z') && c != '-' && c != '|')
			return false;
	}
	return filter.n < sizeof((struct platform_logs_follower *)NULL)->filter;
}

bool platform_logs_passes(struct slice filter, struct slice source)
{
	bool any = false;

	if (filter.n == 0)
		return true;
	while (filter.p && !any) {
		struct slice word = slice_split(&filter, '|');
		any = word.n && slice_starts(source, word) && (source.n == word.n || source.p[word.n] == '-');
	}
	return any;
}

/* What stands in the brackets of a stored line. */
static struct slice logs__source_of(struct slice line)
{
	struct slice rest = slice_from(line, PLATFORM_LOGS_STAMP_BYTES + 1);

	return slice_first(rest, slice_find(rest, ']'));
}

void platform_logs_tail(struct platform_logs *all, const char *app, struct slice filter, size_t n, struct buf *out)
{
	struct logs__app *a = logs__app(all, app);
	struct slice s = a ? buf_slice(&a->lines) : SLICE("");
	size_t at = s.n, seen = 0;

	/* Backwards to the first that is wanted; `at` is behind a line end. */
	while (at > 0 && seen < n) {
		size_t start = slice_rfind(slice_first(s, at - 1), '\n') + 1;
		seen += platform_logs_passes(filter, logs__source_of(slice_of(s.p + start, at - start)));
		at = start;
	}
	for (struct slice rest = slice_from(s, at); rest.n;) {
		struct slice line = slice_split(&rest, '\n');
		if (!platform_logs_passes(filter, logs__source_of(line)))
			continue;
		if (!buf_add(out, slice_of(line.p, line.n + 1)))
			return;
	}
}

enum err platform_logs_follow(struct platform_logs *all, struct platform_logs_follower *f)
{
	OBJ(all, OBJ_PLATFORM_LOGS);
	if (all->followers_n == PLATFORM_LOGS_FOLLOWERS_MAX)
		return ERR_QUEUE_FULL;
	f->next = all->followers;
	f->prev = &all->followers;
	if (f->next)
		f->next->prev = &f->next;
	all->followers = f;
	all->followers_n++;
	return OK;
}

void platform_logs_leave(struct platform_logs *all, struct platform_logs_follower *f)
{
	*f->prev = f->next;
	if (f->next)
		f->next->prev = f->prev;
	all->followers_n--;
}
