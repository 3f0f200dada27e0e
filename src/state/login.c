/* SPDX-License-Identifier: Apache-2.0 */
/* login: see login.h. */
#include "state/login.h"

#include "state/session.h"

#include <stdio.h>

enum { STATE_LOGIN__PURPOSE_BYTES = 64 };

#define STATE_LOGIN__COLUMNS                                                                                           \
	"SELECT token_id, password, totp, totp_on, totp_step, changed_ms,"                                             \
	"(SELECT count(*) FROM login_code c WHERE c.token_id = login.token_id) FROM login"

void state_login_fini(struct state_login *l)
{
	state_token_fini(&l->token);
	crypto_wipe(l->password, sizeof l->password);
	crypto_wipe(l->totp, sizeof l->totp);
}

bool state_login_email_fits(struct slice text)
{
	size_t at = 0, ats = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] <= ' ' || text.p[i] > '~')
			return false;
		if (text.p[i] == '@') {
			at = i;
			ats++;
		}
	}
	return ats == 1 && at > 0 && at + 1 < text.n && text.n < STATE_TOKEN_NAME_BYTES;
}

static void state_login__lower(struct slice text, char ret[static STATE_TOKEN_NAME_BYTES])
{
	size_t n = text.n < STATE_TOKEN_NAME_BYTES - 1 ? text.n : STATE_TOKEN_NAME_BYTES - 1;

	for (size_t i = 0; i < n; i++)
		ret[i] = slice_lower(text.p[i]);
	ret[n] = '\0';
}

/* ---- reading ---- */

static void state_login__row(const struct store_use *u, struct state_login *l)
{
	state_column(u, 0, l->token.id, sizeof l->token.id);
	state_column(u, 1, l->password, sizeof l->password);
	state_column(u, 2, l->totp, sizeof l->totp);
	l->totp_on = store_int(u, 3) != 0;
	l->totp_step = store_int(u, 4);
	l->changed_ms = store_int(u, 5);
	l->codes_left = store_int(u, 6);
}

static enum err state_login__token(struct state *st, struct state_login *l)
{
	char id[STATE_ID_BYTES];

	memcpy(id, l->token.id, sizeof id);
	return state_token_get(st, slice_str(id), &l->token);
}

enum err state_login_get(struct state *st, struct slice id_or_email, struct state_login *ret)
{
	struct store_use u = store_use(st->store, STATE_LOGIN__COLUMNS " WHERE token_id = ?1 OR email = ?1");
	char key[STATE_TOKEN_NAME_BYTES];
	struct state_login l = { .password = "" };

	state_login__lower(id_or_email, key);
	store_put_text(&u, slice_str(key));
	bool there = store_next(&u);
	if (there)
		state_login__row(&u, &l);
	TRY(store_done(&u));
	if (!there || id_or_email.n >= sizeof key)
		return ERR_NOT_FOUND;
	TRY(state_login__token(st, &l));
	*ret = l;
	return OK;
}

static enum err state_login__count(struct state *st, int64_t *ret)
{
	struct store_use u = store_use(st->store, "SELECT count(*) FROM login");

	*ret = store_next(&u) ? store_int(&u, 0) : 0;
	return store_done(&u);
}

enum err state_login_list(struct state *st, int64_t offset, int64_t limit,
			  void (*fn)(void *arg, const struct state_login *l), void *arg, int64_t *ret_total)
{
	TRY(state_login__count(st, ret_total));
	struct store_use u = store_use(st->store, STATE_LOGIN__COLUMNS " ORDER BY email LIMIT ?1 OFFSET ?2");
	enum err e = OK;

	store_put_int(&u, limit);
	store_put_int(&u, offset);
	while (e == OK && store_next(&u)) {
		struct state_login l = { .password = "" };
		state_login__row(&u, &l);
		e = state_login__token(st, &l);
		if (e == OK)
			fn(arg, &l);
		state_login_fini(&l);
	}
	enum err done = store_done(&u);
	return e != OK ? e : done;
}

/* ---- writing ---- */

enum err state_login_add(struct state *st, struct state_login *l)
{
	char value[STATE_TOKEN_VALUE_BYTES], email[STATE_TOKEN_NAME_BYTES];
	struct state_login other;
	bool admin = l->token.admin;
	int64_t n;

