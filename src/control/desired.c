/* SPDX-License-Identifier: Apache-2.0 */
/* desired: see desired.h. */
#include "control/desired.h"

#include "base/check.h"
#include "base/mem.h"
#include "door/frame.h"
#include "model/sweep.h"
#include "model/zone_json.h"

#include <stdio.h>
#include <stdlib.h>

/* Who has a host name; file NULL: nobody any more. */
struct desired_claim {
	const struct desired_file *file;
	size_t n;
	char host[];
};

/* Who has a zone name; item NULL: nobody any more. */
struct desired_name {
	struct desired_item *item;
	size_t n;
	char name[];
};

struct desired {
	const struct limits *limits;
	struct desired_watch watch;
	struct map files; /* name -> struct desired_file */
	struct map names; /* zone name -> struct desired_name */
	struct map hosts; /* host -> struct desired_claim */
	size_t sweep_files_at, sweep_names_at, sweep_hosts_at;
	struct desired_item *oldest, *newest;
	size_t items_n, waiting_n;
	uint64_t last_revision;
	bool hides, hides_known; /* the answer of desired_hides_names, until a file changes */
};

struct desired *desired_new(const struct limits *limits, const struct desired_watch *watch)
{
	struct desired *d = mem_alloc(sizeof *d);

	d->limits = limits;
	if (watch)
		d->watch = *watch;
	map_init(&d->files);
	map_init(&d->names);
	map_init(&d->hosts);
	return d;
}

/* ---- names and hosts ---- */

static struct desired_name *desired__name(struct desired *d, struct slice name)
{
	struct desired_name *n = map_get(&d->names, name);

	if (n)
		return n;
	n = mem_alloc(sizeof *n + name.n);
	n->n = name.n;
	memcpy(n->name, name.p, name.n);
	map_put(&d->names, slice_of(n->name, n->n), n);
	return n;
}

static void desired__claim(struct desired *d, const struct desired_file *file, const char *host)
{
	struct slice s = slice_str(host);
	struct desired_claim *c = map_get(&d->hosts, s);

	if (!c) {
		c = mem_alloc(sizeof *c + s.n);
		c->n = s.n;
		memcpy(c->host, s.p, s.n);
		map_put(&d->hosts, slice_of(c->host, c->n), c);
	}
	c->file = file;
}

static void desired__drop_hosts(struct desired *d, struct desired_file *f)
{
	for (size_t i = 0; i < f->hosts_n; i++) {
		struct desired_claim *c = map_get(&d->hosts, slice_str(f->hosts[i]));
		if (c && c->file == f)
			c->file = NULL;
		mem_free(f->hosts[i]);
	}
	mem_free(f->hosts);
	f->hosts = NULL;
	f->hosts_n = 0;
}

static void desired__take_hosts(struct desired *d, struct desired_file *f, const struct zone *z)
{
	desired__drop_hosts(d, f);
	f->hosts = mem_alloc_array(z->sites_n, sizeof *f->hosts);
	f->hosts_n = z->sites_n;
	for (size_t i = 0; i < z->sites_n; i++) {
		f->hosts[i] = mem_dup(z->sites[i].host);
		desired__claim(d, f, f->hosts[i]);
	}
}

/* Whether another file has the zone's name or one of its hosts. errors: ERR_EXISTS. */
static enum err desired__conflict(const struct desired *d, const struct desired_file *f, const struct zone *z,
				  struct diag *why)
{
	const struct desired_name *n = map_get(&d->names, z->name);
	char where[48];

	if (n && n->item && n->item->file != f)
		return diag_set(why, ERR_EXISTS, "name", "zone \"%.*s\" is already in %s", SLICE_ARG(z->name),
				n->item->file->name);
	for (size_t i = 0; i < z->sites_n; i++) {
		const struct desired_claim *c = map_get(&d->hosts, z->sites[i].host);
		if (!c || !c->file || c->file == f)
			continue;
		snprintf(where, sizeof where, "hosts[%zu].name", i);
		return diag_set(why, ERR_EXISTS, where, "host \"%.*s\" is already in %s", SLICE_ARG(z->sites[i].host),
				c->file->name);
	}
	return OK;
}

/* ---- items ---- */

static void desired__unlink(struct desired *d, struct desired_item *item)
{
	if (d->watch.leaving)
		d->watch.leaving(d->watch.arg, item);
	*(item->older ? &item->older->newer : &d->oldest) = item->newer;
	*(item->newer ? &item->newer->older : &d->newest) = item->older;
	item->older = item->newer = NULL;
}

