/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access: address rules (of zones, the account, the user), zone lockdowns and user agent rules; and the older lists of
 * firewall products, which are empty here.
 */
#include "state/access.h"

#include "api/api_int.h"
#include "api/routes.h"
#include "base/mem.h"
#include "model/rule_read.h"
#include "model/zone_waf.h"
#include "state/account.h"

#include <stdio.h>

enum {
	ACCESS__NOT_FOUND = 10001,
	ACCESS__INVALID = 10002,
	ACCESS__DUPLICATE = 10009,
	ACCESS__PER_PAGE = 20,
	ACCESS__PER_PAGE_MAX = 1000,
	ACCESS__POINTER = 256,
	ACCESS__KEY = 2048
};

/* What the nouns have in common: which members clients may set, and which stay when an object is changed in part. */
struct access__noun {
	const char *noun, *audit;
	const char *members[6];
};

static const struct access__noun access__rules = { STATE_ACCESS_RULES,
						   "access_rule",
						   { "mode", "configuration", "notes" } };
static const struct access__noun access__lockdowns = {
	STATE_ACCESS_LOCKDOWNS, "lockdown", { "urls", "configurations", "description", "paused", "priority" }
};
static const struct access__noun access__agents = { STATE_ACCESS_AGENTS,
						    "ua_rule",
						    { "mode", "configuration", "description", "paused" } };

static const struct access__noun access__exclusions = { STATE_ACCESS_WAF,
							"waf_exclusion",
							{ "rule", "path", "parameter", "description" } };

static const struct access__noun *access__of(const struct api_call *call)
{
	struct slice path = slice_str(call->route->path);

	if (slice_contains(path, SLICE("/lockdowns")))
		return &access__lockdowns;
	if (slice_contains(path, SLICE("/waf/exclusions")))
		return &access__exclusions;
	return slice_contains(path, SLICE("/ua_rules")) ? &access__agents : &access__rules;
}

/* The user's rules are the account's: there is one of each. False after api_fail. */
static bool access__owner(struct api_call *call, struct state_ruleset_owner *ret)
{
	struct slice account = api_param(call, "account");
	char *id = arena_zalloc(&call->arena, STATE_ID_BYTES);

	*ret = (struct state_ruleset_owner){ call->zone.id, call->zone.id };
	if (call->zone.id[0])
		return true;
	*ret = (struct state_ruleset_owner){ id ? id : "", "" };
	if (account.n && id) {
		slice_cstr(account, id, STATE_ID_BYTES);
		return true;
	}
	struct state_account own;
	enum err e = state_account_get(call->state, &own);
	if (e != OK)
		api_fail_store(call, e);
	else if (id)
		slice_cstr(slice_str(own.id), id, STATE_ID_BYTES);
	return e == OK;
}

static const char *access__id(struct api_call *call)
{
	struct slice s = api_param(call, "id");
	char *text = arena_zalloc(&call->arena, s.n + 1);

	if (text)
		slice_cstr(s, text, s.n + 1);
	return text ? text : "";
}

static void access__failed(struct api_call *call, enum err e)
{
	if (e == ERR_NOT_FOUND)
		api_fail(call, 404, ACCESS__NOT_FOUND, NULL, "There is no rule with this id");
	else if (e == ERR_EXISTS)
		api_fail(call, 400, ACCESS__DUPLICATE, NULL, "firewallaccessrules.api.duplicate_of_existing");
	else
		api_fail_store(call, e);
}

/* As clients see it. The reference is taken over. */
static json_t *access__shown(struct api_call *call, const struct access__noun *n, json_t *v, const char *owner)
{
	if (n != &access__rules || !v)
		return v;
	json_object_set_new(
		v, "allowed_modes",
		json_pack("[s, s, s, s, s]", "block", "challenge", "js_challenge", "managed_challenge", "whitelist"));
	json_object_set_new(v, "scope",
			    json_pack("{s:s, s:s}", "id", owner, "type", call->zone.id[0] ? "zone" : "organization"));
	return v;
}

/* ---- reading */

/* Whether the object has what the query asks for. */
static bool access__matches(struct api_call *call, const json_t *v)
{
	static const char *const filters[][3] = { { "mode", "mode", NULL },
						  { "configuration.target", "configuration", "target" },
						  { "configuration.value", "configuration", "value" },
						  { "configuration_target", "configuration", "target" },
						  { "configuration_value", "configuration", "value" } };

	for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++) {
		const char *want = api_query(call, filters[i][0]);
		const json_t *have = json_object_get(v, filters[i][1]);
		if (filters[i][2])
			have = json_object_get(have, filters[i][2]);
		if (want && !slice_eq(slice_str(want), slice_str(json_string_value(have))))
			return false;
	}
	const char *notes = api_query(call, "notes");
	return !notes || slice_contains(slice_str(json_string_value(json_object_get(v, "notes"))), slice_str(notes));
}

