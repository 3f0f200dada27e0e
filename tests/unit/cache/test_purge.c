/* SPDX-License-Identifier: Apache-2.0 */
/* Purging in all its forms, soft and hard, also of what is being fetched (edge.md 2.14). */
#include "test_cache.h"

#include "base/check.h"
#include "base/mem.h"
#include "cache/purge.h"

#include <stdio.h>

enum { BYTES_MAX = 64 << 20, NOW = 1000 };

struct world {
	struct cache *c;
	struct cache_realm *realm;
	struct cache_policy p;
};

static int set_up(void **state)
{
	struct world *w = mem_alloc(sizeof *w);
	struct limits l;

	CHECK(snap_thread_start());
	limits_init(&l);
	l.cache_bytes_max = BYTES_MAX;
	w->c = cache_new(&l, 4);
	w->realm = cache_realm_new(w->c);
	w->p = fixture_policy();
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	struct cache_stats s;

	cache_realm_unref(w->realm);
	cache_remove_all(w->c);
	snap_drain();
	cache_stats(w->c, &s);
	assert_int_equal(s.objects, 0);
	assert_int_equal(s.bytes, 0);
	cache_free(w->c);
	mem_free(w);
	snap_thread_stop();
	return 0;
}

static struct slice key_of(const struct world *w, const char *host, const char *path, const struct fixture_head *q,
			   char out[static 4096])
{
	size_t n = cache_key(&w->p, SLICE("http"), slice_str(host), slice_str(path), out, 4096);

	return slice_of(out, cache_key_fields(q->fields, q->n, out, n, 4096));
}

static struct cache_object *begin(struct world *w, const char *host, const char *path, const char *request)
{
	struct fixture_head q = fixture_head(request);
	char key[4096];
	struct slice k = key_of(w, host, path, &q, key);
	struct cache_object *other, *o = cache_lead(w->c, cache_hash(w->c, k), k, &other);

	assert_non_null(o);
	cache_belongs(o, w->realm, &w->p, slice_str(path));
	return o;
}

static void end(struct world *w, struct cache_object *o, const char *request, const char *head)
{
	struct fixture_head q = fixture_head(request), r = fixture_head(head);
	struct cache_request request_ = fixture_request(&q);
	struct cache_response response = fixture_response(200, &r);
	struct cache_meta m = {
		.store = true, .ttl_s = 60, .swr_s = 30, .response_s = NOW, .date_s = NOW, .why = "test"
	};

	response.has_length = true;
	assert_int_equal(cache_publish(w->c, o, &request_, &response, &m, NULL), OK);
	assert_int_equal(cache_complete(w->c, o), OK);
	cache_unref(o);
	snap_quiescent();
}

static void put(struct world *w, const char *host, const char *path, const char *head)
{
	end(w, begin(w, host, path, NULL), NULL, head);
}

static struct cache_object *find(struct world *w, const char *host, const char *path, const char *request)
{
	struct fixture_head q = fixture_head(request);
	char key[4096];
	struct slice k = key_of(w, host, path, &q, key);
	struct cache_object *o = cache_find(w->c, cache_hash(w->c, k), k, q.fields, q.n);

	return o && !cache_is_purged(o, w->realm) ? o : NULL;
}

static bool there(struct world *w, const char *host, const char *path)
{
	return find(w, host, path, NULL) != NULL;
}

static enum cache_use use(struct world *w, const char *host, const char *path, int64_t now_s)
{
	struct cache_object *o = find(w, host, path, NULL);
	struct cache_meta copy;

	assert_non_null(o);
	return cache_use(&w->p, cache_meta_now(o, w->realm, &copy), now_s);
}

static size_t purge_url(struct world *w, const char *host, const char *path)
{
	struct cache_purge p = {
		.by = CACHE_PURGE_URL, .realm = w->realm, .now_s = NOW, .host = slice_str(host), .path = slice_str(path)
	};

	return cache_purge(w->c, &p);
}

static size_t purge_tag(struct world *w, const char *tag, bool soft)
{
	struct cache_purge p = {
		.by = CACHE_PURGE_TAG, .realm = w->realm, .now_s = NOW, .soft = soft, .tag = slice_str(tag)
	};

	return cache_purge(w->c, &p);
}

