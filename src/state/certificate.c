/* SPDX-License-Identifier: Apache-2.0 */
/* certificate: see certificate.h. */
#include "state/certificate.h"

#include "base/mem.h"
#include "model/json_write.h"
#include "wire/rfc3339.h"

#include <stdio.h>

enum { CERTIFICATE__TXT_TTL_S = 60, CERTIFICATE__HOSTS_BYTES = 65536 };

/* ---- rows ---- */

#define CERTIFICATE__COLUMNS                                                                                           \
	"c.id, c.zone_id, z.name, c.hosts_json, c.chain, c.sealed, c.from_ms, c.until_ms, c.renewal_id, c.due_ms,"     \
	"c.failures, c.error, c.gone, c.directory"
#define CERTIFICATE__FROM " FROM certificate c JOIN zone z ON z.id = c.zone_id "

void state_certificate_fini(struct state_certificate *c)
{
	json_decref(c->hosts);
	mem_free(c->chain);
	mem_free(c->sealed);
	*c = (struct state_certificate){ .due_ms = 0 };
}

void state_certificate_item_name(const char *id, char ret[static 64])
{
	snprintf(ret, 64, "acme-%s", id);
}

/* Fills c, which holds nothing, from the row. */
static void certificate__row(const struct store_use *u, struct state_certificate *c)
{
	struct slice hosts = store_text(u, 3);

	slice_cstr(store_text(u, 0), c->id, sizeof c->id);
	slice_cstr(store_text(u, 1), c->zone_id, sizeof c->zone_id);
	slice_cstr(store_text(u, 2), c->zone_name, sizeof c->zone_name);
	c->hosts = json_loadb(hosts.p, hosts.n, 0, NULL);
	c->chain = mem_dup(store_text(u, 4));
	c->sealed = mem_dup(store_text(u, 5));
	c->from_ms = store_int(u, 6);
	c->until_ms = store_int(u, 7);
	slice_cstr(store_text(u, 8), c->renewal_id, sizeof c->renewal_id);
	c->due_ms = store_int(u, 9);
	c->failures = (uint32_t)store_int(u, 10);
	slice_cstr(store_text(u, 11), c->error, sizeof c->error);
	slice_cstr(store_text(u, 13), c->directory, sizeof c->directory);
}

enum err state_certificate_get(struct state *st, const char *id, struct state_certificate *c)
{
	struct store_use u =
		store_use(st->store, "SELECT " CERTIFICATE__COLUMNS CERTIFICATE__FROM "WHERE c.id = ?1 AND c.gone = 0");

	*c = (struct state_certificate){ .due_ms = 0 };
	store_put_text(&u, slice_str(id));
	bool there = store_next(&u);
	if (there)
		certificate__row(&u, c);
	enum err e = store_done(&u);
	if (e == OK && !there)
		e = ERR_NOT_FOUND;
	if (e == OK && json_array_size(c->hosts) == 0)
		e = ERR_CORRUPT;
	if (e != OK)
		state_certificate_fini(c);
	return e;
}

enum err state_certificate_save(struct state *st, const struct state_certificate *c, bool touch)
{
	struct store_use u = store_use(
		st->store,
		"UPDATE certificate SET chain = ?2, sealed = ?3, from_ms = ?4, until_ms = ?5,"
		"renewal_id = ?6, due_ms = ?7, failures = ?8, error = ?9, directory = ?10 WHERE id = ?1 AND gone = 0");

	store_put_text(&u, slice_str(c->id));
	store_put_text(&u, slice_str(c->chain));
	store_put_text(&u, slice_str(c->sealed));
	store_put_int(&u, c->from_ms);
	store_put_int(&u, c->until_ms);
	store_put_text(&u, slice_str(c->renewal_id));
	store_put_int(&u, c->due_ms);
	store_put_int(&u, c->failures);
	store_put_text(&u, slice_str(c->error));
	store_put_text(&u, slice_str(c->directory));
	TRY(store_done(&u));
	if (store_changes(st->store) == 0)
		return ERR_NOT_FOUND;
	if (touch)
		state_touch_zone(st, c->zone_id);
	return OK;
}

bool state_certificate_to_ask(struct state *st, int64_t now_ms, struct state_certificate *c, int64_t *ret_next_ms)
{
	struct store_use u = store_use(st->store, "SELECT " CERTIFICATE__COLUMNS ", c.ask_ms" CERTIFICATE__FROM
						  "WHERE c.gone = 0 AND c.renewal_id != '' AND c.due_ms > ?1 "
						  "ORDER BY c.ask_ms LIMIT 1");
	bool found = false;

	*c = (struct state_certificate){ .due_ms = 0 };
	*ret_next_ms = INT64_MAX;
	store_put_int(&u, now_ms);
	if (store_next(&u)) {
		*ret_next_ms = store_int(&u, 14);
		found = *ret_next_ms <= now_ms;
		if (found)
			certificate__row(&u, c);
	}
	if (store_done(&u) == OK)
		return found;
	state_certificate_fini(c);
	return false;
}

