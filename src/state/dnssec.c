/* SPDX-License-Identifier: Apache-2.0 */
/* dnssec: see dnssec.h. */
#include "state/dnssec.h"

#include "base/check.h"
#include "base/mem.h"

enum {
	STATE_DNSSEC__SPREAD_MS = 2 * 3600 * 1000, /* the TTL of DNSKEY, and as much again */
	STATE_DNSSEC__FADE_MS =
		8 * 86400 * 1000, /* longest TTL that clients may set (a day), within a signature's half life */
};

static const char *const state_dnssec__statuses[] = { "none", "pending", "active", "pending-disabled", "disabled" };
static const char *const state_dnssec__stages[] = { "next", "active", "old", "leaving" };

const char *state_dnssec_status_name(enum state_dnssec_status status)
{
	return status == STATE_DNSSEC_NONE ? "disabled" : state_dnssec__statuses[status];
}

/* The index of a text in a table; 0 when it is not there. */
static int state_dnssec__index(const char *const *table, size_t n, struct slice text)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(slice_str(table[i]), text))
			return (int)i;
	return 0;
}

static enum err state_dnssec__keys(struct state *st, const char *zone_id, struct state_dnssec *d)
{
	struct store_use u =
		store_use(st->store, "SELECT rowid, flags, tag, stage, since_ms, public, sealed FROM dnssec_key "
				     "WHERE zone_id = ?1 ORDER BY rowid");

	store_put_text(&u, slice_str(zone_id));
	while (store_next(&u)) {
		if (d->keys_n == STATE_DNSSEC_KEYS_MAX)
			continue;
		struct state_dnssec_key *k = &d->keys[d->keys_n++];
		k->row = store_int(&u, 0);
		k->flags = (uint16_t)store_int(&u, 1);
		k->tag = (uint16_t)store_int(&u, 2);
		k->stage = (enum state_dnssec_stage)state_dnssec__index(state_dnssec__stages, 4, store_text(&u, 3));
		k->since_ms = store_int(&u, 4);
		state_column(&u, 5, k->public, sizeof k->public);
		state_column(&u, 6, k->sealed, sizeof k->sealed);
	}
	return store_done(&u);
}

enum err state_dnssec_get(struct state *st, const char *zone_id, struct state_dnssec *ret)
{
	struct store_use u = store_use(
		st->store, "SELECT status, modified_ms, checked_ms, parent_has_ds FROM dnssec WHERE zone_id = ?1");

	*ret = (struct state_dnssec){ .status = STATE_DNSSEC_NONE };
	store_put_text(&u, slice_str(zone_id));
	if (store_next(&u)) {
		ret->status =
			(enum state_dnssec_status)state_dnssec__index(state_dnssec__statuses, 5, store_text(&u, 0));
		ret->modified_ms = store_int(&u, 1);
		ret->checked_ms = store_int(&u, 2);
		ret->parent_has_ds = store_int(&u, 3) != 0;
	}
	TRY(store_done(&u));
	return state_dnssec__keys(st, zone_id, ret);
}

/* ---- changes ---- */

static enum err state_dnssec__forget(struct state *st, const char *zone_id)
{
	struct store_use u = store_use(st->store, "DELETE FROM dnssec_key WHERE zone_id = ?1");

	store_put_text(&u, slice_str(zone_id));
	TRY(store_done(&u));
	u = store_use(st->store, "DELETE FROM dnssec WHERE zone_id = ?1");
	store_put_text(&u, slice_str(zone_id));
	return store_done(&u);
}

static enum err state_dnssec__save_row(struct state *st, const char *zone_id, const struct state_dnssec *d)
{
	struct store_use u =
		store_use(st->store, "INSERT INTO dnssec(zone_id, status, modified_ms, checked_ms, parent_has_ds)"
				     " VALUES(?1, ?2, ?3, ?4, ?5)");

	store_put_text(&u, slice_str(zone_id));
	store_put_text(&u, slice_str(state_dnssec__statuses[d->status]));
	store_put_int(&u, d->modified_ms);
	store_put_int(&u, d->checked_ms);
	store_put_int(&u, d->parent_has_ds);
	return store_done(&u);
}

static enum err state_dnssec__save_key(struct state *st, const char *zone_id, struct state_dnssec_key *k)
{
	struct store_use u =
		store_use(st->store, "INSERT INTO dnssec_key(zone_id, flags, tag, stage, since_ms, public, sealed)"
				     " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");

