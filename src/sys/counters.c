/* SPDX-License-Identifier: Apache-2.0 */
/* counters: see counters.h. The struct is the table's rows in order, so row i is the i-th 64-bit word. */
#include "sys/counters.h"

#include "base/check.h"

static const struct counter_info counters__rows[] = {
#define COUNTER(name, unit, text) { #name, #unit, text },
#include "sys/counters.def"
#undef COUNTER
};

enum { COUNTERS_COUNT = sizeof counters__rows / sizeof counters__rows[0] };

#define COUNTER(name, unit, text) COUNTERS_AT_##name,
enum counters_at {
#include "sys/counters.def"
};
#undef COUNTER
#define COUNTER(name, unit, text)                                                                                      \
	STATIC_CHECK(offsetof(struct counters, name) == COUNTERS_AT_##name * sizeof(uint64_t), "row " #name);
#include "sys/counters.def"
#undef COUNTER

const struct counter_info *counters_table(size_t *ret_count)
{
	*ret_count = COUNTERS_COUNT;
	return counters__rows;
}

static const uint64_t *counters__word(const struct counters *c, size_t i)
{
	CHECK(i < COUNTERS_COUNT);
	return (const uint64_t *)(const void *)((const char *)c + i * sizeof(uint64_t));
}

void counters_sum(struct counters *sum, const struct counters *src)
{
	uint64_t *to = (uint64_t *)(void *)sum;

	for (size_t i = 0; i < COUNTERS_COUNT; i++)
		to[i] += counters_get(src, i);
}

uint64_t counters_get(const struct counters *c, size_t i)
{
	return __atomic_load_n(counters__word(c, i), __ATOMIC_RELAXED);
}
