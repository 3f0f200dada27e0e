/* SPDX-License-Identifier: Apache-2.0 */
/* The life of stored answers: leading, following, publishing, failing, freshening, removing; and that all memory comes
 * back. */
#include "test_cache.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdio.h>

enum { BYTES_MAX = 8 << 20, OBJECT_BYTES_MAX = 1 << 20, VARIANTS_MAX = 3 };

#define KEY SLICE("http\0a.test\0/x")
#define STORABLE "Cache-Control: max-age=60\nETag: \"1\"\n"

struct world {
	struct cache *c;
	struct cache_policy p;
	uint64_t hash;
};

static int set_up(void **state)
{
	struct world *w = mem_alloc(sizeof *w);
	struct limits l;

	CHECK(snap_thread_start());
	limits_init(&l);
	l.cache_bytes_max = BYTES_MAX;
	l.cache_object_bytes_max = OBJECT_BYTES_MAX;
	l.cache_variants_max = VARIANTS_MAX;
	w->c = cache_new(&l, 4);
	w->p = fixture_policy();
	w->hash = cache_hash(w->c, KEY);
	*state = w;
	return 0;
}

/* Nothing is left when all is removed: neither objects nor bytes. */
static int tear_down(void **state)
{
	struct world *w = *state;
	struct cache_stats s;

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

static struct cache_object *lead(struct world *w)
{
	struct cache_object *other = NULL, *o = cache_lead(w->c, w->hash, KEY, &other);

	assert_non_null(o);
	assert_null(other);
	assert_int_equal(cache_phase(o), CACHE_FLIGHT);
	return o;
}

/* Publishes with the given heads; length UINT64_MAX when it is not announced. */
static enum err publish(struct world *w, struct cache_object *o, const char *request, const char *response,
			uint64_t length)
{
	struct fixture_head q = fixture_head(request), r = fixture_head(response);
	struct cache_request request_ = fixture_request(&q);
	struct cache_response response_ = fixture_response(200, &r);
	struct cache_control cc;
	struct cache_meta m;

	response_.has_length = length != UINT64_MAX;
	response_.length = length;
	cache_control_parse(r.fields, r.n, FIELD_CACHE_CONTROL, &cc);
	cache_judge_response(&w->p, &request_, &response_, &m);
	assert_true(m.store);
	return cache_publish(w->c, o, &request_, &response_, &m, &cc);
}

static struct cache_object *find(struct world *w, const char *request)
{
	struct fixture_head q = fixture_head(request);

	return cache_find(w->c, w->hash, KEY, q.fields, q.n);
}

/* Stores a whole answer; the caller's reference is given back. */
static struct cache_object *store(struct world *w, const char *request, const char *response, const char *body)
{
	struct cache_object *o = lead(w);

	assert_int_equal(publish(w, o, request, response, strlen(body)), OK);
	assert_int_equal(cache_append(w->c, o, slice_str(body)), OK);
	assert_int_equal(cache_complete(w->c, o), OK);
	cache_unref(o);
	return o;
}

static void assert_body(const struct cache_object *o, const char *want)
{
	bool end, failed;
	struct slice run = cache_body_at(o, 0, &end, &failed);

	assert_true(slice_eq(run, slice_str(want)));
	assert_true(end);
	assert_false(failed);
}

static void life(void **state)
{
	struct world *w = *state;
	struct cache_object *o = lead(w), *other = NULL;
	struct cache_stats s;
	bool end, failed;

	assert_null(find(w, NULL));
	assert_int_equal(publish(w, o, NULL, STORABLE, 5), OK);
	assert_int_equal(cache_phase(o), CACHE_FILLING);
	assert_ptr_equal(find(w, NULL), o);
	assert_int_equal(cache_body_at(o, 0, &end, &failed).n, 0);
	assert_false(end);
	assert_int_equal(cache_append(w->c, o, SLICE("he")), OK);
	assert_int_equal(cache_append(w->c, o, slice_of(NULL, 0)), OK);
	assert_true(slice_eq(cache_body_at(o, 0, &end, &failed), SLICE("he")));
	assert_false(end);
	assert_int_equal(cache_append(w->c, o, SLICE("llo")), OK);
	assert_true(slice_eq(cache_body_at(o, 1, &end, &failed), SLICE("ello")));
	assert_false(end); /* nobody has said so yet */
	assert_int_equal(cache_complete(w->c, o), OK);
	assert_int_equal(cache_phase(o), CACHE_COMPLETE);
	assert_body(o, "hello");
	assert_int_equal(cache_body_at(o, 5, &end, &failed).n, 0);
	assert_true(end);
	assert_ptr_equal(find(w, NULL), o);
	assert_null(cache_find(w->c, w->hash, SLICE("other"), NULL, 0));
	/* The flight is over: somebody may lead a revalidation while the copy stays. */
	cache_unref(o);
	o = cache_lead(w->c, w->hash, KEY, &other);
	assert_non_null(o);
	assert_non_null(find(w, NULL));
	cache_abandon(w->c, o);
	cache_abandon(w->c, o); /* no harm */
	cache_unref(o);
	cache_unref(NULL);
	cache_stats(w->c, &s);
	assert_int_equal(s.objects, 1);
	assert_int_equal(s.inserted, 1);
	assert_int_equal(s.evicted, 0);
	assert_int_equal(s.bytes_max, BYTES_MAX);
	assert_true(s.bytes > 5 && s.bytes < 2048);
}

static void empty_bodies(void **state)
{
	struct world *w = *state;
	struct cache_object *o = store(w, NULL, STORABLE, "");

	assert_body(o, "");
	assert_true(cache_view(o)->has_length);
	o = lead(w);
	assert_int_equal(publish(w, o, NULL, STORABLE, UINT64_MAX), OK);
	assert_int_equal(cache_complete(w->c, o), OK);
	assert_body(o, "");
	cache_unref(o);
}

static void views(void **state)
{
	struct world *w = *state;
	struct cache_object *o = lead(w);
	const struct cache_view *before;
	const struct field *f;

	assert_int_equal(
		publish(w, o, NULL,
			"Content-Type: text/plain\nSERVER: x\nDate: Wed, 09 Oct 2024 23:59:59 GMT\n"
			"Connection: close, A\nA: 1\nb:2\nSet-Cookie: c\nAge: 3\nContent-Length: 2\n"
			"Cache-Tag: t1,t2\nCache-Control: max-age=60, private=\"p, set-cookie\"\nP: 1\n"
			"Last-Modified: Wed, 09 Oct 2024 00:00:00 GMT\nCloudflare-CDN-Cache-Control: max-age=9\n"
			"ETag: \"e\"\n",
			UINT64_MAX),
		OK);
	before = cache_view(o);
	assert_true(slice_eq(before->h1_fields,
			     SLICE("Content-Type: text/plain\r\nDate: Wed, 09 Oct 2024 23:59:59 GMT\r\nb: 2\r\n"
				   "Cache-Control: max-age=60, private=\"p, set-cookie\"\r\n"
				   "Last-Modified: Wed, 09 Oct 2024 00:00:00 GMT\r\nETag: \"e\"\r\n")));
	assert_int_equal(before->fields_n, 6);
	assert_int_equal(before->inward_n, 2);
	assert_true(slice_eq(before->inward[0].value, SLICE("t1,t2")));
	assert_true(slice_eq(before->etag, SLICE("\"e\"")));
	assert_true(slice_eq(before->last_modified, SLICE("Wed, 09 Oct 2024 00:00:00 GMT")));
	assert_int_equal(before->status, 200);
	assert_int_equal(before->meta->ttl_s, 9);
	assert_int_equal(before->stored_s, FIXTURE_NOW);
	f = field_find(before->fields, before->fields_n, FIELD_CONTENT_TYPE);
	assert_true(f->value.p > before->h1_fields.p && f->value.p < before->h1_fields.p + before->h1_fields.n);
	assert_false(before->has_length);
	assert_int_equal(cache_append(w->c, o, SLICE("abc")), OK);
	assert_int_equal(cache_complete(w->c, o), OK);
	assert_false(before->has_length); /* a reader's view does not change under it */
	assert_true(cache_view(o)->has_length);
	assert_int_equal(cache_view(o)->length, 3);
	assert_true(slice_eq(cache_view(o)->h1_fields, before->h1_fields));
	cache_unref(o);
}

/* RFC 9110 6.6.1 */
static void dates_are_added(void **state)
{
	struct world *w = *state;
	struct cache_object *o = store(w, NULL, "Cache-Control: max-age=60\n", "");

	assert_true(slice_eq(cache_view(o)->h1_fields,
			     SLICE("Cache-Control: max-age=60\r\nDate: Thu, 10 Oct 2024 00:00:00 GMT\r\n")));
	assert_int_equal(cache_view(o)->etag.n, 0);
	assert_int_equal(cache_view(o)->last_modified.n, 0);
}

struct listener {
	struct cache_waiter waiter; /* first */
	unsigned woken;
};

static void listener__wake(struct cache_waiter *w)
{
	((struct listener *)(void *)w)->woken++;
}

static void following(void **state)
{
	struct world *w = *state;
	struct cache_object *o = lead(w), *other = NULL;
	struct listener a = { .waiter.wake = listener__wake }, b = a, d = a;

	assert_null(cache_lead(w->c, w->hash, KEY, &other));
	assert_ptr_equal(other, o);
	assert_true(cache_wait(o, &a.waiter, CACHE_FLIGHT, 0));
	assert_true(cache_wait(o, &b.waiter, CACHE_FLIGHT, 0));
	assert_true(cache_wait(o, &d.waiter, CACHE_FLIGHT, 0));
	cache_unref(other); /* waiters have their own */
	cache_wait_cancel(&b.waiter);
	cache_wait_cancel(&b.waiter);
	assert_int_equal(publish(w, o, NULL, STORABLE, 4), OK);
	assert_int_equal(a.woken, 1);
	assert_int_equal(b.woken, 0);
	assert_false(cache_wait(o, &a.waiter, CACHE_FLIGHT, 0)); /* there is news already */
	assert_null(a.waiter.object);
	assert_true(cache_wait(o, &a.waiter, CACHE_FILLING, 0));
	assert_int_equal(cache_append(w->c, o, SLICE("ab")), OK);
	assert_int_equal(a.woken, 2);
	assert_int_equal(cache_append(w->c, o, SLICE("c")), OK);
	assert_int_equal(a.woken, 2); /* told once */
	assert_false(cache_wait(o, &a.waiter, CACHE_FILLING, 2));
	assert_true(cache_wait(o, &a.waiter, CACHE_FILLING, 3));
	assert_int_equal(cache_append(w->c, o, SLICE("d")), OK);
	assert_true(cache_wait(o, &a.waiter, CACHE_FILLING, 4));
	assert_int_equal(cache_complete(w->c, o), OK);
	assert_int_equal(a.woken, 4);
	assert_false(cache_wait(o, &a.waiter, CACHE_FILLING, 4));
	assert_false(cache_wait(o, &a.waiter, CACHE_COMPLETE, 4)); /* never any more */
	assert_int_equal(d.woken, 1);
	cache_wait_cancel(&d.waiter);
	cache_unref(o);
}

static void abandoned(void **state)
{
	struct world *w = *state;
	struct cache_object *o = lead(w), *other = NULL;
	struct listener a = { .waiter.wake = listener__wake };

	assert_null(cache_lead(w->c, w->hash, KEY, &other));
	assert_true(cache_wait(other, &a.waiter, CACHE_FLIGHT, 0));
	cache_abandon(w->c, o);
	cache_unref(o);
	assert_int_equal(a.woken, 1);
	assert_int_equal(cache_phase(other), CACHE_DEAD);
	assert_false(cache_wait(other, &a.waiter, CACHE_FLIGHT, 0));
	cache_unref(other);
	assert_null(find(w, NULL));
	o = lead(w); /* the next one leads */
	cache_abandon(w->c, o);
	cache_unref(o);
}

static void broken(void **state)
{
	struct world *w = *state;
	struct cache_object *o = lead(w);
	struct listener a = { .waiter.wake = listener__wake };
	bool end, failed;

	assert_int_equal(publish(w, o, NULL, STORABLE, 5), OK);
	assert_int_equal(cache_append(w->c, o, SLICE("abc")), OK);
	assert_true(cache_wait(o, &a.waiter, CACHE_FILLING, 3));
	assert_int_equal(cache_complete(w->c, o), ERR_ORIGIN_CUT);
	assert_int_equal(a.woken, 1);
	cache_wait_cancel(&a.waiter);
	assert_int_equal(cache_phase(o), CACHE_DEAD);
	assert_true(slice_eq(cache_body_at(o, 0, &end, &failed), SLICE("abc")));
	assert_false(end);
	assert_true(failed);
	assert_null(find(w, NULL));
	cache_fail(w->c, o);
	cache_unref(o);
	o = lead(w);
	assert_int_equal(publish(w, o, NULL, STORABLE, UINT64_MAX), OK);
	cache_abandon(w->c, o); /* the head is out already */
	cache_body_at(o, 0, &end, &failed);
	assert_true(failed);
	cache_unref(o);
	assert_null(find(w, NULL));
}

static void too_large(void **state)
{
	struct world *w = *state;
	struct cache_object *o = lead(w);
	char *piece = mem_alloc(OBJECT_BYTES_MAX);
	bool end, failed;

	assert_int_equal(publish(w, o, NULL, STORABLE, OBJECT_BYTES_MAX + 1), ERR_BODY_LARGE);
	assert_int_equal(cache_phase(o), CACHE_DEAD);
	cache_unref(o);
	o = lead(w);
	assert_int_equal(publish(w, o, NULL, STORABLE, UINT64_MAX), OK);
	assert_int_equal(cache_append(w->c, o, slice_of(piece, OBJECT_BYTES_MAX)), OK);
	assert_int_equal(cache_append(w->c, o, SLICE("x")), ERR_BODY_LARGE);
	assert_int_equal(cache_phase(o), CACHE_DEAD);
	assert_int_equal(cache_body_at(o, 0, &end, &failed).n, OBJECT_BYTES_MAX);
	assert_true(failed);
	cache_unref(o);
	o = lead(w);
	assert_int_equal(publish(w, o, NULL, STORABLE, OBJECT_BYTES_MAX), OK);
	assert_int_equal(cache_append(w->c, o, slice_of(piece, OBJECT_BYTES_MAX)), OK);
	assert_int_equal(cache_complete(w->c, o), OK);
	cache_unref(o);
	mem_free(piece);
}

static void variants(void **state)
{
	struct world *w = *state;
	struct cache_object *one = store(w, "Foo: 1\n", STORABLE "Vary: Foo\n", "one");
	struct cache_object *two = store(w, "Foo: 2\n", STORABLE "Vary: Foo\n", "two");
	struct cache_object *none = store(w, "", STORABLE "Vary: Foo\n", "none"), *again;
	struct cache_stats s;

	assert_ptr_equal(find(w, "Foo: 1\n"), one);
	assert_ptr_equal(find(w, "Foo: 2\nBar: x\n"), two);
	assert_ptr_equal(find(w, "Bar: x\n"), none);
	assert_null(find(w, "Foo: 3\n"));
	again = store(w, "Foo: 2\n", STORABLE "Vary: Foo\n", "again"); /* replaces */
	cache_stats(w->c, &s);
	assert_int_equal(s.objects, 3);
	assert_ptr_equal(find(w, "Foo: 2\n"), again);
	store(w, "Foo: 4\n", STORABLE "Vary: Foo\n", "four"); /* over the cap: the oldest leaves */
	cache_stats(w->c, &s);
	assert_int_equal(s.objects, VARIANTS_MAX);
	assert_null(find(w, "Foo: 1\n"));
	assert_ptr_equal(find(w, ""), none);
	/* An answer for all takes the place of the one it would have answered too; the newest that fits is used. */
	store(w, "", STORABLE, "all");
	assert_body(find(w, "Foo: 4\n"), "all");
	assert_int_equal(cache_remove(w->c, w->hash, KEY), 3);
	assert_null(find(w, "Foo: 4\n"));
	assert_int_equal(cache_remove(w->c, w->hash, KEY), 0);
}

static void languages(void **state)
{
	struct world *w = *state;
	struct cache_object *o = store(w, "Accept-Language: en, de\n",
				       STORABLE "Vary: Accept-Language\nContent-Language: de\n", "hallo");

	assert_ptr_equal(find(w, "Accept-Language: de,en\n"), o);
	assert_ptr_equal(find(w, "Accept-Language: fr;q=0.5, de;q=1.0\n"), o);
	assert_null(find(w, "Accept-Language: en\n"));
}

static void long_variants(void **state)
{
	struct world *w = *state;
	struct cache_object *o = lead(w);
	char *request = mem_alloc(10000);

	strcpy(request, "Foo: ");
	memset(request + 5, 'a', 9000);
	assert_int_equal(publish(w, o, request, STORABLE "Vary: Foo\n", 0), ERR_HEAD_LARGE);
	assert_int_equal(cache_phase(o), CACHE_DEAD);
	cache_unref(o);
	store(w, "Foo: 1\n", STORABLE "Vary: Foo\n", "one");
	assert_null(find(w, request));
	mem_free(request);
}

/* Answers to a variant's request that come under another variant's flight are led again. */
static void followers_of_another_variant(void **state)
{
	struct world *w = *state;
	struct cache_object *o = lead(w), *other = NULL, *own;

	assert_null(cache_lead(w->c, w->hash, KEY, &other));
	cache_unref(other);
	assert_int_equal(publish(w, o, "Foo: 1\n", STORABLE "Vary: Foo\n", 3), OK);
	assert_null(find(w, "Foo: 2\n"));
	own = lead(w);
	assert_int_equal(publish(w, own, "Foo: 2\n", STORABLE "Vary: Foo\n", 3), OK);
	assert_ptr_equal(find(w, "Foo: 1\n"), o);
	assert_ptr_equal(find(w, "Foo: 2\n"), own);
	cache_fail(w->c, own);
	cache_unref(own);
	cache_fail(w->c, o);
	cache_unref(o);
}

/* Judges and applies a 304 to `stale`; its flight is made and given back here. */
static enum err freshen(struct world *w, struct cache_object *stale, const char *request, const char *response,
			struct cache_object **ret)
{
	struct fixture_head q = fixture_head(request), r = fixture_head(response);
	struct cache_request request_ = fixture_request(&q);
	struct cache_response r304 = fixture_response(304, &r);
	struct cache_object *flight = lead(w);
	struct cache_meta m;
	enum err e;

	r304.request_s = r304.response_s = FIXTURE_NOW + 100;
	cache_judge_304(&w->p, &request_, stale, &r304, &m);
	e = cache_freshen(flight, stale, &request_, &r304, &m, ret);
	if (e != OK)
		cache_abandon(w->c, flight);
	assert_int_equal(cache_phase(flight), CACHE_DEAD);
	cache_unref(flight);
	return e;
}

static void freshened(void **state)
{
	struct world *w = *state;
	struct cache_object *stale, *fresh = NULL;
	const struct cache_view *v;
	bool end, failed;
	const char *body;

	store(w, NULL,
	      "A: 1\nB: 1\nCache-Control: max-age=2, stale-if-error=5\nETag: \"1\"\nContent-Length: 4\n"
	      "Cloudflare-CDN-Cache-Control: max-age=3\n",
	      "body");
	stale = find(w, NULL);
	assert_true(cache_ref(stale));
	body = cache_body_at(stale, 0, &end, &failed).p;
	assert_int_equal(freshen(w, stale, NULL,
				 "A: 2\nC: 3\nCache-Control: max-age=60\nAge: 7\nContent-Length: 9\n"
				 "Date: Thu, 10 Oct 2024 00:01:40 GMT\nConnection: D\nD: 1\n",
				 &fresh),
			 OK);
	assert_ptr_equal(find(w, NULL), fresh);
	assert_int_equal(cache_phase(fresh), CACHE_COMPLETE);
	assert_int_equal(cache_phase(stale), CACHE_DEAD);
	v = cache_view(fresh);
	assert_true(slice_eq(v->h1_fields, SLICE("B: 1\r\nETag: \"1\"\r\nA: 2\r\nC: 3\r\nCache-Control: max-age=60\r\n"
						 "Date: Thu, 10 Oct 2024 00:01:40 GMT\r\n")));
	assert_int_equal(v->status, 200);
	assert_true(v->has_length);
	assert_int_equal(v->length, 4);
	assert_int_equal(v->inward_n, 1);
	assert_int_equal(v->meta->ttl_s, 3); /* what was said to the edge alone still holds */
	assert_int_equal(v->meta->age_at_response_s, 7);
	assert_int_equal(v->meta->response_s, FIXTURE_NOW + 100);
	assert_int_equal(v->stored_s, FIXTURE_NOW);
	assert_body(fresh, "body");
	assert_body(stale, "body"); /* its readers go on */
	assert_ptr_equal(cache_body_at(fresh, 0, &end, &failed).p, body);
	cache_unref(stale);
	/* Again, from the fresh one, by a 304 that says nothing of freshness. */
	stale = fresh;
	assert_int_equal(freshen(w, stale, NULL, "Cache-Status: x\n", &fresh), OK);
	assert_int_equal(cache_view(fresh)->meta->ttl_s, 3);
	assert_int_equal(cache_view(fresh)->meta->age_at_response_s, 0);
	cache_unref(stale);
	cache_unref(fresh);
}

static void not_freshened(void **state)
{
	struct world *w = *state;
	struct cache_object *o = lead(w), *fresh = NULL, *stale;

	assert_int_equal(publish(w, o, NULL, STORABLE, 3), OK);
	assert_int_equal(freshen(w, o, NULL, "", &fresh), ERR_CLOSED);
	assert_int_equal(cache_append(w->c, o, SLICE("abc")), OK);
	assert_int_equal(cache_complete(w->c, o), OK);
	/* A 304 to credentials: the answer is for that visitor, the stored one stays. */
	assert_int_equal(freshen(w, o, "Authorization: x\n", "A: 1\n", &fresh), OK);
	assert_int_equal(cache_view(fresh)->meta->store, true); /* no word of freshness: the old verdict */
	cache_unref(fresh);
	stale = find(w, NULL);
	assert_true(cache_ref(stale));
	assert_int_equal(freshen(w, stale, "Authorization: x\n", "Cache-Control: max-age=9\n", &fresh), OK);
	assert_false(cache_view(fresh)->meta->store);
	assert_body(fresh, "abc");
	assert_ptr_equal(find(w, NULL), stale);
	cache_unref(fresh);
	/* Without Date the time of receipt counts, not the stored Date, or it would be old at once. */
	assert_int_equal(freshen(w, stale, NULL, "", &fresh), OK);
	assert_int_equal(cache_view(fresh)->meta->date_s, FIXTURE_NOW + 100);
	assert_int_equal(cache_view(fresh)->meta->age_at_response_s, 0);
	assert_true(slice_contains(cache_view(fresh)->h1_fields, SLICE("Date: Thu, 10 Oct 2024 00:01:40 GMT\r\n")));
	cache_unref(stale);
	stale = fresh;
	/* no-store: answers this once, and nothing is kept. */
	assert_int_equal(freshen(w, stale, NULL, "Cache-Control: no-store\n", &fresh), OK);
	assert_int_equal(cache_phase(fresh), CACHE_DEAD);
	assert_body(fresh, "abc");
	assert_null(find(w, NULL));
	cache_unref(fresh);
	cache_unref(stale);
	cache_unref(o);
}

/* A 304 may come when the copy is gone from the table, by eviction or purge. */
static void freshened_after_leaving(void **state)
{
	struct world *w = *state;
	struct cache_object *stale = store(w, NULL, STORABLE, "body"), *fresh = NULL;

	assert_true(cache_ref(stale));
	assert_int_equal(cache_remove(w->c, w->hash, KEY), 1);
	assert_int_equal(cache_phase(stale), CACHE_DEAD);
	assert_int_equal(freshen(w, stale, NULL, "Cache-Control: max-age=9\n", &fresh), OK);
	assert_ptr_equal(find(w, NULL), fresh);
	assert_body(fresh, "body");
	cache_unref(stale);
	cache_unref(fresh);
}

static void removed_while_fetched(void **state)
{
	struct world *w = *state;
	struct cache_object *o = lead(w);

	/* Before the head: not kept, but those who hold it read it. */
	assert_int_equal(cache_remove(w->c, w->hash, KEY), 0);
	assert_int_equal(publish(w, o, NULL, STORABLE, 3), OK);
	assert_null(find(w, NULL));
	assert_int_equal(cache_append(w->c, o, SLICE("abc")), OK);
	assert_int_equal(cache_complete(w->c, o), OK);
	assert_int_equal(cache_phase(o), CACHE_DEAD);
	assert_body(o, "abc");
	cache_unref(o);
	/* In the middle of the body. */
	o = lead(w);
	assert_int_equal(publish(w, o, NULL, STORABLE, 3), OK);
	assert_int_equal(cache_remove(w->c, w->hash, KEY), 1);
	assert_null(find(w, NULL));
	assert_int_equal(cache_append(w->c, o, SLICE("abc")), OK);
	assert_int_equal(cache_complete(w->c, o), OK);
	assert_body(o, "abc");
	cache_unref(o);
	o = lead(w);
	assert_int_equal(cache_remove_all(w->c), 0);
	assert_int_equal(publish(w, o, NULL, STORABLE, 0), OK);
	assert_int_equal(cache_complete(w->c, o), OK);
	assert_null(find(w, NULL));
	cache_unref(o);
}

static void many_keys(void **state)
{
	struct world *w = *state;
	char key[32];
	struct cache_stats s;

	for (unsigned i = 0; i < 500; i++) {
		struct cache_object *o, *other;
		struct slice k = slice_of(key, (size_t)snprintf(key, sizeof key, "k%u", i));
		o = cache_lead(w->c, cache_hash(w->c, k), k, &other);
		assert_int_equal(publish(w, o, NULL, STORABLE, 4), OK);
		assert_int_equal(cache_append(w->c, o, slice_of(key, 4 < k.n ? 4 : k.n)), OK);
		if (k.n >= 4)
			assert_int_equal(cache_complete(w->c, o), OK);
		else
			cache_fail(w->c, o);
		cache_unref(o);
	}
	cache_stats(w->c, &s);
	assert_int_equal(s.objects, 400);
	for (unsigned i = 0; i < 500; i++) {
		struct slice k = slice_of(key, (size_t)snprintf(key, sizeof key, "k%u", i));
		struct cache_object *o = cache_find(w->c, cache_hash(w->c, k), k, NULL, 0);
		if (i < 100)
			assert_null(o);
		else
			assert_body(o, key);
	}
	assert_int_equal(cache_remove_all(w->c), 400);
	cache_stats(w->c, &s);
	assert_int_equal(s.objects, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int test_store(void)
{
	const struct CMUnitTest tests[] = {
		TEST(life),
		TEST(empty_bodies),
		TEST(views),
		TEST(dates_are_added),
		TEST(following),
		TEST(abandoned),
		TEST(broken),
		TEST(too_large),
		TEST(variants),
		TEST(languages),
		TEST(long_variants),
		TEST(followers_of_another_variant),
		TEST(freshened),
		TEST(not_freshened),
		TEST(freshened_after_leaving),
		TEST(removed_while_fetched),
		TEST(many_keys),
	};

	return cmocka_run_group_tests_name("cache/store", tests, NULL, NULL);
}
