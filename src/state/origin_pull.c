/* SPDX-License-Identifier: Apache-2.0 */
/* origin_pull: see origin_pull.h. */
#include "state/origin_pull.h"

#include "state/setting.h"

#include <string.h>

static json_t *origin_pull__text(const struct store_use *u, int column)
{
	struct slice s = store_text(u, column);

	return json_stringn(s.p ? s.p : "", s.n);
}

enum err state_origin_pull_add(struct state *st, const struct seal *seal, const struct state_origin_pull_new *n,
			       char ret[static STATE_ID_BYTES])
{
	struct store_use count = store_use(st->store, "SELECT count(*) FROM origin_pull WHERE zone_id = ?1");
	struct buf sealed;
	int64_t have = 0;

	store_put_text(&count, slice_str(n->zone_id));
	if (store_next(&count))
		have = store_int(&count, 0);
	TRY(store_done(&count));
	if (have >= STATE_ORIGIN_PULL_MAX)
		return ERR_QUEUE_FULL;
	buf_init(&sealed, 2 * SEAL_SECRET_BYTES_MAX);
	enum err e = seal_close(seal, SLICE(STATE_ORIGIN_PULL_PURPOSE), n->key, &sealed);
	if (e == OK) {
		struct store_use u = store_use(
			st->store,
			"INSERT INTO origin_pull(id, zone_id, for_hosts, chain, sealed, info_json, created_ms)"
			"VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
		state_new_id(ret);
		store_put_text(&u, slice_str(ret));
		store_put_text(&u, slice_str(n->zone_id));
		store_put_int(&u, n->for_hosts);
		store_put_text(&u, n->chain);
		store_put_text(&u, buf_slice(&sealed));
		state_put_json(&u, n->info);
		store_put_int(&u, st->now_ms);
		e = store_done(&u);
	}
	buf_fini(&sealed);
	if (e == OK && n->zone_id[0])
		state_touch_zone(st, n->zone_id);
	return e;
}

enum err state_origin_pull_list(struct state *st, const char *zone_id, bool for_hosts, const char *id, json_t **ret)
{
	struct store_use u = store_use(
		st->store,
		"SELECT id, chain, info_json, created_ms FROM origin_pull WHERE zone_id = ?1 AND for_hosts = ?2"
		" AND (?3 = '' OR id = ?3) ORDER BY created_ms DESC, rowid DESC");
	json_t *list = json_array();

	store_put_text(&u, slice_str(zone_id));
	store_put_int(&u, for_hosts);
	store_put_text(&u, slice_str(id ? id : ""));
	while (store_next(&u)) {
		json_t *one = json_pack("{s:o, s:o, s:s, s:o}", "id", origin_pull__text(&u, 0), "certificate",
					origin_pull__text(&u, 1), "status", "active", "uploaded_on",
					state_time(store_int(&u, 3)));
		json_t *info = state_column_json(&u, 2);
		json_object_update(one, info);
		json_decref(info);
		json_array_append_new(list, one);
	}
	enum err e = store_done(&u);
	if (e == OK)
		*ret = list;
	else
		json_decref(list);
	return e;
}

enum err state_origin_pull_remove(struct state *st, const char *zone_id, const char *id)
{
	struct store_use u =
		store_use(st->store, "DELETE FROM origin_pull WHERE zone_id = ?1 AND id = ?2 RETURNING id");

	store_put_text(&u, slice_str(zone_id));
	store_put_text(&u, slice_str(id));
	bool there = store_next(&u);
	TRY(store_done(&u));
	if (!there)
		return ERR_NOT_FOUND;
	state_touch_zone(st, zone_id);
	return OK;
}

enum err state_origin_pull_enabled(struct state *st, const char *zone_id, bool *ret)
{
	struct store_use u = store_use(st->store, "SELECT 1 FROM origin_pull_zone WHERE zone_id = ?1");

	store_put_text(&u, slice_str(zone_id));
	*ret = store_next(&u);
	return store_done(&u);
}

enum err state_origin_pull_enable(struct state *st, const char *zone_id, bool on)
{
	struct store_use u = store_use(st->store, on ? "INSERT OR IGNORE INTO origin_pull_zone(zone_id) VALUES(?1)"
						     : "DELETE FROM origin_pull_zone WHERE zone_id = ?1");

	store_put_text(&u, slice_str(zone_id));
	state_touch_zone(st, zone_id);
	return store_done(&u);
}

enum err state_origin_pull_bind(struct state *st, const struct state_origin_pull_host *h)
{
	json_t *known = NULL;

	state_touch_zone(st, h->zone_id);
	if (!h->cert_id) {
		struct store_use u =
			store_use(st->store, "DELETE FROM origin_pull_host WHERE zone_id = ?1 AND host = ?2");
		store_put_text(&u, slice_str(h->zone_id));
		store_put_text(&u, slice_str(h->host));
		return store_done(&u);
	}
	TRY(state_origin_pull_list(st, h->zone_id, true, h->cert_id, &known));
	bool there = json_array_size(known) == 1;
	json_decref(known);
	if (!there)
		return ERR_NOT_FOUND;
	struct store_use u = store_use(
		st->store,
		"INSERT INTO origin_pull_host(zone_id, host, cert_id, enabled, modified_ms) VALUES(?1, ?2, ?3, ?4, ?5)"
		"ON CONFLICT(zone_id, host) DO UPDATE SET cert_id = ?3, enabled = ?4, modified_ms = ?5");
	store_put_text(&u, slice_str(h->zone_id));
	store_put_text(&u, slice_str(h->host));
	store_put_text(&u, slice_str(h->cert_id));
	store_put_int(&u, h->enabled);
	store_put_int(&u, st->now_ms);
	return store_done(&u);
}

enum err state_origin_pull_hosts(struct state *st, const char *zone_id, const char *host, json_t **ret)
{
	struct store_use u = store_use(
		st->store, "SELECT h.host, h.cert_id, h.enabled, h.modified_ms, p.chain, p.info_json, p.created_ms "
			   "FROM origin_pull_host h JOIN origin_pull p ON p.id = h.cert_id "
			   "WHERE h.zone_id = ?1 AND (?2 = '' OR h.host = ?2) ORDER BY h.host");
	json_t *list = json_array();

	store_put_text(&u, slice_str(zone_id));
	store_put_text(&u, slice_str(host ? host : ""));
	while (store_next(&u)) {
		json_t *one = json_pack("{s:o, s:o, s:b, s:o, s:s, s:s, s:o, s:o}", "hostname",
					origin_pull__text(&u, 0), "cert_id", origin_pull__text(&u, 1), "enabled",
					(int)store_int(&u, 2), "updated_at", state_time(store_int(&u, 3)), "status",
					"active", "cert_status", "active", "certificate", origin_pull__text(&u, 4),
					"cert_uploaded_on", state_time(store_int(&u, 6)));
		json_t *info = state_column_json(&u, 5);
		json_object_update(one, info);
		json_decref(info);
		json_array_append_new(list, one);
	}
	enum err e = store_done(&u);
	if (e == OK)
		*ret = list;
	else
		json_decref(list);
	return e;
}

enum err state_origin_pull_own(struct state *st, int64_t *ret_until_s)
{
	struct store_use u = store_use(st->store, "SELECT info_json FROM origin_pull WHERE zone_id = '' "
						  "ORDER BY created_ms DESC, rowid DESC LIMIT 1");

	*ret_until_s = 0;
	if (store_next(&u)) {
		json_t *info = state_column_json(&u, 0);
		*ret_until_s = json_integer_value(json_object_get(info, "until"));
		json_decref(info);
	}
	return store_done(&u);
}

/* ---- the plan ---- */

/* The certificate of the first row of u, chain and sealed, as a member of that object. */
static enum err origin_pull__member(struct store_use *u, json_t *of)
{
	if (store_next(u))
		json_object_set_new(
			of, "client_certificate",
			json_pack("{s:o, s:o}", "chain", origin_pull__text(u, 0), "key", origin_pull__text(u, 1)));
	return store_done(u);
}

static enum err origin_pull__zone(struct state *st, const struct state_zone *z, json_t *item)
{
	json_t *setting;
	bool own = false;

	TRY(state_origin_pull_enabled(st, z->id, &own));
	TRY(state_setting_get(st, z->id, state_setting_find(SLICE("tls_client_auth")), &setting));
	const char *value = json_string_value(json_object_get(setting, "value"));
	bool shared = value && strcmp(value, "on") == 0;
	json_decref(setting);
	if (!own && !shared)
		return OK;
	struct store_use u = store_use(st->store, "SELECT chain, sealed FROM origin_pull WHERE zone_id = ?1 AND "
						  "for_hosts = 0 ORDER BY created_ms DESC, rowid DESC LIMIT 1");
	store_put_text(&u, slice_str(own ? z->id : ""));
	return origin_pull__member(&u, item);
}

static enum err origin_pull__host(struct state *st, const struct state_zone *z, json_t *host)
{
	struct store_use u =
		store_use(st->store, "SELECT p.chain, p.sealed FROM origin_pull_host h JOIN origin_pull p ON "
				     "p.id = h.cert_id WHERE h.zone_id = ?1 AND h.host = ?2 AND h.enabled = 1");

	store_put_text(&u, slice_str(z->id));
	store_put_text(&u, slice_str(json_string_value(json_object_get(host, "name"))));
	return origin_pull__member(&u, host);
}

/* Zones without names of their own, which are nearly all, cost one look-up and not one for each host. */
static enum err origin_pull__has_hosts(struct state *st, const char *zone_id, bool *ret)
{
	struct store_use u = store_use(st->store, "SELECT 1 FROM origin_pull_host WHERE zone_id = ?1 LIMIT 1");

	store_put_text(&u, slice_str(zone_id));
	*ret = store_next(&u);
	return store_done(&u);
}

enum err state_origin_pull_compile(struct state *st, const struct state_zone *z, json_t *item)
{
	json_t *host;
	bool some;
	size_t i;

	TRY(origin_pull__zone(st, z, item));
	TRY(origin_pull__has_hosts(st, z->id, &some));
	if (!some)
		return OK;
	json_array_foreach(json_object_get(item, "hosts"), i, host) TRY(origin_pull__host(st, z, host));
	return OK;
}
