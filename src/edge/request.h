/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request: one request on its way through the machine (step.def); private to the edge room.
 * Lifetime word: request. It lives from begin to done; what must be copied to live that long is in r->arena.
 * A refresh is a request without an exchange: it fetches for the cache alone.
 */
#ifndef EDGE_REQUEST_H
#define EDGE_REQUEST_H

#include "base/check.h"
#include "base/text.h"
#include "cache/store.h"
#include "edge/admit.h"
#include "edge/worker.h"
#include "http/exchange.h"
#include "origin/pool.h"

enum request_step {
#define STEP(name, text, fn, why) STEP_##name,
#include "edge/step.def"
#undef STEP
	STEP_COUNT
};

enum flow { FLOW_NEXT, FLOW_WAIT, FLOW_OVER };

enum { REQUEST_RAY_BYTES = 20, REQUEST_RANGES_MAX = 16 };

/* Where the answer's bytes come from. */
enum request_source {
	SOURCE_NONE,
	SOURCE_OBJECT, /* r->object */
	SOURCE_ORIGIN, /* r->client, straight through */
	SOURCE_PAGE    /* r->page, made here */
};

struct fill;
struct router;
struct router_call;
struct rules_state;
struct waf_state;

/* What the visitor has shown (edge/passage.h). */
struct request_passage {
	uint8_t level; /* enum clearance_level, when known */
	bool known;
	uint32_t wait_s; /* Retry-After of a refusal; 0: none */
	int64_t age_s;   /* how long ago he got it */
};

struct request {
	uint32_t magic; /* OBJ_REQUEST */
	uint8_t step;   /* enum request_step */
	uint8_t source; /* enum request_source */
	bool running;   /* inside request_run */
	bool dead;      /* done, but a wake-up is still in the mail */
	struct worker *w;
	struct request *next_free;
	struct exchange *x;           /* NULL for a refresh */
	const struct http_request *q; /* x->req, or own_q of a refresh */
	struct arena *arena;
	uint64_t ray;
	char ray_text[REQUEST_RAY_BYTES + 1];
	uint8_t ray_n;
	/* Ticks: when it began, when a step was last entered, and what each step took; at: the step that the time runs
	 * for. */
	uint64_t began, last, spent[STEP_COUNT];
	uint8_t at;
	int64_t begin_s; /* wall clock */

	/* route */
	const struct site *site;
	struct zone *pinned;               /* keeps site alive across turns */
	struct slice host;                 /* canonical, without port */
	const struct cache_policy *policy; /* the site's, or what rules made of it: in r->arena */

	struct rules_state *rules; /* rules.h; NULL: the zone has none */
	struct waf_state *waf;     /* waf.h; NULL: not inspected */

	struct request_passage passage;
	struct admission admission; /* admit.h */
	/* Of the app router (router.h); NULL: a request of the edge. The call lives until release. */
	struct router *router;
	struct router_call *call;

	/* lookup */
	bool candidate, leads, kept;
	enum cache_status status;
	const char *detail; /* why, for the log and Cache-Status */
	struct slice key;
	uint64_t hash;
	struct cache_object *object; /* answers from here */
	bool object_held;            /* we own a reference to object */
	struct cache_object *flight; /* we lead its fetch (reference) */
	struct cache_object *stale;  /* being revalidated, or kept in case the origin fails (reference) */
	struct cache_waiter waiter;
	struct loop_task wake; /* posted by other threads */
	int posted;            /* atomic: wake is in the mail */
	uint64_t waited_until_ms;
	struct loop_timer follow; /* cache_follow_ms */
	bool followed;            /* waited for another's fetch at least once */
	bool alone;               /* fetch without leading or following */

	/* pick, fetch */
	struct pool_wait wait;
	struct client *client;
	struct ip_port origin;
	unsigned tries;
	size_t origin_first;
	bool picked, fresh_conn, body_gone, body_started;
	bool h1_only;        /* the origin did not take it over HTTP/2 */
	bool threat;         /* refused or challenged: counted as such */
	uint8_t tls_check;   /* enum tls_check: what failed; the page says it */
	struct slice reason; /* the same with dates and names, for log and explain; in arena */
	int64_t request_s;
	const struct h1_response *resp; /* during on_head only */
	uint16_t origin_status;
	struct fill *fill; /* the fetch we lead goes on there */
	bool overflowed;   /* the answer outgrew the cache: after the object's bytes, `rest`, then straight from the
			      origin */
	struct slice rest;

