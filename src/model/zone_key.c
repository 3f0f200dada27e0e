/* SPDX-License-Identifier: Apache-2.0 */
/* zone_key: see zone_key.h. Source of members and bounds: Cloudflare, cache/how-to/cache-keys. */
#include "model/zone_key.h"

#include "base/mem.h"
#include "base/text.h"
#include "wire/field.h"

enum { ZONE_KEY__TEXT_BYTES = 4096 };

static const struct json_read_member zone_key__members[] = {
	{ "ignore_query_strings_order", JSON_READ_BOOL, false },
	{ "cache_by_device_type", JSON_READ_BOOL, false },
	{ "cache_deception_armor", JSON_READ_BOOL, false },
	{ "custom_key", JSON_READ_OBJECT, false },
	{ NULL, JSON_READ_BOOL, false },
};
static const struct json_read_member zone_key__custom_members[] = {
	{ "query_string", JSON_READ_OBJECT, false }, { "header", JSON_READ_OBJECT, false },
	{ "cookie", JSON_READ_OBJECT, false },       { "user", JSON_READ_OBJECT, false },
	{ "host", JSON_READ_OBJECT, false },         { NULL, JSON_READ_BOOL, false },
};
static const struct json_read_member zone_key__header_members[] = {
	{ "include", JSON_READ_ARRAY, false },
	{ "check_presence", JSON_READ_ARRAY, false },
	{ "exclude_origin", JSON_READ_BOOL, false },
	{ NULL, JSON_READ_BOOL, false },
};
static const struct json_read_member zone_key__cookie_members[] = {
	{ "include", JSON_READ_ARRAY, false },
	{ "check_presence", JSON_READ_ARRAY, false },
	{ NULL, JSON_READ_BOOL, false },
};
static const struct json_read_member zone_key__user_members[] = {
	{ "device_type", JSON_READ_BOOL, false },
	{ "lang", JSON_READ_BOOL, false },
	{ "geo", JSON_READ_BOOL, false },
	{ NULL, JSON_READ_BOOL, false },
};
static const struct json_read_member zone_key__host_members[] = {
	{ "resolved", JSON_READ_BOOL, false },
	{ NULL, JSON_READ_BOOL, false },
};

/* The rule while it is read; its texts go behind it. */
struct zone_key__build {
	struct json_read *r;
	struct cache_key_rule *key;
	struct text text;
};

/* Header fields that may never be part of a key: they frame, condition or steer the request, or the edge sets them. */
static bool zone_key__is_barred(struct slice name)
{
	static const struct slice barred[] = {
		SLICE_INIT("connection"),
		SLICE_INIT("content-length"),
		SLICE_INIT("cache-control"),
		SLICE_INIT("if-match"),
		SLICE_INIT("if-modified-since"),
		SLICE_INIT("if-none-match"),
		SLICE_INIT("if-range"),
		SLICE_INIT("if-unmodified-since"),
		SLICE_INIT("range"),
		SLICE_INIT("upgrade"),
		SLICE_INIT("cookie"),
		SLICE_INIT("host"),
		SLICE_INIT("authorization"),
	};

	for (size_t i = 0; i < sizeof barred / sizeof barred[0]; i++)
		if (slice_eq_nocase(name, barred[i]))
			return true;
	return slice_starts_nocase(name, SLICE("cf-"));
}

/* Appends one name to the rule; lower: header names, which are compared so. */
static enum err zone_key__name(struct zone_key__build *b, const json_t *v, bool token, bool lower, uint16_t *count)
{
	struct cache_key_rule *key = b->key;
	struct slice name = json_read_string(v);

	if (!json_is_string(v) || name.n == 0 || (token && !field_is_token(name)))
		return json_read_fail(b->r, "must be a name");
	if (lower && zone_key__is_barred(name))
		return json_read_fail(b->r, "\"%.*s\" cannot be part of a key", SLICE_ARG(slice_first(name, 80)));
	if (key->names_n == CACHE_KEY_NAMES_MAX || b->text.cap - b->text.n < name.n)
		return json_read_fail(b->r, "one key can have %d names of %d bytes in all", CACHE_KEY_NAMES_MAX,
				      ZONE_KEY__TEXT_BYTES);
	char *at = b->text.p + b->text.n;
	for (size_t i = 0; i < name.n; i++)
		text_byte(&b->text, lower ? slice_lower(name.p[i]) : name.p[i]);
	key->names[key->names_n++] = slice_of(at, name.n);
	(*count)++;
	return OK;
}

static enum err zone_key__names(struct zone_key__build *b, const json_t *object, const char *member, bool lower,
				uint16_t *count)
{
	const json_t *list = json_object_get(object, member);
	size_t mark = json_read_in(b->r, member);

	for (size_t i = 0; i < json_array_size(list); i++) {
		size_t element = json_read_in_index(b->r, i);
		TRY(zone_key__name(b, json_array_get(list, i), true, lower, count));
		json_read_out(b->r, element);
	}
	json_read_out(b->r, mark);
	return OK;
}

/* {"list": […]}, {"all": true}, […] or ["*"]. */
static enum err zone_key__params(struct zone_key__build *b, const json_t *v, enum cache_key_query some,
				 enum cache_key_query all)
{
	const json_t *list = json_is_object(v) ? json_object_get(v, "list") : v;
	size_t n = json_array_size(list);

