/* SPDX-License-Identifier: Apache-2.0 */
/* features: what this node offers apps: its stack, sizes, metrics; and the one project that all apps are in. */
#include "platform/routes.h"
#include "platform/v1.h"
#include "state/account.h"
#include "state/process.h"

/* The id of a thing of which a node has one, from the account's; "" when that cannot be read. */
static void features__id(struct api_call *call, const char *prefix, char ret[static V1_USER_BYTES])
{
	struct state_account a;

	ret[0] = '\0';
	if (state_account_get(call->state, &a) == OK)
		platform_v1_uuid(prefix, a.id, ret);
}

void platform_features_stack(struct api_call *call, char ret[static 48])
{
	features__id(call, "st-", ret);
}

static void features_stacks(struct api_call *call)
{
	struct state_account a = { .created_ms = 0 };
	char id[V1_USER_BYTES];

	platform_features_stack(call, id);
	if (state_account_get(call->state, &a) != OK)
		a.created_ms = 0;
	platform_v1_ok(call, 200, "stacks",
		       json_pack("[{s:s, s:s, s:s, s:s, s:b, s:o, s:n}]", "id", id, "name", "seawall", "description",
				 "Processes of this machine, and instances elsewhere that are registered", "base_image",
				 "", "default", 1, "created_at", platform_v1_time(a.created_ms), "deprecated_at"));
}

json_t *platform_features_size(const struct state_process_size *s)
{
	json_int_t megabytes = s->memory_bytes >> 20;

	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I}", "id", s->name, "name", s->name, "human_name", s->human,
			 "memory", (json_int_t)s->memory_bytes, "ordinal", megabytes, "pids_limit",
			 (json_int_t)(megabytes < 2048 ? megabytes : 2048));
}

static void features_sizes(struct api_call *call)
{
	const struct state_process_size *s;
	json_t *list = json_array();

	for (size_t i = 0; (s = state_process_size_at(i)) != NULL; i++)
		json_array_append_new(list, platform_features_size(s));
	platform_v1_ok(call, 200, "container_sizes", list);
}

/* What stats can be asked for. */
static void features_metrics(struct api_call *call)
{
	platform_v1_ok(
		call, 200, "metrics",
		json_pack("[{s:s, s:s, s:s}]", "id", "router", "name", "router", "label", "Requests per minute"));
}

static void features_projects(struct api_call *call)
{
	char id[V1_USER_BYTES], email[STATE_APP_OWNER_BYTES] = "";

	features__id(call, "prj-", id);
	enum err e = platform_v1_email(call, email);
	if (e != OK) {
		api_fail_store(call, e);
		return;
	}
	const struct api_page page = { 1, 20, 0 };
	platform_v1_list(call, "projects",
			 json_pack("[{s:s, s:s, s:b, s:o}]", "id", id, "name", "default", "default", 1, "owner",
				   platform_v1_owner(call, email)),
			 &page, 1);
}

const struct api_route *platform_features_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "/v1/features/stacks", features_stacks, STATE_RIGHT_NONE, 0 },
		{ METHOD_GET, "/v1/features/container_sizes", features_sizes, STATE_RIGHT_NONE, API_OPEN },
		{ METHOD_GET, "/v1/features/metrics", features_metrics, STATE_RIGHT_NONE, API_OPEN },
		{ METHOD_GET, "/v1/projects", features_projects, STATE_RIGHT_APPS_READ, 0 },
		{ 0 },
	};

	return routes;
}
