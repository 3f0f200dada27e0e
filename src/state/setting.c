/* SPDX-License-Identifier: Apache-2.0 */
/* setting: see setting.h. */
#include "state/setting.h"

#include "base/check.h"
#include "model/zone_ciphers.h"

enum state_setting_kind {
	STATE_SETTING_ONOFF,
	STATE_SETTING_CHOICE,
	STATE_SETTING_NUMBER,
	STATE_SETTING_SECURITY,
	STATE_SETTING_CIPHERS,
	STATE_SETTING_PATHS,
	STATE_SETTING_VALUE
};

struct state_setting_info {
	const char *id;
	enum state_setting_kind kind;
	const char *standard, *values, *member, *why;
};

static const struct state_setting_info state_setting__rows[] = {
#define SETTING(id, kind, standard, values, member, why) { #id, STATE_SETTING_##kind, standard, values, member, why },
#include "state/setting.def"
#undef SETTING
};

enum {
	STATE_SETTING__COUNT = sizeof state_setting__rows / sizeof state_setting__rows[0],
	STATE_SETTING__YEAR_S = 31536000,
	STATE_SETTING__CIPHERS_MAX = 32,
};

static const char state_setting__development[] = "development_mode";

const struct state_setting_info *state_setting_find(struct slice id)
{
	for (size_t i = 0; i < STATE_SETTING__COUNT; i++)
		if (slice_eq(slice_str(state_setting__rows[i].id), id))
			return &state_setting__rows[i];
	return NULL;
}

const char *state_setting_id(const struct state_setting_info *info)
{
	return info->id;
}

/* ---- values ---- */

static json_t *state_setting__standard(const struct state_setting_info *info)
{
	json_t *v = json_loads(info->standard, JSON_DECODE_ANY, NULL);

	CHECK(v != NULL);
	return v;
}

static bool state_setting__acts(const struct state_setting_info *info)
{
	return info->member[0] != '\0';
}

static bool state_setting__is(const struct state_setting_info *info, const char *id)
{
	return slice_eq(slice_str(info->id), slice_str(id));
}

/* Whether the word is one of "a|b|c". */
static bool state_setting__is_one_of(struct slice word, const char *values)
{
	struct slice rest = slice_str(values);

	while (rest.p)
		if (slice_eq(slice_split(&rest, '|'), word))
			return true;
	return false;
}

static bool state_setting__is_within(const json_t *value, const char *values)
{
	struct slice rest = slice_str(values), low = slice_split(&rest, '-');
	uint64_t min = 0, max = 0;

	CHECK(slice_u64(low, &min) && slice_u64(rest, &max));
	return json_is_integer(value) && json_integer_value(value) >= (json_int_t)min &&
	       json_integer_value(value) <= (json_int_t)max;
}

static const char state_setting__transport[] = "strict_transport_security";

/* {"strict_transport_security": {…}}: a preloaded site promises a year for all names below it. */
static enum err state_setting__security(const json_t *value, struct diag *d)
{
	static const char where[] = "/value/strict_transport_security";
	int enabled = 0, subdomains = 0, preload = 0, nosniff = 0;
	json_int_t max_age_s = 0;

	if (json_unpack((json_t *)(uintptr_t)value, "{s:{s?b, s?I, s?b, s?b, s?b !} !}", state_setting__transport,
			"enabled", &enabled, "max_age", &max_age_s, "include_subdomains", &subdomains, "preload",
			&preload, "nosniff", &nosniff) != 0)
		return diag_set(d, ERR_RANGE, where,
				"it is an object of enabled, max_age, include_subdomains, preload and nosniff");
	if (max_age_s < 0 || max_age_s > STATE_SETTING__YEAR_S * 2)
		return diag_set(d, ERR_RANGE, where, "max_age must be 0 to %d seconds", STATE_SETTING__YEAR_S * 2);
	if (preload && (!enabled || !subdomains || max_age_s < STATE_SETTING__YEAR_S))
		return diag_set(d, ERR_RANGE, where,
				"preload needs enabled, include_subdomains and a max_age of %d seconds",
				STATE_SETTING__YEAR_S);
	return OK;
}

static enum err state_setting__ciphers(const json_t *value, struct diag *d)
{
	if (!json_is_array(value) || json_array_size(value) > STATE_SETTING__CIPHERS_MAX)
		return diag_set(d, ERR_RANGE, "/value", "it is an array of at most %d names of cipher suites",
				STATE_SETTING__CIPHERS_MAX);
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *v = json_array_get(value, i);
		struct slice name = slice_of(json_string_value(v), json_string_length(v));
		if (!json_is_string(v) || !zone_ciphers_is_known(name))
			return diag_set(d, ERR_RANGE, "/value",
					"\"%.*s\" is no cipher suite of TLS 1.2 that is offered here, such as "
					"ECDHE-ECDSA-AES128-GCM-SHA256",
					SLICE_ARG(slice_first(name, 60)));
	}
	return OK;
}

