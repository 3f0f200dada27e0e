/* SPDX-License-Identifier: Apache-2.0 */
/* zone_from: builds a zone from its JSON form, see zone_json.h and docs/PLAN.md. The cache members are zone_cache.c. */
#include "base/check.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "model/json_read.h"
#include "model/rule_read.h"
#include "model/zone_cache.h"
#include "model/zone_ciphers.h"
#include "model/zone_json.h"
#include "model/zone_settings.h"
#include "model/zone_waf.h"
#include "wire/uri.h"

enum { ZONE_FROM__NAME_MAX = 253, ZONE_FROM__IDENTITY_MAX = 131072 };

static const struct json_read_member zone_from__zone_members[] = {
	{ "kind", JSON_READ_STRING, true },
	{ "name", JSON_READ_STRING, true },
	{ "hosts", JSON_READ_ARRAY, true },
	{ "client_certificate", JSON_READ_OBJECT, false },
	ZONE_SETTINGS_MEMBERS,
	RULE_READ_MEMBERS,
	{ "waf", JSON_READ_OBJECT, false },
	{ "waf_exclusions", JSON_READ_ARRAY, false },
	{ "waf_standard", JSON_READ_BOOL, false },
	{ NULL, JSON_READ_STRING, false },
};

static const struct json_read_member zone_from__host_members[] = {
	{ "name", JSON_READ_STRING, true },         { "origins", JSON_READ_ARRAY, false },
	{ "origin_error", JSON_READ_INT, false },   { "origin_host", JSON_READ_STRING, false },
	{ "origin_name", JSON_READ_STRING, false }, { "client_certificate", JSON_READ_OBJECT, false },
	{ "cache", JSON_READ_OBJECT, false },       { "always_online", JSON_READ_BOOL, false },
	{ "timeouts", JSON_READ_OBJECT, false },    { NULL, JSON_READ_STRING, false },
};

static const struct json_read_member zone_from__timeout_members[] = {
	{ "connect_ms", JSON_READ_INT, false },
	{ "first_byte_ms", JSON_READ_INT, false },
	{ "read_ms", JSON_READ_INT, false },
	{ NULL, JSON_READ_INT, false },
};

/* What the build carries from member to member. */
struct zone_from {
	struct json_read r;
	const struct limits *limits;
	struct zone *zone;
	struct text names; /* the room behind the zone that its host names live in */
	struct zone_settings settings;
	struct zone_settings_base base;
	size_t origins_n; /* given out of zone->origins */
	struct rng ids;   /* site ids are drawn, not counted: no state outlives the build, and two never meet */
};

/* A plain host name, lower case, into out (cap 256). errors: ERR_PLAN at the current path. */
static enum err zone_from__name(const struct json_read *r, struct slice s, char *out, struct slice *ret)
{
	struct uri_host host;

	if (uri_host_parse(s, &host) != OK || host.name.n != s.n)
		return json_read_fail(r, "\"%.*s\" is not a host name", SLICE_ARG(slice_first(s, 80)));
	if (host.is_ip)
		return json_read_fail(r, "\"%.*s\" is an address; a host name is needed", SLICE_ARG(s));
	*ret = uri_host_canonical(host.name, out);
	return OK;
}

static bool zone_from__inside(struct slice host, struct slice zone)
{
	return slice_eq(host, zone) ||
	       (host.n > zone.n + 1 && slice_ends(host, zone) && host.p[host.n - zone.n - 1] == '.');
}

/* Appends to the names behind the zone; the room was counted before. */
static struct slice zone_from__keep(struct zone_from *b, struct slice s)
{
	size_t at = b->names.n;

	text_add(&b->names, s);
	CHECK(!b->names.bad);
	return slice_of(b->names.p + at, s.n);
}

static enum err zone_from__host_name(struct zone_from *b, const json_t *host, struct site *site)
{
	struct slice s = json_read_string(json_object_get(host, "name")), name;
	char text[2 + 256] = "*.";
	size_t mark = json_read_in(&b->r, "name"), star = slice_starts(s, SLICE("*.")) ? 2 : 0;

