/* SPDX-License-Identifier: Apache-2.0 */
/* zones: the zones of the account: list, create, look at, edit, delete, and what clients ask about a zone's plan. */
#include "api/api_int.h"
#include "api/routes.h"
#include "base/buf.h"
#include "base/check.h"
#include "state/account.h"
#include "state/idn.h"
#include "state/setting.h"

#include <stdio.h>

enum {
	ZONES__EXISTS = 1061,
	ZONES__BAD_NAME = 1049,
	ZONES__BAD_TYPE = 1096,
	ZONES__TOO_SOON = 1224,
	ZONES__PER_PAGE = 20,
	ZONES__PER_PAGE_MAX = 1000,
	ZONES__CHECK_MS = 60000, /* an activation check may be asked for again */
};

/* ---- the object ---- */

static json_t *zones__name_servers(const struct api_call *call, const struct state_zone *z)
{
	json_t *list = z->vanity[0] ? json_loads(z->vanity, 0, NULL) : NULL;

	if (list)
		return list;
	list = json_array();
	for (size_t i = 0; i < call->node->nameservers_n; i++)
		json_array_append_new(list, json_string(call->node->nameservers[i]));
	return list;
}

static json_t *zones__plan(void)
{
	return json_pack("{s:s, s:s, s:i, s:s, s:s, s:b, s:b, s:s, s:b, s:b}", "id", "94f3b7b768b0458b56d2cac4fe5ec0f9",
			 "name", "Seawall", "price", 0, "currency", "USD", "frequency", "", "is_subscribed", 1,
			 "can_subscribe", 0, "legacy_id", "enterprise", "legacy_discount", 0, "externally_managed", 0);
}

static json_t *zones__meta(void)
{
	return json_pack("{s:i, s:i, s:i, s:b, s:b, s:b, s:b}", "step", 4, "custom_certificate_quota", 1000,
			 "page_rule_quota", 1000, "phishing_detected", 0, "foundation_dns", 0, "cdn_only", 0,
			 "dns_only", 0);
}

/* What the token may do in the zone, in the old words. */
static json_t *zones__permissions(const struct api_call *call, const char *zone)
{
	static const struct {
		enum state_right right;
		const char *word;
	} rows[] = {
		{ STATE_RIGHT_ZONE_READ, "#zone:read" },
		{ STATE_RIGHT_ZONE_WRITE, "#zone:edit" },
		{ STATE_RIGHT_DNS_READ, "#dns_records:read" },
		{ STATE_RIGHT_DNS_WRITE, "#dns_records:edit" },
		{ STATE_RIGHT_SETTINGS_READ, "#zone_settings:read" },
		{ STATE_RIGHT_SETTINGS_WRITE, "#zone_settings:edit" },
		{ STATE_RIGHT_CACHE_PURGE, "#cache_purge:edit" },
		{ STATE_RIGHT_FIREWALL_READ, "#waf:read" },
		{ STATE_RIGHT_FIREWALL_WRITE, "#waf:edit" },
		{ STATE_RIGHT_SSL_READ, "#ssl:read" },
		{ STATE_RIGHT_SSL_WRITE, "#ssl:edit" },
	};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (api_may(call, rows[i].right, zone))
			json_array_append_new(list, json_string(rows[i].word));
	return list;
}

json_t *api_zones_json(struct api_call *call, const struct state_zone *z)
{
	char unicode[STATE_UNICODE_BYTES];
	struct state_account a;
	int64_t development_s = 0;
	json_t *v = json_object();

	if (state_setting_development(call->state, z->id, &development_s) != OK)
		development_s = 0;
	if (state_account_get(call->state, &a) != OK)
		a = (struct state_account){ .name = "" };
	json_object_set_new(v, "id", json_string(z->id));
	json_object_set_new(v, "name", json_string(state_idn_unicode(z->name, unicode)));
	json_object_set_new(v, "status", json_string(z->status));
	json_object_set_new(v, "paused", json_boolean(z->paused));
	json_object_set_new(v, "type", json_string(z->type));
	json_object_set_new(v, "development_mode", json_integer(development_s));
	json_object_set_new(v, "name_servers", zones__name_servers(call, z));
	json_object_set_new(v, "original_name_servers",
			    z->original[0] ? json_loads(z->original, 0, NULL) : json_null());
	json_object_set_new(v, "original_registrar", json_null());
	json_object_set_new(v, "original_dnshost", json_null());
	json_object_set_new(v, "modified_on", state_time(z->modified_ms));
	json_object_set_new(v, "created_on", state_time(z->created_ms));
	json_object_set_new(v, "activated_on", state_time(z->activated_ms));
	if (z->vanity[0])
		json_object_set_new(v, "vanity_name_servers", json_loads(z->vanity, 0, NULL));
	json_object_set_new(v, "meta", zones__meta());
	json_object_set_new(v, "owner", json_pack("{s:n, s:s, s:n}", "id", "type", "user", "email"));
	json_object_set_new(v, "account", json_pack("{s:s, s:s}", "id", z->account, "name", a.name));
	json_object_set_new(v, "tenant", json_pack("{s:n, s:n}", "id", "name"));
	json_object_set_new(v, "tenant_unit", json_pack("{s:n}", "id"));
	json_object_set_new(v, "permissions", zones__permissions(call, z->id));
	json_object_set_new(v, "plan", zones__plan());
	return v;
}

