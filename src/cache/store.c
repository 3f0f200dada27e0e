/* SPDX-License-Identifier: Apache-2.0 */
/* store: the cache as a whole, finding, collapsing and removing; see store.h. The leader's calls are in publish.c. */
#include "cache/store.h"

#include "base/mem.h"
#include "cache/object.h"

enum { STORE__GHOST_SLOTS_MIN = 64, STORE__GHOST_SLOTS_MAX = 65536, STORE__GHOST_BYTES = 32768, STORE__BUCKETS = 64 };

static bool store__match(const struct snap_node *node, struct slice key)
{
	/* node is the first member */
	const struct cache__entry *e = (const struct cache__entry *)(const void *)node;

	return slice_eq(slice_of(e->key, e->key_n), key);
}

struct cache__shard *store__shard(const struct cache *c, uint64_t hash)
{
	/* Other bits than the table's buckets and the flights' use. */
	return &c->shards[hash >> 48 & (c->shards_n - 1)];
}

/* One ghost for each 32 KiB of budget, a common size of objects. */
static size_t store__ghost_slots(uint64_t shard_bytes)
{
	size_t n = STORE__GHOST_SLOTS_MIN;

	while (n < STORE__GHOST_SLOTS_MAX && n * STORE__GHOST_BYTES < shard_bytes)
		n *= 2;
	return n;
}

struct cache *cache_new(const struct limits *limits, unsigned shards)
{
	struct cache *c = mem_alloc(sizeof *c);
	size_t slots = store__ghost_slots(limits->cache_bytes_max / shards);

	CHECK(shards > 0 && (shards & (shards - 1)) == 0 && shards <= 1u << 16);
	c->magic = OBJ_CACHE;
	hash_key_random(&c->key);
	c->bytes_max = limits->cache_bytes_max;
	c->object_bytes_max = limits->cache_object_bytes_max;
	c->variants_max = limits->cache_variants_max;
	c->shards_n = shards;
	pthread_mutex_init(&c->recent.lock, NULL);
	c->shards_memory = mem_alloc((size_t)shards * sizeof *c->shards + CACHE__SHARD_ALIGN);
	c->shards = (struct cache__shard *)(((uintptr_t)c->shards_memory + CACHE__SHARD_ALIGN - 1) &
					    ~(uintptr_t)(CACHE__SHARD_ALIGN - 1));
	for (size_t i = 0; i < shards; i++) {
		struct cache__shard *s = &c->shards[i];
		pthread_mutex_init(&s->lock, NULL);
		s->table = snap_table_new(STORE__BUCKETS, store__match);
		s->ghost.slots = mem_alloc_array(slots, sizeof *s->ghost.slots);
		s->ghost.mask = slots - 1;
	}
	return c;
}

void cache_free(struct cache *c)
{
	bool started = snap_thread_start();

	OBJ(c, OBJ_CACHE);
	cache_remove_all(c);
	snap_drain();
	DCHECK(__atomic_load_n(&c->bytes, __ATOMIC_RELAXED) == 0);
	for (size_t i = 0; i < c->shards_n; i++) {
		struct cache__shard *s = &c->shards[i];
		for (size_t f = 0; f < CACHE__FLIGHT_BUCKETS; f++)
			CHECK(s->flights[f] == NULL);
		snap_table_free(s->table);
		purge__index_fini(&s->by_host);
		purge__index_fini(&s->by_name);
		pthread_mutex_destroy(&s->lock);
		mem_free(s->ghost.slots);
	}
	if (started)
		snap_thread_stop();
	mem_free(c->shards_memory);
	pthread_mutex_destroy(&c->recent.lock);
	c->magic = OBJ_FREED;
	mem_free(c);
}

uint64_t cache_hash(const struct cache *c, struct slice key)
{
	OBJ(c, OBJ_CACHE);
	return hash_bytes(&c->key, key);
}

/* A request's vary key for one list of names; variants of a key nearly always share theirs. */
struct store__selection {
	const struct field *fields;
	size_t fields_n;
	struct slice names; /* what key is of; p == NULL at first */
	size_t key_n;       /* SIZE_MAX: matches nothing */
	char key[CACHE__VARY_BYTES_MAX];
};

static bool store__selects(struct store__selection *sel, const struct cache_object *o)
{
	if (o->vary_names.n == 0)
		return true;
	if (!sel->names.p || !slice_eq(sel->names, o->vary_names)) {
		sel->names = o->vary_names;
		sel->key_n = cache_vary_key_of(o->vary_names, sel->fields, sel->fields_n, sel->key, sizeof sel->key);
	}
	if (sel->key_n == SIZE_MAX)
		return false;
	return slice_eq(slice_of(sel->key, sel->key_n), o->vary_key) ||
	       cache_vary_speaks(o->vary_key, slice_of(sel->key, sel->key_n), o->content_language);
}

static bool store__is_readable(const struct cache_object *o)
{
	enum cache_phase phase = cache_phase(o);

	return phase == CACHE_FILLING || phase == CACHE_COMPLETE;
}

