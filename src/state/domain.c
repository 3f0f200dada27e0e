/* SPDX-License-Identifier: Apache-2.0 */
/* domain: see domain.h. */
#include "state/domain.h"

#include "base/ip.h"
#include "state/idn.h"

#include <stdio.h>

#define STATE_DOMAIN__COLUMNS                                                                                          \
	"SELECT d.id, d.app_id, d.name, d.canonical, d.letsencrypt_enabled, d.status, d.created_ms, d.checked_ms,"     \
	"d.due_ms, d.failures, d.error, d.dns_fqdn, d.dns_value, d.dns_error_json,"                                    \
	"c.subject, c.key_text, c.from_ms, c.until_ms, a.subject, a.key_text, a.from_ms, a.until_ms FROM app_domain d" \
	" LEFT JOIN app_certificate c ON c.domain_id = d.id AND c.source = 'custom'"                                   \
	" LEFT JOIN app_certificate a ON a.domain_id = d.id AND a.source = 'automatic'"

static const char *const state_domain__sources[] = {
	[STATE_DOMAIN_CUSTOM] = "custom", [STATE_DOMAIN_AUTOMATIC] = "automatic"
};

/* Certificates of apps before those of the node's own authority. */
enum { STATE_DOMAIN__PRIORITY = 100, STATE_DOMAIN__CERTIFICATE_COLUMN = 14 };

void state_domain_fini(struct state_domain *d)
{
	json_decref(d->dns_error);
	d->dns_error = NULL;
}

bool state_domain_is_wildcard(const struct state_domain *d)
{
	return slice_starts(slice_str(d->name), SLICE("*."));
}

/* Which of the two is in use now; false: neither. */
static bool state_domain__source(const struct state_domain *d, int64_t now_ms, enum state_domain_source *ret)
{
	*ret = d->custom.until_ms > now_ms ? STATE_DOMAIN_CUSTOM : STATE_DOMAIN_AUTOMATIC;
	if (*ret == STATE_DOMAIN_AUTOMATIC && (d->automatic.until_ms == 0 || !d->letsencrypt_enabled)) {
		*ret = STATE_DOMAIN_CUSTOM; /* an expired one is better than that of another name */
		return d->custom.until_ms != 0;
	}
	return true;
}

const struct state_domain_certificate *state_domain_in_use(const struct state_domain *d, int64_t now_ms)
{
	enum state_domain_source source;

	if (!state_domain__source(d, now_ms, &source))
		return NULL;
	return source == STATE_DOMAIN_CUSTOM ? &d->custom : &d->automatic;
}

void state_domain_item_name(const char *id, char ret[static 64])
{
	snprintf(ret, 64, "app-%s", id);
}

/* ---- names ---- */

static bool state_domain__under(struct slice name, struct slice suffix)
{
	return slice_eq(name, suffix) ||
	       (name.n > suffix.n && slice_ends(name, suffix) && name.p[name.n - suffix.n - 1] == '.');
}

const char *state_domain_name(struct slice given, const char *suffix, char ret[static STATE_NAME_BYTES])
{
	char name[STATE_NAME_BYTES];
	struct ip ip;

	if (given.n == 0)
		return "can't be blank";
	if (state_idn_ascii(given, name) != OK)
		return "is invalid";
	struct slice ascii = slice_str(name), base = ascii;
	if (slice_starts(base, SLICE("*.")))
		base = slice_from(base, 2);
	if (ip_parse(ascii, &ip) == OK)
		return "can't be an IP address";
	if (slice_find(base, '.') == SIZE_MAX)
		return "should have at least two labels, like example.com";
	if (slice_find(base, '*') != SIZE_MAX)
		return "can hold a * as its first label only";
	if (slice_find(base, '_') != SIZE_MAX)
		return "can't contain underscores";
	if (state_domain__under(base, slice_str(suffix)))
		return "is a name of the platform";
	memcpy(ret, name, ascii.n + 1);
	return NULL;
}

/* The wildcard of the level of an exact name, or the name itself for a wildcard. */
static void state_domain__level(const char *name, char ret[static STATE_NAME_BYTES])
{
	size_t dot = slice_find(slice_str(name), '.');

	snprintf(ret, STATE_NAME_BYTES, "*%s", name + dot);
}

enum err state_domain_allowed(struct state *st, const struct state_app *a, const char *name, const char **ret_why)
{
	char level[STATE_NAME_BYTES];
	struct store_use u = store_use(
		st->store,
		"SELECT (SELECT count(*) FROM app_domain WHERE app_id = ?1),"
		"EXISTS(SELECT 1 FROM app_domain WHERE name = ?2),"
		"EXISTS(SELECT 1 FROM app_domain d JOIN app o ON o.id = d.app_id WHERE d.name = ?3 AND o.owner <> ?4)");

