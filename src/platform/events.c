/* SPDX-License-Identifier: Apache-2.0 */
/* events: timelines of apps and of the node, and deployments, which are events too: whoever put instances in place. */
#include "platform/routes.h"
#include "platform/v1.h"
#include "state/event.h"

static json_t *events__user(struct api_call *call, const json_t *row)
{
	char email[STATE_APP_OWNER_BYTES] = "";

	if (platform_v1_email(call, email) != OK)
		email[0] = '\0';
	json_t *user = platform_v1_owner(call, email);
	/* Several tokens act for one user: the name of the token says which of them it was. */
	json_object_set(user, "username", json_object_get(row, "user"));
	return user;
}

static void events__finish(struct api_call *call, json_t *row)
{
	json_t *user = events__user(call, row);

	json_object_set_new(row, "created_at",
			    platform_v1_time(json_integer_value(json_object_get(row, "created_at"))));
	json_object_set_new(row, "user", user);
	json_object_set(row, "user_id", json_object_get(user, "id"));
}

/* The rows of an app (NULL: all) on a page. False after an answer. */
static bool events__rows(struct api_call *call, const struct state_app *a, const char *type, struct api_page *page,
			 json_t **ret_list, int64_t *ret_total)
{
	if (!platform_v1_page(call, page))
		return false;
	const struct state_event_filter f = {
		.app = a ? a->id : NULL, .type = type, .offset = page->offset, .limit = page->per_page
	};
	enum err e = state_event_list(call->state, &f, ret_list, ret_total);
	if (e != OK)
		api_fail_store(call, e);
	return e == OK;
}

static void events__answer(struct api_call *call, const struct state_app *a)
{
	struct api_page page;
	json_t *list;
	int64_t total;

	if (!events__rows(call, a, NULL, &page, &list, &total))
		return;
	for (size_t i = 0; i < json_array_size(list); i++)
		events__finish(call, json_array_get(list, i));
	platform_v1_list(call, "events", list, &page, total);
}

static void events_of_app(struct api_call *call)
{
	struct state_app a;

	if (platform_v1_app(call, &a))
		events__answer(call, &a);
}

static void events_of_all(struct api_call *call)
{
	events__answer(call, NULL);
}

/* One deployment of its event. */
static json_t *events__deployment(struct api_call *call, json_t *row)
{
	json_t *data = json_object_get(row, "type_data"),
	       *created = platform_v1_time(json_integer_value(json_object_get(row, "created_at")));

	return json_pack("{s:O, s:O, s:o, s:O, s:i, s:O, s:o, s:s, s:o}", "id", json_object_get(data, "deployment_id"),
			 "app_id", json_object_get(row, "app_id"), "created_at", created, "finished_at", created,
			 "duration", 0, "status", json_object_get(data, "status"), "pusher", events__user(call, row),
			 "git_ref", "", "links", json_object());
}

static void events_deployments(struct api_call *call)
{
	struct api_page page;
	struct state_app a;
	json_t *rows, *list;
	int64_t total;

	if (!platform_v1_app(call, &a) || !events__rows(call, &a, "deployment", &page, &rows, &total))
		return;
	list = json_array();
	for (size_t i = 0; i < json_array_size(rows); i++)
		json_array_append_new(list, events__deployment(call, json_array_get(rows, i)));
	json_decref(rows);
	platform_v1_list(call, "deployments", list, &page, total);
}

const struct api_route *platform_events_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "/v1/events", events_of_all, STATE_RIGHT_APPS_READ, 0 },
		{ METHOD_GET, "/v1/apps/:app/events", events_of_app, STATE_RIGHT_APPS_READ, 0 },
		{ METHOD_GET, "/v1/apps/:app/deployments", events_deployments, STATE_RIGHT_APPS_READ, 0 },
		{ 0 },
	};

	return routes;
}
