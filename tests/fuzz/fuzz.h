/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz: what the targets share. Each target is one file with LLVMFuzzerTestOneInput; it states what must hold for any
 * bytes at all. Linked with libFuzzer (-Dfuzz=true) it searches, linked with replay.c it runs a folder of inputs.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "base/err.h"
#include "base/slice.h"

#include <stdio.h>
#include <stdlib.h>

/* libFuzzer's entry: one run over n bytes. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Ends the run as a finding. */
#define FUZZ_CHECK(cond)                                                                                               \
	do {                                                                                                           \
		if (!(cond)) {                                                                                         \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #cond);                      \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

/* Numbers that depend on the input only, so that a finding can be replayed. */
struct fuzz_rng {
	uint64_t s;
};

static inline struct fuzz_rng fuzz_rng_of(const void *data, size_t n)
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < n; i++)
		h = (h ^ ((const uint8_t *)data)[i]) * 0x100000001b3;
	return (struct fuzz_rng){ h };
}

/* A number below limit; 0 when limit is 0. */
static inline size_t fuzz_below(struct fuzz_rng *r, size_t limit)
{
	r->s = r->s * 6364136223846793005u + 1442695040888963407u;
	return limit ? (size_t)(r->s >> 33) % limit : 0;
}

/* True when inner lies inside outer; an empty slice may be anywhere. */
static inline bool fuzz_inside(struct slice outer, struct slice inner)
{
	return inner.n == 0 ||
	       (inner.p >= outer.p && inner.n <= outer.n && (size_t)(inner.p - outer.p) <= outer.n - inner.n);
}

#endif
