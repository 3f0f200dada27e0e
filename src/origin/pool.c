/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool: see pool.h. Origins without a connection are forgotten from time to time: with TLS their names come from
 * visitors. Whether an origin speaks HTTP/2 is known after the first handshake; until then, and when it does, requests
 * that come at once share one dial.
 */
#include "origin/pool.h"

#include "base/check.h"
#include "base/map.h"
#include "base/mem.h"
#include "model/sweep.h"
#include "proto/dial.h"
#include "proto/h1_client.h"
#include "proto/h2_client.h"
#include "tls/tls_identity.h"

struct pool_idle {
	struct h1_client *client;
	struct pool_origin *origin;
	struct pool_idle *next, **prev; /* newest first */
};

/* A dial or an HTTP/2 connection of an origin. */
struct pool_link {
	struct pool_origin *origin;
	struct pool_link *next, **prev;
	struct dial *dial;
	struct h2_client *h2;
};

enum { POOL__KEY_BYTES = 30 + 2 * CLIENT_HOST_BYTES };

struct pool_origin {
	struct pool *pool;
	struct client_to to;
	char key[POOL__KEY_BYTES];
	size_t key_n;
	size_t conns; /* idle, out, and being dialled */
	size_t idle_n, waiting_n, dials_n;
	struct pool_idle *idle;
	struct pool_link *dials, *h2s;
	struct pool_wait *first, **last; /* oldest first */
	bool h1_only;                    /* the last handshake did not choose HTTP/2 */
	bool serving;                    /* inside pool__serve: stays, and serves on by itself */
};

struct pool {
	uint32_t magic; /* OBJ_POOL */
	struct proto *p;
	struct map origins;
	size_t sweep_at;
	struct pool_idle *spare; /* recycled records */
};

/* Family, address, port, way and names without the struct's padding. */
static struct slice pool__key(const struct client_to *to, char out[static POOL__KEY_BYTES])
{
	size_t n = strlen(to->host), also = strlen(to->also);

	out[0] = (char)to->at.ip.family;
	memcpy(out + 1, to->at.ip.b, 16);
	memcpy(out + 17, &to->at.port, 2);
	out[19] = (char)(to->tls | to->verify << 1 | to->h2 << 2);
	memcpy(out + 20, to->host, n + 1);
	memcpy(out + 21 + n, to->also, also + 1);
	n += 22 + also;
	if (to->identity) {
		uint64_t id = tls_identity_id(to->identity);
		memcpy(out + n, &id, sizeof id);
		n += sizeof id;
	}
	return slice_of(out, n);
}

struct pool *pool_new(struct proto *p)
{
	struct pool *pool = mem_alloc(sizeof *pool);

	pool->magic = OBJ_POOL;
	pool->p = p;
	map_init(&pool->origins);
	return pool;
}

static bool pool__is_unused(const void *origin)
{
	const struct pool_origin *o = origin;

	return o->conns == 0 && o->waiting_n == 0 && !o->serving;
}

static void pool__forget(void *origin)
{
	struct pool_origin *o = origin;

	tls_identity_unref(o->to.identity);
	mem_free(o);
}

static struct pool_origin *pool__origin(struct pool *pool, const struct client_to *to)
{
	char key[POOL__KEY_BYTES];
	struct slice k = pool__key(to, key);
	struct pool_origin *o = map_get(&pool->origins, k);

	if (o) {
		o->to.streams_max = to->streams_max;
		return o;
	}
	sweep_map(&pool->origins, &pool->sweep_at, pool__is_unused, pool__forget);
	o = mem_alloc(sizeof *o);
	o->pool = pool;
	o->to = *to;
	if (to->identity)
		tls_identity_ref(to->identity);
	o->last = &o->first;
	memcpy(o->key, key, k.n);
	o->key_n = k.n;
	map_put(&pool->origins, slice_of(o->key, o->key_n), o);
	return o;
}

/* ---- idle connections of HTTP/1.1 ---- */

