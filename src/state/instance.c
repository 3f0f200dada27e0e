/* SPDX-License-Identifier: Apache-2.0 */
/* instance: see instance.h. */
#include "state/instance.h"

/* serving: a registered one has fewer than its type's amount before it. */
#define STATE_INSTANCE__COLUMNS                                                                                        \
	"SELECT i.id, i.app_id, i.type, i.number, i.address, i.state, i.registered, i.size, i.command, i.created_ms,"  \
	"i.type = 'web' AND i.address <> '' AND i.state = 'running' AND (i.registered = 0 OR"                          \
	" (SELECT count(*) FROM app_instance o WHERE o.app_id = i.app_id AND o.type = i.type AND o.registered = 1"     \
	"  AND o.number < i.number)"                                                                                   \
	" < coalesce((SELECT amount FROM app_process p WHERE p.app_id = i.app_id AND p.name = i.type), 0))"            \
	" FROM app_instance i"

static void state_instance__row(const struct store_use *u, struct state_instance *i)
{
	state_column(u, 0, i->id, sizeof i->id);
	state_column(u, 1, i->app, sizeof i->app);
	state_column(u, 2, i->type, sizeof i->type);
	i->number = store_int(u, 3);
	state_column(u, 4, i->address, sizeof i->address);
	state_column(u, 5, i->state, sizeof i->state);
	i->registered = store_int(u, 6) != 0;
	state_column(u, 7, i->size, sizeof i->size);
	state_column(u, 8, i->command, sizeof i->command);
	i->created_ms = store_int(u, 9);
	i->serving = store_int(u, 10) != 0;
}

enum err state_instance_get(struct state *st, const char *id, struct state_instance *ret)
{
	struct store_use u = store_use(st->store, STATE_INSTANCE__COLUMNS " WHERE i.id = ?1");

	store_put_text(&u, slice_str(id));
	bool there = store_next(&u);
	if (there)
		state_instance__row(&u, ret);
	TRY(store_done(&u));
	return there ? OK : ERR_NOT_FOUND;
}

/* What a registered one must not do. */
static enum err state_instance__allowed(struct state *st, const struct state_instance *i)
{
	struct store_use u = store_use(
		st->store, "SELECT count(*), sum(type = ?2 AND address = ?3) FROM app_instance WHERE app_id = ?1 AND "
			   "registered = 1");

	store_put_text(&u, slice_str(i->app));
	store_put_text(&u, slice_str(i->type));
	store_put_text(&u, slice_str(i->address));
	bool row = store_next(&u);
	int64_t n = row ? store_int(&u, 0) : 0, same = row ? store_int(&u, 1) : 0;
	TRY(store_done(&u));
	return same ? ERR_EXISTS : n >= STATE_INSTANCES_MAX ? ERR_RANGE : OK;
}

static enum err state_instance__number(struct state *st, struct state_instance *i)
{
	struct store_use u = store_use(
		st->store,
		"SELECT min(n) FROM (SELECT 1 AS n UNION SELECT number + 1 FROM app_instance WHERE app_id = ?1 "
		"AND type = ?2) WHERE n NOT IN (SELECT number FROM app_instance WHERE app_id = ?1 AND type = ?2)");

	store_put_text(&u, slice_str(i->app));
	store_put_text(&u, slice_str(i->type));
	i->number = store_next(&u) ? store_int(&u, 0) : 1;
	return store_done(&u);
}

enum err state_instance_add(struct state *st, struct state_instance *i)
{
	if (i->registered)
		TRY(state_instance__allowed(st, i));
	if (i->number == 0)
		TRY(state_instance__number(st, i));
	struct store_use u =
		store_use(st->store, "INSERT INTO app_instance(id, app_id, type, number, address, state, registered,"
				     "size, command, created_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
	if (!i->id[0])
		state_new_app_id(i->id);
	i->created_ms = st->now_ms;
	store_put_text(&u, slice_str(i->id));
	store_put_text(&u, slice_str(i->app));
	store_put_text(&u, slice_str(i->type));
	store_put_int(&u, i->number);
	store_put_text(&u, slice_str(i->address));
	store_put_text(&u, slice_str(i->state));
	store_put_int(&u, i->registered);
	store_put_text(&u, slice_str(i->size));
	store_put_text(&u, slice_str(i->command));
	store_put_int(&u, i->created_ms);
	TRY(store_done(&u));
	state_touch_app(st, i->app);
	return OK;
}

enum err state_instance_save(struct state *st, const struct state_instance *i)
{
	struct store_use u = store_use(st->store, "UPDATE app_instance SET address = ?1, state = ?2 WHERE id = ?3");

	store_put_text(&u, slice_str(i->address));
	store_put_text(&u, slice_str(i->state));
	store_put_text(&u, slice_str(i->id));
	TRY(store_done(&u));
	state_touch_app(st, i->app);
	return OK;
}

enum err state_instance_remove(struct state *st, const struct state_instance *i)
{
	struct store_use u = store_use(st->store, "DELETE FROM app_instance WHERE id = ?1");

	store_put_text(&u, slice_str(i->id));
	TRY(store_done(&u));
	if (store_changes(st->store) == 0)
		return ERR_NOT_FOUND;
	state_touch_app(st, i->app);
	return OK;
}

enum err state_instance_each(struct state *st, const char *app_id,
			     void (*fn)(void *arg, const struct state_instance *i), void *arg)
{
	struct store_use u = store_use(st->store, STATE_INSTANCE__COLUMNS
				       " WHERE i.app_id = ?1 ORDER BY CASE i.type WHEN 'web' THEN '' ELSE i.type END, "
				       "i.number, i.created_ms");
	struct state_instance i;

	store_put_text(&u, slice_str(app_id));
	while (store_next(&u)) {
		state_instance__row(&u, &i);
		fn(arg, &i);
	}
	return store_done(&u);
}

static void state_instance__counted(void *arg, const struct state_instance *i)
{
	struct state_instance_counts *n = arg;
	bool web = strcmp(i->type, "web") == 0;

	n->serving += i->serving;
	n->others += !web && strcmp(i->state, "running") == 0;
	n->registered += web && i->registered;
}

enum err state_instance_count(struct state *st, const char *app_id, struct state_instance_counts *ret)
{
	*ret = (struct state_instance_counts){ 0 };
	return state_instance_each(st, app_id, state_instance__counted, ret);
}
