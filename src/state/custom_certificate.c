/* SPDX-License-Identifier: Apache-2.0 */
/* custom_certificate: see custom_certificate.h. */
#include "state/custom_certificate.h"

#include "model/json_write.h"

#include <stdio.h>

enum { CUSTOM__HOSTS_BYTES = 65536, CUSTOM__RANKS = 300 };

#define CUSTOM__ORDER " ORDER BY type, priority DESC, uploaded_ms DESC, id"
#define CUSTOM__SELECT                                                                                                 \
	"SELECT id, type, hosts_json, issuer, signature, bundle_method, chain, sealed, priority, until_ms,"            \
	"uploaded_ms, modified_ms FROM custom_certificate WHERE zone_id = ?1 AND (?2 IS NULL OR id = "                 \
	"?2)" CUSTOM__ORDER

void state_custom_certificate_item_name(const char *id, char ret[static 64])
{
	snprintf(ret, 64, "custom-%s", id);
}

static enum err custom__write(struct state *st, const struct state_custom_certificate *c, struct slice hosts)
{
	struct store_use u = store_use(
		st->store,
		"INSERT INTO custom_certificate VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13) "
		"ON CONFLICT(id) DO UPDATE SET type = ?3, hosts_json = ?4, issuer = ?5, signature = ?6, bundle_method "
		"= ?7,"
		"chain = ?8, sealed = ?9, priority = ?10, from_ms = ?11, until_ms = ?12, modified_ms = ?13");
	const char *const texts[] = { c->issuer, c->signature, c->bundle_method, c->chain, c->sealed };

	store_put_text(&u, slice_str(c->id));
	store_put_text(&u, slice_str(c->zone_id));
	store_put_text(&u, slice_str(c->type));
	store_put_text(&u, hosts);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		store_put_text(&u, slice_str(texts[i]));
	store_put_int(&u, c->priority);
	store_put_int(&u, c->from_ms);
	store_put_int(&u, c->until_ms);
	store_put_int(&u, st->now_ms);
	TRY(store_done(&u));
	state_touch_zone(st, c->zone_id);
	return OK;
}

enum err state_custom_certificate_put(struct state *st, const struct state_custom_certificate *c)
{
	struct buf hosts;

	buf_init(&hosts, CUSTOM__HOSTS_BYTES);
	enum err e = json_write(c->hosts, &hosts);
	if (e == OK)
		e = custom__write(st, c, buf_slice(&hosts));
	buf_fini(&hosts);
	return e;
}

static enum err custom__changed(struct state *st, struct store_use *u, const char *zone_id)
{
	TRY(store_done(u));
	if (store_changes(st->store) == 0)
		return ERR_NOT_FOUND;
	state_touch_zone(st, zone_id);
	return OK;
}

enum err state_custom_certificate_change(struct state *st, const char *zone_id, const char *id, int64_t priority,
					 const char *bundle_method)
{
	struct store_use u = store_use(st->store, "UPDATE custom_certificate SET priority = iif(?3 < 0, priority, ?3),"
						  "bundle_method = coalesce(?4, bundle_method), modified_ms = ?5 "
						  "WHERE zone_id = ?1 AND id = ?2");

	store_put_text(&u, slice_str(zone_id));
	store_put_text(&u, slice_str(id));
	store_put_int(&u, priority);
	store_put_text(&u, slice_str(bundle_method));
	store_put_int(&u, st->now_ms);
	return custom__changed(st, &u, zone_id);
}

enum err state_custom_certificate_delete(struct state *st, const char *zone_id, const char *id)
{
	struct store_use u = store_use(st->store, "DELETE FROM custom_certificate WHERE zone_id = ?1 AND id = ?2");

	store_put_text(&u, slice_str(zone_id));
	store_put_text(&u, slice_str(id));
	return custom__changed(st, &u, zone_id);
}

static json_t *custom__text(const struct store_use *u, int column)
{
	struct slice s = store_text(u, column);

	return json_stringn(s.p, s.n);
}

