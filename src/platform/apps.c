/* SPDX-License-Identifier: Apache-2.0 */
/* apps: the apps of the node: list, create, look at, change, rename, delete. */
#include "platform/routes.h"
#include "platform/v1.h"
#include "state/app_plan.h"
#include "state/domain.h"

#include <stdio.h>

/* ---- the object ---- */

static void apps__canonical(void *arg, const struct state_domain *d)
{
	char *host = arg;

	if (d->canonical)
		snprintf(host, STATE_NAME_BYTES, "%s", d->name);
}

static json_t *apps__flags(const struct state_app *a, json_t *v)
{
	json_object_set_new(v, "force_https", json_boolean(a->force_https));
	json_object_set_new(v, "sticky_session", json_boolean(a->sticky_session));
	json_object_set_new(v, "router_logs", json_boolean(a->router_logs));
	return v;
}

json_t *platform_apps_json(struct api_call *call, const struct state_app *a)
{
	const struct state_app_place place = { call->node->platform_region, call->node->platform_suffix };
	char host[STATE_APP_HOST_BYTES], canonical[STATE_NAME_BYTES] = "", stack[V1_USER_BYTES];

	state_app_plan_host(a, &place, host);
	if (state_domain_each(call->state, a->id, apps__canonical, canonical) != OK)
		canonical[0] = '\0';
	platform_features_stack(call, stack);
	/* Flags are booleans only, project has no id: clients that manage either would see a change that is none. */
	json_t *v = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:{s:s, s:s}, s:s, s:{}, s:{}, s:{s:s}, s:s, s:b, s:[]}",
			      "id", a->id, "name", a->name, "region", place.region, "status", a->status, "git_url", "",
			      "owner", platform_v1_owner(call, a->owner), "project", "id", "", "name", "default",
			      "stack_id", stack, "flags", "limits", "links", "deployments_stream",
			      platform_v1_text(call, "%s://%.*s/apps/%s/deployments", call->secure ? "wss" : "ws",
					       SLICE_ARG(call->host), a->id),
			      "base_url", platform_v1_text(call, "https://%s", host), "hds_resource", 0,
			      "private_networks_ids");
	json_object_set_new(v, "url",
			    json_string(platform_v1_text(call, "https://%s", canonical[0] ? canonical : host)));
	json_object_set_new(v, "created_at", platform_v1_time(a->created_ms));
	json_object_set_new(v, "updated_at", platform_v1_time(a->updated_ms));
	json_object_set_new(v, "last_deployed_at", platform_v1_time(a->deployed_ms));
	json_object_set_new(v, "last_deployed_by", a->deployed_ms ? json_string(a->deployed_by) : json_null());
	json_object_set_new(v, "last_deployment_id", a->deployed_ms ? json_string(a->deployment_id) : json_null());
	return apps__flags(a, v);
}

static void apps__show(struct api_call *call, uint16_t status, const struct state_app *a)
{
	platform_v1_ok(call, status, "app", platform_apps_json(call, a));
}

/* ---- reading ---- */

struct apps__rows {
	struct state_app *rows;
	size_t n, cap;
};

static void apps__count(void *arg, const struct state_app *a)
{
	(*(size_t *)arg)++;
}

static void apps__keep(void *arg, const struct state_app *a)
{
	struct apps__rows *all = arg;

	if (all->n < all->cap)
		all->rows[all->n++] = *a;
}

/* Rows first, objects afterwards: making one asks the state as well. */
static void apps_list(struct api_call *call)
{
	struct apps__rows all = { 0 };
	enum err e = state_app_each(call->state, apps__count, &all.cap);

	all.rows = arena_alloc(&call->arena, (all.cap + 1) * sizeof *all.rows);
	if (e == OK && all.rows)
		e = state_app_each(call->state, apps__keep, &all);
	if (e != OK || !all.rows) {
		api_fail_store(call, e == OK ? ERR_MEMORY : e);
		return;
	}
	json_t *list = json_array();
	for (size_t i = 0; i < all.n; i++)
		json_array_append_new(list, platform_apps_json(call, &all.rows[i]));
	platform_v1_ok(call, 200, "apps", list);
}

static void apps_get(struct api_call *call)
{
	struct state_app a;

	if (platform_v1_app(call, &a))
		apps__show(call, 200, &a);
}

/* ---- creating ---- */

/* A name that is good and free. False after an answer. */
static bool apps__name(struct api_call *call, const char *field, const char *name)
{
	const char *wrong = state_app_name_wrong(slice_str(name));
	struct state_app other;

	if (wrong) {
		platform_v1_invalid(call, field, "%s", wrong);
		return false;
	}
	enum err e = state_app_get(call->state, slice_str(name), &other);
	if (e == ERR_NOT_FOUND)
		return true;
	if (e == OK)
		platform_v1_invalid(call, field, "has already been taken");
	else
		api_fail_store(call, e);
	return false;
}

/* Members that name what this node has one of. False after an answer. */
static bool apps__ours(struct api_call *call, const json_t *body)
{
	char stack[V1_USER_BYTES];
	const char *given = NULL, *project = NULL;

	platform_features_stack(call, stack);
	if (!platform_v1_string(call, body, "stack_id", 100, &given) ||
	    !platform_v1_string(call, body, "project_id", 100, &project))
		return false;
	if (given && given[0] && strcmp(given, stack) != 0)
		platform_v1_missing(call, "stack");
	else if (project && project[0] && strcmp(project, "default") != 0)
		platform_v1_missing(call, "project");
	return !call->answered;
}

