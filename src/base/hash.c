/* SPDX-License-Identifier: Apache-2.0 */
/* hash: see hash.h. */
#include "base/hash.h"

#include "base/check.h"

#include <sys/random.h>

void hash_key_random(struct hash_key *ret_key)
{
	CHECK(getrandom(ret_key, sizeof *ret_key, 0) == (ssize_t)sizeof *ret_key);
}

#define HASH__ROTL(x, b) (((x) << (b)) | ((x) >> (64 - (b))))

static inline void hash__round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = HASH__ROTL(v[1], 13) ^ v[0];
	v[0] = HASH__ROTL(v[0], 32);
	v[2] += v[3];
	v[3] = HASH__ROTL(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = HASH__ROTL(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = HASH__ROTL(v[1], 17) ^ v[2];
	v[2] = HASH__ROTL(v[2], 32);
}

uint64_t hash_bytes(const struct hash_key *key, struct slice s)
{
	uint64_t v[4] = {
		key->k0 ^ 0x736f6d6570736575ULL,
		key->k1 ^ 0x646f72616e646f6dULL,
		key->k0 ^ 0x6c7967656e657261ULL,
		key->k1 ^ 0x7465646279746573ULL,
	};
	size_t at = 0;
	uint64_t m;

	for (; at + 8 <= s.n; at += 8) {
		memcpy(&m, s.p + at, 8);
		v[3] ^= m;
		hash__round(v);
		v[0] ^= m;
	}
	m = (uint64_t)s.n << 56;
	for (size_t i = 0; at + i < s.n; i++)
		m |= (uint64_t)(uint8_t)s.p[at + i] << (8 * i);
	v[3] ^= m;
	hash__round(v);
	v[0] ^= m;
	v[2] ^= 0xff;
	hash__round(v);
	hash__round(v);
	hash__round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint32_t hash_check32(struct slice s)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (uint8_t)s.p[i]) * 0x100000001b3ULL;
	return (uint32_t)(h ^ (h >> 32));
}
