/* SPDX-License-Identifier: Apache-2.0 */
/* variables: the environment of an app's processes; it takes effect with the next restart. */
#include "platform/routes.h"
#include "platform/v1.h"
#include "state/variable.h"

static json_t *variables__json(const char *app, const char *id, struct slice name, struct slice value)
{
	json_t *v = json_pack("{s:s, s:s}", "id", id, "app_id", app);

	json_object_set_new(v, "name", json_stringn(name.p, name.n));
	json_object_set_new(v, "value", value.n ? json_stringn(value.p, value.n) : json_string(""));
	return v;
}

struct variables__list {
	const char *app;
	json_t *list;
};

static void variables__see(void *arg, const struct state_variable *v)
{
	struct variables__list *l = arg;

	json_array_append_new(l->list, variables__json(l->app, v->id, slice_str(v->name), v->value));
}

/* An error of sealing or storing; never which value. */
static void variables__fail(struct api_call *call, enum err e)
{
	if (e == ERR_RANGE)
		platform_v1_invalid(call, "variables", "limit of %d variables reached", STATE_VARIABLES_MAX);
	else if (e == ERR_SEAL_KEY || e == ERR_CORRUPT || e == ERR_SYNTAX)
		platform_v1_error(call, 500, "a value cannot be opened: it was sealed with another node key");
	else
		platform_v1_state(call, e, "variable");
}

/* Answers with all variables of an app. */
static void variables__all(struct api_call *call, const struct state_app *a)
{
	struct variables__list l = { a->id, json_array() };
	enum err e = state_variable_each(call->state, call->seal, a->id, variables__see, &l);

	if (e == OK) {
		platform_v1_ok(call, 200, "variables", l.list);
		return;
	}
	json_decref(l.list);
	variables__fail(call, e);
}

static void variables_list(struct api_call *call)
{
	struct state_app a;

	if (platform_v1_app(call, &a))
		variables__all(call, &a);
}

/* Name and value of an element. False after an answer. */
static bool variables__read(struct api_call *call, const json_t *one, struct slice *ret_name, struct slice *ret_value)
{
	const char *name = "", *value = NULL;

	if (!json_is_object(one)) {
		platform_v1_invalid(call, "variables", "should be objects with name and value");
		return false;
	}
	if (!platform_v1_string(call, one, "name", 200, &name) ||
	    !platform_v1_string(call, one, "value", STATE_VARIABLE_VALUE_MAX, &value))
		return false;
	const char *wrong = state_variable_name_wrong(slice_str(name));
	if (wrong)
		platform_v1_invalid(call, "name", "%s", wrong);
	else if (!value || !value[0])
		platform_v1_invalid(call, "value", "can't be blank");
	*ret_name = slice_str(name);
	*ret_value = slice_str(value);
	return !call->answered;
}

/* Stores one; its id in ret_id. False after an answer. */
static bool variables__put(struct api_call *call, const struct state_app *a, const json_t *one,
			   char ret_id[static STATE_APP_ID_BYTES])
{
	struct slice name, value;

	if (!variables__read(call, one, &name, &value))
		return false;
	enum err e = state_variable_put(call->state, call->seal, a->id, name, value, ret_id);
	if (e != OK)
		variables__fail(call, e);
	return e == OK;
}

static void variables_create(struct api_call *call)
{
	json_t *body = platform_v1_root(call, "variable", false);
	char id[STATE_APP_ID_BYTES];
	struct state_app a;

	if (!body || !platform_v1_app(call, &a) || !variables__put(call, &a, body, id))
		return;
	const char *name = json_string_value(json_object_get(body, "name"));
	if (platform_v1_done(call, &a, "new_variable", json_pack("{s:s}", "name", name)))
		platform_v1_ok(call, 201, "variable",
			       variables__json(a.id, id, slice_str(name),
					       slice_str(json_string_value(json_object_get(body, "value")))));
}

/* The whole list, or none of it. Variables that are not named stay. */
static void variables_bulk(struct api_call *call)
{
	json_t *list = json_object_get(call->body, "variables"), *names = NULL;
	char id[STATE_APP_ID_BYTES];
	struct state_app a;

	if (!platform_v1_app(call, &a))
		return;
	if (!list || (!json_is_null(list) && !json_is_array(list)) || json_array_size(list) > STATE_VARIABLES_MAX) {
		platform_v1_invalid(call, "variables",
				    list ? "should be a list of at most %d variables" : "missing field",
				    STATE_VARIABLES_MAX);
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!variables__put(call, &a, json_array_get(list, i), id))
			return;
	names = json_array();
	for (size_t i = 0; i < json_array_size(list); i++)
		json_array_append(names, json_object_get(json_array_get(list, i), "name"));
	if (platform_v1_done(call, &a, "edit_variables", json_pack("{s:o}", "names", names)))
		variables__all(call, &a);
}

