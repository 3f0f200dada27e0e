/* SPDX-License-Identifier: Apache-2.0 */
/* event: what happened to apps, as their timelines show it. Events stay when the app goes; a bounded number is kept. */
#ifndef STATE_EVENT_H
#define STATE_EVENT_H

#include "state/app.h"

enum { STATE_EVENT_TYPE_BYTES = 32, STATE_EVENTS_MAX = 100000 };

/* What to look for. */
struct state_event_filter {
	const char *app;  /* id; NULL: all apps */
	const char *type; /* NULL: all types */
	int64_t offset, limit;
};

/* Adds one, in the name of the transaction's actor; data is borrowed (NULL: none). errors: as store_done. */
enum err state_event_add(struct state *st, const struct state_app *a, const char *type, const json_t *data) MUST_USE;
/*
 * The newest first: id, created_at (ms as an integer), app_id, app_name, type, user, type_data. out: *ret_list, the
 * caller's reference; *ret_total: how many there are without offset and limit. errors: as store_done.
 */
enum err state_event_list(struct state *st, const struct state_event_filter *f, json_t **ret_list,
			  int64_t *ret_total) MUST_USE;
/* Those behind a number, the oldest first, at most 100, in the same form. in/out: *seq, the number of the last one;
 * INT64_MAX at first: *seq becomes that of the newest and there is nothing to tell. errors: as store_done. */
enum err state_event_after(struct state *st, int64_t *seq, json_t **ret_list) MUST_USE;

#endif
