/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logs: what the instances of apps, their router and the node itself say, a bounded number of bytes of each app in
 * memory, and more in files (DATA/logs/APP-ID.log, the one before as .log.1). Lines have the form
 * that clients take apart by counting spaces:
 *
 *	2026-07-08 15:41:14.188123456 +0000 UTC [web-1] text
 *
 * One thread, that of the control loop. What is added reaches followers at once and the file within a second.
 */
#ifndef PLATFORM_LOGS_H
#define PLATFORM_LOGS_H

#include "base/buf.h"
#include "base/limits.h"

#include <stddef.h>

enum {
	PLATFORM_LOGS_LINE_BYTES = 16384,  /* of text; the rest of a longer line is cut */
	PLATFORM_LOGS_SOURCE_BYTES = 48,   /* with its NUL */
	PLATFORM_LOGS_APPS_MAX = 10000,    /* that have said something since the start */
	PLATFORM_LOGS_FOLLOWERS_MAX = 256, /* of all apps */
	PLATFORM_LOGS_STAMP_BYTES = 40,    /* in front of the bracket */
};

struct loop;
struct platform_logs;

struct platform_logs_setup {
	const char *folder;          /* NULL: in memory only */
	struct loop *loop;           /* whose timers write the files; NULL with folder NULL */
	const struct limits *limits; /* app_log_bytes, app_log_file_bytes, app_log_lines, app_log_intake_bytes */
};

/* setup is copied, folder and limits borrowed. The caller frees with platform_logs_free. */
struct platform_logs *platform_logs_new(const struct platform_logs_setup *setup) __attribute__((returns_nonnull));
/* Writes what is left. Followers must have left. NULL is fine. */
void platform_logs_free(struct platform_logs *all);

/*
 * Adds a line. app: id; source: "web-1", "router", "manager", letters, digits and hyphens; wall_ms: when it was said;
 * line: any bytes, without its line end; control bytes and what is no UTF-8 becomes '?'. More than app_log_lines or
 * app_log_intake_bytes a minute from one source are dropped and counted in a line of the manager.
 */
void platform_logs_add(struct platform_logs *all, const char *app, const char *source, int64_t wall_ms,
		       struct slice line);
/* The app is gone, and its log with it. */
void platform_logs_forget(struct platform_logs *all, const char *app);

/*
 * Whether a filter ("", or words like web, web-1, router, one-off-12 with '|' between them: a source, or the type of
 * it) lets a source through.
 */
bool platform_logs_passes(struct slice filter, struct slice source);
/* Whether it is a filter at all: letters, digits, hyphens and '|'. */
bool platform_logs_filter_ok(struct slice filter);
/* Appends the newest n lines that pass, oldest first, each with "\n"; fewer when out is full. */
void platform_logs_tail(struct platform_logs *all, const char *app, struct slice filter, size_t n, struct buf *out);

/* Somebody who hears lines as they come. Embedded in its owner. */
struct platform_logs_follower {
	struct platform_logs_follower *next, **prev; /* private */
	char app[32];
	char filter[256];
	/* A line without its line end, borrowed for the call. It must not leave or add lines. */
	void (*fn)(struct platform_logs_follower *f, struct slice line);
};
/* app, filter and fn must be set. errors: ERR_QUEUE_FULL (PLATFORM_LOGS_FOLLOWERS_MAX). */
enum err platform_logs_follow(struct platform_logs *all, struct platform_logs_follower *f) MUST_USE;
void platform_logs_leave(struct platform_logs *all, struct platform_logs_follower *f);

/* A file of an app's log. */
struct platform_logs_file {
	char name[48];
	uint64_t bytes;
	int64_t from_ms, until_ms; /* of its first and last line; 0: not known */
};
/* The i-th file of an app, the newest first; false past the last. Reads the disk. */
bool platform_logs_file(struct platform_logs *all, const char *app, size_t i, struct platform_logs_file *ret);
/* Appends bytes of a file from an offset, at most n. errors: ERR_NOT_FOUND, ERR_SYSTEM. */
enum err platform_logs_file_read(struct platform_logs *all, const char *app, size_t i, uint64_t from, size_t n,
				 struct buf *out) MUST_USE;

#endif
