/* SPDX-License-Identifier: Apache-2.0 */
/* v1: see v1.h. */
#include "platform/v1.h"

#include "base/crypto.h"
#include "model/json_write.h"
#include "state/account.h"
#include "state/event.h"
#include "state/operation.h"
#include "wire/rfc3339.h"

#include <stdarg.h>
#include <stdio.h>

/* Codes of the framework (api_int.h) that have a form of their own here. */
enum { V1__BAD_JSON = 6007, V1__NO_ROUTE = 7003, V1__TEXT_BYTES = 1024, V1__TOKEN_MAX = 256 };

/* ---- who asks ---- */

static enum err v1__by_value(struct state *st, struct slice value, struct state_token *ret)
{
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] <= ' ' || value.p[i] > '~')
			return ERR_NOT_FOUND;
	return value.n && value.n <= V1__TOKEN_MAX ? state_token_find(st, value, ret) : ERR_NOT_FOUND;
}

enum err platform_v1_find(const struct api_dialect *of, struct state *st, const struct api_request *rq,
			  struct state_token *ret)
{
	const struct platform *p = of->arg;
	char id[BEARER_SUBJECT_BYTES];

	if (!rq->bearer.p)
		return rq->session.p ? api_auth_session(st, rq, ret) : ERR_NOT_FOUND;
	/* An API token itself will do as well; it has no dot. */
	if (slice_find(rq->bearer, '.') == SIZE_MAX)
		return v1__by_value(st, rq->bearer, ret);
	enum err e = platform_bearer_read(&p->key, BEARER_TOKEN, rq->bearer, st->now_ms, id);
	if (e != OK)
		return e == ERR_SYSTEM ? e : ERR_NOT_FOUND;
	return state_token_get(st, slice_str(id), ret);
}

bool platform_v1_auth(struct api_call *call)
{
	const struct api_request rq = { .method = call->method,
					.bearer = call->bearer,
					.session = call->session,
					.csrf = call->csrf,
					.foreign = call->foreign };
	enum err e = platform_v1_find(call->dialect, call->state, &rq, &call->token);

	if (e == OK && state_token_check(&call->token, call->state->now_ms, &call->client) == STATE_TOKEN_USABLE) {
		api_auth_session_used(call);
		return true;
	}
	if (e == ERR_BLOCKED)
		platform_v1_error(call, 403,
				  "a change by a session needs the header Seawall-CSRF with the value that GET "
				  "/client/v4/seawall/session tells");
	else if (e == OK || e == ERR_NOT_FOUND)
		platform_v1_error(call, 401,
				  "unauthorized - you are not authenticated or your token has expired; exchange "
				  "an API token at /v1/tokens/exchange");
	else
		api_fail_store(call, e);
	return false;
}

/* ---- the answer as text ---- */

/* What the framework refused, in our form. */
static json_t *v1__translated(const struct api_call *call)
{
	const json_t *first = json_array_get(call->errors, 0);
	json_int_t code = json_integer_value(json_object_get(first, "code"));
	const char *text = json_string_value(json_object_get(first, "message"));
	char all[V1__TEXT_BYTES];

	if (code == V1__NO_ROUTE)
		return json_pack("{s:s, s:s}", "resource", "path", "error", "not found");
	snprintf(all, sizeof all, "%s%s", code == V1__BAD_JSON ? "There was a problem in the JSON you submitted: " : "",
		 text ? text : "it failed");
	return json_pack("{s:o}", "error", json_string(all));
}

enum err platform_v1_write(const struct api_call *call, struct buf *out)
{
	json_t *v = call->errors ? v1__translated(call) : json_incref(call->result);
	enum err e = v ? json_write(v, out) : OK;

	json_decref(v);
	return e;
}

/* ---- what was asked ---- */

bool platform_v1_app(struct api_call *call, struct state_app *ret)
{
	enum err e = state_app_get(call->state, api_param(call, "app"), ret);

	if (e != OK)
		platform_v1_state(call, e, "app");
	return e == OK;
}

bool platform_v1_idle_app(struct api_call *call, struct state_app *ret)
{
	bool busy = false;

	if (!platform_v1_app(call, ret))
		return false;
	enum err e = state_operation_busy(call->state, ret->id, &busy);
	if (e != OK)
		api_fail_store(call, e);
	else if (busy)
		platform_v1_error(call, 409, "an operation is under way on %s (%s); try again when it has ended",
				  ret->name, ret->status);
	return e == OK && !busy;
}

json_t *platform_v1_root(struct api_call *call, const char *root, bool bare)
{
	json_t *v = json_object_get(call->body, root);

	if (json_is_object(v))
		return v;
	if (bare && json_is_object(call->body) && !v)
		return call->body;
	platform_v1_invalid(call, root, v ? "should be an object" : "missing field");
	return NULL;
}

bool platform_v1_string(struct api_call *call, const json_t *object, const char *name, size_t bytes_max,
			const char **ret)
{
	const json_t *v = json_object_get(object, name);

	if (!v || json_is_null(v))
		return true;
	if (!json_is_string(v))
		platform_v1_invalid(call, name, "should be a string");
	else if (json_string_length(v) > bytes_max)
		platform_v1_invalid(call, name, "is too long (maximum is %zu bytes)", bytes_max);
	else
		*ret = json_string_value(v);
	return !call->answered;
}

