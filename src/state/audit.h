/* SPDX-License-Identifier: Apache-2.0 */
/* audit: who changed what, what it was and what it became: one row for each change, in the same transaction. */
#ifndef STATE_AUDIT_H
#define STATE_AUDIT_H

#include "state/state.h"

enum { STATE_AUDIT_ROWS_MAX = 1000000 }; /* the oldest leave */

struct state_audit {
	const char *action; /* "create", "update", "delete", … */
	const char *noun;   /* "zone", "dns_record", "token", … */
	const char *object; /* id of the object */
	const char *zone;   /* id of its zone, or NULL */
	/* Borrowed; NULL: there was or is none. Members that hold secrets are masked in the copy that is kept. */
	const json_t *before, *after;
};

/* Adds the row, in the name of the transaction's actor. errors: as store_done. */
enum err state_audit_add(struct state *st, const struct state_audit *a) MUST_USE;

/* What state_audit_list looks for. */
struct state_audit_filter {
	const char *zone;            /* id; NULL: all */
	int64_t since_ms, before_ms; /* since <= at < before; 0: open */
	int64_t offset, limit;
	bool oldest_first;
};

/*
 * The rows as an array of objects (id, when, actor, action, resource, zone, before, after), newest first.
 * out: *ret_array, the caller's reference; *ret_total: how many there are without offset and limit.
 * errors: as store_done.
 */
enum err state_audit_list(struct state *st, const struct state_audit_filter *f, json_t **ret_array,
			  int64_t *ret_total) MUST_USE;

#endif
