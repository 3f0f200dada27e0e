/* SPDX-License-Identifier: Apache-2.0 */
/* certify: see certify.h. */
#include "control/certify.h"

#include "base/mem.h"
#include "control/certify_ca.h"
#include "model/certificate.h"
#include "model/json_write.h"
#include "supervisor/say.h"
#include "tls/tls_ca.h"
#include "wire/uri.h"

#include <stdio.h>

enum {
	CERTIFY__A_TICK = 32, /* issued in one call: 10 ms */
	CERTIFY__DAY_MS = 86400000,
	CERTIFY__IDLE_MS = 3600000,
	CERTIFY__PREFIX = sizeof "internal-" - 1,
	CERTIFY__JSON_MAX = 1 << 20,
};

#define CERTIFY__ZONE_KEY "zone/"

/* What we know of one zone. */
struct certify__zone {
	struct certify__zone *next_due; /* in the list of those to look at */
	bool due, gone;
	int64_t renew_ms; /* 0: has none */
	char *covers;     /* the hosts of the certificate that is wanted, comma-separated; NULL: none is */
	size_t name_n;
	char name[]; /* with a NUL */
};

struct certify {
	const struct node_config *node;
	const struct seal *seal;
	struct desired *desired;
	struct tls_ca *ca;
	struct map zones;
	struct certify__zone *due;
	int64_t platform_renew_ms; /* 0: the platform has no certificate yet, or needs none */
};

enum err certify_new(const struct node_config *node, const struct seal *seal, struct desired *desired,
		     struct certify **ret, struct diag *d)
{
	static const struct certify_ca_files files = { "ca", "ca.pem" };
	struct certify *c = mem_alloc(sizeof *c);

	c->node = node;
	c->seal = seal;
	c->desired = desired;
	map_init(&c->zones);
	enum err e = certify_ca_open(node, seal, &files, &c->ca, d);
	if (e == OK)
		*ret = c;
	else
		certify_free(c);
	return e;
}

void certify_free(struct certify *c)
{
	struct slice key;
	void *value;

	if (!c)
		return;
	for (size_t at = 0; map_next(&c->zones, &at, &key, &value);) {
		mem_free(((struct certify__zone *)value)->covers);
		mem_free(value);
	}
	map_fini(&c->zones);
	tls_ca_free(c->ca);
	mem_free(c);
}

bool certify_pending(const struct certify *c)
{
	return c->due != NULL || (node_listens(c->node, LISTEN_PLATFORM_HTTPS) && c->platform_renew_ms == 0);
}

/* ---- what changes ---- */

static void certify__look_at(struct certify *c, struct certify__zone *z)
{
	if (z->due)
		return;
	z->due = true;
	z->next_due = c->due;
	c->due = z;
}

static struct certify__zone *certify__zone(struct certify *c, struct slice name)
{
	struct certify__zone *z = map_get(&c->zones, name);

	if (z)
		return z;
	z = mem_alloc(sizeof *z + name.n + 1);
	memcpy(z->name, name.p, name.n);
	z->name_n = name.n;
	map_put(&c->zones, slice_of(z->name, name.n), z);
	return z;
}

void certify_entering(struct certify *c, const struct desired_item *item)
{
	if (item->kind != &zone_kind || node_listens(c->node, LISTEN_HTTPS) == 0)
		return;
	struct certify__zone *z = certify__zone(c, slice_str(item->name));
	z->gone = false;
	certify__look_at(c, z);
}

void certify_removed(struct certify *c, const char *key)
{
	struct slice name = slice_str(key);

	if (!slice_starts(name, SLICE(CERTIFY__ZONE_KEY)))
		return;
	struct certify__zone *z = map_get(&c->zones, slice_from(name, sizeof CERTIFY__ZONE_KEY - 1));
	if (!z)
		return;
	z->gone = true;
	certify__look_at(c, z);
}

/* ---- what a zone needs ---- */

/* Clients accept no wildcard of a whole top-level domain (RFC 6125 7.2). */
static bool certify__has_wildcard(struct slice zone)
{
	return slice_find(zone, '.') != SIZE_MAX;
}

/* Whether one of the first names, the zone and perhaps its wildcard, covers the host. */
static bool certify__is_shallow(struct slice host, struct slice zone)
{
	if (host.n <= zone.n + 1)
		return true;
	return certify__has_wildcard(zone) && slice_find(slice_first(host, host.n - zone.n - 1), '.') == SIZE_MAX;
}

