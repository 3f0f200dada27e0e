/* SPDX-License-Identifier: Apache-2.0 */
/* tls_strikes: see tls_strikes.h. Two sets that take turns; a ticket is looked for in both. */
#include "tls/tls_strikes.h"

#include "base/hash.h"
#include "base/mem.h"

#include <pthread.h>

enum { TLS_STRIKES__SLOTS = 2 * TLS_STRIKES_MAX };

/* Open addressing; 0 is a free slot. */
struct tls_strikes__set {
	uint64_t *slots; /* NULL before the first use */
	size_t n;
};

struct tls_strikes {
	pthread_mutex_t lock;
	struct hash_key key;
	struct tls_strikes__set now, before;
	int64_t began_s; /* of `now` */
};

struct tls_strikes *tls_strikes_new(void)
{
	struct tls_strikes *t = mem_alloc(sizeof *t);

	pthread_mutex_init(&t->lock, NULL);
	hash_key_random(&t->key);
	return t;
}

void tls_strikes_free(struct tls_strikes *t)
{
	if (!t)
		return;
	pthread_mutex_destroy(&t->lock);
	mem_free(t->now.slots);
	mem_free(t->before.slots);
	mem_free(t);
}

static void tls_strikes__clear(struct tls_strikes__set *s)
{
	if (s->n)
		memset(s->slots, 0, TLS_STRIKES__SLOTS * sizeof *s->slots);
	s->n = 0;
}

static void tls_strikes__turn(struct tls_strikes *t, int64_t now_s)
{
	struct tls_strikes__set old = t->before;
	int64_t age_s = now_s - t->began_s;

	if (age_s < 0)
		t->began_s = now_s; /* the clock was set back: everything is kept for longer */
	if (age_s < TLS_STRIKES_S)
		return;
	if (age_s >= 2 * TLS_STRIKES_S)
		tls_strikes__clear(&t->now); /* older than anything that is still taken */
	tls_strikes__clear(&old);
	t->before = t->now;
	t->now = old;
	t->began_s = now_s;
}

/* The slot of v, or the free one where it belongs. */
static uint64_t *tls_strikes__slot(const struct tls_strikes__set *s, uint64_t v)
{
	size_t at = (size_t)(v % TLS_STRIKES__SLOTS);

	while (s->slots[at] && s->slots[at] != v)
		at = (at + 1) % TLS_STRIKES__SLOTS;
	return &s->slots[at];
}

static bool tls_strikes__has(const struct tls_strikes__set *s, uint64_t v)
{
	return s->n && *tls_strikes__slot(s, v) == v;
}

bool tls_strikes_take(struct tls_strikes *t, struct slice ticket, int64_t now_s)
{
	uint64_t v = hash_bytes(&t->key, ticket) | 1;

	pthread_mutex_lock(&t->lock);
	tls_strikes__turn(t, now_s);
	bool ok = t->now.n < TLS_STRIKES_MAX && !tls_strikes__has(&t->now, v) && !tls_strikes__has(&t->before, v);
	if (ok) {
		if (!t->now.slots)
			t->now.slots = mem_alloc_array(TLS_STRIKES__SLOTS, sizeof *t->now.slots);
		*tls_strikes__slot(&t->now, v) = v;
		t->now.n++;
	}
	pthread_mutex_unlock(&t->lock);
	return ok;
}
