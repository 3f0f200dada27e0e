/* SPDX-License-Identifier: Apache-2.0 */
/* zone: see zone.h. */
#include "state/zone.h"

#include "base/buf.h"

#define STATE_ZONE__COLUMNS                                                                                            \
	"SELECT id, account_id, name, status, type, paused, created_ms, modified_ms, activated_ms, checked_ms,"        \
	"vanity_json, original_json FROM zone"

static void state_zone__row(const struct store_use *u, struct state_zone *z)
{
	state_column(u, 0, z->id, sizeof z->id);
	state_column(u, 1, z->account, sizeof z->account);
	state_column(u, 2, z->name, sizeof z->name);
	state_column(u, 3, z->status, sizeof z->status);
	state_column(u, 4, z->type, sizeof z->type);
	z->paused = store_int(u, 5) != 0;
	z->created_ms = store_int(u, 6);
	z->modified_ms = store_int(u, 7);
	z->activated_ms = store_int(u, 8);
	z->checked_ms = store_int(u, 9);
	state_column(u, 10, z->vanity, sizeof z->vanity);
	state_column(u, 11, z->original, sizeof z->original);
}

enum err state_zone_get(struct state *st, struct slice id_or_name, struct state_zone *ret)
{
	char name[STATE_NAME_BYTES];
	bool by_id = state_is_id(id_or_name);

	if (!by_id && state_idn_ascii(id_or_name, name) != OK)
		return ERR_NOT_FOUND;
	struct store_use u = store_use(st->store, by_id ? STATE_ZONE__COLUMNS " WHERE id = ?1"
							: STATE_ZONE__COLUMNS " WHERE name = ?1");
	store_put_text(&u, by_id ? id_or_name : slice_str(name));
	bool there = store_next(&u);
	if (there)
		state_zone__row(&u, ret);
	TRY(store_done(&u));
	return there ? OK : ERR_NOT_FOUND;
}

static struct slice state_zone__json(const char *text)
{
	return text[0] ? slice_str(text) : slice_of(NULL, 0);
}

enum err state_zone_add(struct state *st, struct state_zone *z)
{
	struct store_use u = store_use(
		st->store, "INSERT INTO zone(id, account_id, name, status, type, paused, created_ms, modified_ms,"
			   "activated_ms, checked_ms, vanity_json) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, 0, ?9)");

	state_new_id(z->id);
	z->created_ms = z->modified_ms = st->now_ms;
	store_put_text(&u, slice_str(z->id));
	store_put_text(&u, slice_str(z->account));
	store_put_text(&u, slice_str(z->name));
	store_put_text(&u, slice_str(z->status));
	store_put_text(&u, slice_str(z->type));
	store_put_int(&u, z->paused);
	store_put_int(&u, st->now_ms);
	store_put_int(&u, z->activated_ms);
	store_put_text(&u, state_zone__json(z->vanity));
	TRY(store_done(&u));
	state_touch_zone(st, z->id);
	return OK;
}

enum err state_zone_save(struct state *st, struct state_zone *z)
{
	struct store_use u = store_use(
		st->store, "UPDATE zone SET status = ?1, type = ?2, paused = ?3, activated_ms = ?4,"
			   "checked_ms = ?5, vanity_json = ?6, original_json = ?7, modified_ms = ?8 WHERE id = ?9");

	z->modified_ms = st->now_ms;
	store_put_text(&u, slice_str(z->status));
	store_put_text(&u, slice_str(z->type));
	store_put_int(&u, z->paused);
	store_put_int(&u, z->activated_ms);
	store_put_int(&u, z->checked_ms);
	store_put_text(&u, state_zone__json(z->vanity));
	store_put_text(&u, state_zone__json(z->original));
	store_put_int(&u, z->modified_ms);
	store_put_text(&u, slice_str(z->id));
	TRY(store_done(&u));
	state_touch_zone(st, z->id);
	return OK;
}

enum err state_zone_remove(struct state *st, const char *id)
{
	struct store_use u = store_use(st->store, "DELETE FROM zone WHERE id = ?1");

