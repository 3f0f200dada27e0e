/* SPDX-License-Identifier: Apache-2.0 */
/*
 * formation: types of process and how many of each (clients call them containers), their instances (ps), scale,
 * restart, and the operations that those are. What concerns registered instances only is done at once; where the node
 * starts processes, the operation stays pending for whoever starts them (state/operation.h).
 */
#include "platform/routes.h"
#include "platform/v1.h"
#include "state/instance.h"
#include "state/operation.h"
#include "state/process.h"

#include <stdio.h>

/* ---- types ---- */

struct formation__list {
	struct api_call *call;
	const char *app;
	json_t *list;
};

static void formation__type(void *arg, const struct state_process *p)
{
	struct formation__list *l = arg;

	json_array_append_new(l->list,
			      json_pack("{s:s, s:s, s:I, s:s, s:s}", "app_id", l->app, "name", p->name, "amount",
					(json_int_t)p->amount, "size", p->size, "command", p->command));
}

/* Answers with all types of an app. */
static void formation__types(struct api_call *call, uint16_t status, const struct state_app *a)
{
	struct formation__list l = { call, a->id, json_array() };
	enum err e = state_process_each(call->state, a->id, formation__type, &l);

	if (e == OK) {
		platform_v1_ok(call, status, "containers", l.list);
		return;
	}
	json_decref(l.list);
	api_fail_store(call, e);
}

static void formation_containers(struct api_call *call)
{
	struct state_app a;

	if (platform_v1_app(call, &a))
		formation__types(call, 200, &a);
}

/* ---- instances ---- */

static void formation__instance(void *arg, const struct state_instance *i)
{
	struct formation__list *l = arg;
	const struct state_process_size *size = state_process_size(slice_str(i->size));
	bool reserve = i->registered && !i->serving && strcmp(i->type, "web") == 0 && strcmp(i->state, "running") == 0;

	/* Registered, but beyond the amount: it runs as far as anybody knows, and is not one of the app's containers.
	 */
	if (reserve)
		return;
	json_array_append_new(l->list,
			      json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:o, s:n, s:s, s:o}", "id", i->id,
					"app_id", i->app, "type", i->type, "type_index", (json_int_t)i->number, "label",
					platform_v1_text(l->call, "%s-%lld", i->type, (long long)i->number), "state",
					i->state, "command", i->registered ? i->address : i->command, "created_at",
					platform_v1_time(i->created_ms), "deleted_at", "size", i->size,
					"container_size", size ? platform_features_size(size) : json_null()));
}

static void formation_ps(struct api_call *call)
{
	struct formation__list l = { .call = call };
	struct state_app a;

	if (!platform_v1_app(call, &a))
		return;
	l.list = json_array();
	enum err e = state_instance_each(call->state, a.id, formation__instance, &l);
	if (e == OK) {
		platform_v1_ok(call, 200, "containers", l.list);
		return;
	}
	json_decref(l.list);
	api_fail_store(call, e);
}

/* ---- operations ---- */

static json_t *formation__operation(const struct state_operation *o)
{
	json_t *v = json_pack("{s:s, s:s, s:s, s:s, s:o}", "id", o->id, "app_id", o->app, "status", o->status, "type",
			      o->type, "created_at", platform_v1_time(o->created_ms));

	if (o->finished_ms)
		json_object_set_new(v, "finished_at", platform_v1_time(o->finished_ms));
	if (o->error[0])
		json_object_set_new(v, "error", json_string(o->error));
	return v;
}

static void formation_operation(struct api_call *call)
{
	struct state_operation o = { .scope = NULL };
	struct state_app a;

	if (!platform_v1_app(call, &a))
		return;
	enum err e = state_operation_get(call->state, a.id, api_param(call, "operation"), &o);
	if (e == OK)
		platform_v1_ok(call, 200, "operation", formation__operation(&o));
	else
		platform_v1_state(call, e, "operation");
	state_operation_fini(&o);
}

/*
 * Notes the operation and sets Location; what nobody has to start is done with it. scope is borrowed. False after an
 * answer.
 */
