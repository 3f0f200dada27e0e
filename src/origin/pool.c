/* SPDX-License-Identifier: Apache-2.0 */
/* pool: see pool.h. Origins without a connection are forgotten from time to time: with TLS their names come from
 * visitors. */
#include "origin/pool.h"

#include "base/check.h"
#include "base/map.h"
#include "base/mem.h"
#include "model/sweep.h"

struct pool_idle {
	struct h1_client *client;
	struct pool_origin *origin;
	struct pool_idle *next, **prev; /* newest first */
};

enum { POOL__KEY_BYTES = 20 + H1_CLIENT_HOST_BYTES };

struct pool_origin {
	struct pool *pool;
	struct h1_client_to to;
	char key[POOL__KEY_BYTES];
	size_t conns; /* idle and out */
	size_t idle_n, waiting_n;
	struct pool_idle *idle;
	struct pool_wait *first, **last; /* oldest first */
};

struct pool {
	uint32_t magic; /* OBJ_POOL */
	struct proto *p;
	struct map origins;
	size_t sweep_at;
	struct pool_idle *spare; /* recycled records */
};

/* Family, address, port, way and name without the struct's padding. */
static struct slice pool__key(const struct h1_client_to *to, char out[static POOL__KEY_BYTES])
{
	size_t n = strlen(to->host);

	out[0] = (char)to->at.ip.family;
	memcpy(out + 1, to->at.ip.b, 16);
	memcpy(out + 17, &to->at.port, 2);
	out[19] = (char)(to->tls | to->verify << 1);
	memcpy(out + 20, to->host, n);
	return slice_of(out, 20 + n);
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

	return o->conns == 0 && o->waiting_n == 0;
}

static struct pool_origin *pool__origin(struct pool *pool, const struct h1_client_to *to)
{
	char key[POOL__KEY_BYTES];
	struct pool_origin *o = map_get(&pool->origins, pool__key(to, key));

	if (o)
		return o;
	sweep_map(&pool->origins, &pool->sweep_at, pool__is_unused, mem_free);
	o = mem_alloc(sizeof *o);
	o->pool = pool;
	o->to = *to;
	o->last = &o->first;
	map_put(&pool->origins, pool__key(&o->to, o->key), o);
	return o;
}

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
	w->ready(w, NULL, ERR_QUEUE_FULL);
}

static enum err pool__queue(struct pool_origin *o, struct pool_wait *w)
{
	const struct limits *l = o->pool->p->limits;

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
	loop_timer_set(o->pool->p->loop, &w->timer, loop_now_ms(o->pool->p->loop) + l->origin_queue_ms);
	return ERR_AGAIN;
}

enum err pool_take(struct pool *pool, const struct h1_client_to *to, bool fresh, struct pool_wait *w,
		   struct h1_client **ret_client)
{
	OBJ(pool, OBJ_POOL);
	struct pool_origin *o = pool__origin(pool, to);

	if (o->idle && !fresh) {
		*ret_client = pool__unpark(o->idle);
		return OK;
	}
	if (o->conns >= pool->p->limits->origin_conns_max) {
		if (!o->idle)
			return pool__queue(o, w);
		h1_client_free(pool__unpark(o->idle));
		o->conns--;
	}
	enum err e = h1_client_open(pool->p, to, ret_client);
	if (e == OK)
		o->conns++;
	return e;
}

void pool_cancel(struct pool *pool, struct pool_wait *w)
{
	OBJ(pool, OBJ_POOL);
	if (w->origin)
		pool__unlink(w);
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

void pool_give(struct pool *pool, struct h1_client *c)
{
	OBJ(pool, OBJ_POOL);
	struct pool_origin *o = pool__origin(pool, h1_client_to(c));
	struct pool_wait *w = o->first;
	bool reusable = h1_client_reusable(c);
	enum err e = OK;

	if (!reusable) {
		h1_client_free(c);
		c = NULL;
		o->conns--;
	}
	if (!w) {
		if (c)
			pool__park(o, c);
		return;
	}
	pool__unlink(w);
	if (!c) {
		e = h1_client_open(pool->p, &o->to, &c);
		if (e == OK)
			o->conns++;
	}
	w->ready(w, e == OK ? c : NULL, e);
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
		mem_free(o);
	}
	while (pool->spare) {
		struct pool_idle *idle = pool->spare;
		pool->spare = idle->next;
		mem_free(idle);
	}
	map_fini(&pool->origins);
	mem_free(pool);
}
