/* SPDX-License-Identifier: Apache-2.0 */
/* rng: see rng.h. */
#include "base/rng.h"

#include "base/hash.h"

static uint64_t rng__splitmix(uint64_t *x)
{
	uint64_t z = (*x += 0x9e3779b97f4a7c15ULL);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

void rng_seed(struct rng *r, uint64_t seed)
{
	r->s0 = rng__splitmix(&seed);
	r->s1 = rng__splitmix(&seed) | 1;
}

void rng_init(struct rng *r)
{
	struct hash_key k;
	hash_key_random(&k);
	r->s0 = k.k0;
	r->s1 = k.k1 | 1;
}

uint64_t rng_next(struct rng *r)
{
	uint64_t a = r->s0, b = r->s1, out = a + b;

	b ^= a;
	r->s0 = ((a << 24) | (a >> 40)) ^ b ^ (b << 16);
	r->s1 = (b << 37) | (b >> 27);
	return out;
}
