/* SPDX-License-Identifier: Apache-2.0 */
/* map: see map.h. Linear probing, at most half full. */
#include "base/map.h"

#include "base/check.h"
#include "base/mem.h"

void map_init(struct map *m)
{
	*m = (struct map){ 0 };
	hash_key_random(&m->hash);
}

void map_fini(struct map *m)
{
	mem_free(m->slots);
	m->slots = NULL;
	m->cap = m->count = 0;
}

static struct map_slot *map__slot(const struct map *m, struct slice key)
{
	size_t i = hash_bytes(&m->hash, key) & (m->cap - 1);

	while (m->slots[i].value && !slice_eq(m->slots[i].key, key))
		i = (i + 1) & (m->cap - 1);
	return &m->slots[i];
}

static void map__grow(struct map *m)
{
	struct map bigger = { .cap = m->cap ? m->cap * 2 : 16, .hash = m->hash };

	bigger.slots = mem_alloc_array(bigger.cap, sizeof *bigger.slots);
	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i].value)
			*map__slot(&bigger, m->slots[i].key) = m->slots[i];
	bigger.count = m->count;
	mem_free(m->slots);
	*m = bigger;
}

void *map_put(struct map *m, struct slice key, void *value)
{
	CHECK(value != NULL);
	if (m->count * 2 >= m->cap)
		map__grow(m);
	struct map_slot *s = map__slot(m, key);
	void *old = s->value;
	s->key = key;
	s->value = value;
	if (!old)
		m->count++;
	return old;
}

void *map_get(const struct map *m, struct slice key)
{
	return m->count ? map__slot(m, key)->value : NULL;
}

bool map_next(const struct map *m, size_t *at, struct slice *ret_key, void **ret_value)
{
	while (*at < m->cap) {
		const struct map_slot *s = &m->slots[(*at)++];
		if (s->value) {
			*ret_key = s->key;
			*ret_value = s->value;
			return true;
		}
	}
	return false;
}
