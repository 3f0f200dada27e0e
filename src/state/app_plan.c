/* SPDX-License-Identifier: Apache-2.0 */
/* app_plan: see app_plan.h. */
#include "state/app_plan.h"

#include "state/app_page.h"
#include "state/domain.h"
#include "state/instance.h"

#include <stdio.h>

void state_app_plan_host(const struct state_app *a, const struct state_app_place *place,
			 char ret[static STATE_APP_HOST_BYTES])
{
	snprintf(ret, STATE_APP_HOST_BYTES, "%s.%s.%s", a->name, place->region, place->suffix);
}

static void state_app_plan__domain(void *arg, const struct state_domain *d)
{
	json_t *item = arg;

	json_array_append_new(json_object_get(item, "hosts"), json_string(d->name));
	if (d->canonical)
		json_object_set_new(item, "canonical", json_string(d->name));
}

static void state_app_plan__instance(void *arg, const struct state_instance *i)
{
	char name[STATE_PROCESS_NAME_BYTES + 24];
	json_t *list = arg;

	if (!i->serving)
		return;
	snprintf(name, sizeof name, "%s-%lld", i->type, (long long)i->number);
	json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", name, "id", i->id, "address", i->address));
}

/* Without an instance: other processes of the app may run, which is a maintenance. */
static const char *state_app_plan__status(const struct state_instance_counts *n)
{
	return n->serving ? "running" : n->others ? "no_web" : "stopped";
}

enum err state_app_plan_make(struct state *st, const char *id, const struct state_app_place *place, json_t **ret)
{
	char host[STATE_APP_HOST_BYTES];
	struct state_instance_counts n;
	struct state_app a;
	enum err e = state_app_get(st, slice_str(id), &a);

	*ret = NULL;
	if (e == ERR_NOT_FOUND)
		return OK;
	TRY(e);
	TRY(state_instance_count(st, a.id, &n));
	state_app_plan_host(&a, place, host);
	json_t *item = json_pack("{s:s, s:s, s:s, s:s, s:[s], s:s, s:b, s:b, s:b, s:I, s:[]}", "kind", "app", "name",
				 a.name, "id", a.id, "status", state_app_plan__status(&n), "hosts", host,
				 "default_host", host, "force_https", a.force_https, "sticky_session", a.sticky_session,
				 "router_logs", a.router_logs, "generation", (json_int_t)a.generation, "instances");
	e = state_domain_each(st, a.id, state_app_plan__domain, item);
	if (e == OK)
		e = state_instance_each(st, a.id, state_app_plan__instance, json_object_get(item, "instances"));
	if (e == OK)
		e = state_app_page_compile(st, a.id, item);
	if (e == OK)
		*ret = item;
	else
		json_decref(item);
	return e;
}
