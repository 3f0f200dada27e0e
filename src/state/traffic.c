/* SPDX-License-Identifier: Apache-2.0 */
/* traffic: see traffic.h. A row for each zone, span and beginning; numbers are columns, so that SQL can sum them up. */
#include "state/traffic.h"

#define STATE_TRAFFIC__EACH(X)                                                                                         \
	X(requests), X(bytes), X(cached), X(cached_bytes), X(threats), X(s0), X(s1), X(s2), X(s3), X(s4), X(s5),       \
		X(u0), X(u1), X(u2), X(u3), X(u4), X(u5), X(u6), X(u7), X(u8), X(u9), X(u10), X(u11), X(u12), X(u13),  \
		X(u14), X(u15)
#define STATE_TRAFFIC__TEXT_(...) #__VA_ARGS__
#define STATE_TRAFFIC__TEXT(...) STATE_TRAFFIC__TEXT_(__VA_ARGS__)
#define STATE_TRAFFIC__NAME(c) c
#define STATE_TRAFFIC__SUM(c) sum(c)
#define STATE_TRAFFIC__MORE(c) c = c + excluded.c

/* The row of all zones together; no zone is called so. */
#define STATE_TRAFFIC__ALL ""

enum { STATE_TRAFFIC__COLUMNS = 27, STATE_TRAFFIC__FROM = 7 };

/* How many rows back are kept: as many as fit into STATE_TRAFFIC_ROWS_MAX with today's zones, within these bounds. */
static const struct {
	enum state_traffic_span span;
	int64_t least, most;
} state_traffic__spans[] = { { STATE_TRAFFIC_MINUTE, 180, 2 * 1440 },
			     { STATE_TRAFFIC_HOUR, 72, 60 * 24 },
			     { STATE_TRAFFIC_DAY, 60, 800 } };

/* The numbers in the order of the columns. */
static void state_traffic__flat(const struct state_traffic *n, int64_t out[static STATE_TRAFFIC__COLUMNS])
{
	const int64_t first[] = { n->requests, n->bytes, n->cached, n->cached_bytes, n->threats };

	memcpy(out, first, sizeof first);
	memcpy(out + 5, n->status, sizeof n->status);
	memcpy(out + 5 + STATE_TRAFFIC_STATUS, n->us, sizeof n->us);
}

static struct state_traffic state_traffic__row(const struct store_use *u, int from)
{
	struct state_traffic n = { .requests = store_int(u, from),
				   .bytes = store_int(u, from + 1),
				   .cached = store_int(u, from + 2),
				   .cached_bytes = store_int(u, from + 3),
				   .threats = store_int(u, from + 4) };

	for (int i = 0; i < STATE_TRAFFIC_STATUS; i++)
		n.status[i] = store_int(u, from + 5 + i);
	for (int i = 0; i < STATE_TRAFFIC_TIMES; i++)
		n.us[i] = store_int(u, from + 5 + STATE_TRAFFIC_STATUS + i);
	return n;
}

static enum err state_traffic__add(struct state *st, const char *zone_name, enum state_traffic_span span,
				   const struct state_traffic *n)
{
	int64_t flat[STATE_TRAFFIC__COLUMNS];
	struct store_use u = store_use(
		st->store,
		"INSERT INTO traffic(zone_name, span, at_s, " STATE_TRAFFIC__TEXT(STATE_TRAFFIC__EACH(
			STATE_TRAFFIC__NAME)) ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
					      "?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, "
					      "?25, ?26, ?27, ?28, ?29, ?30) ON CONFLICT DO UPDATE "
					      "SET " STATE_TRAFFIC__TEXT(STATE_TRAFFIC__EACH(STATE_TRAFFIC__MORE)));

	state_traffic__flat(n, flat);
	store_put_text(&u, slice_str(zone_name));
	store_put_int(&u, span);
	store_put_int(&u, n->at_s - n->at_s % span);
	for (size_t i = 0; i < STATE_TRAFFIC__COLUMNS; i++)
		store_put_int(&u, flat[i]);
	return store_done(&u);
}

enum err state_traffic_add(struct state *st, const char *zone_name, const struct state_traffic *n)
{
	for (size_t i = 0; i < sizeof state_traffic__spans / sizeof state_traffic__spans[0]; i++) {
		TRY(state_traffic__add(st, zone_name, state_traffic__spans[i].span, n));
		TRY(state_traffic__add(st, STATE_TRAFFIC__ALL, state_traffic__spans[i].span, n));
	}
	return OK;
}

/* How many zones had visitors today. */
static enum err state_traffic__zones_today(struct state *st, int64_t *ret)
{
	int64_t now_s = st->now_ms / 1000;
	struct store_use u = store_use(st->store, "SELECT count(*) FROM traffic WHERE span = ?1 AND at_s = ?2");

	store_put_int(&u, STATE_TRAFFIC_DAY);
	store_put_int(&u, now_s - now_s % STATE_TRAFFIC_DAY);
	*ret = store_next(&u) ? store_int(&u, 0) : 0;
	return store_done(&u);
}