static void by_url(void **state)
{
	struct world *w = *state;

	put(w, "a.test", "/x", "");
	put(w, "a.test", "/x?1", "");
	put(w, "b.test", "/x", "");
	end(w, begin(w, "a.test", "/x", "X-Forwarded-Host: evil\n"), "X-Forwarded-Host: evil\n", "");
	assert_int_equal(purge_url(w, "a.test", "/X"), 0);
	assert_int_equal(purge_url(w, "a.test", "/"), 0);
	/* Whatever else is in the key goes too. */
	assert_int_equal(purge_url(w, "a.test", "/x"), 2);
	assert_false(there(w, "a.test", "/x"));
	assert_null(find(w, "a.test", "/x", "X-Forwarded-Host: evil\n"));
	assert_true(there(w, "a.test", "/x?1") && there(w, "b.test", "/x"));
	assert_int_equal(purge_url(w, "a.test", "/x"), 0);
	put(w, "a.test", "/x", "");
	assert_true(there(w, "a.test", "/x"));
}

/* All variants, or the one that a request with these fields gets. */
static void variants(void **state)
{
	struct world *w = *state;
	struct fixture_head de = fixture_head("Accept-Language: de\n");
	struct cache_purge p = { .by = CACHE_PURGE_URL,
				 .realm = w->realm,
				 .host = SLICE("a.test"),
				 .path = SLICE("/x"),
				 .selects = true,
				 .fields = de.fields,
				 .fields_n = de.n };

	for (int i = 0; i < 2; i++) {
		const char *q = i ? "Accept-Language: de\n" : "Accept-Language: fr\n";
		end(w, begin(w, "a.test", "/x", q), q, "Vary: Accept-Language\n");
	}
	assert_int_equal(cache_purge(w->c, &p), 1);
	assert_null(find(w, "a.test", "/x", "Accept-Language: de\n"));
	assert_non_null(find(w, "a.test", "/x", "Accept-Language: fr\n"));
	assert_int_equal(purge_url(w, "a.test", "/x"), 1);
	assert_null(find(w, "a.test", "/x", "Accept-Language: fr\n"));
}

/* Keys that do not hold the whole URL go with every URL that leads to them. */
static void loose_keys(void **state)
{
	struct world *w = *state;

	w->p.level = CACHE_LEVEL_SIMPLIFIED;
	put(w, "a.test", "/x.css?v=1", "");
	assert_int_equal(purge_url(w, "a.test", "/y.css?v=2"), 0);
	assert_int_equal(purge_url(w, "a.test", "/x.css?v=2"), 1);
	w->p.level = CACHE_LEVEL_AGGRESSIVE;
	w->p.sort_query = true;
	put(w, "a.test", "/x?a=1&b=2", "");
	put(w, "a.test", "/x?b=2&a=3", "");
	assert_int_equal(purge_url(w, "a.test", "/x?a=2&b=2"), 0);
	assert_int_equal(purge_url(w, "a.test", "/x?b=2"), 0);
	assert_int_equal(purge_url(w, "a.test", "/x?b=2&a=1"), 1);
	assert_int_equal(purge_url(w, "a.test", "/x?a=3&b=2"), 1);
}

/* A rule rewrote the path: the visitor's URL purges it, and so does the one that the key has. */
static void rewritten_urls(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 3; i++) {
		struct cache_object *o = begin(w, "a.test", "/new?1", NULL);
		cache_belongs(o, w->realm, &w->p, SLICE("/old?1"));
		if (i == 2) /* while it is fetched */
			assert_int_equal(purge_url(w, "a.test", "/old?1"), 0);
		end(w, o, NULL, "");
		assert_int_equal(purge_url(w, "a.test", "/old"), 0);
		if (i < 2)
			assert_int_equal(purge_url(w, "a.test", i ? "/new?1" : "/old?1"), 1);
		assert_false(there(w, "a.test", "/new?1"));
	}
}

static void by_host_and_prefix(void **state)
{
	static const char *const paths[] = { "/", "/foo", "/foo/", "/foo/bar?x", "/foo?x", "/foobar", "/Foo/bar" };
	static const struct {
		const char *prefix;
		size_t met;
		const char *gone;
	} rows[] = {
		{ "/foo", 4, "/foo/bar?x" }, { "/foo/", 2, "/foo/" }, { "/foo/bar", 1, "/foo/bar?x" },
		{ "/f", 0, NULL },           { "", 7, "/" },          { "/", 7, "/Foo/bar" },
	};
	struct world *w = *state;
	struct cache_purge p = { .by = CACHE_PURGE_PREFIX, .realm = w->realm, .host = SLICE("a.test") };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (size_t j = 0; j < sizeof paths / sizeof paths[0]; j++)
			if (!there(w, "a.test", paths[j]))
				put(w, "a.test", paths[j], "");
		put(w, "aa.test", "/foo", "");
		p.path = slice_str(rows[i].prefix);
		assert_int_equal(cache_purge(w->c, &p), rows[i].met);
		assert_true(!rows[i].gone || !there(w, "a.test", rows[i].gone));
		assert_true(there(w, "aa.test", "/foo"));
	}
	put(w, "a.test", "/1", "");
	put(w, "a.test", "/2", "");
	p.by = CACHE_PURGE_HOST;
	assert_int_equal(cache_purge(w->c, &p), 2);
	assert_false(there(w, "a.test", "/1"));
}