static void apps_create(struct api_call *call)
{
	json_t *body = platform_v1_root(call, "app", false);
	struct state_app a = { .name = "" };
	const char *name = "";

	if (!body || !platform_v1_string(call, body, "name", 200, &name) || !apps__ours(call, body) ||
	    !apps__name(call, "name", name))
		return;
	snprintf(a.name, sizeof a.name, "%s", name);
	enum err e = platform_v1_email(call, a.owner);
	if (e == OK && call->dry_run) {
		snprintf(a.status, sizeof a.status, "new");
		apps__show(call, 200, &a);
		return;
	}
	if (e == OK)
		e = state_app_add(call->state, &a);
	if (e != OK) {
		api_fail_store(call, e);
		return;
	}
	if (platform_v1_done(call, &a, "new_app", json_pack("{s:s}", "git_source", "")))
		apps__show(call, 201, &a);
}

/* ---- changing ---- */

/* Another owner, by e-mail address. False after an answer. */
static bool apps__owner(struct api_call *call, const json_t *body, struct state_app *a)
{
	const json_t *owner = json_object_get(body, "owner");
	const char *email = NULL;

	if (!owner || json_is_null(owner))
		return true;
	if (json_is_string(owner))
		email = json_string_value(owner);
	else if (!json_is_object(owner) || !platform_v1_string(call, owner, "email", STATE_APP_OWNER_BYTES - 1, &email))
		email = NULL;
	if (call->answered)
		return false;
	if (!email || !strchr(email, '@') || strpbrk(email, " \r\n\t") || strlen(email) >= STATE_APP_OWNER_BYTES) {
		platform_v1_invalid(call, "owner", "should be an e-mail address");
		return false;
	}
	snprintf(a->owner, sizeof a->owner, "%s", email);
	return true;
}

static void apps_update(struct api_call *call)
{
	json_t *body = platform_v1_root(call, "app", true);
	struct state_app a;

	if (!body || !platform_v1_app(call, &a) || !apps__ours(call, body) ||
	    !platform_v1_bool(call, body, "force_https", &a.force_https) ||
	    !platform_v1_bool(call, body, "sticky_session", &a.sticky_session) ||
	    !platform_v1_bool(call, body, "router_logs", &a.router_logs) || !apps__owner(call, body, &a))
		return;
	enum err e = state_app_save(call->state, &a);
	if (e != OK)
		api_fail_store(call, e);
	else if (platform_v1_done(call, &a, "edit_app", apps__flags(&a, json_object())))
		apps__show(call, 200, &a);
}

static void apps_rename(struct api_call *call)
{
	const char *current = NULL, *name = "";
	struct state_app a;

	if (!platform_v1_app(call, &a) || !platform_v1_string(call, call->body, "current_name", 200, &current) ||
	    !platform_v1_string(call, call->body, "new_name", 200, &name))
		return;
	if (!current || strcmp(current, a.name) != 0) {
		platform_v1_invalid(call, "current_name", "Provided name does not match app name");
		return;
	}
	if (!apps__name(call, "new_name", name))
		return;
	snprintf(a.name, sizeof a.name, "%s", name);
	enum err e = state_app_save(call->state, &a);
	if (e != OK)
		api_fail_store(call, e);
	else if (platform_v1_done(call, &a, "rename_app",
				  json_pack("{s:s, s:s}", "old_name", current, "new_name", name)))
		apps__show(call, 200, &a);
}

static void apps_delete(struct api_call *call)
{
	const char *current = api_query(call, "current_name");
	struct state_app a;

	if (!platform_v1_app(call, &a))
		return;
	if (!current || strcmp(current, a.name) != 0) {
		platform_v1_invalid(call, "current_name", "Provided name does not match app name");
		return;
	}
	enum err e = state_app_remove(call->state, a.id);
	if (e != OK) {
		api_fail_store(call, e);
		return;
	}
	memcpy(platform_of(call)->gone, a.id, sizeof a.id);
	if (platform_v1_done(call, &a, "delete_app", NULL))
		api_json(call, 204, NULL);
}

const struct api_route *platform_apps_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "/v1/apps", apps_list, STATE_RIGHT_APPS_READ, 0 },
		{ METHOD_POST, "/v1/apps", apps_create, STATE_RIGHT_APPS_WRITE, API_WRITE },
		{ METHOD_GET, "/v1/apps/:app", apps_get, STATE_RIGHT_APPS_READ, 0 },
		{ METHOD_PATCH, "/v1/apps/:app", apps_update, STATE_RIGHT_APPS_WRITE, API_WRITE },
		{ METHOD_PUT, "/v1/apps/:app", apps_update, STATE_RIGHT_APPS_WRITE, API_WRITE },
		{ METHOD_DELETE, "/v1/apps/:app", apps_delete, STATE_RIGHT_APPS_WRITE, API_WRITE },
		{ METHOD_POST, "/v1/apps/:app/rename", apps_rename, STATE_RIGHT_APPS_WRITE, API_WRITE },
		{ 0 },
	};

	return routes;
}
