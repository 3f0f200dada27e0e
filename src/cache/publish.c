/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publish: what the leader of a fetch does to its object, from the head to the end, and freshening after a 304; see
 * store.h. A change of phase is made under the shard's lock, and the waiters are woken after it.
 */
#include "base/mem.h"
#include "cache/object.h"
#include "wire/date.h"

/* Ends a flight that has published nothing. */
static void publish__end_flight(struct cache *c, struct cache_object *o)
{
	struct cache__shard *s = store__shard(c, o->hash);

	pthread_mutex_lock(&s->lock);
	table__land(o);
	object__set_phase(o, CACHE_DEAD);
	pthread_mutex_unlock(&s->lock);
	object__wake(o);
}

void cache_abandon(struct cache *c, struct cache_object *o)
{
	OBJ(c, OBJ_CACHE);
	if (cache_phase(o) == CACHE_FLIGHT)
		publish__end_flight(c, o);
	else
		cache_fail(c, o);
}

static enum err publish__build(struct cache *c, struct cache_object *o, const struct head__source *s,
			       const struct cache_response *r, const struct cache_meta *meta)
{
	if (r->has_length && r->length > c->object_bytes_max)
		return ERR_BODY_LARGE;
	TRY(head__build(o, s, meta));
	purge__describe(o);
	o->first_view.has_length = r->has_length;
	o->first_view.length = r->has_length ? r->length : 0;
	o->body = body__new(c, r->has_length ? r->length : UINT64_MAX, c->object_bytes_max);
	return o->body ? OK : ERR_MEMORY;
}

enum err cache_publish(struct cache *c, struct cache_object *o, const struct cache_request *q,
		       const struct cache_response *r, const struct cache_meta *meta, const struct cache_control *cc)
{
	struct cache__shard *s = store__shard(c, o->hash);
	struct head__source source = { r->fields, r->fields_n, cc, q, r->status, r->response_s, r->response_s };
	enum err e;

	OBJ(c, OBJ_CACHE);
	CHECK(cache_phase(o) == CACHE_FLIGHT && meta->store);
	e = publish__build(c, o, &source, r, meta);
	if (e != OK) {
		publish__end_flight(c, o);
		return e;
	}
	pthread_mutex_lock(&s->lock);
	__atomic_store_n(&o->view, &o->first_view, __ATOMIC_RELEASE);
	object__set_phase(o, CACHE_FILLING);
	table__land(o);
	purge__late_tags(o);
	if (!o->doomed)
		table__link(c, o, q);
	pthread_mutex_unlock(&s->lock);
	object__wake(o);
	return OK;
}

enum err cache_append(struct cache *c, struct cache_object *o, struct slice data)
{
	enum err e;

	OBJ(c, OBJ_CACHE);
	CHECK(cache_phase(o) == CACHE_FILLING);
	if (data.n == 0)
		return OK;
	e = body__append(c, o->body, data);
	if (e != OK)
		cache_fail(c, o);
	else
		object__wake(o);
	return e;
}

void cache_fail(struct cache *c, struct cache_object *o)
{
	struct cache__shard *s = store__shard(c, o->hash);

	OBJ(c, OBJ_CACHE);
	if (cache_phase(o) != CACHE_FILLING)
		return;
	body__end(o->body, BODY__BROKEN);
	pthread_mutex_lock(&s->lock);
	if (o->linked)
		table__unlink(c, o);
	object__set_phase(o, CACHE_DEAD);
	pthread_mutex_unlock(&s->lock);
	object__wake(o);
}

/* A view with the final length, for an answer that came without one. */
static void publish__measure(struct cache *c, struct cache_object *o)
{
	if (o->first_view.has_length)
		return;
	o->last_view = mem_alloc(sizeof *o->last_view);
	*o->last_view = o->first_view;
	o->last_view->has_length = true;
	o->last_view->length = body__bytes(o->body);
	o->charged += sizeof *o->last_view + CACHE__ALLOC_BYTES;
	evict__charge(c, sizeof *o->last_view + CACHE__ALLOC_BYTES);
	__atomic_store_n(&o->view, o->last_view, __ATOMIC_RELEASE);
}