static bool formation__begin(struct api_call *call, struct state_app *a, const char *type, json_t *scope)
{
	struct state_operation o = { .scope = scope };
	bool started;
	enum err e = state_process_started(call->state, a->id, &started);

	memcpy(o.app, a->id, sizeof o.app);
	snprintf(o.type, sizeof o.type, "%s", type);
	snprintf(o.status, sizeof o.status, "%s", started ? "pending" : "done");
	if (e == OK)
		e = state_operation_add(call->state, &o);
	if (e == OK && started) {
		snprintf(a->status, sizeof a->status, "%s", strcmp(type, "scale") == 0 ? "scaling" : "restarting");
		e = state_app_save(call->state, a);
	} else if (e == OK) {
		e = state_app_settle(call->state, a);
	}
	if (e != OK) {
		api_fail_store(call, e);
		return false;
	}
	api_location(call, slice_str(platform_v1_text(call, "%s/v1/apps/%s/operations/%s", platform_v1_base(call),
						      a->id, o.id)));
	return true;
}

/* ---- scale ---- */

/* What one type is to become. */
struct formation__want {
	struct state_process p;
	bool is_new;
};

/* The amount of an element; false after an answer. */
static bool formation__amount(struct api_call *call, const json_t *one, struct formation__want *w)
{
	const json_t *v = json_object_get(one, "amount");
	const char *field = platform_v1_text(call, "container-%s-amount", w->p.name);

	if (!v || json_is_null(v))
		return true;
	if (!json_is_integer(v) || json_integer_value(v) < 0)
		platform_v1_invalid(call, field, "should be a number from 0 to %d", STATE_PROCESS_AMOUNT_MAX);
	else if (json_integer_value(v) > STATE_PROCESS_AMOUNT_MAX)
		platform_v1_invalid(call, field, "can't scale over %d containers", STATE_PROCESS_AMOUNT_MAX);
	else
		w->p.amount = json_integer_value(v);
	return !call->answered;
}

/* Size and command of an element, where they are not empty; false after an answer. */
static bool formation__how(struct api_call *call, const json_t *one, struct formation__want *w)
{
	const char *size = "", *command = "";

	if (!platform_v1_string(call, one, "size", 16, &size) ||
	    !platform_v1_string(call, one, "command", STATE_PROCESS_COMMAND_BYTES - 1, &command))
		return false;
	if (size[0] && !state_process_size(slice_str(size))) {
		platform_v1_invalid(call, platform_v1_text(call, "container-%s-size", w->p.name),
				    "is not a size of containers");
		return false;
	}
	if (size[0])
		snprintf(w->p.size, sizeof w->p.size, "%s", size);
	if (command[0])
		snprintf(w->p.command, sizeof w->p.command, "%s", command);
	return true;
}

/* The type that an element names, as it is. False after an answer. */
static bool formation__known(struct api_call *call, const struct state_app *a, const json_t *one,
			     struct formation__want *w)
{
	const char *name = "", *command = json_string_value(json_object_get(one, "command"));

	if (!json_is_object(one)) {
		platform_v1_invalid(call, "containers", "should be objects with name and amount");
		return false;
	}
	if (!platform_v1_string(call, one, "name", 100, &name))
		return false;
	if (!state_process_name_ok(slice_str(name))) {
		platform_v1_invalid(call, "containers", "'%.100s' is not a name of a process type", name);
		return false;
	}
	enum err e = state_process_get(call->state, a->id, slice_str(name), &w->p);
	if (e == OK)
		return true;
	if (e != ERR_NOT_FOUND) {
		api_fail_store(call, e);
		return false;
	}
	if (!command || !command[0]) {
		platform_v1_invalid(call, platform_v1_text(call, "container-%s", name), "no such process type");
		return false;
	}
	*w = (struct formation__want){ .p = { .size = STATE_PROCESS_SIZE_DEFAULT }, .is_new = true };
	snprintf(w->p.name, sizeof w->p.name, "%s", name);
	return true;
}

/* Stores what one element wants. deployed: there is something that runs. False after an answer. */
static bool formation__apply(struct api_call *call, const struct state_app *a, const json_t *one, bool *deployed)
{
	struct formation__want w = { .is_new = false };
	struct state_instance_counts n;

	if (!formation__known(call, a, one, &w) || !formation__amount(call, one, &w) || !formation__how(call, one, &w))
		return false;
	enum err e = state_instance_count(call->state, a->id, &n);
	bool registered = !w.p.command[0] && strcmp(w.p.name, "web") == 0;
	if (e == OK && registered && n.registered && w.p.amount > (int64_t)n.registered) {
		platform_v1_invalid(call, platform_v1_text(call, "container-%s-amount", w.p.name),
				    "there are %zu instances; register more with instances-add", n.registered);
		return false;
	}
	if (e == OK)
		e = state_process_put(call->state, a->id, &w.p);
	if (e == ERR_RANGE)
		platform_v1_invalid(call, "containers", "an app has at most %d process types", STATE_PROCESS_TYPES_MAX);
	else if (e != OK)
		api_fail_store(call, e);
	*deployed |= w.p.command[0] || n.registered;
	return e == OK;
}