static void store__count_use(struct cache_object *o)
{
	uint8_t uses = __atomic_load_n(&o->uses, __ATOMIC_RELAXED);

	if (uses < 3)
		__atomic_store_n(&o->uses, (uint8_t)(uses + 1), __ATOMIC_RELAXED);
}

struct cache_object *cache_find(struct cache *c, uint64_t hash, struct slice key, const struct field *request_fields,
				size_t request_n)
{
	struct store__selection sel; /* its key is written before it is read: too large to clear each time */
	struct cache__entry *e;

	OBJ(c, OBJ_CACHE);
	e = table__get(c, hash, key);
	if (!e)
		return NULL;
	sel.fields = request_fields;
	sel.fields_n = request_n;
	sel.names.p = NULL;
	for (struct cache_object *o = __atomic_load_n(&e->first, __ATOMIC_ACQUIRE); o;
	     o = __atomic_load_n(&o->next, __ATOMIC_ACQUIRE)) {
		if (!store__is_readable(o) || !store__selects(&sel, o))
			continue;
		store__count_use(o);
		return o;
	}
	return NULL;
}

/* The flight for a key with one more reference, or NULL. Shard lock held. */
static struct cache_object *store__flight(struct cache__shard *s, uint64_t hash, struct slice key)
{
	struct cache_object *o = s->flights[hash % CACHE__FLIGHT_BUCKETS];

	while (o && (o->hash != hash || !slice_eq(slice_of(o->key, o->key_n), key)))
		o = o->flight_next;
	if (o)
		CHECK(cache_ref(o));
	return o;
}

struct cache_object *cache_lead(struct cache *c, uint64_t hash, struct slice key, struct cache_object **ret_other)
{
	struct cache__shard *s = store__shard(c, hash);
	struct cache_object *o, *other;

	OBJ(c, OBJ_CACHE);
	o = object__new(c, hash, key);
	pthread_mutex_lock(&s->lock);
	other = store__flight(s, hash, key);
	if (!other) {
		o->flying = true;
		o->flight_next = s->flights[hash % CACHE__FLIGHT_BUCKETS];
		s->flights[hash % CACHE__FLIGHT_BUCKETS] = o;
	}
	pthread_mutex_unlock(&s->lock);
	if (!other)
		return o;
	cache_unref(o);
	*ret_other = other;
	return NULL;
}

/* Shard lock held; the entry may be gone afterwards. */
static size_t store__remove_entry(struct cache *c, struct cache__entry *e)
{
	size_t n = e->variants_n;

	/* The last one takes the entry out, whose memory stays until the grace period is over. */
	for (size_t i = 0; i < n; i++)
		table__unlink(c, e->first);
	return n;
}

/* Shard lock held. */
static void store__doom(struct cache__shard *s, uint64_t hash, struct slice key)
{
	struct cache_object *o = store__flight(s, hash, key);

	if (!o)
		return;
	o->doomed = true;
	__atomic_fetch_sub(&o->refs, 1, __ATOMIC_RELAXED); /* the leader has one */
}

size_t cache_remove(struct cache *c, uint64_t hash, struct slice key)
{
	struct cache__shard *s = store__shard(c, hash);
	struct cache__entry *e;
	size_t n = 0;

	OBJ(c, OBJ_CACHE);
	pthread_mutex_lock(&s->lock);
	e = table__get(c, hash, key);
	if (e)
		n = store__remove_entry(c, e);
	store__doom(s, hash, key);
	pthread_mutex_unlock(&s->lock);
	return n;
}

struct store__sweep {
	struct cache *cache;
	size_t removed;
};

static void store__sweep_node(struct snap_node *node, void *arg)
{
	struct store__sweep *sweep = arg;

	sweep->removed += store__remove_entry(sweep->cache, (struct cache__entry *)(void *)node);
}

size_t cache_remove_all(struct cache *c)
{
	struct store__sweep sweep = { c, 0 };

	OBJ(c, OBJ_CACHE);
	for (size_t i = 0; i < c->shards_n; i++) {
		struct cache__shard *s = &c->shards[i];
		pthread_mutex_lock(&s->lock);
		snap_table_each(s->table, store__sweep_node, &sweep);
		for (size_t f = 0; f < CACHE__FLIGHT_BUCKETS; f++)
			for (struct cache_object *o = s->flights[f]; o; o = o->flight_next)
				o->doomed = true;
		pthread_mutex_unlock(&s->lock);
	}
	return sweep.removed;
}

void cache_stats(const struct cache *c, struct cache_stats *ret)
{
	OBJ(c, OBJ_CACHE);
	ret->objects = __atomic_load_n(&c->objects, __ATOMIC_RELAXED);
	ret->bytes = __atomic_load_n(&c->bytes, __ATOMIC_RELAXED);
	ret->bytes_max = c->bytes_max;
	ret->evicted = __atomic_load_n(&c->evicted, __ATOMIC_RELAXED);
	ret->inserted = __atomic_load_n(&c->inserted, __ATOMIC_RELAXED);
}