/* ---- list ---- */

struct zones__list {
	struct api_call *call;
	json_t *list;
};

static void zones__see(void *arg, const struct state_zone *z)
{
	struct zones__list *l = arg;

	json_array_append_new(l->list, api_zones_json(l->call, z));
}

/* "op:value" of the name filter; the rest is a plain name. */
static enum state_zone_match zones__match(struct slice *name)
{
	static const struct {
		struct slice op;
		enum state_zone_match match;
	} rows[] = {
		{ SLICE_INIT("equal:"), STATE_ZONE_EQUAL },
		{ SLICE_INIT("not_equal:"), STATE_ZONE_NOT_EQUAL },
		{ SLICE_INIT("starts_with:"), STATE_ZONE_STARTS },
		{ SLICE_INIT("ends_with:"), STATE_ZONE_ENDS },
		{ SLICE_INIT("contains:"), STATE_ZONE_CONTAINS },
		{ SLICE_INIT("starts_with_case_sensitive:"), STATE_ZONE_STARTS },
		{ SLICE_INIT("ends_with_case_sensitive:"), STATE_ZONE_ENDS },
		{ SLICE_INIT("contains_case_sensitive:"), STATE_ZONE_CONTAINS },
		{ SLICE_INIT("starts_with_case_insensitive:"), STATE_ZONE_STARTS },
		{ SLICE_INIT("ends_with_case_insensitive:"), STATE_ZONE_ENDS },
		{ SLICE_INIT("contains_case_insensitive:"), STATE_ZONE_CONTAINS },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!slice_starts(*name, rows[i].op))
			continue;
		*name = slice_from(*name, rows[i].op.n);
		return rows[i].match;
	}
	return STATE_ZONE_EQUAL;
}

/* The name of the filter in the form of the table; what is no name is compared as it is and equals nothing. */
static const char *zones__filter_name(struct api_call *call, struct slice name)
{
	char ascii[STATE_NAME_BYTES];
	struct slice kept;

	if (state_idn_ascii(name, ascii) == OK)
		kept = arena_printf(&call->arena, "%s", ascii);
	else
		kept = arena_printf(&call->arena, "%.*s", SLICE_ARG(name));
	char *text = arena_alloc(&call->arena, kept.n + 1);
	if (!text)
		return "";
	for (size_t i = 0; i < kept.n; i++)
		text[i] = slice_lower(kept.p[i]);
	text[kept.n] = '\0';
	return text;
}

static enum state_zone_order zones__order(const char *order)
{
	if (order && strcmp(order, "status") == 0)
		return STATE_ZONE_BY_STATUS;
	return STATE_ZONE_BY_NAME;
}

static bool zones__is(const char *text, const char *what)
{
	return text && strcmp(text, what) == 0;
}

/* False when no zone can fit, because all are of one account. */
static bool zones__account_fits(struct api_call *call)
{
	const char *id = api_query(call, "account.id"), *name = api_query(call, "account.name");
	struct slice account = slice_str(name);
	struct state_account a;

	if (state_account_get(call->state, &a) != OK)
		return true;
	zones__match(&account);
	return (!id || strcmp(id, a.id) == 0) && (!name || slice_contains(slice_str(a.name), account));
}

static void zones_list(struct api_call *call)
{
	struct zones__list l = { call, NULL };
	struct state_zone_filter f = { .status = api_query(call, "status"),
				       .type = api_query(call, "type"),
				       .any = zones__is(api_query(call, "match"), "any"),
				       .order = zones__order(api_query(call, "order")),
				       .descending = zones__is(api_query(call, "direction"), "desc") };
	struct slice name = slice_str(api_query(call, "name"));
	json_t *ids = call->token.admin ? NULL : state_right_zones(call->token.policies, STATE_RIGHT_ZONE_READ);
	struct api_page page;
	int64_t total = 0;

	if (!api_page(call, ZONES__PER_PAGE, ZONES__PER_PAGE_MAX, &page)) {
		json_decref(ids);
		return;
	}
	if (name.n) {
		f.match = zones__match(&name);
		f.name = zones__filter_name(call, name);
	}
	f.ids = ids;
	f.offset = page.offset;
	f.limit = page.per_page;
	l.list = json_array();
	enum err e = zones__account_fits(call) ? state_zone_list(call->state, &f, zones__see, &l, &total) : OK;
	json_decref(ids);
	if (e == OK) {
		api_list(call, l.list, &page, total);
		return;
	}
	json_decref(l.list);
	api_fail_store(call, e);
}