	TRY(zone_from__name(&b->r, slice_from(s, star), text + 2, &name));
	if (!zone_from__inside(name, b->zone->name))
		return json_read_fail(&b->r, "\"%.*s\" is not inside the zone \"%.*s\"", SLICE_ARG(s),
				      SLICE_ARG(b->zone->name));
	if (name.n + star > ZONE_FROM__NAME_MAX)
		return json_read_fail(&b->r, "is longer than %d bytes", ZONE_FROM__NAME_MAX);
	site->host = zone_from__keep(b, slice_of(name.p - star, name.n + star));
	struct site *other = map_get(&b->zone->by_host, site->host);
	if (other)
		return json_read_fail(&b->r, "\"%.*s\" is already the name of hosts[%td]", SLICE_ARG(site->host),
				      other - b->zone->sites);
	map_put(&b->zone->by_host, site->host, site);
	json_read_out(&b->r, mark);
	return OK;
}

static enum err zone_from__origin(struct zone_from *b, const json_t *v, struct ip_port *ret)
{
	struct uri_host host;

	if (!json_is_string(v))
		return json_read_fail(&b->r, "must be a string");
	struct slice s = json_read_string(v), bare = s;
	if (ip_port_parse(s, false, ret) == OK)
		return OK;
	/* Without a port. "2001:db8::1:80" could be meant either way, so IPv6 always has its brackets. */
	if (s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
		bare = slice_of(s.p + 1, s.n - 2);
	ret->port = 0;
	if (ip_parse(bare, &ret->ip) == OK && (ret->ip.family == 6) == (bare.n != s.n))
		return OK;
	if (uri_host_parse(s, &host) == OK && !host.is_ip)
		return json_read_fail(&b->r,
				      "\"%.*s\" is a name; origins are addresses, like \"192.0.2.1:80\" or, for the "
				      "visitor's port, \"192.0.2.1\"",
				      SLICE_ARG(slice_first(s, 80)));
	return json_read_fail(&b->r, "\"%.*s\" is not an address with or without a port",
			      SLICE_ARG(slice_first(s, 80)));
}

/* Instead of origins: why the name has none, as one of the codes that visitors are told. */
static enum err zone_from__origin_error(struct zone_from *b, const json_t *host, struct site *site)
{
	static const int64_t range[2] = { 1000, 1016 };
	int64_t code = 0;

	TRY(json_read_int(&b->r, host, "origin_error", range, &code));
	json_read_in(&b->r, "origin_error");
	if (code != 1000 && code != 1002 && code != 1016)
		return json_read_fail(&b->r, "is not one of 1000 (address of this edge), 1002 (restricted address), "
					     "1016 (name that cannot be resolved)");
	if (json_object_get(host, "origins"))
		return json_read_fail(&b->r, "goes without origins only");
	site->origin_error = (unsigned)code;
	return OK;
}

static enum err zone_from__origins(struct zone_from *b, const json_t *host, struct site *site)
{
	const json_t *list = json_object_get(host, "origins");
	size_t n = json_array_size(list), at = b->r.path_n, mark;

	if (json_object_get(host, "origin_error")) {
		TRY(zone_from__origin_error(b, host, site));
		json_read_out(&b->r, at);
		return OK;
	}
	mark = json_read_in(&b->r, "origins");
	if (!list)
		return json_read_fail(&b->r, "is missing");
	if (n == 0)
		return json_read_fail(&b->r, "must hold at least one address");
	if (n > SITE_ORIGINS_MAX)
		return json_read_fail(&b->r, "holds %zu origins, at most %d", n, SITE_ORIGINS_MAX);
	site->origins = b->zone->origins + b->origins_n;
	for (size_t i = 0; i < n; i++) {
		size_t element = json_read_in_index(&b->r, i);
		TRY(zone_from__origin(b, json_array_get(list, i), &b->zone->origins[b->origins_n++]));
		json_read_out(&b->r, element);
	}
	site->origins_n = n;
	json_read_out(&b->r, mark);
	return OK;
}

static enum err zone_from__origin_host(struct zone_from *b, const json_t *host, struct site *site)
{
	const json_t *v = json_object_get(host, "origin_host");
	struct uri_host parsed;

	if (!v)
		return OK;
	struct slice s = json_read_string(v);
	size_t mark = json_read_in(&b->r, "origin_host");
	if (uri_host_parse(s, &parsed) != OK)
		return json_read_fail(&b->r, "\"%.*s\" is not a host with an optional port",
				      SLICE_ARG(slice_first(s, 80)));
	site->origin_host = zone_from__keep(b, s);
	json_read_out(&b->r, mark);
	return OK;
}

/* The target of a CNAME, say: a certificate for it is as good as one for the visitor's host. */
static enum err zone_from__origin_name(struct zone_from *b, const json_t *host, struct site *site)
{
	const json_t *v = json_object_get(host, "origin_name");
	char canonical[256];
	struct slice name;

