/* SPDX-License-Identifier: Apache-2.0 */
/* api_call: see api_call.h. What handlers read and how they answer. */
#include "api/api_call.h"

#include "api/api_int.h"
#include "api/routes.h"
#include "base/check.h"
#include "state/audit.h"
#include "supervisor/say.h"
#include "wire/rfc3339.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- what was asked ---- */

struct slice api_param(const struct api_call *call, const char *name)
{
	size_t i = api_routes_segment(call->route, name);

	return i < call->segments_n ? call->segments[i] : SLICE("");
}

const char *api_query_at(struct api_call *call, const char *name, size_t i)
{
	struct slice rest = call->query;

	while (rest.n) {
		struct slice value = slice_split(&rest, '&'), key = slice_split(&value, '=');
		char *key_text = arena_alloc(&call->arena, key.n + 1), *text = arena_alloc(&call->arena, value.n + 1);
		size_t key_n, n;
		if (!key_text || !text || !api_routes_decode(key, true, key_text, &key_n) ||
		    !slice_eq(slice_of(key_text, key_n), slice_str(name)) || i-- > 0)
			continue;
		if (!api_routes_decode(value, true, text, &n))
			return NULL;
		text[n] = '\0';
		return text;
	}
	return NULL;
}

const char *api_query(struct api_call *call, const char *name)
{
	return api_query_at(call, name, 0);
}

/* A number of the query from 1 on; false when it is none. */
static bool api_call__number(struct api_call *call, const char *name, int64_t absent, int64_t *ret)
{
	const char *text = api_query(call, name);
	uint64_t v;

	*ret = absent;
	if (!text)
		return true;
	if (!slice_u64(slice_str(text), &v)) {
		api_fail(call, 400, API_BAD_QUERY, NULL, "%s must be a number, not \"%.40s\"", name, text);
		return false;
	}
	*ret = v > INT32_MAX ? INT32_MAX : v == 0 ? 1 : (int64_t)v;
	return true;
}

bool api_page(struct api_call *call, int64_t per_page_default, int64_t per_page_max, struct api_page *ret)
{
	if (!api_call__number(call, "page", 1, &ret->page) ||
	    !api_call__number(call, "per_page", per_page_default, &ret->per_page))
		return false;
	if (ret->per_page > per_page_max)
		ret->per_page = per_page_max;
	ret->offset = (ret->page - 1) * ret->per_page;
	return true;
}

json_t *api_object(struct api_call *call)
{
	if (json_is_object(call->body))
		return call->body;
	api_fail(call, 400, API_BAD_BODY, "", "the body must be a JSON object%s",
		 call->body ? "" : ", but there is none");
	return NULL;
}

/* The member when it is there; false after api_fail. */
static bool api_call__member(struct api_call *call, struct api_member m, const json_t **ret)
{
	const json_t *v = json_object_get(m.object, m.name);

	*ret = json_is_null(v) ? NULL : v;
	if (*ret || !m.required)
		return true;
	char pointer[API_TEXT_BYTES];
	snprintf(pointer, sizeof pointer, "%s/%s", m.at, m.name);
	api_fail(call, 400, API_BAD_BODY, pointer, "%s is required", m.name);
	return false;
}

/* Refuses a member; false. */
static bool api_call__refuse(struct api_call *call, struct api_member m, const char *what)
{
	char pointer[API_TEXT_BYTES];

	snprintf(pointer, sizeof pointer, "%s/%s", m.at, m.name);
	api_fail(call, 400, API_BAD_BODY, pointer, "%s must be %s", m.name, what);
	return false;
}

bool api_string(struct api_call *call, struct api_member m, size_t bytes_max, const char **ret)
{
	const json_t *v;
	char what[80];

	if (!api_call__member(call, m, &v))
		return false;
	if (!v)
		return true;
	snprintf(what, sizeof what, "a string of at most %zu bytes", bytes_max);
	if (!json_is_string(v) || json_string_length(v) > bytes_max)
		return api_call__refuse(call, m, what);
	if (m.required && json_string_length(v) == 0)
		return api_call__refuse(call, m, "a string that is not empty");
	*ret = json_string_value(v);
	return true;
}

bool api_bool(struct api_call *call, struct api_member m, bool *ret)
{
	const json_t *v;

	if (!api_call__member(call, m, &v))
		return false;
	if (!v)
		return true;
	if (!json_is_boolean(v))
		return api_call__refuse(call, m, "true or false");
	*ret = json_is_true(v);
	return true;
}

bool api_int(struct api_call *call, struct api_member m, int64_t min, int64_t max, int64_t *ret)
{
	const json_t *v;
	char what[80];

	if (!api_call__member(call, m, &v))
		return false;
	if (!v)
		return true;
	snprintf(what, sizeof what, "a whole number from %lld to %lld", (long long)min, (long long)max);
	if (!json_is_integer(v) || json_integer_value(v) < min || json_integer_value(v) > max)
		return api_call__refuse(call, m, what);
	*ret = json_integer_value(v);
	return true;
}

bool api_array(struct api_call *call, struct api_member m, size_t count_max, json_t **ret)
{
	const json_t *v;
	char what[80];

	if (!api_call__member(call, m, &v))
		return false;
	if (!v)
		return true;
	snprintf(what, sizeof what, "an array of at most %zu elements", count_max);
	if (!json_is_array(v) || json_array_size(v) > count_max)
		return api_call__refuse(call, m, what);
	*ret = (json_t *)(uintptr_t)v;
	return true;
}

