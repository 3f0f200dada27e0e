/* SPDX-License-Identifier: Apache-2.0 */
/* platform: see platform.h. */
#include "platform/platform.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/text.h"
#include "platform/heard.h"
#include "platform/routes.h"
#include "platform/v1.h"
#include "state/event.h"

#include <stdio.h>

/* A new noun: its table's prototype in routes.h, and a row here. */
const struct api_route *(*const platform_routes[])(void) = {
	platform_apps_routes,
	platform_domains_routes,
	platform_events_routes,
	platform_features_routes,
	platform_formation_routes,
	platform_instances_routes,
	platform_logs_routes,
	platform_session_routes,
	platform_stats_routes,
	platform_variables_routes,
	NULL,
};

/* What an event means for the log of its app; false: nothing. */
static bool platform__line(const json_t *event, struct text *t)
{
	const char *type = json_string_value(json_object_get(event, "type")),
		   *user = json_string_value(json_object_get(event, "user")),
		   *address = json_string_value(json_object_get(json_object_get(event, "type_data"), "address"));
	const json_t *data = json_object_get(event, "type_data"), *list = json_object_get(data, "containers"), *one;
	size_t i;

	if (strcmp(type, "deployment") == 0 && address)
		text_printf(t, "instance %s was registered", address);
	else if (strcmp(type, "remove_instance") == 0 && address)
		text_printf(t, "instance %s was removed", address);
	else if (strcmp(type, "restart") == 0)
		text_add(t, SLICE("restart"));
	else if (strcmp(type, "scale") == 0)
		text_add(t, SLICE("scale to"));
	else
		return false;
	json_array_foreach(list, i, one) text_printf(t, " %.24s:%lld", json_string_value(json_object_get(one, "name")),
						     (long long)json_integer_value(json_object_get(one, "amount")));
	text_printf(t, ", by %s", user);
	return !t->bad;
}

/* What was done to apps is in their logs, in the words of the manager. */
static void platform__tell(struct platform *p)
{
	const json_t *one;
	char line[2048];
	json_t *list;
	size_t i;

	if (state_event_after(p->setup.state, &p->seen_event, &list) != OK)
		return;
	json_array_foreach(list, i, one)
	{
		struct text t = text_of(line, sizeof line);
		const char *app = json_string_value(json_object_get(one, "app_id"));
		if (!platform__line(one, &t))
			continue;
		platform_logs_add(p->logs, app, "manager", json_integer_value(json_object_get(one, "created_at")),
				  text_slice(&t));
		if (p->pages)
			platform_pages_look(p->pages, app);
	}
	json_decref(list);
}

struct platform *platform_new(const struct platform_setup *setup)
{
	struct platform *p = mem_alloc(sizeof *p);

	p->magic = OBJ_PLATFORM;
	p->setup = *setup;
	CHECK(platform_bearer_key_make(setup->seal, &p->key) == OK);
	p->dialect = (struct api_dialect){ .prefix = SLICE("/v1"),
					   .tables = platform_routes,
					   .auth = platform_v1_auth,
					   .find = platform_v1_find,
					   .write = platform_v1_write,
					   .arg = p };
	if (setup->control)
		snprintf(p->logs_folder, sizeof p->logs_folder, "%s/logs", setup->node->data);
	const struct platform_logs_setup logs = { .folder = setup->control ? p->logs_folder : NULL,
						  .loop = setup->control ? control_loop(setup->control) : NULL,
						  .limits = &setup->node->limits };
	p->logs = platform_logs_new(&logs);
	p->numbers = platform_numbers_new();
	if (setup->control)
		platform_heard_begin(p, setup->control);
	p->seen_event = INT64_MAX;
	platform__tell(p);
	return p;
}

void platform_free(struct platform *p)
{
	if (!p)
		return;
	OBJ(p, OBJ_PLATFORM);
	platform_pages_free(p->pages);
	platform_numbers_free(p->numbers);
	platform_logs_free(p->logs);
	p->magic = OBJ_FREED;
	mem_free(p);
}

const struct api_dialect *platform_dialect(const struct platform *p)
{
	return &p->dialect;
}

struct platform_logs *platform_logs(const struct platform *p)
{
	return p->logs;
}

void platform_fetch(struct platform *p, struct api *api, struct web *web)
{
	const struct platform_pages_setup setup = { .api = api,
						    .state = p->setup.state,
						    .web = web,
						    .node = p->setup.node,
						    .seal = p->setup.seal,
						    .logs = p->logs };

	p->pages = platform_pages_new(&setup);
}

void platform_committed(struct platform *p)
{
	struct state_app a;

	OBJ(p, OBJ_PLATFORM);
	platform__tell(p);
	if (p->gone[0] && state_app_get(p->setup.state, slice_str(p->gone), &a) == ERR_NOT_FOUND)
		platform_logs_forget(p->logs, p->gone);
	p->gone[0] = '\0';
}
