/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client_cas: authorities of client certificates (mtls_certificates of an account) and the hosts that ask for
 * certificates of them (hostname associations of a zone). What is shown is judged in the handshake; rules decide
 * (cf.tls_client_auth).
 */
#include "api/api_int.h"
#include "api/routes.h"
#include "state/client_ca.h"
#include "tls/tls_trust.h"
#include "wire/uri.h"

#include <stdio.h>

enum {
	CLIENT_CAS__NOT_FOUND = 1404,
	CLIENT_CAS__INVALID = 1400,
	CLIENT_CAS__IN_USE = 1403,
	CLIENT_CAS__PEM_MAX = 65536,
	CLIENT_CAS__NAME_MAX = 200,
	CLIENT_CAS__POINTER = 32,
};

static const char client_cas__noun[] = "mtls_certificate";

static const char *client_cas__param(struct api_call *call, const char *name)
{
	struct slice s = api_param(call, name);
	char *text = arena_zalloc(&call->arena, s.n + 1);

	if (text)
		slice_cstr(s, text, s.n + 1);
	return text ? text : "";
}

/* The authority of that id in the account; NULL after api_fail. The caller's reference. */
static json_t *client_cas__find(struct api_call *call, const char *account, const char *id, const char *pointer)
{
	json_t *v = NULL;
	enum err e = state_client_ca_get(call->state, account, id, &v);

	if (e == ERR_NOT_FOUND)
		api_fail(call, 404, CLIENT_CAS__NOT_FOUND, pointer, "there is no mTLS certificate with this id");
	else if (e != OK)
		api_fail_store(call, e);
	return e == OK ? v : NULL;
}

static void client_cas_list(struct api_call *call)
{
	json_t *v;
	enum err e = state_client_ca_all(call->state, client_cas__param(call, "account"), &v);

	if (e == OK)
		api_ok(call, v);
	else
		api_fail_store(call, e);
}

static void client_cas_get(struct api_call *call)
{
	json_t *v = client_cas__find(call, client_cas__param(call, "account"), client_cas__param(call, "ca"), NULL);

	if (v)
		api_ok(call, v);
}

/* The row as state_client_ca_make wants it, or NULL after api_fail. */
static json_t *client_cas__read(struct api_call *call)
{
	const json_t *body = api_object(call);
	const char *name = "", *pem = NULL, *key = NULL;
	struct tls_trust_look look;
	bool ca = true;
	struct diag d;

	diag_init(&d);
	if (!body || !api_string(call, (struct api_member){ body, "", "name", false }, CLIENT_CAS__NAME_MAX, &name) ||
	    !api_string(call, (struct api_member){ body, "", "certificates", true }, CLIENT_CAS__PEM_MAX, &pem) ||
	    !api_string(call, (struct api_member){ body, "", "private_key", false }, CLIENT_CAS__PEM_MAX, &key) ||
	    !api_bool(call, (struct api_member){ body, "", "ca", true }, &ca))
		return NULL;
	if (!ca || key) {
		api_fail(call, 400, CLIENT_CAS__INVALID, ca ? "/private_key" : "/ca",
			 "Only authorities that judge client certificates are kept here, without a private key: ca is "
			 "true");
		return NULL;
	}
	if (tls_trust_look(slice_str(pem), &look, &d) != OK) {
		api_fail(call, 400, CLIENT_CAS__INVALID, "/certificates", "The chain %s", d.text);
		return NULL;
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "name", name, "certificates", pem, "issuer", look.issuer,
			 "serial_number", look.serial, "signature", look.signature, "expires_ms",
			 (json_int_t)look.until_s * 1000);
}

static void client_cas_make(struct api_call *call)
{
	json_t *row = client_cas__read(call), *made = NULL;

	if (!row)
		return;
	enum err e = state_client_ca_make(call->state, client_cas__param(call, "account"), row, &made);
	json_decref(row);
	if (e != OK)
		api_fail_store(call, e);
	else if (api_audit(call, "create", client_cas__noun, json_string_value(json_object_get(made, "id")), NULL,
			   made))
		api_ok(call, json_incref(made));
	json_decref(made);
}

static void client_cas_delete(struct api_call *call)
{
	json_t *before =
		client_cas__find(call, client_cas__param(call, "account"), client_cas__param(call, "ca"), NULL);
	const char *id = json_string_value(json_object_get(before, "id"));

	if (!before)
		return;
	if (state_client_ca_uses(call->state, id)) {
		api_fail(call, 400, CLIENT_CAS__IN_USE, NULL,
			 "It has hostname associations; put an empty list of hostnames for it in each zone first");
	} else {
		enum err e = state_client_ca_delete(call->state, id);
		if (e != OK)
			api_fail_store(call, e);
		else if (api_audit(call, "delete", client_cas__noun, id, before, NULL))
			api_ok(call, json_incref(before));
	}
	json_decref(before);
}

