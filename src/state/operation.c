/* SPDX-License-Identifier: Apache-2.0 */
/* operation: see operation.h. */
#include "state/operation.h"

#include <stdio.h>

#define STATE_OPERATION__COLUMNS                                                                                       \
	"SELECT id, app_id, type, status, created_ms, finished_ms, error, scope_json FROM app_operation"

void state_operation_fini(struct state_operation *o)
{
	json_decref(o->scope);
	o->scope = NULL;
}

static enum err state_operation__one(struct store_use *u, struct state_operation *o)
{
	bool there = store_next(u);

	if (there) {
		state_column(u, 0, o->id, sizeof o->id);
		state_column(u, 1, o->app, sizeof o->app);
		state_column(u, 2, o->type, sizeof o->type);
		state_column(u, 3, o->status, sizeof o->status);
		o->created_ms = store_int(u, 4);
		o->finished_ms = store_int(u, 5);
		state_column(u, 6, o->error, sizeof o->error);
		o->scope = state_column_json(u, 7);
	}
	TRY(store_done(u));
	return there ? OK : ERR_NOT_FOUND;
}

enum err state_operation_add(struct state *st, struct state_operation *o)
{
	struct store_use u =
		store_use(st->store, "INSERT INTO app_operation(id, app_id, type, status, created_ms, finished_ms,"
				     "error, scope_json) VALUES(?1, ?2, ?3, ?4, ?5, ?6, '', coalesce(?7, '[]'))");
	bool done = strcmp(o->status, "done") == 0;

	state_new_app_id(o->id);
	o->created_ms = st->now_ms;
	o->finished_ms = done ? st->now_ms : 0;
	store_put_text(&u, slice_str(o->id));
	store_put_text(&u, slice_str(o->app));
	store_put_text(&u, slice_str(o->type));
	store_put_text(&u, slice_str(o->status));
	store_put_int(&u, o->created_ms);
	store_put_int(&u, o->finished_ms);
	state_put_json(&u, o->scope);
	TRY(store_done(&u));
	u = store_use(st->store,
		      "DELETE FROM app_operation WHERE app_id = ?1 AND status IN ('done', 'error') AND id NOT IN "
		      "(SELECT id FROM app_operation WHERE app_id = ?1 ORDER BY created_ms DESC, rowid DESC LIMIT ?2)");
	store_put_text(&u, slice_str(o->app));
	store_put_int(&u, STATE_OPERATIONS_MAX);
	return store_done(&u);
}

enum err state_operation_get(struct state *st, const char *app_id, struct slice id, struct state_operation *ret)
{
	struct store_use u = store_use(st->store, STATE_OPERATION__COLUMNS " WHERE app_id = ?1 AND id = ?2");

	store_put_text(&u, slice_str(app_id));
	store_put_text(&u, id);
	return state_operation__one(&u, ret);
}

enum err state_operation_busy(struct state *st, const char *app_id, bool *ret)
{
	struct store_use u = store_use(
		st->store, "SELECT 1 FROM app_operation WHERE app_id = ?1 AND status IN ('pending', 'running')");

	store_put_text(&u, slice_str(app_id));
	*ret = store_next(&u);
	return store_done(&u);
}

enum err state_operation_next(struct state *st, const char *status, struct state_operation *ret)
{
	struct store_use u =
		store_use(st->store, STATE_OPERATION__COLUMNS " WHERE status = ?1 ORDER BY created_ms, rowid LIMIT 1");

	store_put_text(&u, slice_str(status));
	return state_operation__one(&u, ret);
}

static enum err state_operation__save(struct state *st, const struct state_operation *o)
{
	struct store_use u = store_use(
		st->store, "UPDATE app_operation SET status = ?1, finished_ms = ?2, error = ?3 WHERE id = ?4");

	store_put_text(&u, slice_str(o->status));
	store_put_int(&u, o->finished_ms);
	store_put_text(&u, slice_str(o->error));
	store_put_text(&u, slice_str(o->id));
	return store_done(&u);
}

enum err state_operation_begin(struct state *st, struct state_operation *o)
{
	snprintf(o->status, sizeof o->status, "running");
	return state_operation__save(st, o);
}

enum err state_operation_end(struct state *st, struct state_operation *o, struct state_app *a, const char *error)
{
	bool bad = error && error[0];

	snprintf(o->status, sizeof o->status, "%s", bad ? "error" : "done");
	snprintf(o->error, sizeof o->error, "%s", bad ? error : "");
	o->finished_ms = st->now_ms;
	TRY(state_operation__save(st, o));
	return state_app_settle(st, a);
}