static struct h1_client *pool__unpark(struct pool_idle *idle)
{
	struct h1_client *c = idle->client;

	*idle->prev = idle->next;
	if (idle->next)
		idle->next->prev = idle->prev;
	idle->origin->idle_n--;
	idle->next = idle->origin->pool->spare;
	idle->origin->pool->spare = idle;
	return c;
}

static void pool__idle_end(struct h1_client *c)
{
	struct pool_idle *idle = h1_client_owner(c);
	struct pool_origin *o = idle->origin;

	pool__unpark(idle);
	o->conns--;
	h1_client_free(c);
}

static void pool__park(struct pool_origin *o, struct h1_client *c)
{
	const struct limits *l = o->pool->p->limits;
	struct pool_idle *idle = o->pool->spare;

	if (idle)
		o->pool->spare = idle->next;
	else
		idle = mem_alloc(sizeof *idle);
	idle->client = c;
	idle->origin = o;
	idle->next = o->idle;
	if (idle->next)
		idle->next->prev = &idle->next;
	idle->prev = &o->idle;
	o->idle = idle;
	o->idle_n++;
	h1_client_park(c, pool__idle_end, idle, l->origin_idle_ms);
	if (o->idle_n > l->origin_idle_max) {
		struct pool_idle *oldest = o->idle;
		while (oldest->next)
			oldest = oldest->next;
		h1_client_free(pool__unpark(oldest));
		o->conns--;
	}
}

static struct client *pool__out(struct pool_origin *o, struct client *c)
{
	c->home = o;
	return c;
}

/* ---- the queue ---- */

static void pool__unlink(struct pool_wait *w)
{
	struct pool_origin *o = w->origin;

	*w->prev = w->next;
	if (w->next)
		w->next->prev = w->prev;
	else
		o->last = w->prev;
	o->waiting_n--;
	w->origin = NULL;
	loop_timer_cancel(o->pool->p->loop, &w->timer);
}

static void pool__late(struct loop_timer *t)
{
	struct pool_wait *w = LOOP_OWNER(t, struct pool_wait, timer);

	pool__unlink(w);
	w->ready(w, NULL, ERR_QUEUE_FULL, NULL);
}

static enum err pool__queue(struct pool_origin *o, struct pool_wait *w)
{
	const struct limits *l = o->pool->p->limits;
	uint64_t wait_ms = l->origin_queue_ms + (o->to.tls ? w->connect_ms : 0); /* a dial is waited for here too */

	if (o->waiting_n >= l->origin_queue_max) {
		counter_add(o->pool->p->counters, origin_queue_full, 1);
		return ERR_QUEUE_FULL;
	}
	w->origin = o;
	w->next = NULL;
	w->prev = o->last;
	*o->last = w;
	o->last = &w->next;
	o->waiting_n++;
	loop_timer_init(&w->timer, pool__late);
	loop_timer_set(o->pool->p->loop, &w->timer, loop_now_ms(o->pool->p->loop) + wait_ms);
	return ERR_AGAIN;
}

/* ---- dials, and connections of HTTP/2 ---- */

static struct pool_link *pool__link(struct pool_origin *o, struct pool_link **list)
{
	struct pool_link *k = mem_alloc(sizeof *k);

	k->origin = o;
	k->next = *list;
	if (k->next)
		k->next->prev = &k->next;
	k->prev = list;
	*list = k;
	return k;
}

static void pool__unlink_link(struct pool_link *k)
{
	*k->prev = k->next;
	if (k->next)
		k->next->prev = k->prev;
	mem_free(k);
}

/* It takes no more requests; those that it has go on. */
static void pool__h2_over(struct h2_client *h, void *owner)
{
	struct pool_link *k = owner;
	struct pool_origin *o = k->origin;

	o->conns--;
	pool__unlink_link(k);
}

static void pool__dialled(struct dial *d, enum err e, const struct tls_trouble *trouble);