static void by_tag(void **state)
{
	struct world *w = *state;
	struct cache_realm *other = cache_realm_new(w->c);
	struct cache_purge p = { .by = CACHE_PURGE_TAG, .realm = other, .tag = SLICE("news") };

	put(w, "a.test", "/1", "Cache-Tag: News, sport\nCache-Tag: x\n");
	put(w, "a.test", "/2", "Cache-Tag: news,news,NEWS\n");
	put(w, "a.test", "/3", "Cache-Tag: newsletter\n");
	put(w, "a.test", "/4", "");
	assert_int_equal(cache_purge(w->c, &p), 0); /* of another zone */
	assert_int_equal(purge_tag(w, "x", false), 1);
	assert_int_equal(purge_tag(w, "nEWS", false), 1);
	assert_true(!there(w, "a.test", "/1") && !there(w, "a.test", "/2"));
	assert_true(there(w, "a.test", "/3") && there(w, "a.test", "/4"));
	cache_realm_unref(other);
}

/* More tags than are told apart: it goes with any of the zone's. */
static void many_tags(void **state)
{
	struct world *w = *state;
	char *head = mem_alloc(40000), *at = head;

	at += sprintf(at, "Cache-Tag: ");
	for (int i = 0; i < 1001; i++)
		at += sprintf(at, "tag%d,", i);
	sprintf(at, "last\n");
	put(w, "a.test", "/1", head);
	put(w, "a.test", "/2", "Cache-Tag: other\n");
	assert_int_equal(purge_tag(w, "unheard-of", false), 1);
	assert_true(!there(w, "a.test", "/1") && there(w, "a.test", "/2"));
	mem_free(head);
}

static void everything(void **state)
{
	struct world *w = *state;

	put(w, "a.test", "/1", "");
	struct cache_object *fetching = begin(w, "a.test", "/2", NULL);
	cache_purge_all(w->c, w->realm, false, NOW);
	assert_false(there(w, "a.test", "/1"));
	end(w, fetching, NULL, "");
	assert_false(there(w, "a.test", "/2")); /* its fetch began before */
	put(w, "a.test", "/1", "");
	put(w, "a.test", "/2", "");
	assert_true(there(w, "a.test", "/1") && there(w, "a.test", "/2"));
	/* A zone that comes back finds nothing of its former life. */
	cache_realm_unref(w->realm);
	w->realm = cache_realm_new(w->c);
	assert_false(there(w, "a.test", "/1"));
}

static void soft(void **state)
{
	struct world *w = *state;
	struct cache_purge p = {
		.by = CACHE_PURGE_HOST, .realm = w->realm, .soft = true, .now_s = NOW + 10, .host = SLICE("a.test")
	};

	put(w, "a.test", "/1", "");
	assert_int_equal(use(w, "a.test", "/1", NOW + 20), CACHE_USE_FRESH);
	assert_int_equal(cache_purge(w->c, &p), 1);
	/* Windows of stale answers begin at the purge: 30 seconds for stale-while-revalidate. */
	assert_int_equal(use(w, "a.test", "/1", NOW + 10), CACHE_USE_UPDATING);
	assert_int_equal(use(w, "a.test", "/1", NOW + 39), CACHE_USE_UPDATING);
	assert_int_equal(use(w, "a.test", "/1", NOW + 40), CACHE_USE_VALIDATE);
	put(w, "a.test", "/2", "");
	cache_purge_all(w->c, w->realm, true, NOW + 12);
	assert_int_equal(use(w, "a.test", "/2", NOW + 12), CACHE_USE_UPDATING);
	assert_int_equal(use(w, "a.test", "/1", NOW + 41), CACHE_USE_VALIDATE); /* the first one counts */
	put(w, "a.test", "/2", "");
	assert_int_equal(use(w, "a.test", "/2", NOW + 12), CACHE_USE_FRESH);
	/* It had gone stale by itself before: the window does not begin anew. */
	p.now_s = NOW + 80;
	assert_int_equal(cache_purge(w->c, &p), 2);
	assert_int_equal(use(w, "a.test", "/2", NOW + 89), CACHE_USE_UPDATING);
	assert_int_equal(use(w, "a.test", "/2", NOW + 90), CACHE_USE_VALIDATE);
}