/* The names of one certificate. Too large for the stack. */
struct certify__names {
	struct slice list[CERTIFICATE_HOSTS_MAX];
	size_t n;
	char memory[CERTIFICATE_HOSTS_MAX][2 + 256];
};

/* In canonical form; the item was judged, so its names are names. */
static void certify__add(struct certify__names *names, struct slice host)
{
	size_t star = slice_starts(host, SLICE("*.")) ? 2 : 0;
	char *out = names->memory[names->n];

	memcpy(out, host.p, star);
	names->list[names->n++] = slice_of(out, star + uri_host_canonical(slice_from(host, star), out + star).n);
}

static void certify__hosts(const json_t *root, const struct certify__zone *z, struct certify__names *names)
{
	struct slice zone = slice_of(z->name, z->name_n);
	const json_t *hosts = json_object_get(root, "hosts");
	char wild[2 + 256];

	snprintf(wild, sizeof wild, "*.%s", z->name);
	certify__add(names, zone);
	if (certify__has_wildcard(zone))
		certify__add(names, slice_str(wild));
	for (size_t i = 0; i < json_array_size(hosts) && names->n < CERTIFICATE_HOSTS_MAX; i++) {
		const json_t *name = json_object_get(json_array_get(hosts, i), "name");
		certify__add(names, slice_of(json_string_value(name), json_string_length(name)));
		if (certify__is_shallow(names->list[names->n - 1], zone))
			names->n--;
	}
}

static char *certify__joined(const struct slice *hosts, size_t n)
{
	struct buf b;

	buf_init(&b, CERTIFY__JSON_MAX);
	for (size_t i = 0; i < n; i++) {
		buf_add(&b, i ? SLICE(",") : SLICE(""));
		buf_add(&b, hosts[i]);
	}
	char *text = mem_dup(buf_slice(&b));
	buf_fini(&b);
	return text;
}

/* ---- issuing ---- */

/* A certificate as it is issued. */
struct certify__made {
	const char *name;
	bool platform;
	struct buf chain, key; /* PEM; sealed */
};

static enum err certify__item(const struct certify__made *m, const struct slice *hosts, size_t n, struct buf *out)
{
	struct slice chain = buf_slice(&m->chain), key = buf_slice(&m->key);

	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_stringn(hosts[i].p, hosts[i].n));
	json_t *root = json_pack("{s:s, s:s, s:o, s:s%, s:s%}", "kind", "certificate", "name", m->name, "hosts", list,
				 "chain", chain.p, chain.n, "key", key.p, key.n);
	if (root && m->platform)
		json_object_set_new(root, "listener", json_string("platform"));
	enum err e = root ? json_write(root, out) : ERR_MEMORY;
	json_decref(root);
	return e;
}

enum err certify_issue(const struct certify *c, const struct slice *hosts, size_t n, int64_t wall_ms, struct buf *chain,
		       struct buf *key)
{
	const struct tls_ca_order o = { hosts, n, wall_ms / 1000, CERTIFY_DAYS, false };

	return tls_ca_issue(c->ca, &o, chain, key);
}

static enum err certify__make(struct certify *c, struct certify__made *m, const struct tls_ca_order *o)
{
	char purpose[CERTIFICATE_NAME_MAX + 16];
	struct buf der;

	snprintf(purpose, sizeof purpose, "certificate %s", m->name);
	buf_init(&der, SEAL_SECRET_BYTES_MAX);
	enum err e = tls_ca_issue(c->ca, o, &m->chain, &der);
	if (e == OK)
		e = seal_close(c->seal, slice_str(purpose), buf_slice(&der), &m->key);
	seal_wipe_buf(&der);
	return e;
}

static enum err certify__want(struct certify *c, struct certify__made m, const struct slice *hosts, size_t n,
			      int64_t wall_ms)
{
	const struct tls_ca_order o = { hosts, n, wall_ms / 1000, CERTIFY_DAYS, false };
	struct buf json;

	buf_init(&m.chain, TLS_CA_CHAIN_BYTES_MAX);
	buf_init(&m.key, 2 * SEAL_SECRET_BYTES_MAX);
	buf_init(&json, CERTIFY__JSON_MAX);
	enum err e = certify__make(c, &m, &o);
	if (e == OK)
		e = certify__item(&m, hosts, n, &json);
	if (e == OK)
		e = desired_put(c->desired, m.name, buf_slice(&json), (uint64_t)wall_ms * 1000);
	buf_fini(&m.chain);
	buf_fini(&m.key);
	buf_fini(&json);
	return e;
}

