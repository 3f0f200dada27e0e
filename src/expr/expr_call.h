/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expr_call: the functions of function.def. Each gets its arguments as values (a missing one makes the result missing,
 * but for the few that say otherwise) and allocates from the arena alone. Private to this room.
 */
#ifndef EXPR_CALL_H
#define EXPR_CALL_H

#include "expr/expr.h"

struct expr_glob;
struct expr_regex;

enum expr_call {
#define FUNCTION(id, name, type, least, args, impl) EXPR_C_##id,
#include "expr/function.def"
#undef FUNCTION
	EXPR_CALL_COUNT
};

/* One call under way. */
struct expr_calling {
	struct expr_env *env;
	const struct expr_value *args;
	size_t n;
	const struct expr_glob *glob;   /* of a "w" argument */
	const struct expr_regex *regex; /* of an "x" argument */
};

typedef void expr_call_fn(const struct expr_calling *c, struct expr_value *ret);

/* The number of a name into *ret; false when there is none. */
bool expr_call_find(struct slice name, enum expr_call *ret);
/* Its name. Process lifetime. */
const char *expr_call_name(enum expr_call c);
/* The type of its result: enum expr_type flags, EXPR_SCALAR for the type of the first argument. */
unsigned expr_call_type(enum expr_call c);
/* What argument i must be: a letter of function.def, or 0 when there are not that many. */
char expr_call_arg(enum expr_call c, size_t i);
/* Least number of arguments. */
size_t expr_call_least(enum expr_call c);
/* Runs it; *ret is EXPR_MISSING at call. */
void expr_call_run(enum expr_call c, const struct expr_calling *calling, struct expr_value *ret);

/* The functions; which file they stand in is said there. */
#define FUNCTION(id, name, type, least, args, impl) expr_call_fn expr_call__##impl;
#include "expr/function.def"
#undef FUNCTION

#endif
