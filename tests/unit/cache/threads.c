/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threads-cache: workers that lead, follow, find, freshen, remove and purge the same few keys at once, with a budget
 * that keeps evicting; every body is checked byte by byte. The origin's content has versions: after a purge that
 * followed a new version nobody may find an older one, whatever was being fetched meanwhile. For the thread sanitizer.
 * Threads CHECK instead of asserting.
 */
#include "test_cache.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/rng.h"
#include "cache/purge.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>

enum { WORKERS = 3, ROUNDS = 4000, KEYS = 24, BODY_BYTES_MAX = 90000, BYTES_MAX = 1 << 20 };

/* What the origin has of each key, and what was purged so that nothing older may be found; atomic. */
static uint64_t versions[KEYS], floors[KEYS];

struct worker {
	struct cache *c;
	struct cache_realm *realm;
	struct cache_policy p;
	struct rng rng;
	pthread_t thread;
	pthread_mutex_t lock; /* with the condition: this worker's mailbox */
	pthread_cond_t bell;
	bool rung;
	struct cache_waiter waiter;
	char *body;
	unsigned led, followed, found, cut, purged;
};

static char pattern(unsigned key, uint64_t at)
{
	return (char)(key * 31 + at * 2654435761u / 7);
}

static uint64_t length_of(unsigned key)
{
	return (uint64_t)key * key * 7919 % BODY_BYTES_MAX;
}

static void wake(struct cache_waiter *waiter)
{
	struct worker *w = (struct worker *)(void *)((char *)waiter - offsetof(struct worker, waiter));

	pthread_mutex_lock(&w->lock);
	w->rung = true;
	pthread_cond_signal(&w->bell);
	pthread_mutex_unlock(&w->lock);
}

/* Sleeps until the waiter is told; as a loop does, offline. */
static void sleep_until_rung(struct worker *w)
{
	snap_offline();
	pthread_mutex_lock(&w->lock);
	while (!w->rung)
		pthread_cond_wait(&w->bell, &w->lock);
	w->rung = false;
	pthread_mutex_unlock(&w->lock);
	snap_online();
}

static void forget_ring(struct worker *w)
{
	cache_wait_cancel(&w->waiter);
	pthread_mutex_lock(&w->lock);
	w->rung = false;
	pthread_mutex_unlock(&w->lock);
}

/* Reads a held object to its end, waiting for the leader when must be. */
static void read_all(struct worker *w, struct cache_object *o, unsigned key, bool patient)
{
	const struct cache_view *v = cache_view(o);
	uint64_t at = 0;

	CHECK(v->status == 200 && v->h1_fields.n > 0 && v->meta->ttl_s == 60);
	for (;;) {
		bool end, failed;
		struct slice run = cache_body_at(o, at, &end, &failed);
		for (size_t i = 0; i < run.n; i++)
			CHECK(run.p[i] == pattern(key, at + i));
		at += run.n;
		if (end) {
			CHECK(at == length_of(key) && cache_view(o)->has_length && cache_view(o)->length == at);
			return;
		}
		if (failed) {
			w->cut++;
			return;
		}
		if (run.n)
			continue;
		if (!patient)
			return;
		if (cache_wait(o, &w->waiter, CACHE_FILLING, at))
			sleep_until_rung(w);
		forget_ring(w);
	}
}

static uint64_t version_of(const struct cache_object *o)
{
	const struct cache_view *v = cache_view(o);
	const struct field *f = field_find_name(v->fields, v->fields_n, SLICE("version"));
	uint64_t n = 0;

	CHECK(f && slice_u64(f->value, &n));
	return n;
}

