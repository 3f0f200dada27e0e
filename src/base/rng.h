/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rng: fast numbers for ids and sampling, one state per worker; not for secrets.
 * Engines take a struct rng as an argument, so that tests give them a fixed seed.
 * Source: Blackman and Vigna, xoroshiro128+.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

struct rng {
	uint64_t s0, s1;
};

/* Seeds from the kernel. */
void rng_init(struct rng *r);
/* Seeds from a number, for tests; any value is fine. */
void rng_seed(struct rng *r, uint64_t seed);
/* The next 64 bits. A few instructions. */
uint64_t rng_next(struct rng *r);

#endif