static void access_list(struct api_call *call)
{
	const struct access__noun *n = access__of(call);
	struct state_ruleset_owner o;
	struct api_page page;
	json_t *all = NULL, *list;
	int64_t total = 0;

	if (!access__owner(call, &o) || !api_page(call, ACCESS__PER_PAGE, ACCESS__PER_PAGE_MAX, &page))
		return;
	enum err e = state_access_list(call->state, &o, n->noun, &all);
	if (e != OK) {
		api_fail_store(call, e);
		return;
	}
	list = json_array();
	for (size_t i = 0; i < json_array_size(all); i++) {
		json_t *v = json_array_get(all, i);
		if (!access__matches(call, v))
			continue;
		if (total >= page.offset && total < page.offset + page.per_page)
			json_array_append(list, access__shown(call, n, v, o.id));
		total++;
	}
	json_decref(all);
	api_list(call, list, &page, total);
}

static void access_get(struct api_call *call)
{
	const struct access__noun *n = access__of(call);
	struct state_ruleset_owner o;
	json_t *v = NULL;

	if (!access__owner(call, &o))
		return;
	enum err e = state_access_get(call->state, &o, n->noun, access__id(call), &v);
	if (e == OK)
		api_ok(call, access__shown(call, n, v, o.id));
	else
		access__failed(call, e);
}

/* ---- changing */

static enum err access__check(struct api_call *call, const struct access__noun *n, const json_t *v, struct diag *d)
{
	if (n == &access__exclusions)
		return zone_waf_check_exclusion(v, d);
	return rule_read_check_one(v, n->noun, &call->node->limits, d);
}

/* The object that the body describes, over `before` (NULL: a new one), checked; NULL after api_fail. */
static json_t *access__read(struct api_call *call, const struct access__noun *n, const json_t *before)
{
	const json_t *body = api_object(call);
	char pointer[ACCESS__POINTER];
	struct diag d;

	if (!body)
		return NULL;
	json_t *v = before ? json_copy((json_t *)(uintptr_t)before) : json_object(), *bare = json_object();
	for (size_t i = 0; i < sizeof n->members / sizeof n->members[0] && n->members[i]; i++) {
		json_t *member = json_object_get(body, n->members[i]);
		if (member && !json_is_null(member))
			json_object_set(v, n->members[i], member);
		if (json_object_get(v, n->members[i]))
			json_object_set(bare, n->members[i], json_object_get(v, n->members[i]));
	}
	diag_init(&d);
	enum err e = access__check(call, n, bare, &d);
	json_decref(bare);
	if (e == OK)
		return v;
	json_decref(v);
	size_t at = (size_t)snprintf(pointer, sizeof pointer, "%s", d.where[0] ? "/" : "");
	for (size_t i = 0; d.where[i] && at + 2 < sizeof pointer; i++)
		if (d.where[i] != ']')
			pointer[at++] = d.where[i] == '.' || d.where[i] == '[' ? '/' : d.where[i];
	pointer[at] = '\0';
	api_fail(call, 400, ACCESS__INVALID, pointer, "%s", d.text);
	return NULL;
}

/* What may be there once: the thing that the rule is about. */
static void access__key(const json_t *v, char key[static ACCESS__KEY])
{
	const json_t *about = json_object_get(v, "configuration");
	json_t *exclusion = json_pack("[O?, O?, O?]", json_object_get(v, "rule"), json_object_get(v, "path"),
				      json_object_get(v, "parameter"));
	const json_t *urls = json_object_get(v, "urls");
	char *text = json_dumps(about ? about : urls ? urls : exclusion, JSON_COMPACT | JSON_SORT_KEYS);

	json_decref(exclusion);

	slice_cstr(slice_str(text ? text : ""), key, ACCESS__KEY);
	mem_free(text);
}

static void access__keep(struct api_call *call, const struct access__noun *n, const json_t *before)
{
	struct state_ruleset_owner o;
	char key[ACCESS__KEY];
	json_t *v = access__read(call, n, before);

	if (!v)
		return;
	access__key(v, key);
	if (access__owner(call, &o)) {
		enum err e = state_access_keep(call->state, &o, n->noun, key, v);
		if (e != OK)
			access__failed(call, e);
		else if (api_audit(call, before ? "update" : "create", n->audit,
				   json_string_value(json_object_get(v, "id")), before, v))
			api_ok(call, access__shown(call, n, json_incref(v), o.id));
	}
	json_decref(v);
}

