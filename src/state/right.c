/* SPDX-License-Identifier: Apache-2.0 */
/* right: see right.h. */
#include "state/right.h"

#include "base/check.h"

#include <stdio.h>

#define STATE_RIGHT__ACCOUNT "com.cloudflare.api.account."
#define STATE_RIGHT__ZONE "com.cloudflare.api.account.zone."
#define STATE_RIGHT__USER "com.cloudflare.api.user."

enum { STATE_RIGHT__POLICIES_MAX = 64, STATE_RIGHT__MEMBERS_MAX = 1000 };

static const struct state_right_info state_right__rows[] = {
	{ "", "", STATE_RIGHT_OF_USER },
#define RIGHT(name, id, text, level) { id, text, STATE_RIGHT_OF_##level },
#include "state/right.def"
#undef RIGHT
};

STATIC_CHECK(STATE_RIGHTS <= 64, "rights fit a mask");

const struct state_right_info *state_right_info(enum state_right right)
{
	CHECK(right > STATE_RIGHT_NONE && right < STATE_RIGHTS);
	return &state_right__rows[right];
}

static enum state_right state_right__find(const json_t *group)
{
	const char *id = json_string_value(json_object_get(group, "id"));
	const char *name = json_string_value(json_object_get(group, "name"));

	for (size_t i = 1; i < STATE_RIGHTS; i++) {
		if (id ? strcmp(id, state_right__rows[i].id) == 0
		       : name && strcmp(name, state_right__rows[i].name) == 0)
			return (enum state_right)i;
	}
	return STATE_RIGHT_NONE;
}

/* ---- what policies allow ---- */

static bool state_right__denies(const json_t *policy)
{
	const char *effect = json_string_value(json_object_get(policy, "effect"));

	return effect && strcmp(effect, "deny") == 0;
}

/*
 * Whether who has one right has the other by it: writing means reading, and whoever may do anything in a zone may see
 * that it is there (clients look a zone up by its name with a token for its records).
 */
static bool state_right__means(const struct state_right_info *have, const struct state_right_info *want)
{
	struct slice h = slice_str(have->name), w = slice_str(want->name);
	static const struct slice read = SLICE_INIT(" Read"), write = SLICE_INIT(" Write");

	if (want == &state_right__rows[STATE_RIGHT_ZONE_READ])
		return have->level == STATE_RIGHT_OF_ZONE;
	return slice_ends(h, write) && slice_ends(w, read) &&
	       slice_eq(slice_first(h, h.n - write.n), slice_first(w, w.n - read.n));
}

static bool state_right__has_group(const json_t *policy, enum state_right right)
{
	const json_t *groups = json_object_get(policy, "permission_groups");
	bool allows = !state_right__denies(policy); /* what is denied is denied by its own name only */

	for (size_t i = 0; i < json_array_size(groups); i++) {
		enum state_right have = state_right__find(json_array_get(groups, i));
		if (have == right ||
		    (allows && have && state_right__means(&state_right__rows[have], &state_right__rows[right])))
			return true;
	}
	return false;
}

/* "com.cloudflare.api.account.zone." and id or "*": whether it covers the zone; zone NULL: whether it covers any. */
static bool state_right__covers_zone(const char *resource, const char *zone)
{
	struct slice s = slice_str(resource);

	if (!slice_starts(s, SLICE(STATE_RIGHT__ZONE)))
		return false;
	s = slice_from(s, sizeof STATE_RIGHT__ZONE - 1);
	return !zone || slice_eq(s, SLICE("*")) || slice_eq(s, slice_str(zone));
}

/* One member of `resources`: an account with all, or some, of its zones counts for them too. */
static bool state_right__covers(const char *resource, const json_t *value, enum state_right_level level,
				const char *zone)
{
	struct slice s = slice_str(resource);
	const char *inner;
	json_t *ignored;

	if (level == STATE_RIGHT_OF_USER)
		return slice_starts(s, SLICE(STATE_RIGHT__USER));
	if (slice_starts(s, SLICE(STATE_RIGHT__ZONE)))
		return level == STATE_RIGHT_OF_ZONE && state_right__covers_zone(resource, zone);
	if (!slice_starts(s, SLICE(STATE_RIGHT__ACCOUNT)))
		return false;
	if (level == STATE_RIGHT_OF_ACCOUNT || json_is_string(value))
		return true;
	json_object_foreach((json_t *)(uintptr_t)value, inner,
			    ignored) if (state_right__covers_zone(inner, zone)) return true;
	return false;
}

static bool state_right__policy_covers(const json_t *policy, enum state_right right, const char *zone)
{
	json_t *resources = json_object_get(policy, "resources"), *value;
	const char *key;

	if (!state_right__has_group(policy, right))
		return false;
	json_object_foreach(resources, key, value) if (state_right__covers(key, value, state_right__rows[right].level,
									   zone)) return true;
	return false;
}

bool state_right_allowed(const json_t *policies, enum state_right right, const char *zone)
{
	bool allowed = false;

	if (right == STATE_RIGHT_NONE)
		return true;
	for (size_t i = 0; i < json_array_size(policies); i++) {
		const json_t *policy = json_array_get(policies, i);
		if (!state_right__policy_covers(policy, right, zone))
			continue;
		/* Denied somewhere is not denied everywhere when no zone is meant. */
		if (state_right__denies(policy) && (zone || state_right__rows[right].level != STATE_RIGHT_OF_ZONE))
			return false;
		allowed |= !state_right__denies(policy);
	}
	return allowed;
}