	state_domain__level(name, level);
	store_put_text(&u, slice_str(a->id));
	store_put_text(&u, slice_str(name));
	store_put_text(&u, slice_str(level));
	store_put_text(&u, slice_str(a->owner));
	*ret_why = NULL;
	if (store_next(&u)) {
		if (store_int(&u, 1))
			*ret_why = "has already been taken";
		else if (store_int(&u, 2))
			*ret_why = "is covered by a wildcard of another owner";
		else if (store_int(&u, 0) >= STATE_DOMAINS_MAX)
			*ret_why = "limit of 20 domains reached";
	}
	return store_done(&u);
}

/* ---- rows ---- */

static void state_domain__certificate(const struct store_use *u, int column, struct state_domain_certificate *c)
{
	state_column(u, column, c->subject, sizeof c->subject);
	state_column(u, column + 1, c->key_text, sizeof c->key_text);
	c->from_ms = store_int(u, column + 2);
	c->until_ms = store_int(u, column + 3);
}

static void state_domain__row(const struct store_use *u, struct state_domain *d)
{
	state_column(u, 0, d->id, sizeof d->id);
	state_column(u, 1, d->app, sizeof d->app);
	state_column(u, 2, d->name, sizeof d->name);
	d->canonical = store_int(u, 3) != 0;
	d->letsencrypt_enabled = store_int(u, 4) != 0;
	state_column(u, 5, d->status, sizeof d->status);
	d->created_ms = store_int(u, 6);
	d->checked_ms = store_int(u, 7);
	d->due_ms = store_int(u, 8);
	d->failures = store_int(u, 9);
	state_column(u, 10, d->error, sizeof d->error);
	state_column(u, 11, d->dns_fqdn, sizeof d->dns_fqdn);
	state_column(u, 12, d->dns_value, sizeof d->dns_value);
	d->dns_error = state_column_json(u, 13);
	state_domain__certificate(u, STATE_DOMAIN__CERTIFICATE_COLUMN, &d->custom);
	state_domain__certificate(u, STATE_DOMAIN__CERTIFICATE_COLUMN + 4, &d->automatic);
}

static enum err state_domain__one(struct store_use *u, struct state_domain *ret)
{
	bool there = store_next(u);

	if (there)
		state_domain__row(u, ret);
	TRY(store_done(u));
	return there ? OK : ERR_NOT_FOUND;
}

enum err state_domain_get(struct state *st, struct slice id, struct state_domain *ret)
{
	struct store_use u = store_use(st->store, STATE_DOMAIN__COLUMNS " WHERE d.id = ?1");

	store_put_text(&u, id);
	return state_domain__one(&u, ret);
}

enum err state_domain_of(struct state *st, const char *app_id, struct slice id_or_name, struct state_domain *ret)
{
	struct store_use u =
		store_use(st->store, STATE_DOMAIN__COLUMNS " WHERE d.app_id = ?1 AND (d.id = ?2 OR d.name = ?2)");

	store_put_text(&u, slice_str(app_id));
	store_put_text(&u, id_or_name);
	return state_domain__one(&u, ret);
}

enum err state_domain_add(struct state *st, struct state_domain *d)
{
	struct store_use u = store_use(
		st->store, "INSERT INTO app_domain(id, app_id, name, canonical, letsencrypt_enabled, status,"
			   "created_ms, checked_ms, due_ms, failures, error, dns_fqdn, dns_value, dns_error_json)"
			   "VALUES(?1, ?2, ?3, 0, ?4, 'new', ?5, 0, ?5, 0, '', '', '', NULL)");

	state_new_app_id(d->id);
	snprintf(d->status, sizeof d->status, "new");
	d->created_ms = d->due_ms = st->now_ms;
	store_put_text(&u, slice_str(d->id));
	store_put_text(&u, slice_str(d->app));
	store_put_text(&u, slice_str(d->name));
	store_put_int(&u, d->letsencrypt_enabled);
	store_put_int(&u, d->created_ms);
	TRY(store_done(&u));
	return state_domain_save(st, d, true);
}

/* One canonical domain for an app. */
static enum err state_domain__only_canonical(struct state *st, const struct state_domain *d)
{
	struct store_use u = store_use(st->store, "UPDATE app_domain SET canonical = 0 WHERE app_id = ?1 AND id <> ?2");

	store_put_text(&u, slice_str(d->app));
	store_put_text(&u, slice_str(d->id));
	return store_done(&u);
}

enum err state_domain_save(struct state *st, const struct state_domain *d, bool touch)
{
	struct store_use u = store_use(
		st->store,
		"UPDATE app_domain SET canonical = ?1, letsencrypt_enabled = ?2, status = ?3, checked_ms = ?4,"
		"due_ms = ?5, failures = ?6, error = ?7, dns_fqdn = ?8, dns_value = ?9,"
		"dns_error_json = ?10 WHERE id = ?11");

