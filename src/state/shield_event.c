/* SPDX-License-Identifier: Apache-2.0 */
/* shield_event: see shield_event.h. */
#include "state/shield_event.h"

enum err state_shield_event_add(struct state *st, const char *zone_name, const json_t *event)
{
	struct store_use u =
		store_use(st->store, "INSERT INTO shield_event(at_ms, zone_name, event_json) VALUES(?1, ?2, ?3)");

	store_put_int(&u, st->now_ms);
	store_put_text(&u, slice_str(zone_name));
	state_put_json(&u, event);
	TRY(store_done(&u));
	u = store_use(st->store, "DELETE FROM shield_event WHERE seq <= (SELECT max(seq) FROM shield_event) - ?1");
	store_put_int(&u, STATE_SHIELD_EVENTS_MAX);
	return store_done(&u);
}

enum err state_shield_event_list(struct state *st, const char *zone_name, int64_t most, json_t **ret_array)
{
	struct store_use u = store_use(st->store, "SELECT at_ms, event_json FROM shield_event WHERE zone_name = ?1 "
						  "ORDER BY seq DESC LIMIT ?2");

	store_put_text(&u, slice_str(zone_name));
	store_put_int(&u, most);
	*ret_array = json_array();
	while (store_next(&u)) {
		json_t *event = state_column_json(&u, 1);
		json_object_set_new(event, "at", state_time(store_int(&u, 0)));
		json_array_append_new(*ret_array, event);
	}
	return store_done(&u);
}
