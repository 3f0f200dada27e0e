/* SPDX-License-Identifier: Apache-2.0 */
/* process: see process.h. */
#include "state/process.h"

#define STATE_PROCESS__COLUMNS "SELECT name, amount, size, command FROM app_process"

static const struct state_process_size state_process__sizes[] = {
	{ "S", "Small", 268435456 },
	{ "M", "Medium", 536870912 },
	{ "L", "Large", 1073741824 },
	{ "XL", "Extra Large", 2147483648 },
	{ "2XL", "Double Extra Large", 4294967296 },
	{ "3XL", "Triple Extra Large", 8589934592 },
};

enum { STATE_PROCESS__SIZES = sizeof state_process__sizes / sizeof state_process__sizes[0] };

const struct state_process_size *state_process_size_at(size_t i)
{
	return i < STATE_PROCESS__SIZES ? &state_process__sizes[i] : NULL;
}

const struct state_process_size *state_process_size(struct slice name)
{
	for (size_t i = 0; i < STATE_PROCESS__SIZES; i++)
		if (slice_eq(slice_str(state_process__sizes[i].name), name))
			return &state_process__sizes[i];
	return NULL;
}

bool state_process_name_ok(struct slice name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = slice_lower(name.p[i]);
		if (!slice_is_digit(c) && (c < 'a' || c > 'z'))
			return false;
	}
	return name.n > 0 && name.n < STATE_PROCESS_NAME_BYTES && !slice_eq(name, SLICE("tcp")) &&
	       !slice_eq(name, SLICE("postdeploy"));
}

static void state_process__row(const struct store_use *u, struct state_process *p)
{
	state_column(u, 0, p->name, sizeof p->name);
	p->amount = store_int(u, 1);
	state_column(u, 2, p->size, sizeof p->size);
	state_column(u, 3, p->command, sizeof p->command);
}

enum err state_process_get(struct state *st, const char *app_id, struct slice name, struct state_process *ret)
{
	struct store_use u = store_use(st->store, STATE_PROCESS__COLUMNS " WHERE app_id = ?1 AND name = ?2");

	store_put_text(&u, slice_str(app_id));
	store_put_text(&u, name);
	bool there = store_next(&u);
	if (there)
		state_process__row(&u, ret);
	TRY(store_done(&u));
	return there ? OK : ERR_NOT_FOUND;
}

enum err state_process_put(struct state *st, const char *app_id, const struct state_process *p)
{
	struct store_use n = store_use(st->store, "SELECT count(*) FROM app_process WHERE app_id = ?1 AND name <> ?2");

	store_put_text(&n, slice_str(app_id));
	store_put_text(&n, slice_str(p->name));
	bool full = store_next(&n) && store_int(&n, 0) >= STATE_PROCESS_TYPES_MAX;
	TRY(store_done(&n));
	if (full)
		return ERR_RANGE;
	struct store_use u = store_use(st->store, "INSERT OR REPLACE INTO app_process(app_id, name, amount, size,"
						  "command) VALUES(?1, ?2, ?3, ?4, ?5)");
	store_put_text(&u, slice_str(app_id));
	store_put_text(&u, slice_str(p->name));
	store_put_int(&u, p->amount);
	store_put_text(&u, slice_str(p->size));
	store_put_text(&u, slice_str(p->command));
	TRY(store_done(&u));
	state_touch_app(st, app_id);
	return OK;
}

enum err state_process_remove(struct state *st, const char *app_id, const char *name)
{
	struct store_use u = store_use(st->store, "DELETE FROM app_process WHERE app_id = ?1 AND name = ?2");

	store_put_text(&u, slice_str(app_id));
	store_put_text(&u, slice_str(name));
	TRY(store_done(&u));
	if (store_changes(st->store) == 0)
		return ERR_NOT_FOUND;
	state_touch_app(st, app_id);
	return OK;
}

enum err state_process_each(struct state *st, const char *app_id, void (*fn)(void *arg, const struct state_process *p),
			    void *arg)
{
	struct store_use u = store_use(st->store, STATE_PROCESS__COLUMNS
				       " WHERE app_id = ?1 ORDER BY CASE name WHEN 'web' THEN '' ELSE name END");
	struct state_process p;

	store_put_text(&u, slice_str(app_id));
	while (store_next(&u)) {
		state_process__row(&u, &p);
		fn(arg, &p);
	}
	return store_done(&u);
}

enum err state_process_started(struct state *st, const char *app_id, bool *ret)
{
	struct store_use u = store_use(st->store, "SELECT 1 FROM app_process WHERE app_id = ?1 AND command <> ''");

	store_put_text(&u, slice_str(app_id));
	*ret = store_next(&u);
	return store_done(&u);
}

enum err state_process_apps(struct state *st, void (*fn)(void *arg, const char *app_id), void *arg)
{
	struct store_use u = store_use(st->store, "SELECT DISTINCT app_id FROM app_process WHERE command <> ''");
	char id[STATE_APP_ID_BYTES];

	while (store_next(&u)) {
		state_column(&u, 0, id, sizeof id);
		fn(arg, id);
	}
	return store_done(&u);
}
