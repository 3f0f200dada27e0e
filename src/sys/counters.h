/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counters: one struct per worker, written by that worker alone, read by anybody. Relaxed 64-bit stores:
 * an increment costs what a plain one costs.
 */
#ifndef SYS_COUNTERS_H
#define SYS_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

struct counters {
#define COUNTER(name, unit, text) uint64_t name;
#include "sys/counters.def"
#undef COUNTER
};

struct counter_info {
	const char *name, *unit, *text;
};

/* Adds to one counter of the calling worker. */
#define counter_add(c, name, by) __atomic_store_n(&(c)->name, (c)->name + (uint64_t)(by), __ATOMIC_RELAXED)

/* The rows of counters.def. Process lifetime. */
const struct counter_info *counters_table(size_t *ret_count);
/* Adds src into sum, field by field. Any thread. */
void counters_sum(struct counters *sum, const struct counters *src);
/* Value of row i. */
uint64_t counters_get(const struct counters *c, size_t i);

#endif
