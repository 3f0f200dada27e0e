/* SPDX-License-Identifier: Apache-2.0 */
/* token: see token.h. */
#include "state/token.h"

#include "base/check.h"
#include "base/crypto.h"

#include <stdio.h>

enum { STATE_TOKEN__USED_MS = 60000, STATE_TOKEN__PREFIXES_MAX = 256 };

#define STATE_TOKEN__COLUMNS                                                                                           \
	"SELECT id, name, status, admin OR coalesce((SELECT l.admin FROM login l WHERE l.token_id = id), 0),"          \
	"policies_json, condition_json, issued_ms, modified_ms, used_ms, not_before_ms, expires_ms,"                   \
	"EXISTS (SELECT 1 FROM login l WHERE l.token_id = id) FROM token"
#define STATE_TOKEN__SHOWN "admin = 0 AND NOT EXISTS (SELECT 1 FROM login l WHERE l.token_id = id)"

void state_token_fini(struct state_token *t)
{
	json_decref(t->policies);
	json_decref(t->condition);
	t->policies = t->condition = NULL;
}

static void state_token__row(const struct store_use *u, struct state_token *t)
{
	state_column(u, 0, t->id, sizeof t->id);
	state_column(u, 1, t->name, sizeof t->name);
	state_column(u, 2, t->status, sizeof t->status);
	t->admin = store_int(u, 3) != 0;
	t->policies = state_column_json(u, 4);
	t->condition = state_column_json(u, 5);
	t->issued_ms = store_int(u, 6);
	t->modified_ms = store_int(u, 7);
	t->used_ms = store_int(u, 8);
	t->not_before_ms = store_int(u, 9);
	t->expires_ms = store_int(u, 10);
	t->login = store_int(u, 11) != 0;
}

static enum err state_token__one(struct store_use *u, struct state_token *ret)
{
	bool there = store_next(u);

	if (there)
		state_token__row(u, ret);
	TRY(store_done(u));
	return there ? OK : ERR_NOT_FOUND;
}

/* What is kept of a value. */
static struct slice state_token__hash(struct slice value, uint8_t out[static CRYPTO_SHA256_BYTES])
{
	CHECK(crypto_sha256(value, out) == OK);
	return slice_of(out, CRYPTO_SHA256_BYTES);
}

static enum err state_token__by_hash(struct state *st, struct slice hash, struct state_token *ret)
{
	struct store_use u = store_use(st->store, STATE_TOKEN__COLUMNS " WHERE hash = ?1");

	store_put_blob(&u, hash);
	return state_token__one(&u, ret);
}

enum err state_token_find(struct state *st, struct slice value, struct state_token *ret)
{
	uint8_t hash[CRYPTO_SHA256_BYTES];

	/* The index compares hashes, about which a guess at the value says nothing. */
	return state_token__by_hash(st, state_token__hash(value, hash), ret);
}

enum err state_token_get(struct state *st, struct slice id, struct state_token *ret)
{
	struct store_use u = store_use(st->store, STATE_TOKEN__COLUMNS " WHERE id = ?1");

	store_put_text(&u, id);
	return state_token__one(&u, ret);
}

static enum err state_token__insert(struct state *st, const struct state_token *t, struct slice hash)
{
	struct store_use u =
		store_use(st->store, "INSERT INTO token(id, hash, name, status, admin, policies_json, condition_json,"
				     "issued_ms, modified_ms, used_ms, not_before_ms, expires_ms)"
				     "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, 0, ?9, ?10)");

	store_put_text(&u, slice_str(t->id));
	store_put_blob(&u, hash);
	store_put_text(&u, slice_str(t->name));
	store_put_text(&u, slice_str(t->status));
	store_put_int(&u, t->admin);
	state_put_json(&u, t->policies);
	state_put_json(&u, t->condition);
	store_put_int(&u, t->issued_ms);
	store_put_int(&u, t->not_before_ms);
	store_put_int(&u, t->expires_ms);
	return store_done(&u);
}

enum err state_token_add(struct state *st, struct state_token *t, char ret_value[static STATE_TOKEN_VALUE_BYTES])
{
	uint8_t hash[CRYPTO_SHA256_BYTES];

	state_new_id(t->id);
	t->issued_ms = t->modified_ms = st->now_ms;
	crypto_random_text(ret_value, STATE_TOKEN_VALUE_BYTES - 1);
	return state_token__insert(st, t, state_token__hash(slice_str(ret_value), hash));
}

enum err state_token_save(struct state *st, struct state_token *t)
{
	struct store_use u =
		store_use(st->store, "UPDATE token SET name = ?1, status = ?2, policies_json = ?3, condition_json = ?4,"
				     "not_before_ms = ?5, expires_ms = ?6, modified_ms = ?7 WHERE id = ?8");

	t->modified_ms = st->now_ms;
	store_put_text(&u, slice_str(t->name));
	store_put_text(&u, slice_str(t->status));
	state_put_json(&u, t->policies);
	state_put_json(&u, t->condition);
	store_put_int(&u, t->not_before_ms);
	store_put_int(&u, t->expires_ms);
	store_put_int(&u, t->modified_ms);
	store_put_text(&u, slice_str(t->id));
	return store_done(&u);
}

enum err state_token_roll(struct state *st, struct state_token *t, char ret_value[static STATE_TOKEN_VALUE_BYTES])
{
	uint8_t hash[CRYPTO_SHA256_BYTES];
	struct store_use u = store_use(st->store, "UPDATE token SET hash = ?1, modified_ms = ?2 WHERE id = ?3");

