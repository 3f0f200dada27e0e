/* SPDX-License-Identifier: Apache-2.0 */
/* shield_load: see shield_load.h. */
#include "shield/shield_load.h"

#include "base/check.h"
#include "base/mem.h"

enum { SHIELD_LOAD__SECOND_MS = 1000, SHIELD_LOAD__KNOWN_S = 5 };

static uint32_t shield_load__get(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static void shield_load__set(uint32_t *p, uint32_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELAXED);
}

struct shield_load *shield_load_new(struct slice name, size_t workers_n)
{
	struct shield_load *l = mem_alloc(sizeof *l + workers_n * sizeof l->gates[0]);

	slice_cstr(name, l->name, sizeof l->name);
	l->limit = AUTOPILOT_LIMIT_MAX;
	return l;
}

void shield_load_sample(struct shield_load *l, const struct signature_sample *q)
{
	struct signature_sample *to = &l->samples[__atomic_fetch_add(&l->head, 1, __ATOMIC_RELAXED) % SHIELD_SAMPLES];

	for (unsigned f = 0; f < SIGNATURE_FEATURE_COUNT; f++)
		shield_load__set(&to->f[f], q->f[f]);
	shield_load__set(&to->at_ms, q->at_ms ? q->at_ms : 1);
}

unsigned shield_load_match(const struct shield_load *l, const struct signature_sample *q)
{
	unsigned found = AUTOPILOT_SIGNATURES;
	uint32_t seq = __atomic_load_n(&l->seq, __ATOMIC_ACQUIRE);

	if (shield_load__get(&l->level) == AUTOPILOT_CALM || seq % 2)
		return AUTOPILOT_SIGNATURES;
	for (unsigned i = 0; i < AUTOPILOT_SIGNATURES && found == AUTOPILOT_SIGNATURES; i++) {
		struct signature s = { .mask = shield_load__get(&l->orders[i].mask) };
		for (unsigned f = 0; s.mask && f < SIGNATURE_FEATURE_COUNT; f++)
			s.f[f] = shield_load__get(&l->orders[i].f[f]);
		if (signature_matches(&s, q))
			found = i;
	}
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&l->seq, __ATOMIC_RELAXED) == seq ? found : AUTOPILOT_SIGNATURES;
}

bool shield_load_wants(struct shield_load *l, unsigned signature)
{
	uint32_t wanted = SHIELD_EVIDENCE_WANTED;

	CHECK(signature < AUTOPILOT_SIGNATURES);
	return shield_load__get(&l->evidence[signature].state) == SHIELD_EVIDENCE_WANTED &&
	       __atomic_compare_exchange_n(&l->evidence[signature].state, &wanted, SHIELD_EVIDENCE_WRITTEN, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

void shield_load_shown(struct shield_load *l, unsigned signature, size_t n)
{
	CHECK(signature < AUTOPILOT_SIGNATURES && n <= SHIELD_EVIDENCE_BYTES);
	l->evidence[signature].n = (uint32_t)n;
	__atomic_store_n(&l->evidence[signature].state, SHIELD_EVIDENCE_THERE, __ATOMIC_RELEASE);
}

/* ---- the thread's side */

static uint64_t shield_load__since(const uint64_t *now, uint64_t *last)
{
	uint64_t n = __atomic_load_n(now, __ATOMIC_RELAXED), d = n - *last;

	*last = n;
	return d;
}

/* The samples of the last second. */
static size_t shield_load__samples(const struct shield_load *l, uint64_t now_ms, struct signature_sample *out)
{
	size_t n = 0;

	for (size_t i = 0; i < SHIELD_SAMPLES; i++) {
		const struct signature_sample *q = &l->samples[i];
		uint32_t at = shield_load__get(&q->at_ms);
		if (!at || (uint32_t)now_ms - at > SHIELD_LOAD__SECOND_MS)
			continue;
		out[n].at_ms = at;
		for (unsigned f = 0; f < SIGNATURE_FEATURE_COUNT; f++)
			out[n].f[f] = shield_load__get(&q->f[f]);
		n++;
	}
	return n;
}

static void shield_load__order(struct shield_load *l)
{
	const struct autopilot *a = &l->pilot;

	__atomic_store_n(&l->seq, l->seq + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	for (unsigned i = 0; i < AUTOPILOT_SIGNATURES; i++) {
		shield_load__set(&l->orders[i].mask, a->signatures[i].mask);
		for (unsigned f = 0; f < SIGNATURE_FEATURE_COUNT; f++)
			shield_load__set(&l->orders[i].f[f], a->signatures[i].f[f]);
	}
	shield_load__set(&l->level, a->level);
	shield_load__set(&l->limit, a->limit);
	/* Who came first some seconds before it began is a visitor of before. */
	shield_load__set(&l->known_since_s, a->level ? (uint32_t)(a->began_ms / 1000) - SHIELD_LOAD__KNOWN_S : 0);
	__atomic_store_n(&l->seq, l->seq + 1, __ATOMIC_RELEASE);
}

unsigned shield_load_tick(struct shield_load *l, uint64_t now_ms, unsigned *ret_signature)
{
	struct signature_sample samples[SHIELD_SAMPLES];
	struct shield_counts *last = &l->last;
	int64_t waiting = __atomic_load_n(&l->counts.waiting, __ATOMIC_RELAXED);
	struct autopilot_tick t = {
		.now_ms = now_ms,
		.begun = shield_load__since(&l->counts.begun, &last->begun),
		.held = shield_load__since(&l->counts.held, &last->held),
		.sent = shield_load__since(&l->counts.sent, &last->sent),
		.done = shield_load__since(&l->counts.done, &last->done),
		.left = shield_load__since(&l->counts.left, &last->left),
		.failed = shield_load__since(&l->counts.failed, &last->failed),
		.latency_us = shield_load__since(&l->counts.latency_us, &last->latency_us),
		.waiting = waiting > 0 ? (unsigned)waiting : 0,
		.samples = samples,
	};

	t.samples_n = shield_load__samples(l, now_ms, samples);
	unsigned changes = autopilot_step(&l->pilot, &t, ret_signature);
	if (changes || l->pilot.level)
		shield_load__order(l);
	if (changes & AUTOPILOT_FOUND)
		__atomic_store_n(&l->evidence[*ret_signature].state, SHIELD_EVIDENCE_WANTED, __ATOMIC_RELEASE);
	return changes;
}
