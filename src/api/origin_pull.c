/* SPDX-License-Identifier: Apache-2.0 */
/*
 * origin_pull: authenticated origin pulls: certificates that origins are shown, of a zone and of host names, by the
 * paths of the seed edge (API: origin_tls_client_auth). A key that was uploaded is never shown again.
 */
#include "api/origin_pull.h"

#include "api/api_int.h"
#include "api/routes.h"
#include "control/certify_ca.h"
#include "state/origin_pull.h"
#include "sys/clock.h"
#include "tls/tls_ca.h"
#include "tls/tls_identity.h"
#include "wire/uri.h"

enum {
	ORIGIN_PULL__INVALID = 1400,
	ORIGIN_PULL__NOT_FOUND = 1401,
	ORIGIN_PULL__MANY = 1402,
	ORIGIN_PULL__BYTES_MAX = 65536,
	ORIGIN_PULL__HOSTS_MAX = 100,
	ORIGIN_PULL__RENEW_S = 30 * 86400,
};

static const char origin_pull__noun[] = "origin_tls_client_auth";

/* What is shown of a certificate besides its text. */
static json_t *origin_pull__info(const struct tls_identity *i)
{
	struct tls_identity_info info;

	tls_identity_look(i, &info);
	return json_pack("{s:s, s:s, s:s, s:o, s:I}", "issuer", info.issuer, "signature", info.signature,
			 "serial_number", info.serial, "expires_on", state_time(info.until_s * 1000), "until",
			 (json_int_t)info.until_s);
}

/* ---- the node's own ---- */

static enum err origin_pull__issue(struct state *st, const struct seal *seal, const struct tls_ca *ca, struct diag *d)
{
	static const struct slice name = SLICE_INIT("edge.seawall.internal");
	const struct tls_ca_order o = {
		.hosts = &name, .hosts_n = 1, .now_s = clock_wall_ms() / 1000, .days = TLS_CA_DAYS, .client = true
	};
	const struct state_actor system = { "", "system", "" };
	char id[STATE_ID_BYTES];
	struct tls_identity *own = NULL;
	struct buf chain, key;

	buf_init(&chain, ORIGIN_PULL__BYTES_MAX);
	buf_init(&key, ORIGIN_PULL__BYTES_MAX);
	enum err e = tls_ca_issue(ca, &o, &chain, &key);
	if (e == OK)
		e = tls_identity_new(buf_slice(&chain), buf_slice(&key), &own, d);
	state_at(st, clock_wall_ms());
	if (e == OK)
		e = state_begin(st, &system);
	if (e == OK) {
		json_t *info = origin_pull__info(own);
		const struct state_origin_pull_new n = {
			.zone_id = "", .chain = buf_slice(&chain), .key = buf_slice(&key), .info = info
		};
		e = state_origin_pull_add(st, seal, &n, id);
		json_decref(info);
		if (e == OK)
			e = state_commit(st);
		else
			state_rollback(st);
	}
	tls_identity_unref(own);
	seal_wipe_buf(&key);
	buf_fini(&chain);
	return e == OK ? OK : diag_set(d, e, NULL, "a certificate for origin pulls cannot be made: %s", err_text(e));
}

enum err api_origin_pull_prepare(struct state *st, const struct node_config *node, const struct seal *seal,
				 struct diag *d)
{
	static const struct certify_ca_files files = { "origin-pull-ca", "origin-pull.pem" };
	struct tls_ca *ca;
	int64_t until_s = 0;

	TRY(certify_ca_open(node, seal, &files, &ca, d));
	enum err e = state_origin_pull_own(st, &until_s);
	if (e == OK && until_s < clock_wall_ms() / 1000 + ORIGIN_PULL__RENEW_S)
		e = origin_pull__issue(st, seal, ca, d);
	tls_ca_free(ca);
	return e;
}

/* ---- certificates ---- */

static bool origin_pull__of_hosts(const struct api_call *call)
{
	return call->segments_n > 5 && slice_eq(call->segments[5], SLICE("hostnames"));
}

/* One as clients see it; NULL after api_fail. until: of our own. */
static json_t *origin_pull__one(struct api_call *call, const char *id)
{
	json_t *list, *one;
	enum err e = state_origin_pull_list(call->state, call->zone.id, origin_pull__of_hosts(call), id, &list);

	if (e != OK) {
		api_fail_store(call, e);
		return NULL;
	}
	one = json_incref(json_array_get(list, 0));
	json_decref(list);
	if (!one)
		api_fail(call, 404, ORIGIN_PULL__NOT_FOUND, NULL, "The zone has no such certificate for origins");
	else
		json_object_del(one, "until");
	return one;
}

static void origin_pull__list(struct api_call *call)
{
	json_t *list, *each;
	size_t i;
	enum err e = state_origin_pull_list(call->state, call->zone.id, origin_pull__of_hosts(call), NULL, &list);

	if (e != OK) {
		api_fail_store(call, e);
		return;
	}
	json_array_foreach(list, i, each) json_object_del(each, "until");
	api_ok(call, list);
}