/* When to look again after an attempt. */
static int64_t certify__again(enum err e, int64_t wall_ms)
{
	return wall_ms + (e == OK ? (int64_t)CERTIFY_DAYS * CERTIFY__DAY_MS / 3 * 2 : CERTIFY__IDLE_MS);
}

/* The platform's own certificate: for the default names of apps, and for whoever names no host or an unknown one. */
static void certify__platform(struct certify *c, int64_t wall_ms)
{
	char host[4 + NODE_NAME_BYTES + NODE_HOST_BYTES];

	if (node_listens(c->node, LISTEN_PLATFORM_HTTPS) == 0 || wall_ms < c->platform_renew_ms)
		return;
	snprintf(host, sizeof host, "*.%s.%s", c->node->platform_region, c->node->platform_suffix);
	const struct slice name = slice_str(host);
	enum err e = certify__want(c, (struct certify__made){ .name = CERTIFY_PLATFORM, .platform = true }, &name, 1,
				   wall_ms);
	c->platform_renew_ms = certify__again(e, wall_ms);
	if (e != OK)
		say("control", "event=certificate_failed name=%s reason=\"%s\"", host, err_text(e));
}

static void certify__serve(struct certify *c, struct certify__zone *z, const json_t *root, const char *name,
			   int64_t wall_ms)
{
	struct certify__names *names = mem_alloc(sizeof *names);

	certify__hosts(root, z, names);
	char *covers = certify__joined(names->list, names->n);
	if (!z->covers || strcmp(z->covers, covers) != 0 || wall_ms >= z->renew_ms) {
		enum err e = certify__want(c, (struct certify__made){ .name = name }, names->list, names->n, wall_ms);
		mem_free(z->covers);
		z->covers = e == OK ? covers : NULL;
		covers = e == OK ? NULL : covers;
		z->renew_ms = certify__again(e, wall_ms);
		if (e != OK)
			say("control", "event=certificate_failed zone=%s reason=\"%s\"", z->name, err_text(e));
	}
	mem_free(covers);
	mem_free(names);
}

static void certify__do(struct certify *c, struct certify__zone *z, int64_t wall_ms)
{
	char name[CERTIFY__PREFIX + 256], key[KIND_KEY_BYTES];

	snprintf(name, sizeof name, "internal-%s", z->name);
	struct desired_item *item = desired_find(c->desired, kind_key(key, SLICE("zone"), slice_str(z->name)));
	if (z->gone || !item || strlen(name) > CERTIFICATE_NAME_MAX) {
		desired_remove(c->desired, name, (uint64_t)wall_ms * 1000);
		mem_free(z->covers);
		z->covers = NULL;
		z->renew_ms = 0;
		return;
	}
	json_t *root = json_loadb(item->json, item->json_n, 0, NULL);
	certify__serve(c, z, root, name, wall_ms);
	json_decref(root);
}

/* Puts every zone whose certificate is to be renewed into the list. Returns the wait until the next one. */
static uint64_t certify__renewals(struct certify *c, int64_t wall_ms)
{
	uint64_t wait = CERTIFY__IDLE_MS;
	struct slice key;
	void *value;

	for (size_t at = 0; map_next(&c->zones, &at, &key, &value);) {
		struct certify__zone *z = value;
		if (z->gone || !z->renew_ms)
			continue;
		if (z->renew_ms <= wall_ms)
			certify__look_at(c, z);
		else if ((uint64_t)(z->renew_ms - wall_ms) < wait)
			wait = (uint64_t)(z->renew_ms - wall_ms);
	}
	return c->due ? 0 : wait;
}

uint64_t certify_tick(struct certify *c, int64_t wall_ms)
{
	certify__platform(c, wall_ms);
	for (int i = 0; i < CERTIFY__A_TICK && c->due; i++) {
		struct certify__zone *z = c->due;
		c->due = z->next_due;
		z->due = false;
		certify__do(c, z, wall_ms);
	}
	return c->due ? 0 : certify__renewals(c, wall_ms);
}
