/* SPDX-License-Identifier: Apache-2.0 */
/*
 * instances: addresses where an app runs that somebody else started: registered, they get requests at once while all
 * before them do. Our own addition to the API.
 */
#include "base/ip.h"
#include "platform/routes.h"
#include "platform/v1.h"
#include "state/instance.h"

#include <stdio.h>

static json_t *instances__json(struct api_call *call, const struct state_instance *i)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:o}", "id", i->id, "app_id", i->app, "type",
			 i->type, "name", platform_v1_text(call, "%s-%lld", i->type, (long long)i->number), "address",
			 i->address, "state", i->state, "registered", i->registered, "serving", i->serving,
			 "created_at", platform_v1_time(i->created_ms));
}

struct instances__look {
	struct api_call *call;
	json_t *list;
	struct slice word; /* id, name or address of the one that is looked for */
	struct state_instance *found;
	size_t n;
};

static void instances__see(void *arg, const struct state_instance *i)
{
	struct instances__look *l = arg;

	json_array_append_new(l->list, instances__json(l->call, i));
}

static void instances__match(void *arg, const struct state_instance *i)
{
	struct instances__look *l = arg;
	char name[STATE_PROCESS_NAME_BYTES + 24];

	snprintf(name, sizeof name, "%s-%lld", i->type, (long long)i->number);
	if (!slice_eq(l->word, slice_str(i->id)) && !slice_eq(l->word, slice_str(name)) &&
	    !slice_eq(l->word, slice_str(i->address)))
		return;
	*l->found = *i;
	l->n++;
}

static void instances_list(struct api_call *call)
{
	struct instances__look l = { .call = call };
	struct state_app a;

	if (!platform_v1_app(call, &a))
		return;
	l.list = json_array();
	enum err e = state_instance_each(call->state, a.id, instances__see, &l);
	if (e == OK) {
		platform_v1_ok(call, 200, "instances", l.list);
		return;
	}
	json_decref(l.list);
	api_fail_store(call, e);
}

/* Whether an instance can be there; link-local addresses are those of machines' own services. */
static bool instances__reachable(const struct ip *ip)
{
	static const char *const nobody[] = { "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3",
					      "::/128",    "fe80::/10",      "ff00::/8" };
	struct ip_prefix prefix;

	for (size_t i = 0; i < sizeof nobody / sizeof nobody[0]; i++)
		if (ip_prefix_parse(slice_str(nobody[i]), &prefix) == OK && ip_in(ip, &prefix))
			return false;
	return true;
}

/* Type and address of the body. False after an answer. */
static bool instances__read(struct api_call *call, const struct state_app *a, struct state_instance *i)
{
	json_t *body = platform_v1_root(call, "instance", false);
	const char *address = "", *type = "web";
	struct state_process p;
	struct ip_port at;

	if (!body || !platform_v1_string(call, body, "address", 300, &address) ||
	    !platform_v1_string(call, body, "type", 100, &type))
		return false;
	struct slice s = slice_str(address);
	if (slice_starts(s, SLICE("localhost:")))
		s = slice_str(platform_v1_text(call, "127.0.0.1%s", address + strlen("localhost")));
	if (ip_port_parse(s, true, &at) != OK || at.port == 0) {
		platform_v1_invalid(call, "address",
				    "should be an IP address and a port, like 127.0.0.1:4000 or [::1]:4000");
		return false;
	}
	if (!instances__reachable(&at.ip)) {
		platform_v1_invalid(call, "address",
				    "is not one of a host: link-local, multicast and unspecified addresses are none");
		return false;
	}
	enum err e = state_process_get(call->state, a->id, slice_str(type), &p);
	if (e == OK && !p.command[0]) {
		memcpy(i->app, a->id, sizeof i->app);
		snprintf(i->type, sizeof i->type, "%s", p.name);
		snprintf(i->size, sizeof i->size, "%s", p.size);
		ip_port_print(&at, i->address);
		return true;
	}
	if (e == OK)
		platform_v1_invalid(call, "type", "%s is started by this node (%s)", p.name, p.command);
	else if (e == ERR_NOT_FOUND)
		platform_v1_invalid(call, "type", "no such process type");
	else
		api_fail_store(call, e);
	return false;
}

