/* SPDX-License-Identifier: Apache-2.0 */
/* list: see list.h. */
#include "state/list.h"

#include "base/check.h"

#include <stdio.h>

enum { STATE_LIST__OPERATIONS_MAX = 1000, STATE_LIST__NAME_BYTES = 64 };

/* Columns: id, name, description, kind, items, rulesets that name it, created_ms, modified_ms. */
#define STATE_LIST__COLUMNS                                                                                            \
	"SELECT id, name, description, kind, json_array_length(items_json),"                                           \
	" (SELECT count(*) FROM ruleset WHERE instr(rules_json, '$' || list.name)), created_ms, modified_ms FROM "     \
	"list "

static json_t *state_list__row(const struct store_use *u)
{
	char id[STATE_ID_BYTES], name[STATE_LIST__NAME_BYTES], kind[16];
	struct slice description = store_text(u, 2);

	state_column(u, 0, id, sizeof id);
	state_column(u, 1, name, sizeof name);
	state_column(u, 3, kind, sizeof kind);
	json_t *v = json_pack("{s:s, s:s, s:s%, s:s, s:I, s:I, s:o, s:o}", "id", id, "name", name, "description",
			      description.p ? description.p : "", description.n, "kind", kind, "num_items",
			      (json_int_t)store_int(u, 4), "num_referencing_filters", (json_int_t)store_int(u, 5),
			      "created_on", state_time(store_int(u, 6)), "modified_on", state_time(store_int(u, 7)));
	CHECK(v);
	return v;
}

enum err state_list_all(struct state *st, const char *account_id, json_t **ret_array)
{
	struct store_use u = store_use(st->store, STATE_LIST__COLUMNS "WHERE owner_id = ?1 ORDER BY name");
	json_t *all = json_array();

	store_put_text(&u, slice_str(account_id));
	while (store_next(&u))
		json_array_append_new(all, state_list__row(&u));
	enum err e = store_done(&u);
	if (e == OK)
		*ret_array = all;
	else
		json_decref(all);
	return e;
}

enum err state_list_get(struct state *st, const char *account_id, const char *id, json_t **ret)
{
	struct store_use u = store_use(st->store, STATE_LIST__COLUMNS "WHERE owner_id = ?1 AND id = ?2");

	store_put_text(&u, slice_str(account_id));
	store_put_text(&u, slice_str(id));
	json_t *v = store_next(&u) ? state_list__row(&u) : NULL;
	enum err e = store_done(&u);
	if (e == OK && v)
		*ret = v;
	else
		json_decref(v);
	return e == OK && !v ? ERR_NOT_FOUND : e;
}

enum err state_list_make(struct state *st, const char *account_id, const json_t *list, json_t **ret)
{
	struct store_use u = store_use(
		st->store,
		"INSERT INTO list(id, owner_id, name, kind, description, created_ms, modified_ms, items_json) "
		"VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, '[]')");
	char id[STATE_ID_BYTES];

	state_new_id(id);
	store_put_text(&u, slice_str(id));
	store_put_text(&u, slice_str(account_id));
	store_put_text(&u, slice_str(json_string_value(json_object_get(list, "name"))));
	store_put_text(&u, slice_str(json_string_value(json_object_get(list, "kind"))));
	store_put_text(&u, slice_str(json_string_value(json_object_get(list, "description"))));
	store_put_int(&u, st->now_ms);
	store_put_int(&u, st->now_ms);
	TRY(store_done(&u));
	return state_list_get(st, account_id, id, ret);
}

enum err state_list_describe(struct state *st, const char *id, const char *description)
{
	struct store_use u = store_use(st->store, "UPDATE list SET description = ?1, modified_ms = ?2 WHERE id = ?3");

	store_put_text(&u, slice_str(description));
	store_put_int(&u, st->now_ms);
	store_put_text(&u, slice_str(id));
	return store_done(&u);
}

enum err state_list_delete(struct state *st, const char *id)
{
	struct store_use u = store_use(st->store, "DELETE FROM list WHERE id = ?1");

	store_put_text(&u, slice_str(id));
	return store_done(&u);
}

/* ---- items */

enum err state_list_items(struct state *st, const char *id, json_t **ret_array)
{
	struct store_use u = store_use(st->store, "SELECT items_json FROM list WHERE id = ?1");

	store_put_text(&u, slice_str(id));
	json_t *v = store_next(&u) ? state_column_json(&u, 0) : NULL;
	enum err e = store_done(&u);
	if (e == OK && v)
		*ret_array = v;
	else
		json_decref(v);
	return e == OK && !v ? ERR_NOT_FOUND : e;
}

/* The zones whose rules name the list, and all of them when the account's do. */
static enum err state_list__touch(struct state *st, const char *id)
{
	struct store_use u = store_use(st->store, "SELECT ruleset.zone_id FROM ruleset, list WHERE list.id = ?1 AND "
						  "instr(ruleset.rules_json, '$' || list.name)");
	bool all = false;

