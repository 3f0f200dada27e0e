/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: the memory tier. Objects are found without locks (snapshot table), counted when kept across a loop turn,
 * filled by one fetch while any number of readers on any worker follow it, and evicted by S3-FIFO
 * (Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023): a hit costs one relaxed store.
 *
 * Life of an object, and who may do what:
 *
 * 1 flight: among the flights, without an answer; the leader owns it. Others may only wait (cache_wait).
 * 2 filling: head published; fields and meta are immutable from here; found by requests it fits; the leader appends,
 *   readers read what is there. Removed from the table meanwhile it stays filling, for those who hold it.
 * 3 complete: body whole. Only now it may be evicted, and only while nobody but the table holds it.
 * 4 dead: out of the table (evicted, replaced, removed, failed); readers that hold it finish; freed at the last unref.
 *
 * A disk tier can come under it: body pieces are only reached by cache_body_at, never by pointer arithmetic of callers.
 */
#ifndef CACHE_STORE_H
#define CACHE_STORE_H

#include "base/err.h"
#include "base/limits.h"
#include "cache/decide.h"
#include "sys/snap.h"

struct cache;
struct cache_object;

enum cache_phase { CACHE_FLIGHT, CACHE_FILLING, CACHE_COMPLETE, CACHE_DEAD };

/* What a reader sees of an object from phase filling on. Borrowed from the object. */
struct cache_view {
	uint16_t status;
	const struct field *fields; /* stored fields, without those set per answer (Age, Date stays as stored) */
	size_t fields_n;
	struct slice h1_fields; /* the same as ready-made HTTP/1 lines "Name: value\r\n", byte for byte as received */
	struct slice etag;      /* as sent, also when malformed; empty when none */
	struct slice last_modified; /* as sent; empty when none */
	/* What the origin sent for the edge alone (cache_field_is_inward); never for visitors. */
	const struct field *inward;
	size_t inward_n;
	const struct cache_meta *meta;
	bool has_length;
	uint64_t length;   /* announced or final size */
	uint64_t stored_s; /* wall clock when its body was fetched; stands in for Last-Modified when the origin gave no
			      validator */
};

/*
 * A reader or follower that wants to be told of progress. Embedded in the caller's request; one object at a time.
 * All zero but `wake` at first. A wake is told once; cache_wait asks for the next one.
 */
struct cache_waiter {
	struct cache_waiter *next, **prev;
	/* Called by whichever thread made the progress, with the object's lock held: only post to the waiter's own
	 * loop, call nothing here. */
	void (*wake)(struct cache_waiter *w);
	/* Own thread's view, with a reference: from cache_wait until the next cache_wait or cache_wait_cancel, also
	 * after the wake. NULL otherwise. */
	struct cache_object *object;
};

/* shards: power of two. limits: cache_bytes_max, cache_object_bytes_max, cache_variants_max are read. */
struct cache *cache_new(const struct limits *limits, unsigned shards) __attribute__((returns_nonnull));
/* Frees everything; no reader, leader or waiter may be left. */
void cache_free(struct cache *c);

/* Keyed hash of a primary key; the same for all calls with that key. */
uint64_t cache_hash(const struct cache *c, struct slice key);

/*
 * The stored object that answers this request: primary key and Vary match, phase filling or complete. NULL when none.
 * The pointer is valid until the thread's next quiescent state; call cache_ref to keep it. Counts as a use for
 * eviction. cost: one table look-up, a compare of the vary key when the object has one; no lock, no allocation.
 */
struct cache_object *cache_find(struct cache *c, uint64_t hash, struct slice key, const struct field *request_fields,
				size_t request_n);

/* One more reference. false when the object was freed under us (look up again). */
bool cache_ref(struct cache_object *o);
/* Drops one. Any thread. NULL is fine. */
void cache_unref(struct cache_object *o);

/* Where its life stands now. Any thread that may touch o. */
enum cache_phase cache_phase(const struct cache_object *o);
/* Valid from phase filling on. A new one with has_length set when a body of unknown length is whole; older ones stay
 * valid as long as the object. */
const struct cache_view *cache_view(const struct cache_object *o);

/*
 * Bytes of the body from `at` on that are there now, as one run inside the object; empty when none yet (or at the end).
 * *ret_end: true when the body is complete and at + run is its end. *ret_failed: the fetch broke; what was read is all
 * there will be. No lock; valid while the caller holds a reference (or until its quiescent state).
 */
struct slice cache_body_at(const struct cache_object *o, uint64_t at, bool *ret_end, bool *ret_failed);

