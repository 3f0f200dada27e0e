/* SPDX-License-Identifier: Apache-2.0 */
/* client_ca: see client_ca.h. */
#include "state/client_ca.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

#define CLIENT_CA__COLUMNS "SELECT id, name, chain, issuer, serial, signature, until_ms, created_ms FROM client_ca "

static json_t *client_ca__text(const struct store_use *u, int column)
{
	struct slice s = store_text(u, column);

	return json_stringn(s.p ? s.p : "", s.n);
}

static json_t *client_ca__row(const struct store_use *u)
{
	json_t *v = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o}", "id", client_ca__text(u, 0), "name",
			      client_ca__text(u, 1), "certificates", client_ca__text(u, 2), "issuer",
			      client_ca__text(u, 3), "serial_number", client_ca__text(u, 4), "signature",
			      client_ca__text(u, 5), "ca", 1, "expires_on", state_time(store_int(u, 6)), "uploaded_on",
			      state_time(store_int(u, 7)), "updated_at", state_time(store_int(u, 7)));

	CHECK(v);
	return v;
}

enum err state_client_ca_all(struct state *st, const char *account_id, json_t **ret_array)
{
	struct store_use u = store_use(st->store, CLIENT_CA__COLUMNS "WHERE account_id = ?1 ORDER BY created_ms, id");
	json_t *all = json_array();

	store_put_text(&u, slice_str(account_id));
	while (store_next(&u))
		json_array_append_new(all, client_ca__row(&u));
	enum err e = store_done(&u);
	if (e == OK)
		*ret_array = all;
	else
		json_decref(all);
	return e;
}

enum err state_client_ca_get(struct state *st, const char *account_id, const char *id, json_t **ret)
{
	struct store_use u = store_use(st->store, CLIENT_CA__COLUMNS "WHERE account_id = ?1 AND id = ?2");

	store_put_text(&u, slice_str(account_id));
	store_put_text(&u, slice_str(id));
	json_t *v = store_next(&u) ? client_ca__row(&u) : NULL;
	enum err e = store_done(&u);
	if (e == OK && v)
		*ret = v;
	else
		json_decref(v);
	return e == OK && !v ? ERR_NOT_FOUND : e;
}

enum err state_client_ca_make(struct state *st, const char *account_id, const json_t *ca, json_t **ret)
{
	static const char *const texts[] = { "name", "certificates", "issuer", "serial_number", "signature" };
	struct store_use u = store_use(
		st->store, "INSERT INTO client_ca(id, account_id, name, chain, issuer, serial, signature, until_ms,"
			   " created_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
	char id[STATE_ID_BYTES];

	state_new_id(id);
	store_put_text(&u, slice_str(id));
	store_put_text(&u, slice_str(account_id));
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		store_put_text(&u, slice_str(json_string_value(json_object_get(ca, texts[i]))));
	store_put_int(&u, json_integer_value(json_object_get(ca, "expires_ms")));
	store_put_int(&u, st->now_ms);
	TRY(store_done(&u));
	return state_client_ca_get(st, account_id, id, ret);
}

enum err state_client_ca_delete(struct state *st, const char *id)
{
	struct store_use u = store_use(st->store, "DELETE FROM client_ca WHERE id = ?1");

	store_put_text(&u, slice_str(id));
	return store_done(&u);
}

int64_t state_client_ca_uses(struct state *st, const char *id)
{
	struct store_use u = store_use(st->store, "SELECT count(*) FROM client_ca_host WHERE ca_id = ?1");

	store_put_text(&u, slice_str(id));
	int64_t n = store_next(&u) ? store_int(&u, 0) : 0;
	return store_done(&u) == OK ? n : 0;
}

enum err state_client_ca_hosts(struct state *st, const char *zone_id, const char *id, json_t **ret_array)
{
	struct store_use u = store_use(st->store, "SELECT host FROM client_ca_host WHERE zone_id = ?1 AND"
						  " (?2 = '' OR ca_id = ?2) ORDER BY host");
	json_t *all = json_array();

	store_put_text(&u, slice_str(zone_id));
	store_put_text(&u, slice_str(id ? id : ""));
	while (store_next(&u))
		json_array_append_new(all, client_ca__text(&u, 0));
	enum err e = store_done(&u);
	if (e == OK)
		*ret_array = all;
	else
		json_decref(all);
	return e;
}

enum err state_client_ca_associate(struct state *st, const char *zone_id, const char *id, const json_t *hosts)
{
	struct store_use u = store_use(st->store, "DELETE FROM client_ca_host WHERE zone_id = ?1 AND ca_id = ?2");

	store_put_text(&u, slice_str(zone_id));
	store_put_text(&u, slice_str(id));
	TRY(store_done(&u));
	for (size_t i = 0; i < json_array_size(hosts); i++) {
		struct store_use add =
			store_use(st->store, "INSERT INTO client_ca_host(zone_id, host, ca_id) VALUES(?1, ?2, ?3)");
		store_put_text(&add, slice_str(zone_id));
		store_put_text(&add, slice_str(json_string_value(json_array_get(hosts, i))));
		store_put_text(&add, slice_str(id));
		TRY(store_done(&add));
	}
	state_touch_zone(st, zone_id);
	return OK;
}

enum err state_client_ca_compile(struct state *st, const char *zone_id,
				 enum err (*fn)(void *arg, const char *key, json_t *item), void *arg)
{
	struct store_use u = store_use(st->store, "SELECT id, chain FROM client_ca");
	char id[STATE_ID_BYTES], key[STATE_CLIENT_CA_KEY_BYTES];
	enum err e = OK;

	while (e == OK && store_next(&u)) {
		json_t *hosts = NULL, *item = NULL;
		state_column(&u, 0, id, sizeof id);
		snprintf(key, sizeof key, "%.16s-%.16s", zone_id, id);
		e = state_client_ca_hosts(st, zone_id, id, &hosts);
		if (e == OK && json_array_size(hosts))
			item = json_pack("{s:s, s:s, s:O, s:o}", "kind", "client_ca", "name", key, "hosts", hosts,
					 "chain", client_ca__text(&u, 1));
		json_decref(hosts);
		if (e == OK)
			e = fn(arg, key, item);
	}
	enum err done = store_done(&u);
	return e != OK ? e : done;
}
