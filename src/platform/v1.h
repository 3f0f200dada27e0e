/* SPDX-License-Identifier: Apache-2.0 */
/*
 * v1: what handlers below /v1 share: who asks, members of bodies, answers and refusals in the form that clients of
 * Scalingo's API know: {"app":{…}}, {"error":"…"}, {"resource":"app","error":"not found"}, {"errors":{"name":["…"]}}.
 */
#ifndef PLATFORM_V1_H
#define PLATFORM_V1_H

#include "platform/platform_int.h"
#include "state/app.h"

enum { V1_USER_BYTES = 48 };

/* The parts of struct api_dialect. */
bool platform_v1_auth(struct api_call *call);
enum err platform_v1_find(const struct api_dialect *of, struct state *st, const struct api_request *rq,
			  struct state_token *ret) MUST_USE;
enum err platform_v1_write(const struct api_call *call, struct buf *out) MUST_USE;

/* ---- what was asked ---- */

/* The app of ":app". False after an answer. */
bool platform_v1_app(struct api_call *call, struct state_app *ret) MUST_USE;
/* The same, when nothing is under way on it; else 409. False after an answer. */
bool platform_v1_idle_app(struct api_call *call, struct state_app *ret) MUST_USE;
/*
 * The object under a root member of the body; bare: members at the root will do as well. NULL after an answer.
 * Borrowed from the call.
 */
json_t *platform_v1_root(struct api_call *call, const char *root, bool bare);
/* Members: true when it is absent or null (*ret untouched) or good, false after an answer. */
bool platform_v1_string(struct api_call *call, const json_t *object, const char *name, size_t bytes_max,
			const char **ret) MUST_USE;
bool platform_v1_bool(struct api_call *call, const json_t *object, const char *name, bool *ret) MUST_USE;
/* page and per_page of the query; false after an answer. */
bool platform_v1_page(struct api_call *call, struct api_page *ret) MUST_USE;
/* "https://HOST" as the client reached us; in the call's arena. */
const char *platform_v1_base(struct api_call *call) __attribute__((returns_nonnull));
/* Text by printf in the call's arena; "" when that is full. */
const char *platform_v1_text(struct api_call *call, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));

/* ---- answers ---- */

/* {root: v}; the reference is taken over. */
void platform_v1_ok(struct api_call *call, uint16_t status, const char *root, json_t *v);
/* The same with meta.pagination. */
void platform_v1_list(struct api_call *call, const char *root, json_t *list, const struct api_page *page,
		      int64_t total);
/* {"error": text}. */
void platform_v1_error(struct api_call *call, uint16_t status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* 404 of a resource: "app", "domain" … */
void platform_v1_missing(struct api_call *call, const char *resource);
/* 422: what is wrong with a field. */
void platform_v1_invalid(struct api_call *call, const char *field, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The answer to an error of the state: 404 of the resource for ERR_NOT_FOUND. */
void platform_v1_state(struct api_call *call, enum err e, const char *resource);

/* ---- small things ---- */

/* A time as clients see it, three decimals; null for 0. */
json_t *platform_v1_time(int64_t ms);
/* An id of 32 digits with a prefix as "us-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx". Returns ret. */
const char *platform_v1_uuid(const char *prefix, const char *id, char ret[static V1_USER_BYTES]);
/* Who an e-mail address is: id, username, email. The caller's reference. */
json_t *platform_v1_owner(struct api_call *call, const char *email);
/* The node's user as owner of new apps. errors: as store_done. */
enum err platform_v1_email(struct api_call *call, char ret[static STATE_APP_OWNER_BYTES]) MUST_USE;
/* Writes the event and the audit row of a change; data (reference taken over, may be NULL) is of the event. False after
 * an answer. */
bool platform_v1_done(struct api_call *call, const struct state_app *a, const char *type, json_t *data) MUST_USE;

#endif