enum err cache_complete(struct cache *c, struct cache_object *o)
{
	struct cache__shard *s = store__shard(c, o->hash);

	OBJ(c, OBJ_CACHE);
	CHECK(cache_phase(o) == CACHE_FILLING);
	if (o->first_view.has_length && body__bytes(o->body) != o->first_view.length) {
		cache_fail(c, o);
		return ERR_ORIGIN_CUT;
	}
	publish__measure(c, o);
	body__end(o->body, BODY__WHOLE);
	pthread_mutex_lock(&s->lock);
	object__set_phase(o, o->linked ? CACHE_COMPLETE : CACHE_DEAD);
	if (o->linked)
		evict__insert(s, o, false);
	pthread_mutex_unlock(&s->lock);
	object__wake(o);
	return OK;
}

/* All stored fields, those for the edge too, are one run: see head.c. */
static size_t publish__stored_n(const struct cache_view *v)
{
	return v->fields_n + v->inward_n;
}

/* Whether a 304 says anything of how long it may be used. */
static bool publish__speaks_of_freshness(const struct cache_response *r)
{
	static const enum field_id ids[] = { FIELD_CACHE_CONTROL, FIELD_EXPIRES, FIELD_CDN_CACHE_CONTROL,
					     FIELD_CLOUDFLARE_CDN_CACHE_CONTROL, FIELD_SURROGATE_CONTROL };

	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
		if (field_find(r->fields, r->fields_n, ids[i]))
			return true;
	return false;
}

/* A 304's fields and what they make of the stored ones; one allocation. */
struct publish__merger {
	struct field *memory, *newer, *merged;
	size_t newer_n, cap;
	char date[DATE_BYTES];
};

/* Copies the 304's fields, with the time of receipt for a missing Date (RFC 9110 6.6.1), or the stored Date would make
 * the freshened answer old at once. mg must stay where it is. */
static void publish__merger_init(struct publish__merger *mg, const struct cache_view *v,
				 const struct cache_response *r304)
{
	size_t newer_cap = r304->fields_n + 1;

	mg->cap = publish__stored_n(v) + newer_cap;
	mg->memory = mem_alloc_array(newer_cap + mg->cap, sizeof *mg->memory);
	mg->newer = mg->memory;
	mg->merged = mg->memory + newer_cap;
	mg->newer_n = r304->fields_n;
	for (size_t i = 0; i < r304->fields_n; i++)
		mg->newer[i] = r304->fields[i];
	if (field_find(r304->fields, r304->fields_n, FIELD_DATE) || r304->response_s < 0)
		return;
	date_print(r304->response_s, mg->date);
	mg->newer[mg->newer_n++] = (struct field){ SLICE("Date"), slice_of(mg->date, DATE_BYTES), FIELD_DATE };
}

static size_t publish__merge(struct publish__merger *mg, const struct cache_view *v)
{
	return cache_merge_fields(v->fields, publish__stored_n(v), mg->newer, mg->newer_n, mg->merged, mg->cap);
}

void cache_judge_304(const struct cache_policy *p, const struct cache_request *q, const struct cache_object *stale,
		     const struct cache_response *r304, struct cache_meta *ret)
{
	const struct cache_view *v = cache_view(stale);
	struct cache_response r = *r304;
	struct publish__merger mg;

	publish__merger_init(&mg, v, r304);
	r.status = v->status;
	r.fields = mg.merged;
	r.fields_n = publish__merge(&mg, v);
	cache_judge_response(p, q, &r, ret);
	if (!publish__speaks_of_freshness(r304)) {
		struct cache_meta old = *v->meta;
		old.date_s = ret->date_s;
		old.age_at_response_s = ret->age_at_response_s;
		old.response_s = ret->response_s;
		old.has_validator = ret->has_validator;
		old.vary_star = ret->vary_star;
		old.store = old.store && !ret->vary_star;
		*ret = old;
	}
	mem_free(mg.memory);
}

