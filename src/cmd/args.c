/* SPDX-License-Identifier: Apache-2.0 */
/* args: see args.h. */
#include "cmd/args.h"

#include "base/slice.h"

#include <stdio.h>

static const struct args_option *args__find(const struct args_option *table, struct slice name)
{
	for (; table->name; table++)
		if (slice_eq(slice_str(table->name), name))
			return table;
	return NULL;
}

static bool args__store(const struct args_option *o, const char *value)
{
	struct args_list *list = o->target;
	uint64_t n;

	switch (o->kind) {
	case ARGS_FLAG:
		*(bool *)o->target = true;
		return true;
	case ARGS_TEXT:
		*(const char **)o->target = value;
		return true;
	case ARGS_LIST:
		if (list->n == list->cap) {
			fprintf(stderr, "seawall: %s is given more than %zu times\n", o->name, list->cap);
			return false;
		}
		list->items[list->n++] = value;
		return true;
	case ARGS_NUMBER:
		if (!slice_u64(slice_str(value), &n) || n > INT32_MAX) {
			fprintf(stderr, "seawall: %s needs a number, not \"%s\"\n", o->name, value);
			return false;
		}
		*(int *)o->target = (int)n;
		return true;
	}
	return false;
}

bool args_read(int argc, char *const *argv, const struct args_option *table)
{
	for (int i = 1; i < argc; i++) {
		struct slice value = slice_str(argv[i]), name = slice_split(&value, '=');
		const struct args_option *o = args__find(table, name);
		if (!o) {
			fprintf(stderr, "seawall %s: \"%s\" is not known here; `seawall %s --help` tells more\n",
				argv[0], argv[i], argv[0]);
			return false;
		}
		const char *text = value.p;
		if (o->kind == ARGS_FLAG && text) {
			fprintf(stderr, "seawall %s: %s takes no value\n", argv[0], o->name);
			return false;
		}
		if (o->kind != ARGS_FLAG && !text) {
			if (i + 1 == argc) {
				fprintf(stderr, "seawall %s: %s needs a value\n", argv[0], o->name);
				return false;
			}
			text = argv[++i];
		}
		if (!args__store(o, text))
			return false;
	}
	return true;
}
