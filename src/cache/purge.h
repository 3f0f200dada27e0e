/* SPDX-License-Identifier: Apache-2.0 */
/*
 * purge: taking stored answers away, or making them stale, by URL, host, prefix, tag, or all of a zone.
 *
 * A realm is one zone as the cache sees it. Everything of a realm goes by one number: objects carry the tick at which
 * their fetch began, and those from before the realm's last purge are not used any more (their memory leaves in the
 * order of eviction). The other forms find their objects through indexes that each shard keeps by name, host and tag.
 * What is being fetched meanwhile counts as stored before: it is not kept (or is stale at once), because the origin may
 * have read it before whoever purges changed it. Source of the forms: Cloudflare, cache/how-to/purge-cache.
 */
#ifndef CACHE_PURGE_H
#define CACHE_PURGE_H

#include "cache/store.h"

struct cache_realm;

/* A new realm, of which nothing is stored yet. One reference, the caller's. Any thread. */
struct cache_realm *cache_realm_new(struct cache *c) __attribute__((returns_nonnull));
/* One more. */
struct cache_realm *cache_realm_ref(struct cache_realm *realm) __attribute__((returns_nonnull));
/* Drops one. NULL is fine. */
void cache_realm_unref(struct cache_realm *realm);

/*
 * Leader, before cache_publish: the flight is fetched for this realm (NULL: none). path: the visitor's path and query;
 * when the key of this policy does not tell it byte by byte (a shorter query, parameters in order), a purge of any URL
 * with the same path whose parameters include the key's takes the object away. When a rule rewrote the path, the URL
 * that the visitor sent, of the request that had it stored, takes it away too.
 */
void cache_belongs(struct cache_object *flight, const struct cache_realm *realm, const struct cache_policy *p,
		   struct slice path);

/* True when the realm was purged since the fetch of o began: o must not be used. cost: two loads. */
bool cache_is_purged(const struct cache_object *o, const struct cache_realm *realm);
/*
 * The object's meta as it holds now: its own, or *copy with the lifetime ended at the time when it was made stale.
 * cost: three loads.
 */
const struct cache_meta *cache_meta_now(const struct cache_object *o, const struct cache_realm *realm,
					struct cache_meta *copy);

enum cache_purge_by { CACHE_PURGE_URL, CACHE_PURGE_HOST, CACHE_PURGE_PREFIX, CACHE_PURGE_TAG };

/* One thing to purge. */
struct cache_purge {
	enum cache_purge_by by;
	bool soft; /* keep it, stale */
	const struct cache_realm *realm;
	int64_t now_s;     /* wall clock */
	struct slice host; /* canonical; all but TAG */
	struct slice path; /* URL: path and query; PREFIX: empty or a path, which covers itself and what lies below */
	struct slice tag;  /* TAG: in any case */
	/* URL: only what a request with these fields would be answered with. Otherwise all variants. */
	bool selects;
	const struct field *fields;
	size_t fields_n;
};

/*
 * Carries it out; returns how many stored objects it met. When it returns, no request that begins later gets one of
 * them. thread: any snap thread; takes the shards' locks one after the other. cost: one look-up a shard and the objects
 * it meets; PREFIX walks all objects of the host.
 */
size_t cache_purge(struct cache *c, const struct cache_purge *p);
/* Everything of the realm, at once. Any thread. */
void cache_purge_all(struct cache *c, struct cache_realm *realm, bool soft, int64_t now_s);

#endif
