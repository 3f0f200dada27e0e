/* SPDX-License-Identifier: Apache-2.0 */
/*
 * folder: watches the plan folder for *.json files: inotify for speed, a look at everything every few seconds for what
 * inotify cannot see (a folder that appears later, network file systems, an overflow). A file counts as changed when
 * nothing more came for it for some milliseconds and its size, time or inode differ from what was read last.
 * Files whose names begin with a dot are nobody's business. One thread.
 */
#ifndef CONTROL_FOLDER_H
#define CONTROL_FOLDER_H

#include "base/diag.h"
#include "base/limits.h"

struct folder;

/* What the folder tells its owner. Names are those inside the folder; everything is borrowed for the call. */
struct folder_watch {
	/* New content. age_ms: since its last change. Returning ERR_AGAIN asks for it again a little later. */
	enum err (*changed)(void *arg, const char *name, struct slice text, uint64_t age_ms);
	/* The file is there but cannot be read. */
	void (*unreadable)(void *arg, const char *name, const struct diag *why);
	void (*gone)(void *arg, const char *name);
	/* The folder itself: why NULL when it can be read (again). */
	void (*state)(void *arg, const struct diag *why);
	void *arg;
};

/* Watches path, which need not exist yet. limits is borrowed. Caller frees with folder_free. */
struct folder *folder_new(const char *path, const struct limits *limits, const struct folder_watch *watch)
	__attribute__((returns_nonnull));
/* NULL is fine. */
void folder_free(struct folder *f);
/* The descriptor to poll for reading, or -1 when there is no inotify. */
int folder_fd(const struct folder *f);
/* Takes what inotify says. */
void folder_event(struct folder *f, uint64_t now_ms);
/* Reads what is due and looks at everything when that is due. Returns when to be called again, in ms from now. */
uint64_t folder_tick(struct folder *f, uint64_t now_ms);
/* Everything that was there at the start has been read. */
bool folder_settled(const struct folder *f);

#endif