/* errors: as dial_start. */
static enum err pool__dial(struct pool_origin *o, uint64_t connect_ms)
{
	struct pool_link *k = pool__link(o, &o->dials);
	const struct dial_setup setup = { .to = &o->to,
					  .key = slice_of(o->key, o->key_n),
					  .connect_ms = connect_ms ? connect_ms : o->pool->p->limits->origin_connect_ms,
					  .done = pool__dialled,
					  .owner = k };
	enum err e = dial_start(o->pool->p, &setup, &k->dial);

	if (e != OK) {
		pool__unlink_link(k);
		return e;
	}
	o->dials_n++;
	o->conns++;
	return OK;
}

/* What may serve that request now, or NULL. */
static struct client *pool__at_hand(struct pool_origin *o, bool fresh)
{
	for (struct pool_link *k = o->h2s; k; k = k->next)
		if (h2_client_room(k->h2))
			return pool__out(o, h2_client_stream(k->h2));
	if (o->idle && !fresh)
		return pool__out(o, h1_client_as_client(pool__unpark(o->idle)));
	return NULL;
}

/* Answers the n requests that wait longest with an error, or those that are left of them. */
static void pool__fail(struct pool_origin *o, size_t n, enum err e, const struct tls_trouble *trouble)
{
	bool outer = !o->serving;

	o->serving = true;
	while (n-- && o->first) {
		struct pool_wait *w = o->first;
		pool__unlink(w);
		w->ready(w, NULL, e, trouble);
	}
	if (outer)
		o->serving = false;
}

/* Of TLS: as many dials as requests wait, but one at a time where one connection will serve them all. */
static void pool__dial_more(struct pool_origin *o)
{
	while (o->first && o->conns < o->pool->p->limits->origin_conns_max &&
	       o->dials_n < (o->h1_only ? o->waiting_n : 1)) {
		enum err e = pool__dial(o, o->first->connect_ms);
		if (e != OK)
			pool__fail(o, 1, e, NULL);
	}
}

/* Gives what is at hand to who waits. A request that ends at once comes back here and finds it serving. */
static void pool__serve(struct pool_origin *o)
{
	struct client *c;

	if (o->serving)
		return;
	o->serving = true;
	while (o->first && (c = pool__at_hand(o, o->first->fresh))) {
		struct pool_wait *w = o->first;
		pool__unlink(w);
		w->ready(w, c, OK, NULL);
	}
	if (o->to.tls)
		pool__dial_more(o);
	o->serving = false;
}

/* A connection is there. errors: ERR_SYSTEM. */
static enum err pool__connected(struct pool_origin *o, struct dial *d)
{
	struct proto *p = o->pool->p;
	struct tls_session *tls;
	struct h1_client *c;
	bool h2;
	int fd = dial_take(d, &tls, &h2);

	o->h1_only = !h2;
	if (h2) {
		struct pool_link *k = pool__link(o, &o->h2s);
		const struct h2_client_setup setup = { .streams_max = o->to.streams_max,
						       .over = pool__h2_over,
						       .owner = k };
		enum err e = h2_client_new(p, fd, tls, &setup, &k->h2);
		if (e != OK)
			pool__unlink_link(k);
		return e;
	}
	TRY(h1_client_adopt(p, fd, tls, &c));
	struct pool_wait *w = o->first;
	if (!w) {
		pool__park(o, c);
		return OK;
	}
	pool__unlink(w);
	w->ready(w, pool__out(o, h1_client_as_client(c)), OK, NULL);
	return OK;
}

static void pool__dialled(struct dial *d, enum err e, const struct tls_trouble *trouble)
{
	struct pool_link *k = dial_owner(d);
	struct pool_origin *o = k->origin;

	o->serving = true; /* stays while its requests are called */
	o->dials_n--;
	pool__unlink_link(k);
	if (e == OK)
		e = pool__connected(o, d);
	if (e != OK) {
		o->conns--;
		pool__fail(o, o->h1_only ? 1 : o->waiting_n, e, trouble);
	}
	dial_free(d);
	o->serving = false;
	pool__serve(o);
}