	crypto_random_text(ret_value, STATE_TOKEN_VALUE_BYTES - 1);
	t->modified_ms = st->now_ms;
	store_put_blob(&u, state_token__hash(slice_str(ret_value), hash));
	store_put_int(&u, t->modified_ms);
	store_put_text(&u, slice_str(t->id));
	return store_done(&u);
}

enum err state_token_remove(struct state *st, const char *id)
{
	struct store_use u = store_use(st->store, "DELETE FROM token WHERE id = ?1 AND " STATE_TOKEN__SHOWN);

	store_put_text(&u, slice_str(id));
	TRY(store_done(&u));
	return store_changes(st->store) ? OK : ERR_NOT_FOUND;
}

enum err state_token_list(struct state *st, int64_t offset, int64_t limit,
			  void (*fn)(void *arg, const struct state_token *t), void *arg, int64_t *ret_total)
{
	struct store_use u = store_use(st->store, "SELECT count(*) FROM token WHERE " STATE_TOKEN__SHOWN);

	*ret_total = store_next(&u) ? store_int(&u, 0) : 0;
	TRY(store_done(&u));
	u = store_use(st->store,
		      STATE_TOKEN__COLUMNS " WHERE " STATE_TOKEN__SHOWN " ORDER BY name, id LIMIT ?1 OFFSET ?2");
	store_put_int(&u, limit);
	store_put_int(&u, offset);
	while (store_next(&u)) {
		struct state_token t;
		state_token__row(&u, &t);
		fn(arg, &t);
		state_token_fini(&t);
	}
	return store_done(&u);
}

enum err state_token_used(struct state *st, struct state_token *t)
{
	if (st->now_ms - t->used_ms < STATE_TOKEN__USED_MS)
		return OK;
	struct store_use u = store_use(st->store, "UPDATE token SET used_ms = ?1 WHERE id = ?2");
	t->used_ms = st->now_ms;
	store_put_int(&u, t->used_ms);
	store_put_text(&u, slice_str(t->id));
	return store_done(&u);
}

enum err state_token_admin(struct state *st, const uint8_t hash[static CRYPTO_SHA256_BYTES])
{
	struct state_token t = { .name = "admin", .status = "active", .admin = true, .issued_ms = st->now_ms };
	struct state_token old;
	struct slice key = slice_of(hash, CRYPTO_SHA256_BYTES);
	enum err e = state_token__by_hash(st, key, &old);

	if (e == OK) {
		bool is = old.admin;
		state_token_fini(&old);
		if (is)
			return OK;
	} else if (e != ERR_NOT_FOUND) {
		return e;
	}
	t.policies = json_array();
	state_new_id(t.id);
	e = store_begin(st->store);
	if (e == OK)
		e = store_run(st->store, "DELETE FROM token WHERE admin = 1");
	if (e == OK)
		e = state_token__insert(st, &t, key);
	if (e == OK)
		e = store_commit(st->store);
	if (e != OK)
		store_rollback(st->store);
	state_token_fini(&t);
	return e;
}

/* ---- questions ---- */

static bool state_token__listed(const json_t *prefixes, const struct ip *from)
{
	struct ip_prefix p;

	for (size_t i = 0; i < json_array_size(prefixes); i++)
		if (ip_prefix_parse(slice_str(json_string_value(json_array_get(prefixes, i))), &p) == OK &&
		    ip_in(from, &p))
			return true;
	return false;
}

enum state_token_use state_token_check(const struct state_token *t, int64_t now_ms, const struct ip *from)
{
	const json_t *request_ip = json_object_get(t->condition, "request_ip");
	const json_t *in = json_object_get(request_ip, "in"), *not_in = json_object_get(request_ip, "not_in");

	if (strcmp(t->status, "active") != 0)
		return STATE_TOKEN_DISABLED;
	if (t->expires_ms && now_ms >= t->expires_ms)
		return STATE_TOKEN_EXPIRED;
	if (now_ms < t->not_before_ms)
		return STATE_TOKEN_EARLY;
	if ((json_array_size(in) && !state_token__listed(in, from)) || state_token__listed(not_in, from))
		return STATE_TOKEN_PLACE;
	return STATE_TOKEN_USABLE;
}

bool state_token_allows(const struct state_token *t, enum state_right right, const char *zone)
{
	return t->admin || state_right_allowed(t->policies, right, zone);
}

enum err state_token_condition(const json_t *given, struct diag *d)
{
	static const char *const names[] = { "in", "not_in" };
	const json_t *request_ip = json_object_get(given, "request_ip");
	char where[DIAG_WHERE_BYTES];
	struct ip_prefix p;

	if (!given || json_is_null(given))
		return OK;
	if (!json_is_object(given) || (request_ip && !json_is_object(request_ip)))
		return diag_set(d, ERR_SYNTAX, "/condition", "must be an object like {\"request_ip\": {\"in\": []}}");
	for (size_t k = 0; k < 2; k++) {
		const json_t *list = json_object_get(request_ip, names[k]);
		if (json_array_size(list) > STATE_TOKEN__PREFIXES_MAX)
			return diag_set(d, ERR_SYNTAX, "/condition/request_ip", "holds more than %d prefixes",
					STATE_TOKEN__PREFIXES_MAX);
		for (size_t i = 0; i < json_array_size(list); i++) {
			const char *text = json_string_value(json_array_get(list, i));
			snprintf(where, sizeof where, "/condition/request_ip/%s/%zu", names[k], i);
			if (!text || ip_prefix_parse(slice_str(text), &p) != OK)
				return diag_set(d, ERR_SYNTAX, where, "is not an address or prefix, like 192.0.2.0/24");
		}
	}
	return OK;
}
