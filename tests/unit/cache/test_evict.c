/* SPDX-License-Identifier: Apache-2.0 */
/* The byte budget, and who leaves when it is used up: S3-FIFO as in the paper's section 4, one shard. */
#include "test_cache.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdio.h>

enum { BYTES_MAX = 1 << 20, BODY_BYTES = 20000 }; /* room for about 50 */

struct world {
	struct cache *c;
	char *body;
};

static int set_up(void **state)
{
	struct world *w = mem_alloc(sizeof *w);
	struct limits l;

	CHECK(snap_thread_start());
	limits_init(&l);
	l.cache_bytes_max = BYTES_MAX;
	l.cache_object_bytes_max = BYTES_MAX;
	w->c = cache_new(&l, 1);
	w->body = mem_alloc(2 * BYTES_MAX);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	struct cache_stats s;

	cache_remove_all(w->c);
	snap_drain();
	cache_stats(w->c, &s);
	assert_int_equal(s.bytes, 0);
	cache_free(w->c);
	mem_free(w->body);
	mem_free(w);
	snap_thread_stop();
	return 0;
}

static struct slice key_of(unsigned i, char out[static 32])
{
	return slice_of(out, (size_t)snprintf(out, 32, "key-%u", i));
}

/* Publishes an object of n bytes and fills it; the caller completes. */
static enum err fill(struct world *w, unsigned i, size_t n, struct cache_object **ret)
{
	struct fixture_head q = fixture_head(NULL), r = fixture_head("Cache-Control: max-age=60\n");
	struct cache_request request = fixture_request(&q);
	struct cache_response response = fixture_response(200, &r);
	struct cache_meta m = { .store = true, .ttl_s = 60, .response_s = FIXTURE_NOW };
	struct cache_object *other;
	char key[32];
	struct slice k = key_of(i, key);
	enum err e;

	response.has_length = true;
	response.length = n;
	*ret = cache_lead(w->c, cache_hash(w->c, k), k, &other);
	assert_non_null(*ret);
	e = cache_publish(w->c, *ret, &request, &response, &m, NULL);
	return e != OK ? e : cache_append(w->c, *ret, slice_of(w->body, n));
}

static void store(struct world *w, unsigned i)
{
	struct cache_object *o;

	assert_int_equal(fill(w, i, BODY_BYTES, &o), OK);
	assert_int_equal(cache_complete(w->c, o), OK);
	cache_unref(o);
	snap_quiescent();
	if (i % 25)
		return; /* a grace period takes milliseconds */
	/* Never over the bound, however much has passed through. */
	snap_drain();
	struct cache_stats s;
	cache_stats(w->c, &s);
	assert_true(s.bytes <= s.bytes_max);
}

static bool is_there(struct world *w, unsigned i)
{
	char key[32];
	struct slice k = key_of(i, key);

	return cache_find(w->c, cache_hash(w->c, k), k, NULL, 0) != NULL;
}

static struct cache_object *hold(struct world *w, unsigned i)
{
	char key[32];
	struct slice k = key_of(i, key);
	struct cache_object *o = cache_find(w->c, cache_hash(w->c, k), k, NULL, 0);

	assert_non_null(o);
	assert_true(cache_ref(o));
	return o;
}

/* A scan of things asked for once does not drive out what is used. */
static void scan_resistance(void **state)
{
	struct world *w = *state;
	struct cache_stats s;
	unsigned left = 0;

	for (unsigned i = 0; i < 10; i++) {
		store(w, i);
		assert_true(is_there(w, i) && is_there(w, i)); /* two uses */
	}
	for (unsigned i = 100; i < 400; i++)
		store(w, i);
	for (unsigned i = 0; i < 10; i++)
		assert_true(is_there(w, i));
	for (unsigned i = 100; i < 400; i++)
		left += is_there(w, i);
	cache_stats(w->c, &s);
	assert_true(left >= 38 && left <= 42);
	assert_int_equal(s.objects, left + 10);
	assert_int_equal(s.evicted, 300 - left);
	assert_true(is_there(w, 399));
	assert_false(is_there(w, 100));
}