static void lead(struct worker *w, struct cache_object *o, unsigned key, const struct cache_request *q)
{
	char text[128];
	snprintf(text, sizeof text, "Cache-Control: max-age=60\nVersion: %llu\nCache-Tag: all, tag%u\n%s",
		 (unsigned long long)__atomic_load_n(&versions[key], __ATOMIC_SEQ_CST), key,
		 key % 3 ? "ETag: \"1\"\n" : "Vary: Foo\n");
	struct fixture_head r = fixture_head(text);
	struct cache_response response = fixture_response(200, &r);
	struct cache_meta m;
	uint64_t n = length_of(key), at = 0, fate = rng_next(&w->rng) % 16;

	w->led++;
	for (unsigned i = 0; i < 3; i++) { /* the origin thinks */
		snap_quiescent();
		sched_yield();
	}
	if (fate == 0) {
		cache_abandon(w->c, o);
		return;
	}
	response.has_length = rng_next(&w->rng) % 2;
	response.length = n;
	cache_judge_response(&w->p, q, &response, &m);
	if (cache_publish(w->c, o, q, &response, &m, NULL) != OK)
		return;
	while (at < n) {
		size_t piece = 1 + (size_t)(rng_next(&w->rng) % 30000);
		if (piece > n - at)
			piece = n - at;
		for (size_t i = 0; i < piece; i++)
			w->body[i] = pattern(key, at + i);
		if (cache_append(w->c, o, slice_of(w->body, piece)) != OK)
			return;
		at += piece;
		snap_quiescent();
		sched_yield(); /* others catch up */
		if (fate == 1) {
			cache_fail(w->c, o);
			return;
		}
	}
	CHECK(cache_complete(w->c, o) == OK);
}

static void freshen(struct worker *w, struct cache_object *flight, struct cache_object *stale,
		    const struct cache_request *q)
{
	struct fixture_head r = fixture_head("Cache-Control: max-age=60\nA: 1\n");
	struct cache_response r304 = fixture_response(304, &r);
	struct cache_object *fresh;
	struct cache_meta m;

	cache_judge_304(&w->p, q, stale, &r304, &m);
	if (cache_freshen(flight, stale, q, &r304, &m, &fresh) == OK)
		cache_unref(fresh);
	else
		cache_abandon(w->c, flight);
}

