/* SPDX-License-Identifier: Apache-2.0 */
/* ruleset: see ruleset.h. */
#include "state/ruleset.h"

#include "base/check.h"

#include <stdio.h>

enum { STATE_RULESET__VERSION_BYTES = 24 };

static const char *const state_ruleset__rule_members[] = { "id",         "ref",    "description",       "enabled",
							   "expression", "action", "action_parameters", "logging",
							   "ratelimit" };

/* ---- reading */

/* The row as clients see it; columns: id, phase, name, description, version, modified_ms, owner is a zone, rules_json.
 */
static json_t *state_ruleset__row(const struct store_use *u, bool rules)
{
	char id[STATE_ID_BYTES], phase[64], version[STATE_RULESET__VERSION_BYTES];
	struct slice name = store_text(u, 2), description = store_text(u, 3);

	state_column(u, 0, id, sizeof id);
	state_column(u, 1, phase, sizeof phase);
	snprintf(version, sizeof version, "%lld", (long long)store_int(u, 4));
	json_t *v =
		json_pack("{s:s, s:s%, s:s%, s:s, s:s, s:o, s:s}", "id", id, "name", name.p, name.n, "description",
			  description.p ? description.p : "", description.n, "kind", store_int(u, 6) ? "zone" : "root",
			  "version", version, "last_updated", state_time(store_int(u, 5)), "phase", phase);
	CHECK(v);
	if (rules) {
		json_t *list = state_column_json(u, 7);
		CHECK(json_object_set_new(v, "rules", list ? list : json_array()) == 0);
	}
	return v;
}

enum err state_ruleset_list(struct state *st, const struct state_ruleset_owner *o, json_t **ret_array)
{
	struct store_use u =
		store_use(st->store, "SELECT id, phase, name, description, version, modified_ms, zone_id IS NOT NULL "
				     "FROM ruleset WHERE owner_id = ?1 ORDER BY phase");
	json_t *list = json_array();

	store_put_text(&u, slice_str(o->id));
	while (store_next(&u))
		json_array_append_new(list, state_ruleset__row(&u, false));
	enum err e = store_done(&u);
	if (e == OK)
		*ret_array = list;
	else
		json_decref(list);
	return e;
}

/* The one row of a statement. */
static enum err state_ruleset__only(struct store_use *u, json_t **ret)
{
	json_t *v = store_next(u) ? state_ruleset__row(u, true) : NULL;
	enum err e = store_done(u);

	if (e == OK && v)
		*ret = v;
	else
		json_decref(v);
	return e == OK && !v ? ERR_NOT_FOUND : e;
}

enum err state_ruleset_get(struct state *st, const struct state_ruleset_owner *o, const char *id, json_t **ret)
{
	struct store_use u =
		store_use(st->store, "SELECT id, phase, name, description, version, modified_ms, zone_id IS NOT NULL, "
				     "rules_json FROM ruleset WHERE owner_id = ?1 AND id = ?2");

	store_put_text(&u, slice_str(o->id));
	store_put_text(&u, slice_str(id));
	return state_ruleset__only(&u, ret);
}

enum err state_ruleset_phase(struct state *st, const struct state_ruleset_owner *o, const char *phase, json_t **ret)
{
	struct store_use u =
		store_use(st->store, "SELECT id, phase, name, description, version, modified_ms, zone_id IS NOT NULL, "
				     "rules_json FROM ruleset WHERE owner_id = ?1 AND phase = ?2");

	store_put_text(&u, slice_str(o->id));
	store_put_text(&u, slice_str(phase));
	return state_ruleset__only(&u, ret);
}

/* ---- changing */

static enum err state_ruleset__touch(struct state *st, const struct state_ruleset_owner *o)
{
	if (!o->zone_id[0])
		return state_touch_all(st);
	state_touch_zone(st, o->zone_id);
	return OK;
}

static enum err state_ruleset__write(struct state *st, const struct state_ruleset_owner *o, const json_t *set,
				     int64_t version)
{
	struct store_use u = store_use(
		st->store, "INSERT INTO ruleset(id, owner_id, zone_id, phase, name, description, version, modified_ms, "
			   "rules_json) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT(id) DO UPDATE SET "
			   "name = ?5, description = ?6, version = ?7, modified_ms = ?8, rules_json = ?9");

	store_put_text(&u, slice_str(json_string_value(json_object_get(set, "id"))));
	store_put_text(&u, slice_str(o->id));
	store_put_text(&u, o->zone_id[0] ? slice_str(o->zone_id) : slice_of(NULL, 0));
	store_put_text(&u, slice_str(json_string_value(json_object_get(set, "phase"))));
	store_put_text(&u, slice_str(json_string_value(json_object_get(set, "name"))));
	store_put_text(&u, slice_str(json_string_value(json_object_get(set, "description"))));
	store_put_int(&u, version);
	store_put_int(&u, st->now_ms);
	state_put_json(&u, json_object_get(set, "rules"));
	return store_done(&u);
}

