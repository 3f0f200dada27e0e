/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top: what was asked for most in each zone, by day: paths, networks, programs. Estimates, in bounded room: of each
 * kind the STATE_TOP_KEPT with the most, of STATE_TOP_DAYS days, and of fewer where there are many zones.
 */
#ifndef STATE_TOP_H
#define STATE_TOP_H

#include "state/state.h"

enum { STATE_TOP_KEPT = 50, STATE_TOP_DAYS = 30, STATE_TOP_ROWS_MAX = 1000000, STATE_TOP_VALUE_BYTES = 400 };

enum state_top_kind { STATE_TOP_PATH, STATE_TOP_NETWORK, STATE_TOP_AGENT, STATE_TOP_KINDS };

/* "path", "network", "agent". Process lifetime. */
const char *state_top_word(enum state_top_kind kind);

/* Adds n to a value of today, as state_at says what that is. In a transaction. errors: as store_done. */
enum err state_top_add(struct state *st, const char *zone_name, enum state_top_kind kind, struct slice value,
		       int64_t n) MUST_USE;
/* Forgets all but STATE_TOP_KEPT of a kind of today; a few more stay until there are twice as many. errors: as
 * store_done.
 */
enum err state_top_trim(struct state *st, const char *zone_name, enum state_top_kind kind) MUST_USE;
/* Forgets what is too old or too much. In a transaction. errors: as store_done. */
enum err state_top_forget(struct state *st) MUST_USE;
/* The values of the last `days` days, today within, with the most first, at most `most`: [{"value","requests"}].
 * out: the caller's reference. errors: as store_done. */
enum err state_top_list(struct state *st, const char *zone_name, enum state_top_kind kind, int64_t days, int64_t most,
			json_t **ret_array) MUST_USE;

#endif
