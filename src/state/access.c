/* SPDX-License-Identifier: Apache-2.0 */
/* access: see access.h. */
#include "state/access.h"

#include "base/check.h"

/* What edges read of each noun. */
struct state_access__noun {
	const char *noun;
	const char *members[8];
};

static const struct state_access__noun state_access__nouns[] = {
	{ STATE_ACCESS_RULES, { "id", "mode", "configuration" } },
	{ STATE_ACCESS_LOCKDOWNS, { "id", "urls", "configurations", "paused", "priority" } },
	{ STATE_ACCESS_AGENTS, { "id", "mode", "configuration", "paused" } },
	{ STATE_ACCESS_WAF, { "id", "rule", "path", "parameter" } },
};

enum err state_access_list(struct state *st, const struct state_ruleset_owner *o, const char *noun, json_t **ret_array)
{
	struct store_use u =
		store_use(st->store, "SELECT body_json FROM access WHERE owner_id = ?1 AND noun = ?2 ORDER BY seq");
	json_t *list = json_array();

	store_put_text(&u, slice_str(o->id));
	store_put_text(&u, slice_str(noun));
	while (store_next(&u)) {
		json_t *v = state_column_json(&u, 0);
		if (v)
			json_array_append_new(list, v);
	}
	enum err e = store_done(&u);
	if (e == OK)
		*ret_array = list;
	else
		json_decref(list);
	return e;
}

enum err state_access_get(struct state *st, const struct state_ruleset_owner *o, const char *noun, const char *id,
			  json_t **ret)
{
	struct store_use u =
		store_use(st->store, "SELECT body_json FROM access WHERE owner_id = ?1 AND noun = ?2 AND id = ?3");

	store_put_text(&u, slice_str(o->id));
	store_put_text(&u, slice_str(noun));
	store_put_text(&u, slice_str(id));
	json_t *v = store_next(&u) ? state_column_json(&u, 0) : NULL;
	enum err e = store_done(&u);
	if (e == OK && v)
		*ret = v;
	else
		json_decref(v);
	return e == OK && !v ? ERR_NOT_FOUND : e;
}

static enum err state_access__touch(struct state *st, const struct state_ruleset_owner *o)
{
	if (!o->zone_id[0])
		return state_touch_all(st);
	state_touch_zone(st, o->zone_id);
	return OK;
}

enum err state_access_keep(struct state *st, const struct state_ruleset_owner *o, const char *noun, const char *key,
			   json_t *v)
{
	struct store_use u = store_use(
		st->store,
		"INSERT INTO access(id, owner_id, zone_id, noun, key, body_json) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
		" ON CONFLICT(id) DO UPDATE SET key = ?5, body_json = ?6");
	char id[STATE_ID_BYTES];

	if (!json_object_get(v, "id")) { /* id stands first */
		json_t *rest = json_copy(v);
		state_new_id(id);
		json_object_clear(v);
		json_object_set_new(v, "id", json_string(id));
		json_object_update(v, rest);
		json_decref(rest);
		json_object_set_new(v, "created_on", state_time(st->now_ms));
	}
	json_object_set_new(v, "modified_on", state_time(st->now_ms));
	store_put_text(&u, slice_str(json_string_value(json_object_get(v, "id"))));
	store_put_text(&u, slice_str(o->id));
	store_put_text(&u, o->zone_id[0] ? slice_str(o->zone_id) : slice_of(NULL, 0));
	store_put_text(&u, slice_str(noun));
	store_put_text(&u, slice_str(key));
	state_put_json(&u, v);
	TRY(store_done(&u));
	return state_access__touch(st, o);
}

enum err state_access_delete(struct state *st, const struct state_ruleset_owner *o, const char *noun, const char *id)
{
	struct store_use u = store_use(st->store, "DELETE FROM access WHERE owner_id = ?1 AND noun = ?2 AND id = ?3");

	store_put_text(&u, slice_str(o->id));
	store_put_text(&u, slice_str(noun));
	store_put_text(&u, slice_str(id));
	TRY(store_done(&u));
	return store_changes(st->store) ? state_access__touch(st, o) : ERR_NOT_FOUND;
}

/* ---- the plan */

static json_t *state_access__compiled(const struct state_access__noun *n, const json_t *v)
{
	json_t *out = json_object();

	for (size_t i = 0; i < sizeof n->members / sizeof n->members[0] && n->members[i]; i++) {
		json_t *member = json_object_get(v, n->members[i]);
		if (member && !json_is_null(member))
			json_object_set(out, n->members[i], member);
	}
	return out;
}

/* Lockdowns of a higher priority stand first; others keep their order. */
static void state_access__place(json_t *list, json_t *v)
{
	json_int_t priority = json_integer_value(json_object_get(v, "priority"));
	size_t at = json_array_size(list);

	while (at > 0 && json_integer_value(json_object_get(json_array_get(list, at - 1), "priority")) < priority)
		at--;
	json_array_insert_new(list, at, v);
}

static enum err state_access__collect(struct state *st, const char *owner_id, const struct state_access__noun *n,
				      json_t *list)
{
	const struct state_ruleset_owner o = { owner_id, "" };
	json_t *all = NULL;

	TRY(state_access_list(st, &o, n->noun, &all));
	for (size_t i = 0; i < json_array_size(all); i++)
		state_access__place(list, state_access__compiled(n, json_array_get(all, i)));
	json_decref(all);
	return OK;
}

enum err state_access_compile(struct state *st, const char *zone_id, const char *account_id, json_t *item)
{
	enum err e = OK;

	for (size_t i = 0; i < sizeof state_access__nouns / sizeof state_access__nouns[0] && e == OK; i++) {
		json_t *list = json_array();
		e = state_access__collect(st, account_id, &state_access__nouns[i], list);
		if (e == OK)
			e = state_access__collect(st, zone_id, &state_access__nouns[i], list);
		if (e == OK && json_array_size(list))
			json_object_set(item, state_access__nouns[i].noun, list);
		json_decref(list);
	}
	return e;
}
