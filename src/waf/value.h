/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: what a variable of a request holds: lists of named bytes in an arena. Lifetime: request.
 */
#ifndef WAF_VALUE_H
#define WAF_VALUE_H

#include "base/arena.h"

/* A result of a transformation that differs from what it was made from. */
struct value_text {
	struct value_text *next;
	const struct value_text *from; /* NULL: the value itself */
	uint8_t transform;
	uint8_t scanned; /* bits of the plan's segments */
	uint16_t ran;    /* bits of the plan's automata */
	struct slice text;
	uint64_t wakers, tried; /* transformations that may change it; those of them that were run on it */
};

/* What a value is at a node of the set's tree of transformations: several may have the same. */
struct value_node {
	struct value_node *next;
	struct value_text *text;
	uint32_t node;
};

struct value {
	struct slice name; /* selector: the argument's or header's name; empty for single values */
	struct slice text;
	/* of the plan: transformations that may change the text and nodes that have one on their way (once looked at),
	 * those that were run on it; nodes whose result is known, those of them that changed something, the results */
	bool looked;
	uint64_t wakers, awake, tried, known, changed;
	struct value_text *texts;
	struct value_node *nodes;
};

struct value_list {
	struct value *v;
	uint32_t n, cap;
};

/* Adds a value; borrowed slices. False when the arena is full. Amortised O(1). */
bool value_add(struct value_list *list, struct arena *a, struct slice name, struct slice text);
/* Makes the list that one value. False when the arena is full. */
bool value_set(struct value_list *list, struct arena *a, struct slice text);
/* Makes the list one number as decimal text. */
bool value_set_number(struct value_list *list, struct arena *a, uint64_t number);
/* A number as decimal text in the arena; p == NULL when it is full. */
struct slice value_number(struct arena *a, int64_t number);
/* The first value's text; p == NULL when there is none. */
struct slice value_first(const struct value_list *list);

#endif