/* Purges while the origin is being asked. */
static void in_flight(void **state)
{
	struct world *w = *state;
	struct cache_purge host = { .by = CACHE_PURGE_HOST, .realm = w->realm, .host = SLICE("a.test") };
	struct cache_object *o;

	o = begin(w, "a.test", "/1", NULL);
	assert_int_equal(purge_url(w, "a.test", "/1"), 0);
	end(w, o, NULL, "");
	assert_false(there(w, "a.test", "/1"));

	o = begin(w, "a.test", "/1", NULL);
	cache_purge(w->c, &host);
	end(w, o, NULL, "");
	assert_false(there(w, "a.test", "/1"));

	o = begin(w, "a.test", "/1", NULL);
	purge_url(w, "a.test", "/2");
	end(w, o, NULL, "");
	assert_true(there(w, "a.test", "/1"));

	o = begin(w, "a.test", "/2", NULL);
	purge_tag(w, "t", false); /* whether it has the tag is not known yet */
	end(w, o, NULL, "Cache-Tag: t\n");
	assert_false(there(w, "a.test", "/2"));

	o = begin(w, "a.test", "/2", NULL);
	purge_tag(w, "t", true);
	end(w, o, NULL, "Cache-Tag: t\n");
	assert_int_equal(use(w, "a.test", "/2", NOW + 1), CACHE_USE_UPDATING);

	o = begin(w, "a.test", "/3", NULL);
	purge_tag(w, "u", false);
	end(w, o, NULL, "Cache-Tag: t\n");
	assert_true(there(w, "a.test", "/3"));

	/* More purges than are remembered: what has tags is not kept. */
	o = begin(w, "a.test", "/4", NULL);
	for (int i = 0; i < 1025; i++)
		purge_tag(w, "u", false);
	end(w, o, NULL, "Cache-Tag: t\n");
	assert_false(there(w, "a.test", "/4"));

	host.soft = true;
	host.now_s = NOW + 5;
	o = begin(w, "a.test", "/5", NULL);
	cache_purge(w->c, &host);
	end(w, o, NULL, "");
	assert_int_equal(use(w, "a.test", "/5", NOW + 6), CACHE_USE_UPDATING);
}

/* A revalidation that began before the purge confirms nothing that may be used. */
static void freshening(void **state)
{
	struct world *w = *state;
	struct fixture_head q = fixture_head(NULL), r = fixture_head("Cache-Control: max-age=60\n");
	struct cache_request request = fixture_request(&q);
	struct cache_response r304 = fixture_response(304, &r);
	struct cache_meta m = { .store = true, .ttl_s = 60, .response_s = NOW };

	for (int round = 0; round < 4; round++) {
		put(w, "a.test", "/1", "Cache-Tag: t\n");
		struct cache_object *stale = find(w, "a.test", "/1", NULL), *fresh;
		assert_true(cache_ref(stale));
		struct cache_object *flight = begin(w, "a.test", "/1", NULL);
		if (round == 1)
			purge_tag(w, "t", false);
		else if (round == 2)
			purge_url(w, "a.test", "/1");
		else if (round == 3)
			cache_purge_all(w->c, w->realm, false, NOW);
		assert_int_equal(cache_freshen(flight, stale, &request, &r304, &m, &fresh), OK);
		assert_int_equal(there(w, "a.test", "/1"), round == 0);
		if (round == 0)
			assert_int_equal(purge_tag(w, "T", false), 1); /* the tags stay with it */
		cache_unref(fresh);
		cache_unref(flight);
		cache_unref(stale);
		snap_quiescent();
	}
}

/* Ten thousand objects: indexes grow and shrink, and nothing is lost on the way. */
static void many(void **state)
{
	struct world *w = *state;
	char path[32], tag[64];

	for (int i = 0; i < 10000; i++) {
		snprintf(path, sizeof path, "/%d", i);
		snprintf(tag, sizeof tag, "Cache-Tag: mod%d,all\n", i % 10);
		put(w, i % 2 ? "odd.test" : "even.test", path, tag);
	}
	assert_int_equal(purge_url(w, "odd.test", "/4321"), 1);
	assert_int_equal(purge_tag(w, "mod3", false), 1000);
	assert_int_equal(purge_tag(w, "mod1", false), 999);
	struct cache_purge p = { .by = CACHE_PURGE_HOST, .realm = w->realm, .host = SLICE("even.test") };
	assert_int_equal(cache_purge(w->c, &p), 5000);
	assert_int_equal(purge_tag(w, "all", false), 3000);
	struct cache_stats s;
	cache_stats(w->c, &s);
	assert_int_equal(s.objects, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int test_purge(void)
{
	const struct CMUnitTest tests[] = {
		TEST(by_url),     TEST(variants),  TEST(loose_keys), TEST(rewritten_urls), TEST(by_host_and_prefix),
		TEST(by_tag),     TEST(many_tags), TEST(everything), TEST(soft),           TEST(in_flight),
		TEST(freshening), TEST(many),
	};

	return cmocka_run_group_tests_name("cache/purge", tests, NULL, NULL);
}