/* Merges the 304's fields that may be stored into the stale ones and builds the head of `fresh` from them. */
static enum err publish__rebuild(struct cache_object *fresh, const struct cache_object *stale,
				 const struct cache_request *q, const struct cache_response *r304,
				 const struct cache_meta *meta)
{
	const struct cache_view *v = cache_view(stale);
	struct head__source s = { NULL, 0, NULL, q, v->status, r304->response_s, (int64_t)v->stored_s };
	struct publish__merger mg;
	struct cache_control cc;
	size_t kept = 0;
	enum err e;

	publish__merger_init(&mg, v, r304);
	cache_control_parse(r304->fields, r304->fields_n, FIELD_CACHE_CONTROL, &cc);
	for (size_t i = 0; i < mg.newer_n; i++)
		if (cache_field_is_stored(&mg.newer[i], r304->fields, r304->fields_n, &cc))
			mg.newer[kept++] = mg.newer[i];
	mg.newer_n = kept;
	s.fields = mg.merged;
	s.fields_n = publish__merge(&mg, v);
	e = head__build(fresh, &s, meta);
	mem_free(mg.memory);
	return e;
}

/* Puts `fresh` in the place of `stale`, and ends the flight. */
static void publish__exchange(struct cache *c, struct cache_object *fresh, struct cache_object *stale,
			      struct cache_object *flight, const struct cache_request *q)
{
	struct cache__shard *s = store__shard(c, flight->hash);
	bool in_main, keep;

	pthread_mutex_lock(&s->lock);
	in_main = stale->queue == CACHE__QUEUE_MAIN;
	__atomic_store_n(&fresh->stale_s, __atomic_load_n(&flight->stale_s, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
	purge__late_tags(fresh);
	keep = fresh->meta.store && !flight->doomed && !fresh->doomed;
	object__set_phase(fresh, keep ? CACHE_COMPLETE : CACHE_DEAD);
	/* An answer to one who showed credentials says nothing against the stored one. */
	if (stale->linked && (keep || !field_find(q->fields, q->fields_n, FIELD_AUTHORIZATION)))
		table__unlink(c, stale);
	if (keep) {
		fresh->uses = __atomic_load_n(&stale->uses, __ATOMIC_RELAXED);
		table__link(c, fresh, q);
		evict__insert(s, fresh, in_main);
	}
	table__land(flight);
	object__set_phase(flight, CACHE_DEAD);
	pthread_mutex_unlock(&s->lock);
	object__wake(flight);
}

enum err cache_freshen(struct cache_object *flight, struct cache_object *stale, const struct cache_request *q,
		       const struct cache_response *r304, const struct cache_meta *meta,
		       struct cache_object **ret_fresh)
{
	struct cache *c = flight->cache;
	struct cache_object *fresh;
	enum err e;

	OBJ(c, OBJ_CACHE);
	CHECK(cache_phase(flight) == CACHE_FLIGHT && stale->body != NULL);
	if (body__state(stale->body) != BODY__WHOLE)
		return ERR_CLOSED;
	fresh = object__new(c, flight->hash, slice_of(flight->key, flight->key_n));
	fresh->born = flight->born;
	fresh->realm_id = flight->realm_id;
	fresh->loose = flight->loose;
	fresh->asked = flight->asked;
	e = publish__rebuild(fresh, stale, q, r304, meta);
	if (e != OK) {
		cache_unref(fresh);
		return e;
	}
	purge__describe(fresh);
	fresh->first_view.has_length = true;
	fresh->first_view.length = body__bytes(stale->body);
	fresh->body = stale->body;
	body__ref(fresh->body);
	__atomic_store_n(&fresh->view, &fresh->first_view, __ATOMIC_RELEASE);
	publish__exchange(c, fresh, stale, flight, q);
	*ret_fresh = fresh;
	return OK;
}
