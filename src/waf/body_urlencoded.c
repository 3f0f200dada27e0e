/* SPDX-License-Identifier: Apache-2.0 */
/* body_urlencoded: name=value pairs. */
#include "waf/body.h"

/* A pair without an equals sign has an empty value; an empty pair counts, as ModSecurity 3 has it. */
bool body_urlencoded(struct input *in, struct slice s, enum variable values, enum variable names)
{
	if (s.n == 0)
		return true;
	do {
		struct slice pair = slice_split(&s, in->options->argument_separator);
		size_t equals = slice_find(pair, '=');
		struct slice name = input_percent(in->arena, slice_first(pair, equals), true);
		struct slice value =
			equals == SIZE_MAX ? SLICE("") : input_percent(in->arena, slice_from(pair, equals + 1), true);
		if (arena_full(in->arena) || !input_argument(in, values, names, name, value))
			return false;
	} while (s.p && !in->args_full);
	return true;
}