	if (!v)
		return OK;
	size_t mark = json_read_in(&b->r, "origin_name");
	TRY(zone_from__name(&b->r, json_read_string(v), canonical, &name));
	site->origin_name = zone_from__keep(b, name);
	json_read_out(&b->r, mark);
	return OK;
}

/* Whether key and certificate are good is found when they are used first: the key is sealed. */
static enum err zone_from__identity(struct zone_from *b, const json_t *of, struct zone_identity **ret)
{
	static const struct json_read_member members[] = { { "chain", JSON_READ_STRING, true },
							   { "key", JSON_READ_STRING, true },
							   { NULL, JSON_READ_STRING, false } };
	const json_t *v = json_object_get(of, "client_certificate");

	if (!v)
		return OK;
	size_t mark = json_read_in(&b->r, "client_certificate");
	TRY(json_read_object(&b->r, v, members));
	struct slice chain = json_read_string(json_object_get(v, "chain"));
	struct slice key = json_read_string(json_object_get(v, "key"));
	if (!slice_starts(chain, SLICE("-----BEGIN CERTIFICATE-----")) || chain.n + key.n > ZONE_FROM__IDENTITY_MAX)
		return json_read_fail(&b->r, "must hold a chain in PEM and its sealed key, of %d bytes at most",
				      ZONE_FROM__IDENTITY_MAX);
	struct zone_identity *i = mem_alloc(sizeof *i + chain.n + key.n);
	char *at = (char *)(i + 1);
	memcpy(at, chain.p, chain.n);
	memcpy(at + chain.n, key.p, key.n);
	i->chain = slice_of(at, chain.n);
	i->key = slice_of(at + chain.n, key.n);
	*ret = i;
	json_read_out(&b->r, mark);
	return OK;
}

/* A time of a host may be what the limit of the same meaning may be. */
static enum err zone_from__timeout(struct zone_from *b, const json_t *obj, const char *member, const char *limit,
				   uint64_t *ret)
{
	int64_t range[2] = { 1, INT64_MAX }, v = (int64_t)*ret;
	size_t n;
	const struct limit_info *rows = limits_table(&n);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(rows[i].name, limit) == 0) {
			range[0] = (int64_t)rows[i].min;
			range[1] = (int64_t)rows[i].max;
		}
	}
	TRY(json_read_int(&b->r, obj, member, range, &v));
	*ret = (uint64_t)v;
	return OK;
}

static enum err zone_from__timeouts(struct zone_from *b, const json_t *host, struct site *site)
{
	const json_t *obj = json_object_get(host, "timeouts");

	if (!obj)
		return OK;
	size_t mark = json_read_in(&b->r, "timeouts");
	TRY(json_read_object(&b->r, obj, zone_from__timeout_members));
	TRY(zone_from__timeout(b, obj, "connect_ms", "origin_connect_ms", &site->connect_ms));
	TRY(zone_from__timeout(b, obj, "first_byte_ms", "origin_first_byte_ms", &site->first_byte_ms));
	TRY(zone_from__timeout(b, obj, "read_ms", "origin_read_ms", &site->read_ms));
	json_read_out(&b->r, mark);
	return OK;
}

static enum err zone_from__site(struct zone_from *b, const json_t *host, struct site *site)
{
	TRY(json_read_object(&b->r, host, zone_from__host_members));
	site->zone = b->zone;
	site->id = rng_next(&b->ids);
	site->cache = b->base.cache;
	site->first_byte_ms = site->read_ms = b->base.proxy_read_ms;
	TRY(zone_from__host_name(b, host, site));
	TRY(zone_from__origins(b, host, site));
	TRY(zone_from__origin_host(b, host, site));
	TRY(zone_from__origin_name(b, host, site));
	TRY(zone_from__identity(b, host, &site->identity));
	TRY(zone_cache_read(&b->r, json_object_get(host, "cache"), &site->cache));
	TRY(zone_from__timeouts(b, host, site));
	site->cache.serve_stale_on_error = json_read_bool(host, "always_online", site->cache.serve_stale_on_error);
	return OK;
}

static enum err zone_from__kind(const struct json_read *r, const json_t *root)
{
	if (slice_eq(json_read_string(json_object_get(root, "kind")), SLICE("zone")))
		return OK;
	return diag_set(r->d, ERR_PLAN, "kind", "\"%s\" is not available in this version; \"zone\" is",
			json_string_value(json_object_get(root, "kind")));
}

