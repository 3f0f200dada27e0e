/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map: bytes to pointer, open addressing, for immutable snapshots and single-thread tables.
 * Keys and values are borrowed: the owner of the values keeps both alive as long as the map.
 * Keyed hash (hash.h), so that strangers cannot choose collisions. No removal: rebuild instead.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/hash.h"

struct map_slot {
	struct slice key;
	void *value;
};

struct map {
	struct map_slot *slots;
	size_t cap, count; /* cap is 0 or a power of two */
	struct hash_key hash;
};

/* Empty; draws its own hash key. */
void map_init(struct map *m);
/* Frees the table, not keys or values. */
void map_fini(struct map *m);
/* Adds or replaces; value must not be NULL. Returns the value replaced, or NULL. Amortised O(1), may allocate. */
void *map_put(struct map *m, struct slice key, void *value);
/* The value, or NULL. No allocation. */
void *map_get(const struct map *m, struct slice key);
/* Walks in no order: *at starts at 0; returns false at the end. */
bool map_next(const struct map *m, size_t *at, struct slice *ret_key, void **ret_value);

#endif