static void state_right__add_zone(json_t *ids, const char *resource)
{
	if (slice_starts(slice_str(resource), SLICE(STATE_RIGHT__ZONE)))
		json_array_append_new(ids, json_string(resource + sizeof STATE_RIGHT__ZONE - 1));
}

static void state_right__add_zones(json_t *ids, const json_t *policy)
{
	json_t *resources = json_object_get(policy, "resources"), *value, *ignored;
	const char *key, *inner;

	json_object_foreach(resources, key, value)
	{
		state_right__add_zone(ids, key);
		if (json_is_object(value))
			json_object_foreach(value, inner, ignored) state_right__add_zone(ids, inner);
	}
}

/* Without the ids for which the right is denied after all. */
static json_t *state_right__filtered(const json_t *policies, enum state_right right, json_t *ids)
{
	json_t *left = json_array();

	for (size_t i = 0; i < json_array_size(ids); i++)
		if (state_right_allowed(policies, right, json_string_value(json_array_get(ids, i))))
			json_array_append(left, json_array_get(ids, i));
	json_decref(ids);
	return left;
}

json_t *state_right_zones(const json_t *policies, enum state_right right)
{
	json_t *ids = json_array();
	bool all = false;

	for (size_t i = 0; i < json_array_size(policies); i++) {
		const json_t *policy = json_array_get(policies, i);
		if (state_right__denies(policy) || !state_right__has_group(policy, right))
			continue;
		/* No zone has this id: who covers it covers all. */
		all |= state_right__policy_covers(policy, right, "?");
		state_right__add_zones(ids, policy);
	}
	ids = state_right__filtered(policies, right, ids);
	if (!all)
		return ids;
	json_decref(ids);
	return NULL;
}

/* ---- what clients send ---- */

static enum err state_right__groups(const json_t *given, const char *at, json_t *ret, struct diag *d)
{
	const json_t *groups = json_object_get(given, "permission_groups");
	size_t n = json_array_size(groups);
	char where[DIAG_WHERE_BYTES];

	snprintf(where, sizeof where, "%s/permission_groups", at);
	if (n == 0 || n > STATE_RIGHT__MEMBERS_MAX)
		return diag_set(d, ERR_SYNTAX, where, "must be an array of permission groups");
	json_t *list = json_array();
	json_object_set_new(ret, "permission_groups", list);
	for (size_t i = 0; i < n; i++) {
		enum state_right right = state_right__find(json_array_get(groups, i));
		snprintf(where, sizeof where, "%s/permission_groups/%zu", at, i);
		if (right == STATE_RIGHT_NONE)
			return diag_set(
				d, ERR_SYNTAX, where,
				"there is no such permission group; GET /user/tokens/permission_groups lists them");
		json_array_append_new(list, json_pack("{s:s, s:s}", "id", state_right__rows[right].id, "name",
						      state_right__rows[right].name));
	}
	return OK;
}

static bool state_right__resource(const char *key)
{
	struct slice s = slice_str(key);

	return slice_starts(s, SLICE(STATE_RIGHT__ACCOUNT)) || slice_starts(s, SLICE(STATE_RIGHT__USER));
}

static enum err state_right__resources(const json_t *given, const char *at, json_t *ret, struct diag *d)
{
	json_t *resources = json_object_get(given, "resources"), *value;
	char where[DIAG_WHERE_BYTES];
	const char *key;
	bool good = json_object_size(resources) > 0 && json_object_size(resources) <= STATE_RIGHT__MEMBERS_MAX;

	snprintf(where, sizeof where, "%s/resources", at);
	json_object_foreach(resources, key, value) good &=
		state_right__resource(key) && (json_is_string(value) || json_is_object(value));
	if (!good)
		return diag_set(d, ERR_SYNTAX, where,
				"must be an object like {\"" STATE_RIGHT__ZONE
				"<zone id>\": \"*\"} or {\"" STATE_RIGHT__ACCOUNT "<account id>\": \"*\"}");
	json_object_set(ret, "resources", resources);
	return OK;
}

static enum err state_right__policy(const json_t *given, size_t i, json_t *ret, struct diag *d)
{
	char at[64], where[DIAG_WHERE_BYTES], id[STATE_ID_BYTES];
	const char *effect = json_string_value(json_object_get(given, "effect"));

	snprintf(at, sizeof at, "/policies/%zu", i);
	snprintf(where, sizeof where, "%s/effect", at);
	if (!effect || (strcmp(effect, "allow") != 0 && strcmp(effect, "deny") != 0))
		return diag_set(d, ERR_SYNTAX, where, "must be \"allow\" or \"deny\"");
	state_new_id(id);
	json_object_set_new(ret, "id", json_string(id));
	json_object_set_new(ret, "effect", json_string(effect));
	TRY(state_right__resources(given, at, ret, d));
	return state_right__groups(given, at, ret, d);
}

enum err state_right_policies(const json_t *given, json_t **ret, struct diag *d)
{
	size_t n = json_array_size(given);

	if (n == 0 || n > STATE_RIGHT__POLICIES_MAX)
		return diag_set(d, ERR_SYNTAX, "/policies", "must be an array of 1 to %d policies",
				STATE_RIGHT__POLICIES_MAX);
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++) {
		json_t *policy = json_object();
		json_array_append_new(list, policy);
		enum err e = state_right__policy(json_array_get(given, i), i, policy, d);
		if (e != OK) {
			json_decref(list);
			return e;
		}
	}
	*ret = list;
	return OK;
}