/* Announced or final size of the body; UINT64_MAX while the object is filled and no length was announced. */
uint64_t cache_size(const struct cache_object *o);
/* Bytes of the body that are there now. */
uint64_t cache_filled(const struct cache_object *o);

/*
 * Collapsing. Asks to lead the fetch for this key: returns a new object in phase flight (the caller leads; holds one
 * reference), or NULL with *ret_other = the flight that somebody else leads (one reference for the caller, to wait on).
 * One flight per primary key. A stored (stale) object for the key stays findable meanwhile.
 */
struct cache_object *cache_lead(struct cache *c, uint64_t hash, struct slice key, struct cache_object **ret_other);

/* Waits for progress: woken at publish, append, completion, failure, and immediately-due when there is progress beyond
 * (phase, size seen). Returns false when there is progress already (do not wait, look again). */
bool cache_wait(struct cache_object *o, struct cache_waiter *w, enum cache_phase seen_phase, uint64_t seen_bytes);
/* Stops waiting and gives back the waiter's reference; after return wake is not called any more. Own thread of the
 * waiter. No-op when not waiting. */
void cache_wait_cancel(struct cache_waiter *w);

/*
 * Leader: publishes the head of a storable answer; phase filling. The object takes its place in the table instead of
 * those that would answer the same request, unless the key was removed (purged) since the fetch began: then only who
 * holds it reads it. Copies fields that cache_field_is_stored; adds Date when the origin sent none (RFC 9110 6.6.1).
 * cc: the response's Cache-Control, for field names in it; NULL: none. The key's flight ends here.
 * errors: ERR_BODY_LARGE (announced length over cache_object_bytes_max), ERR_HEAD_LARGE (the request's varying fields
 * are too long to keep), ERR_MEMORY; then it is as after cache_abandon.
 */
enum err cache_publish(struct cache *c, struct cache_object *o, const struct cache_request *q,
		       const struct cache_response *r, const struct cache_meta *meta,
		       const struct cache_control *cc) MUST_USE;
/* Leader: the answer is not storable or there is none; waiters are woken and see phase dead. The leader's reference
 * stays. As cache_fail when the head was published already; nothing when the object is complete or dead. */
void cache_abandon(struct cache *c, struct cache_object *o);
/* Leader: appends body bytes (copied). errors: ERR_BODY_LARGE (outgrew the bound: the object is dead, readers see
 * failed), ERR_MEMORY. */
enum err cache_append(struct cache *c, struct cache_object *o, struct slice data) MUST_USE;
/* Leader: the body is whole. errors: ERR_ORIGIN_CUT when the announced length was not reached (then as cache_fail). */
enum err cache_complete(struct cache *c, struct cache_object *o) MUST_USE;
/* Leader: the fetch broke; dead, readers see failed, a partial body is never found again. */
void cache_fail(struct cache *c, struct cache_object *o);

/*
 * Judges what a 304 makes of a stored object: as cache_judge_response of the merged fields with the stored status. When
 * the 304 says nothing of freshness the old verdict goes on from the new date. Set-Cookie in a 304 is not looked at.
 */
void cache_judge_304(const struct cache_policy *p, const struct cache_request *q, const struct cache_object *stale,
		     const struct cache_response *r304, struct cache_meta *ret);

/*
 * Leader of a revalidation: the origin answered 304. `stale` stays as it is for its readers; a new object with the
 * merged fields (RFC 9111 3.2, 4.3.4) and new meta shares its body and takes its place. `flight` is ended (waiters
 * woken: dead; they look up again). out: *ret_fresh with one reference; when !meta->store it takes no place, and stale
 * loses its own unless the request carried Authorization. errors: ERR_MEMORY, ERR_CLOSED (stale's body is not
 * complete); then nothing has changed and the flight goes on.
 */
enum err cache_freshen(struct cache_object *flight, struct cache_object *stale, const struct cache_request *q,
		       const struct cache_response *r304, const struct cache_meta *meta,
		       struct cache_object **ret_fresh) MUST_USE;

/* Removes all variants of a key; what is being fetched for it now will not be kept. Returns how many. */
size_t cache_remove(struct cache *c, uint64_t hash, struct slice key);
/* Removes everything. Returns how many. */
size_t cache_remove_all(struct cache *c);

/* objects: findable now. bytes: all memory of objects, also of those that only readers still hold. */
struct cache_stats {
	uint64_t objects, bytes, bytes_max, evicted, inserted;
};
/* Any thread. */
void cache_stats(const struct cache *c, struct cache_stats *ret);

#endif