	store_put_int(&u, d->canonical);
	store_put_int(&u, d->letsencrypt_enabled);
	store_put_text(&u, slice_str(d->status));
	store_put_int(&u, d->checked_ms);
	store_put_int(&u, d->due_ms);
	store_put_int(&u, d->failures);
	store_put_text(&u, slice_str(d->error));
	store_put_text(&u, slice_str(d->dns_fqdn));
	store_put_text(&u, slice_str(d->dns_value));
	state_put_json(&u, d->dns_error);
	store_put_text(&u, slice_str(d->id));
	TRY(store_done(&u));
	if (d->canonical)
		TRY(state_domain__only_canonical(st, d));
	if (touch) {
		state_touch_app(st, d->app);
		state_touch_domain(st, d->id);
	}
	return OK;
}

enum err state_domain_remove(struct state *st, const struct state_domain *d)
{
	struct store_use u = store_use(st->store, "DELETE FROM app_domain WHERE id = ?1");

	store_put_text(&u, slice_str(d->id));
	TRY(store_done(&u));
	if (store_changes(st->store) == 0)
		return ERR_NOT_FOUND;
	state_touch_app(st, d->app);
	state_touch_domain(st, d->id);
	return OK;
}

enum err state_domain_each(struct state *st, const char *app_id, void (*fn)(void *arg, const struct state_domain *d),
			   void *arg)
{
	struct store_use u = store_use(st->store, STATE_DOMAIN__COLUMNS " WHERE d.app_id = ?1 ORDER BY d.name");
	struct state_domain d = { 0 };

	store_put_text(&u, slice_str(app_id));
	while (store_next(&u)) {
		state_domain__row(&u, &d);
		fn(arg, &d);
		state_domain_fini(&d);
	}
	return store_done(&u);
}

size_t state_domain_due(struct state *st, int64_t now_ms, char (*ret_ids)[STATE_APP_ID_BYTES], size_t cap,
			int64_t *ret_next_ms)
{
	struct store_use u = store_use(st->store, "SELECT id, due_ms FROM app_domain ORDER BY due_ms LIMIT ?1");
	size_t n = 0;

	*ret_next_ms = INT64_MAX;
	store_put_int(&u, (int64_t)cap + 1);
	while (store_next(&u)) {
		int64_t due = store_int(&u, 1);
		if (due > now_ms || n == cap) {
			*ret_next_ms = due;
			break;
		}
		state_column(&u, 0, ret_ids[n++], STATE_APP_ID_BYTES);
	}
	return store_done(&u) == OK ? n : 0;
}

/* ---- certificates ---- */

enum err state_domain_certificate_put(struct state *st, const struct state_domain *d, enum state_domain_source source,
				      const struct state_domain_certificate *about, struct slice chain,
				      struct slice sealed)
{
	struct store_use u = store_use(
		st->store, "INSERT OR REPLACE INTO app_certificate(domain_id, source, subject, key_text, chain, sealed,"
			   "from_ms, until_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");

	store_put_text(&u, slice_str(d->id));
	store_put_text(&u, slice_str(state_domain__sources[source]));
	store_put_text(&u, slice_str(about->subject));
	store_put_text(&u, slice_str(about->key_text));
	store_put_text(&u, chain);
	store_put_text(&u, sealed);
	store_put_int(&u, about->from_ms);
	store_put_int(&u, about->until_ms);
	TRY(store_done(&u));
	state_touch_domain(st, d->id);
	return OK;
}

enum err state_domain_certificate_drop(struct state *st, const struct state_domain *d, enum state_domain_source source)
{
	struct store_use u = store_use(st->store, "DELETE FROM app_certificate WHERE domain_id = ?1 AND source = ?2");

	store_put_text(&u, slice_str(d->id));
	store_put_text(&u, slice_str(state_domain__sources[source]));
	TRY(store_done(&u));
	if (store_changes(st->store))
		state_touch_domain(st, d->id);
	return OK;
}

/* The item of a certificate that is there. */
static enum err state_domain__item(struct state *st, const struct state_domain *d, enum state_domain_source source,
				   json_t **ret)
{
	struct store_use u =
		store_use(st->store, "SELECT chain, sealed FROM app_certificate WHERE domain_id = ?1 AND source = ?2");
	char name[64];

	state_domain_item_name(d->id, name);
	store_put_text(&u, slice_str(d->id));
	store_put_text(&u, slice_str(state_domain__sources[source]));
	if (store_next(&u)) {
		struct slice chain = store_text(&u, 0), sealed = store_text(&u, 1);
		*ret = json_pack("{s:s, s:s, s:s, s:[s], s:o, s:o, s:i}", "kind", "certificate", "name", name,
				 "listener", "platform", "hosts", d->name, "chain", json_stringn(chain.p, chain.n),
				 "key", json_stringn(sealed.p, sealed.n), "priority", STATE_DOMAIN__PRIORITY);
	}
	return store_done(&u);
}

enum err state_domain_compile(struct state *st, const char *id, json_t **ret)
{
	struct state_domain d = { 0 };
	enum state_domain_source source;
	enum err e = state_domain_get(st, slice_str(id), &d);

	*ret = NULL;
	if (e == OK && state_domain__source(&d, st->now_ms, &source))
		e = state_domain__item(st, &d, source, ret);
	state_domain_fini(&d);
	return e == ERR_NOT_FOUND ? OK : e;
}