static void origin_pull__get(struct api_call *call)
{
	char id[STATE_ID_BYTES];
	json_t *one = slice_cstr(api_param(call, "id"), id, sizeof id) ? origin_pull__one(call, id) : NULL;

	if (one)
		api_ok(call, one);
	else if (!call->answered)
		api_fail(call, 404, ORIGIN_PULL__NOT_FOUND, NULL, "The zone has no such certificate for origins");
}

static void origin_pull__add(struct api_call *call, const char *chain, const char *key)
{
	struct tls_identity *identity;
	char id[STATE_ID_BYTES];
	struct diag d;

	diag_init(&d);
	if (tls_identity_new(slice_str(chain), slice_str(key), &identity, &d) != OK) {
		char pointer[64];
		snprintf(pointer, sizeof pointer, "/%.40s", d.where);
		api_fail(call, 400, ORIGIN_PULL__INVALID, pointer, "The %s %s", d.where, d.text);
		return;
	}
	json_t *info = origin_pull__info(identity);
	const struct state_origin_pull_new n = { .zone_id = call->zone.id,
						 .for_hosts = origin_pull__of_hosts(call),
						 .chain = slice_str(chain),
						 .key = slice_str(key),
						 .info = info };
	enum err e = state_origin_pull_add(call->state, call->seal, &n, id);
	json_decref(info);
	tls_identity_unref(identity);
	if (e == ERR_QUEUE_FULL)
		api_fail(call, 400, ORIGIN_PULL__MANY, NULL,
			 "A zone has at most %d certificates for origins; delete one", STATE_ORIGIN_PULL_MAX);
	else if (e != OK)
		api_fail_store(call, e);
	json_t *one = e == OK ? origin_pull__one(call, id) : NULL;
	if (one && api_audit(call, "create", origin_pull__noun, id, NULL, one))
		api_ok(call, json_incref(one));
	json_decref(one);
}

static void origin_pull__post(struct api_call *call)
{
	const json_t *body = api_object(call);
	const char *chain = NULL, *key = NULL;

	if (!body ||
	    !api_string(call, (struct api_member){ body, "", "certificate", true }, ORIGIN_PULL__BYTES_MAX, &chain) ||
	    !api_string(call, (struct api_member){ body, "", "private_key", true }, ORIGIN_PULL__BYTES_MAX, &key))
		return;
	if (call->seal)
		origin_pull__add(call, chain, key);
	else
		api_fail(call, 503, ORIGIN_PULL__INVALID, NULL, "Keys cannot be kept here");
}

static void origin_pull__delete(struct api_call *call)
{
	char id[STATE_ID_BYTES];
	json_t *one = slice_cstr(api_param(call, "id"), id, sizeof id) ? origin_pull__one(call, id) : NULL;

	if (!one) {
		if (!call->answered)
			api_fail(call, 404, ORIGIN_PULL__NOT_FOUND, NULL,
				 "The zone has no such certificate for origins");
		return;
	}
	enum err e = state_origin_pull_remove(call->state, call->zone.id, id);
	if (e != OK)
		api_fail_store(call, e);
	else if (api_audit(call, "delete", origin_pull__noun, id, one, NULL))
		api_ok(call, json_incref(one));
	json_decref(one);
}

/* ---- where they are shown ---- */

static void origin_pull__settings(struct api_call *call)
{
	bool on;
	enum err e = state_origin_pull_enabled(call->state, call->zone.id, &on);

	if (e != OK)
		api_fail_store(call, e);
	else
		api_ok(call, json_pack("{s:b}", "enabled", on));
}

static void origin_pull__put_settings(struct api_call *call)
{
	const json_t *body = api_object(call);
	bool on = false, before;
	enum err e;

	if (!body || !api_bool(call, (struct api_member){ body, "", "enabled", true }, &on))
		return;
	e = state_origin_pull_enabled(call->state, call->zone.id, &before);
	if (e == OK)
		e = state_origin_pull_enable(call->state, call->zone.id, on);
	if (e != OK) {
		api_fail_store(call, e);
		return;
	}
	json_t *was = json_pack("{s:b}", "enabled", before), *is = json_pack("{s:b}", "enabled", on);
	if (api_audit(call, "update", origin_pull__noun, "settings", was, is))
		api_ok(call, json_incref(is));
	json_decref(was);
	json_decref(is);
}

/* A host name inside the zone, canonical. False after api_fail. */
static bool origin_pull__name(struct api_call *call, struct slice s, const char *pointer, char ret[static 256])
{
	struct slice zone = slice_str(call->zone.name);
	struct uri_host host;
	char text[256];

	if (uri_host_parse(s, &host) == OK && host.name.n == s.n && !host.is_ip && host.name.n < sizeof text) {
		struct slice name = uri_host_canonical(host.name, text);
		slice_cstr(name, ret, 256);
		if (slice_eq(name, zone) ||
		    (name.n > zone.n && slice_ends(name, zone) && name.p[name.n - zone.n - 1] == '.'))
			return true;
	}
	api_fail(call, 400, ORIGIN_PULL__INVALID, pointer, "A host name of the zone %s is needed", call->zone.name);
	return false;
}

