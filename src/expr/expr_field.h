/* SPDX-License-Identifier: Apache-2.0 */
/* expr_field: the fields of field.def by number and by name. */
#ifndef EXPR_FIELD_H
#define EXPR_FIELD_H

#include "base/err.h"
#include "base/slice.h"

enum expr_field {
#define FIELD(id, name, type, when, what) EXPR_F_##id,
#define WITHOUT(name, why)
#include "expr/field.def"
#undef FIELD
#undef WITHOUT
	EXPR_FIELD_COUNT
};

/* The field of that exact name into *ret; false when there is none. */
bool expr_field_find(struct slice name, enum expr_field *ret);
/* Its name. Process lifetime. */
struct slice expr_field_name(enum expr_field f);
/* Its type: enum expr_type flags. */
unsigned expr_field_type(enum expr_field f);
/* Whether it is known only when the answer's head is there. */
bool expr_field_is_response(enum expr_field f);
/* Why a field known elsewhere cannot be used here; NULL when the name is not one of those. Process lifetime. */
const char *expr_field_without(struct slice name);
/* The field whose name is nearest to a misspelt one, for a hint; the empty slice when none is near. */
struct slice expr_field_near(struct slice name);

#endif
