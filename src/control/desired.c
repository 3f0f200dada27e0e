/* SPDX-License-Identifier: Apache-2.0 */
/* desired: see desired.h. */
#include "control/desired.h"

#include "base/check.h"
#include "base/mem.h"
#include "door/frame.h"
#include "model/sweep.h"

#include <stdio.h>
#include <stdlib.h>

/* Who claims a name besides those of items; file NULL: nobody any more. */
struct desired_claim {
	const struct desired_file *file;
	size_t n;
	char key[];
};

/* Who has the name of an item; item NULL: nobody any more. */
struct desired_name {
	struct desired_item *item;
	size_t n;
	char key[];
};

struct desired {
	const struct limits *limits;
	const struct kind *const *kinds;
	struct desired_watch watch;
	struct map files;  /* name -> struct desired_file */
	struct map names;  /* key -> struct desired_name */
	struct map claims; /* key -> struct desired_claim */
	size_t sweep_files_at, sweep_names_at, sweep_claims_at;
	struct desired_item *oldest, *newest;
	size_t items_n, waiting_n;
	uint64_t last_revision;
	size_t hiding_n; /* files that desired_hides_names is about */
};

struct desired *desired_new(const struct limits *limits, const struct kind *const *kinds,
			    const struct desired_watch *watch)
{
	struct desired *d = mem_alloc(sizeof *d);

	d->limits = limits;
	d->kinds = kinds;
	if (watch)
		d->watch = *watch;
	map_init(&d->files);
	map_init(&d->names);
	map_init(&d->claims);
	return d;
}

/* ---- names and claims ---- */

static struct desired_name *desired__name(struct desired *d, struct slice key)
{
	struct desired_name *n = map_get(&d->names, key);

	if (n)
		return n;
	n = mem_alloc(sizeof *n + key.n);
	n->n = key.n;
	memcpy(n->key, key.p, key.n);
	map_put(&d->names, slice_of(n->key, n->n), n);
	return n;
}

static void desired__claim(struct desired *d, const struct desired_file *file, struct slice key)
{
	struct desired_claim *c = map_get(&d->claims, key);

	if (!c) {
		c = mem_alloc(sizeof *c + key.n);
		c->n = key.n;
		memcpy(c->key, key.p, key.n);
		map_put(&d->claims, slice_of(c->key, c->n), c);
	}
	c->file = file;
}

static void desired__drop_claims(struct desired *d, struct desired_file *f)
{
	for (size_t i = 0; i < f->claims_n; i++) {
		struct desired_claim *c = map_get(&d->claims, slice_str(f->claims[i]));
		if (c && c->file == f)
			c->file = NULL;
		mem_free(f->claims[i]);
	}
	mem_free(f->claims);
	f->claims = NULL;
	f->claims_n = 0;
}

/* A judged content: its kind and the object built from it. */
struct desired__built {
	const struct kind *kind;
	void *object;
};

/* The i-th claim of the object as a key in `key`; empty past the last. */
static struct slice desired__claim_key(const struct desired__built *b, size_t i, char key[static KIND_KEY_BYTES],
				       char where[static KIND_WHERE_BYTES])
{
	struct slice name = b->kind->claim ? b->kind->claim(b->object, i, where) : slice_of(NULL, 0);

	return name.n ? kind_key(key, slice_str(b->kind->name), name) : name;
}

static void desired__take_claims(struct desired *d, struct desired_file *f, const struct desired__built *b)
{
	char key[KIND_KEY_BYTES], where[KIND_WHERE_BYTES];
	size_t n = 0;

	desired__drop_claims(d, f);
	while (desired__claim_key(b, n, key, where).n)
		n++;
	f->claims = mem_alloc_array(n ? n : 1, sizeof *f->claims);
	f->claims_n = n;
	for (size_t i = 0; i < n; i++) {
		f->claims[i] = mem_dup(desired__claim_key(b, i, key, where));
		desired__claim(d, f, slice_str(f->claims[i]));
	}
}

/* Whether another source has the item's name or one of its claims. errors: ERR_EXISTS. */
static enum err desired__conflict(const struct desired *d, const struct desired_file *f, const struct desired__built *b,
				  struct slice item_key, struct diag *why)
{
	const struct desired_name *n = map_get(&d->names, item_key);
	char key_text[KIND_KEY_BYTES], where[KIND_WHERE_BYTES];
	struct slice key;

	if (n && n->item && n->item->file != f)
		return diag_set(why, ERR_EXISTS, "name", "%s \"%s\" is already in %s", b->kind->name, n->item->name,
				n->item->file->name);
	for (size_t i = 0; (key = desired__claim_key(b, i, key_text, where)).n; i++) {
		const struct desired_claim *c = map_get(&d->claims, key);
		if (!c || !c->file || c->file == f)
			continue;
		struct slice name = slice_from(key, strlen(b->kind->name) + 1);
		return diag_set(why, ERR_EXISTS, where, "%s \"%.*s\" is already in %s", b->kind->claim_noun,
				SLICE_ARG(name), c->file->name);
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
	desired__name(d, slice_str(item->key))->item = NULL;
	f->item = NULL;
	d->items_n--;
	if (d->watch.removed)
		d->watch.removed(d->watch.arg, item->key);
	mem_free(item->key);
	mem_free(item->json);
	mem_free(item);
}

static struct desired_item *desired__new_item(struct desired *d, struct desired_file *f, const struct kind *kind,
					      struct slice key)
{
	struct desired_item *item = mem_alloc(sizeof *item);

