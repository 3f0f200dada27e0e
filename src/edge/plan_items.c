/* SPDX-License-Identifier: Apache-2.0 */
/* plan_items: see plan_items.h. */
#include "edge/plan_items.h"

#include "base/mem.h"
#include "model/sweep.h"
#include "supervisor/say.h"

struct plan_items_entry {
	uint64_t revision, hash;
	const struct publisher *to;
	bool live;
	size_t key_n;
	char key[]; /* kind_key() */
};

struct plan_items {
	const struct limits *limits;
	const struct publisher *publishers;
	struct plan_journal *journal; /* NULL: none could be opened */
	struct map by_key;
	size_t live, sweep_at;
	bool unwritten; /* something since the last sync could not be appended */
};

struct plan_items *plan_items_new(const struct limits *limits, const struct publisher *publishers)
{
	struct plan_items *items = mem_alloc(sizeof *items);

	items->limits = limits;
	items->publishers = publishers;
	map_init(&items->by_key);
	return items;
}

void plan_items_free(struct plan_items *items)
{
	struct slice key;
	void *value;

	if (!items)
		return;
	for (size_t at = 0; map_next(&items->by_key, &at, &key, &value);)
		mem_free(value);
	map_fini(&items->by_key);
	plan_journal_close(items->journal);
	mem_free(items);
}

size_t plan_items_count(const struct plan_items *items)
{
	return items->live;
}

static const struct publisher *plan_items__publisher(const struct plan_items *items, struct slice kind)
{
	for (const struct publisher *p = items->publishers; p->kind; p++)
		if (slice_eq(slice_str(p->kind->name), kind))
			return p;
	return NULL;
}

static struct plan_items_entry *plan_items__find(const struct plan_items *items, const struct frame_put *put)
{
	char key[KIND_KEY_BYTES];

	return map_get(&items->by_key, kind_key(key, put->kind, put->name));
}

static struct plan_items_entry *plan_items__entry(struct plan_items *items, const struct publisher *to,
						  const struct frame_put *put)
{
	struct plan_items_entry *e = plan_items__find(items, put);
	char text[KIND_KEY_BYTES];

	if (e)
		return e;
	struct slice key = kind_key(text, put->kind, put->name);
	e = mem_alloc(sizeof *e + key.n);
	e->to = to;
	e->key_n = key.n;
	memcpy(e->key, key.p, key.n);
	map_put(&items->by_key, slice_of(e->key, key.n), e);
	return e;
}

static void plan_items__set_live(struct plan_items *items, struct plan_items_entry *e, bool live)
{
	items->live += (size_t)live;
	items->live -= (size_t)e->live;
	e->live = live;
}

/* Kind and revision, for puts and deletions. */
static enum err plan_items__admit(const struct plan_items *items, const struct frame_put *put, struct diag *d)
{
	const struct plan_items_entry *e = plan_items__find(items, put);

	if (!plan_items__publisher(items, put->kind))
		return diag_set(d, ERR_PLAN, "kind", "\"%.*s\" is not known to this edge", SLICE_ARG(put->kind));
	if (e && put->revision <= e->revision)
		return diag_set(d, ERR_PLAN_STALE, NULL, "revision %llu is not after %llu, which is live",
				(unsigned long long)put->revision, (unsigned long long)e->revision);
	return OK;
}

/* Builds and publishes; what boot and put have in common. */
static enum err plan_items__publish(struct plan_items *items, const struct frame_put *put, struct diag *d)
{
	const struct publisher *to = plan_items__publisher(items, put->kind);
	const struct plan_items_entry *known = plan_items__find(items, put);
	void *object;

	if ((!known || !known->live) && items->live >= items->limits->plan_items_max)
		return diag_set(d, ERR_PLAN, NULL, "this edge holds %zu items already (limit plan_items_max)",
				items->live);
	TRY(to->kind->build(put->json, put->revision, items->limits, &object, d));
	if (!slice_eq(to->kind->object_name(object), put->name)) {
		to->kind->drop(object);
		return diag_set(d, ERR_PLAN, "name", "is not \"%.*s\", under which the item came",
				SLICE_ARG(put->name));
	}
	enum err e = to->prepare ? to->prepare(to->where, object, d) : OK;
	if (e != OK) {
		to->kind->drop(object);
		return e;
	}
	to->put(to->where, object);
	struct plan_items_entry *entry = plan_items__entry(items, to, put);
	plan_items__set_live(items, entry, true);
	entry->revision = put->revision;
	entry->hash = frame_content_hash(put->json);
	return OK;
}

static void plan_items__booted(void *arg, const struct plan_journal_item *it)
{
	struct plan_items *items = arg;
	struct frame_put put = { .revision = it->revision, .kind = it->kind, .name = it->name, .json = it->json };
	char text[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES];
	struct diag d;

	diag_init(&d);
	enum err e = plan_items__admit(items, &put, &d);
	if (e == OK)
		e = plan_items__publish(items, &put, &d);
	if (e != OK)
		say("edge", "journal: %.*s %.*s left out: %s", SLICE_ARG(it->kind), SLICE_ARG(it->name),
		    diag_print(&d, text, sizeof text));
}

enum err plan_items_boot(struct plan_items *items, const char *dir, struct plan_journal_report *ret_report,
			 struct diag *d)
{
	return plan_journal_open(dir, plan_items__booted, items, &items->journal, ret_report, d);
}

enum err plan_items_put(struct plan_items *items, const struct frame_put *put, struct diag *d)
{
	struct plan_journal_item it = { put->kind, put->name, put->json, put->revision };

	TRY(plan_items__admit(items, put, d));
	TRY(plan_items__publish(items, put, d));
	if (!items->journal || plan_journal_put(items->journal, &it) != OK)
		items->unwritten = true;
	return OK;
}

enum err plan_items_delete(struct plan_items *items, const struct frame_put *del, struct diag *d)
{
	struct plan_journal_item it = { .kind = del->kind, .name = del->name, .revision = del->revision };

	TRY(plan_items__admit(items, del, d));
	struct plan_items_entry *e = plan_items__find(items, del);
	if (!e)
		return OK;
	e->to->remove(e->to->where, del->name);
	plan_items__set_live(items, e, false);
	e->revision = del->revision;
	if (!items->journal || plan_journal_delete(items->journal, &it) != OK)
		items->unwritten = true;
	return OK;
}

static bool plan_items__is_dead(const void *entry)
{
	return !((const struct plan_items_entry *)entry)->live;
}

enum err plan_items_sync(struct plan_items *items)
{
	enum err e = items->unwritten ? ERR_SYSTEM : OK;

	items->unwritten = false;
	sweep_map(&items->by_key, &items->sweep_at, plan_items__is_dead, mem_free);
	if (items->journal && plan_journal_sync(items->journal) != OK)
		e = ERR_SYSTEM;
	return e;
}

enum err plan_items_claim(struct plan_items *items)
{
	return items->journal ? plan_journal_claim(items->journal) : OK;
}

bool plan_items_next(const struct plan_items *items, size_t *at, struct frame_item *ret)
{
	struct slice key;
	void *value;

	while (map_next(&items->by_key, at, &key, &value)) {
		const struct plan_items_entry *e = value;
		if (!e->live)
			continue;
		struct slice name = slice_of(e->key, e->key_n), kind = slice_split(&name, '/');
		*ret = (struct frame_item){ kind, name, e->revision, e->hash };
		return true;
	}
	return false;
}
