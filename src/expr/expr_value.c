/* SPDX-License-Identifier: Apache-2.0 */
/* expr_value: names of types. */
#include "expr/expr_value.h"

const char *expr_value_type(unsigned type)
{
	static const char *const scalars[] = { "nothing", "a truth value", "a number", "an address", "text" };
	static const char *const lists[] = { "a list", "a list of truth values", "a list of numbers",
					     "a list of addresses", "a list of texts" };
	unsigned scalar = type & EXPR_SCALAR;

	if (scalar > EXPR_BYTES)
		return "a value";
	if (type & EXPR_MAP)
		return "a map of texts";
	return type & EXPR_LIST ? lists[scalar] : scalars[scalar];
}
