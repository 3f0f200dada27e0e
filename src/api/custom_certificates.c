/* SPDX-License-Identifier: Apache-2.0 */
/* custom_certificates: certificates that users bring themselves: /zones/:zone/custom_certificates. */
#include "state/custom_certificate.h"

#include "api/routes.h"
#include "base/mem.h"
#include "tls/tls_pair.h"

#include <stdio.h>

enum { CUSTOM__NOT_FOUND = 1204, CUSTOM__REFUSED = 1400, CUSTOM__QUOTA = 1216, CUSTOM__PRIORITY_MAX = 1000000 };

static const char custom__noun[] = "custom_certificate";

/* The id of the path, in the arena. */
static const char *custom__id(struct api_call *call)
{
	struct slice s = api_param(call, "certificate");
	char *text = arena_zalloc(&call->arena, s.n + 1);

	if (text)
		slice_cstr(s, text, s.n + 1);
	return text ? text : "";
}

static void custom__failed(struct api_call *call, enum err e)
{
	if (e == ERR_NOT_FOUND)
		api_fail(call, 404, CUSTOM__NOT_FOUND, NULL, "The zone has no custom certificate of that id");
	else
		api_fail_store(call, e);
}

/* The one of that id as clients see it; NULL after api_fail. The caller's reference. */
static json_t *custom__find(struct api_call *call, const char *id)
{
	json_t *list = NULL, *one = NULL;
	enum err e = state_custom_certificate_json(call->state, &call->zone, id, &list);

	if (e == OK && json_array_size(list) == 0)
		e = ERR_NOT_FOUND;
	if (e == OK)
		one = json_incref(json_array_get(list, 0));
	else
		custom__failed(call, e);
	json_decref(list);
	return one;
}

static void custom__list(struct api_call *call)
{
	struct api_page page;
	json_t *list, *part;

	if (!api_page(call, 20, 50, &page))
		return;
	enum err e = state_custom_certificate_json(call->state, &call->zone, NULL, &list);
	if (e != OK) {
		custom__failed(call, e);
		return;
	}
	json_int_t total = (json_int_t)json_array_size(list);
	part = json_array();
	for (int64_t i = page.offset; i < page.offset + page.per_page && i < total; i++)
		json_array_append(part, json_array_get(list, (size_t)i));
	json_decref(list);
	api_list(call, part, &page, total);
}

static void custom__get(struct api_call *call)
{
	json_t *one = custom__find(call, custom__id(call));

	if (one)
		api_ok(call, one);
}

/* ---- what is uploaded ---- */

/* The members of a body that are texts. */
struct custom__body {
	const char *chain, *key, *bundle_method, *type;
};

static bool custom__one_of(struct api_call *call, const char *pointer, const char *value, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(*words, value) == 0)
			return true;
	api_fail(call, 400, CUSTOM__REFUSED, pointer, "\"%.40s\" is none of the values of this member", value);
	return false;
}

/* Whether the body says where the key is to be kept; true after api_fail. */
static bool custom__names_regions(struct api_call *call, const json_t *body)
{
	for (size_t i = 0; i < 2; i++) {
		const char *name = i ? "policy" : "geo_restrictions";
		const json_t *v = json_object_get(body, name);
		if (!v || json_is_null(v))
			continue;
		api_fail(call, 400, CUSTOM__REFUSED, i ? "/policy" : "/geo_restrictions",
			 "%s says in which regions a key is kept; here it is kept on this node", name);
		return true;
	}
	return false;
}

/* False after api_fail. pair: certificate and key must be there. */
static bool custom__read(struct api_call *call, bool pair, struct custom__body *b)
{
	static const char *const methods[] = { "ubiquitous", "optimal", "force", NULL };
	static const char *const types[] = { "legacy_custom", "sni_custom", NULL };
	const json_t *body = api_object(call);

	if (!body ||
	    !api_string(call, (struct api_member){ body, "", "certificate", pair }, TLS_PAIR_BYTES_MAX, &b->chain) ||
	    !api_string(call, (struct api_member){ body, "", "private_key", pair }, TLS_PAIR_BYTES_MAX, &b->key) ||
	    !api_string(call, (struct api_member){ body, "", "bundle_method", false }, 40, &b->bundle_method) ||
	    !api_string(call, (struct api_member){ body, "", "type", false }, 40, &b->type))
		return false;
	if (!b->chain != !b->key) {
		api_fail(call, 400, CUSTOM__REFUSED, b->chain ? "/private_key" : "/certificate",
			 "certificate and private_key are replaced together");
		return false;
	}
	if (custom__names_regions(call, body))
		return false;
	return (!b->bundle_method || custom__one_of(call, "/bundle_method", b->bundle_method, methods)) &&
	       (!b->type || custom__one_of(call, "/type", b->type, types));
}

