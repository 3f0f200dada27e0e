/* SPDX-License-Identifier: Apache-2.0 */
/* expr_call: the table of functions, see expr_call.h. */
#include "expr/expr_call.h"

#include "base/check.h"

struct expr_call__row {
	const char *name;
	uint8_t type, least;
	const char *args;
	expr_call_fn *fn;
};

static const struct expr_call__row expr_call__rows[EXPR_CALL_COUNT] = {
#define FUNCTION(id, name, type, least, args, impl) { name, type, least, args, expr_call__##impl },
#include "expr/function.def"
#undef FUNCTION
};

bool expr_call_find(struct slice name, enum expr_call *ret)
{
	for (unsigned i = 0; i < EXPR_CALL_COUNT; i++) {
		if (slice_eq(slice_str(expr_call__rows[i].name), name)) {
			*ret = (enum expr_call)i;
			return true;
		}
	}
	return false;
}

const char *expr_call_name(enum expr_call c)
{
	return expr_call__rows[c].name;
}

unsigned expr_call_type(enum expr_call c)
{
	return expr_call__rows[c].type;
}

char expr_call_arg(enum expr_call c, size_t i)
{
	struct slice args = slice_str(expr_call__rows[c].args);

	if (args.p[args.n - 1] == '+')
		return i < args.n - 1 ? args.p[i] : args.p[args.n - 2];
	return i < args.n ? args.p[i] : 0;
}

size_t expr_call_least(enum expr_call c)
{
	return expr_call__rows[c].least;
}

/* Functions that look at missing arguments themselves. */
static bool expr_call__takes_missing(enum expr_call c)
{
	return c == EXPR_C_COALESCE || c == EXPR_C_CONCAT;
}

void expr_call_run(enum expr_call c, const struct expr_calling *calling, struct expr_value *ret)
{
	CHECK(c < EXPR_CALL_COUNT);
	for (size_t i = 0; i < calling->n && !expr_call__takes_missing(c); i++)
		if (calling->args[i].type == EXPR_MISSING)
			return;
	expr_call__rows[c].fn(calling, ret);
	if (arena_full(calling->env->arena)) {
		calling->env->gave_up = true;
		*ret = (struct expr_value){ .type = EXPR_MISSING };
	}
}