/* ---- create ---- */

/* A name of at least two labels that is no pattern and no address. False after api_fail. */
static bool zones__name(struct api_call *call, const char *given, char ret[static STATE_NAME_BYTES])
{
	struct ip ip;
	bool good = state_idn_ascii(slice_str(given), ret) == OK && strchr(ret, '.') && !strchr(ret, '*') &&
		    !strchr(ret, '_') && ip_parse(slice_str(ret), &ip) != OK;

	if (!good)
		api_fail(call, 400, ZONES__BAD_NAME, "/name", "%.200s is not a domain name, like example.com", given);
	return good;
}

static bool zones__account(struct api_call *call, const json_t *body, struct state_account *ret)
{
	const json_t *account = json_object_get(body, "account");
	const char *id = json_string_value(json_object_get(account, "id"));

	enum err e = state_account_get(call->state, ret);
	if (e != OK) {
		api_fail_store(call, e);
		return false;
	}
	if (account && !json_is_null(account) && (!json_is_object(account) || (id && strcmp(id, ret->id) != 0))) {
		api_fail(call, 400, API_BAD_BODY, "/account/id", "there is one account, %s", ret->id);
		return false;
	}
	return true;
}

static bool zones__type(struct api_call *call, const char *type)
{
	if (strcmp(type, "full") == 0)
		return true;
	api_fail(call, 400, ZONES__BAD_TYPE, "/type",
		 "zones of type \"%.20s\" are not available in this version; \"full\" is", type);
	return false;
}

static void zones_create(struct api_call *call)
{
	const char *name = NULL, *type = "full";
	struct state_account a;
	struct state_zone z = { .type = "full" };
	json_t *body = api_object(call);

	if (!body || !api_string(call, (struct api_member){ body, "", "name", true }, 1000, &name) ||
	    !zones__name(call, name, z.name) ||
	    !api_string(call, (struct api_member){ body, "", "type", false }, 20, &type) || !zones__type(call, type) ||
	    !zones__account(call, body, &a))
		return;
	bool at_once = call->node->activate_at_once;
	memcpy(z.account, a.id, sizeof z.account);
	snprintf(z.status, sizeof z.status, at_once ? "active" : "pending");
	z.activated_ms = at_once ? call->state->now_ms : 0;
	enum err e = state_zone_add(call->state, &z);
	if (e == ERR_EXISTS) {
		api_fail(call, 400, ZONES__EXISTS, "/name", "%s already exists", z.name);
		return;
	}
	if (e != OK) {
		api_fail_store(call, e);
		return;
	}
	call->zone = z;
	json_t *after = api_zones_json(call, &z);
	if (!api_audit(call, "create", "zone", z.id, NULL, after)) {
		json_decref(after);
		return;
	}
	if (!at_once)
		api_say(call, 1,
			"the zone becomes active when its registrar names the servers in name_servers; until "
			"then its names are answered without the proxy");
	api_ok(call, after);
}

/* ---- one ---- */

static void zones_get(struct api_call *call)
{
	api_ok(call, api_zones_json(call, &call->zone));
}

static void zones_delete(struct api_call *call)
{
	json_t *before = api_zones_json(call, &call->zone);
	bool good = api_audit(call, "delete", "zone", call->zone.id, before, NULL);

	json_decref(before);
	if (!good)
		return;
	enum err e = state_zone_remove(call->state, call->zone.id);
	if (e != OK)
		api_fail_store(call, e);
	else
		api_ok(call, json_pack("{s:s}", "id", call->zone.id));
}

/* Name servers of the zone's own, as JSON text. False after api_fail. */
static bool zones__vanity(struct api_call *call, const json_t *list)
{
	char name[STATE_NAME_BYTES], pointer[64];
	struct buf text;

	buf_init(&text, sizeof call->zone.vanity - 1);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *given = json_string_value(json_array_get(list, i));
		snprintf(pointer, sizeof pointer, "/vanity_name_servers/%zu", i);
		bool good = given && state_idn_ascii(slice_str(given), name) == OK && strchr(name, '.') &&
			    buf_printf(&text, "%s\"%s\"", i ? "," : "[", name);
		if (!good) {
			buf_fini(&text);
			api_fail(call, 400, API_BAD_BODY, pointer, "must be a host name, like ns1.example.com");
			return false;
		}
	}
	snprintf(call->zone.vanity, sizeof call->zone.vanity, "%.*s%s", SLICE_ARG(buf_slice(&text)),
		 buf_len(&text) ? "]" : "");
	buf_fini(&text);
	return true;
}