enum err state_traffic_forget(struct state *st)
{
	int64_t zones;

	TRY(state_traffic__zones_today(st, &zones));
	for (size_t i = 0; i < sizeof state_traffic__spans / sizeof state_traffic__spans[0]; i++) {
		int64_t kept = STATE_TRAFFIC_ROWS_MAX / (zones ? zones : 1);
		if (kept < state_traffic__spans[i].least)
			kept = state_traffic__spans[i].least;
		if (kept > state_traffic__spans[i].most)
			kept = state_traffic__spans[i].most;
		struct store_use u = store_use(st->store, "DELETE FROM traffic WHERE span = ?1 AND at_s < ?2");
		store_put_int(&u, state_traffic__spans[i].span);
		store_put_int(&u, st->now_ms / 1000 - kept * state_traffic__spans[i].span);
		TRY(store_done(&u));
	}
	return OK;
}

enum err state_traffic_each(struct state *st, const char *zone_name, const struct state_traffic_time *time,
			    void (*fn)(void *arg, const struct state_traffic *n), void *arg)
{
	struct store_use u = store_use(
		st->store, "SELECT at_s, " STATE_TRAFFIC__TEXT(STATE_TRAFFIC__EACH(
				   STATE_TRAFFIC__NAME)) " FROM traffic WHERE span = ?1 AND at_s >= ?2 AND at_s < ?3 "
							 "AND zone_name = ?4 ORDER BY at_s");

	store_put_int(&u, time->span);
	store_put_int(&u, time->from_s);
	store_put_int(&u, time->until_s);
	store_put_text(&u, slice_str(zone_name ? zone_name : STATE_TRAFFIC__ALL));
	while (store_next(&u)) {
		struct state_traffic n = state_traffic__row(&u, 1);
		n.at_s = store_int(&u, 0);
		fn(arg, &n);
	}
	return store_done(&u);
}

enum err state_traffic_zones(struct state *st, const struct state_traffic_time *time, int64_t most,
			     void (*fn)(void *arg, const char *zone_name, const struct state_traffic *n), void *arg)
{
	char name[STATE_NAME_BYTES];
	/*
	 * Name after name, then the rows of each, which lie together (by time they would lie all over the table): first
	 * who has the most, then all numbers of those.
	 */
	struct store_use u = store_use(
		st->store,
		"WITH RECURSIVE z(name) AS (SELECT min(zone_name) FROM traffic WHERE zone_name > '' UNION ALL "
		"SELECT (SELECT min(zone_name) FROM traffic WHERE zone_name > name) FROM z WHERE name IS NOT NULL), "
		"top(name) AS (SELECT name FROM z CROSS JOIN traffic ON zone_name = name AND span = ?1 AND at_s >= ?2 "
		"AND at_s < ?3 GROUP BY name ORDER BY sum(requests) DESC, name LIMIT ?4) "
		"SELECT zone_name, " STATE_TRAFFIC__TEXT(STATE_TRAFFIC__EACH(
			STATE_TRAFFIC__SUM)) " FROM top CROSS JOIN traffic ON zone_name = name AND span = ?1 AND "
					     "at_s >= ?2 AND at_s < ?3 GROUP BY zone_name ORDER BY sum(requests) DESC, "
					     "zone_name");

	store_put_int(&u, time->span);
	store_put_int(&u, time->from_s);
	store_put_int(&u, time->until_s);
	store_put_int(&u, most);
	while (store_next(&u)) {
		struct state_traffic n = state_traffic__row(&u, 1);
		n.at_s = time->from_s;
		state_column(&u, 0, name, sizeof name);
		fn(arg, name, &n);
	}
	return store_done(&u);
}

void state_traffic_sum(struct state_traffic *sum, const struct state_traffic *n)
{
	sum->requests += n->requests;
	sum->bytes += n->bytes;
	sum->cached += n->cached;
	sum->cached_bytes += n->cached_bytes;
	sum->threats += n->threats;
	for (size_t i = 0; i < STATE_TRAFFIC_STATUS; i++)
		sum->status[i] += n->status[i];
	for (size_t i = 0; i < STATE_TRAFFIC_TIMES; i++)
		sum->us[i] += n->us[i];
}

int64_t state_traffic_quantile(const struct state_traffic *n, double part)
{
	int64_t all = 0, before = 0;

	for (int i = 0; i < STATE_TRAFFIC_TIMES; i++)
		all += n->us[i];
	double want = part * (double)all;
	for (int i = 0; i < STATE_TRAFFIC_TIMES && all; i++) {
		if (n->us[i] == 0 || (double)(before + n->us[i]) < want) {
			before += n->us[i];
			continue;
		}
		int64_t low = i ? (int64_t)1 << (STATE_TRAFFIC__FROM + i - 1) : 0,
			high = (int64_t)1 << (STATE_TRAFFIC__FROM + i);
		return low + (int64_t)((want - (double)before) / (double)n->us[i] * (double)(high - low));
	}
	return 0;
}
