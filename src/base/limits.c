/* SPDX-License-Identifier: Apache-2.0 */
/* limits: see limits.h; all rows come from limits.def. */
#include "base/limits.h"

#include "base/check.h"

static const struct limit_info limits__rows[] = {
#define LIMIT(name, unit, def, min, max, why, at_bound) { #name, #unit, why, at_bound, def, min, max },
#include "base/limits.def"
#undef LIMIT
};

enum { LIMITS__COUNT = sizeof limits__rows / sizeof limits__rows[0] };
STATIC_CHECK(sizeof(struct limits) == LIMITS__COUNT * sizeof(uint64_t), "one number per row");

#define LIMIT(name, unit, def, min, max, why, at_bound)                                                                \
	STATIC_CHECK((uint64_t)(def) >= (uint64_t)(min) && (uint64_t)(def) <= (uint64_t)(max),                         \
		     #name " default in range");
#include "base/limits.def"
#undef LIMIT

void limits_init(struct limits *l)
{
	uint64_t *v = (uint64_t *)l;
	for (size_t i = 0; i < LIMITS__COUNT; i++)
		v[i] = limits__rows[i].def;
}

const struct limit_info *limits_table(size_t *ret_count)
{
	*ret_count = LIMITS__COUNT;
	return limits__rows;
}

uint64_t limits_get(const struct limits *l, size_t i)
{
	CHECK(i < LIMITS__COUNT);
	return ((const uint64_t *)l)[i];
}

static bool limits__number(const struct limit_info *row, struct slice s, uint64_t *ret)
{
	static const struct {
		const char *unit;
		struct slice suffix;
		uint64_t factor;
	} suffixes[] = {
		{ "bytes", SLICE_INIT("K"), 1024 },
		{ "bytes", SLICE_INIT("M"), 1024 * 1024 },
		{ "bytes", SLICE_INIT("G"), 1024 * 1024 * 1024 },
		{ "ms", SLICE_INIT("ms"), 1 },
		{ "ms", SLICE_INIT("s"), 1000 },
		{ "ms", SLICE_INIT("m"), 60000 },
	};
	uint64_t factor = 1, v;

	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		if (strcmp(suffixes[i].unit, row->unit) == 0 && slice_ends(s, suffixes[i].suffix)) {
			factor = suffixes[i].factor;
			s.n -= suffixes[i].suffix.n;
			break;
		}
	}
	if (!slice_u64(slice_trim(s), &v) || v > UINT64_MAX / factor)
		return false;
	*ret = v * factor;
	return true;
}

enum err limits_set(struct limits *l, struct slice name, struct slice value, struct diag *d)
{
	for (size_t i = 0; i < LIMITS__COUNT; i++) {
		const struct limit_info *row = &limits__rows[i];
		uint64_t v;

		if (!slice_eq(name, slice_str(row->name)))
			continue;
		if (!limits__number(row, slice_trim(value), &v))
			return diag_set(d, ERR_CONFIG, NULL, "\"%.*s\" is not a number of %s", SLICE_ARG(value),
					row->unit);
		if (v < row->min || v > row->max)
			return diag_set(d, ERR_RANGE, NULL, "%s must be from %llu to %llu %s", row->name,
					(unsigned long long)row->min, (unsigned long long)row->max, row->unit);
		((uint64_t *)l)[i] = v;
		return OK;
	}
	return diag_set(d, ERR_NOT_FOUND, NULL, "there is no limit \"%.*s\"; `seawall limits` lists them",
			SLICE_ARG(name));
}