static void client_cas_associations(struct api_call *call)
{
	json_t *v = client_cas__find(call, client_cas__param(call, "account"), client_cas__param(call, "ca"), NULL);

	if (!v)
		return;
	bool used = state_client_ca_uses(call->state, json_string_value(json_object_get(v, "id"))) > 0;
	api_ok(call,
	       used ? json_pack("[{s:s, s:s}]", "service", "hostname_associations", "status", "active") : json_array());
	json_decref(v);
}

/* ---- hosts of a zone */

static void client_cas_hosts(struct api_call *call)
{
	json_t *hosts;
	enum err e = state_client_ca_hosts(call->state, call->zone.id, api_query(call, "mtls_certificate_id"), &hosts);

	if (e == OK)
		api_ok(call, json_pack("{s:o}", "hostnames", hosts));
	else
		api_fail_store(call, e);
}

/* A name of the zone in canonical form; false after api_fail. */
static bool client_cas__host(struct api_call *call, const json_t *v, size_t i, json_t *out)
{
	struct slice s = slice_of(json_string_value(v), json_string_length(v)), zone = slice_str(call->zone.name);
	size_t star = slice_starts(s, SLICE("*.")) ? 2 : 0;
	char canonical[2 + 256] = "*.", pointer[CLIENT_CAS__POINTER];
	struct uri_host host;

	snprintf(pointer, sizeof pointer, "/hostnames/%zu", i);
	bool good = json_is_string(v) && uri_host_parse(slice_from(s, star), &host) == OK && !host.is_ip &&
		    host.name.n == s.n - star;
	struct slice name = good ? uri_host_canonical(host.name, canonical + 2) : slice_of(NULL, 0);
	good = good && slice_ends(name, zone) &&
	       (name.n == zone.n || (name.n > zone.n && name.p[name.n - zone.n - 1] == '.'));
	if (!good) {
		api_fail(call, 400, CLIENT_CAS__INVALID, pointer, "It is no host name of the zone %s", call->zone.name);
		return false;
	}
	json_array_append_new(out, json_stringn(name.p - star, name.n + star));
	return true;
}

static void client_cas__associate(struct api_call *call, const json_t *ca, const json_t *hosts)
{
	const char *id = json_string_value(json_object_get(ca, "id"));
	json_t *before = NULL, *after = json_pack("{s:O, s:s}", "hostnames", hosts, "mtls_certificate_id", id);
	enum err e = state_client_ca_hosts(call->state, call->zone.id, id, &before);

	if (e == OK)
		e = state_client_ca_associate(call->state, call->zone.id, id, hosts);
	if (e == ERR_EXISTS)
		api_fail(call, 400, CLIENT_CAS__IN_USE, "/hostnames",
			 "One of them stands there twice, or is associated with another certificate");
	else if (e != OK)
		api_fail_store(call, e);
	else if (api_audit(call, "update", "hostname_associations", id, before, after))
		api_ok(call, json_incref(after));
	json_decref(before);
	json_decref(after);
}

static void client_cas_put_hosts(struct api_call *call)
{
	const json_t *body = api_object(call);
	json_t *list = NULL, *hosts = json_array(), *ca = NULL;
	const char *id = NULL;
	bool good =
		body &&
		api_string(call, (struct api_member){ body, "", "mtls_certificate_id", true }, STATE_ID_BYTES, &id) &&
		api_array(call, (struct api_member){ body, "", "hostnames", true }, STATE_CLIENT_CA_HOSTS_MAX, &list);

	for (size_t i = 0; good && i < json_array_size(list); i++)
		good = client_cas__host(call, json_array_get(list, i), i, hosts);
	if (good)
		ca = client_cas__find(call, call->zone.account, id, "/mtls_certificate_id");
	if (ca)
		client_cas__associate(call, ca, hosts);
	json_decref(ca);
	json_decref(hosts);
}

const struct api_route *api_client_cas_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "accounts/:account/mtls_certificates", client_cas_list, STATE_RIGHT_ACCOUNT_READ, 0 },
		{ METHOD_POST, "accounts/:account/mtls_certificates", client_cas_make, STATE_RIGHT_ACCOUNT_WRITE,
		  API_WRITE },
		{ METHOD_GET, "accounts/:account/mtls_certificates/:ca", client_cas_get, STATE_RIGHT_ACCOUNT_READ, 0 },
		{ METHOD_DELETE, "accounts/:account/mtls_certificates/:ca", client_cas_delete,
		  STATE_RIGHT_ACCOUNT_WRITE, API_WRITE },
		{ METHOD_GET, "accounts/:account/mtls_certificates/:ca/associations", client_cas_associations,
		  STATE_RIGHT_ACCOUNT_READ, 0 },
		{ METHOD_GET, "zones/:zone/certificate_authorities/hostname_associations", client_cas_hosts,
		  STATE_RIGHT_SSL_READ, 0 },
		{ METHOD_PUT, "zones/:zone/certificate_authorities/hostname_associations", client_cas_put_hosts,
		  STATE_RIGHT_SSL_WRITE, API_WRITE },
		{ METHOD_GET, NULL, NULL, STATE_RIGHT_SSL_READ, 0 },
	};
	return routes;
}