static void desired__link(struct desired *d, struct desired_item *item)
{
	item->older = d->newest;
	*(d->newest ? &d->newest->newer : &d->oldest) = item;
	d->newest = item;
	if (d->watch.entering)
		d->watch.entering(d->watch.arg, item);
}

/* Takes the item of a file out of the set. */
static void desired__remove_item(struct desired *d, struct desired_file *f)
{
	struct desired_item *item = f->item;

	desired__unlink(d, item);
	desired__name(d, slice_str(item->name))->item = NULL;
	f->item = NULL;
	d->items_n--;
	if (d->watch.removed)
		d->watch.removed(d->watch.arg, item->name);
	mem_free(item->name);
	mem_free(item->json);
	mem_free(item);
}

/* The file's item is now this content, which builds into z and conflicts with nobody. */
static void desired__commit(struct desired *d, struct desired_file *f, const struct zone *z, struct slice json,
			    uint64_t wall_us)
{
	uint64_t hash = frame_content_hash(json);

	if (f->item && !slice_eq(slice_str(f->item->name), z->name))
		desired__remove_item(d, f);
	desired__take_hosts(d, f, z);
	if (f->item && f->item->hash == hash)
		return; /* the same content again, perhaps after a refused one */
	struct desired_item *item = f->item;
	if (item) {
		desired__unlink(d, item);
		mem_free(item->json);
	} else {
		item = mem_alloc(sizeof *item);
		item->file = f;
		item->name = mem_dup(z->name);
		f->item = item;
		desired__name(d, z->name)->item = item;
		d->items_n++;
	}
	item->json = mem_dup(json);
	item->json_n = json.n;
	item->hash = hash;
	item->revision = desired_next_revision(d, wall_us);
	desired__link(d, item);
}

/* ---- files ---- */

static struct desired_file *desired__file(struct desired *d, const char *name)
{
	struct desired_file *f = map_get(&d->files, slice_str(name));

	if (f)
		return f;
	f = mem_alloc(sizeof *f);
	f->name = mem_dup(slice_str(name));
	map_put(&d->files, slice_str(f->name), f);
	return f;
}

static void desired__forget_waiting(struct desired *d, struct desired_file *f)
{
	d->waiting_n -= f->waiting != NULL;
	mem_free(f->waiting);
	f->waiting = NULL;
}

static void desired__judged(struct desired *d, struct desired_file *f, const struct diag *why)
{
	mem_free(f->refused);
	f->refused = NULL;
	if (why) {
		f->refused = mem_alloc(sizeof *f->refused);
		*f->refused = *why;
	}
	d->hides_known = false;
	if (d->watch.judged)
		d->watch.judged(d->watch.arg, f);
}

/* Builds, checks against the others, commits. */
static enum err desired__try(struct desired *d, struct desired_file *f, struct slice json, uint64_t wall_us,
			     struct diag *why)
{
	struct zone *z;

	if (!f->item && d->items_n >= d->limits->plan_items_max)
		return diag_set(why, ERR_PLAN, NULL, "there are %zu items already (limit plan_items_max)", d->items_n);
	TRY(zone_from_json(json, 1, d->limits, &z, why));
	enum err e = desired__conflict(d, f, z, why);
	if (e == OK)
		desired__commit(d, f, z, json, wall_us);
	zone_unref(z);
	return e;
}

static int desired__by_name(const void *a, const void *b)
{
	return strcmp((*(struct desired_file *const *)a)->name, (*(struct desired_file *const *)b)->name);
}

/* Something became free: those that waited try again, in the order of their names, until nothing moves. */
static void desired__retry(struct desired *d, uint64_t wall_us)
{
	for (bool moved = true; moved && d->waiting_n;) {
		struct desired_file **list = mem_alloc_array(d->waiting_n, sizeof(struct desired_file *));
		struct slice key;
		void *value;
		size_t n = 0;
		moved = false;
		for (size_t at = 0; map_next(&d->files, &at, &key, &value);)
			if (((struct desired_file *)value)->waiting)
				list[n++] = value;
		qsort(list, n, sizeof(struct desired_file *), desired__by_name);
		for (size_t i = 0; i < n; i++) {
			struct diag why;
			diag_init(&why);
			if (desired__try(d, list[i], slice_of(list[i]->waiting, list[i]->waiting_n), wall_us, &why) !=
			    OK)
				continue;
			desired__forget_waiting(d, list[i]);
			desired__judged(d, list[i], NULL);
			moved = true;
		}
		mem_free(list);
	}
}

