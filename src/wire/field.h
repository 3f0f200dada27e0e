/* SPDX-License-Identifier: Apache-2.0 */
/*
 * field: one header field, the numbers of the names we care for, and readers of list-valued fields.
 * Protocol-neutral: HTTP/1, 2 and 3 all hand over arrays of struct field. RFC 9110 section 5.
 */
#ifndef WIRE_FIELD_H
#define WIRE_FIELD_H

#include "base/slice.h"

enum field_id {
	FIELD_OTHER = 0,
#define FIELD(id, name, flags) FIELD_##id,
#include "wire/field.def"
#undef FIELD
	FIELD_COUNT
};

enum { F_HOP = 1, F_ONE = 2, F_SPOOF = 4 };

struct field {
	struct slice name;  /* as received; compare without case */
	struct slice value; /* without surrounding spaces and tabs */
	uint16_t id;        /* enum field_id, FIELD_OTHER when the name is not in the table */
};

/* The number of a name, any case; FIELD_OTHER when it is not in field.def. O(1), no allocation. */
enum field_id field_lookup(struct slice name);
/* The lower-case name of a number; the empty slice for FIELD_OTHER. Process lifetime. */
struct slice field_name(enum field_id id);
/* F_* of a number; 0 for FIELD_OTHER. */
unsigned field_flags(enum field_id id);

/* The first field with that number, or NULL. */
const struct field *field_find(const struct field *fields, size_t n, enum field_id id);
/* The first field with that name (any case), or NULL. */
const struct field *field_find_name(const struct field *fields, size_t n, struct slice name);
/* How many fields carry that number. */
size_t field_count(const struct field *fields, size_t n, enum field_id id);

/*
 * The next element of a comma-separated list, trimmed; quoted strings keep their commas; empty elements are
 * skipped (RFC 9110 5.6.1.2). *rest starts as the value and shrinks. Returns false at the end.
 */
bool field_list_next(struct slice *rest, struct slice *ret_element);
/* True when a list contains the token (any case) as a whole element, parameters after ';' ignored. */
bool field_list_has(struct slice list, struct slice token);
/* True when any field with that number has the token in its list. */
bool field_any_has(const struct field *fields, size_t n, enum field_id id, struct slice token);

/* RFC 9110 5.6.2 token characters; 5.5 field-value bytes (VCHAR, obs-text, SP, HTAB). Tables, one load each. */
bool field_is_token(struct slice s);
bool field_is_value(struct slice s);

/*
 * Whether an Accept-Encoding value allows the coding (q > 0), with `*` and `identity` rules of RFC 9110 12.5.3; x-gzip
 * and x-compress are the names without "x-". Without the field (value p == NULL), and with an empty one, identity
 * alone: RFC 9110 lets a server choose then, and clients that say nothing often cannot decode. A malformed q is 0.
 */
bool field_accepts_coding(struct slice accept_encoding, struct slice coding);

/*
 * q-values of a media range list: how well `type/subtype` is accepted, 0 to 1000; 1000 when the header is
 * absent (p == NULL). RFC 9110 12.5.1; the most specific range decides. A range with parameters of its own is for
 * that variant of the type only and does not match.
 */
unsigned field_accept_quality(struct slice accept, struct slice type, struct slice subtype);

#endif
