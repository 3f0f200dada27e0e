/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash: SipHash-1-3 with a key drawn at start, for every table whose keys strangers choose, and a
 * checksum for stored records. Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF".
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/slice.h"

struct hash_key {
	uint64_t k0, k1;
};

/* Fills the key from the kernel's random source; panics when that fails. */
void hash_key_random(struct hash_key *ret_key);
/* 64-bit keyed hash of the bytes. No allocation; about 1 ns per 8 bytes. */
uint64_t hash_bytes(const struct hash_key *key, struct slice s);
/* FNV-1a folded to 32 bits: finds torn writes, not forgery. */
uint32_t hash_check32(struct slice s);

#endif
