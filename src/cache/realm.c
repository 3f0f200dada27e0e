/* SPDX-License-Identifier: Apache-2.0 */
/* realm: see purge.h. Ticks are drawn from the cache's one counter; an object that began in tick t is from before a
 * purge that drew a later one. */
#include "base/mem.h"
#include "cache/object.h"
#include "cache/purge.h"

uint64_t realm__tick(struct cache *c)
{
	return __atomic_add_fetch(&c->tick, 1, __ATOMIC_ACQ_REL);
}

struct cache_realm *cache_realm_new(struct cache *c)
{
	struct cache_realm *realm = mem_alloc(sizeof *realm);

	OBJ(c, OBJ_CACHE);
	realm->refs = 1;
	realm->id = realm->purged = realm__tick(c);
	return realm;
}

struct cache_realm *cache_realm_ref(struct cache_realm *realm)
{
	CHECK(__atomic_fetch_add(&realm->refs, 1, __ATOMIC_RELAXED) > 0);
	return realm;
}

void cache_realm_unref(struct cache_realm *realm)
{
	if (realm && __atomic_fetch_sub(&realm->refs, 1, __ATOMIC_ACQ_REL) == 1)
		mem_free(realm);
}

bool cache_is_purged(const struct cache_object *o, const struct cache_realm *realm)
{
	return realm && o->born < __atomic_load_n(&realm->purged, __ATOMIC_ACQUIRE);
}

const struct cache_meta *cache_meta_now(const struct cache_object *o, const struct cache_realm *realm,
					struct cache_meta *copy)
{
	const struct cache_meta *m = cache_view(o)->meta;
	int64_t since = __atomic_load_n(&o->stale_s, __ATOMIC_RELAXED), all;

	if (realm && o->born < __atomic_load_n(&realm->softened, __ATOMIC_ACQUIRE)) {
		all = __atomic_load_n(&realm->softened_s, __ATOMIC_RELAXED);
		since = since && since < all ? since : all;
	}
	if (since == 0)
		return m;
	*copy = *m;
	all = cache_age(m, since);
	copy->ttl_s = all < m->ttl_s ? all : m->ttl_s;
	return copy;
}

void cache_purge_all(struct cache *c, struct cache_realm *realm, bool soft, int64_t now_s)
{
	uint64_t tick = realm__tick(c);

	OBJ(c, OBJ_CACHE);
	if (soft) {
		__atomic_store_n(&realm->softened_s, now_s, __ATOMIC_RELAXED);
		__atomic_store_n(&realm->softened, tick, __ATOMIC_RELEASE);
	} else {
		__atomic_store_n(&realm->purged, tick, __ATOMIC_RELEASE);
	}
}
