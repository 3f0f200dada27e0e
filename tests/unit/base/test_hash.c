/* SPDX-License-Identifier: Apache-2.0 */
/* Keyed hash, check sums, and the seeded generator. */
#include "groups.h"

#include "base/hash.h"
#include "base/rng.h"

static void same_key_same_hash(void **state)
{
	struct hash_key a, b;

	hash_key_random(&a);
	hash_key_random(&b);
	assert_true(a.k0 != b.k0 || a.k1 != b.k1);
	assert_true(hash_bytes(&a, SLICE("x")) == hash_bytes(&a, SLICE("x")));
	assert_true(hash_bytes(&a, SLICE("x")) != hash_bytes(&b, SLICE("x")));
	assert_true(hash_bytes(&a, slice_of(NULL, 0)) == hash_bytes(&a, SLICE("")));
}

/* Each length is hashed in full: a change of any byte, or of the length, changes the result. */
static void every_byte_counts(void **state)
{
	struct hash_key key = { 1, 2 };
	char bytes[40];

	memset(bytes, 0, sizeof bytes);
	for (size_t n = 0; n <= sizeof bytes; n++) {
		uint64_t h = hash_bytes(&key, slice_of(bytes, n));
		if (n < sizeof bytes)
			assert_true(h != hash_bytes(&key, slice_of(bytes, n + 1)));
		for (size_t i = 0; i < n; i++) {
			uint32_t check = hash_check32(slice_of(bytes, n));
			bytes[i] = 1;
			assert_true(h != hash_bytes(&key, slice_of(bytes, n)));
			assert_true(check != hash_check32(slice_of(bytes, n)));
			bytes[i] = 0;
		}
	}
}

/* The reference: the round of the SipHash paper, written plainly. */
static uint64_t rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static void siphash_1_3(void **state)
{
	struct hash_key key = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	uint64_t v[4] = { key.k0 ^ 0x736f6d6570736575, key.k1 ^ 0x646f72616e646f6d, key.k0 ^ 0x6c7967656e657261,
			  key.k1 ^ 0x7465646279746573 };
	uint64_t words[2] = { 0x0706050403020100, (uint64_t)8 << 56 };

	for (int i = 0; i < 2; i++) {
		v[3] ^= words[i];
		sip_round(v);
		v[0] ^= words[i];
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	assert_true(hash_bytes(&key, SLICE("\0\1\2\3\4\5\6\7")) == (v[0] ^ v[1] ^ v[2] ^ v[3]));
}

static void seeded_numbers(void **state)
{
	struct rng a, b, c;
	int same = 0;

	rng_seed(&a, 42);
	rng_seed(&b, 42);
	rng_seed(&c, 43);
	for (int i = 0; i < 100; i++) {
		uint64_t x = rng_next(&a);
		assert_true(x == rng_next(&b));
		same += x == rng_next(&c);
	}
	assert_int_equal(same, 0);
	rng_seed(&a, 0); /* any seed is fine: the state must not be all zero */
	assert_true(rng_next(&a) | rng_next(&a) | rng_next(&a));
	rng_init(&a);
	rng_init(&b);
	assert_true(rng_next(&a) != rng_next(&b));
}

int test_hash(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_key_same_hash),
		cmocka_unit_test(every_byte_counts),
		cmocka_unit_test(siphash_1_3),
		cmocka_unit_test(seeded_numbers),
	};
	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
