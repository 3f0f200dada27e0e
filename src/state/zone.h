/* SPDX-License-Identifier: Apache-2.0 */
/* zone: the zones of the account. Names are kept in ASCII; deleting one takes everything with it that refers to it. */
#ifndef STATE_ZONE_H
#define STATE_ZONE_H

#include "state/idn.h"
#include "state/state.h"

enum { STATE_ZONE_JSON_BYTES = 2048 };

/* One row. Times are ms since 1970; 0: never. */
struct state_zone {
	char id[STATE_ID_BYTES], account[STATE_ID_BYTES];
	char name[STATE_NAME_BYTES]; /* ASCII */
	char status[16];             /* "pending", "active", "moved" */
	char type[16];               /* "full" … */
	bool paused;
	int64_t created_ms, modified_ms, activated_ms;
	int64_t checked_ms;                   /* last activation check that was asked for */
	char vanity[STATE_ZONE_JSON_BYTES];   /* JSON array of name servers of its own, or "" */
	char original[STATE_ZONE_JSON_BYTES]; /* JSON array of those the parent named before, or "" */
};

/* How a name is compared; `fold`: without regard to case (names are lower case, so it concerns the given value). */
enum state_zone_match {
	STATE_ZONE_ANY_NAME,
	STATE_ZONE_EQUAL,
	STATE_ZONE_NOT_EQUAL,
	STATE_ZONE_STARTS,
	STATE_ZONE_ENDS,
	STATE_ZONE_CONTAINS,
};
enum state_zone_order { STATE_ZONE_BY_NAME, STATE_ZONE_BY_STATUS, STATE_ZONE_BY_CREATION };

/* What state_zone_list looks for; empty strings and NULL do not limit. */
struct state_zone_filter {
	enum state_zone_match match;
	const char *name;   /* ASCII, lower case */
	const char *status; /* or a comma list */
	const char *type;   /* or a comma list */
	bool any;           /* one of name, status, type is enough */
	const json_t *ids;  /* array: only these zones; NULL: all */
	enum state_zone_order order;
	bool descending;
	int64_t offset, limit;
};

/* The zone of that id, or of that name (any form; a name has a dot or is no id). errors: ERR_NOT_FOUND, as store_done.
 */
enum err state_zone_get(struct state *st, struct slice id_or_name, struct state_zone *ret) MUST_USE;
/*
 * A new zone: name (ASCII), account, status and type must be set, the rest is filled in. Touches it.
 * errors: ERR_EXISTS (the name), as store_done.
 */
enum err state_zone_add(struct state *st, struct state_zone *z) MUST_USE;
/* Stores what may change: status, type, paused, activated_ms, checked_ms, vanity, original. Touches it and sets
 * modified_ms. errors: as store_done. */
enum err state_zone_save(struct state *st, struct state_zone *z) MUST_USE;
/* Deletes it with everything in it. Touches it. errors: ERR_NOT_FOUND, as store_done. */
enum err state_zone_remove(struct state *st, const char *id) MUST_USE;
/* Calls fn for each that fits, in order; the row is borrowed for the call. out: *ret_total: how many there are without
 * offset and limit. errors: as store_done. */
enum err state_zone_list(struct state *st, const struct state_zone_filter *f,
			 void (*fn)(void *arg, const struct state_zone *z), void *arg, int64_t *ret_total) MUST_USE;

#endif