/* The version that was just written, into the history; the oldest ones go. */
static enum err state_ruleset__remember(struct state *st, const char *id, int64_t version, const json_t *set)
{
	struct store_use u =
		store_use(st->store, "INSERT INTO ruleset_version(ruleset_id, version, set_json) VALUES(?1, ?2, ?3)");

	store_put_text(&u, slice_str(id));
	store_put_int(&u, version);
	state_put_json(&u, set);
	TRY(store_done(&u));
	u = store_use(st->store, "DELETE FROM ruleset_version WHERE ruleset_id = ?1 AND version <= ?2");
	store_put_text(&u, slice_str(id));
	store_put_int(&u, version - STATE_RULESET_VERSIONS_MAX);
	return store_done(&u);
}

/* The highest version that it ever had; numbers are not used twice. */
static enum err state_ruleset__last(struct state *st, const char *id, int64_t *ret)
{
	struct store_use u = store_use(st->store, "SELECT version FROM ruleset WHERE id = ?1");

	*ret = 0;
	store_put_text(&u, slice_str(id));
	if (store_next(&u))
		*ret = store_int(&u, 0);
	return store_done(&u);
}

enum err state_ruleset_keep(struct state *st, const struct state_ruleset_owner *o, json_t *set)
{
	const char *given = json_string_value(json_object_get(set, "id"));
	char id[STATE_ID_BYTES], text[STATE_RULESET__VERSION_BYTES];
	int64_t version = 0;

	if (given)
		slice_cstr(slice_str(given), id, sizeof id);
	else
		state_new_id(id);
	if (given)
		TRY(state_ruleset__last(st, id, &version));
	version++;
	json_t *full = json_pack("{s:s}", "id", id);
	CHECK(full);
	snprintf(text, sizeof text, "%lld", (long long)version);
	json_object_set(full, "name", json_object_get(set, "name"));
	json_object_set(full, "description", json_object_get(set, "description"));
	json_object_set_new(full, "kind", json_string(o->zone_id[0] ? "zone" : "root"));
	json_object_set_new(full, "version", json_string(text));
	json_object_set_new(full, "last_updated", state_time(st->now_ms));
	json_object_set(full, "phase", json_object_get(set, "phase"));
	json_object_set(full, "rules", json_object_get(set, "rules"));
	enum err e = state_ruleset__write(st, o, full, version);
	if (e == OK)
		e = state_ruleset__remember(st, id, version, full);
	if (e == OK)
		e = state_ruleset__touch(st, o);
	if (e == OK) {
		json_object_clear(set);
		json_object_update(set, full);
	}
	json_decref(full);
	return e;
}

enum err state_ruleset_delete(struct state *st, const struct state_ruleset_owner *o, const char *id)
{
	struct store_use u = store_use(st->store, "DELETE FROM ruleset WHERE owner_id = ?1 AND id = ?2");

	store_put_text(&u, slice_str(o->id));
	store_put_text(&u, slice_str(id));
	TRY(store_done(&u));
	return store_changes(st->store) ? state_ruleset__touch(st, o) : ERR_NOT_FOUND;
}

/* ---- history */

enum err state_ruleset_versions(struct state *st, const char *id, json_t **ret_array)
{
	struct store_use u = store_use(
		st->store, "SELECT set_json FROM ruleset_version WHERE ruleset_id = ?1 ORDER BY version DESC");
	json_t *list = json_array();

	store_put_text(&u, slice_str(id));
	while (store_next(&u)) {
		json_t *v = state_column_json(&u, 0);
		json_object_del(v, "rules");
		json_array_append_new(list, v ? v : json_object());
	}
	enum err e = store_done(&u);
	if (e == OK)
		*ret_array = list;
	else
		json_decref(list);
	return e;
}

enum err state_ruleset_version(struct state *st, const char *id, const char *version, json_t **ret)
{
	struct store_use u =
		store_use(st->store, "SELECT set_json FROM ruleset_version WHERE ruleset_id = ?1 AND version = ?2");
	uint64_t number;

	if (!slice_u64(slice_str(version), &number) || number > INT64_MAX)
		number = 0;
	store_put_text(&u, slice_str(id));
	store_put_int(&u, (int64_t)number);
	json_t *v = store_next(&u) ? state_column_json(&u, 0) : NULL;
	enum err e = store_done(&u);
	if (e == OK && v)
		*ret = v;
	else
		json_decref(v);
	return e == OK && !v ? ERR_NOT_FOUND : e;
}

enum err state_ruleset_forget(struct state *st, const char *id, const char *version)
{
	struct store_use u = store_use(st->store, "DELETE FROM ruleset_version WHERE ruleset_id = ?1 AND version = ?2");
	uint64_t number;

	if (!slice_u64(slice_str(version), &number) || number > INT64_MAX)
		number = 0;
	store_put_text(&u, slice_str(id));
	store_put_int(&u, (int64_t)number);
	TRY(store_done(&u));
	return store_changes(st->store) ? OK : ERR_NOT_FOUND;
}

/* ---- merging */

