/* SPDX-License-Identifier: Apache-2.0 */
/* top: see top.h. */
#include "state/top.h"

enum { STATE_TOP__DAY_MS = 86400000 };

static const char *const state_top__words[STATE_TOP_KINDS] = { "path", "network", "agent" };

const char *state_top_word(enum state_top_kind kind)
{
	return state_top__words[kind];
}

/* Days since 1970. */
static int64_t state_top__today(const struct state *st)
{
	return st->now_ms / STATE_TOP__DAY_MS;
}

enum err state_top_add(struct state *st, const char *zone_name, enum state_top_kind kind, struct slice value, int64_t n)
{
	struct store_use u =
		store_use(st->store, "INSERT INTO top(zone_name, day, kind, value, n) VALUES(?1, ?2, ?3, ?4, ?5) "
				     "ON CONFLICT DO UPDATE SET n = n + excluded.n");

	store_put_text(&u, slice_str(zone_name));
	store_put_int(&u, state_top__today(st));
	store_put_int(&u, kind);
	store_put_text(&u, value);
	store_put_int(&u, n);
	return store_done(&u);
}

/* How many there are of it today. */
static enum err state_top__count(struct state *st, const char *zone_name, enum state_top_kind kind, int64_t *ret)
{
	struct store_use u =
		store_use(st->store, "SELECT count(*) FROM top WHERE zone_name = ?1 AND day = ?2 AND kind = ?3");

	store_put_text(&u, slice_str(zone_name));
	store_put_int(&u, state_top__today(st));
	store_put_int(&u, kind);
	*ret = store_next(&u) ? store_int(&u, 0) : 0;
	return store_done(&u);
}

enum err state_top_trim(struct state *st, const char *zone_name, enum state_top_kind kind)
{
	int64_t n;

	TRY(state_top__count(st, zone_name, kind, &n));
	if (n < 2 * STATE_TOP_KEPT)
		return OK;
	struct store_use u = store_use(
		st->store,
		"DELETE FROM top WHERE zone_name = ?1 AND day = ?2 AND kind = ?3 AND value NOT IN (SELECT value "
		"FROM top WHERE zone_name = ?1 AND day = ?2 AND kind = ?3 ORDER BY n DESC, value LIMIT ?4)");
	store_put_text(&u, slice_str(zone_name));
	store_put_int(&u, state_top__today(st));
	store_put_int(&u, kind);
	store_put_int(&u, STATE_TOP_KEPT);
	return store_done(&u);
}

static enum err state_top__before(struct state *st, int64_t day)
{
	struct store_use u = store_use(st->store, "DELETE FROM top WHERE day < ?1");

	store_put_int(&u, day);
	return store_done(&u);
}

enum err state_top_forget(struct state *st)
{
	int64_t day = state_top__today(st) - STATE_TOP_DAYS + 1, rows = 0;

	TRY(state_top__before(st, day));
	for (;;) {
		struct store_use u = store_use(st->store, "SELECT count(*), min(day) FROM top");
		if (store_next(&u)) {
			rows = store_int(&u, 0);
			day = store_int(&u, 1) + 1;
		}
		TRY(store_done(&u));
		if (rows <= STATE_TOP_ROWS_MAX || day > state_top__today(st))
			return OK;
		TRY(state_top__before(st, day));
	}
}

enum err state_top_list(struct state *st, const char *zone_name, enum state_top_kind kind, int64_t days, int64_t most,
			json_t **ret_array)
{
	char value[STATE_TOP_VALUE_BYTES];
	struct store_use u =
		store_use(st->store, "SELECT value, sum(n) FROM top WHERE zone_name = ?1 AND day > ?2 AND kind = ?3 "
				     "GROUP BY value ORDER BY sum(n) DESC, value LIMIT ?4");

	*ret_array = json_array();
	store_put_text(&u, slice_str(zone_name));
	store_put_int(&u, state_top__today(st) - days);
	store_put_int(&u, kind);
	store_put_int(&u, most);
	while (store_next(&u)) {
		state_column(&u, 0, value, sizeof value);
		json_array_append_new(
			*ret_array, json_pack("{s:s, s:I}", "value", value, "requests", (json_int_t)store_int(&u, 1)));
	}
	return store_done(&u);
}
