/* SPDX-License-Identifier: Apache-2.0 */
/* account: see account.h. */
#include "state/account.h"

static enum err state_account__make(struct state *st)
{
	char id[STATE_ID_BYTES];

	state_new_id(id);
	struct store_use u = store_use(st->store, "INSERT INTO account VALUES(?1, 'Seawall', 'standard', '{}', ?2)");
	store_put_text(&u, slice_str(id));
	store_put_int(&u, st->now_ms);
	TRY(store_done(&u));
	state_new_id(id);
	u = store_use(st->store, "INSERT INTO user VALUES(?1, 'admin@seawall.internal', '{}', ?2, ?2)");
	store_put_text(&u, slice_str(id));
	store_put_int(&u, st->now_ms);
	return store_done(&u);
}

enum err state_account_ensure(struct state *st)
{
	struct store_use u = store_use(st->store, "SELECT count(*) FROM account");
	bool there = store_next(&u) && store_int(&u, 0) > 0;

	TRY(store_done(&u));
	if (there)
		return OK;
	TRY(store_begin(st->store));
	enum err e = state_account__make(st);
	if (e == OK)
		return store_commit(st->store);
	store_rollback(st->store);
	return e;
}

enum err state_account_get(struct state *st, struct state_account *ret)
{
	struct store_use u = store_use(st->store, "SELECT id, name, type, created_ms FROM account");
	bool there = store_next(&u);

	if (there) {
		state_column(&u, 0, ret->id, sizeof ret->id);
		state_column(&u, 1, ret->name, sizeof ret->name);
		state_column(&u, 2, ret->type, sizeof ret->type);
		ret->created_ms = store_int(&u, 3);
	}
	TRY(store_done(&u));
	return there ? OK : ERR_NOT_FOUND;
}

enum err state_account_save(struct state *st, const struct state_account *a)
{
	struct store_use u = store_use(st->store, "UPDATE account SET name = ?1 WHERE id = ?2");

	store_put_text(&u, slice_str(a->name));
	store_put_text(&u, slice_str(a->id));
	return store_done(&u);
}

enum err state_account_user(struct state *st, struct state_user *ret)
{
	struct store_use u = store_use(st->store, "SELECT id, email, profile_json, created_ms, modified_ms FROM user");
	bool there = store_next(&u);

	if (there) {
		state_column(&u, 0, ret->id, sizeof ret->id);
		state_column(&u, 1, ret->email, sizeof ret->email);
		ret->profile = state_column_json(&u, 2);
		ret->created_ms = store_int(&u, 3);
		ret->modified_ms = store_int(&u, 4);
	}
	TRY(store_done(&u));
	return there ? OK : ERR_NOT_FOUND;
}

enum err state_account_save_user(struct state *st, const struct state_user *user)
{
	struct store_use u = store_use(st->store, "UPDATE user SET email = ?1, profile_json = ?2, modified_ms = ?3");

	store_put_text(&u, slice_str(user->email));
	state_put_json(&u, user->profile);
	store_put_int(&u, st->now_ms);
	return store_done(&u);
}