static void access_create(struct api_call *call)
{
	access__keep(call, access__of(call), NULL);
}

static void access_change(struct api_call *call)
{
	const struct access__noun *n = access__of(call);
	struct state_ruleset_owner o;
	json_t *before = NULL;

	if (!access__owner(call, &o))
		return;
	enum err e = state_access_get(call->state, &o, n->noun, access__id(call), &before);
	if (e == OK)
		access__keep(call, n, before);
	else
		access__failed(call, e);
	json_decref(before);
}

static void access_delete(struct api_call *call)
{
	const struct access__noun *n = access__of(call);
	const char *id = access__id(call);
	struct state_ruleset_owner o;
	json_t *before = NULL;

	if (!access__owner(call, &o))
		return;
	enum err e = state_access_get(call->state, &o, n->noun, id, &before);
	if (e == OK)
		e = state_access_delete(call->state, &o, n->noun, id);
	if (e != OK)
		access__failed(call, e);
	else if (api_audit(call, "delete", n->audit, id, before, NULL))
		api_ok(call, json_pack("{s:s}", "id", id));
	json_decref(before);
}

/* ---- older products */

static void access_empty(struct api_call *call)
{
	struct api_page page;

	if (api_page(call, ACCESS__PER_PAGE, ACCESS__PER_PAGE_MAX, &page))
		api_list(call, json_array(), &page, 0);
}

static void access_gone(struct api_call *call)
{
	api_fail(call, 405, ACCESS__INVALID, NULL,
		 "This product has ended; use rulesets: phase http_request_firewall_custom, under /rulesets");
}

#define ACCESS__ROUTES(path, read, write, change)                                                                      \
	{ METHOD_GET, path, access_list, read, 0 }, { METHOD_POST, path, access_create, write, API_WRITE },            \
		{ METHOD_GET, path "/:id", access_get, read, 0 },                                                      \
		{ change, path "/:id", access_change, write, API_WRITE },                                              \
	{                                                                                                              \
		METHOD_DELETE, path "/:id", access_delete, write, API_WRITE                                            \
	}
#define ACCESS__OLD(path)                                                                                              \
	{ METHOD_GET, path, access_empty, STATE_RIGHT_FIREWALL_READ, 0 },                                              \
		{ METHOD_POST, path, access_gone, STATE_RIGHT_FIREWALL_WRITE, 0 },                                     \
		{ METHOD_PUT, path, access_gone, STATE_RIGHT_FIREWALL_WRITE, 0 },                                      \
	{                                                                                                              \
		METHOD_DELETE, path, access_gone, STATE_RIGHT_FIREWALL_WRITE, 0                                        \
	}

const struct api_route *api_access_routes(void)
{
	static const struct api_route routes[] = {
		ACCESS__ROUTES("zones/:zone/firewall/access_rules/rules", STATE_RIGHT_FIREWALL_READ,
			       STATE_RIGHT_FIREWALL_WRITE, METHOD_PATCH),
		ACCESS__ROUTES("accounts/:account/firewall/access_rules/rules", STATE_RIGHT_ACCOUNT_READ,
			       STATE_RIGHT_ACCOUNT_WRITE, METHOD_PATCH),
		ACCESS__ROUTES("user/firewall/access_rules/rules", STATE_RIGHT_ACCOUNT_READ, STATE_RIGHT_ACCOUNT_WRITE,
			       METHOD_PATCH),
		ACCESS__ROUTES("zones/:zone/firewall/lockdowns", STATE_RIGHT_FIREWALL_READ, STATE_RIGHT_FIREWALL_WRITE,
			       METHOD_PUT),
		ACCESS__ROUTES("zones/:zone/firewall/ua_rules", STATE_RIGHT_FIREWALL_READ, STATE_RIGHT_FIREWALL_WRITE,
			       METHOD_PUT),
		ACCESS__ROUTES("zones/:zone/firewall/waf/exclusions", STATE_RIGHT_FIREWALL_READ,
			       STATE_RIGHT_FIREWALL_WRITE, METHOD_PUT),
		ACCESS__OLD("zones/:zone/firewall/rules"),
		ACCESS__OLD("zones/:zone/filters"),
		ACCESS__OLD("zones/:zone/rate_limits"),
		ACCESS__OLD("zones/:zone/firewall/waf/packages"),
		ACCESS__OLD("zones/:zone/pagerules"),
		{ 0 },
	};

	return routes;
}