/* When all get requests, so does a new one; what was scaled down stays so. */
static enum err instances__amount(struct state *st, const struct state_instance *i, size_t before)
{
	struct state_process p;

	TRY(state_process_get(st, i->app, slice_str(i->type), &p));
	if (p.amount == 0 || p.amount < (int64_t)before || p.amount > (int64_t)before)
		return OK;
	p.amount++;
	return state_process_put(st, i->app, &p);
}

static enum err instances__add(struct api_call *call, struct state_app *a, struct state_instance *i)
{
	struct state_instance_counts n;

	TRY(state_instance_count(call->state, a->id, &n));
	TRY(state_instance_add(call->state, i));
	if (strcmp(i->type, "web") == 0)
		TRY(instances__amount(call->state, i, n.registered));
	TRY(state_app_deployed(call->state, a));
	TRY(state_app_settle(call->state, a));
	return state_instance_get(call->state, i->id, i);
}

static void instances_add(struct api_call *call)
{
	struct state_instance i = { .registered = true, .state = "running" };
	struct state_app a;

	if (!platform_v1_idle_app(call, &a) || !instances__read(call, &a, &i))
		return;
	enum err e = instances__add(call, &a, &i);
	if (e == ERR_EXISTS)
		platform_v1_invalid(call, "address", "has already been taken");
	else if (e == ERR_RANGE)
		platform_v1_invalid(call, "address", "limit of %d instances reached", STATE_INSTANCES_MAX);
	else if (e != OK)
		api_fail_store(call, e);
	else if (platform_v1_done(call, &a, "deployment",
				  json_pack("{s:s, s:s, s:s}", "deployment_id", a.deployment_id, "status", "success",
					    "address", i.address)))
		platform_v1_ok(call, 201, "instance", instances__json(call, &i));
}

/* Fewer are left: the amount follows, but not to none, which would be a maintenance that nobody asked for. */
static enum err instances__remove(struct api_call *call, struct state_app *a, const struct state_instance *i)
{
	struct state_instance_counts n;
	struct state_process p;

	TRY(state_instance_remove(call->state, i));
	TRY(state_instance_count(call->state, a->id, &n));
	TRY(state_process_get(call->state, a->id, slice_str(i->type), &p));
	if (strcmp(i->type, "web") == 0 && p.amount > (int64_t)n.registered && p.amount > 1) {
		p.amount = n.registered > 1 ? (int64_t)n.registered : 1;
		TRY(state_process_put(call->state, a->id, &p));
	}
	return state_app_settle(call->state, a);
}

static void instances_remove(struct api_call *call)
{
	struct state_instance found = { .registered = false };
	struct instances__look l = { .call = call, .word = api_param(call, "instance"), .found = &found };
	struct state_app a;

	if (!platform_v1_idle_app(call, &a))
		return;
	enum err e = state_instance_each(call->state, a.id, instances__match, &l);
	if (e == OK && l.n && !found.registered) {
		platform_v1_invalid(call, "instance", "was started by this node: scale its type down instead");
		return;
	}
	if (e == OK)
		e = l.n ? instances__remove(call, &a, &found) : ERR_NOT_FOUND;
	if (e != OK)
		platform_v1_state(call, e, "instance");
	else if (platform_v1_done(call, &a, "remove_instance", json_pack("{s:s}", "address", found.address)))
		api_json(call, 204, NULL);
}

const struct api_route *platform_instances_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "/v1/apps/:app/instances", instances_list, STATE_RIGHT_APPS_READ, 0 },
		{ METHOD_POST, "/v1/apps/:app/instances", instances_add, STATE_RIGHT_APPS_WRITE, API_WRITE },
		{ METHOD_DELETE, "/v1/apps/:app/instances/:instance", instances_remove, STATE_RIGHT_APPS_WRITE,
		  API_WRITE },
		{ 0 },
	};

	return routes;
}