/* Up to eight prefixes below /.well-known/; an empty list: the zone makes no exception for validations. */
static enum err state_setting__paths(const json_t *value, struct diag *d)
{
	enum { PATHS_MAX = 8, PATH_BYTES_MAX = 128 };

	if (!json_is_array(value) || json_array_size(value) > PATHS_MAX)
		return diag_set(d, ERR_RANGE, "/value", "it must be an array of at most %d paths", PATHS_MAX);
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *v = json_array_get(value, i);
		struct slice s = slice_of(json_string_value(v), json_string_length(v));
		if (!slice_starts(s, SLICE("/.well-known/")) || !slice_ends(s, SLICE("/")) || s.n > PATH_BYTES_MAX)
			return diag_set(d, ERR_RANGE, "/value",
					"each path must begin with /.well-known/, end with / and have at most %d bytes",
					PATH_BYTES_MAX);
	}
	return OK;
}

static enum err state_setting__judge(const struct state_setting_info *info, const json_t *value, struct diag *d)
{
	struct slice word = slice_of(json_string_value(value), json_string_length(value));
	json_t *standard;

	switch (info->kind) {
	case STATE_SETTING_ONOFF:
		if (state_setting__is_one_of(word, "on|off"))
			return OK;
		return diag_set(d, ERR_RANGE, "/value", "it must be \"on\" or \"off\"");
	case STATE_SETTING_CHOICE:
		if (state_setting__is_one_of(word, info->values))
			return OK;
		return diag_set(d, ERR_RANGE, "/value", "it must be one of %s", info->values);
	case STATE_SETTING_NUMBER:
		if (state_setting__is_within(value, info->values))
			return OK;
		return diag_set(d, ERR_RANGE, "/value", "it must be a whole number, %s", info->values);
	case STATE_SETTING_SECURITY:
		return state_setting__security(value, d);
	case STATE_SETTING_CIPHERS:
		return state_setting__ciphers(value, d);
	case STATE_SETTING_PATHS:
		return state_setting__paths(value, d);
	case STATE_SETTING_VALUE:
		break;
	}
	standard = state_setting__standard(info);
	bool same = json_equal(standard, value);
	json_decref(standard);
	return same ? OK : diag_set(d, ERR_RANGE, "/value", "it can only be %s: %s", info->standard, info->why);
}

/* ---- rows ---- */

/* What is stored, or NULL; *ret_ms: when it was set. */
static enum err state_setting__stored(struct state *st, const char *zone_id, const struct state_setting_info *info,
				      json_t **ret, int64_t *ret_ms)
{
	struct store_use u =
		store_use(st->store, "SELECT value_json, modified_ms FROM setting WHERE zone_id = ?1 AND id = ?2");

	*ret = NULL;
	*ret_ms = 0;
	store_put_text(&u, slice_str(zone_id));
	store_put_text(&u, slice_str(info->id));
	if (store_next(&u)) {
		*ret = state_column_json(&u, 0);
		*ret_ms = store_int(&u, 1);
	}
	return store_done(&u);
}

/* Seconds until development mode ends, minus those since; 0: it is off. */
static int64_t state_setting__left_s(const struct state *st, const json_t *value, int64_t modified_ms)
{
	int64_t left_ms = modified_ms + (int64_t)STATE_SETTING_DEVELOPMENT_S * 1000 - st->now_ms;

	if (!value || !slice_eq(slice_str(json_string_value(value)), SLICE("on")))
		return 0;
	return left_ms > 0 ? (left_ms + 999) / 1000 : left_ms / 1000 - (left_ms > -1000);
}

static json_t *state_setting__shown(const struct state *st, const struct state_setting_info *info, json_t *stored,
				    int64_t modified_ms)
{
	bool development = state_setting__is(info, state_setting__development);
	int64_t left_s = development ? state_setting__left_s(st, stored, modified_ms) : 0;
	json_t *value = stored && !(development && left_s <= 0) ? json_incref(stored) : state_setting__standard(info);
	json_t *shown = json_pack("{s:s, s:o, s:b, s:o}", "id", info->id, "value", value, "editable",
				  state_setting__acts(info), "modified_on", state_time(modified_ms));

	CHECK(shown != NULL);
	if (development)
		CHECK(json_object_set_new(shown, "time_remaining", json_integer(left_s > 0 ? left_s : 0)) == 0);
	return shown;
}

enum err state_setting_get(struct state *st, const char *zone_id, const struct state_setting_info *info, json_t **ret)
{
	json_t *stored;
	int64_t ms;
	enum err e = state_setting__stored(st, zone_id, info, &stored, &ms);

	if (e == OK)
		*ret = state_setting__shown(st, info, stored, ms);
	json_decref(stored);
	return e;
}

/* What is stored of a zone, by the place in the table. */
struct state_setting__zone {
	json_t *values[STATE_SETTING__COUNT];
	int64_t modified_ms[STATE_SETTING__COUNT];
};