	store_put_text(&u, slice_str(id));
	while (store_next(&u)) {
		char zone[STATE_ID_BYTES];
		all = all || store_is_null(&u, 0);
		state_column(&u, 0, zone, sizeof zone);
		if (zone[0])
			state_touch_zone(st, zone);
	}
	TRY(store_done(&u));
	return all ? state_touch_all(st) : OK;
}

enum err state_list_keep(struct state *st, const char *id, const json_t *items,
			 char ret_operation[static STATE_ID_BYTES])
{
	struct store_use u = store_use(st->store, "UPDATE list SET items_json = ?1, modified_ms = ?2 WHERE id = ?3");

	state_put_json(&u, items);
	store_put_int(&u, st->now_ms);
	store_put_text(&u, slice_str(id));
	TRY(store_done(&u));
	state_new_id(ret_operation);
	u = store_use(st->store, "INSERT INTO list_operation(id, at_ms) VALUES(?1, ?2)");
	store_put_text(&u, slice_str(ret_operation));
	store_put_int(&u, st->now_ms);
	TRY(store_done(&u));
	u = store_use(st->store, "DELETE FROM list_operation WHERE seq <= (SELECT max(seq) FROM list_operation) - ?1");
	store_put_int(&u, STATE_LIST__OPERATIONS_MAX);
	TRY(store_done(&u));
	return state_list__touch(st, id);
}

enum err state_list_operation(struct state *st, const char *operation, int64_t *ret_ms)
{
	struct store_use u = store_use(st->store, "SELECT at_ms FROM list_operation WHERE id = ?1");
	bool there;

	store_put_text(&u, slice_str(operation));
	there = store_next(&u);
	if (there)
		*ret_ms = store_int(&u, 0);
	enum err e = store_done(&u);
	return e == OK && !there ? ERR_NOT_FOUND : e;
}

/* ---- the plan */

enum err state_list_names(struct state *st, const char *account_id, json_t **ret)
{
	struct store_use u = store_use(st->store, "SELECT name, kind FROM list WHERE owner_id = ?1");
	json_t *names = json_object();

	store_put_text(&u, slice_str(account_id));
	while (store_next(&u)) {
		char name[STATE_LIST__NAME_BYTES], kind[16];
		state_column(&u, 0, name, sizeof name);
		state_column(&u, 1, kind, sizeof kind);
		json_object_set_new(names, name, json_pack("{s:s, s:[]}", "kind", kind, "items"));
	}
	enum err e = store_done(&u);
	if (e == OK)
		*ret = names;
	else
		json_decref(names);
	return e;
}

/* Whether an expression of the item says "$name" (or a longer name, which costs only room). */
static bool state_list__named(const json_t *rulesets, const char *name)
{
	char dollar[STATE_LIST__NAME_BYTES + 2];
	const char *phase;
	json_t *rules;

	snprintf(dollar, sizeof dollar, "$%s", name);
	json_object_foreach((json_t *)(uintptr_t)rulesets, phase, rules)
	{
		for (size_t i = 0; i < json_array_size(rules); i++) {
			const json_t *text = json_object_get(json_array_get(rules, i), "expression");
			if (slice_contains(slice_of(json_string_value(text), json_string_length(text)),
					   slice_str(dollar)))
				return true;
		}
	}
	return false;
}

/* The values alone, as edges read them. */
static json_t *state_list__values(const json_t *items)
{
	json_t *values = json_array();

	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *item = json_array_get(items, i), *host = json_object_get(item, "hostname");
		json_t *v = host ? json_object_get(host, "url_hostname") : json_object_get(item, "ip");
		if (v)
			json_array_append(values, v);
	}
	return values;
}

enum err state_list_compile(struct state *st, const char *account_id, json_t *item)
{
	struct store_use u =
		store_use(st->store, "SELECT name, kind, items_json FROM list WHERE owner_id = ?1 ORDER BY name");
	const json_t *rulesets = json_object_get(item, "rulesets");
	json_t *lists = json_object();

	store_put_text(&u, slice_str(account_id));
	while (rulesets && store_next(&u)) {
		char name[STATE_LIST__NAME_BYTES], kind[16];
		state_column(&u, 0, name, sizeof name);
		state_column(&u, 1, kind, sizeof kind);
		if (!state_list__named(rulesets, name))
			continue;
		json_t *items = state_column_json(&u, 2);
		json_object_set_new(lists, name,
				    json_pack("{s:s, s:o}", "kind", kind, "items", state_list__values(items)));
		json_decref(items);
	}
	enum err e = store_done(&u);
	if (e == OK && json_object_size(lists))
		json_object_set(item, "lists", lists);
	json_decref(lists);
	return e;
}