static void formation_scale(struct api_call *call)
{
	json_t *list = json_object_get(call->body, "containers");
	bool deployed = false;
	struct state_app a;

	if (!platform_v1_idle_app(call, &a))
		return;
	if (!json_is_array(list) || json_array_size(list) == 0 || json_array_size(list) > STATE_PROCESS_TYPES_MAX) {
		platform_v1_invalid(call, "containers",
				    list ? "should be a list of types with amounts" : "missing field");
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!formation__apply(call, &a, json_array_get(list, i), &deployed))
			return;
	/* Nothing has been deployed: it is noted for when something is. */
	if (deployed && !formation__begin(call, &a, "scale", NULL))
		return;
	if (platform_v1_done(call, &a, "scale", json_pack("{s:O}", "containers", list)))
		formation__types(call, deployed ? 202 : 200, &a);
}

/* ---- restart ---- */

/* Whether a word is a type of the app, or one of its instances ("web-1"). */
struct formation__scope {
	struct slice word;
	bool there;
};

static void formation__matches(void *arg, const struct state_instance *i)
{
	struct formation__scope *s = arg;
	char label[STATE_PROCESS_NAME_BYTES + 24];

	snprintf(label, sizeof label, "%s-%lld", i->type, (long long)i->number);
	s->there |= slice_eq(s->word, slice_str(label));
}

/* False after an answer. */
static bool formation__scope_ok(struct api_call *call, const struct state_app *a, const json_t *scope)
{
	struct state_process p;

	if (scope && !json_is_null(scope) &&
	    (!json_is_array(scope) || json_array_size(scope) > STATE_PROCESS_TYPES_MAX)) {
		platform_v1_invalid(call, "scope", "should be a list of process types and containers");
		return false;
	}
	for (size_t i = 0; i < json_array_size(scope); i++) {
		const char *word = json_string_value(json_array_get(scope, i));
		struct formation__scope s = { slice_str(word ? word : ""), false };
		enum err e = state_process_get(call->state, a->id, s.word, &p);
		if (e == OK)
			continue;
		if (e == ERR_NOT_FOUND)
			e = state_instance_each(call->state, a->id, formation__matches, &s);
		if (e != OK) {
			api_fail_store(call, e);
			return false;
		}
		if (!s.there) {
			platform_v1_invalid(call, "scope", "'%.100s' \xe2\x86\x92 no such process type",
					    s.word.n ? word : "");
			return false;
		}
	}
	return true;
}

static void formation_restart(struct api_call *call)
{
	json_t *scope = json_object_get(call->body, "scope");
	struct state_app a;

	if (!platform_v1_idle_app(call, &a) || !formation__scope_ok(call, &a, scope) ||
	    !formation__begin(call, &a, "restart", json_is_array(scope) ? scope : NULL))
		return;
	if (platform_v1_done(call, &a, "restart",
			     json_pack("{s:o}", "scope", json_is_array(scope) ? json_incref(scope) : json_array())))
		api_text(call, 202, SLICE("text/plain"), SLICE(""));
}

/* Autoscalers: none can be made here, but clients look whether there are any before they scale. */
static void formation_autoscalers(struct api_call *call)
{
	struct state_app a;

	if (platform_v1_app(call, &a))
		platform_v1_ok(call, 200, "autoscalers", json_array());
}

const struct api_route *platform_formation_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "/v1/apps/:app/containers", formation_containers, STATE_RIGHT_APPS_READ, 0 },
		{ METHOD_GET, "/v1/apps/:app/ps", formation_ps, STATE_RIGHT_APPS_READ, 0 },
		{ METHOD_POST, "/v1/apps/:app/scale", formation_scale, STATE_RIGHT_APPS_WRITE, API_WRITE },
		{ METHOD_POST, "/v1/apps/:app/restart", formation_restart, STATE_RIGHT_APPS_WRITE, API_WRITE },
		{ METHOD_GET, "/v1/apps/:app/operations/:operation", formation_operation, STATE_RIGHT_APPS_READ, 0 },
		{ METHOD_GET, "/v1/apps/:app/autoscalers", formation_autoscalers, STATE_RIGHT_APPS_READ, 0 },
		{ 0 },
	};

	return routes;
}