	state_login__lower(slice_str(l->token.name), email);
	memcpy(l->token.name, email, sizeof email);
	enum err e = state_login_get(st, slice_str(email), &other);
	if (e == OK) {
		state_login_fini(&other);
		return ERR_EXISTS;
	}
	if (e != ERR_NOT_FOUND)
		return e;
	TRY(state_login__count(st, &n));
	if (n >= STATE_LOGINS_MAX)
		return ERR_QUEUE_FULL;
	/* The row of the tokens says nothing of admin: that one is the node's own and goes when its file does. */
	l->token.admin = false;
	e = state_token_add(st, &l->token, value);
	l->token.admin = admin;
	crypto_wipe(value, sizeof value);
	if (e != OK)
		return e;
	l->changed_ms = st->now_ms;
	struct store_use u = store_use(st->store, "INSERT INTO login(token_id, email, admin, password, totp, totp_on,"
						  "totp_step, changed_ms) VALUES(?1, ?2, ?3, ?4, '', 0, 0, ?5)");
	store_put_text(&u, slice_str(l->token.id));
	store_put_text(&u, slice_str(email));
	store_put_int(&u, admin);
	store_put_text(&u, slice_str(l->password));
	store_put_int(&u, l->changed_ms);
	return store_done(&u);
}

enum err state_login_save(struct state *st, struct state_login *l, const char *keep)
{
	struct store_use u = store_use(st->store, "UPDATE login SET admin = ?1 WHERE token_id = ?2");

	store_put_int(&u, l->token.admin);
	store_put_text(&u, slice_str(l->token.id));
	TRY(store_done(&u));
	TRY(state_token_save(st, &l->token));
	return state_session_end_all(st, l->token.id, keep);
}

enum err state_login_set_password(struct state *st, struct state_login *l, const char *kept, const char *keep)
{
	struct store_use u =
		store_use(st->store, "UPDATE login SET password = ?1, changed_ms = ?2 WHERE token_id = ?3");

	snprintf(l->password, sizeof l->password, "%s", kept);
	l->changed_ms = st->now_ms;
	store_put_text(&u, slice_str(l->password));
	store_put_int(&u, l->changed_ms);
	store_put_text(&u, slice_str(l->token.id));
	TRY(store_done(&u));
	return state_session_end_all(st, l->token.id, keep);
}

enum err state_login_remove(struct state *st, const char *id)
{
	struct store_use u = store_use(
		st->store, "DELETE FROM token WHERE id = ?1 AND EXISTS (SELECT 1 FROM login WHERE token_id = ?1)");

	store_put_text(&u, slice_str(id));
	TRY(store_done(&u));
	return store_changes(st->store) ? OK : ERR_NOT_FOUND;
}

/* ---- the second factor ---- */

static struct slice state_login__purpose(const struct state_login *l, char text[static STATE_LOGIN__PURPOSE_BYTES])
{
	int n = snprintf(text, STATE_LOGIN__PURPOSE_BYTES, "totp %s", l->token.id);

	return slice_of(text, (size_t)n);
}

static enum err state_login__totp_store(struct state *st, const struct state_login *l)
{
	struct store_use u =
		store_use(st->store, "UPDATE login SET totp = ?1, totp_on = ?2, totp_step = ?3 WHERE token_id = ?4");

	store_put_text(&u, slice_str(l->totp));
	store_put_int(&u, l->totp_on);
	store_put_int(&u, l->totp_step);
	store_put_text(&u, slice_str(l->token.id));
	return store_done(&u);
}

static enum err state_login__codes_forget(struct state *st, const struct state_login *l)
{
	struct store_use u = store_use(st->store, "DELETE FROM login_code WHERE token_id = ?1");

	store_put_text(&u, slice_str(l->token.id));
	return store_done(&u);
}