	if (json_is_object(v) && json_is_true(json_object_get(v, "all")) && json_object_size(v) == 1) {
		b->key->query = (uint8_t)all;
		return OK;
	}
	if (!json_is_array(list) || n == 0 || (json_is_object(v) && json_object_size(v) != 1))
		return json_read_fail(b->r, "must be {\"list\": […]} or {\"all\": true}");
	if (n == 1 && slice_eq(json_read_string(json_array_get(list, 0)), SLICE("*"))) {
		b->key->query = (uint8_t)all;
		return OK;
	}
	b->key->query = (uint8_t)some;
	for (size_t i = 0; i < n; i++) {
		size_t element = json_read_in_index(b->r, i);
		TRY(zone_key__name(b, json_array_get(list, i), false, false, &b->key->params_n));
		json_read_out(b->r, element);
	}
	return OK;
}

static enum err zone_key__query(struct zone_key__build *b, const json_t *query)
{
	const json_t *include = json_object_get(query, "include"), *exclude = json_object_get(query, "exclude");
	size_t mark = json_read_in(b->r, "query_string");

	if (query && ((include != NULL) == (exclude != NULL) || json_object_size(query) != 1))
		return json_read_fail(b->r, "needs include or exclude, one of the two");
	size_t member = json_read_in(b->r, include ? "include" : "exclude");
	if (include)
		TRY(zone_key__params(b, include, CACHE_KEY_QUERY_ONLY, CACHE_KEY_QUERY_ALL));
	else if (exclude)
		TRY(zone_key__params(b, exclude, CACHE_KEY_QUERY_WITHOUT, CACHE_KEY_QUERY_NONE));
	json_read_out(b->r, member);
	json_read_out(b->r, mark);
	return OK;
}

static enum err zone_key__header(struct zone_key__build *b, const json_t *header)
{
	size_t mark = json_read_in(b->r, "header");

	if (!header) {
		json_read_out(b->r, mark);
		return OK;
	}
	TRY(json_read_object(b->r, header, zone_key__header_members));
	if (!json_read_bool(header, "exclude_origin", true)) {
		json_read_in(b->r, "exclude_origin");
		return json_read_fail(b->r, "can only be true: Origin is part of a key when it is included by name, or "
					    "when answers vary on it");
	}
	TRY(zone_key__names(b, header, "include", true, &b->key->headers_n));
	TRY(zone_key__names(b, header, "check_presence", true, &b->key->present_n));
	json_read_out(b->r, mark);
	return OK;
}

static enum err zone_key__cookie(struct zone_key__build *b, const json_t *cookie)
{
	size_t mark = json_read_in(b->r, "cookie");

	if (cookie) {
		TRY(json_read_object(b->r, cookie, zone_key__cookie_members));
		TRY(zone_key__names(b, cookie, "include", false, &b->key->cookies_n));
		TRY(zone_key__names(b, cookie, "check_presence", false, &b->key->cookies_present_n));
	}
	json_read_out(b->r, mark);
	return OK;
}

/* A switch that nothing here can follow. */
static enum err zone_key__off(const struct json_read *r, const json_t *object, const char *member, const char *why)
{
	struct json_read at = *r;

	if (!json_read_bool(object, member, false))
		return OK;
	json_read_in(&at, member);
	return json_read_fail(&at, "cannot be true: %s", why);
}

static enum err zone_key__custom(struct zone_key__build *b, const json_t *custom)
{
	const json_t *user = json_object_get(custom, "user"), *host = json_object_get(custom, "host");

	TRY(json_read_object(b->r, custom, zone_key__custom_members));
	/* In this order: it is that of the names. */
	TRY(zone_key__query(b, json_object_get(custom, "query_string")));
	TRY(zone_key__header(b, json_object_get(custom, "header")));
	TRY(zone_key__cookie(b, json_object_get(custom, "cookie")));
	size_t mark = json_read_in(b->r, "user");
	if (user)
		TRY(json_read_object(b->r, user, zone_key__user_members));
	TRY(zone_key__off(b->r, user, "geo", "there is no database of locations on this node"));
	b->key->lang = json_read_bool(user, "lang", false);
	b->key->device |= json_read_bool(user, "device_type", false);
	json_read_out(b->r, mark);
	mark = json_read_in(b->r, "host");
	if (host)
		TRY(json_read_object(b->r, host, zone_key__host_members));
	TRY(zone_key__off(b->r, host, "resolved", "keys have the host that the visitor asked for"));
	json_read_out(b->r, mark);
	return OK;
}

static enum err zone_key__read(struct zone_key__build *b, const json_t *v)
{
	const json_t *custom = json_object_get(v, "custom_key");

	TRY(json_read_object(b->r, v, zone_key__members));
	TRY(zone_key__off(b->r, v, "cache_deception_armor",
			  "what a file is called is not compared with its type here"));
	b->key->sort = json_read_bool(v, "ignore_query_strings_order", false);
	b->key->device = json_read_bool(v, "cache_by_device_type", false);
	if (!custom)
		return OK;
	size_t mark = json_read_in(b->r, "custom_key");
	TRY(zone_key__custom(b, custom));
	json_read_out(b->r, mark);
	return OK;
}

enum err zone_key_read(struct json_read *r, const json_t *key, struct cache_key_rule **ret)
{
	size_t mark = json_read_in(r, "cache_key");
	struct zone_key__build b = { .r = r, .key = mem_alloc(sizeof *b.key + ZONE_KEY__TEXT_BYTES) };

	b.text = text_of(b.key + 1, ZONE_KEY__TEXT_BYTES);
	enum err e = zone_key__read(&b, key);
	if (e != OK) {
		mem_free(b.key);
		return e;
	}
	json_read_out(r, mark);
	*ret = b.key;
	return OK;
}
