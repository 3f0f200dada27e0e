/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desired: what should be live: for each source (a file of the plan folder, an item of the API) its last good item, and
 * why the newest content was refused if it was. It gives out revisions, keeps two sources from claiming one name or
 * host, and keeps the items in the order of their last change, which is the order in which edges get them. No I/O; one
 * thread.
 */
#ifndef CONTROL_DESIRED_H
#define CONTROL_DESIRED_H

#include "base/diag.h"
#include "base/limits.h"
#include "base/map.h"
#include "model/kind.h"

struct desired;
struct desired_file;

/* A good item. Lives until it is removed. */
struct desired_item {
	struct desired_item *older, *newer; /* order of change */
	const struct desired_file *file;    /* where it came from */
	const struct kind *kind;
	char *key;  /* kind and name, kind_key() */
	char *name; /* the part of key behind the kind */
	char *json;
	size_t json_n;
	uint64_t revision, hash;
};

/* One file of the plan folder. Lives as long as the set. */
struct desired_file {
	char *name;
	struct desired_item *item; /* last good content, or NULL */
	struct diag *refused;      /* why the newest content is not live, or NULL */
	bool gone;
	/* private */
	bool hides;    /* counted as one that hides a name */
	char *waiting; /* content that conflicts with another file: tried again when that one changes */
	size_t waiting_n;
	char **claims; /* keys of what the item claims besides its name (kind.h) */
	size_t claims_n;
};

/* What the set tells its owner. An item that changes is first `leaving` its place in the order, then `entering` at the
 * newest end; one that is removed only leaves. Each may be NULL. */
struct desired_watch {
	void (*leaving)(void *arg, struct desired_item *item);
	void (*entering)(void *arg, struct desired_item *item);
	void (*removed)(void *arg, const char *key);
	/* The state of a file changed: good (refused NULL) or refused. */
	void (*judged)(void *arg, const struct desired_file *file);
	void *arg;
};

/* An empty set of items of these kinds (ends with NULL; borrowed, as is limits). Caller frees with desired_free. */
struct desired *desired_new(const struct limits *limits, const struct kind *const *kinds,
			    const struct desired_watch *watch) __attribute__((returns_nonnull));
/* NULL is fine. Watchers are not told. */
void desired_free(struct desired *d);

/*
 * The file now has this content. wall_us: for its revision. Returns OK, or the reason in the file's `refused` as
 * ERR_PLAN; the last good item stays then. Files that waited for a name that became free are tried as well.
 */
enum err desired_put(struct desired *d, const char *file, struct slice json, uint64_t wall_us);
/* The file cannot be read; the last good item stays. */
void desired_refuse(struct desired *d, const char *file, const struct diag *why);
/* The file is no more, and its item neither. */
void desired_remove(struct desired *d, const char *file, uint64_t wall_us);

/* The item of that key (kind_key()), or NULL. */
struct desired_item *desired_find(const struct desired *d, struct slice key);
/* What there is of a source, or NULL; see gone. */
const struct desired_file *desired_file(const struct desired *d, const char *name);
/* How many items there are. */
size_t desired_count(const struct desired *d);
/* The item that changed longest ago; follow ->newer. NULL when there is none. */
struct desired_item *desired_oldest(const struct desired *d);
/* Whether content could be judged here: a syntax error may be a file half written. */
bool desired_may_be_partial(const struct desired *d, struct slice json);
/* Some file has no good content and hides a name that an edge may have live: nothing unknown is to be deleted. */
bool desired_hides_names(const struct desired *d);
/* A revision above every one given or seen before, at least wall_us. */
uint64_t desired_next_revision(struct desired *d, uint64_t wall_us);
/* An edge has this revision already. */
void desired_saw_revision(struct desired *d, uint64_t revision);
/* The next file in no order; *at starts at 0; NULL at the end. Gone ones are left out. */
const struct desired_file *desired_next_file(const struct desired *d, size_t *at);

#endif
