/* SPDX-License-Identifier: Apache-2.0 */
/* event: see event.h. */
#include "state/event.h"

#define STATE_EVENT__WHERE " FROM app_event WHERE (?1 = '' OR app_id = ?1) AND (?2 = '' OR type = ?2)"

enum err state_event_add(struct state *st, const struct state_app *a, const char *type, const json_t *data)
{
	struct store_use u =
		store_use(st->store, "INSERT INTO app_event(id, app_id, app_name, at_ms, type, user, data_json)"
				     "VALUES(?1, ?2, ?3, ?4, ?5, ?6, coalesce(?7, '{}'))");
	char id[STATE_APP_ID_BYTES];

	state_new_app_id(id);
	store_put_text(&u, slice_str(id));
	store_put_text(&u, slice_str(a->id));
	store_put_text(&u, slice_str(a->name));
	store_put_int(&u, st->now_ms);
	store_put_text(&u, slice_str(type));
	store_put_text(&u, slice_str(st->actor.name));
	state_put_json(&u, data);
	TRY(store_done(&u));
	u = store_use(st->store, "DELETE FROM app_event WHERE seq <= ?1");
	store_put_int(&u, store_last_id(st->store) - STATE_EVENTS_MAX);
	return store_done(&u);
}

static void state_event__bind(struct store_use *u, const struct state_event_filter *f)
{
	store_put_text(u, slice_str(f->app ? f->app : ""));
	store_put_text(u, slice_str(f->type ? f->type : ""));
}

static json_t *state_event__json(const struct store_use *u)
{
	struct slice text[6];
	static const int columns[] = { 0, 1, 2, 4, 5 };
	static const char *const members[] = { "id", "app_id", "app_name", "type", "user" };
	json_t *v = json_object(), *data = state_column_json(u, 6);

	for (size_t i = 0; i < 5; i++) {
		text[i] = store_text(u, columns[i]);
		json_object_set_new(v, members[i], json_stringn(text[i].p, text[i].n));
	}
	json_object_set_new(v, "created_at", json_integer(store_int(u, 3)));
	json_object_set_new(v, "type_data", data ? data : json_object());
	return v;
}

enum err state_event_list(struct state *st, const struct state_event_filter *f, json_t **ret_list, int64_t *ret_total)
{
	struct store_use n = store_use(st->store, "SELECT count(*)" STATE_EVENT__WHERE);

	state_event__bind(&n, f);
	*ret_total = store_next(&n) ? store_int(&n, 0) : 0;
	TRY(store_done(&n));
	struct store_use u =
		store_use(st->store, "SELECT id, app_id, app_name, at_ms, type, user, data_json" STATE_EVENT__WHERE
				     " ORDER BY seq DESC LIMIT ?3 OFFSET ?4");
	state_event__bind(&u, f);
	store_put_int(&u, f->limit);
	store_put_int(&u, f->offset);
	json_t *list = json_array();
	while (store_next(&u))
		json_array_append_new(list, state_event__json(&u));
	enum err e = store_done(&u);
	if (e == OK)
		*ret_list = list;
	else
		json_decref(list);
	return e;
}

enum err state_event_after(struct state *st, int64_t *seq, json_t **ret_list)
{
	bool first = *seq == INT64_MAX;
	struct store_use u =
		store_use(st->store, first ? "SELECT id, app_id, app_name, at_ms, type, user, data_json, seq FROM "
					     "app_event ORDER BY seq DESC LIMIT 1"
					   : "SELECT id, app_id, app_name, at_ms, type, user, data_json, seq FROM "
					     "app_event WHERE seq > ?1 ORDER BY seq LIMIT 100");
	int64_t last = first ? 0 : *seq;
	json_t *list = json_array();

	if (!first)
		store_put_int(&u, *seq);
	while (store_next(&u)) {
		last = store_int(&u, 7);
		if (!first)
			json_array_append_new(list, state_event__json(&u));
	}
	enum err e = store_done(&u);
	if (e != OK) {
		json_decref(list);
		return e;
	}
	*seq = last;
	*ret_list = list;
	return OK;
}