	store_put_text(&u, slice_str(zone_id));
	store_put_int(&u, k->flags);
	store_put_int(&u, k->tag);
	store_put_text(&u, slice_str(state_dnssec__stages[k->stage]));
	store_put_int(&u, k->since_ms);
	store_put_text(&u, slice_str(k->public));
	store_put_text(&u, slice_str(k->sealed));
	TRY(store_done(&u));
	k->row = store_last_id(st->store);
	return OK;
}

enum err state_dnssec_save(struct state *st, const char *zone_id, struct state_dnssec *d)
{
	CHECK(d->keys_n <= STATE_DNSSEC_KEYS_MAX);
	TRY(state_dnssec__forget(st, zone_id));
	d->modified_ms = st->now_ms;
	if (d->status != STATE_DNSSEC_NONE) {
		TRY(state_dnssec__save_row(st, zone_id, d));
		for (size_t i = 0; i < d->keys_n; i++)
			TRY(state_dnssec__save_key(st, zone_id, &d->keys[i]));
	}
	state_touch_zone(st, zone_id);
	return OK;
}

static enum state_dnssec_status state_dnssec__follow(enum state_dnssec_status status, bool parent_has_ds)
{
	switch (status) {
	case STATE_DNSSEC_PENDING:
	case STATE_DNSSEC_ACTIVE:
		return parent_has_ds ? STATE_DNSSEC_ACTIVE : STATE_DNSSEC_PENDING;
	case STATE_DNSSEC_PENDING_DISABLED:
	case STATE_DNSSEC_DISABLED:
		return parent_has_ds ? STATE_DNSSEC_PENDING_DISABLED : STATE_DNSSEC_DISABLED;
	case STATE_DNSSEC_NONE:
		break;
	}
	return STATE_DNSSEC_NONE;
}

enum err state_dnssec_saw(struct state *st, const char *zone_id, bool parent_has_ds)
{
	struct state_dnssec *d = mem_alloc(sizeof *d);
	enum err e = state_dnssec_get(st, zone_id, d);
	enum state_dnssec_status status = state_dnssec__follow(d->status, parent_has_ds);

	mem_free(d);
	if (e != OK || status == STATE_DNSSEC_NONE)
		return e;
	struct store_use u = store_use(
		st->store, "UPDATE dnssec SET checked_ms = ?1, parent_has_ds = ?2, status = ?3 WHERE zone_id = ?4");
	store_put_int(&u, st->now_ms);
	store_put_int(&u, parent_has_ds);
	store_put_text(&u, slice_str(state_dnssec__statuses[status]));
	store_put_text(&u, slice_str(zone_id));
	return store_done(&u);
}

enum err state_dnssec_due(struct state *st, int64_t soon_ms, int64_t late_ms, size_t offset,
			  struct state_dnssec_due *ret, size_t *io_n)
{
	struct store_use u =
		store_use(st->store, "SELECT zone.id, zone.name FROM dnssec JOIN zone ON zone.id = zone_id "
				     "WHERE dnssec.checked_ms <= ?1 AND (dnssec.checked_ms <= ?2 OR "
				     "dnssec.status IN ('pending', 'pending-disabled')) ORDER BY zone.id "
				     "LIMIT ?3 OFFSET ?4");
	size_t max = *io_n;

	store_put_int(&u, soon_ms);
	store_put_int(&u, late_ms);
	store_put_int(&u, (int64_t)max);
	store_put_int(&u, (int64_t)offset);
	*io_n = 0;
	while (*io_n < max && store_next(&u)) {
		state_column(&u, 0, ret[*io_n].id, sizeof ret->id);
		state_column(&u, 1, ret[*io_n].name, sizeof ret->name);
		++*io_n;
	}
	return store_done(&u);
}

/* ---- the plan ---- */

static json_t *state_dnssec__key_json(const struct state_dnssec_key *k)
{
	bool signs = k->stage == STATE_DNSSEC_SIGNS || k->stage == STATE_DNSSEC_LEAVING;

	return json_pack("{s:i, s:b, s:b, s:s, s:s}", "flags", k->flags, "active", signs, "parent",
			 k->stage == STATE_DNSSEC_SIGNS, "public", k->public, "private", k->sealed);
}

enum err state_dnssec_compile(struct state *st, const char *zone_id, json_t *item)
{
	struct state_dnssec *d = mem_alloc(sizeof *d);
	enum err e = state_dnssec_get(st, zone_id, d);

