/* SPDX-License-Identifier: Apache-2.0 */
/* settings: settings of a zone, one by one or many in one call. */
#include "state/setting.h"

#include "api/api_int.h"
#include "api/routes.h"
#include "api/ssl_doctor.h"

#include <stdio.h>

enum {
	SETTINGS__UNKNOWN = 1006,
	SETTINGS__INVALID = 1007,
	SETTINGS__ITEMS_MAX = 200,
	SETTINGS__POINTER = 64,
	SETTINGS__WORD = 32,
	SETTINGS__DOCTOR = 1016,
};

static const char settings__noun[] = "zone_setting", settings__always[] = "always_use_https";

static bool settings__is(const struct state_setting_info *info, const char *id)
{
	return slice_eq(slice_str(state_setting_id(info)), slice_str(id));
}

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

/* The word that a setting of the zone has now; false after api_fail. */
static bool settings__word(struct api_call *call, const char *id, char ret[static SETTINGS__WORD])
{
	json_t *v;
	enum err e = state_setting_get(call->state, call->zone.id, state_setting_find(slice_str(id)), &v);

	if (e != OK) {
		api_fail_store(call, e);
		return false;
	}
	const char *word = json_string_value(json_object_get(v, "value"));
	slice_cstr(slice_str(word ? word : ""), ret, SETTINGS__WORD);
	json_decref(v);
	return true;
}

/*
 * Always Use HTTPS does not act where the mode is off, since the two would send visitors to and fro. Whoever switches
 * it on is refused; whoever sets the mode to off is told. Looked at when all of a call is set, in whatever order.
 */
static bool settings__agree(struct api_call *call, bool always_given)
{
	char mode[SETTINGS__WORD], always[SETTINGS__WORD];

	if (!settings__word(call, "ssl", mode) || !settings__word(call, settings__always, always))
		return false;
	if (!slice_eq(slice_str(mode), SLICE("off")) || !slice_eq(slice_str(always), SLICE("on")))
		return true;
	if (always_given) {
		api_fail(call, 400, SETTINGS__INVALID, "/value",
			 "Invalid value for zone setting always_use_https: it cannot be on while the setting ssl is "
			 "off, "
			 "which sends visitors from https to http; set ssl to full or strict first");
		return false;
	}
	api_say(call, SETTINGS__INVALID,
		"always_use_https is on, but does not act while ssl is off: visitors over https are sent to http");
	return true;
}

static void settings_patch(struct api_call *call)
{
	const struct state_setting_info *info = settings__find(call, api_param(call, "setting"), NULL);
	const json_t *body = info ? api_object(call) : NULL;
	json_t *v;

	if (!body || !settings__set(call, info, body, "", &v))
		return;
	if (settings__agree(call, settings__is(info, settings__always)))
		api_ok(call, v);
	else
		json_decref(v);
}

/* ---- the SSL mode, after a look at the origins ---- */

/* The turn in which it is stored. */
static const struct api_route settings__store = { METHOD_PATCH, "zones/:zone/settings/:setting", settings_patch,
						  STATE_RIGHT_SETTINGS_WRITE, API_WRITE };

/* Not refused: an app may be mended after its mode. But nobody can say that he was not told. */
static void settings__looked(void *arg, json_t *found)
{
	struct api_call *call = arg;
	const char *mode = json_string_value(json_object_get(call->body, "value")), *why;
	const char *better = json_string_value(json_object_get(found, "recommended"));

	if (!ssl_doctor_works(found, mode, &why))
		api_say(call, SETTINGS__DOCTOR, "ssl %s will not work: %s%s%s%s", mode, why, better ? ". " : "",
			better ? better : "", better ? " would" : "");
	else if (why[0])
		api_say(call, SETTINGS__DOCTOR, "ssl %s will work, but: %s", mode, why);
	else if (json_array_size(json_object_get(found, "origins")))
		api_say(call, SETTINGS__DOCTOR, "ssl %s will work with the origins that were asked", mode);
	json_decref(found);
	api_again(call, &settings__store);
}

static void settings_ssl(struct api_call *call)
{
	const char *given = api_query(call, "doctor");
	bool skip = given && slice_eq(slice_str(given), SLICE("false"));

	if (skip || !call->doctor || !json_is_string(json_object_get(call->body, "value")) ||
	    !ssl_doctor_visit(call->doctor, call->zone.name, settings__looked, call))
		api_again(call, &settings__store);
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
	bool always = false;

	if (!body || !api_array(call, (struct api_member){ body, "", "items", true }, SETTINGS__ITEMS_MAX, &items))
		return;
	list = json_array();
	for (size_t i = 0; i < json_array_size(items); i++) {
		if (!settings__item(call, json_array_get(items, i), i, list)) {
			json_decref(list);
			return;
		}
		const char *id = json_string_value(json_object_get(json_array_get(items, i), "id"));
		always = always || slice_eq(slice_str(id ? id : ""), slice_str(settings__always));
	}
	if (settings__agree(call, always))
		api_ok(call, list);
	else
		json_decref(list);
}

const struct api_route *api_settings_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "zones/:zone/settings", settings_list, STATE_RIGHT_SETTINGS_READ, 0 },
		{ METHOD_PATCH, "zones/:zone/settings", settings_patch_many, STATE_RIGHT_SETTINGS_WRITE, API_WRITE },
		{ METHOD_PATCH, "zones/:zone/settings/ssl", settings_ssl, STATE_RIGHT_SETTINGS_WRITE, API_LATER },
		{ METHOD_GET, "zones/:zone/settings/:setting", settings_get, STATE_RIGHT_SETTINGS_READ, 0 },
		{ METHOD_PATCH, "zones/:zone/settings/:setting", settings_patch, STATE_RIGHT_SETTINGS_WRITE,
		  API_WRITE },
		{ 0 },
	};

	return routes;
}
