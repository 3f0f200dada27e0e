/* SPDX-License-Identifier: Apache-2.0 */
/* heard: what edges tell of apps: lines of the router's log, and how many requests there were. */
#include "platform/heard.h"

#include "platform/platform_int.h"
#include "sys/clock.h"

/* One line of a request: {"id", "time", "line"}. */
static void heard__line(void *arg, const struct peer *peer, struct slice json)
{
	struct platform *p = arg;
	json_t *v = json_loadb(json.p, json.n, 0, NULL);
	const char *id = json_string_value(json_object_get(v, "id"));
	const json_t *line = json_object_get(v, "line"), *time = json_object_get(v, "time");

	if (id && state_is_app_id(slice_str(id)) && json_is_string(line))
		platform_logs_add(p->logs, id, "router",
				  json_is_integer(time) ? json_integer_value(time) : clock_wall_ms(),
				  slice_of(json_string_value(line), json_string_length(line)));
	json_decref(v);
}

/* Requests since the last time: {"id", "n": [by hundreds of the status]}. */
static void heard__count(void *arg, const struct peer *peer, struct slice json)
{
	struct platform *p = arg;
	json_t *v = json_loadb(json.p, json.n, 0, NULL);
	const char *id = json_string_value(json_object_get(v, "id"));
	const json_t *list = json_object_get(v, "n");
	uint32_t n[PLATFORM_NUMBERS_CLASSES];

	for (size_t i = 0; i < PLATFORM_NUMBERS_CLASSES; i++) {
		json_int_t one = json_integer_value(json_array_get(list, i));
		n[i] = one > 0 && one < UINT32_MAX ? (uint32_t)one : 0;
	}
	if (id && state_is_app_id(slice_str(id)))
		platform_numbers_add(p->numbers, slice_str(id), clock_wall_ms() / 60000, n);
	json_decref(v);
}

void platform_heard_begin(struct platform *p, struct control *control)
{
	control_hear(control, "router", heard__line, p);
	control_hear(control, "app_count", heard__count, p);
}
