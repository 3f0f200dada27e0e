/* SPDX-License-Identifier: Apache-2.0 */
/*
 * purge: the indexes of a shard and the walks through them; see purge.h. An object stands in the index by the links
 * that it brings: one by host, one by name (host, path and query; or host and path when its key is loose), one for each
 * tag. Links of one object in one slot are neighbours: they come and go together.
 */
#include "cache/purge.h"

#include "base/mem.h"
#include "cache/object.h"
#include "wire/uri.h"

enum {
	PURGE__SLOTS_MIN = 64,
	PURGE__TAGS_MAX = 1000,          /* more: the object goes with any tag of its realm */
	PURGE__TAG_BYTES_MAX = 16384,    /* of all tags; more: the same */
	PURGE__HASH_BYTES_MAX = 1 << 17, /* host and target are far shorter */
	PURGE__PARAMS_MAX = 64           /* of a URL that are compared one by one; more: all of it counts as met */
};

/* ---- names */

struct purge__name {
	struct slice host, path;
	struct slice more; /* behind the path */
};

/* Reads back what cache_key and cache_key_fields wrote. False for a key of another making. */
static bool purge__name(struct slice key, struct purge__name *ret)
{
	slice_split(&key, '\0');
	if (!key.p)
		return false;
	ret->host = slice_split(&key, '\0');
	if (!key.p)
		return false;
	ret->path = slice_split(&key, '\0');
	ret->more = key;
	return true;
}

/* One number for kind, realm and texts; keyed, so that nobody outside can choose equal ones. */
static uint64_t purge__hash(const struct cache *c, char kind, uint64_t realm, struct slice a, struct slice b)
{
	uint64_t parts[3] = { hash_bytes(&c->key, a), hash_bytes(&c->key, b), realm << 8 | (uint8_t)kind };

	return hash_bytes(&c->key, slice_of(parts, sizeof parts));
}

static uint64_t purge__hash_tag(const struct cache *c, uint64_t realm, struct slice tag)
{
	char lower[PURGE__TAG_BYTES_MAX];

	if (tag.n > sizeof lower)
		tag.n = sizeof lower;
	for (size_t i = 0; i < tag.n; i++)
		lower[i] = slice_lower(tag.p[i]);
	return purge__hash(c, 't', realm, slice_of(lower, tag.n), slice_of(NULL, 0));
}

/* ---- what an object brings */

static size_t purge__count_tags(const struct cache_view *v)
{
	size_t n = 0, bytes = 0;

	for (size_t i = 0; i < v->inward_n; i++) {
		struct slice rest = v->inward[i].value, tag;
		if (v->inward[i].id != FIELD_CACHE_TAG)
			continue;
		bytes += rest.n;
		while (field_list_next(&rest, &tag))
			n++;
	}
	return n > PURGE__TAGS_MAX || bytes > PURGE__TAG_BYTES_MAX ? SIZE_MAX : n;
}

static void purge__add(struct cache_object *o, uint64_t hash)
{
	struct cache__link *l = &o->links[o->links_n++];

	l->hash = hash;
	l->object = o;
}

static void purge__add_tags(struct cache_object *o)
{
	const struct cache_view *v = &o->first_view;

	for (size_t i = 0; i < v->inward_n; i++) {
		struct slice rest = v->inward[i].value, tag;
		if (v->inward[i].id != FIELD_CACHE_TAG)
			continue;
		while (field_list_next(&rest, &tag))
			if (tag.n)
				purge__add(o, purge__hash_tag(o->cache, o->realm_id, tag));
	}
}

