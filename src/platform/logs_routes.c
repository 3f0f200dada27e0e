/* SPDX-License-Identifier: Apache-2.0 */
/* logs_routes: where the log of an app is read (logs_stream.h), and its archives. */
#include "platform/routes.h"
#include "platform/v1.h"
#include "state/account.h"

/* The URL of an app's log, with its token and a '?', behind which clients put more. NULL after an answer. */
static const char *logs__url(struct api_call *call, const struct state_app *a, const char *behind)
{
	struct state_user u = { .email = "" };
	char user[V1_USER_BYTES];
	const char *url = NULL;
	struct buf token;

	if (state_account_user(call->state, &u) == OK)
		json_decref(u.profile);
	platform_v1_uuid("us-", u.id, user);
	buf_init(&token, BEARER_BYTES_MAX);
	if (platform_bearer_make(&platform_of(call)->key, BEARER_LOGS, a->id, user, call->state->now_ms, &token) == OK)
		url = platform_v1_text(call, "%s/apps/%s/logs%s?token=%.*s", platform_v1_base(call), a->id, behind,
				       SLICE_ARG(buf_slice(&token)));
	else
		platform_v1_error(call, 503, "no token can be made now");
	buf_fini(&token);
	return url;
}

static void logs_get(struct api_call *call)
{
	struct state_app a;

	if (!platform_v1_app(call, &a))
		return;
	const char *url = logs__url(call, &a, "");
	if (url)
		api_json(call, 200, json_pack("{s:o, s:s}", "app", platform_apps_json(call, &a), "logs_url", url));
}

static void logs_archives(struct api_call *call)
{
	struct platform *p = platform_of(call);
	struct platform_logs_file f;
	struct state_app a;

	if (!platform_v1_app(call, &a))
		return;
	json_t *list = json_array();
	for (size_t i = 0; !call->answered && platform_logs_file(p->logs, a.id, i, &f); i++) {
		const char *url = logs__url(call, &a, platform_v1_text(call, "/%zu", i));
		if (url)
			json_array_append_new(list,
					      json_pack("{s:s, s:s, s:I, s:o, s:o}", "name", f.name, "url", url, "size",
							(json_int_t)f.bytes, "from", platform_v1_time(f.from_ms), "to",
							platform_v1_time(f.until_ms)));
	}
	if (!call->answered)
		api_json(call, 200, json_pack("{s:s, s:b, s:O}", "next_cursor", "", "has_more", 0, "archives", list));
	json_decref(list);
}

const struct api_route *platform_logs_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "/v1/apps/:app/logs", logs_get, STATE_RIGHT_APPS_READ, 0 },
		{ METHOD_GET, "/v1/apps/:app/logs_archives", logs_archives, STATE_RIGHT_APPS_READ, 0 },
		{ 0 },
	};

	return routes;
}
