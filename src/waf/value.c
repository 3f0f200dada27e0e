/* SPDX-License-Identifier: Apache-2.0 */
/* value: see value.h. Lists grow by doubling; the old array stays in the arena until it is reset. */
#include "waf/value.h"

#include "base/text.h"

bool value_add(struct value_list *list, struct arena *a, struct slice name, struct slice text)
{
	if (list->n == list->cap) {
		uint32_t cap = list->cap ? list->cap * 2 : 4;
		struct value *v = arena_alloc(a, cap * sizeof *v);
		if (!v)
			return false;
		if (list->n)
			memcpy(v, list->v, list->n * sizeof *v);
		list->v = v;
		list->cap = cap;
	}
	list->v[list->n++] = (struct value){ .name = name, .text = text };
	return true;
}

bool value_set(struct value_list *list, struct arena *a, struct slice text)
{
	list->n = 0;
	return value_add(list, a, slice_of(NULL, 0), text);
}

struct slice value_number(struct arena *a, int64_t number)
{
	enum { DIGITS = 24 };
	char *p = arena_alloc(a, DIGITS);

	if (!p)
		return slice_of(NULL, 0);
	struct text t = text_of(p, DIGITS);
	text_i64(&t, number);
	return text_slice(&t);
}

bool value_set_number(struct value_list *list, struct arena *a, uint64_t number)
{
	struct slice text = value_number(a, (int64_t)(number < INT64_MAX ? number : INT64_MAX));

	return text.p && value_set(list, a, text);
}

struct slice value_first(const struct value_list *list)
{
	return list->n ? list->v[0].text : slice_of(NULL, 0);
}