void purge__describe(struct cache_object *o)
{
	size_t tags = purge__count_tags(&o->first_view), cap = 3 + (tags == SIZE_MAX ? 1 : tags);
	struct slice none = slice_of(NULL, 0);
	struct purge__name name;

	CHECK(!o->links);
	o->links = mem_alloc_array(cap, sizeof *o->links);
	if (purge__name(slice_of(o->key, o->key_n), &name)) {
		purge__add(o, purge__hash(o->cache, 'h', 0, name.host, none));
		if (o->loose)
			purge__add(o, purge__hash(o->cache, 'l', 0, name.host, uri_path(name.path)));
		else
			purge__add(o, purge__hash(o->cache, 'u', 0, name.host, name.path));
	}
	if (o->asked)
		purge__add(o, o->asked);
	o->named_n = o->links_n;
	if (tags == SIZE_MAX)
		purge__add(o, purge__hash_tag(o->cache, o->realm_id, none));
	else
		purge__add_tags(o);
	o->charged += cap * sizeof *o->links + CACHE__ALLOC_BYTES;
	evict__charge(o->cache, cap * sizeof *o->links + CACHE__ALLOC_BYTES);
}

/* ---- the index; shard lock held */

static struct cache__index *purge__index(struct cache__shard *s, const struct cache_object *o, size_t link)
{
	/* Hosts have few, long chains: apart from the others, whose chains are short. */
	return o->named_n && link == 0 ? &s->by_host : &s->by_name;
}

static void purge__put(struct cache__index *x, struct cache__link *l)
{
	struct cache__link **slot = &x->slots[l->hash & x->mask];

	l->next = *slot;
	l->prev = slot;
	if (l->next)
		l->next->prev = &l->next;
	*slot = l;
}

/* Twice as many slots. Neighbours stay neighbours: a slot's links go to two others in the same order, turned round. */
static void purge__grow(struct cache__index *x)
{
	struct cache__index old = *x;
	size_t n = old.slots ? (old.mask + 1) * 2 : PURGE__SLOTS_MIN;

	x->slots = mem_alloc_array(n, sizeof(struct cache__link *));
	x->mask = n - 1;
	for (size_t i = 0; old.slots && i <= old.mask; i++) {
		for (struct cache__link *l = old.slots[i], *next; l; l = next) {
			next = l->next;
			purge__put(x, l);
		}
	}
	mem_free(old.slots);
}

void purge__link(struct cache__shard *s, struct cache_object *o)
{
	for (size_t i = 0; i < o->links_n; i++) {
		struct cache__index *x = purge__index(s, o, i);
		if (!x->slots || x->count > x->mask * 2)
			purge__grow(x);
		x->count++;
		purge__put(x, &o->links[i]);
	}
}

void purge__unlink(struct cache__shard *s, struct cache_object *o)
{
	for (size_t i = 0; i < o->links_n; i++) {
		struct cache__link *l = &o->links[i];
		purge__index(s, o, i)->count--;
		*l->prev = l->next;
		if (l->next)
			l->next->prev = l->prev;
		l->prev = NULL;
		l->next = NULL;
	}
}

void purge__index_fini(struct cache__index *x)
{
	CHECK(x->count == 0);
	mem_free(x->slots);
}

/* ---- whether an object is meant */

/* Every parameter of `key` is one of `url`'s. */
static bool purge__includes(struct slice url, struct slice key)
{
	struct slice rest = url, wanted, params[PURGE__PARAMS_MAX];
	size_t n = 0, i;

	while (rest.p && n < PURGE__PARAMS_MAX)
		params[n++] = slice_split(&rest, '&');
	if (rest.p)
		return true;
	while (key.p) {
		wanted = slice_split(&key, '&');
		for (i = 0; i < n && !slice_eq(params[i], wanted); i++)
			;
		if (i == n)
			return false;
	}
	return true;
}

static bool purge__is_url(const struct cache_purge *p, const struct purge__name *name, bool loose)
{
	if (!loose)
		return slice_eq(name->path, p->path);
	return slice_eq(uri_path(name->path), uri_path(p->path)) &&
	       purge__includes(uri_query(p->path), uri_query(name->path));
}

static bool purge__is_below(struct slice path, struct slice prefix)
{
	if (prefix.n == 0 || (slice_starts(path, prefix) && slice_ends(prefix, SLICE("/"))))
		return true;
	return slice_starts(path, prefix) && (path.n == prefix.n || path.p[prefix.n] == '/' || path.p[prefix.n] == '?');
}