static void state_setting__forget(struct state_setting__zone *z)
{
	for (size_t i = 0; i < STATE_SETTING__COUNT; i++)
		json_decref(z->values[i]);
}

/* errors: as store_done; nothing is held then. */
static enum err state_setting__load(struct state *st, const char *zone_id, struct state_setting__zone *z)
{
	struct store_use u = store_use(st->store, "SELECT id, value_json, modified_ms FROM setting WHERE zone_id = ?1");

	*z = (struct state_setting__zone){ 0 };
	store_put_text(&u, slice_str(zone_id));
	while (store_next(&u)) {
		const struct state_setting_info *info = state_setting_find(store_text(&u, 0));
		size_t at = info ? (size_t)(info - state_setting__rows) : 0;
		if (!info || z->values[at])
			continue; /* of a newer program */
		z->values[at] = state_column_json(&u, 1);
		z->modified_ms[at] = store_int(&u, 2);
	}
	enum err e = store_done(&u);
	if (e != OK)
		state_setting__forget(z);
	return e;
}

enum err state_setting_list(struct state *st, const char *zone_id, json_t **ret_array)
{
	struct state_setting__zone z;

	TRY(state_setting__load(st, zone_id, &z));
	*ret_array = json_array();
	for (size_t i = 0; i < STATE_SETTING__COUNT; i++)
		CHECK(json_array_append_new(*ret_array, state_setting__shown(st, &state_setting__rows[i], z.values[i],
									     z.modified_ms[i])) == 0);
	state_setting__forget(&z);
	return OK;
}

enum err state_setting_set(struct state *st, const char *zone_id, const struct state_setting_info *info,
			   const json_t *value, struct diag *d)
{
	TRY(state_setting__judge(info, value, d));
	if (!state_setting__acts(info))
		return OK; /* the default, as it is anyway */
	struct store_use u =
		store_use(st->store, "INSERT INTO setting(zone_id, id, value_json, modified_ms) VALUES(?1, ?2, ?3, ?4)"
				     "ON CONFLICT(zone_id, id) DO UPDATE SET value_json = ?3, modified_ms = ?4");
	store_put_text(&u, slice_str(zone_id));
	store_put_text(&u, slice_str(info->id));
	state_put_json(&u, value);
	store_put_int(&u, st->now_ms);
	state_touch_zone(st, zone_id);
	return store_done(&u);
}

enum err state_setting_development(struct state *st, const char *zone_id, int64_t *ret_s)
{
	const struct state_setting_info *info = state_setting_find(slice_str(state_setting__development));
	json_t *stored;
	int64_t ms;
	enum err e = state_setting__stored(st, zone_id, info, &stored, &ms);

	if (e == OK)
		*ret_s = state_setting__left_s(st, stored, ms);
	json_decref(stored);
	return e;
}

/* ---- the plan ---- */

/* What an edge is told: on and off are booleans there, and development mode is the moment when it ends. */
static json_t *state_setting__compiled(const struct state_setting_info *info, json_t *stored, int64_t modified_ms)
{
	json_t *value = stored ? json_incref(stored) : state_setting__standard(info), *out;
	bool on = slice_eq(slice_str(json_string_value(value)), SLICE("on"));

	if (state_setting__is(info, state_setting__development))
		out = json_integer(on ? modified_ms / 1000 + STATE_SETTING_DEVELOPMENT_S : 0);
	else if (info->kind == STATE_SETTING_SECURITY)
		out = json_incref(json_object_get(value, state_setting__transport));
	else
		out = info->kind == STATE_SETTING_ONOFF ? json_boolean(on) : json_incref(value);
	json_decref(value);
	return out;
}

/* Acted on by who makes the dns item or another part of the zone item, not by a member of its name. */
static bool state_setting__elsewhere(const struct state_setting_info *info)
{
	return slice_starts(slice_str(info->member), SLICE("dns.")) ||
	       slice_starts(slice_str(info->member), SLICE("zone."));
}

enum err state_setting_flatten_all(struct state *st, const char *zone_id, bool *ret)
{
	static const char all[] = "flatten_all";
	json_t *setting;

	TRY(state_setting_get(st, zone_id, state_setting_find(SLICE("cname_flattening")), &setting));
	const char *value = json_string_value(json_object_get(setting, "value"));
	*ret = value && strcmp(value, all) == 0;
	json_decref(setting);
	return OK;
}

enum err state_setting_compile(struct state *st, const char *zone_id, json_t *item)
{
	struct state_setting__zone z;

	TRY(state_setting__load(st, zone_id, &z));
	for (size_t i = 0; i < STATE_SETTING__COUNT; i++) {
		const struct state_setting_info *info = &state_setting__rows[i];
		if (state_setting__acts(info) && !state_setting__elsewhere(info))
			CHECK(json_object_set_new(item, info->member,
						  state_setting__compiled(info, z.values[i], z.modified_ms[i])) == 0);
	}
	state_setting__forget(&z);
	return OK;
}
