/* SPDX-License-Identifier: Apache-2.0 */
/*
 * field: see field.h. Look-up of a name goes by its length: each length has the few names of field.def that are
 * that long, compared as machine words. The compiler builds the comparisons from the table, so a new row needs
 * nothing else but that its length is among the cases of field_lookup (a check below sees to it).
 */
#include "wire/field.h"

#include "base/check.h"
#include "wire/scan.h"

enum { FIELD__NAME_MIN = 2, FIELD__NAME_MAX = 32 };

#define FIELD(id, name, flags)                                                                                         \
	STATIC_CHECK(sizeof(name) - 1 >= FIELD__NAME_MIN && sizeof(name) - 1 <= FIELD__NAME_MAX,                       \
		     "field_lookup has a case for this length");
#include "wire/field.def"
#undef FIELD

static const struct {
	struct slice name;
	uint8_t flags;
} field__rows[FIELD_COUNT] = {
#define FIELD(id, name, flags) [FIELD_##id] = { SLICE_INIT(name), flags },
#include "wire/field.def"
#undef FIELD
};

#define FIELD__INLINE static inline __attribute__((always_inline))

/* 0x20 in each byte of a lower-case letter, 0 in the others: what case-blind comparison may ignore. */
FIELD__INLINE uint64_t field__case_mask(uint64_t lower)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < 64; i += 8) {
		uint64_t c = lower >> i & 0xff;
		if (c >= 'a' && c <= 'z')
			mask |= (uint64_t)0x20 << i;
	}
	return mask;
}

/* Up to 8 bytes as one number; n is a constant at every call, so this is one or two loads. */
FIELD__INLINE uint64_t field__word(const char *p, size_t n)
{
	uint64_t w = 0;
	uint32_t lo, hi;
	uint16_t a, b;

	if (n >= 8) {
		memcpy(&w, p, 8);
	} else if (n >= 4) {
		memcpy(&lo, p, 4);
		memcpy(&hi, p + n - 4, 4);
		w = (uint64_t)hi << 32 | lo;
	} else if (n >= 2) {
		memcpy(&a, p, 2);
		memcpy(&b, p + n - 2, 2);
		w = (uint64_t)b << 16 | a;
	}
	return w;
}

/* Whether the n bytes at p are the lower-case literal but for case. Both lengths are n, a constant, 2 to 32. */
FIELD__INLINE bool field__is(const char *p, const char *lower, size_t n)
{
	for (size_t i = 0; i < n; i += 8) {
		size_t at = n >= 8 && n - i < 8 ? n - 8 : i;
		uint64_t want = field__word(lower + at, n - at);
		if ((field__word(p + at, n - at) | field__case_mask(want)) != want)
			return false;
	}
	return true;
}

/* The names that are exactly n bytes long; n is a constant, so the rows of other lengths vanish. */
FIELD__INLINE enum field_id field__of_length(const char *p, size_t n)
{
#define FIELD(id, name, flags)                                                                                         \
	if (sizeof(name) - 1 == n && field__is(p, name, n))                                                            \
		return FIELD_##id;
#include "wire/field.def"
#undef FIELD
	return FIELD_OTHER;
}

enum field_id field_lookup(struct slice name)
{
#define FIELD__CASE(n)                                                                                                 \
	case n:                                                                                                        \
		return field__of_length(name.p, n);
#define FIELD__CASES4(n) FIELD__CASE(n) FIELD__CASE(n + 1) FIELD__CASE(n + 2) FIELD__CASE(n + 3)
	switch (name.n) {
		FIELD__CASE(2)
		FIELD__CASE(3)
		FIELD__CASES4(4)
		FIELD__CASES4(8)
		FIELD__CASES4(12)
		FIELD__CASES4(16)
		FIELD__CASES4(20)
		FIELD__CASES4(24)
		FIELD__CASES4(28)
		FIELD__CASE(32)
	default:
		return FIELD_OTHER;
	}
}

struct slice field_name(enum field_id id)
{
	return (unsigned)id < FIELD_COUNT ? field__rows[id].name : slice_of(NULL, 0);
}

unsigned field_flags(enum field_id id)
{
	return (unsigned)id < FIELD_COUNT ? field__rows[id].flags : 0;
}

const struct field *field_find(const struct field *fields, size_t n, enum field_id id)
{
	for (size_t i = 0; i < n; i++)
		if (fields[i].id == (uint16_t)id)
			return &fields[i];
	return NULL;
}

const struct field *field_find_name(const struct field *fields, size_t n, struct slice name)
{
	enum field_id id = field_lookup(name);

	if (id != FIELD_OTHER)
		return field_find(fields, n, id);
	for (size_t i = 0; i < n; i++)
		if (fields[i].id == FIELD_OTHER && slice_eq_nocase(fields[i].name, name))
			return &fields[i];
	return NULL;
}

size_t field_count(const struct field *fields, size_t n, enum field_id id)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += fields[i].id == (uint16_t)id;
	return count;
}

bool field_is_token(struct slice s)
{
	return s.n > 0 && scan_all(s, SCAN_TOKEN);
}

bool field_is_value(struct slice s)
{
	return scan_value(s.p, 0, s.n) == s.n;
}