enum err state_login_totp_begin(struct state *st, const struct seal *seal, struct state_login *l,
				char ret_secret[static TOTP_TEXT_BYTES])
{
	uint8_t secret[TOTP_SECRET_BYTES];
	char purpose[STATE_LOGIN__PURPOSE_BYTES];
	struct buf sealed;

	TRY(crypto_random(secret, sizeof secret));
	buf_init(&sealed, sizeof l->totp - 1);
	enum err e = seal_close(seal, state_login__purpose(l, purpose), slice_of(secret, sizeof secret), &sealed);
	if (e == OK) {
		slice_cstr(buf_slice(&sealed), l->totp, sizeof l->totp);
		l->totp_on = false;
		l->totp_step = 0;
		e = state_login__totp_store(st, l);
	}
	if (e == OK)
		totp_print(secret, ret_secret);
	buf_fini(&sealed);
	crypto_wipe(secret, sizeof secret);
	return e;
}

/* A code of the secret, now. errors: ERR_BLOCKED, as seal_open. */
static enum err state_login__totp_check(struct state *st, const struct seal *seal, struct state_login *l,
					struct slice code)
{
	char purpose[STATE_LOGIN__PURPOSE_BYTES];
	struct buf secret;

	buf_init(&secret, 2 * TOTP_SECRET_BYTES);
	enum err e = seal_open(seal, state_login__purpose(l, purpose), slice_str(l->totp), &secret);
	if (e == OK)
		e = totp_check(buf_slice(&secret), code, st->now_ms / 1000, l->totp_step, &l->totp_step);
	seal_wipe_buf(&secret);
	return e;
}

static enum err state_login__code_add(struct state *st, const struct state_login *l, const char *code)
{
	uint8_t hash[CRYPTO_SHA256_BYTES];
	struct store_use u = store_use(st->store, "INSERT INTO login_code(token_id, hash) VALUES(?1, ?2)");
	enum err e = crypto_sha256(slice_str(code), hash);

	store_put_text(&u, slice_str(l->token.id));
	store_put_blob(&u, slice_of(hash, sizeof hash));
	enum err done = store_done(&u);
	return e != OK ? e : done;
}

enum err state_login_totp_confirm(struct state *st, const struct seal *seal, struct state_login *l, struct slice code,
				  char ret_codes[static STATE_LOGIN_CODES][STATE_LOGIN_CODE_BYTES])
{
	if (!l->totp[0] || l->totp_on)
		return ERR_NOT_FOUND;
	TRY(state_login__totp_check(st, seal, l, code));
	l->totp_on = true;
	TRY(state_login__totp_store(st, l));
	TRY(state_login__codes_forget(st, l));
	for (size_t i = 0; i < STATE_LOGIN_CODES; i++) {
		crypto_random_text(ret_codes[i], STATE_LOGIN_CODE_BYTES - 1);
		TRY(state_login__code_add(st, l, ret_codes[i]));
	}
	l->codes_left = STATE_LOGIN_CODES;
	return OK;
}

/* A recovery code, which is gone then. The key compares hashes, about which a guess at the code says nothing. */
static enum err state_login__code_take(struct state *st, struct state_login *l, struct slice code)
{
	uint8_t hash[CRYPTO_SHA256_BYTES];
	struct store_use u = store_use(st->store, "DELETE FROM login_code WHERE token_id = ?1 AND hash = ?2");
	enum err e = crypto_sha256(code, hash);

	store_put_text(&u, slice_str(l->token.id));
	store_put_blob(&u, slice_of(hash, sizeof hash));
	enum err done = store_done(&u);
	if (e != OK || done != OK)
		return e != OK ? e : done;
	if (!store_changes(st->store))
		return ERR_BLOCKED;
	l->codes_left--;
	return OK;
}

enum err state_login_totp_take(struct state *st, const struct seal *seal, struct state_login *l, struct slice code)
{
	if (!l->totp_on)
		return ERR_BLOCKED;
	if (code.n == STATE_LOGIN_CODE_BYTES - 1)
		return state_login__code_take(st, l, code);
	TRY(state_login__totp_check(st, seal, l, code));
	return state_login__totp_store(st, l);
}

enum err state_login_totp_off(struct state *st, struct state_login *l)
{
	crypto_wipe(l->totp, sizeof l->totp);
	l->totp_on = false;
	l->totp_step = 0;
	l->codes_left = 0;
	TRY(state_login__totp_store(st, l));
	return state_login__codes_forget(st, l);
}
