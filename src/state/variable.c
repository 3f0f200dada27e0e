/* SPDX-License-Identifier: Apache-2.0 */
/* variable: see variable.h. */
#include "state/variable.h"

#include <stdio.h>

enum { STATE_VARIABLE__SEALED_MAX = 65536, STATE_VARIABLE__PURPOSE_BYTES = 128 };

const char *state_variable_name_wrong(struct slice name)
{
	if (name.n == 0)
		return "can't be blank";
	if (name.n >= STATE_VARIABLE_NAME_BYTES)
		return "is too long (maximum is 64 characters)";
	if (slice_is_digit(name.p[0]) || name.p[0] == '_')
		return "must start with a letter";
	for (size_t i = 0; i < name.n; i++) {
		char c = slice_lower(name.p[i]);
		if (!slice_is_digit(c) && c != '_' && (c < 'a' || c > 'z'))
			return "should contain only letters, digits and underscores";
	}
	return NULL;
}

static struct slice state_variable__purpose(const char *app_id, struct slice name, char *text)
{
	int n = snprintf(text, STATE_VARIABLE__PURPOSE_BYTES, "variable %s %.*s", app_id, SLICE_ARG(name));

	return slice_of(text, (size_t)n);
}

static enum err state_variable__count(struct state *st, const char *app_id, int64_t *ret)
{
	struct store_use u = store_use(st->store, "SELECT count(*) FROM app_variable WHERE app_id = ?1");

	store_put_text(&u, slice_str(app_id));
	*ret = store_next(&u) ? store_int(&u, 0) : 0;
	return store_done(&u);
}

/* The id under which a name is stored. errors: ERR_NOT_FOUND, as store_done. */
static enum err state_variable__id(struct state *st, const char *app_id, struct slice name,
				   char ret[static STATE_APP_ID_BYTES])
{
	struct store_use u = store_use(st->store, "SELECT id FROM app_variable WHERE app_id = ?1 AND name = ?2");

	store_put_text(&u, slice_str(app_id));
	store_put_text(&u, name);
	bool there = store_next(&u);
	if (there)
		state_column(&u, 0, ret, STATE_APP_ID_BYTES);
	TRY(store_done(&u));
	return there ? OK : ERR_NOT_FOUND;
}

static enum err state_variable__insert(struct state *st, const char *app_id, struct slice name, struct slice sealed,
				       char ret_id[static STATE_APP_ID_BYTES])
{
	int64_t n;

	TRY(state_variable__count(st, app_id, &n));
	if (n >= STATE_VARIABLES_MAX)
		return ERR_RANGE;
	state_new_app_id(ret_id);
	struct store_use u =
		store_use(st->store, "INSERT INTO app_variable(id, app_id, name, value) VALUES(?1, ?2, ?3, ?4)");
	store_put_text(&u, slice_str(ret_id));
	store_put_text(&u, slice_str(app_id));
	store_put_text(&u, name);
	store_put_text(&u, sealed);
	return store_done(&u);
}

static enum err state_variable__store(struct state *st, const char *app_id, struct slice name, struct slice sealed,
				      char ret_id[static STATE_APP_ID_BYTES])
{
	enum err e = state_variable__id(st, app_id, name, ret_id);

	if (e == ERR_NOT_FOUND)
		return state_variable__insert(st, app_id, name, sealed, ret_id);
	TRY(e);
	struct store_use u = store_use(st->store, "UPDATE app_variable SET value = ?1 WHERE id = ?2");
	store_put_text(&u, sealed);
	store_put_text(&u, slice_str(ret_id));
	return store_done(&u);
}

enum err state_variable_put(struct state *st, const struct seal *seal, const char *app_id, struct slice name,
			    struct slice value, char ret_id[static STATE_APP_ID_BYTES])
{
	char purpose[STATE_VARIABLE__PURPOSE_BYTES];
	struct buf sealed;

	if (value.n > STATE_VARIABLE_VALUE_MAX)
		return ERR_RANGE;
	buf_init(&sealed, STATE_VARIABLE__SEALED_MAX);
	enum err e = seal_close(seal, state_variable__purpose(app_id, name, purpose), value, &sealed);
	if (e == OK)
		e = state_variable__store(st, app_id, name, buf_slice(&sealed), ret_id);
	buf_fini(&sealed);
	return e;
}

enum err state_variable_name(struct state *st, const char *app_id, struct slice id,
			     char ret[static STATE_VARIABLE_NAME_BYTES])
{
	struct store_use u = store_use(st->store, "SELECT name FROM app_variable WHERE app_id = ?1 AND id = ?2");

	store_put_text(&u, slice_str(app_id));
	store_put_text(&u, id);
	bool there = store_next(&u);
	if (there)
		state_column(&u, 0, ret, STATE_VARIABLE_NAME_BYTES);
	TRY(store_done(&u));
	return there ? OK : ERR_NOT_FOUND;
}

enum err state_variable_value(struct state *st, const struct seal *seal, const char *app_id, struct slice name,
			      struct buf *b)
{
	char purpose[STATE_VARIABLE__PURPOSE_BYTES];
	struct store_use u = store_use(st->store, "SELECT value FROM app_variable WHERE app_id = ?1 AND name = ?2");
	enum err e = ERR_NOT_FOUND;

	store_put_text(&u, slice_str(app_id));
	store_put_text(&u, name);
	if (store_next(&u))
		e = seal_open(seal, state_variable__purpose(app_id, name, purpose), store_text(&u, 0), b);
	TRY(store_done(&u));
	return e;
}

enum err state_variable_remove(struct state *st, const char *app_id, struct slice id)
{
	struct store_use u = store_use(st->store, "DELETE FROM app_variable WHERE app_id = ?1 AND id = ?2");

	store_put_text(&u, slice_str(app_id));
	store_put_text(&u, id);
	TRY(store_done(&u));
	return store_changes(st->store) ? OK : ERR_NOT_FOUND;
}

enum err state_variable_each(struct state *st, const struct seal *seal, const char *app_id,
			     void (*fn)(void *arg, const struct state_variable *v), void *arg)
{
	struct store_use u =
		store_use(st->store, "SELECT id, name, value FROM app_variable WHERE app_id = ?1 ORDER BY name");
	char purpose[STATE_VARIABLE__PURPOSE_BYTES];
	enum err e = OK;
	struct buf value;

	buf_init(&value, STATE_VARIABLE__SEALED_MAX);
	store_put_text(&u, slice_str(app_id));
	while (e == OK && store_next(&u)) {
		struct state_variable v;
		state_column(&u, 0, v.id, sizeof v.id);
		state_column(&u, 1, v.name, sizeof v.name);
		buf_clear(&value);
		e = seal_open(seal, state_variable__purpose(app_id, slice_str(v.name), purpose), store_text(&u, 2),
			      &value);
		v.value = buf_slice(&value);
		if (e == OK)
			fn(arg, &v);
	}
	seal_wipe_buf(&value);
	enum err stored = store_done(&u);
	return e == OK ? stored : e;
}