enum err state_certificate_asked(struct state *st, const char *id, int64_t due_ms, int64_t ask_ms)
{
	struct store_use u = store_use(st->store, "UPDATE certificate SET due_ms = ?2, ask_ms = ?3 WHERE id = ?1");

	store_put_text(&u, slice_str(id));
	store_put_int(&u, due_ms);
	store_put_int(&u, ask_ms);
	return store_done(&u);
}

enum err state_certificate_order(struct state *st, const char *zone_id, const char *id)
{
	struct store_use u = store_use(st->store, "UPDATE certificate SET due_ms = ?3, failures = 0, error = '' "
						  "WHERE id = ?1 AND zone_id = ?2 AND gone = 0");

	store_put_text(&u, slice_str(id));
	store_put_text(&u, slice_str(zone_id));
	store_put_int(&u, st->now_ms);
	TRY(store_done(&u));
	return store_changes(st->store) ? OK : ERR_NOT_FOUND;
}

size_t state_certificate_due(struct state *st, int64_t now_ms, char (*ret_ids)[STATE_ID_BYTES], size_t cap,
			     int64_t *ret_next_ms)
{
	struct store_use u =
		store_use(st->store, "SELECT id, due_ms FROM certificate WHERE gone = 0 ORDER BY due_ms LIMIT ?1");
	size_t n = 0;

	*ret_next_ms = INT64_MAX;
	store_put_int(&u, (int64_t)cap + 1);
	while (store_next(&u)) {
		if (store_int(&u, 1) > now_ms || n == cap) {
			*ret_next_ms = store_int(&u, 1);
			break;
		}
		slice_cstr(store_text(&u, 0), ret_ids[n++], STATE_ID_BYTES);
	}
	return store_done(&u) == OK ? n : 0;
}

enum err state_certificate_each(struct state *st, const char *zone_id,
				enum err (*fn)(void *arg, const struct state_certificate *c, bool gone), void *arg)
{
	struct store_use u =
		store_use(st->store, "SELECT " CERTIFICATE__COLUMNS CERTIFICATE__FROM "WHERE c.zone_id = ?1");
	enum err e = OK;

	store_put_text(&u, slice_str(zone_id));
	while (e == OK && store_next(&u)) {
		struct state_certificate c = { .due_ms = 0 };
		certificate__row(&u, &c);
		e = fn(arg, &c, store_int(&u, 12) != 0);
		state_certificate_fini(&c);
	}
	enum err done = store_done(&u);
	return e != OK ? e : done;
}

/* ---- what a zone needs ---- */

/* Clients accept no wildcard of a whole top-level domain (RFC 6125 7.2). */
static bool certificate__has_wildcard(struct slice zone)
{
	return slice_find(zone, '.') != SIZE_MAX;
}

/* Whether the zone's own certificate, for itself and one level below, covers the host. */
static bool certificate__is_shallow(struct slice host, struct slice zone)
{
	if (host.n <= zone.n + 1)
		return true;
	return certificate__has_wildcard(zone) && slice_find(slice_first(host, host.n - zone.n - 1), '.') == SIZE_MAX;
}

/* Adds a set of names, as JSON text, to the list. */
static void certificate__want(json_t *sets, json_t *names)
{
	struct buf text;

	buf_init(&text, CERTIFICATE__HOSTS_BYTES);
	if (json_write(names, &text) == OK)
		json_object_setn_new(sets, buf_slice(&text).p, buf_len(&text), json_true());
	buf_fini(&text);
	json_decref(names);
}

/* The sets of names that need a certificate, as members of an object. */
static json_t *certificate__sets(const struct state_zone *z, const json_t *hosts,
				 const struct state_certificate_how *how)
{
	json_t *sets = json_object();
	struct slice zone = slice_str(z->name);
	size_t n = json_array_size(hosts);

	if (n && how->dns) {
		json_t *names = json_pack("[s]", z->name);
		if (certificate__has_wildcard(zone))
			json_array_append_new(names, json_sprintf("*.%s", z->name));
		certificate__want(sets, names);
	}
	for (size_t i = 0; i < n; i++) {
		const char *host = json_string_value(json_object_get(json_array_get(hosts, i), "name"));
		bool wild = host && slice_starts(slice_str(host), SLICE("*."));
		if (!host || (how->dns ? certificate__is_shallow(slice_str(host), zone) : wild))
			continue;
		certificate__want(sets, json_pack("[s]", host));
	}
	return sets;
}

