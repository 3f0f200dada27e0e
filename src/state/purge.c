/* SPDX-License-Identifier: Apache-2.0 */
/* purge: see purge.h. */
#include "state/purge.h"

#include "base/check.h"

static enum err state_purge__trim(struct state *st)
{
	struct store_use u = store_use(st->store, "DELETE FROM purge WHERE id <= (SELECT max(id) FROM purge) - ?1");

	store_put_int(&u, STATE_PURGE_KEPT_MAX);
	return store_done(&u);
}

enum err state_purge_add(struct state *st, const json_t *order, int64_t *ret_id)
{
	struct store_use u = store_use(st->store, "INSERT INTO purge(at_ms, order_json) VALUES(?1, ?2)");

	store_put_int(&u, st->now_ms);
	state_put_json(&u, order);
	TRY(store_done(&u));
	*ret_id = store_last_id(st->store);
	return state_purge__trim(st);
}

static enum err state_purge__number(struct state *st, const char *sql, int64_t *ret)
{
	struct store_use u = store_use(st->store, sql);

	*ret = store_next(&u) ? store_int(&u, 0) : 0;
	return store_done(&u);
}

enum err state_purge_last(struct state *st, int64_t *ret_id)
{
	return state_purge__number(st, "SELECT max(id) FROM purge", ret_id);
}

enum err state_purge_since(struct state *st, int64_t after, void (*fn)(void *arg, const json_t *command), void *arg,
			   bool *ret_complete)
{
	int64_t last, first;

	TRY(state_purge_last(st, &last));
	TRY(state_purge__number(st, "SELECT min(id) FROM purge", &first));
	/* After a restore from a copy an edge may know of more than we do. */
	*ret_complete = after == last || (after < last && after + 1 >= first);
	if (!*ret_complete || after == last)
		return OK;
	struct store_use u = store_use(st->store, "SELECT id, order_json FROM purge WHERE id > ?1 ORDER BY id");
	store_put_int(&u, after);
	while (store_next(&u)) {
		json_t *command = state_column_json(&u, 1);
		if (command)
			CHECK(json_object_set_new(command, "id", json_integer(store_int(&u, 0))) == 0);
		else
			*ret_complete = false;
		if (command)
			fn(arg, command);
		json_decref(command);
	}
	return store_done(&u);
}
