/* SPDX-License-Identifier: Apache-2.0 */
/* settings: settings of a zone, one by one or many in one call. */
#include "state/setting.h"

#include "api/api_int.h"
#include "api/routes.h"

#include <stdio.h>

enum {
	SETTINGS__UNKNOWN = 1006,
	SETTINGS__INVALID = 1007,
	SETTINGS__ITEMS_MAX = 200,
	SETTINGS__POINTER = 64,
};

static const char settings__noun[] = "zone_setting";

/* ---- reading ---- */

static void settings_list(struct api_call *call)
{
	json_t *list;
	enum err e = state_setting_list(call->state, call->zone.id, &list);

	if (e != OK)
		api_fail_store(call, e);
	else
		api_ok(call, list);
}

/* The row of that id; NULL after api_fail. */
static const struct state_setting_info *settings__find(struct api_call *call, struct slice id, const char *pointer)
{
	const struct state_setting_info *info = state_setting_find(id);

	if (!info)
		api_fail(call, 400, SETTINGS__UNKNOWN, pointer, "Unrecognized zone setting name: \"%.*s\"",
			 SLICE_ARG(slice_first(id, 64)));
	return info;
}

static void settings_get(struct api_call *call)
{
	const struct state_setting_info *info = settings__find(call, api_param(call, "setting"), NULL);
	json_t *v;

	if (!info)
		return;
	enum err e = state_setting_get(call->state, call->zone.id, info, &v);
	if (e != OK)
		api_fail_store(call, e);
	else
		api_ok(call, v);
}

/* ---- changing ---- */

/*
 * What a client may send of one setting: its value, and back what it was given. ssl_recommender has `enabled` instead
 * of `value`. Returns the value, borrowed from the body or kept by the call; NULL after api_fail.
 */
static json_t *settings__value(struct api_call *call, const json_t *object, const char *at, bool enabled)
{
	static const char *const known[] = { "id", "value", "editable", "modified_on", "time_remaining", "enabled" };
	char pointer[SETTINGS__POINTER + 64];
	json_t *v = json_object_get(object, enabled ? "enabled" : "value");
	const char *name;
	json_t *member;

	json_object_foreach((json_t *)(uintptr_t)object, name, member)
	{
		bool found = false;
		for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
			found |= slice_eq(slice_str(known[i]), slice_str(name));
		if (found)
			continue;
		snprintf(pointer, sizeof pointer, "%s/%.40s", at, name);
		api_fail(call, 400, SETTINGS__INVALID, pointer, "A setting has a value and nothing else to set");
		return NULL;
	}
	if (!v) {
		snprintf(pointer, sizeof pointer, "%s/%s", at, enabled ? "enabled" : "value");
		api_fail(call, 400, SETTINGS__INVALID, pointer, "The value is missing");
	}
	return v;
}

/* Sets one; its new form into *ret. False after api_fail. */
static bool settings__set(struct api_call *call, const struct state_setting_info *info, const json_t *object,
			  const char *at, json_t **ret)
{
	bool enabled = json_object_get(object, "enabled") && !json_object_get(object, "value");
	json_t *value = settings__value(call, object, at, enabled), *before = NULL, *after = NULL;
	char pointer[SETTINGS__POINTER + 16];
	struct diag d;
	enum err e;
	bool good;

	if (!value)
		return false;
	value = enabled ? json_pack("{s:O}", "enabled", value) : json_incref(value);
	diag_init(&d);
	e = state_setting_get(call->state, call->zone.id, info, &before);
	if (e == OK)
		e = state_setting_set(call->state, call->zone.id, info, value, &d);
	if (e == OK)
		e = state_setting_get(call->state, call->zone.id, info, &after);
	json_decref(value);
	if (e == ERR_RANGE && d.code != OK) {
		snprintf(pointer, sizeof pointer, "%s%s", at, enabled ? "/enabled" : "/value");
		api_fail(call, 400, SETTINGS__INVALID, pointer, "Invalid value for zone setting %s: %s",
			 state_setting_id(info), d.text);
	} else if (e != OK) {
		api_fail_store(call, e);
	}
	good = e == OK && (json_equal(before, after) ||
			   api_audit(call, "update", settings__noun, state_setting_id(info), before, after));
	json_decref(before);
	if (good)
		*ret = after;
	else
		json_decref(after);
	return good;
}

static void settings_patch(struct api_call *call)
{
	const struct state_setting_info *info = settings__find(call, api_param(call, "setting"), NULL);
	const json_t *body = info ? api_object(call) : NULL;
	json_t *v;

	if (body && settings__set(call, info, body, "", &v))
		api_ok(call, v);
}

/* One of the items of a call that sets many. False after api_fail. */
static bool settings__item(struct api_call *call, const json_t *item, size_t i, json_t *list)
{
	char at[SETTINGS__POINTER], pointer[SETTINGS__POINTER + 8];
	const struct state_setting_info *info;
	const char *id = NULL;
	json_t *v;

	snprintf(at, sizeof at, "/items/%zu", i);
	if (!json_is_object(item)) {
		api_fail(call, 400, SETTINGS__INVALID, at, "An item must be an object with id and value");
		return false;
	}
	if (!api_string(call, (struct api_member){ item, at, "id", true }, SETTINGS__POINTER, &id))
		return false;
	snprintf(pointer, sizeof pointer, "%s/id", at);
	info = settings__find(call, slice_str(id), pointer);
	if (!info || !settings__set(call, info, item, at, &v))
		return false;
	json_array_append_new(list, v);
	return true;
}

static void settings_patch_many(struct api_call *call)
{
	const json_t *body = api_object(call);
	json_t *items = NULL, *list;

	if (!body || !api_array(call, (struct api_member){ body, "", "items", true }, SETTINGS__ITEMS_MAX, &items))
		return;
	list = json_array();
	for (size_t i = 0; i < json_array_size(items); i++) {
		if (settings__item(call, json_array_get(items, i), i, list))
			continue;
		json_decref(list);
		return;
	}
	api_ok(call, list);
}

const struct api_route *api_settings_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "zones/:zone/settings", settings_list, STATE_RIGHT_SETTINGS_READ, 0 },
		{ METHOD_PATCH, "zones/:zone/settings", settings_patch_many, STATE_RIGHT_SETTINGS_WRITE, API_WRITE },
		{ METHOD_GET, "zones/:zone/settings/:setting", settings_get, STATE_RIGHT_SETTINGS_READ, 0 },
		{ METHOD_PATCH, "zones/:zone/settings/:setting", settings_patch, STATE_RIGHT_SETTINGS_WRITE,
		  API_WRITE },
		{ 0 },
	};

	return routes;
}