/* The origin gets new content, and then it is purged, in one of the ways there are. */
static void purge(struct worker *w, unsigned key)
{
	char host[16], path[16], tag[16];
	uint64_t version[KEYS];
	struct cache_purge p = { .by = (enum cache_purge_by)(rng_next(&w->rng) % 4), .realm = w->realm, .now_s = 1 };
	bool all = rng_next(&w->rng) % 8 == 0;
	unsigned from = all ? 0 : key, to = all ? KEYS : key + 1;

	for (unsigned i = from; i < to; i++)
		version[i] = __atomic_add_fetch(&versions[i], 1, __ATOMIC_SEQ_CST);
	p.host = slice_of(host, (size_t)snprintf(host, sizeof host, "h%u.test", key));
	p.path = slice_of(path, (size_t)snprintf(path, sizeof path, "/%u", key));
	p.tag = all ? SLICE("ALL") : slice_of(tag, (size_t)snprintf(tag, sizeof tag, "Tag%u", key));
	if (all && p.by != CACHE_PURGE_TAG)
		cache_purge_all(w->c, w->realm, false, 1);
	else
		cache_purge(w->c, &p);
	w->purged++;
	for (unsigned i = from; i < to; i++) {
		uint64_t floor = __atomic_load_n(&floors[i], __ATOMIC_SEQ_CST);
		while (floor < version[i] && !__atomic_compare_exchange_n(&floors[i], &floor, version[i], false,
									  __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			;
	}
}

/* One request: what the edge does with hit, stale copy and miss. */
static void request(struct worker *w, unsigned key, struct slice k, const struct cache_request *q)
{
	uint64_t hash = cache_hash(w->c, k), floor = __atomic_load_n(&floors[key], __ATOMIC_SEQ_CST);
	struct cache_object *o = cache_find(w->c, hash, k, q->fields, q->fields_n), *other = NULL, *flight;

	if (o && cache_is_purged(o, w->realm))
		o = NULL;
	CHECK(!o || version_of(o) >= floor);
	if (o && rng_next(&w->rng) % 8) {
		bool held = rng_next(&w->rng) % 2;
		w->found++;
		if (held)
			CHECK(cache_ref(o));
		read_all(w, o, key, held);
		if (held)
			cache_unref(o);
		return;
	}
	if (o)
		CHECK(cache_ref(o));
	flight = cache_lead(w->c, hash, k, &other);
	if (flight)
		cache_belongs(flight, w->realm, &w->p, slice_from(k, slice_rfind(k, '/')));
	if (!flight) {
		w->followed++;
		if (cache_wait(other, &w->waiter, CACHE_FLIGHT, 0))
			sleep_until_rung(w);
		forget_ring(w);
		if (cache_phase(other) == CACHE_FILLING || cache_phase(other) == CACHE_COMPLETE)
			read_all(w, other, key, true);
		cache_unref(other);
	} else if (o && cache_phase(o) == CACHE_COMPLETE &&
		   version_of(o) == __atomic_load_n(&versions[key], __ATOMIC_SEQ_CST)) {
		freshen(w, flight, o, q);
	} else {
		lead(w, flight, key, q);
	}
	cache_unref(flight);
	cache_unref(o);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	char text[32];

	snap_thread_start();
	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned key = (unsigned)(rng_next(&w->rng) % KEYS);
		struct slice k =
			slice_of(text, (size_t)snprintf(text, sizeof text, "http%ch%u.test%c/%u", 0, key, 0, key));
		struct fixture_head h = fixture_head(rng_next(&w->rng) % 2 ? "Foo: 1\n" : "Foo: 2\n");
		struct cache_request q = fixture_request(&h);
		struct cache_stats s;
		uint64_t what = rng_next(&w->rng) % 200;
		if (what == 0)
			cache_remove_all(w->c);
		else if (what < 4)
			cache_remove(w->c, cache_hash(w->c, k), k);
		else if (what < 12)
			purge(w, key);
		else
			request(w, key, k, &q);
		cache_stats(w->c, &s);
		snap_quiescent();
	}
	snap_thread_stop();
	return NULL;
}

int main(void)
{
	struct worker workers[WORKERS] = { 0 };
	struct cache_stats s;
	struct limits l;
	struct cache *c;

	limits_init(&l);
	l.cache_bytes_max = BYTES_MAX;
	l.cache_variants_max = 2;
	c = cache_new(&l, 4);
	struct cache_realm *realm = cache_realm_new(c);
	for (unsigned i = 0; i < WORKERS; i++) {
		struct worker *w = &workers[i];
		w->c = c;
		w->realm = realm;
		w->p = fixture_policy();
		w->waiter.wake = wake;
		w->body = mem_alloc(BODY_BYTES_MAX);
		rng_seed(&w->rng, i + 1);
		pthread_mutex_init(&w->lock, NULL);
		pthread_cond_init(&w->bell, NULL);
		CHECK(pthread_create(&w->thread, NULL, work, w) == 0);
	}
	for (unsigned i = 0; i < WORKERS; i++) {
		struct worker *w = &workers[i];
		pthread_join(w->thread, NULL);
		mem_free(w->body);
		pthread_cond_destroy(&w->bell);
		pthread_mutex_destroy(&w->lock);
		printf("worker %u: led %u, followed %u, found %u, saw %u cut, purged %u\n", i, w->led, w->followed,
		       w->found, w->cut, w->purged);
	}
	cache_stats(c, &s);
	printf("%llu objects, %llu bytes, %llu inserted, %llu evicted\n", (unsigned long long)s.objects,
	       (unsigned long long)s.bytes, (unsigned long long)s.inserted, (unsigned long long)s.evicted);
	snap_thread_start();
	cache_remove_all(c);
	snap_drain();
	cache_stats(c, &s);
	CHECK(s.objects == 0 && s.bytes == 0);
	cache_realm_unref(realm);
	cache_free(c);
	snap_thread_stop();
	return 0;
}
