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

/* Room for one more, at the end. */
static struct state_touched *state__touch_new(struct state *st, enum state_touch what)
{
	if (st->touched_n == st->touched_cap) {
		st->touched_cap = st->touched_cap ? st->touched_cap * 2 : 8;
		st->touched = mem_resize(st->touched, st->touched_cap * sizeof *st->touched);
	}
	struct state_touched *t = &st->touched[st->touched_n++];
	t->what = what;
	return t;
}

static void state__touch(struct state *st, enum state_touch what, const char *id)
{
	for (size_t i = st->touched_n; i-- > 0;)
		if (st->touched[i].what == what && strcmp(st->touched[i].id, id) == 0)
			return;
	slice_cstr(slice_str(id), state__touch_new(st, what)->id, STATE_ID_BYTES);
}

void state_touch_zone(struct state *st, const char *zone_id)
{
	state__touch(st, STATE_TOUCH_ZONE, zone_id);
}

void state_touch_app(struct state *st, const char *app_id)
{
	state__touch(st, STATE_TOUCH_APP, app_id);
}

void state_touch_domain(struct state *st, const char *domain_id)
{
	state__touch(st, STATE_TOUCH_DOMAIN, domain_id);
}

void state_touch_bans(struct state *st)
{
	state__touch(st, STATE_TOUCH_BANS, "all");
}

enum err state_touch_all(struct state *st)
{
	static const char *const all[] = { [STATE_TOUCH_ZONE] = "SELECT id FROM zone",
					   [STATE_TOUCH_APP] = "SELECT id FROM app",
					   [STATE_TOUCH_DOMAIN] = "SELECT id FROM app_domain",
					   [STATE_TOUCH_BANS] = "SELECT 'all'" };

	st->touched_n = 0; /* every one of them comes now, once */
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct store_use u = store_use(st->store, all[i]);
		while (store_next(&u))
			state_column(&u, 0, state__touch_new(st, (enum state_touch)i)->id, STATE_ID_BYTES);
		TRY(store_done(&u));
	}
	return OK;
}

/* ---- small things ---- */

/* n random bytes (at most 16) as hexadecimal digits and a NUL. */
static void state__hex(size_t n, char *ret)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t bytes[16];

	CHECK(n <= sizeof bytes && crypto_random(bytes, n) == OK);
	for (size_t i = 0; i < n; i++) {
		ret[2 * i] = digits[bytes[i] >> 4];
		ret[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret[2 * n] = '\0';
}

void state_new_id(char ret[static STATE_ID_BYTES])
{
	state__hex(STATE_ID_BYTES / 2, ret);
}

void state_new_app_id(char ret[static STATE_APP_ID_BYTES])
{
	state__hex(STATE_APP_ID_BYTES / 2, ret);
}

static bool state__is_hex(struct slice text, size_t n)
{
	for (size_t i = 0; i < text.n; i++)
		if (!slice_is_digit(text.p[i]) && (text.p[i] < 'a' || text.p[i] > 'f'))
			return false;
	return text.n == n;
}

bool state_is_id(struct slice text)
{
	return state__is_hex(text, STATE_ID_BYTES - 1);
}

bool state_is_app_id(struct slice text)
{
	return state__is_hex(text, STATE_APP_ID_BYTES - 1);
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