bool platform_v1_bool(struct api_call *call, const json_t *object, const char *name, bool *ret)
{
	const json_t *v = json_object_get(object, name);

	if (!v || json_is_null(v))
		return true;
	if (!json_is_boolean(v))
		platform_v1_invalid(call, name, "should be true or false");
	else
		*ret = json_is_true(v);
	return !call->answered;
}

bool platform_v1_page(struct api_call *call, struct api_page *ret)
{
	return api_page(call, 20, 100, ret);
}

const char *platform_v1_text(struct api_call *call, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *p = n < 0 ? NULL : arena_alloc(&call->arena, (size_t)n + 1);
	if (p)
		vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return p ? p : "";
}

const char *platform_v1_base(struct api_call *call)
{
	return platform_v1_text(call, "%s://%.*s", call->secure ? "https" : "http", SLICE_ARG(call->host));
}

/* ---- answers ---- */

void platform_v1_ok(struct api_call *call, uint16_t status, const char *root, json_t *v)
{
	api_json(call, status, json_pack("{s:o}", root, v));
}

void platform_v1_list(struct api_call *call, const char *root, json_t *list, const struct api_page *page, int64_t total)
{
	int64_t pages = (total + page->per_page - 1) / page->per_page;
	json_t *meta = json_pack("{s:I, s:o, s:o, s:I, s:I}", "current_page", (json_int_t)page->page, "prev_page",
				 page->page > 1 ? json_integer(page->page - 1) : json_null(), "next_page",
				 page->page < pages ? json_integer(page->page + 1) : json_null(), "total_pages",
				 (json_int_t)(pages ? pages : 1), "total_count", (json_int_t)total);

	api_json(call, 200, json_pack("{s:o, s:{s:o}}", root, list, "meta", "pagination", meta));
}

void platform_v1_error(struct api_call *call, uint16_t status, const char *fmt, ...)
{
	char text[V1__TEXT_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	json_t *v = json_string(text);
	api_json(call, status, json_pack("{s:o}", "error", v ? v : json_string("it failed")));
}

void platform_v1_missing(struct api_call *call, const char *resource)
{
	api_json(call, 404, json_pack("{s:s, s:s}", "resource", resource, "error", "not found"));
}

void platform_v1_invalid(struct api_call *call, const char *field, const char *fmt, ...)
{
	char text[V1__TEXT_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	json_t *v = json_string(text);
	api_json(call, 422, json_pack("{s:{s:[o]}}", "errors", field, v ? v : json_string("is invalid")));
}

void platform_v1_state(struct api_call *call, enum err e, const char *resource)
{
	if (e == ERR_NOT_FOUND)
		platform_v1_missing(call, resource);
	else
		api_fail_store(call, e);
}

/* ---- small things ---- */

json_t *platform_v1_time(int64_t ms)
{
	char text[RFC3339_BYTES];

	if (ms == 0)
		return json_null();
	rfc3339_print(ms, text); /* six decimals */
	size_t n = strlen(text);
	memmove(text + n - 4, "Z", 2);
	return json_string(text);
}

const char *platform_v1_uuid(const char *prefix, const char *id, char ret[static V1_USER_BYTES])
{
	snprintf(ret, V1_USER_BYTES, "%s%.8s-%.4s-%.4s-%.4s-%.12s", prefix, id, id + 8, id + 12, id + 16, id + 20);
	return ret;
}

enum err platform_v1_email(struct api_call *call, char ret[static STATE_APP_OWNER_BYTES])
{
	struct state_user u;

	TRY(state_account_user(call->state, &u));
	snprintf(ret, STATE_APP_OWNER_BYTES, "%s", u.email);
	json_decref(u.profile);
	return OK;
}

/* The id of somebody of whom nothing but the address is known: always the same. */
static void v1__foreign(const char *email, char ret[static STATE_ID_BYTES])
{
	uint8_t hash[CRYPTO_SHA256_BYTES] = { 0 };

	(void)!crypto_sha256(slice_str(email), hash);
	for (size_t i = 0; i < STATE_ID_BYTES / 2; i++)
		snprintf(ret + 2 * i, 3, "%02x", hash[i]);
}

json_t *platform_v1_owner(struct api_call *call, const char *email)
{
	struct state_user u = { .email = "" };
	char id[V1_USER_BYTES], foreign[STATE_ID_BYTES];

	if (state_account_user(call->state, &u) == OK)
		json_decref(u.profile);
	if (strcmp(u.email, email) != 0) {
		v1__foreign(email, foreign);
		memcpy(u.id, foreign, sizeof foreign);
	}
	size_t at = slice_find(slice_str(email), '@');
	return json_pack("{s:s, s:s%, s:s}", "id", platform_v1_uuid("us-", u.id, id), "username", email,
			 at == SIZE_MAX ? strlen(email) : at, "email", email);
}

bool platform_v1_done(struct api_call *call, const struct state_app *a, const char *type, json_t *data)
{
	enum err e = state_event_add(call->state, a, type, data);
	bool ok = e == OK && api_audit(call, type, "app", a->id, NULL, data);

	if (e != OK)
		api_fail_store(call, e);
	json_decref(data);
	return ok;
}
