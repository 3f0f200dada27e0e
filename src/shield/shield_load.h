/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shield_load: one zone as the shield sees it: what workers count, the last requests that went to origins, and what the
 * watching thread ordered. Workers and the thread meet in words that are changed atomically; a sample that is read
 * while it is written is one sample of many. A zone that nobody asks for costs a few words: the rest comes with the
 * first request that is to go to an origin.
 */
#ifndef SHIELD_SHIELD_LOAD_H
#define SHIELD_SHIELD_LOAD_H

#include "base/slice.h"
#include "shield/autopilot.h"
#include "shield/gate.h"

enum { SHIELD_SAMPLES = 512, SHIELD_NAME_BYTES = 256, SHIELD_EVIDENCE_BYTES = 512 };

/* The life of a piece of evidence: nobody wants any; wanted; being written; there. */
enum shield_evidence_state {
	SHIELD_EVIDENCE_NONE,
	SHIELD_EVIDENCE_WANTED,
	SHIELD_EVIDENCE_WRITTEN,
	SHIELD_EVIDENCE_THERE
};

/* The request that met a signature first after it was found, as JSON members, for people. */
struct shield_evidence {
	uint32_t state; /* atomic: enum shield_evidence_state */
	uint32_t n;
	char json[SHIELD_EVIDENCE_BYTES];
};

/* Counted by workers; relaxed atomics. */
struct shield_counts {
	uint64_t begun, held, sent, done, left, failed, latency_us;
	int64_t waiting;
};

struct shield_load {
	struct shield_load *next; /* of all; the thread's */
	uint32_t dead;            /* atomic: the zone is gone; the thread frees */
	char name[SHIELD_NAME_BYTES];
	struct shield_counts counts;
	uint32_t head; /* atomic: samples written */
	struct signature_sample samples[SHIELD_SAMPLES];
	/* Orders: written by the thread, read by workers. seq is odd while they change. */
	uint32_t seq, level, limit, known_since_s;
	struct signature orders[AUTOPILOT_SIGNATURES];
	struct shield_evidence evidence[AUTOPILOT_SIGNATURES];
	/* The thread's own. */
	struct autopilot pilot;
	struct shield_counts last;
	/* One for each worker, its own. */
	struct gate gates[];
};

/* A load of that name for so many workers. Caller frees with mem_free. */
struct shield_load *shield_load_new(struct slice name, size_t workers_n) __attribute__((returns_nonnull));

/* Worker: keeps the sample; cost: one line of memory. */
void shield_load_sample(struct shield_load *l, const struct signature_sample *q);
/* Worker: the first signature that the request meets, its place, or AUTOPILOT_SIGNATURES. cost: nothing while calm. */
unsigned shield_load_match(const struct shield_load *l, const struct signature_sample *q);
/* Worker: true when somebody wants evidence for that signature; the caller writes it and says shield_load_shown. */
bool shield_load_wants(struct shield_load *l, unsigned signature);
void shield_load_shown(struct shield_load *l, unsigned signature, size_t n);

/*
 * Thread: takes a tick in: reads the counts, steps the pilot and gives its orders. now_ms: monotonic, as of the
 * samples. Returns what changed (enum autopilot_change); *ret_signature as autopilot_step.
 */
unsigned shield_load_tick(struct shield_load *l, uint64_t now_ms, unsigned *ret_signature);

#endif
