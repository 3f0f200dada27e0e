/* SPDX-License-Identifier: Apache-2.0 */
#include "state/delegation.h"

enum err state_delegation_get(struct state *st, const char *zone_id, struct state_delegation *ret)
{
	struct store_use u =
		store_use(st->store, "SELECT due_ms, looked_ms, misses FROM delegation WHERE zone_id = ?1");
	struct state_delegation d = { .due_ms = 0 };

	slice_cstr(slice_str(zone_id), d.zone_id, sizeof(d.zone_id));
	store_put_text(&u, slice_str(zone_id));
	if (store_next(&u)) {
		d.due_ms = store_int(&u, 0);
		d.looked_ms = store_int(&u, 1);
		d.misses = (uint32_t)store_int(&u, 2);
	}
	TRY(store_done(&u));
	*ret = d;
	return OK;
}

enum err state_delegation_save(struct state *st, const struct state_delegation *d)
{
	struct store_use u =
		store_use(st->store, "INSERT OR REPLACE INTO delegation(zone_id, due_ms, looked_ms, misses) "
				     "VALUES(?1, ?2, ?3, ?4)");

	store_put_text(&u, slice_str(d->zone_id));
	store_put_int(&u, d->due_ms);
	store_put_int(&u, d->looked_ms);
	store_put_int(&u, d->misses);
	return store_done(&u);
}

size_t state_delegation_due(struct state *st, int64_t now_ms, char (*ret_ids)[STATE_ID_BYTES], size_t cap,
			    int64_t *ret_next_ms)
{
	struct store_use u =
		store_use(st->store, "SELECT z.id, CASE WHEN z.checked_ms > ifnull(d.looked_ms, 0) THEN 0 ELSE "
				     "ifnull(d.due_ms, 0) END AS due FROM zone AS z LEFT JOIN delegation AS d ON "
				     "d.zone_id = z.id WHERE z.type = 'full' ORDER BY due LIMIT ?1");
	size_t n = 0;

	*ret_next_ms = INT64_MAX;
	store_put_int(&u, (int64_t)cap + 1);
	while (store_next(&u)) {
		*ret_next_ms = store_int(&u, 1);
		if (*ret_next_ms > now_ms || n == cap)
			break;
		state_column(&u, 0, ret_ids[n++], STATE_ID_BYTES);
		*ret_next_ms = INT64_MAX;
	}
	return store_done(&u) == OK ? n : 0;
}
