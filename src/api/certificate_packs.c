/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificate_packs: the certificates of a zone as Cloudflare's clients look at them: /ssl/certificate_packs,
 * /ssl/verification, /ssl/universal/settings. What they are ordered by is state/certificate.h; without [acme] directory
 * every zone has one of the node's own authority, which is not listed.
 */
#include "api/routes.h"
#include "state/certificate.h"

enum { CERTIFICATE_PACKS__NOT_FOUND = 1401, CERTIFICATE_PACKS__REFUSED = 1402 };

static void certificate_packs__list(struct api_call *call)
{
	struct api_page page;
	json_t *list;

	if (!api_page(call, 20, 1000, &page))
		return;
	enum err e = state_certificate_json(call->state, call->zone.id, NULL, &list);
	if (e != OK) {
		api_fail_store(call, e);
		return;
	}
	json_int_t total = (json_int_t)json_array_size(list);
	json_t *part = json_array();
	for (int64_t i = page.offset; i < page.offset + page.per_page && i < total; i++)
		json_array_append(part, json_array_get(list, (size_t)i));
	json_decref(list);
	api_list(call, part, &page, total);
}

static void certificate_packs__get(struct api_call *call)
{
	char id[STATE_ID_BYTES];
	json_t *list = NULL;
	bool fits = slice_cstr(api_param(call, "pack"), id, sizeof id);
	enum err e = fits ? state_certificate_json(call->state, call->zone.id, id, &list) : OK;

	if (e != OK)
		api_fail_store(call, e);
	else if (json_array_size(list) == 0)
		api_fail(call, 404, CERTIFICATE_PACKS__NOT_FOUND, NULL, "The zone has no certificate pack of that id");
	else
		api_ok(call, json_incref(json_array_get(list, 0)));
	json_decref(list);
}

/* "Restart validation": the order is made again at once. */
static void certificate_packs__again(struct api_call *call)
{
	char id[STATE_ID_BYTES];
	bool fits = slice_cstr(api_param(call, "pack"), id, sizeof id);
	enum err e = fits ? state_certificate_order(call->state, call->zone.id, id) : ERR_NOT_FOUND;

	if (e == ERR_NOT_FOUND)
		api_fail(call, 404, CERTIFICATE_PACKS__NOT_FOUND, NULL, "The zone has no certificate pack of that id");
	else if (e != OK)
		api_fail_store(call, e);
	else if (api_audit(call, "order", "certificate_pack", id, NULL, NULL))
		certificate_packs__get(call);
}

static void certificate_packs__quota(struct api_call *call)
{
	api_ok(call, json_pack("{s:{s:i, s:i}}", "advanced", "allocated", 0, "used", 0));
}

/* The word of the client's enumeration; it has none for tls-alpn-01, whose own name stands there. */
static const char *certificate_packs__method(const struct node_config *node)
{
	switch (node->acme_challenge) {
	case NODE_CHALLENGE_HTTP:
		return "http";
	case NODE_CHALLENGE_TLS_ALPN:
		return "tls-alpn";
	case NODE_CHALLENGE_DNS:
		break;
	}
	return "txt";
}

/* One row for each name: what it waits for. */
static void certificate_packs__verification(struct api_call *call)
{
	json_t *packs, *pack, *host, *rows = json_array();
	size_t i, k;

	enum err e = state_certificate_json(call->state, call->zone.id, NULL, &packs);
	if (e != OK) {
		json_decref(rows);
		api_fail_store(call, e);
		return;
	}
	json_array_foreach(packs, i, pack)
	{
		const char *status = json_string_value(json_object_get(pack, "status"));
		bool active = status && strcmp(status, "active") == 0;
		json_array_foreach(json_object_get(pack, "hosts"), k, host) json_array_append_new(
			rows, json_pack("{s:s, s:O, s:s, s:b, s:O, s:b}", "certificate_status",
					active ? "active" : "initializing", "hostname", host, "validation_method",
					certificate_packs__method(call->node), "verification_status", active,
					"cert_pack_uuid", json_object_get(pack, "id"), "brand_check", 0));
	}
	json_decref(packs);
	api_ok(call, rows);
}

static void certificate_packs__universal(struct api_call *call)
{
	api_ok(call, json_pack("{s:b, s:s}", "enabled", 1, "certificate_authority",
			       call->node->acme_n ? "acme" : "internal"));
}

static void certificate_packs__universal_set(struct api_call *call)
{
	const struct api_member m = { api_object(call), "", "enabled", true };
	bool enabled = true;

	if (!m.object || !api_bool(call, m, &enabled))
		return;
	if (enabled)
		certificate_packs__universal(call);
	else
		api_fail(call, 400, CERTIFICATE_PACKS__REFUSED, "/enabled",
			 "Universal SSL cannot be switched off here: a proxied name without a certificate could not be "
			 "reached by HTTPS");
}

const struct api_route *api_certificate_packs_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "zones/:zone/ssl/certificate_packs", certificate_packs__list, STATE_RIGHT_SSL_READ, 0 },
		{ METHOD_GET, "zones/:zone/ssl/certificate_packs/quota", certificate_packs__quota, STATE_RIGHT_SSL_READ,
		  0 },
		{ METHOD_GET, "zones/:zone/ssl/certificate_packs/:pack", certificate_packs__get, STATE_RIGHT_SSL_READ,
		  0 },
		{ METHOD_PATCH, "zones/:zone/ssl/certificate_packs/:pack", certificate_packs__again,
		  STATE_RIGHT_SSL_WRITE, API_WRITE },
		{ METHOD_GET, "zones/:zone/ssl/verification", certificate_packs__verification, STATE_RIGHT_SSL_READ,
		  0 },
		{ METHOD_GET, "zones/:zone/ssl/universal/settings", certificate_packs__universal, STATE_RIGHT_SSL_READ,
		  0 },
		{ METHOD_PATCH, "zones/:zone/ssl/universal/settings", certificate_packs__universal_set,
		  STATE_RIGHT_SSL_WRITE, 0 },
		{ 0 },
	};

	return routes;
}