/* ---- taking and giving ---- */

/* Over TLS: a connection comes out of a handshake, which is waited for in the queue. */
static enum err pool__take_tls(struct pool_origin *o, struct pool_wait *w)
{
	enum err e = pool__queue(o, w);

	if (e != ERR_AGAIN)
		return e;
	if (o->dials_n && !o->h1_only)
		return ERR_AGAIN;
	if (o->conns >= o->pool->p->limits->origin_conns_max && o->idle) {
		h1_client_free(pool__unpark(o->idle));
		o->conns--;
	}
	if (o->conns >= o->pool->p->limits->origin_conns_max)
		return ERR_AGAIN;
	e = pool__dial(o, w->connect_ms);
	if (e == OK)
		return ERR_AGAIN;
	pool__unlink(w);
	return e;
}

enum err pool_take(struct pool *pool, const struct client_to *to, struct pool_wait *w, struct client **ret_client)
{
	OBJ(pool, OBJ_POOL);
	struct pool_origin *o = pool__origin(pool, to);
	struct client *c = pool__at_hand(o, w->fresh);
	struct h1_client *h1;

	if (c) {
		*ret_client = c;
		return OK;
	}
	if (to->tls)
		return pool__take_tls(o, w);
	if (o->conns >= pool->p->limits->origin_conns_max) {
		if (!o->idle)
			return pool__queue(o, w);
		h1_client_free(pool__unpark(o->idle));
		o->conns--;
	}
	TRY(h1_client_open(pool->p, &to->at, &h1));
	o->conns++;
	*ret_client = pool__out(o, h1_client_as_client(h1));
	return OK;
}

void pool_cancel(struct pool *pool, struct pool_wait *w)
{
	OBJ(pool, OBJ_POOL);
	if (w->origin)
		pool__unlink(w);
}

/* A plain connection for who waits, because one has gone. */
static void pool__open_next(struct pool_origin *o)
{
	struct pool_wait *w = o->first;
	struct h1_client *c = NULL;

	pool__unlink(w);
	enum err e = h1_client_open(o->pool->p, &o->to.at, &c);
	if (e == OK)
		o->conns++;
	w->ready(w, e == OK ? pool__out(o, h1_client_as_client(c)) : NULL, e, NULL);
}

void pool_give(struct pool *pool, struct client *client)
{
	OBJ(pool, OBJ_POOL);
	struct pool_origin *o = client->home;
	struct pool_wait *w;

	if (client->h2) {
		h2_client_release(client);
		pool__serve(o);
		return;
	}
	struct h1_client *c = h1_client_of(client);
	w = o->first;
	if (!h1_client_reusable(c)) {
		h1_client_free(c);
		o->conns--;
		if (o->to.tls)
			pool__serve(o);
		else if (w)
			pool__open_next(o);
	} else if (w) {
		pool__unlink(w);
		w->ready(w, client, OK, NULL);
	} else {
		pool__park(o, c);
	}
}

void pool_free(struct pool *pool)
{
	size_t at = 0;
	struct slice key;
	void *value;

	if (!pool)
		return;
	OBJ(pool, OBJ_POOL);
	while (map_next(&pool->origins, &at, &key, &value)) {
		struct pool_origin *o = value;
		CHECK(o->first == NULL);
		while (o->idle)
			h1_client_free(pool__unpark(o->idle));
		while (o->dials) {
			dial_free(o->dials->dial);
			pool__unlink_link(o->dials);
		}
		while (o->h2s)
			h2_client_free(o->h2s->h2); /* calls pool__h2_over */
		pool__forget(o);
	}
	while (pool->spare) {
		struct pool_idle *idle = pool->spare;
		pool->spare = idle->next;
		mem_free(idle);
	}
	map_fini(&pool->origins);
	mem_free(pool);
}
