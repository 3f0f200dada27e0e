/* SPDX-License-Identifier: Apache-2.0 */
/* record_list: the records of a zone that fit a filter, in order, by page. */
#ifndef STATE_RECORD_LIST_H
#define STATE_RECORD_LIST_H

#include "state/record.h"

enum { STATE_RECORD_TERMS = 32 };

/* What a term looks at. */
enum state_record_field {
	STATE_RECORD_NAME,
	STATE_RECORD_CONTENT, /* a TXT's text without quotes and escapes, or the content as it is */
	STATE_RECORD_COMMENT,
	STATE_RECORD_TAG, /* value "name" for PRESENT and ABSENT, "name:value" else */
	STATE_RECORD_TYPE,
	STATE_RECORD_PROXIED,
	STATE_RECORD_SEARCH, /* any of name, content, comment, tags contains it */
};
/* How. Letter case does not matter. */
enum state_record_op {
	STATE_RECORD_EXACT,
	STATE_RECORD_CONTAINS,
	STATE_RECORD_STARTS,
	STATE_RECORD_ENDS,
	STATE_RECORD_PRESENT,
	STATE_RECORD_ABSENT,
};
enum state_record_order {
	STATE_RECORD_BY_TYPE,
	STATE_RECORD_BY_NAME,
	STATE_RECORD_BY_CONTENT,
	STATE_RECORD_BY_TTL,
	STATE_RECORD_BY_PROXIED,
};

/* One condition. Borrowed text; TYPE and PROXIED compare `number`. */
struct state_record_term {
	enum state_record_field field;
	enum state_record_op op;
	struct slice text;
	int64_t number;
};

/* All conditions; with `any` one of them is enough, with `tag_any` one of the tags' (they count as one condition). */
struct state_record_filter {
	struct state_record_term terms[STATE_RECORD_TERMS];
	size_t n;
	bool any, tag_any;
	enum state_record_order order;
	bool descending;
	int64_t offset, limit; /* limit -1: all */
};

/*
 * Calls fn for each record that fits, in order; it is borrowed for the call. out: *ret_total without offset and limit.
 * errors: as store_done.
 */
enum err state_record_list(struct state *st, const char *zone_id, const struct state_record_filter *f,
			   void (*fn)(void *arg, const struct state_record *r), void *arg, int64_t *ret_total) MUST_USE;

#endif