enum err desired_put(struct desired *d, const char *file, struct slice json, uint64_t wall_us)
{
	struct desired_file *f = desired__file(d, file);
	struct diag why;

	diag_init(&why);
	f->gone = false;
	desired__forget_waiting(d, f);
	enum err e = desired__try(d, f, json, wall_us, &why);
	if (e == ERR_EXISTS) {
		f->waiting = mem_dup(json);
		f->waiting_n = json.n;
		d->waiting_n++;
	}
	desired__judged(d, f, e == OK ? NULL : &why);
	desired__retry(d, wall_us);
	return e == ERR_EXISTS ? ERR_PLAN : e;
}

void desired_refuse(struct desired *d, const char *file, const struct diag *why)
{
	struct desired_file *f = desired__file(d, file);

	f->gone = false;
	desired__forget_waiting(d, f);
	desired__judged(d, f, why);
}

static bool desired__file_is_dead(const void *file)
{
	return ((const struct desired_file *)file)->gone;
}

static bool desired__name_is_dead(const void *name)
{
	return ((const struct desired_name *)name)->item == NULL;
}

static bool desired__claim_is_dead(const void *claim)
{
	return ((const struct desired_claim *)claim)->file == NULL;
}

static void desired__drop_file(void *file)
{
	mem_free(((struct desired_file *)file)->name);
	mem_free(file);
}

static void desired__sweep(struct desired *d)
{
	sweep_map(&d->names, &d->sweep_names_at, desired__name_is_dead, mem_free);
	sweep_map(&d->hosts, &d->sweep_hosts_at, desired__claim_is_dead, mem_free);
	sweep_map(&d->files, &d->sweep_files_at, desired__file_is_dead, desired__drop_file);
}

void desired_remove(struct desired *d, const char *file, uint64_t wall_us)
{
	struct desired_file *f = map_get(&d->files, slice_str(file));

	if (!f || f->gone)
		return;
	desired__forget_waiting(d, f);
	desired__drop_hosts(d, f);
	if (f->item)
		desired__remove_item(d, f);
	mem_free(f->refused);
	f->refused = NULL;
	f->gone = true;
	d->hides_known = false;
	desired__retry(d, wall_us);
	desired__sweep(d);
}

void desired_free(struct desired *d)
{
	struct slice key;
	void *value;

	if (!d)
		return;
	d->watch = (struct desired_watch){ 0 };
	d->sweep_files_at = d->sweep_names_at = d->sweep_hosts_at = SIZE_MAX;
	for (size_t at = 0; map_next(&d->files, &at, &key, &value);)
		desired_remove(d, ((struct desired_file *)value)->name, 0);
	for (size_t at = 0; map_next(&d->files, &at, &key, &value);)
		desired__drop_file(value);
	for (size_t at = 0; map_next(&d->names, &at, &key, &value);)
		mem_free(value);
	for (size_t at = 0; map_next(&d->hosts, &at, &key, &value);)
		mem_free(value);
	map_fini(&d->files);
	map_fini(&d->names);
	map_fini(&d->hosts);
	mem_free(d);
}

/* ---- questions ---- */

struct desired_item *desired_find(const struct desired *d, struct slice name)
{
	const struct desired_name *n = map_get(&d->names, name);

	return n ? n->item : NULL;
}

struct desired_item *desired_oldest(const struct desired *d)
{
	return d->oldest;
}

bool desired_may_be_partial(const struct desired *d, struct slice json)
{
	char kind[16], name[256];
	struct diag why;

	diag_init(&why);
	/* A syntax error has a line and a column as its place; members have names. */
	return plan_item_identify(json, kind, name, &why) != OK && slice_is_digit(why.where[0]);
}

bool desired_hides_names(struct desired *d)
{
	const struct desired_file *f;

	if (d->hides_known)
		return d->hides;
	d->hides = false;
	d->hides_known = true;
	for (size_t at = 0; !d->hides && (f = desired_next_file(d, &at));)
		d->hides = f->refused && !f->item;
	return d->hides;
}

uint64_t desired_next_revision(struct desired *d, uint64_t wall_us)
{
	d->last_revision = wall_us > d->last_revision ? wall_us : d->last_revision + 1;
	return d->last_revision;
}

void desired_saw_revision(struct desired *d, uint64_t revision)
{
	if (revision > d->last_revision)
		d->last_revision = revision;
}

const struct desired_file *desired_next_file(const struct desired *d, size_t *at)
{
	struct slice key;
	void *value;

	while (map_next(&d->files, at, &key, &value)) {
		const struct desired_file *f = value;
		if (!f->gone)
			return f;
	}
	return NULL;
}