static bool origin_pull__bind(struct api_call *call, const json_t *one, size_t i)
{
	char at[64], pointer[96], host[256];
	const char *name = NULL, *cert = NULL;
	bool enabled = false;

	snprintf(at, sizeof at, "/config/%zu", i);
	snprintf(pointer, sizeof pointer, "%s/hostname", at);
	if (!json_is_object(one)) {
		api_fail(call, 400, ORIGIN_PULL__INVALID, at, "An object with hostname, cert_id and enabled is needed");
		return false;
	}
	if (!api_string(call, (struct api_member){ one, at, "hostname", true }, 255, &name) ||
	    !api_string(call, (struct api_member){ one, at, "cert_id", false }, STATE_ID_BYTES, &cert) ||
	    !api_bool(call, (struct api_member){ one, at, "enabled", false }, &enabled) ||
	    !origin_pull__name(call, slice_str(name), pointer, host))
		return false;
	const struct state_origin_pull_host h = { call->zone.id, host, cert, enabled };
	enum err e = state_origin_pull_bind(call->state, &h);
	if (e == ERR_NOT_FOUND) {
		snprintf(pointer, sizeof pointer, "%s/cert_id", at);
		api_fail(call, 400, ORIGIN_PULL__NOT_FOUND, pointer, "The zone has no such certificate for host names");
	} else if (e != OK) {
		api_fail_store(call, e);
	}
	return e == OK;
}

static void origin_pull__hosts(struct api_call *call)
{
	char host[256] = "";
	json_t *list, *each;
	size_t i;

	if (api_param(call, "hostname").n && !origin_pull__name(call, api_param(call, "hostname"), NULL, host))
		return;
	enum err e = state_origin_pull_hosts(call->state, call->zone.id, host, &list);
	if (e != OK) {
		api_fail_store(call, e);
		return;
	}
	json_array_foreach(list, i, each) json_object_del(each, "until");
	if (host[0] && json_array_size(list) == 0)
		api_fail(call, 404, ORIGIN_PULL__NOT_FOUND, NULL, "That host name shows no certificate of its own");
	else
		api_ok(call, host[0] ? json_incref(json_array_get(list, 0)) : json_incref(list));
	json_decref(list);
}

static void origin_pull__put_hosts(struct api_call *call)
{
	const json_t *body = api_object(call);
	json_t *config = NULL;

	if (!body || !api_array(call, (struct api_member){ body, "", "config", true }, ORIGIN_PULL__HOSTS_MAX, &config))
		return;
	for (size_t i = 0; i < json_array_size(config); i++)
		if (!origin_pull__bind(call, json_array_get(config, i), i))
			return;
	if (api_audit(call, "update", origin_pull__noun, "hostnames", NULL, config))
		origin_pull__hosts(call);
}

const struct api_route *api_origin_pull_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "zones/:zone/origin_tls_client_auth", origin_pull__list, STATE_RIGHT_SSL_READ, 0 },
		{ METHOD_POST, "zones/:zone/origin_tls_client_auth", origin_pull__post, STATE_RIGHT_SSL_WRITE,
		  API_WRITE },
		{ METHOD_GET, "zones/:zone/origin_tls_client_auth/settings", origin_pull__settings,
		  STATE_RIGHT_SSL_READ, 0 },
		{ METHOD_PUT, "zones/:zone/origin_tls_client_auth/settings", origin_pull__put_settings,
		  STATE_RIGHT_SSL_WRITE, API_WRITE },
		{ METHOD_GET, "zones/:zone/origin_tls_client_auth/hostnames", origin_pull__hosts, STATE_RIGHT_SSL_READ,
		  0 },
		{ METHOD_PUT, "zones/:zone/origin_tls_client_auth/hostnames", origin_pull__put_hosts,
		  STATE_RIGHT_SSL_WRITE, API_WRITE },
		{ METHOD_GET, "zones/:zone/origin_tls_client_auth/hostnames/certificates", origin_pull__list,
		  STATE_RIGHT_SSL_READ, 0 },
		{ METHOD_POST, "zones/:zone/origin_tls_client_auth/hostnames/certificates", origin_pull__post,
		  STATE_RIGHT_SSL_WRITE, API_WRITE },
		{ METHOD_GET, "zones/:zone/origin_tls_client_auth/hostnames/certificates/:id", origin_pull__get,
		  STATE_RIGHT_SSL_READ, 0 },
		{ METHOD_DELETE, "zones/:zone/origin_tls_client_auth/hostnames/certificates/:id", origin_pull__delete,
		  STATE_RIGHT_SSL_WRITE, API_WRITE },
		{ METHOD_GET, "zones/:zone/origin_tls_client_auth/hostnames/:hostname", origin_pull__hosts,
		  STATE_RIGHT_SSL_READ, 0 },
		{ METHOD_GET, "zones/:zone/origin_tls_client_auth/:id", origin_pull__get, STATE_RIGHT_SSL_READ, 0 },
		{ METHOD_DELETE, "zones/:zone/origin_tls_client_auth/:id", origin_pull__delete, STATE_RIGHT_SSL_WRITE,
		  API_WRITE },
		{ 0 },
	};

	return routes;
}