	store_put_text(&u, slice_str(id));
	TRY(store_done(&u));
	if (store_changes(st->store) == 0)
		return ERR_NOT_FOUND;
	state_touch_zone(st, id);
	return OK;
}

/* ---- lists ---- */

/* Each limit is (not asked for, or it fits), or with `any`: (asked for, and it fits). ?1 name, ?2 status, ?3 type as
 * lists with commas around, ?4 ids. */
static const char *const state_zone__names[] = {
	[STATE_ZONE_ANY_NAME] = "?1 = ''",
	[STATE_ZONE_EQUAL] = "name = ?1",
	[STATE_ZONE_NOT_EQUAL] = "name <> ?1",
	[STATE_ZONE_STARTS] = "substr(name, 1, length(?1)) = ?1",
	[STATE_ZONE_ENDS] = "substr(name, -length(?1)) = ?1",
	[STATE_ZONE_CONTAINS] = "instr(name, ?1) > 0",
};

static void state_zone__where(struct buf *sql, const struct state_zone_filter *f)
{
	static const char *const columns[] = { "status", "type" };
	const char *const given[] = { f->status, f->type };
	const char *between = "";
	bool one = false;

	buf_printf(sql, " WHERE (");
	if (f->match != STATE_ZONE_ANY_NAME) {
		buf_printf(sql, "%s", state_zone__names[f->match]);
		between = f->any ? " OR " : " AND ";
		one = true;
	}
	for (size_t i = 0; i < 2; i++) {
		if (!given[i] || !given[i][0])
			continue;
		buf_printf(sql, "%sinstr(?%zu, ',' || %s || ',') > 0", between, i + 2, columns[i]);
		between = f->any ? " OR " : " AND ";
		one = true;
	}
	/* Every parameter stands in the text, so that all are bound in one way. */
	buf_printf(sql,
		   "%s) AND (?1 || ?2 || ?3 IS NOT NULL) AND (?4 IS NULL OR id IN (SELECT value FROM json_each(?4)))",
		   one ? "" : "1");
}

static void state_zone__bind_list(struct store_use *u, const char *list)
{
	struct buf b;

	buf_init(&b, 4096);
	buf_printf(&b, ",%s,", list ? list : "");
	store_put_text(u, buf_slice(&b));
	buf_fini(&b);
}

static void state_zone__bind(struct store_use *u, const struct state_zone_filter *f)
{
	store_put_text(u, slice_str(f->name ? f->name : ""));
	state_zone__bind_list(u, f->status);
	state_zone__bind_list(u, f->type);
	state_put_json(u, f->ids);
}

static enum err state_zone__count(struct state *st, const struct state_zone_filter *f, struct buf *sql, int64_t *ret)
{
	buf_clear(sql);
	buf_printf(sql, "SELECT count(*) FROM zone");
	state_zone__where(sql, f);
	buf_add_byte(sql, '\0');
	struct store_use u = store_use(st->store, buf_slice(sql).p);
	state_zone__bind(&u, f);
	*ret = store_next(&u) ? store_int(&u, 0) : 0;
	return store_done(&u);
}

enum err state_zone_list(struct state *st, const struct state_zone_filter *f,
			 void (*fn)(void *arg, const struct state_zone *z), void *arg, int64_t *ret_total)
{
	static const char *const orders[] = { "name", "status", "created_ms" };
	struct state_zone z;
	struct buf sql;

	buf_init(&sql, 4096);
	enum err e = state_zone__count(st, f, &sql, ret_total);
	if (e == OK) {
		buf_clear(&sql);
		buf_printf(&sql, STATE_ZONE__COLUMNS);
		state_zone__where(&sql, f);
		buf_printf(&sql, " ORDER BY %s %s, name LIMIT ?5 OFFSET ?6", orders[f->order],
			   f->descending ? "DESC" : "ASC");
		buf_add_byte(&sql, '\0');
		struct store_use u = store_use(st->store, buf_slice(&sql).p);
		state_zone__bind(&u, f);
		store_put_int(&u, f->limit);
		store_put_int(&u, f->offset);
		while (store_next(&u)) {
			state_zone__row(&u, &z);
			fn(arg, &z);
		}
		e = store_done(&u);
	}
	buf_fini(&sql);
	return e;
}