	/* answer */
	uint16_t answered; /* status sent, 0 before */
	enum err error;
	unsigned code;           /* 1xxx code of an edge error, 0 for none */
	uint16_t refused_status; /* of the error page, when a rule of the firewall names one; 0: that of error and code
				  */
	struct slice page;
	uint64_t sent; /* bytes of the source sent so far (offset inside the current range) */
	struct byte_range ranges[REQUEST_RANGES_MAX];
	size_t ranges_n, range_at;
	struct slice part; /* multipart text that goes out before the current range */
	size_t part_sent;
	struct slice boundary_type; /* content type of the parts */
	uint64_t body_in, body_out;
	bool logged;

	/* refresh */
	struct http_request own_q;
	struct arena own_arena;
};

/* machine.c: runs steps until one waits or the request is over. Safe to call from callbacks; nested calls return at
 * once. */
void request_run(struct request *r);
/* machine.c: the current step's word. Process lifetime. */
struct slice request_step_name(const struct request *r);
/* machine.c: the word of any step. Process lifetime. */
const char *request_step_text(enum request_step step);
/* machine.c: the time since the last call goes to the step that was entered then; cost: one read of the counter. */
static inline void request_clock(struct request *r)
{
	uint64_t now = tick_now();

	r->spent[r->at] += now - r->last;
	r->last = now;
	r->at = r->step;
}
/* machine.c: next step. */
static inline enum flow request_go(struct request *r, enum request_step step)
{
	r->step = (uint8_t)step;
	return FLOW_NEXT;
}
/* machine.c: to the error step with a reason; code is a 1xxx code or 0. */
enum flow request_fail(struct request *r, enum err e, unsigned code);
/* machine.c: makes everything the request points to live until done (arena copies, pinned zone). errors:
 * ERR_ARENA_FULL. */
enum err request_keep(struct request *r) MUST_USE;
/* machine.c: a refresh of r's key that runs by itself, leading `flight` (its reference moves). */
void request_refresh(struct request *r, struct cache_object *stale, struct cache_object *flight);
/* machine.c: another thread or callback may call this to have the request run in its own loop. */
void request_wake_from(struct cache_waiter *waiter);

/* machine.c: any thread may call this to have the request run in its own loop; once, however often it is asked. */
void request_post(struct request *r);

/* The steps. */
enum flow step_recv(struct request *r);
enum flow step_route(struct request *r);
enum flow secure_step(struct request *r);
enum flow step_rewrite(struct request *r);
enum flow step_guard(struct request *r);
enum flow waf_step_head(struct request *r);
enum flow waf_body_collect(struct request *r);
enum flow waf_body_step(struct request *r);
enum flow waf_answer_step(struct request *r);
enum flow step_tune(struct request *r);
enum flow step_lookup(struct request *r);
enum flow step_pick(struct request *r);
enum flow step_fetch(struct request *r);
enum flow step_store(struct request *r);
enum flow step_filter(struct request *r);
enum flow step_send(struct request *r);
enum flow step_done(struct request *r);
enum flow step_error(struct request *r);
enum flow step_tunnel(struct request *r);

/* fetch.c: events of the visitor's side that concern the origin's. */
void fetch_body(struct request *r, struct slice data, bool end);
void fetch_room(struct request *r);
/* fetch.c: drops the connection to the origin, whatever it is doing. */
void fetch_drop(struct request *r);
/* upstream.c: the request head as the origin gets it, in w->head_buf. */
struct slice upstream_head(struct request *r);

/*
 * fill.c: the rest of the body goes into the flight's object behind `first`, with or without the visitor. Takes over
 * r->client and r->flight; r->object is the object to read from.
 */
void fill_start(struct request *r, struct slice first);
/* fill.c: what is left of the answer is read and thrown away, so that the connection can be used again. Takes over
 * r->client. */