static void variables_update(struct api_call *call)
{
	json_t *body = platform_v1_root(call, "variable", true);
	struct slice id = api_param(call, "variable");
	char name[STATE_VARIABLE_NAME_BYTES], same[STATE_APP_ID_BYTES];
	const char *value = NULL;
	struct state_app a;

	if (!body || !platform_v1_app(call, &a) ||
	    !platform_v1_string(call, body, "value", STATE_VARIABLE_VALUE_MAX, &value))
		return;
	if (!value || !value[0]) {
		platform_v1_invalid(call, "value", "can't be blank");
		return;
	}
	enum err e = state_variable_name(call->state, a.id, id, name);
	if (e == OK)
		e = state_variable_put(call->state, call->seal, a.id, slice_str(name), slice_str(value), same);
	if (e != OK)
		variables__fail(call, e);
	else if (platform_v1_done(call, &a, "edit_variable", json_pack("{s:s}", "name", name)))
		platform_v1_ok(call, 200, "variable", variables__json(a.id, same, slice_str(name), slice_str(value)));
}

/* Removes one by its id. False after an answer. */
static bool variables__remove(struct api_call *call, const struct state_app *a, struct slice id)
{
	enum err e = state_variable_remove(call->state, a->id, id);

	if (e != OK)
		platform_v1_state(call, e, "variable");
	return e == OK;
}

static void variables_delete(struct api_call *call)
{
	struct slice id = api_param(call, "variable");
	char name[STATE_VARIABLE_NAME_BYTES] = "";
	struct state_app a;

	if (!platform_v1_app(call, &a))
		return;
	if (state_variable_name(call->state, a.id, id, name) != OK)
		name[0] = '\0';
	if (variables__remove(call, &a, id) &&
	    platform_v1_done(call, &a, "delete_variable", json_pack("{s:s}", "name", name)))
		api_json(call, 204, NULL);
}

/* Ids in the body, or in the query. */
static void variables_delete_some(struct api_call *call)
{
	json_t *list = json_object_get(call->body, "variable_ids");
	const char *id;
	size_t n = 0;
	struct state_app a;

	if (!platform_v1_app(call, &a))
		return;
	for (; n < json_array_size(list); n++) {
		id = json_string_value(json_array_get(list, n));
		if (!variables__remove(call, &a, slice_str(id ? id : "")))
			return;
	}
	for (size_t i = 0; (id = api_query_at(call, "variable_ids[]", i)) != NULL; i++, n++)
		if (!variables__remove(call, &a, slice_str(id)))
			return;
	if (n == 0)
		platform_v1_invalid(call, "variable_ids", "missing field");
	else if (platform_v1_done(call, &a, "delete_variables", json_pack("{s:I}", "count", (json_int_t)n)))
		api_json(call, 204, NULL);
}

const struct api_route *platform_variables_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "/v1/apps/:app/variables", variables_list, STATE_RIGHT_APPS_WRITE, 0 },
		{ METHOD_POST, "/v1/apps/:app/variables", variables_create, STATE_RIGHT_APPS_WRITE, API_WRITE },
		{ METHOD_PUT, "/v1/apps/:app/variables", variables_bulk, STATE_RIGHT_APPS_WRITE, API_WRITE },
		{ METHOD_DELETE, "/v1/apps/:app/variables", variables_delete_some, STATE_RIGHT_APPS_WRITE, API_WRITE },
		{ METHOD_PATCH, "/v1/apps/:app/variables/:variable", variables_update, STATE_RIGHT_APPS_WRITE,
		  API_WRITE },
		{ METHOD_PUT, "/v1/apps/:app/variables/:variable", variables_update, STATE_RIGHT_APPS_WRITE,
		  API_WRITE },
		{ METHOD_DELETE, "/v1/apps/:app/variables/:variable", variables_delete, STATE_RIGHT_APPS_WRITE,
		  API_WRITE },
		{ 0 },
	};

	return routes;
}
