/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object: the structs behind store.h, and what its files call of each other; private to the cache room.
 *
 * Who guards what: a shard's lock guards its table's writers, the chains of variants, flights, queues and the members
 * marked [shard]; an object's mutex guards its waiters; the leader alone writes the body. Neither lock is ever taken
 * inside another, except that waking happens under the object's mutex. The lock of the recent purges may be taken
 * inside a shard's; nothing is taken inside it.
 * References: one for the table (dropped a grace period after the object left it), one per caller. Memory goes with the
 * last one; the body is counted by itself, since a freshened object shares it.
 */
#ifndef CACHE_OBJECT_H
#define CACHE_OBJECT_H

#include "base/check.h"
#include "base/hash.h"
#include "cache/body.h"
#include "cache/store.h"

#include <pthread.h>
#include <stddef.h>

enum {
	CACHE__FLIGHT_BUCKETS = 256,
	CACHE__VARY_BYTES_MAX = 8192,
	CACHE__ALLOC_BYTES = 16 /* malloc's own, each */,
	CACHE__SHARD_ALIGN = 64,
	CACHE__RECENT_TAGS = 1024 /* purges by tag that are remembered for what was being fetched */
};

enum cache__queue_id { CACHE__QUEUE_NONE, CACHE__QUEUE_SMALL, CACHE__QUEUE_MAIN };

/* What the table holds: all stored answers for one primary key, newest first. */
struct cache__entry {
	struct snap_node node; /* first */
	struct snap_head later;
	struct cache *cache;
	struct cache_object *first; /* readers without lock */
	size_t variants_n;          /* [shard] */
	uint64_t hash;
	size_t key_n;
	char key[];
};

/* One place of an object in an index (purge.c). */
struct cache__link {
	uint64_t hash;
	struct cache__link *next, **prev; /* [shard] */
	struct cache_object *object;
};

struct cache__index {
	struct cache__link **slots; /* NULL: nothing was ever in it */
	size_t mask, count;
};

/* One zone; see purge.h. */
struct cache_realm {
	uint32_t refs;
	uint64_t id;
	uint64_t purged, softened; /* ticks; atomic */
	int64_t softened_s;        /* atomic */
};

/* What was purged by tag lately, with a lock of its own. */
struct cache__recent {
	pthread_mutex_t lock;
	uint64_t tick, lost; /* of the last one (atomic); of the last one that had to make room */
	size_t n;
	struct cache__recent_tag {
		uint64_t tick, hash;
		int64_t soft_s; /* 0: hard */
	} tags[CACHE__RECENT_TAGS];
};

struct cache_object {
	uint32_t magic; /* OBJ_CACHE_OBJECT */
	uint32_t refs;
	uint8_t phase;   /* enum cache_phase; atomic */
	uint8_t uses;    /* since it was queued, 0 to 3; atomic, races lose a count */
	uint8_t queue;   /* enum cache__queue_id [shard] */
	bool linked;     /* in the table [shard] */
	bool flying;     /* in the flights [shard] */
	bool doomed;     /* removed while it was a flight: takes no place [shard] */
	bool loose;      /* its key does not tell the URL exactly [shard] */
	uint64_t born;   /* tick when its fetch began */
	int64_t stale_s; /* when it was made stale by a purge, 0: was not; atomic */
	struct cache *cache;
	struct cache__entry *entry;                                   /* when linked [shard] */
	struct cache_object *next;                                    /* older variant; readers without lock */
	struct cache_object *queue_newer, *queue_older, *flight_next; /* [shard] */
	uint64_t hash, ghost_hash;                                    /* of the key; of key and variant */
	size_t queued_bytes;                                          /* [shard] */
	uint64_t realm_id;
	uint64_t asked;            /* link of the visitor's URL when the key holds another path; 0: it does not */
	struct cache__link *links; /* where it stands in the indexes: of its name, then of its tags */
	size_t named_n, links_n;
	uint64_t charged, leaving; /* bytes: own memory; announced as leaving */
	struct snap_head later;
	pthread_mutex_t mutex;
	struct cache_waiter *waiters; /* [mutex] */
	struct cache__body *body;
	void *head;              /* fields and text, one allocation */
	struct cache_view *view; /* of the two below, the one that holds now; atomic */
	struct cache_view first_view;
	struct cache_view *last_view; /* when the length was not announced */
	struct cache_meta meta;
	struct slice vary_names, vary_key, content_language; /* in head */
	size_t key_n;
	char key[];
};