/* Rows whose names are not among the sets are gone; those that are leave the sets. */
static enum err certificate__keep(struct state *st, const struct state_zone *z, json_t *sets)
{
	struct store_use u =
		store_use(st->store, "SELECT id, hosts_json FROM certificate WHERE zone_id = ?1 AND gone = 0");
	json_t *drop = json_array(), *id;
	size_t i;

	store_put_text(&u, slice_str(z->id));
	while (store_next(&u)) {
		struct slice hosts = store_text(&u, 1);
		if (json_object_getn(sets, hosts.p, hosts.n))
			json_object_deln(sets, hosts.p, hosts.n);
		else
			json_array_append_new(drop, json_stringn(store_text(&u, 0).p, store_text(&u, 0).n));
	}
	enum err e = store_done(&u);
	json_array_foreach(drop, i, id)
	{
		struct store_use d = store_use(st->store, "UPDATE certificate SET gone = 1 WHERE id = ?1");
		if (e != OK)
			break;
		store_put_text(&d, slice_str(json_string_value(id)));
		e = store_done(&d);
	}
	json_decref(drop);
	return e;
}

static enum err certificate__add(struct state *st, const struct state_zone *z, const char *hosts)
{
	struct store_use u =
		store_use(st->store, "INSERT INTO certificate(id, zone_id, hosts_json, chain, sealed, from_ms,"
				     "until_ms, renewal_id, due_ms, failures, error, gone)"
				     "VALUES(?1, ?2, ?3, '', '', 0, 0, '', ?4, 0, '', 0)");
	char id[STATE_ID_BYTES];

	state_new_id(id);
	store_put_text(&u, slice_str(id));
	store_put_text(&u, slice_str(z->id));
	store_put_text(&u, slice_str(hosts));
	store_put_int(&u, st->now_ms);
	return store_done(&u);
}

enum err state_certificate_plan(struct state *st, const struct state_zone *z, const json_t *hosts,
				const struct state_certificate_how *how)
{
	struct store_use u = store_use(st->store, "DELETE FROM certificate WHERE zone_id = ?1 AND gone = 1");
	const char *key;
	json_t *value;

	store_put_text(&u, slice_str(z->id));
	TRY(store_done(&u));
	json_t *sets = certificate__sets(z, hosts, how);
	enum err e = certificate__keep(st, z, sets);
	json_object_foreach(sets, key, value)
	{
		if (e == OK)
			e = certificate__add(st, z, key);
	}
	json_decref(sets);
	return e;
}

/* ---- as clients see them ---- */

static json_t *certificate__date(int64_t ms)
{
	char text[RFC3339_BYTES];

	return ms ? json_string(rfc3339_print(ms, text)) : json_null();
}

static enum err certificate__pack(void *arg, const struct store_use *u)
{
	struct state_certificate c = { .due_ms = 0 };

	certificate__row(u, &c);
	bool has = c.chain[0] != '\0';
	const char *status = has ? "active" : c.failures ? "validation_timed_out" : "pending_validation";
	json_t *list = json_array(), *errors = json_array();
	if (has)
		json_array_append_new(list, json_pack("{s:s, s:O, s:s, s:o, s:o}", "id", c.id, "hosts", c.hosts,
						      "status", "active", "uploaded_on", certificate__date(c.from_ms),
						      "expires_on", certificate__date(c.until_ms)));
	if (c.error[0])
		json_array_append_new(errors, json_pack("{s:s}", "message", c.error));
	json_t *pack = json_pack("{s:s, s:s, s:O, s:s, s:o, s:o, s:o, s:i}", "id", c.id, "type", "universal", "hosts",
				 c.hosts, "status", status, "certificates", list, "validation_errors", errors,
				 "next_attempt_on", certificate__date(c.due_ms), "failures", (int)c.failures);
	state_certificate_fini(&c);
	return pack && json_array_append_new(arg, pack) == 0 ? OK : ERR_MEMORY;
}

enum err state_certificate_json(struct state *st, const char *zone_id, const char *id, json_t **ret)
{
	struct store_use u = store_use(
		st->store, "SELECT " CERTIFICATE__COLUMNS CERTIFICATE__FROM
			   "WHERE c.zone_id = ?1 AND c.gone = 0 AND (?2 IS NULL OR c.id = ?2) ORDER BY c.hosts_json");
	json_t *list = json_array();
	enum err e = OK;

