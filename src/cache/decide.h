/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide: what HTTP caching allows, as pure functions: no I/O, no clock, no lock, no allocation.
 * RFC 9111, RFC 5861 (stale-*), RFC 9213 (targeted fields), RFC 8246 (immutable), and the edge's own rules
 * (which requests are candidates, default TTL by status, precedence of TTLs). The store (store.h) keeps what is decided
 * here.
 */
#ifndef CACHE_DECIDE_H
#define CACHE_DECIDE_H

#include "model/zone.h"
#include "wire/cache_control.h"
#include "wire/h1_head.h"
#include "wire/validator.h"

/* CF-Cache-Status, and what the counters count. */
enum cache_status {
	CACHE_STATUS_NONE, /* the answer was made by the edge: no header */
	CACHE_STATUS_HIT,
	CACHE_STATUS_MISS,
	CACHE_STATUS_EXPIRED,
	CACHE_STATUS_REVALIDATED,
	CACHE_STATUS_UPDATING,
	CACHE_STATUS_STALE,
	CACHE_STATUS_BYPASS,
	CACHE_STATUS_DYNAMIC
};
/* "HIT" …; the empty slice for NONE. Process lifetime. */
struct slice cache_status_text(enum cache_status s);

/* The request as the cache sees it. */
struct cache_request {
	enum method method;
	struct slice path; /* with query */
	const struct field *fields;
	size_t fields_n;
	int64_t now_s; /* wall clock */
};

/* The response head as the cache sees it. */
struct cache_response {
	uint16_t status;
	const struct field *fields;
	size_t fields_n;
	bool has_length; /* total size known */
	uint64_t length;
	int64_t request_s, response_s; /* wall clock when the request left and the head came */
};

/* What may be done with a response; also stored with the object. */
struct cache_meta {
	bool store;           /* may be kept and given to others */
	bool no_cache;        /* revalidate on every use, never stale */
	bool must_revalidate; /* never stale (must-revalidate, proxy-revalidate, s-maxage) */
	bool has_validator;   /* ETag or Last-Modified from the origin */
	bool vary_star;       /* never matches another request */
	bool no_transform;
	int64_t date_s;            /* Date, or response_s */
	int64_t age_at_response_s; /* corrected initial age (RFC 9111 4.2.3) */
	int64_t response_s;
	int64_t ttl_s; /* freshness lifetime */
	int64_t swr_s,
		sie_s;   /* stale-while-revalidate, stale-if-error; 0 when none; may be forbidden by must_revalidate */
	const char *why; /* one word or two for logs and Cache-Status detail: why not stored, or where the TTL came
			    from. Process lifetime. */
};

/*
 * Whether the request is a candidate: method GET or HEAD, eligible by rule or by extension; with
 * cache level basic only without a query. path: with query.
 */
bool cache_is_candidate(const struct cache_policy *p, enum method method, struct slice path);

/*
 * Judges a response to a candidate request: storable, and for how long. Covers: status (final; 206 and 304 are not
 * stored as such; default table by status; unknown status codes only with explicit freshness), no-store, private,
 * Set-Cookie, Authorization, Vary: *, must-understand, precedence of edge TTL: rule > Cloudflare-CDN-Cache-Control >
 * CDN-Cache-Control > Surrogate-Control present > Cache-Control (s-maxage over max-age) > Expires > heuristic or
 * default table. Malformed or repeated Expires is "already expired". The caller has asked the origin with GET.
 * Without explicit freshness: EDGE_TTL_RESPECT_ORIGIN takes the default table by status, EDGE_TTL_BYPASS_BY_DEFAULT a
 * tenth of the age of Last-Modified, at most a day, for statuses that RFC 9110 15.1 allows and for `public`.
 * A rule that sets the TTL (override or by status) stores no-store, private and (stripped) Set-Cookie answers too, but
 * neither answers to Authorization without consent nor Vary: *.
 */
void cache_judge_response(const struct cache_policy *p, const struct cache_request *q, const struct cache_response *r,
			  struct cache_meta *ret);

/* Age in seconds now, >= 0 (RFC 9111 4.2.3). */
int64_t cache_age(const struct cache_meta *m, int64_t now_s);

enum cache_use {
	CACHE_USE_FRESH,    /* answer from it */
	CACHE_USE_UPDATING, /* answer from it and start a refresh (stale-while-revalidate) */
	CACHE_USE_VALIDATE  /* ask the origin first, with validators when has_validator */
};
/* What may be done with a stored response for this request now. Request Cache-Control is not obeyed (an edge, not a
 * private cache). */
enum cache_use cache_use(const struct cache_policy *p, const struct cache_meta *m, int64_t now_s);

/* Whether a stale copy may answer after the origin failed (stale-if-error, or always-online policy); never with
 * no_cache / must_revalidate. */
bool cache_may_serve_stale(const struct cache_policy *p, const struct cache_meta *m, int64_t now_s);
/* Whether a stale copy may answer instead of this answer of the origin: 500, 502, 503, 504 within stale-if-error
 * (RFC 5861 section 4). Always-online alone is for origins that cannot be reached. */
bool cache_may_replace(const struct cache_meta *m, uint16_t status, int64_t now_s);

