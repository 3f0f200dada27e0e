/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evict: the byte budget of the whole cache, and S3-FIFO in each shard: new objects queue in `small`, a tenth of the
 * bytes; what was asked for again before its turn, or was evicted from there lately (ghost), goes to `main`, where a
 * use buys another round. Source: Yang et al., SOSP 2023; see store.h.
 * Only complete objects are queued, and those that somebody holds are passed over: their memory would not come back.
 */
#include "cache/object.h"

enum { EVICT__SMALL_PART = 10, EVICT__USES_FOR_MAIN = 2, EVICT__STEPS_MAX = 4096, EVICT__ROUNDS_MAX = 4 };

void evict__charge(struct cache *c, uint64_t n)
{
	__atomic_fetch_add(&c->bytes, n, __ATOMIC_RELAXED);
}

void evict__uncharge(struct cache *c, uint64_t n)
{
	uint64_t before = __atomic_fetch_sub(&c->bytes, n, __ATOMIC_RELAXED);

	CHECK(before >= n);
}

/* Bytes over the bound once all that is on its way out is gone. */
static uint64_t evict__excess(const struct cache *c)
{
	uint64_t bytes = __atomic_load_n(&c->bytes, __ATOMIC_RELAXED);
	uint64_t leaving = __atomic_load_n(&c->leaving, __ATOMIC_RELAXED);
	uint64_t stay = bytes > leaving ? bytes - leaving : 0;

	return stay > c->bytes_max ? stay - c->bytes_max : 0;
}

static void evict__push(struct cache__queue *q, struct cache_object *o)
{
	o->queue_newer = NULL;
	o->queue_older = q->newest;
	if (q->newest)
		q->newest->queue_newer = o;
	else
		q->oldest = o;
	q->newest = o;
	q->bytes += o->queued_bytes;
	q->count++;
}

static void evict__pull(struct cache__queue *q, struct cache_object *o)
{
	if (o->queue_newer)
		o->queue_newer->queue_older = o->queue_older;
	else
		q->newest = o->queue_older;
	if (o->queue_older)
		o->queue_older->queue_newer = o->queue_newer;
	else
		q->oldest = o->queue_newer;
	q->bytes -= o->queued_bytes;
	q->count--;
}

static uint64_t evict__fingerprint(uint64_t hash)
{
	return hash >> 32 << 32;
}

static void evict__haunt(struct cache__shard *s, uint64_t hash)
{
	s->ghost.slots[hash & s->ghost.mask] = evict__fingerprint(hash) | ++s->ghost.now;
}

/* Whether it was evicted from small within as many insertions as main has objects. Takes it out. */
static bool evict__was_here(struct cache__shard *s, uint64_t hash)
{
	uint64_t *slot = &s->ghost.slots[hash & s->ghost.mask];
	uint32_t since = s->ghost.now - (uint32_t)*slot;
	uint64_t memory = s->main.count > s->ghost.mask ? s->main.count : s->ghost.mask;

	if (*slot == 0 || evict__fingerprint(*slot) != evict__fingerprint(hash) || since > memory)
		return false;
	*slot = 0;
	return true;
}

void evict__insert(struct cache__shard *s, struct cache_object *o, bool straight_to_main)
{
	bool to_main = straight_to_main || evict__was_here(s, o->ghost_hash);

	CHECK(o->queue == CACHE__QUEUE_NONE);
	o->queued_bytes = o->charged + o->body->charged;
	o->queue = to_main ? CACHE__QUEUE_MAIN : CACHE__QUEUE_SMALL;
	evict__push(to_main ? &s->main : &s->small, o);
}

void evict__remove(struct cache__shard *s, struct cache_object *o)
{
	if (o->queue == CACHE__QUEUE_NONE)
		return;
	evict__pull(o->queue == CACHE__QUEUE_MAIN ? &s->main : &s->small, o);
	o->queue = CACHE__QUEUE_NONE;
}

/* Somebody besides the table holds it. */
static bool evict__is_held(const struct cache_object *o)
{
	return __atomic_load_n(&o->refs, __ATOMIC_RELAXED) > 1;
}

/* The head of small: out, with true and its ghost kept, or on to main. */
static bool evict__from_small(struct cache__shard *s, struct cache_object *o)
{
	if (__atomic_load_n(&o->uses, __ATOMIC_RELAXED) < EVICT__USES_FOR_MAIN && !evict__is_held(o)) {
		evict__haunt(s, o->ghost_hash);
		return true;
	}
	evict__pull(&s->small, o);
	o->queue = CACHE__QUEUE_MAIN;
	evict__push(&s->main, o);
	return false;
}

/* The head of main: out, with true, or another round. */
static bool evict__from_main(struct cache__shard *s, struct cache_object *o)
{
	uint8_t uses = __atomic_load_n(&o->uses, __ATOMIC_RELAXED);

	if (uses == 0 && !evict__is_held(o))
		return true;
	if (uses)
		__atomic_store_n(&o->uses, (uint8_t)(uses - 1), __ATOMIC_RELAXED);
	evict__pull(&s->main, o);
	evict__push(&s->main, o);
	return false;
}

/* Takes one object out of a shard. Returns false when there is none that may go. */
static bool evict__one(struct cache *c, struct cache__shard *s)
{
	uint64_t patience = s->main.count * EVICT__ROUNDS_MAX; /* then main is held by readers, and small has to give */

	for (unsigned steps = 0; steps < EVICT__STEPS_MAX; steps++) {
		bool small = s->small.oldest && (!s->main.oldest || steps > patience ||
						 s->small.bytes * EVICT__SMALL_PART > s->small.bytes + s->main.bytes);
		struct cache_object *o = small ? s->small.oldest : s->main.oldest;
		if (!o)
			return false;
		if (!(small ? evict__from_small(s, o) : evict__from_main(s, o)))
			continue;
		table__unlink(c, o);
		__atomic_fetch_add(&c->evicted, 1, __ATOMIC_RELAXED);
		return true;
	}
	return false;
}

enum err evict__reserve(struct cache *c, uint64_t n)
{
	size_t barren = 0;

	evict__charge(c, n);
	while (evict__excess(c) > 0) {
		size_t at = __atomic_fetch_add(&c->evict_at, 1, __ATOMIC_RELAXED) & (c->shards_n - 1);
		struct cache__shard *s = &c->shards[at];
		pthread_mutex_lock(&s->lock);
		bool gave = evict__one(c, s);
		pthread_mutex_unlock(&s->lock);
		barren = gave ? 0 : barren + 1;
		if (barren >= c->shards_n * EVICT__ROUNDS_MAX) {
			evict__uncharge(c, n);
			return ERR_MEMORY;
		}
	}
	return OK;
}
