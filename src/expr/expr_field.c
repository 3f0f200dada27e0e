/* SPDX-License-Identifier: Apache-2.0 */
/* expr_field: see expr_field.h. */
#include "expr/expr_field.h"

#include "base/check.h"
#include "expr/expr_value.h"

enum { REQUEST, RESPONSE };
enum { EXPR_FIELD__NEAR_BYTES = 48, EXPR_FIELD__NEAR_EDITS = 3 };

struct expr_field__row {
	struct slice name;
	uint8_t type, when;
};

static const struct expr_field__row expr_field__rows[EXPR_FIELD_COUNT] = {
#define FIELD(id, name, type, when, what) { SLICE_INIT(name), type, when },
#define WITHOUT(name, why)
#include "expr/field.def"
#undef FIELD
#undef WITHOUT
};

struct expr_field__hole {
	struct slice name;
	const char *why;
};

static const struct expr_field__hole expr_field__absent[] = {
#define FIELD(id, name, type, when, what)
#define WITHOUT(name, why) { SLICE_INIT(name), why },
#include "expr/field.def"
#undef FIELD
#undef WITHOUT
};

bool expr_field_find(struct slice name, enum expr_field *ret)
{
	for (unsigned i = 0; i < EXPR_FIELD_COUNT; i++) {
		if (slice_eq(expr_field__rows[i].name, name)) {
			*ret = (enum expr_field)i;
			return true;
		}
	}
	return false;
}

struct slice expr_field_name(enum expr_field f)
{
	CHECK(f < EXPR_FIELD_COUNT);
	return expr_field__rows[f].name;
}

unsigned expr_field_type(enum expr_field f)
{
	CHECK(f < EXPR_FIELD_COUNT);
	return expr_field__rows[f].type;
}

bool expr_field_is_response(enum expr_field f)
{
	CHECK(f < EXPR_FIELD_COUNT);
	return expr_field__rows[f].when == RESPONSE;
}

const char *expr_field_without(struct slice name)
{
	for (size_t i = 0; i < sizeof expr_field__absent / sizeof expr_field__absent[0]; i++)
		if (slice_eq(expr_field__absent[i].name, name))
			return expr_field__absent[i].why;
	return NULL;
}

/* How many letters must be added, left out or changed to get from a to b (both at most NEAR_BYTES long). */
static unsigned expr_field__edits(struct slice a, struct slice b)
{
	unsigned row[EXPR_FIELD__NEAR_BYTES + 1];

	for (size_t k = 0; k <= b.n; k++)
		row[k] = (unsigned)k;
	for (size_t i = 1; i <= a.n; i++) {
		unsigned before = row[0];
		row[0] = (unsigned)i;
		for (size_t k = 1; k <= b.n; k++) {
			unsigned change = before + (a.p[i - 1] != b.p[k - 1]);
			before = row[k];
			unsigned grow = (row[k] < row[k - 1] ? row[k] : row[k - 1]) + 1;
			row[k] = change < grow ? change : grow;
		}
	}
	return row[b.n];
}

struct slice expr_field_near(struct slice name)
{
	struct slice best = { NULL, 0 };
	unsigned least = EXPR_FIELD__NEAR_EDITS + 1;

	if (name.n > EXPR_FIELD__NEAR_BYTES)
		return best;
	for (unsigned i = 0; i < EXPR_FIELD_COUNT; i++) {
		struct slice other = expr_field__rows[i].name;
		unsigned edits = other.n <= EXPR_FIELD__NEAR_BYTES ? expr_field__edits(name, other) : least;
		if (edits < least) {
			least = edits;
			best = other;
		}
	}
	return best;
}
