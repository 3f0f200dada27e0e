/* SPDX-License-Identifier: Apache-2.0 */
/* audit: see audit.h. */
#include "state/audit.h"

/* Members whose values nobody may read again. */
static bool state_audit__secret(const char *member)
{
	static const char *const names[] = { "private_key", "secret", "password", "api_key", "hash", "token" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(member, names[i]) == 0)
			return true;
	return false;
}

static void state_audit__mask(json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) if (state_audit__secret(key) && !json_is_null(value))
		json_object_set_new(object, key, json_string("(masked)"));
}

/* A copy whose members, and members of its members, hold no secrets; deeper ones do not occur in our objects. */
static json_t *state_audit__masked(const json_t *v)
{
	json_t *copy = v ? json_deep_copy(v) : NULL, *value;
	const char *key;

	if (!json_is_object(copy))
		return copy;
	state_audit__mask(copy);
	json_object_foreach(copy, key, value) state_audit__mask(value);
	return copy;
}

static void state_audit__put(struct store_use *u, const json_t *v)
{
	json_t *masked = state_audit__masked(v);

	state_put_json(u, masked);
	json_decref(masked);
}

enum err state_audit_add(struct state *st, const struct state_audit *a)
{
	char id[STATE_ID_BYTES];
	struct store_use u = store_use(
		st->store,
		"INSERT INTO audit(id, at_ms, token_id, token_name, address, action, noun, object_id, zone_id,"
		"before_json, after_json, zone_name) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
		"coalesce((SELECT name FROM zone WHERE id = ?9), ''))");

	state_new_id(id);
	store_put_text(&u, slice_str(id));
	store_put_int(&u, st->now_ms);
	store_put_text(&u, slice_str(st->actor.token));
	store_put_text(&u, slice_str(st->actor.name));
	store_put_text(&u, slice_str(st->actor.address));
	store_put_text(&u, slice_str(a->action));
	store_put_text(&u, slice_str(a->noun));
	store_put_text(&u, slice_str(a->object));
	store_put_text(&u, slice_str(a->zone ? a->zone : ""));
	state_audit__put(&u, a->before);
	state_audit__put(&u, a->after);
	TRY(store_done(&u));
	u = store_use(st->store, "DELETE FROM audit WHERE seq <= ?1");
	store_put_int(&u, store_last_id(st->store) - STATE_AUDIT_ROWS_MAX);
	return store_done(&u);
}

/* ---- reading ---- */

static json_t *state_audit__string(const struct store_use *u, int column)
{
	struct slice s = store_text(u, column);

	return s.p ? json_stringn_nocheck(s.p, s.n) : json_null();
}

static json_t *state_audit__member(const struct store_use *u, int column)
{
	json_t *v = state_column_json(u, column);

	return v ? v : json_null();
}

/* Columns as in the SELECT of state_audit_list. */
static json_t *state_audit__row(const struct store_use *u)
{
	json_t *row = json_object(), *actor = json_object(), *resource = json_object(), *action = json_object();

	json_object_set_new(actor, "id", state_audit__string(u, 2));
	json_object_set_new(actor, "name", state_audit__string(u, 3));
	json_object_set_new(actor, "ip", state_audit__string(u, 4));
	json_object_set_new(actor, "type", json_string(store_text(u, 2).n ? "token" : "system"));
	json_object_set_new(action, "type", state_audit__string(u, 5));
	json_object_set_new(action, "result", json_true());
	json_object_set_new(resource, "id", state_audit__string(u, 7));
	json_object_set_new(resource, "type", state_audit__string(u, 6));
	json_object_set_new(row, "id", state_audit__string(u, 0));
	json_object_set_new(row, "when", state_time(store_int(u, 1)));
	json_object_set_new(row, "action", action);
	json_object_set_new(row, "actor", actor);
	json_object_set_new(row, "resource", resource);
	json_object_set_new(
		row, "zone",
		json_pack("{s:o, s:o}", "id", state_audit__string(u, 8), "name", state_audit__string(u, 9)));
	json_object_set_new(row, "oldValueJson", state_audit__member(u, 10));
	json_object_set_new(row, "newValueJson", state_audit__member(u, 11));
	return row;
}

#define STATE_AUDIT__WHERE " FROM audit WHERE (?1 = '' OR zone_id = ?1) AND at_ms >= ?2 AND (?3 = 0 OR at_ms < ?3)"
#define STATE_AUDIT__ROWS                                                                                              \
	"SELECT id, at_ms, token_id, token_name, address, action, noun, object_id, zone_id, zone_name, before_json,"   \
	"after_json" STATE_AUDIT__WHERE

static void state_audit__bind(struct store_use *u, const struct state_audit_filter *f)
{
	store_put_text(u, slice_str(f->zone ? f->zone : ""));
	store_put_int(u, f->since_ms);
	store_put_int(u, f->before_ms);
}

enum err state_audit_list(struct state *st, const struct state_audit_filter *f, json_t **ret_array, int64_t *ret_total)
{
	struct store_use u = store_use(st->store, "SELECT count(*)" STATE_AUDIT__WHERE);
	state_audit__bind(&u, f);
	int64_t total = store_next(&u) ? store_int(&u, 0) : 0;
	TRY(store_done(&u));

	json_t *array = json_array();
	u = store_use(st->store, f->oldest_first ? STATE_AUDIT__ROWS " ORDER BY seq LIMIT ?4 OFFSET ?5"
						 : STATE_AUDIT__ROWS " ORDER BY seq DESC LIMIT ?4 OFFSET ?5");
	state_audit__bind(&u, f);
	store_put_int(&u, f->limit);
	store_put_int(&u, f->offset);
	while (store_next(&u))
		json_array_append_new(array, state_audit__row(&u));
	enum err e = store_done(&u);
	if (e != OK) {
		json_decref(array);
		return e;
	}
	*ret_array = array;
	*ret_total = total;
	return OK;
}
