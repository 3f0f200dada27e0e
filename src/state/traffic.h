/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traffic: what zones' visitors asked for, by minute, hour and day, in bounded room: minutes of two days, hours of
 * sixty days, days of eight hundred, and less of them where many zones have visitors (three hours, three days, sixty
 * days at least). Numbers stay when their zone goes, until they are too old.
 */
#ifndef STATE_TRAFFIC_H
#define STATE_TRAFFIC_H

#include "state/state.h"

enum {
	STATE_TRAFFIC_STATUS = 6,
	STATE_TRAFFIC_TIMES = 16,
	STATE_TRAFFIC_ROWS_MAX =
		2000000, /* of each span, some 200 bytes each, as long as the least that is kept fits */
};

/* Seconds of one row. */
enum state_traffic_span { STATE_TRAFFIC_MINUTE = 60, STATE_TRAFFIC_HOUR = 3600, STATE_TRAFFIC_DAY = 86400 };

struct state_traffic {
	int64_t at_s; /* where the span begins, since 1970 */
	/* us: by how long they took: below 128 us, each further one twice as long, the last from 2 s on. */
	int64_t requests, bytes, cached, cached_bytes, threats, status[STATE_TRAFFIC_STATUS], us[STATE_TRAFFIC_TIMES];
};

/* A part of the past. */
struct state_traffic_time {
	enum state_traffic_span span; /* of its rows */
	int64_t from_s, until_s;      /* since 1970; the end is not in it */
};

/* Adds to the minute, the hour and the day that n->at_s lies in. In a transaction. errors: as store_done. */
enum err state_traffic_add(struct state *st, const char *zone_name, const struct state_traffic *n) MUST_USE;
/* Forgets what is too old. In a transaction. errors: as store_done. */
enum err state_traffic_forget(struct state *st) MUST_USE;
/* Calls fn for each row of a zone in that time, the oldest first; a span without requests has no row.
 * zone_name NULL: of all zones together. errors: as store_done. */
enum err state_traffic_each(struct state *st, const char *zone_name, const struct state_traffic_time *time,
			    void (*fn)(void *arg, const struct state_traffic *n), void *arg) MUST_USE;
/* The same, summed up by zone, the one with the most requests first, at most `most`. */
enum err state_traffic_zones(struct state *st, const struct state_traffic_time *time, int64_t most,
			     void (*fn)(void *arg, const char *zone_name, const struct state_traffic *n),
			     void *arg) MUST_USE;
/* Adds the numbers of n, not its time. */
void state_traffic_sum(struct state_traffic *sum, const struct state_traffic *n);
/* In which time, in microseconds, `part` (0 to 1) of the requests were over: a line between the bounds of the class
 * it falls into, so right within a factor of two. 0 without requests. */
int64_t state_traffic_quantile(const struct state_traffic *n, double part);

#endif
