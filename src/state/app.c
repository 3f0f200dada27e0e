/* SPDX-License-Identifier: Apache-2.0 */
/* app: see app.h. */
#include "state/app.h"

#include "state/instance.h"
#include "state/operation.h"
#include "state/process.h"

#include <stdio.h>

#define STATE_APP__COLUMNS                                                                                             \
	"SELECT id, name, owner, status, force_https, sticky_session, router_logs, generation, created_ms,"            \
	"updated_ms, deployed_ms, deployed_by, deployment_id FROM app"

enum { STATE_APP__NAME_MIN = 6, STATE_APP__NAME_MAX = STATE_APP_NAME_BYTES - 1 };

const char *state_app_name_wrong(struct slice name)
{
	if (name.n == 0)
		return "can't be blank";
	if (name.n < STATE_APP__NAME_MIN)
		return "is too short (minimum is 6 characters)";
	if (name.n > STATE_APP__NAME_MAX)
		return "is too long (maximum is 48 characters)";
	for (size_t i = 0; i < name.n; i++)
		if (!slice_is_digit(name.p[i]) && (name.p[i] < 'a' || name.p[i] > 'z') && name.p[i] != '-')
			return "should contain only lowercap letters, digits and hyphens";
	if (name.p[0] == '-')
		return "can't start with an hyphen";
	if (name.p[name.n - 1] == '-')
		return "can't end with an hyphen";
	if (slice_contains(name, SLICE("--")))
		return "can't contain 2 consecutive hyphens";
	/* A name stands for an id in every URL. */
	if (state_is_app_id(name))
		return "can't have the form of an id";
	return NULL;
}

static void state_app__row(const struct store_use *u, struct state_app *a)
{
	state_column(u, 0, a->id, sizeof a->id);
	state_column(u, 1, a->name, sizeof a->name);
	state_column(u, 2, a->owner, sizeof a->owner);
	state_column(u, 3, a->status, sizeof a->status);
	a->force_https = store_int(u, 4) != 0;
	a->sticky_session = store_int(u, 5) != 0;
	a->router_logs = store_int(u, 6) != 0;
	a->generation = store_int(u, 7);
	a->created_ms = store_int(u, 8);
	a->updated_ms = store_int(u, 9);
	a->deployed_ms = store_int(u, 10);
	state_column(u, 11, a->deployed_by, sizeof a->deployed_by);
	state_column(u, 12, a->deployment_id, sizeof a->deployment_id);
}

enum err state_app_get(struct state *st, struct slice id_or_name, struct state_app *ret)
{
	struct store_use u = store_use(st->store, state_is_app_id(id_or_name) ? STATE_APP__COLUMNS " WHERE id = ?1"
									      : STATE_APP__COLUMNS " WHERE name = ?1");

	store_put_text(&u, id_or_name);
	bool there = store_next(&u);
	if (there)
		state_app__row(&u, ret);
	TRY(store_done(&u));
	return there ? OK : ERR_NOT_FOUND;
}

enum err state_app_add(struct state *st, struct state_app *a)
{
	const struct state_process web = { .name = "web", .amount = 1, .size = STATE_PROCESS_SIZE_DEFAULT };
	struct store_use u = store_use(
		st->store, "INSERT INTO app(id, name, owner, status, force_https, sticky_session, router_logs,"
			   "generation, created_ms, updated_ms, deployed_ms, deployed_by, deployment_id, more_json)"
			   "VALUES(?1, ?2, ?3, 'new', ?4, ?5, ?6, 1, ?7, ?7, 0, '', '', '{}')");

	state_new_app_id(a->id);
	snprintf(a->status, sizeof a->status, "new");
	a->generation = 1;
	a->created_ms = a->updated_ms = st->now_ms;
	store_put_text(&u, slice_str(a->id));
	store_put_text(&u, slice_str(a->name));
	store_put_text(&u, slice_str(a->owner));
	store_put_int(&u, a->force_https);
	store_put_int(&u, a->sticky_session);
	store_put_int(&u, a->router_logs);
	store_put_int(&u, st->now_ms);
	TRY(store_done(&u));
	state_touch_app(st, a->id);
	return state_process_put(st, a->id, &web);
}

enum err state_app_save(struct state *st, struct state_app *a)
{
	struct store_use u = store_use(
		st->store, "UPDATE app SET name = ?1, owner = ?2, status = ?3, force_https = ?4, sticky_session = ?5,"
			   "router_logs = ?6, generation = ?7, deployed_ms = ?8, deployed_by = ?9,"
			   "deployment_id = ?10, updated_ms = ?11 WHERE id = ?12");

	a->updated_ms = st->now_ms;
	store_put_text(&u, slice_str(a->name));
	store_put_text(&u, slice_str(a->owner));
	store_put_text(&u, slice_str(a->status));
	store_put_int(&u, a->force_https);
	store_put_int(&u, a->sticky_session);
	store_put_int(&u, a->router_logs);
	store_put_int(&u, a->generation);
	store_put_int(&u, a->deployed_ms);
	store_put_text(&u, slice_str(a->deployed_by));
	store_put_text(&u, slice_str(a->deployment_id));
	store_put_int(&u, a->updated_ms);
	store_put_text(&u, slice_str(a->id));
	TRY(store_done(&u));
	state_touch_app(st, a->id);
	return OK;
}

enum err state_app_remove(struct state *st, const char *id)
{
	struct store_use d = store_use(st->store, "SELECT id FROM app_domain WHERE app_id = ?1");
	char domain[STATE_ID_BYTES];

	store_put_text(&d, slice_str(id));
	while (store_next(&d)) {
		state_column(&d, 0, domain, sizeof domain);
		state_touch_domain(st, domain);
	}
	TRY(store_done(&d));
	struct store_use u = store_use(st->store, "DELETE FROM app WHERE id = ?1");
	store_put_text(&u, slice_str(id));
	TRY(store_done(&u));
	if (store_changes(st->store) == 0)
		return ERR_NOT_FOUND;
	state_touch_app(st, id);
	return OK;
}

enum err state_app_each(struct state *st, void (*fn)(void *arg, const struct state_app *a), void *arg)
{
	struct store_use u = store_use(st->store, STATE_APP__COLUMNS " ORDER BY name");
	struct state_app a;

	while (store_next(&u)) {
		state_app__row(&u, &a);
		fn(arg, &a);
	}
	return store_done(&u);
}

enum err state_app_settle(struct state *st, struct state_app *a)
{
	struct state_instance_counts n;
	bool busy;

	TRY(state_operation_busy(st, a->id, &busy));
	TRY(state_instance_count(st, a->id, &n));
	if (!busy && (a->deployed_ms || n.serving || strcmp(a->status, "new") != 0))
		snprintf(a->status, sizeof a->status, "%s", n.serving || n.others ? "running" : "stopped");
	a->generation++;
	return state_app_save(st, a);
}

enum err state_app_deployed(struct state *st, struct state_app *a)
{
	a->deployed_ms = st->now_ms;
	snprintf(a->deployed_by, sizeof a->deployed_by, "%s", st->actor.name);
	state_new_app_id(a->deployment_id);
	return state_app_save(st, a);
}