void fill_drain(struct request *r);
/* fetch.c: takes the connection of a fill back, because the answer outgrew the cache. */
void fetch_take_back(struct request *r, struct client *c, struct slice data);
/* fill.c: the visitor's request no longer follows its own fill. */
void fill_forget(struct fill *f);

/* answer.c: writes the log line and ends the answer; the visitor's session is gone afterwards (r->x is NULL). No-op
 * without one. */
void answer_finish(struct request *r, const struct field *trailers, size_t n);
/* answer.c: the text in front of range i of several, or behind the last one (i == r->ranges_n); size of the whole. In
 * r->arena. */
struct slice answer_part(struct request *r, size_t i, uint64_t size);
/* answer.c: gives up the reference to r->object. */
void answer_drop_object(struct request *r);
/* store.c: a stale copy instead of an answer that failed. False when there is none that may be used. */
bool store_serve_stale(struct request *r);

struct rule_managed;
/* rules_guard.c: the rules of the phase http_request_firewall_managed that hold for the request, at most max. */
size_t request_managed(struct request *r, const struct rule_managed **ret, size_t max);
/* rules_guard.c: whether the zone has any. */
bool request_has_managed(const struct site *site);
/* rules_guard.c: whether a rule of the zone lets this request pass the firewall engine. */
bool request_skips_firewall(const struct request *r);
/* rules_answer.c: an answer of that status without content that sends the visitor to location. */
enum flow request_redirect(struct request *r, uint16_t status, struct slice location);
/* route.c: gives the request its ray id. */
void route_ray(struct request *r);
/* route.c: whether the protocol that it asks to switch to is the one that is passed on. */
bool route_is_websocket(const struct http_request *q);
/* upstream.c: whether the field is named in the Connection field: for this hop only (RFC 9110 7.6.1). */
bool upstream_nominated(const struct http_request *q, const struct field *f);
/* upstream.c: the lines of a request head that say how its body and a change of protocol are framed. */
void upstream_framing(const struct http_request *q, struct text *t);
/* answer.c: as upstream_nominated, for an answer. */
bool answer_nominated(const struct h1_response *h, const struct field *f);
/* answer.c: how the body of an answer that passes straight through is framed. */
void answer_body_form(const struct request *r, struct http_response *h);

/* secure.c: whether step secure has something to decide for a request of that site. */
bool secure_wanted(const struct request *r, const struct site *site);
/* secure.c: whether the request is how a certification authority validates a name over plain HTTP; site: of it. */
bool secure_is_validation(const struct http_request *q, const struct site *site);
/* secure.c: the SSL mode of this request: a configuration rule's, else the zone's. */
enum zone_ssl secure_mode(const struct request *r);
/* origin_pull.c: who asks an origin that wants to know: the site's identity, else the zone's; NULL: nobody. Lives as
 * long as the zone. cost: 0.2 ms the first time. */
struct tls_identity *origin_pull_identity(struct request *r);
/* secure.c: whether the visitor is sent to the other scheme, and doing so. */
bool secure_redirects(const struct request *r);
enum flow secure_redirect(struct request *r);
/* secure.c: whether the origin is asked over TLS, and then whether its certificate is checked. */
bool secure_origin(const struct request *r);
bool secure_verifies(const struct request *r);
/* page.c: the body of an error answer for this request, negotiated on Accept; *ret_type its Content-Type. In r->arena
 * or process memory. */
struct slice page_error(struct request *r, uint16_t status, unsigned code, struct slice *ret_type);
/* page.c: the HTTP status that carries a 1xxx code. */
uint16_t page_code_status(unsigned code);
#define PAGE_CHALLENGE_PREFIX SLICE("/.well-known/acme-challenge/")
/*
 * page.c: answers the token of an order of this node (edge/challenges.h); false when the path names none of ours, and
 * the request goes its way. Before every rule, redirect and limit: a certificate must not depend on any of them.
 */
bool page_challenge(struct request *r, enum flow *ret);
/* page.c: the same for a question of acme/acme_probe.h. */
bool page_probe(struct request *r, enum flow *ret);
/* page.c: answers of the node's own paths under /cdn-cgi/. */
enum flow page_cdn_cgi(struct request *r);

/* access_log.c: one JSON line. */
void access_log_write(struct request *r);

#endif