static json_t *custom__object(const struct state *st, const struct state_zone *z, const struct store_use *u)
{
	bool active = strcmp(z->status, "active") == 0;
	const char *status = store_int(u, 9) <= st->now_ms ? "expired" : active ? "active" : "holding_deployment";
	json_t *v = json_object();

	json_object_set_new(v, "id", custom__text(u, 0));
	json_object_set_new(v, "zone_id", json_string(z->id));
	json_object_set_new(v, "type", custom__text(u, 1));
	json_object_set_new(v, "hosts", state_column_json(u, 2));
	json_object_set_new(v, "issuer", custom__text(u, 3));
	json_object_set_new(v, "signature", custom__text(u, 4));
	json_object_set_new(v, "status", json_string(status));
	json_object_set_new(v, "bundle_method", custom__text(u, 5));
	json_object_set_new(v, "priority", json_integer(store_int(u, 8)));
	json_object_set_new(v, "uploaded_on", state_time(store_int(u, 10)));
	json_object_set_new(v, "modified_on", state_time(store_int(u, 11)));
	json_object_set_new(v, "expires_on", state_time(store_int(u, 9)));
	return v;
}

enum err state_custom_certificate_json(struct state *st, const struct state_zone *z, const char *id, json_t **ret)
{
	struct store_use u = store_use(st->store, CUSTOM__SELECT);
	json_t *list = json_array();

	store_put_text(&u, slice_str(z->id));
	store_put_text(&u, slice_str(id));
	while (store_next(&u))
		json_array_append_new(list, custom__object(st, z, &u));
	enum err e = store_done(&u);
	if (e == OK)
		*ret = list;
	else
		json_decref(list);
	return e;
}

/* Those of the names that lie in the zone: a certificate may be for others too. */
static json_t *custom__inside(json_t *hosts, const char *zone)
{
	json_t *inside = json_array(), *host;
	struct slice apex = slice_str(zone);
	size_t i;

	json_array_foreach(hosts, i, host)
	{
		struct slice s = slice_str(json_string_value(host));
		if (slice_starts(s, SLICE("*.")))
			s = slice_from(s, 2);
		if (slice_eq(s, apex) || (s.n > apex.n && slice_ends(s, apex) && s.p[s.n - apex.n - 1] == '.'))
			json_array_append(inside, host);
	}
	json_decref(hosts);
	return inside;
}

static json_t *custom__item(const struct store_use *u, const struct state_zone *z, int rank)
{
	char id[STATE_ID_BYTES], name[64];

	slice_cstr(store_text(u, 0), id, sizeof id);
	state_custom_certificate_item_name(id, name);
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:i}", "kind", "certificate", "name", name, "hosts",
			 custom__inside(state_column_json(u, 2), z->name), "chain", custom__text(u, 6), "key",
			 custom__text(u, 7), "priority",
			 STATE_CUSTOM_PRIORITY - (rank < CUSTOM__RANKS ? rank : CUSTOM__RANKS));
}

enum err state_custom_certificate_compile(struct state *st, const struct state_zone *z,
					  enum err (*fn)(void *arg, const char *id, json_t *item), void *arg)
{
	struct store_use u = store_use(st->store, CUSTOM__SELECT);
	bool active = strcmp(z->status, "active") == 0;
	char id[STATE_ID_BYTES];
	enum err e = OK;

	store_put_text(&u, slice_str(z->id));
	store_put_text(&u, slice_str(NULL));
	for (int rank = 0; e == OK && store_next(&u); rank++) {
		slice_cstr(store_text(&u, 0), id, sizeof id);
		e = fn(arg, id, active ? custom__item(&u, z, rank) : NULL);
	}
	enum err done = store_done(&u);
	return e != OK ? e : done;
}

enum err state_custom_certificate_gone(struct state *st, const char *zone_id,
				       enum err (*fn)(void *arg, const char *kind, const char *id), void *arg)
{
	struct store_use u = store_use(st->store, "SELECT kind, id FROM certificate_gone WHERE zone_id = ?1");
	char kind[16], id[STATE_ID_BYTES];
	enum err e = OK;
	bool any = false;

	store_put_text(&u, slice_str(zone_id));
	while (e == OK && store_next(&u)) {
		slice_cstr(store_text(&u, 0), kind, sizeof kind);
		slice_cstr(store_text(&u, 1), id, sizeof id);
		e = fn(arg, kind, id);
		any = true;
	}
	enum err done = store_done(&u);
	if (e != OK || done != OK || !any)
		return e != OK ? e : done;
	u = store_use(st->store, "DELETE FROM certificate_gone WHERE zone_id = ?1");
	store_put_text(&u, slice_str(zone_id));
	return store_done(&u);
}
