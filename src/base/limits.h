/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits: the bounds of limits.def as numbers. One struct per process, filled before the first connection
 * and read-only afterwards; engines get the numbers they need as arguments.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include "base/diag.h"
#include "base/slice.h"

struct limits {
#define LIMIT(name, unit, def, min, max, why, at_bound) uint64_t name;
#include "base/limits.def"
#undef LIMIT
};

struct limit_info {
	const char *name, *unit, *why, *at_bound;
	uint64_t def, min, max;
};

/* Every limit at its default. */
void limits_init(struct limits *l);
/*
 * Sets one by name. value: decimal, for bytes with an optional K, M or G (1024), for ms with an optional
 * "ms", "s" or "m".
 * errors: ERR_NOT_FOUND (no such name), ERR_RANGE (with the range in d), ERR_CONFIG (not a number). l untouched then.
 */
enum err limits_set(struct limits *l, struct slice name, struct slice value, struct diag *d) MUST_USE;
/* The rows of the table, *ret_count of them. Process lifetime. */
const struct limit_info *limits_table(size_t *ret_count);
/* The value of row i. */
uint64_t limits_get(const struct limits *l, size_t i);

#endif