	item->file = f;
	item->kind = kind;
	item->key = mem_dup(key);
	item->name = item->key + strlen(kind->name) + 1;
	f->item = item;
	desired__name(d, key)->item = item;
	d->items_n++;
	return item;
}

/* The file's item is now this content, which builds into b and conflicts with nobody. */
static void desired__commit(struct desired *d, struct desired_file *f, const struct desired__built *b, struct slice key,
			    struct slice json, uint64_t wall_us)
{
	uint64_t hash = frame_content_hash(json);

	if (f->item && !slice_eq(slice_str(f->item->key), key))
		desired__remove_item(d, f);
	desired__take_claims(d, f, b);
	if (f->item && f->item->hash == hash)
		return; /* the same content again, perhaps after a refused one */
	struct desired_item *item = f->item;
	if (item) {
		desired__unlink(d, item);
		mem_free(item->json);
	} else {
		item = desired__new_item(d, f, b->kind, key);
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

/* Counts the file as one that hides a name, or not; after each change of what it is. */
static void desired__mark(struct desired *d, struct desired_file *f)
{
	bool hides = f->refused && !f->item && !f->gone;

	d->hiding_n += (size_t)hides - (size_t)f->hides;
	f->hides = hides;
}

static void desired__judged(struct desired *d, struct desired_file *f, const struct diag *why)
{
	mem_free(f->refused);
	f->refused = NULL;
	if (why) {
		f->refused = mem_alloc(sizeof *f->refused);
		*f->refused = *why;
	}
	desired__mark(d, f);
	if (d->watch.judged)
		d->watch.judged(d->watch.arg, f);
}

/* Builds, checks against the others, commits. */
static enum err desired__try(struct desired *d, struct desired_file *f, struct slice json, uint64_t wall_us,
			     struct diag *why)
{
	char key_text[KIND_KEY_BYTES];
	struct desired__built b;

	if (!f->item && d->items_n >= d->limits->plan_items_max)
		return diag_set(why, ERR_PLAN, NULL, "there are %zu items already (limit plan_items_max)", d->items_n);
	TRY(kind_of_json(d->kinds, json, &b.kind, why));
	TRY(b.kind->build(json, 1, d->limits, &b.object, why));
	struct slice key = kind_key(key_text, slice_str(b.kind->name), b.kind->object_name(b.object));
	enum err e = desired__conflict(d, f, &b, key, why);
	if (e == OK)
		desired__commit(d, f, &b, key, json, wall_us);
	b.kind->drop(b.object);
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
	sweep_map(&d->claims, &d->sweep_claims_at, desired__claim_is_dead, mem_free);
	sweep_map(&d->files, &d->sweep_files_at, desired__file_is_dead, desired__drop_file);
}

void desired_remove(struct desired *d, const char *file, uint64_t wall_us)
{
	struct desired_file *f = map_get(&d->files, slice_str(file));

	if (!f || f->gone)
		return;
	desired__forget_waiting(d, f);
	desired__drop_claims(d, f);
	if (f->item)
		desired__remove_item(d, f);
	mem_free(f->refused);
	f->refused = NULL;
	f->gone = true;
	desired__mark(d, f);
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
	d->sweep_files_at = d->sweep_names_at = d->sweep_claims_at = SIZE_MAX;
	for (size_t at = 0; map_next(&d->files, &at, &key, &value);)
		desired_remove(d, ((struct desired_file *)value)->name, 0);
	for (size_t at = 0; map_next(&d->files, &at, &key, &value);)
		desired__drop_file(value);
	for (size_t at = 0; map_next(&d->names, &at, &key, &value);)
		mem_free(value);
	for (size_t at = 0; map_next(&d->claims, &at, &key, &value);)
		mem_free(value);
	map_fini(&d->files);
	map_fini(&d->names);
	map_fini(&d->claims);
	mem_free(d);
}

/* ---- questions ---- */

struct desired_item *desired_find(const struct desired *d, struct slice key)
{
	const struct desired_name *n = map_get(&d->names, key);

	return n ? n->item : NULL;
}

const struct desired_file *desired_file(const struct desired *d, const char *name)
{
	return map_get(&d->files, slice_str(name));
}

size_t desired_count(const struct desired *d)
{
	return d->items_n;
}

struct desired_item *desired_oldest(const struct desired *d)
{
	return d->oldest;
}

bool desired_may_be_partial(const struct desired *d, struct slice json)
{
	const struct kind *kind;
	struct diag why;

	diag_init(&why);
	/* A syntax error has a line and a column as its place; members have names. */
	return kind_of_json(d->kinds, json, &kind, &why) != OK && slice_is_digit(why.where[0]);
}

bool desired_hides_names(const struct desired *d)
{
	return d->hiding_n != 0;
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
