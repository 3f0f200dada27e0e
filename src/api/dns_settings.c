/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_settings: how a zone's DNS behaves as a whole. What this version acts on can be changed (flatten_all_cnames, the
 * same as the setting cname_flattening); the rest can be read, and written as it is only.
 */
#include "api/dns_records.h"
#include "state/setting.h"

enum { DNS_SETTINGS__BAD = 1004 };

static json_t *dns_settings__json(struct api_call *call, bool flatten_all)
{
	const char *first = call->node->nameservers_n ? call->node->nameservers[0] : "";
	char rname[STATE_NAME_BYTES + 16];
	struct text t = text_of(rname, sizeof rname - 1);

	text_printf(&t, "hostmaster.%s", call->zone.name);
	rname[t.n] = '\0';
	return json_pack("{s:b, s:b, s:b, s:{s:s}, s:i, s:b, s:{s:s, s:s, s:i, s:i, s:i, s:i, s:i}, s:s}",
			 "flatten_all_cnames", flatten_all, "foundation_dns", 0, "multi_provider", 0, "nameservers",
			 "type", call->zone.vanity[0] ? "custom.zone" : "cloudflare.standard", "ns_ttl", 86400,
			 "secondary_overrides", 0, "soa", "mname", first, "rname", rname, "refresh", 10000, "retry",
			 2400, "expire", 604800, "min_ttl", 1800, "ttl", 3600, "zone_mode", "standard");
}

void api_dns_settings_get(struct api_call *call)
{
	bool flatten_all;
	enum err e = state_setting_flatten_all(call->state, call->zone.id, &flatten_all);

	if (e == OK)
		api_ok(call, dns_settings__json(call, flatten_all));
	else
		api_fail_store(call, e);
}

/* Members that are given must be what they are, but for flatten_all_cnames. False after an answer. */
static bool dns_settings__judge(struct api_call *call, json_t *body, const json_t *now)
{
	const char *name;
	json_t *v;

	json_object_foreach(body, name, v)
	{
		char at[64];
		struct text t = text_of(at, sizeof at - 1);

		text_printf(&t, "/%.60s", name);
		at[t.n] = '\0';
		if (strcmp(name, "flatten_all_cnames") == 0 ? json_is_boolean(v)
							    : json_equal(v, json_object_get(now, name)))
			continue;
		api_fail(call, 400, DNS_SETTINGS__BAD, at, "%s",
			 strcmp(name, "flatten_all_cnames") == 0 ? "It must be true or false."
								 : "This version acts on flatten_all_cnames only.");
		return false;
	}
	return true;
}

void api_dns_settings_patch(struct api_call *call)
{
	json_t *body = api_object(call), *before, *after, *value;
	bool flatten_all;
	struct diag d;
	enum err e;

	if (!body)
		return;
	e = state_setting_flatten_all(call->state, call->zone.id, &flatten_all);
	if (e != OK) {
		api_fail_store(call, e);
		return;
	}
	before = dns_settings__json(call, flatten_all);
	if (!dns_settings__judge(call, body, before)) {
		json_decref(before);
		return;
	}
	if (json_object_get(body, "flatten_all_cnames"))
		flatten_all = json_is_true(json_object_get(body, "flatten_all_cnames"));
	value = json_string(flatten_all ? "flatten_all" : "flatten_at_root");
	diag_init(&d);
	e = state_setting_set(call->state, call->zone.id, state_setting_find(SLICE("cname_flattening")), value, &d);
	json_decref(value);
	after = dns_settings__json(call, flatten_all);
	if (e != OK)
		api_fail_store(call, e);
	else if (api_audit(call, "update", "dns_settings", call->zone.id, before, after))
		api_ok(call, json_incref(after));
	json_decref(before);
	json_decref(after);
}