/* Bytes that the names of the zone need at most. */
static size_t zone_from__names_bytes(const json_t *hosts, size_t zone_name_bytes)
{
	size_t bytes = zone_name_bytes;

	for (size_t i = 0; i < json_array_size(hosts); i++) {
		const json_t *host = json_array_get(hosts, i);
		bytes += json_string_length(json_object_get(host, "name"));
		bytes += json_string_length(json_object_get(host, "origin_host"));
		bytes += json_string_length(json_object_get(host, "origin_name"));
	}
	return bytes;
}

static size_t zone_from__origins_n(const json_t *hosts)
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(hosts); i++) {
		size_t more = json_array_size(json_object_get(json_array_get(hosts, i), "origins"));
		n += more < SITE_ORIGINS_MAX ? more : SITE_ORIGINS_MAX; /* more are refused */
	}
	return n;
}

static struct zone *zone_from__alloc(const json_t *root, struct slice name, struct text *ret_names)
{
	const json_t *hosts = json_object_get(root, "hosts");
	size_t bytes = zone_from__names_bytes(hosts, name.n) + zone_ciphers_bytes(root);
	struct zone *z = mem_alloc(sizeof *z + bytes);

	z->magic = OBJ_ZONE;
	atomic_init(&z->refs, 1);
	z->sites_n = json_array_size(hosts);
	z->sites = mem_alloc_array(z->sites_n, sizeof *z->sites);
	z->origins = mem_alloc_array(zone_from__origins_n(hosts) + 1, sizeof *z->origins);
	map_init(&z->by_host);
	*ret_names = text_of(z + 1, bytes);
	return z;
}

static enum err zone_from__build(struct zone_from *b, const json_t *root)
{
	const json_t *hosts = json_object_get(root, "hosts");
	struct slice name = json_read_string(json_object_get(root, "name"));
	char text[256];

	TRY(zone_settings_read(&b->r, root, &b->settings, &b->base));
	size_t mark = json_read_in(&b->r, "name");
	TRY(zone_from__name(&b->r, name, text, &name));
	json_read_out(&b->r, mark);
	json_read_in(&b->r, "hosts");
	size_t n = json_array_size(hosts);
	if (n == 0)
		return json_read_fail(&b->r, "must hold at least one host");
	if (n > b->limits->zone_hosts_max)
		return json_read_fail(&b->r, "holds %zu hosts, at most %llu (limit zone_hosts_max)", n,
				      (unsigned long long)b->limits->zone_hosts_max);
	b->zone = zone_from__alloc(root, name, &b->names);
	b->zone->name = zone_from__keep(b, name);
	b->zone->settings = b->settings;
	json_read_out(&b->r, 0);
	TRY(zone_from__identity(b, root, &b->zone->identity));
	TRY(zone_settings_paths(&b->r, root, &b->zone->validation_paths));
	json_read_in(&b->r, "hosts");
	for (size_t i = 0; i < n; i++) {
		size_t element = json_read_in_index(&b->r, i);
		TRY(zone_from__site(b, json_array_get(hosts, i), &b->zone->sites[i]));
		json_read_out(&b->r, element);
	}
	json_read_out(&b->r, 0);
	TRY(zone_waf_read(&b->r, root, &b->zone->waf));
	TRY(zone_ciphers_read(&b->r, root, &b->names, &b->zone->ciphers));
	return rule_read_zone(&b->r, root, b->limits, b->zone);
}

enum err zone_from_json(struct slice json, uint64_t revision, const struct limits *limits, struct zone **ret_zone,
			struct diag *d)
{
	struct zone_from b = { .r = json_read_at_root(d), .limits = limits };
	json_t *root;

	rng_init(&b.ids);
	if (json.n > limits->plan_item_bytes_max)
		return diag_set(d, ERR_PLAN, NULL, "is %zu bytes long, at most %llu (limit plan_item_bytes_max)",
				json.n, (unsigned long long)limits->plan_item_bytes_max);
	TRY(json_read_parse(json, d, &root));
	enum err e = OK;
	/* The kind decides what else is known, so it is looked at first. */
	if (json_is_string(json_object_get(root, "kind")))
		e = zone_from__kind(&b.r, root);
	if (e == OK)
		e = json_read_object(&b.r, root, zone_from__zone_members);
	if (e == OK)
		e = zone_from__build(&b, root);
	json_decref(root);
	if (e != OK) {
		zone_unref(b.zone);
		return e;
	}
	b.zone->revision = revision;
	*ret_zone = b.zone;
	return OK;
}