static bool custom__is_inside(const char *host, const char *zone)
{
	struct slice s = slice_str(host), apex = slice_str(zone);

	if (slice_starts(s, SLICE("*.")))
		s = slice_from(s, 2);
	return slice_eq(s, apex) || (s.n > apex.n && slice_ends(s, apex) && s.p[s.n - apex.n - 1] == '.');
}

/* False after api_fail. */
static bool custom__judge(struct api_call *call, const struct custom__body *b, const struct tls_pair_leaf *leaf)
{
	bool inside = false;

	for (size_t i = 0; i < leaf->hosts_n; i++)
		inside |= custom__is_inside(leaf->hosts[i], call->zone.name);
	if (!inside)
		api_fail(call, 400, CUSTOM__REFUSED, "/certificate", "the certificate is for no name of the zone %s",
			 call->zone.name);
	else if (leaf->self_signed && strcmp(b->bundle_method, "force") != 0)
		api_fail(call, 400, CUSTOM__REFUSED, "/bundle_method",
			 "the certificate is self-signed: clients that are not told to will not trust it; with "
			 "bundle_method \"force\" it is taken as it is");
	else
		return true;
	return false;
}

static enum err custom__seal(struct api_call *call, const char *id, struct slice der, struct buf *sealed)
{
	char name[64], purpose[80];

	state_custom_certificate_item_name(id, name);
	snprintf(purpose, sizeof purpose, "certificate %s", name);
	return call->seal ? seal_close(call->seal, slice_str(purpose), der, sealed) : ERR_SEAL_KEY;
}

static enum err custom__put(struct api_call *call, const char *id, const struct custom__body *b,
			    const struct tls_pair_leaf *leaf, int64_t priority, struct slice der)
{
	json_t *hosts = json_array();
	struct buf sealed;

	for (size_t i = 0; i < leaf->hosts_n; i++)
		json_array_append_new(hosts, json_string(leaf->hosts[i]));
	buf_init(&sealed, 2 * SEAL_SECRET_BYTES_MAX + 256);
	enum err e = custom__seal(call, id, der, &sealed);
	if (e == OK && !buf_add_byte(&sealed, '\0'))
		e = ERR_QUEUE_FULL;
	const struct state_custom_certificate row = { .id = id,
						      .zone_id = call->zone.id,
						      .type = b->type,
						      .issuer = leaf->issuer,
						      .signature = leaf->signature,
						      .bundle_method = b->bundle_method,
						      .chain = b->chain,
						      .sealed = buf_slice(&sealed).p,
						      .hosts = hosts,
						      .priority = priority,
						      .from_ms = leaf->from_s * 1000,
						      .until_ms = leaf->until_s * 1000 };
	if (e == OK)
		e = state_custom_certificate_put(call->state, &row);
	buf_fini(&sealed);
	json_decref(hosts);
	return e;
}

/* Judges and stores. False after api_fail. */
static bool custom__store(struct api_call *call, const char *id, const struct custom__body *b, int64_t priority)
{
	struct tls_pair_leaf *leaf = mem_alloc(sizeof *leaf);
	struct buf der;
	struct diag d;
	bool good = false;

	diag_init(&d);
	buf_init(&der, SEAL_SECRET_BYTES_MAX);
	enum err e = tls_pair_open(slice_str(b->chain), slice_str(b->key), call->state->now_ms / 1000, leaf, &der, &d);
	if (e == ERR_PLAN)
		api_fail(call, 400, CUSTOM__REFUSED, strcmp(d.where, "key") == 0 ? "/private_key" : "/certificate",
			 "the %s %s", strcmp(d.where, "key") == 0 ? "private key" : "certificate", d.text);
	else if (e != OK)
		api_fail_store(call, e);
	else if (custom__judge(call, b, leaf)) {
		e = custom__put(call, id, b, leaf, priority, buf_slice(&der));
		good = e == OK;
		if (!good)
			custom__failed(call, e);
	}
	seal_wipe_buf(&der);
	mem_free(leaf);
	return good;
}