/* Without uses it is first in, first out. */
static void oldest_first(void **state)
{
	struct world *w = *state;
	bool seen = false;

	for (unsigned i = 0; i < 200; i++)
		store(w, i);
	for (unsigned i = 0; i < 200; i++) {
		bool there = is_there(w, i);
		assert_true(there || !seen); /* once they begin, all are there */
		seen |= there;
	}
	assert_true(seen);
}

/* What comes back soon after it left the small queue goes to the main one. */
static void ghosts(void **state)
{
	struct world *w = *state;
	unsigned gone = 0;

	for (unsigned i = 0; i < 60; i++)
		store(w, i);
	while (is_there(w, gone))
		gone++;
	store(w, gone);
	for (unsigned i = 1000; i < 1045; i++) /* enough to empty the small queue of its like */
		store(w, i);
	assert_true(is_there(w, gone));
}

/* In main, uses buy rounds; without, things leave there too. */
static void main_is_not_for_ever(void **state)
{
	struct world *w = *state;

	for (unsigned i = 0; i < 50; i++) {
		store(w, i);
		assert_true(is_there(w, i) && is_there(w, i) && is_there(w, i));
	}
	for (unsigned round = 1; round < 8; round++) {
		for (unsigned i = 0; i < 50; i++) {
			store(w, round * 1000 + i);
			assert_true(is_there(w, round * 1000 + i) && is_there(w, round * 1000 + i));
		}
	}
	for (unsigned i = 0; i < 50; i++)
		assert_false(is_there(w, i));
}

static void what_is_held_stays(void **state)
{
	struct world *w = *state;
	struct cache_object *held[45], *o;
	struct cache_stats s;

	for (unsigned i = 0; i < 45; i++) {
		store(w, i);
		held[i] = hold(w, i);
	}
	for (unsigned i = 100; i < 200; i++)
		store(w, i);
	for (unsigned i = 0; i < 45; i++)
		assert_int_equal(cache_phase(held[i]), CACHE_COMPLETE);
	/* When nothing may go there is no room, and nothing is left of the attempt. */
	assert_int_equal(fill(w, 999, 300000, &o), ERR_MEMORY);
	assert_int_equal(cache_phase(o), CACHE_DEAD);
	cache_unref(o);
	assert_false(is_there(w, 999));
	snap_drain();
	cache_stats(w->c, &s);
	assert_true(s.bytes <= s.bytes_max);
	for (unsigned i = 0; i < 45; i++)
		cache_unref(held[i]);
	store(w, 999);
}

/* What is being filled is not evicted by others; when it fills all, the next fails. */
static void filling_stays(void **state)
{
	struct world *w = *state;
	struct cache_object *a, *b;

	store(w, 1);
	assert_int_equal(fill(w, 2, 1040000, &a), OK);
	assert_false(is_there(w, 1));
	assert_int_equal(fill(w, 3, 500000, &b), ERR_MEMORY);
	cache_unref(b);
	assert_int_equal(cache_complete(w->c, a), OK);
	assert_int_equal(fill(w, 3, 500000, &b), ERR_MEMORY); /* held by its leader */
	cache_unref(b);
	cache_unref(a);
	assert_int_equal(fill(w, 3, 500000, &b), OK);
	assert_false(is_there(w, 2));
	cache_fail(w->c, b);
	cache_unref(b);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int test_evict(void)
{
	const struct CMUnitTest tests[] = {
		TEST(scan_resistance),      TEST(oldest_first),       TEST(ghosts),
		TEST(main_is_not_for_ever), TEST(what_is_held_stays), TEST(filling_stays),
	};

	return cmocka_run_group_tests_name("cache/evict", tests, NULL, NULL);
}
