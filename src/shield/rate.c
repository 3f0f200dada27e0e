/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rate: see rate.h. The table is an array of sets of RATE__WAYS slots; a key lives in the set of its low bits. A slot
 * that changes hands is RATE__BUSY meanwhile, which no key is.
 */
#include "shield/rate.h"

#include "base/check.h"
#include "base/mem.h"

enum { RATE__WAYS = 8, RATE__SLOTS_MIN = 16 };

#define RATE__BUSY UINT64_C(1)

struct rate_slot {
	uint64_t key;       /* 0: free */
	uint64_t start_ms;  /* of the current period */
	uint64_t now_n;     /* counted in it */
	uint64_t before_n;  /* in the period before */
	uint64_t until_ms;  /* held back until then; 0: not */
	uint64_t forget_ms; /* nothing in the slot matters after that */
};

struct rate_table {
	struct hash_key secret;
	size_t sets; /* a power of two */
	struct rate_slot *slots;
};

static uint64_t rate__load(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static void rate__store(uint64_t *p, uint64_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

static bool rate__swap(uint64_t *p, uint64_t from, uint64_t to)
{
	return __atomic_compare_exchange_n(p, &from, to, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

struct rate_table *rate_new(size_t slots, const struct hash_key *secret)
{
	struct rate_table *t = mem_alloc(sizeof *t);

	t->secret = *secret;
	t->sets = RATE__SLOTS_MIN / RATE__WAYS;
	while (t->sets * RATE__WAYS < slots)
		t->sets *= 2;
	t->slots = mem_alloc_array(t->sets * RATE__WAYS, sizeof *t->slots);
	return t;
}

void rate_free(struct rate_table *t)
{
	if (!t)
		return;
	mem_free(t->slots);
	mem_free(t);
}

uint64_t rate_key(const struct rate_table *t, struct slice bytes)
{
	uint64_t h = hash_bytes(&t->secret, bytes);

	return h > RATE__BUSY ? h : h + 2;
}

static struct rate_slot *rate__set(const struct rate_table *t, uint64_t key)
{
	return &t->slots[(key & (t->sets - 1)) * RATE__WAYS];
}

static struct rate_slot *rate__find(const struct rate_table *t, uint64_t key)
{
	struct rate_slot *set = rate__set(t, key);

	for (size_t i = 0; i < RATE__WAYS; i++)
		if (rate__load(&set[i].key) == key)
			return &set[i];
	return NULL;
}

/* The slot of a key that has none yet: a free one, else the one that would be forgotten first. NULL: lost a race. */
static struct rate_slot *rate__claim(const struct rate_table *t, uint64_t key, uint64_t now_ms)
{
	struct rate_slot *set = rate__set(t, key), *best = NULL;
	uint64_t best_key = 0, best_ms = UINT64_MAX;

	for (size_t i = 0; i < RATE__WAYS; i++) {
		uint64_t k = rate__load(&set[i].key), ms = k ? rate__load(&set[i].forget_ms) : 0;
		if (k == RATE__BUSY || ms >= best_ms)
			continue;
		best = &set[i];
		best_key = k;
		best_ms = ms;
	}
	if (!best || !rate__swap(&best->key, best_key, RATE__BUSY))
		return NULL;
	rate__store(&best->start_ms, now_ms);
	rate__store(&best->now_n, 0);
	rate__store(&best->before_n, 0);
	rate__store(&best->until_ms, 0);
	rate__store(&best->forget_ms, now_ms);
	rate__store(&best->key, key);
	return best;
}

/* Brings the slot to the period that now_ms lies in. Whoever moves it on moves the counts; others count meanwhile. */
static void rate__roll(struct rate_slot *s, uint64_t period_ms, uint64_t now_ms)
{
	uint64_t start = rate__load(&s->start_ms);

	if (now_ms < start || now_ms - start < period_ms)
		return;
	/* Who was away for a whole period begins anew, and is counted exactly again. */
	bool next = now_ms - start < 2 * period_ms;
	if (!rate__swap(&s->start_ms, start, next ? start + period_ms : now_ms))
		return;
	uint64_t n = __atomic_exchange_n(&s->now_n, 0, __ATOMIC_ACQ_REL);
	rate__store(&s->before_n, next ? n : 0);
}

/* What counts now: so many in this period, and the share of the last one that lies within a period from now. */
static uint64_t rate__sum(const struct rate_slot *s, uint64_t n, uint64_t period_ms, uint64_t now_ms)
{
	uint64_t start = rate__load(&s->start_ms), gone = now_ms > start ? now_ms - start : 0;
	double share = gone < period_ms ? (double)(period_ms - gone) / (double)period_ms : 0;

	return n + (uint64_t)(share * (double)rate__load(&s->before_n));
}

static uint32_t rate__seconds(uint64_t ms)
{
	return (uint32_t)((ms + 999) / 1000) + (ms == 0);
}

/* Whether the key is held back; what it did before is forgotten when that ends. */
static bool rate__held(struct rate_slot *s, uint64_t now_ms, uint32_t *ret_wait_s)
{
	uint64_t until = rate__load(&s->until_ms);

	if (!until)
		return false;
	if (now_ms < until) {
		*ret_wait_s = rate__seconds(until - now_ms);
		return true;
	}
	if (rate__swap(&s->until_ms, until, 0)) {
		rate__store(&s->start_ms, now_ms);
		rate__store(&s->before_n, 0);
		rate__store(&s->now_n, 0);
	}
	return false;
}

/* How long it is too much without a timeout: until this period ends, at most. */
static uint32_t rate__rest(const struct rate_slot *s, uint64_t period_ms, uint64_t now_ms)
{
	uint64_t end = rate__load(&s->start_ms) + period_ms;

	return rate__seconds(end > now_ms ? end - now_ms : 0);
}

bool rate_add(struct rate_table *t, uint64_t key, const struct rate_limit *l, uint64_t weight, uint64_t now_ms,
	      uint32_t *ret_wait_s)
{
	uint64_t period_ms = (uint64_t)l->period_s * 1000;
	struct rate_slot *s = rate__find(t, key);

	CHECK(key > RATE__BUSY && period_ms);
	*ret_wait_s = 0;
	if (!s)
		s = rate__claim(t, key, now_ms);
	if (!s)
		return false;
	if (rate__held(s, now_ms, ret_wait_s))
		return true;
	rate__roll(s, period_ms, now_ms);
	if (rate__load(&s->forget_ms) < now_ms + period_ms)
		rate__store(&s->forget_ms, now_ms + 2 * period_ms);
	/* One's own place in the line decides: with the sum of all, two that come at once could push each other out. */
	uint64_t place = __atomic_add_fetch(&s->now_n, weight, __ATOMIC_ACQ_REL);
	if (rate__sum(s, place, period_ms, now_ms) <= l->most)
		return false;
	if (!l->timeout_s) { /* what is too much does not count, else who keeps asking would never come in again */
		__atomic_sub_fetch(&s->now_n, weight, __ATOMIC_ACQ_REL);
		*ret_wait_s = rate__rest(s, period_ms, now_ms);
		return true;
	}
	uint64_t until = now_ms + (uint64_t)l->timeout_s * 1000;
	rate__store(&s->forget_ms, until + 2 * period_ms);
	rate__store(&s->until_ms, until);
	*ret_wait_s = l->timeout_s;
	return true;
}

bool rate_over(struct rate_table *t, uint64_t key, const struct rate_limit *l, uint64_t now_ms, uint32_t *ret_wait_s)
{
	uint64_t period_ms = (uint64_t)l->period_s * 1000;
	struct rate_slot *s = rate__find(t, key);

	*ret_wait_s = 0;
	if (!s)
		return false;
	if (rate__held(s, now_ms, ret_wait_s))
		return true;
	if (l->timeout_s)
		return false;
	rate__roll(s, period_ms, now_ms);
	if (rate__sum(s, rate__load(&s->now_n), period_ms, now_ms) < l->most)
		return false;
	*ret_wait_s = rate__rest(s, period_ms, now_ms);
	return true;
}

void rate_forget(struct rate_table *t, uint64_t key)
{
	struct rate_slot *s = rate__find(t, key);

	if (!s)
		return;
	rate__store(&s->until_ms, 0);
	rate__store(&s->before_n, 0);
	rate__store(&s->now_n, 0);
}