/* Answers with the row as it is now. */
static void custom__done(struct api_call *call, const char *action, const char *id, const json_t *before)
{
	json_t *after = custom__find(call, id);

	if (after && api_audit(call, action, custom__noun, id, before, after))
		api_ok(call, json_incref(after));
	json_decref(after);
}

static void custom__create(struct api_call *call)
{
	struct custom__body b = { .bundle_method = "ubiquitous", .type = "legacy_custom" };
	char id[STATE_ID_BYTES];
	json_t *list;

	if (!custom__read(call, true, &b))
		return;
	enum err e = state_custom_certificate_json(call->state, &call->zone, NULL, &list);
	if (e != OK) {
		custom__failed(call, e);
		return;
	}
	size_t n = json_array_size(list);
	json_decref(list);
	if (n >= call->node->limits.custom_certificates_max) {
		api_fail(call, 400, CUSTOM__QUOTA, NULL,
			 "the zone has %zu custom certificates already (limit custom_certificates_max)", n);
		return;
	}
	state_new_id(id);
	if (custom__store(call, id, &b, 0))
		custom__done(call, "create", id, NULL);
}

static void custom__edit(struct api_call *call)
{
	const char *id = custom__id(call);
	json_t *before = custom__find(call, id);
	struct custom__body b = { .chain = NULL };
	bool good = before && custom__read(call, false, &b);

	if (good && b.chain) {
		if (!b.bundle_method)
			b.bundle_method = json_string_value(json_object_get(before, "bundle_method"));
		if (!b.type)
			b.type = json_string_value(json_object_get(before, "type"));
		good = custom__store(call, id, &b, json_integer_value(json_object_get(before, "priority")));
	} else if (good) {
		enum err e = state_custom_certificate_change(call->state, call->zone.id, id, -1, b.bundle_method);
		good = e == OK;
		if (!good)
			custom__failed(call, e);
	}
	if (good)
		custom__done(call, "update", id, before);
	json_decref(before);
}

static void custom__delete(struct api_call *call)
{
	const char *id = custom__id(call);
	json_t *before = custom__find(call, id);

	if (!before)
		return;
	enum err e = state_custom_certificate_delete(call->state, call->zone.id, id);
	if (e != OK)
		custom__failed(call, e);
	else if (api_audit(call, "delete", custom__noun, id, before, NULL))
		api_ok(call, json_pack("{s:s}", "id", id));
	json_decref(before);
}

/* The higher number is shown first. */
static void custom__prioritize(struct api_call *call)
{
	const json_t *body = api_object(call), *each;
	json_t *list = NULL;
	size_t i;

	if (!body || !api_array(call, (struct api_member){ body, "", "certificates", true }, 250, &list))
		return;
	json_array_foreach(list, i, each)
	{
		const char *id = NULL;
		char at[48];
		int64_t priority = 0;
		snprintf(at, sizeof at, "/certificates/%zu", i);
		if (!json_is_object(each)) {
			api_fail(call, 400, CUSTOM__REFUSED, at, "must be {\"id\", \"priority\"}");
			return;
		}
		if (!api_string(call, (struct api_member){ each, at, "id", true }, 64, &id) ||
		    !api_int(call, (struct api_member){ each, at, "priority", true }, 0, CUSTOM__PRIORITY_MAX,
			     &priority))
			return;
		enum err e = state_custom_certificate_change(call->state, call->zone.id, id, priority, NULL);
		if (e != OK) {
			custom__failed(call, e);
			return;
		}
	}
	if (api_audit(call, "prioritize", custom__noun, call->zone.id, NULL, body))
		custom__list(call);
}

const struct api_route *api_custom_certificates_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "zones/:zone/custom_certificates", custom__list, STATE_RIGHT_SSL_READ, 0 },
		{ METHOD_POST, "zones/:zone/custom_certificates", custom__create, STATE_RIGHT_SSL_WRITE, API_WRITE },
		{ METHOD_PUT, "zones/:zone/custom_certificates/prioritize", custom__prioritize, STATE_RIGHT_SSL_WRITE,
		  API_WRITE },
		{ METHOD_GET, "zones/:zone/custom_certificates/:certificate", custom__get, STATE_RIGHT_SSL_READ, 0 },
		{ METHOD_PATCH, "zones/:zone/custom_certificates/:certificate", custom__edit, STATE_RIGHT_SSL_WRITE,
		  API_WRITE },
		{ METHOD_DELETE, "zones/:zone/custom_certificates/:certificate", custom__delete, STATE_RIGHT_SSL_WRITE,
		  API_WRITE },
		{ 0 },
	};

	return routes;
}
