/* SPDX-License-Identifier: Apache-2.0 */
/* shield: see shield.h. Loads hang in a list that workers push to and the thread alone walks and shortens. */
#include "edge/shield.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/text.h"
#include "sys/clock.h"

#include <pthread.h>

enum { SHIELD__EVENT_BYTES = 2048, SHIELD__NS_PER_MS = 1000000 };

struct shield {
	size_t workers_n;
	struct events_ring *ring;
	struct shield_load *fresh; /* atomic: pushed by workers */
	struct shield_load *all;   /* the thread's */
	uint32_t stop;             /* atomic */
	bool runs;
	pthread_t thread;
};

struct shield_handle {
	struct shield *shield;
	uint32_t refs;            /* atomic */
	struct shield_load *load; /* atomic; NULL: not asked for yet */
	char name[SHIELD_NAME_BYTES];
};

struct shield *shield_new(size_t workers_n, struct events_ring *ring)
{
	struct shield *s = mem_alloc(sizeof *s);

	s->workers_n = workers_n;
	s->ring = ring;
	return s;
}

/* ---- handles */

struct shield_handle *shield_handle_new(struct shield *s, struct slice zone)
{
	struct shield_handle *h = mem_alloc(sizeof *h);

	h->shield = s;
	h->refs = 1;
	slice_cstr(zone, h->name, sizeof h->name);
	return h;
}

struct shield_handle *shield_handle_ref(struct shield_handle *h)
{
	__atomic_add_fetch(&h->refs, 1, __ATOMIC_RELAXED);
	return h;
}

void shield_handle_unref(struct shield_handle *h)
{
	if (!h || __atomic_sub_fetch(&h->refs, 1, __ATOMIC_ACQ_REL))
		return;
	struct shield_load *l = __atomic_load_n(&h->load, __ATOMIC_ACQUIRE);
	if (l)
		__atomic_store_n(&l->dead, 1, __ATOMIC_RELEASE);
	mem_free(h);
}

struct shield_load *shield_handle_load(struct shield_handle *h)
{
	struct shield_load *l = __atomic_load_n(&h->load, __ATOMIC_ACQUIRE), *none = NULL;

	if (l)
		return l;
	l = shield_load_new(slice_str(h->name), h->shield->workers_n);
	if (!__atomic_compare_exchange_n(&h->load, &none, l, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		mem_free(l);
		return none;
	}
	l->next = __atomic_load_n(&h->shield->fresh, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&h->shield->fresh, &l->next, l, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
	return l;
}

/* ---- the thread */

static void shield__adopt(struct shield *s)
{
	struct shield_load *l = __atomic_exchange_n(&s->fresh, NULL, __ATOMIC_ACQUIRE);

	while (l) {
		struct shield_load *next = l->next;
		l->next = s->all;
		s->all = l;
		l = next;
	}
}

static void shield__say(struct shield *s, const struct shield_load *l, const char *what, unsigned signature)
{
	char memory[SHIELD__EVENT_BYTES];
	struct text t = text_of(memory, sizeof memory);
	const struct autopilot *a = &l->pilot;

	text_add(&t, SLICE("{\"zone\":"));
	text_json(&t, slice_str(l->name));
	text_printf(&t,
		    ",\"event\":\"%s\",\"level\":\"%s\",\"requests_per_second\":%.1f,\"usual_per_second\":%.1f,"
		    "\"latency_ms\":%.1f,\"usual_ms\":%.1f,\"failing\":%.3f,\"limit\":%u",
		    what, autopilot_level_word(a->level), a->rate, a->usual, a->latency_ms, a->usual_ms, a->failing,
		    a->limit);
	if (signature < AUTOPILOT_SIGNATURES) {
		const struct signature *g = &a->signatures[signature];
		text_printf(&t, ",\"signature\":%u,\"past_share\":%.4f,\"features\":[", signature,
			    signature_past(&a->history, g));
		bool first = true;
		for (unsigned f = 0; f < SIGNATURE_FEATURE_COUNT; f++) {
			if (!(g->mask >> f & 1))
				continue;
			text_printf(&t, "%s\"%s\"", first ? "" : ",", signature_feature_word(f));
			first = false;
		}
		text_add(&t, SLICE("]"));
		const struct shield_evidence *e = &l->evidence[signature];
		if (__atomic_load_n(&e->state, __ATOMIC_ACQUIRE) == SHIELD_EVIDENCE_THERE) {
			text_add(&t, SLICE(",\"request\":"));
			text_add(&t, slice_of(e->json, e->n));
		}
	}
	text_byte(&t, '}');
	if (!t.bad)
		(void)!events_add(s->ring, "shield", text_slice(&t));
}

static void shield__tell(struct shield *s, struct shield_load *l, unsigned changes, unsigned signature)
{
	if (changes & AUTOPILOT_BEGAN)
		shield__say(s, l, "attack_began", AUTOPILOT_SIGNATURES);
	if (changes & AUTOPILOT_RAISED)
		shield__say(s, l, "level_raised", AUTOPILOT_SIGNATURES);
	if (changes & AUTOPILOT_ENDED)
		shield__say(s, l, "attack_over", AUTOPILOT_SIGNATURES);
	if (changes & AUTOPILOT_FOUND)
		shield__say(s, l, "signature_found", signature);
	for (unsigned i = 0; i < AUTOPILOT_SIGNATURES; i++) {
		struct shield_evidence *e = &l->evidence[i];
		if (__atomic_load_n(&e->state, __ATOMIC_ACQUIRE) != SHIELD_EVIDENCE_THERE)
			continue;
		if (l->pilot.signatures[i].mask)
			shield__say(s, l, "signature_met", i);
		__atomic_store_n(&e->state, SHIELD_EVIDENCE_NONE, __ATOMIC_RELEASE);
	}
}

static void shield__tick(struct shield *s)
{
	uint64_t now_ms = clock_mono_ns() / SHIELD__NS_PER_MS;

	shield__adopt(s);
	for (struct shield_load **at = &s->all; *at;) {
		struct shield_load *l = *at;
		unsigned signature, changes;
		if (__atomic_load_n(&l->dead, __ATOMIC_ACQUIRE)) {
			*at = l->next;
			mem_free(l);
			continue;
		}
		changes = shield_load_tick(l, now_ms, &signature);
		shield__tell(s, l, changes, signature);
		at = &l->next;
	}
}

static void *shield__run(void *arg)
{
	struct shield *s = arg;

	while (!__atomic_load_n(&s->stop, __ATOMIC_ACQUIRE)) {
		shield__tick(s);
		clock_sleep_ms(AUTOPILOT_TICK_MS);
	}
	return NULL;
}

enum err shield_start(struct shield *s)
{
	s->runs = pthread_create(&s->thread, NULL, shield__run, s) == 0;
	return s->runs ? OK : ERR_SYSTEM;
}

void shield_stop(struct shield *s)
{
	if (!s || !s->runs)
		return;
	__atomic_store_n(&s->stop, 1, __ATOMIC_RELEASE);
	pthread_join(s->thread, NULL);
	s->runs = false;
}

void shield_free(struct shield *s)
{
	if (!s)
		return;
	CHECK(!s->runs);
	shield__adopt(s);
	while (s->all) {
		struct shield_load *l = s->all;
		s->all = l->next;
		mem_free(l);
	}
	mem_free(s);
}