/* What a conditional or ranged request gets from a stored 200 (RFC 9110 13.2.2 precedence; If-Range 13.1.5). */
enum cache_answer {
	CACHE_ANSWER_FULL,
	CACHE_ANSWER_NOT_MODIFIED,
	CACHE_ANSWER_PRECONDITION_FAILED,
	CACHE_ANSWER_RANGES,
	CACHE_ANSWER_UNSATISFIABLE
};
/*
 * size: total size of the stored body, or UINT64_MAX while unknown (ranges are then ignored).
 * out: ranges[0..*ret_n) for RANGES. If-None-Match wins over If-Modified-Since; conditionals apply to 200 only, to
 * others FULL. If-Match / If-Unmodified-Since on a GET are evaluated too. Without Last-Modified the stored Date, or
 * response_s when that is earlier or there is none, stands in for it (RFC 9111 4.3.2). Ranges are for GET only;
 * If-Range needs a strong match. *ret_n is untouched unless RANGES.
 */
enum cache_answer cache_evaluate(const struct cache_request *q, const struct cache_response *stored, uint64_t size,
				 struct byte_range *ranges, size_t ranges_cap, size_t *ret_n);

/*
 * Vary: whether a stored response selected by `stored_values` fits this request.
 * cache_vary_key writes, for a response's Vary fields, the normalised request values ("name:value\n" each, names lower
 * case, in the order listed; "name\n" for an absent field, which is distinct from an empty one) into out; returns
 * SIZE_MAX when it does not fit or Vary has '*', 0 without Vary. Equal bytes mean a match. Normalised (RFC 9111 4.1):
 * lines joined by commas, spaces around commas dropped; Accept-Encoding and Accept-Language also lower case and ordered
 * by weight, then name. Singleton fields, Cookie and Authorization are compared as they are.
 */
size_t cache_vary_key(const struct field *response_fields, size_t response_n, const struct field *request_fields,
		      size_t request_n, char *out, size_t cap);
/* The same from a list of names already joined by commas (as stored with an object). */
size_t cache_vary_key_of(struct slice vary_names, const struct field *request_fields, size_t request_n, char *out,
			 size_t cap);
/* All Vary lines as one comma list of lower-case names; its length, or SIZE_MAX when it does not fit. '*' stays. */
size_t cache_vary_names(const struct field *response_fields, size_t response_n, char *out, size_t cap);
/*
 * Whether two different keys of the same names match all the same, because they differ in Accept-Language only and the
 * stored answer is in the one language (content_language) that the request likes best (RFC 9111 4.1, RFC 9110 12.5.4).
 */
bool cache_vary_speaks(struct slice stored_key, struct slice request_key, struct slice content_language);

/* Whether a 304's fields update the stored ones, and whether a field is ever stored (hop-by-hop, Connection-listed,
 * no-cache="…" and private="…" fields are not; nor what the edge sets itself: Age, Content-Length, Server …). */
bool cache_field_is_stored(const struct field *f, const struct field *all, size_t all_n,
			   const struct cache_control *cc);
bool cache_field_updates(enum field_id id);
/* Whether a stored field is for the edge alone and never sent to a visitor (Cloudflare-CDN-Cache-Control, Cache-Tag).
 */
bool cache_field_is_inward(enum field_id id);
/*
 * The fields of a stored response after a newer one of the same representation, a 304 (RFC 9111 3.2): fields named in
 * the newer one are replaced by all its lines of that name. Slices are borrowed from both. Not yet filtered by
 * cache_field_is_stored, so that Age can be judged. Returns their number, or SIZE_MAX over cap (never when cap is the
 * sum of both).
 */
size_t cache_merge_fields(const struct field *stored, size_t stored_n, const struct field *newer, size_t newer_n,
			  struct field *out, size_t cap);

/* Whether a response to an unsafe request invalidates stored ones for its target (2xx and 3xx, RFC 9111 4.4). */
bool cache_invalidates(enum method method, uint16_t status);

/*
 * What the browser is told instead of the stored Cache-Control and Expires, for a zone or rule with a browser TTL of
 * its own: written to out, its length returned; 0 when the stored fields stand; SIZE_MAX when it does not fit (cap of
 * the Cache-Control lines and 32 bytes always does). A TTL only ever lengthens: it replaces a shorter max-age, or a
 * shorter Expires where there is no max-age, or is added when neither is there; other directives stay; no-store and
 * no-cache stand. Source: Cloudflare, cache/how-to/edge-browser-cache-ttl/set-browser-ttl.
 */
size_t cache_browser_control(const struct cache_policy *p, const struct field *fields, size_t fields_n, char *out,
			     size_t cap);

/*
 * The primary key: "scheme\0host\0path?query" by cache level (simplified leaves out the query of static extensions,
 * as the seed edge does), parameters in order when the policy sorts them (up to 256), scheme the one towards the
 * origin, host canonical. Purging reads host and path back out of keys: what else becomes part of a key goes behind
 * these three. Returns its length or SIZE_MAX when it does not fit.
 */
size_t cache_key(const struct cache_policy *p, struct slice scheme, struct slice host, struct slice path, char *out,
		 size_t cap);
/*
 * Appends what a rule wants in the key besides (struct cache_key_rule): values of fields and cookies or whether they
 * are there, language, kind of device. Returns as cache_key_fields; n is returned without such a rule.
 */
size_t cache_key_rule(const struct cache_policy *p, const struct field *fields, size_t fields_n, char *out, size_t n,
		      size_t cap);
/* "mobile", "tablet" or "desktop", by the User-Agent. Process lifetime. */
struct slice cache_key_device(const struct field *fields, size_t fields_n);
/*
 * Appends to a key of n bytes the request fields that make an origin answer for another host, path or method
 * (X-Forwarded-Host, X-Original-URL, X-HTTP-Method-Override … as the seed edge keys them), so that nobody can have such
 * an answer stored for everybody. Common case: none, n is returned. SIZE_MAX when it does not fit or n is SIZE_MAX.
 */
size_t cache_key_fields(const struct field *fields, size_t fields_n, char *out, size_t n, size_t cap);

#endif