	if (e == OK && d->status != STATE_DNSSEC_NONE) {
		bool leaves = d->status == STATE_DNSSEC_PENDING_DISABLED || d->status == STATE_DNSSEC_DISABLED;
		json_t *keys = json_array();
		for (size_t i = 0; i < d->keys_n; i++)
			json_array_append_new(keys, state_dnssec__key_json(&d->keys[i]));
		json_object_set_new(item, "dnssec",
				    json_pack("{s:o, s:s}", "keys", keys, "cds", leaves ? "delete" : "publish"));
	}
	mem_free(d);
	return e;
}

/* ---- roll-over ---- */

static enum err state_dnssec__stage(struct state *st, int64_t row, enum state_dnssec_stage stage)
{
	struct store_use u = store_use(st->store, "UPDATE dnssec_key SET stage = ?1, since_ms = ?2 WHERE rowid = ?3");

	store_put_text(&u, slice_str(state_dnssec__stages[stage]));
	store_put_int(&u, st->now_ms);
	store_put_int(&u, row);
	return store_done(&u);
}

/* Zone-signing keys that everybody can know by now begin to sign, in place of the one that did. */
static enum err state_dnssec__begin(struct state *st, const char *zone_id, struct state_dnssec *d, bool *ret_changed)
{
	for (size_t i = 0; i < d->keys_n; i++) {
		struct state_dnssec_key *k = &d->keys[i];
		if (k->stage != STATE_DNSSEC_NEXT || k->since_ms + STATE_DNSSEC__SPREAD_MS > st->now_ms)
			continue;
		for (size_t o = 0; o < d->keys_n; o++)
			if (d->keys[o].flags == k->flags && d->keys[o].stage == STATE_DNSSEC_SIGNS)
				TRY(state_dnssec__stage(st, d->keys[o].row, STATE_DNSSEC_OLD));
		TRY(state_dnssec__stage(st, k->row, STATE_DNSSEC_SIGNS));
		state_touch_zone(st, zone_id);
		*ret_changed = true;
	}
	return OK;
}

/* Keys whose signatures nobody can have in a cache any more go. */
static enum err state_dnssec__drop(struct state *st, const char *zone_id, struct state_dnssec *d, bool *ret_changed)
{
	for (size_t i = 0; i < d->keys_n; i++) {
		const struct state_dnssec_key *k = &d->keys[i];
		if (k->stage != STATE_DNSSEC_OLD || k->since_ms + STATE_DNSSEC__FADE_MS > st->now_ms)
			continue;
		struct store_use u = store_use(st->store, "DELETE FROM dnssec_key WHERE rowid = ?1");
		store_put_int(&u, k->row);
		TRY(store_done(&u));
		state_touch_zone(st, zone_id);
		*ret_changed = true;
	}
	return OK;
}

/* Ids of zones with a key that may move. Caller frees with mem_free. */
static enum err state_dnssec__movable(struct state *st, char (**ret)[STATE_ID_BYTES], size_t *ret_n)
{
	struct store_use u =
		store_use(st->store, "SELECT DISTINCT zone_id FROM dnssec_key WHERE (stage = 'next' AND since_ms <= ?1)"
				     " OR (stage = 'old' AND since_ms <= ?2)");

	store_put_int(&u, st->now_ms - STATE_DNSSEC__SPREAD_MS);
	store_put_int(&u, st->now_ms - STATE_DNSSEC__FADE_MS);
	while (store_next(&u)) {
		*ret = mem_resize(*ret, (*ret_n + 1) * sizeof **ret);
		state_column(&u, 0, (*ret)[*ret_n], STATE_ID_BYTES);
		++*ret_n;
	}
	return store_done(&u);
}

enum err state_dnssec_turn(struct state *st, bool *ret_changed)
{
	char(*ids)[STATE_ID_BYTES] = NULL;
	struct state_dnssec *d = mem_alloc(sizeof *d);
	size_t n = 0;

	*ret_changed = false;
	enum err e = state_dnssec__movable(st, &ids, &n);
	for (size_t i = 0; i < n && e == OK; i++) {
		e = state_dnssec_get(st, ids[i], d);
		if (e == OK)
			e = state_dnssec__begin(st, ids[i], d, ret_changed);
		if (e == OK)
			e = state_dnssec__drop(st, ids[i], d, ret_changed);
	}
	mem_free(ids);
	mem_free(d);
	return e;
}