static void zones_edit(struct api_call *call)
{
	struct state_zone *z = &call->zone;
	const char *type = z->type;
	json_t *body = api_object(call), *vanity = NULL;

	if (!body || !api_bool(call, (struct api_member){ body, "", "paused", false }, &z->paused) ||
	    !api_string(call, (struct api_member){ body, "", "type", false }, 20, &type) || !zones__type(call, type) ||
	    !api_array(call, (struct api_member){ body, "", "vanity_name_servers", false }, NODE_NAMESERVERS_MAX,
		       &vanity))
		return;
	struct state_zone old = *z;
	enum err e = state_zone_get(call->state, slice_str(z->id), &old);
	if (e == OK && vanity && !zones__vanity(call, vanity))
		return;
	if (e == OK)
		e = state_zone_save(call->state, z);
	if (e != OK) {
		api_fail_store(call, e);
		return;
	}
	json_t *before = api_zones_json(call, &old), *after = api_zones_json(call, z);
	bool good = api_audit(call, "update", "zone", z->id, before, after);
	json_decref(before);
	if (good)
		api_ok(call, after);
	else
		json_decref(after);
}

static void zones_activation_check(struct api_call *call)
{
	struct state_zone *z = &call->zone;

	if (call->state->now_ms - z->checked_ms < ZONES__CHECK_MS) {
		api_fail(call, 400, ZONES__TOO_SOON, NULL,
			 "an activation check was asked for less than %d s ago; try again later",
			 ZONES__CHECK_MS / 1000);
		return;
	}
	z->checked_ms = call->state->now_ms;
	enum err e = state_zone_save(call->state, z);
	if (e != OK) {
		api_fail_store(call, e);
		return;
	}
	if (api_audit(call, "activation_check", "zone", z->id, NULL, NULL))
		api_ok(call, json_pack("{s:s}", "id", z->id));
}

/* ---- what there is one of ---- */

static void zones_plans(struct api_call *call)
{
	api_ok(call, json_pack("[o]", zones__plan()));
}

static void zones_subscription(struct api_call *call)
{
	json_t *v = json_pack("{s:s, s:i, s:s, s:s, s:s, s:n, s:n}", "id", call->zone.id, "price", 0, "currency", "USD",
			      "frequency", "monthly", "state", "Paid", "current_period_start", "current_period_end");

	json_object_set_new(v, "rate_plan",
			    json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:[]}", "id", "enterprise", "public_name",
				      "Seawall", "currency", "USD", "scope", "zone", "is_contract", 0,
				      "externally_managed", 0, "sets"));
	api_ok(call, v);
}

static void zones_hold(struct api_call *call)
{
	api_ok(call, json_pack("{s:b, s:b, s:n}", "hold", 0, "include_subdomains", 0, "hold_after"));
}

static void zones_custom_ns(struct api_call *call)
{
	json_t *v = json_pack("{s:b, s:i}", "enabled", call->zone.vanity[0] != '\0', "ns_set", 1);

	api_ok(call, v);
}

const struct api_route *api_zones_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "zones", zones_list, STATE_RIGHT_NONE, 0 },
		{ METHOD_POST, "zones", zones_create, STATE_RIGHT_ZONE_WRITE, API_WRITE },
		{ METHOD_GET, "zones/:zone", zones_get, STATE_RIGHT_ZONE_READ, 0 },
		{ METHOD_PATCH, "zones/:zone", zones_edit, STATE_RIGHT_ZONE_WRITE, API_WRITE },
		{ METHOD_DELETE, "zones/:zone", zones_delete, STATE_RIGHT_ZONE_WRITE, API_WRITE },
		{ METHOD_PUT, "zones/:zone/activation_check", zones_activation_check, STATE_RIGHT_ZONE_WRITE,
		  API_WRITE },
		{ METHOD_GET, "zones/:zone/available_plans", zones_plans, STATE_RIGHT_ZONE_READ, 0 },
		{ METHOD_GET, "zones/:zone/available_rate_plans", zones_plans, STATE_RIGHT_ZONE_READ, 0 },
		{ METHOD_GET, "zones/:zone/subscription", zones_subscription, STATE_RIGHT_ZONE_READ, 0 },
		{ METHOD_GET, "zones/:zone/hold", zones_hold, STATE_RIGHT_ZONE_READ, 0 },
		{ METHOD_GET, "zones/:zone/custom_ns", zones_custom_ns, STATE_RIGHT_ZONE_READ, 0 },
		{ 0 },
	};

	return routes;
}