	store_put_text(&u, slice_str(zone_id));
	store_put_text(&u, slice_str(id));
	while (e == OK && store_next(&u))
		e = certificate__pack(list, &u);
	enum err done = store_done(&u);
	e = e != OK ? e : done;
	if (e == OK)
		*ret = list;
	else
		json_decref(list);
	return e;
}

/* ---- how many ---- */

int64_t state_certificate_issued(struct state *st, const char *zone_name, int64_t since_ms)
{
	struct store_use u =
		store_use(st->store, "SELECT count(*) FROM certificate_issued WHERE zone_name = ?1 AND at_ms > ?2");

	store_put_text(&u, slice_str(zone_name));
	store_put_int(&u, since_ms);
	int64_t n = store_next(&u) ? store_int(&u, 0) : 0;
	return store_done(&u) == OK ? n : 0;
}

enum err state_certificate_count(struct state *st, const char *zone_name)
{
	enum { KEPT_MS = 31 * 86400 };
	struct store_use u = store_use(st->store, "INSERT INTO certificate_issued(zone_name, at_ms) VALUES(?1, ?2)");

	store_put_text(&u, slice_str(zone_name));
	store_put_int(&u, st->now_ms);
	TRY(store_done(&u));
	u = store_use(st->store, "DELETE FROM certificate_issued WHERE at_ms < ?1");
	store_put_int(&u, st->now_ms - (int64_t)KEPT_MS * 1000);
	return store_done(&u);
}

/* ---- accounts ---- */

enum err state_certificate_account_get(struct state *st, const char *directory, struct state_certificate_account *ret)
{
	struct store_use u = store_use(st->store, "SELECT sealed, url FROM acme_account WHERE directory = ?1");

	store_put_text(&u, slice_str(directory));
	bool there = store_next(&u);
	if (there) {
		slice_cstr(store_text(&u, 0), ret->sealed, sizeof ret->sealed);
		slice_cstr(store_text(&u, 1), ret->url, sizeof ret->url);
	}
	enum err e = store_done(&u);
	return e != OK ? e : there ? OK : ERR_NOT_FOUND;
}

enum err state_certificate_account_save(struct state *st, const char *directory,
					const struct state_certificate_account *a)
{
	struct store_use u = store_use(st->store, "INSERT INTO acme_account(directory, sealed, url) VALUES(?1, ?2, ?3)"
						  "ON CONFLICT(directory) DO UPDATE SET sealed = ?2, url = ?3");

	store_put_text(&u, slice_str(directory));
	store_put_text(&u, slice_str(a->sealed));
	store_put_text(&u, slice_str(a->url));
	return store_done(&u);
}

/* ---- TXT records of orders ---- */

enum err state_certificate_txt_add(struct state *st, const struct state_certificate *c, const char *name,
				   const char *value)
{
	struct store_use u = store_use(
		st->store, "INSERT INTO certificate_txt(certificate_id, zone_id, name, value) VALUES(?1, ?2, ?3, ?4)");

	store_put_text(&u, slice_str(c->id));
	store_put_text(&u, slice_str(c->zone_id));
	store_put_text(&u, slice_str(name));
	store_put_text(&u, slice_str(value));
	TRY(store_done(&u));
	state_touch_zone(st, c->zone_id);
	return OK;
}

enum err state_certificate_txt_drop(struct state *st, const struct state_certificate *c)
{
	struct store_use u = store_use(st->store, "DELETE FROM certificate_txt WHERE certificate_id = ?1");

	store_put_text(&u, slice_str(c->id));
	TRY(store_done(&u));
	if (store_changes(st->store))
		state_touch_zone(st, c->zone_id);
	return OK;
}

enum err state_certificate_txt_compile(struct state *st, const char *zone_id, json_t *records)
{
	struct store_use u = store_use(st->store, "SELECT name, value FROM certificate_txt WHERE zone_id = ?1");
	enum err e = OK;

	store_put_text(&u, slice_str(zone_id));
	while (e == OK && store_next(&u)) {
		struct slice name = store_text(&u, 0), value = store_text(&u, 1);
		json_t *r = json_pack("{s:s%, s:s, s:i, s:o}", "name", name.p, name.n, "type", "TXT", "ttl",
				      CERTIFICATE__TXT_TTL_S, "rdata", json_sprintf("\"%.*s\"", SLICE_ARG(value)));
		e = r && json_array_append_new(records, r) == 0 ? OK : ERR_MEMORY;
	}
	enum err done = store_done(&u);
	return e != OK ? e : done;
}