static bool purge__names(const struct cache_purge *p, struct slice key, bool loose)
{
	struct purge__name name;

	if (!purge__name(key, &name) || !slice_eq(name.host, p->host))
		return false;
	if (p->by == CACHE_PURGE_URL)
		return purge__is_url(p, &name, loose);
	return p->by == CACHE_PURGE_HOST || purge__is_below(name.path, p->path);
}

/* Whether one part of a key behind the URL is what these fields make; parts that they do not tell count as met. */
static bool purge__makes(const struct cache_purge *p, struct slice part)
{
	bool presence = slice_starts(part, SLICE("?"));
	struct slice value = presence ? slice_from(part, 1) : part, name = slice_split(&value, ':');
	const struct field *f = field_find_name(p->fields, p->fields_n, name);

	/* Cookies, language and device: "cookie/…" is no header name. */
	if (slice_find(name, '/') != SIZE_MAX)
		return true;
	return f && (presence || slice_eq(f->value, value));
}

/* Whether a request with the purge's fields would be answered with this. */
static bool purge__selects(const struct cache_purge *p, const struct cache_object *o)
{
	char more[PURGE__TAG_BYTES_MAX];
	struct purge__name name = { .more = slice_of(NULL, 0) };

	if (!p->selects)
		return true;
	if (purge__name(slice_of(o->key, o->key_n), &name)) {
		size_t n = cache_key_fields(p->fields, p->fields_n, more, 0, sizeof more);
		/* Each part begins with the NUL that the name was cut at; these come first. */
		struct slice wanted = n == SIZE_MAX ? slice_of(NULL, 0) : slice_from(slice_of(more, n), 1);
		if (wanted.n && !slice_starts(name.more, wanted))
			return false;
		while (name.more.p)
			if (!purge__makes(p, slice_split(&name.more, '\0')))
				return false;
	}
	return table__fits(o, p->fields, p->fields_n);
}

/* ---- walks; shard lock held */

static size_t purge__meet(struct cache *c, const struct cache_purge *p, struct cache_object *o)
{
	if (!p->soft)
		table__unlink(c, o);
	else if (__atomic_load_n(&o->stale_s, __ATOMIC_RELAXED) == 0)
		__atomic_store_n(&o->stale_s, p->now_s, __ATOMIC_RELAXED);
	return 1;
}

/* Meets every object of the chain that brings a link with that hash. */
static size_t purge__walk(struct cache *c, const struct cache__index *x, const struct cache_purge *p, uint64_t hash)
{
	struct cache__link *next;
	size_t met = 0;

	for (struct cache__link *l = x->slots ? x->slots[hash & x->mask] : NULL; l; l = next) {
		struct cache_object *o = l->object;
		bool brings = false;
		/* All links of o in this chain may be gone after this. */
		for (next = l; next && next->object == o; next = next->next)
			brings |= next->hash == hash;
		if (!brings)
			continue;
		if (p->by == CACHE_PURGE_TAG || (o->asked == hash && purge__selects(p, o)) ||
		    (purge__names(p, slice_of(o->key, o->key_n), o->loose) && purge__selects(p, o)))
			met += purge__meet(c, p, o);
	}
	return met;
}

/* What is being fetched for a name that is purged: not kept, or stale at once. */
static void purge__flights(struct cache__shard *s, const struct cache_purge *p, uint64_t asked)
{
	for (size_t i = 0; i < CACHE__FLIGHT_BUCKETS; i++) {
		for (struct cache_object *o = s->flights[i]; o; o = o->flight_next) {
			if (!(asked && o->asked == asked) && !purge__names(p, slice_of(o->key, o->key_n), o->loose))
				continue;
			if (!p->soft)
				o->doomed = true;
			else
				__atomic_store_n(&o->stale_s, p->now_s, __ATOMIC_RELAXED);
		}
	}
}

/* ---- tags of what is being fetched are not known yet: the purges of late are remembered */