static bool state_ruleset__same(const json_t *a, const json_t *b, const char *member)
{
	const json_t *x = json_object_get(a, member), *y = json_object_get(b, member);

	return x && y && json_equal((json_t *)(uintptr_t)x, (json_t *)(uintptr_t)y);
}

/* The old rule that a new one goes on with, or NULL. */
static const json_t *state_ruleset__before(const json_t *old, const json_t *rule)
{
	const char *member = json_object_get(rule, "id") ? "id" : "ref";

	for (size_t i = 0; i < json_array_size(old); i++)
		if (state_ruleset__same(json_array_get(old, i), rule, member))
			return json_array_get(old, i);
	return NULL;
}

/* A rule as it is kept: its members in their order, enabled by default. */
static json_t *state_ruleset__rule(const json_t *rule, const char *id)
{
	json_t *v = json_pack("{s:s}", "id", id);

	CHECK(v);
	json_object_set_new(v, "version", json_string("1"));
	for (size_t i = 1; i < sizeof state_ruleset__rule_members / sizeof state_ruleset__rule_members[0]; i++) {
		json_t *member = json_object_get(rule, state_ruleset__rule_members[i]);
		if (member && !json_is_null(member))
			json_object_set(v, state_ruleset__rule_members[i], member);
	}
	if (!json_object_get(v, "ref"))
		json_object_set_new(v, "ref", json_string(id));
	if (!json_object_get(v, "enabled"))
		json_object_set_new(v, "enabled", json_true());
	return v;
}

/* What clients see as its version and time: the old ones while nothing changed. */
static void state_ruleset__date(const struct state *st, const json_t *before, json_t *rule)
{
	char text[STATE_RULESET__VERSION_BYTES];
	uint64_t version = 0;

	if (before) {
		json_object_set(rule, "version", json_object_get(before, "version"));
		json_object_set(rule, "last_updated", json_object_get(before, "last_updated"));
		if (json_equal((json_t *)(uintptr_t)before, rule))
			return;
		if (!slice_u64(slice_str(json_string_value(json_object_get(before, "version"))), &version))
			version = 0;
	}
	snprintf(text, sizeof text, "%llu", (unsigned long long)version + 1);
	json_object_set_new(rule, "version", json_string(text));
	json_object_set_new(rule, "last_updated", state_time(st->now_ms));
}

enum err state_ruleset_merge(const struct state *st, const json_t *old, const json_t *rules, json_t **ret,
			     size_t *ret_index)
{
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(rules); i++) {
		const json_t *rule = json_array_get(rules, i), *before = state_ruleset__before(old, rule);
		char id[STATE_ID_BYTES];
		if (before)
			slice_cstr(slice_str(json_string_value(json_object_get(before, "id"))), id, sizeof id);
		else
			state_new_id(id);
		json_t *v = state_ruleset__rule(rule, id);
		state_ruleset__date(st, before, v);
		for (size_t k = 0; k < json_array_size(list); k++) {
			if (!state_ruleset__same(json_array_get(list, k), v, "ref") &&
			    !state_ruleset__same(json_array_get(list, k), v, "id"))
				continue;
			*ret_index = i;
			json_decref(v);
			json_decref(list);
			return ERR_EXISTS;
		}
		json_array_append_new(list, v);
	}
	*ret = list;
	return OK;
}

/* ---- the plan */

/* The rule as edges read it. */
static json_t *state_ruleset__compiled(const json_t *rule)
{
	json_t *v = json_object();

	for (size_t i = 0; i < sizeof state_ruleset__rule_members / sizeof state_ruleset__rule_members[0]; i++) {
		json_t *member = json_object_get(rule, state_ruleset__rule_members[i]);
		if (member && i != 1 && i != 2) /* neither ref nor description */
			json_object_set(v, state_ruleset__rule_members[i], member);
	}
	return v;
}

static enum err state_ruleset__collect(struct state *st, const char *owner_id, json_t *phases)
{
	struct store_use u =
		store_use(st->store, "SELECT phase, rules_json FROM ruleset WHERE owner_id = ?1 ORDER BY phase");

	store_put_text(&u, slice_str(owner_id));
	while (store_next(&u)) {
		char phase[64];
		json_t *rules = state_column_json(&u, 1);
		state_column(&u, 0, phase, sizeof phase);
		json_t *list = json_object_get(phases, phase);
		if (!list && json_array_size(rules)) {
			list = json_array();
			json_object_set_new(phases, phase, list);
		}
		for (size_t i = 0; i < json_array_size(rules); i++)
			json_array_append_new(list, state_ruleset__compiled(json_array_get(rules, i)));
		json_decref(rules);
	}
	return store_done(&u);
}

enum err state_ruleset_compile(struct state *st, const char *zone_id, const char *account_id, json_t *item)
{
	json_t *phases = json_object();
	enum err e = state_ruleset__collect(st, account_id, phases);

	if (e == OK)
		e = state_ruleset__collect(st, zone_id, phases);
	if (e == OK && json_object_size(phases))
		json_object_set(item, "rulesets", phases);
	json_decref(phases);
	return e;
}
