/* SPDX-License-Identifier: Apache-2.0 */
/* heads: what must hold for the fields of any accepted head; for fuzz_request and fuzz_response. */
#ifndef TESTS_FUZZ_HEADS_H
#define TESTS_FUZZ_HEADS_H

#include "fuzz.h"
#include "wire/h1_head.h"

#include "base/text.h"

enum { HEADS_FIELDS_MAX = 24, HEADS_BYTES_MAX = 2048, HEADS_TARGET_MAX = 256, HEADS_PREFIXES = 48 };

static const struct h1_bounds heads_bounds = { HEADS_BYTES_MAX, HEADS_TARGET_MAX, HEADS_FIELDS_MAX };

/* Names are tokens with their right numbers, values are clean and trimmed, and all lie in the input. */
static inline void heads_check_fields(struct slice in, const struct field *fields, size_t n)
{
	FUZZ_CHECK(n <= HEADS_FIELDS_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct field *f = &fields[i];
		FUZZ_CHECK(fuzz_inside(in, f->name) && fuzz_inside(in, f->value));
		FUZZ_CHECK(field_is_token(f->name) && field_is_value(f->value));
		FUZZ_CHECK(slice_trim(f->value).n == f->value.n);
		FUZZ_CHECK(f->id == field_lookup(f->name));
		FUZZ_CHECK(f->id == FIELD_OTHER || slice_eq_nocase(field_name((enum field_id)f->id), f->name));
	}
}

/* At most one length of one kind. */
static inline void heads_check_lengths(const struct field *fields, size_t n)
{
	size_t lengths = field_count(fields, n, FIELD_CONTENT_LENGTH);
	size_t codings = field_count(fields, n, FIELD_TRANSFER_ENCODING);

	FUZZ_CHECK(lengths + codings <= 1);
}

/* The fields as we would write them. */
static inline void heads_write_fields(struct text *t, const struct field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		text_add(t, fields[i].name);
		text_add(t, SLICE(": "));
		text_add(t, fields[i].value);
		text_add(t, SLICE("\r\n"));
	}
	text_add(t, SLICE("\r\n"));
}

/* The same names and values in the same order. */
static inline void heads_check_same(const struct field *a, const struct field *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		FUZZ_CHECK(slice_eq(a[i].name, b[i].name) && slice_eq(a[i].value, b[i].value));
		FUZZ_CHECK(a[i].id == b[i].id);
	}
}

#endif