/* A FIFO of one shard; bodies are accounted with the object that brought them. */
struct cache__queue {
	struct cache_object *newest, *oldest;
	uint64_t bytes, count;
};

/* Which keys were evicted from the small queue lately: a table of fingerprints, each with the time it was put there,
 * counted in insertions. */
struct cache__ghost {
	uint64_t *slots; /* high half fingerprint, low half time */
	size_t mask;
	uint32_t now;
};

struct cache__shard {
	pthread_mutex_t lock;
	struct snap_table *table;
	struct cache_object *flights[CACHE__FLIGHT_BUCKETS];
	struct cache__queue small, main;
	struct cache__ghost ghost;
	struct cache__index by_host, by_name; /* hosts; names and tags */
} __attribute__((aligned(CACHE__SHARD_ALIGN)));

struct cache {
	uint32_t magic; /* OBJ_CACHE */
	struct hash_key key;
	uint64_t bytes_max, object_bytes_max;
	size_t variants_max;
	size_t shards_n;
	struct cache__shard *shards; /* aligned, in shards_memory */
	void *shards_memory;
	/* Atomic. bytes: all memory of objects. leaving: the part of it that is only waiting for its grace period. */
	uint64_t bytes, leaving, objects, evicted, inserted;
	uint64_t evict_at; /* the next shard to give something up */
	uint64_t tick;     /* grows with each purge; atomic */
	struct cache__recent recent;
};

/* store.c */
/* Where a hash lives. */
struct cache__shard *store__shard(const struct cache *c, uint64_t hash);

/* object.c */
/* A flight with one reference, charged but in no map yet. */
struct cache_object *object__new(struct cache *c, uint64_t hash, struct slice key);
/* Tells all waiters once. No shard lock held. */
void object__wake(struct cache_object *o);
void object__set_phase(struct cache_object *o, enum cache_phase phase);

/* head.c */
struct head__source {
	const struct field *fields; /* to be filtered */
	size_t fields_n;
	const struct cache_control *cc; /* or NULL */
	const struct cache_request *q;
	uint16_t status;
	int64_t response_s, stored_s;
};
/* Builds what readers see but for length, and the vary key; charges the object. errors: ERR_MEMORY, ERR_HEAD_LARGE; o
 * is as before then. */
enum err head__build(struct cache_object *o, const struct head__source *s, const struct cache_meta *meta) MUST_USE;

/* table.c; shard lock held. */
struct cache__entry *table__get(const struct cache *c, uint64_t hash, struct slice key);
/* Puts o in the place of those that would answer q, and takes the oldest variants over the bound out. */
void table__link(struct cache *c, struct cache_object *o, const struct cache_request *q);
/* Takes o out of table and queue; its memory follows after a grace period and the last reference. */
void table__unlink(struct cache *c, struct cache_object *o);
/* The other way round: whether o's stored vary key is what these request fields give. No lock needed. */
bool table__fits(const struct cache_object *o, const struct field *request_fields, size_t request_n);
/* Takes o out of the flights if it is there. */
void table__land(struct cache_object *o);

/* realm.c */
/* The next tick. */
uint64_t realm__tick(struct cache *c);

/* purge.c */
/* Makes the links of an object whose head was built, and charges it. No lock needed. */
void purge__describe(struct cache_object *o);
/* Puts them into the shard's indexes and takes them out; shard lock held. */
void purge__link(struct cache__shard *s, struct cache_object *o);
void purge__unlink(struct cache__shard *s, struct cache_object *o);
/* Dooms o, or makes it stale, when one of its tags was purged since its fetch began; shard lock held. */
void purge__late_tags(struct cache_object *o);
/* Frees an empty index. */
void purge__index_fini(struct cache__index *x);

/* evict.c */
/* Counts n more bytes, evicting first when that goes over the bound. errors: ERR_MEMORY. No shard lock held. */
enum err evict__reserve(struct cache *c, uint64_t n) MUST_USE;
/* Counts without asking: for what must not fail and is small. */
void evict__charge(struct cache *c, uint64_t n);
void evict__uncharge(struct cache *c, uint64_t n);
/* Queues a complete object: small, or main when its ghost was there. Shard lock held. */
void evict__insert(struct cache__shard *s, struct cache_object *o, bool straight_to_main);
void evict__remove(struct cache__shard *s, struct cache_object *o);

#endif
