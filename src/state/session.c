/* SPDX-License-Identifier: Apache-2.0 */
/* session: see session.h. */
#include "state/session.h"

#include "base/check.h"
#include "base/text.h"

#include <stdio.h>

enum { STATE_SESSION__USED_MS = 60000 };

#define STATE_SESSION__COLUMNS "SELECT id, token_id, address, agent, created_ms, seen_ms FROM session"

static struct slice state_session__hash(struct slice value, uint8_t out[static CRYPTO_SHA256_BYTES])
{
	CHECK(crypto_sha256(value, out) == OK);
	return slice_of(out, CRYPTO_SHA256_BYTES);
}

static void state_session__row(const struct store_use *u, struct state_session *s)
{
	state_column(u, 0, s->id, sizeof s->id);
	state_column(u, 1, s->token_id, sizeof s->token_id);
	state_column(u, 2, s->address, sizeof s->address);
	state_column(u, 3, s->agent, sizeof s->agent);
	s->created_ms = store_int(u, 4);
	s->seen_ms = store_int(u, 5);
}

/* Those that are over, and of this token all but the newest. */
static enum err state_session__sweep(struct state *st, const char *token_id)
{
	struct store_use u = store_use(st->store, "DELETE FROM session WHERE seen_ms < ?1 OR created_ms < ?2");

	store_put_int(&u, st->now_ms - STATE_SESSION_IDLE_MS);
	store_put_int(&u, st->now_ms - STATE_SESSION_LIFE_MS);
	TRY(store_done(&u));
	u = store_use(st->store, "DELETE FROM session WHERE token_id = ?1 AND id NOT IN (SELECT id FROM session "
				 "WHERE token_id = ?1 ORDER BY seen_ms DESC, id LIMIT ?2)");
	store_put_text(&u, slice_str(token_id));
	store_put_int(&u, STATE_SESSIONS_MAX - 1);
	return store_done(&u);
}

enum err state_session_add(struct state *st, struct state_session *s, char ret_value[static STATE_SESSION_VALUE_BYTES])
{
	uint8_t hash[CRYPTO_SHA256_BYTES];

	TRY(state_session__sweep(st, s->token_id));
	state_new_id(s->id);
	s->created_ms = s->seen_ms = st->now_ms;
	crypto_random_text(ret_value, STATE_SESSION_VALUE_BYTES - 1);
	struct store_use u =
		store_use(st->store, "INSERT INTO session(id, hash, token_id, address, agent, created_ms, seen_ms)"
				     "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?6)");
	store_put_text(&u, slice_str(s->id));
	store_put_blob(&u, state_session__hash(slice_str(ret_value), hash));
	store_put_text(&u, slice_str(s->token_id));
	store_put_text(&u, slice_str(s->address));
	store_put_text(&u, slice_str(s->agent));
	store_put_int(&u, st->now_ms);
	return store_done(&u);
}

enum err state_session_find(struct state *st, struct slice value, struct state_session *ret)
{
	uint8_t hash[CRYPTO_SHA256_BYTES];
	/* The index compares hashes, about which a guess at the value says nothing. */
	struct store_use u = store_use(st->store, STATE_SESSION__COLUMNS " WHERE hash = ?1");

	store_put_blob(&u, state_session__hash(value, hash));
	bool there = store_next(&u);
	if (there)
		state_session__row(&u, ret);
	TRY(store_done(&u));
	if (!there || st->now_ms - ret->seen_ms > STATE_SESSION_IDLE_MS ||
	    st->now_ms - ret->created_ms > STATE_SESSION_LIFE_MS)
		return ERR_NOT_FOUND;
	return OK;
}

enum err state_session_used(struct state *st, struct state_session *s)
{
	if (st->now_ms - s->seen_ms < STATE_SESSION__USED_MS)
		return OK;
	struct store_use u = store_use(st->store, "UPDATE session SET seen_ms = ?1 WHERE id = ?2");
	s->seen_ms = st->now_ms;
	store_put_int(&u, st->now_ms);
	store_put_text(&u, slice_str(s->id));
	return store_done(&u);
}

enum err state_session_remove(struct state *st, const char *id, const char *token_id)
{
	struct store_use u = store_use(st->store, "DELETE FROM session WHERE id = ?1 AND token_id = ?2");

	store_put_text(&u, slice_str(id));
	store_put_text(&u, slice_str(token_id));
	TRY(store_done(&u));
	return store_changes(st->store) ? OK : ERR_NOT_FOUND;
}

enum err state_session_end_all(struct state *st, const char *token_id, const char *keep)
{
	struct store_use u = store_use(st->store, "DELETE FROM session WHERE token_id = ?1 AND id <> ?2");

	store_put_text(&u, slice_str(token_id));
	store_put_text(&u, slice_str(keep));
	return store_done(&u);
}

enum err state_session_list(struct state *st, const char *token_id,
			    void (*fn)(void *arg, const struct state_session *s), void *arg)
{
	struct store_use u =
		store_use(st->store, STATE_SESSION__COLUMNS " WHERE token_id = ?1 ORDER BY seen_ms DESC, id");
	struct state_session s;

	store_put_text(&u, slice_str(token_id));
	while (store_next(&u)) {
		state_session__row(&u, &s);
		fn(arg, &s);
	}
	return store_done(&u);
}

enum err state_session_csrf(struct slice value, char ret[static STATE_SESSION_CSRF_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t mac[CRYPTO_SHA256_BYTES];

	TRY(crypto_hmac_sha256(value, SLICE("seawall csrf"), mac));
	for (size_t i = 0; i < sizeof mac; i++) {
		ret[2 * i] = digits[mac[i] >> 4];
		ret[2 * i + 1] = digits[mac[i] & 15];
	}
	ret[2 * sizeof mac] = '\0';
	return OK;
}