bool api_date(struct api_call *call, struct api_member m, int64_t *ret)
{
	const char *text = NULL;

	if (!api_string(call, m, 64, &text))
		return false;
	if (!text || rfc3339_parse(slice_str(text), ret) == OK)
		return true;
	return api_call__refuse(call, m, "a date like 2026-12-31T00:00:00Z");
}

bool api_may(const struct api_call *call, enum state_right right, const char *zone)
{
	return right == STATE_RIGHT_NONE || (call->token.id[0] && state_token_allows(&call->token, right, zone));
}

/* ---- answers ---- */

static void api_call__answered(struct api_call *call, uint16_t status)
{
	CHECK(!call->answered);
	call->answered = true;
	call->status = status;
}

void api_ok(struct api_call *call, json_t *result)
{
	api_call__answered(call, 200);
	call->result = result;
}

void api_list(struct api_call *call, json_t *list, const struct api_page *page, int64_t total)
{
	api_call__answered(call, 200);
	call->result = list;
	api_info(call, "page", json_integer(page->page));
	api_info(call, "per_page", json_integer(page->per_page));
	api_info(call, "count", json_integer((json_int_t)json_array_size(list)));
	api_info(call, "total_count", json_integer(total));
	api_info(call, "total_pages", json_integer((total + page->per_page - 1) / page->per_page));
}

void api_text(struct api_call *call, uint16_t status, struct slice type, struct slice text)
{
	api_call__answered(call, status);
	call->text = text;
	call->text_type = type;
}

void api_json(struct api_call *call, uint16_t status, json_t *v)
{
	api_call__answered(call, status);
	call->result = v;
	if (!v) {
		call->text = SLICE("");
		call->text_type = SLICE("");
	}
}

void api_cookie(struct api_call *call, struct slice cookie)
{
	call->cookie = cookie;
}

void api_location(struct api_call *call, struct slice url)
{
	call->location = url;
}

void api_info(struct api_call *call, const char *member, json_t *value)
{
	if (!call->info)
		call->info = json_object();
	json_object_set_new(call->info, member, value);
}

/* Text of people and clients may be cut in the middle of a character, or be none at all. */
static json_t *api_call__text(const char *text)
{
	json_t *v = json_string(text);
	char ascii[API_TEXT_BYTES];
	size_t n = 0;

	if (v)
		return v;
	for (; *text && n < sizeof ascii - 1; text++)
		ascii[n++] = (signed char)*text < 0 ? '?' : *text;
	ascii[n] = '\0';
	return json_string(ascii);
}

static json_t *api_call__error(struct api_call *call, uint16_t status, int code, const char *text)
{
	CHECK(status >= 400 && status <= 599 && status != 409);
	api_call__answered(call, status);
	json_t *e = json_object();
	json_object_set_new(e, "code", json_integer(code));
	json_object_set_new(e, "message", api_call__text(text));
	if (!call->errors)
		call->errors = json_array();
	json_array_append_new(call->errors, e);
	return e;
}

void api_fail(struct api_call *call, uint16_t status, int code, const char *pointer, const char *fmt, ...)
{
	char text[API_TEXT_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	json_t *e = api_call__error(call, status, code, text);
	if (pointer) {
		json_t *source = json_object();
		json_object_set_new(source, "pointer", api_call__text(pointer));
		json_object_set_new(e, "source", source);
	}
}

void api_fail_chain(struct api_call *call, uint16_t status, int code, const char *text, int cause,
		    const char *cause_text)
{
	json_t *e = api_call__error(call, status, code, text);

	json_object_set_new(e, "error_chain", json_pack("[{s:i, s:s}]", "code", cause, "message", cause_text));
}

void api_fail_also(struct api_call *call, int code, const char *text)
{
	CHECK(call->answered && call->errors);
	json_array_append_new(call->errors, json_pack("{s:i, s:s}", "code", code, "message", text));
}

void api_fail_store(struct api_call *call, enum err e)
{
	say("api", "event=store_failed path=\"%.*s\" error=%s reason=\"%s\"", SLICE_ARG(call->path), err_name(e),
	    store_reason(call->state->store));
	api_fail(call, e == ERR_SYSTEM ? 503 : 500, API_BROKEN, NULL,
		 "the state cannot be read or written; the log of the node says why");
}

void api_say(struct api_call *call, int code, const char *fmt, ...)
{
	char text[API_TEXT_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (!call->messages)
		call->messages = json_array();
	if (json_array_size(call->messages) == API_MESSAGES_MAX)
		return;
	json_array_append_new(call->messages,
			      json_pack("{s:i, s:o, s:n}", "code", code, "message", api_call__text(text), "type"));
}

bool api_audit(struct api_call *call, const char *action, const char *noun, const char *object, const json_t *before,
	       const json_t *after)
{
	const struct state_audit a = { .action = action,
				       .noun = noun,
				       .object = object,
				       .zone = call->zone.id[0] ? call->zone.id : NULL,
				       .before = before,
				       .after = after };
	enum err e = state_audit_add(call->state, &a);

	if (e != OK)
		api_fail_store(call, e);
	return e == OK;
}
