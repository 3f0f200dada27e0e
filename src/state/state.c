/* SPDX-License-Identifier: Apache-2.0 */
/* state: see state.h. */
#include "state/state.h"

#include "base/check.h"
#include "base/crypto.h"
#include "base/mem.h"
#include "model/json_write.h"
#include "state/account.h"
#include "state/schema.h"
#include "wire/rfc3339.h"

enum { STATE__JSON_BYTES_MAX = 32 << 20 };

/* ---- life ---- */

enum err state_open(const char *path, int64_t now_ms, struct state **ret_state, struct diag *d)
{
	static const struct state_actor system = { "", "system", "" };
	struct store *store;
	size_t n;

	TRY(store_open(path, &store, d));
	const struct store_migration *steps = state_schema_steps(&n);
	enum err e = store_migrate(store, steps, n, d);
	if (e != OK) {
		store_close(store);
		return e;
	}
	struct state *st = mem_alloc(sizeof *st);
	st->magic = OBJ_STATE;
	st->store = store;
	st->now_ms = now_ms;
	st->actor = system;
	e = state_account_ensure(st);
	if (e != OK) {
		diag_set(d, e, path, "the first account cannot be made: %s", store_reason(store));
		state_close(st);
		return e;
	}
	*ret_state = st;
	return OK;
}

void state_close(struct state *st)
{
	if (!st)
		return;
	OBJ(st, OBJ_STATE);
	store_close(st->store);
	mem_free(st->touched);
	st->magic = OBJ_FREED;
	mem_free(st);
}

int state_version_max(void)
{
	size_t n;

	state_schema_steps(&n);
	return (int)n;
}

void state_at(struct state *st, int64_t now_ms)
{
	st->now_ms = now_ms;
}

/* ---- transactions ---- */

enum err state_begin(struct state *st, const struct state_actor *actor)
{
	OBJ(st, OBJ_STATE);
	st->actor = *actor;
	st->touched_n = 0;
	return store_begin(st->store);
}

static void state__ended(struct state *st)
{
	st->actor = (struct state_actor){ "", "system", "" };
	st->touched_n = 0;
}

enum err state_commit(struct state *st)
{
	enum err e = store_commit(st->store);

	state__ended(st);
	return e;
}

void state_rollback(struct state *st)
{
	OBJ(st, OBJ_STATE);
	store_rollback(st->store);
	state__ended(st);
}

void state_touch_zone(struct state *st, const char *zone_id)
{
	for (size_t i = st->touched_n; i-- > 0;)
		if (strcmp(st->touched[i], zone_id) == 0)
			return;
	if (st->touched_n == st->touched_cap) {
		st->touched_cap = st->touched_cap ? st->touched_cap * 2 : 8;
		st->touched = mem_resize(st->touched, st->touched_cap * sizeof *st->touched);
	}
	slice_cstr(slice_str(zone_id), st->touched[st->touched_n++], STATE_ID_BYTES);
}

enum err state_touch_all(struct state *st)
{
	struct store_use u = store_use(st->store, "SELECT id FROM zone");

	st->touched_n = 0; /* every one of them comes now, once */
	while (store_next(&u)) {
		if (st->touched_n == st->touched_cap) {
			st->touched_cap = st->touched_cap ? st->touched_cap * 2 : 8;
			st->touched = mem_resize(st->touched, st->touched_cap * sizeof *st->touched);
		}
		state_column(&u, 0, st->touched[st->touched_n++], STATE_ID_BYTES);
	}
	return store_done(&u);
}

/* ---- small things ---- */

void state_new_id(char ret[static STATE_ID_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t bytes[16];

	CHECK(crypto_random(bytes, sizeof bytes) == OK);
	for (size_t i = 0; i < sizeof bytes; i++) {
		ret[2 * i] = digits[bytes[i] >> 4];
		ret[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret[32] = '\0';
}

bool state_is_id(struct slice text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!slice_is_digit(text.p[i]) && (text.p[i] < 'a' || text.p[i] > 'f'))
			return false;
	return text.n == STATE_ID_BYTES - 1;
}

void state_column(const struct store_use *u, int column, char *ret, size_t cap)
{
	slice_cstr(store_text(u, column), ret, cap);
}

json_t *state_column_json(const struct store_use *u, int column)
{
	struct slice s = store_text(u, column);

	return s.p ? json_loadb(s.p, s.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
}

void state_put_json(struct store_use *u, const json_t *v)
{
	struct buf text;

	if (!v) {
		store_put_null(u);
		return;
	}
	buf_init(&text, STATE__JSON_BYTES_MAX);
	if (json_write(v, &text) == OK)
		store_put_text(u, buf_slice(&text));
	else
		u->err = ERR_RANGE;
	buf_fini(&text);
}

json_t *state_time(int64_t ms)
{
	char text[RFC3339_BYTES];

	return ms ? json_string(rfc3339_print(ms, text)) : json_null();
}