static void purge__remember(struct cache *c, const struct cache_purge *p, uint64_t hash)
{
	struct cache__recent *r = &c->recent;

	pthread_mutex_lock(&r->lock);
	uint64_t tick = realm__tick(c);
	struct cache__recent_tag *slot = &r->tags[r->n++ % CACHE__RECENT_TAGS];
	r->lost = slot->tick;
	*slot = (struct cache__recent_tag){ tick, hash, p->soft ? p->now_s : 0 };
	__atomic_store_n(&r->tick, tick, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&r->lock);
}

static bool purge__has_tag(const struct cache_object *o, uint64_t hash)
{
	for (size_t i = o->named_n; i < o->links_n; i++)
		if (o->links[i].hash == hash)
			return true;
	return false;
}

void purge__late_tags(struct cache_object *o)
{
	struct cache__recent *r = &o->cache->recent;

	if (o->links_n == o->named_n || __atomic_load_n(&r->tick, __ATOMIC_ACQUIRE) <= o->born)
		return;
	uint64_t any = purge__hash_tag(o->cache, o->realm_id, slice_of(NULL, 0));
	pthread_mutex_lock(&r->lock);
	if (r->lost > o->born)
		o->doomed = true;
	for (size_t i = 0; i < CACHE__RECENT_TAGS; i++) {
		const struct cache__recent_tag *t = &r->tags[i];
		if (t->tick <= o->born || !(purge__has_tag(o, t->hash) || purge__has_tag(o, any)))
			continue;
		if (t->soft_s)
			__atomic_store_n(&o->stale_s, t->soft_s, __ATOMIC_RELAXED);
		else
			o->doomed = true;
	}
	pthread_mutex_unlock(&r->lock);
}

/* ---- the purge */

size_t cache_purge(struct cache *c, const struct cache_purge *p)
{
	struct slice none = slice_of(NULL, 0);
	uint64_t realm = p->realm ? p->realm->id : 0, first, second = 0, asked = 0;
	bool by_host = p->by == CACHE_PURGE_HOST || p->by == CACHE_PURGE_PREFIX;
	size_t met = 0;

	OBJ(c, OBJ_CACHE);
	if (by_host) {
		first = purge__hash(c, 'h', 0, p->host, none);
	} else if (p->by == CACHE_PURGE_TAG) {
		first = purge__hash_tag(c, realm, p->tag);
		second = purge__hash_tag(c, realm, none);
		purge__remember(c, p, first);
	} else {
		first = purge__hash(c, 'u', 0, p->host, p->path);
		second = purge__hash(c, 'l', 0, p->host, uri_path(p->path));
		asked = purge__hash(c, 'a', 0, p->host, p->path);
	}
	for (size_t i = 0; i < c->shards_n; i++) {
		struct cache__shard *s = &c->shards[i];
		pthread_mutex_lock(&s->lock);
		met += purge__walk(c, by_host ? &s->by_host : &s->by_name, p, first);
		if (!by_host)
			met += purge__walk(c, &s->by_name, p, second);
		if (asked)
			met += purge__walk(c, &s->by_name, p, asked);
		if (p->by != CACHE_PURGE_TAG)
			purge__flights(s, p, asked);
		pthread_mutex_unlock(&s->lock);
	}
	return met;
}

void cache_belongs(struct cache_object *flight, const struct cache_realm *realm, const struct cache_policy *p,
		   struct slice path)
{
	struct cache__shard *s = store__shard(flight->cache, flight->hash);
	struct purge__name name;

	OBJ(flight, OBJ_CACHE_OBJECT);
	bool known = purge__name(slice_of(flight->key, flight->key_n), &name);
	/* A purge may be looking at the flight. */
	pthread_mutex_lock(&s->lock);
	flight->realm_id = realm ? realm->id : 0;
	flight->loose = known && (p->sort_query || p->key || !slice_eq(name.path, path));
	flight->asked = known && !slice_eq(uri_path(name.path), uri_path(path))
				? purge__hash(flight->cache, 'a', 0, name.host, path)
				: 0;
	pthread_mutex_unlock(&s->lock);
}
