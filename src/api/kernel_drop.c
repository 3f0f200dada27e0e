/* SPDX-License-Identifier: Apache-2.0 */
/* kernel_drop: whether the kernel drops what is banned, where, and how much it dropped (supervisor/kernel_drop.h). */
#include "api/api_int.h"
#include "api/routes.h"
#include "control/peer.h"

/* The edges of this node tell the same numbers; the newest knows them best. */
static uint64_t kernel_drop__count(struct api_call *call, const char *name)
{
	const struct peer *p;
	uint64_t most = 0;

	for (size_t i = 0; call->control && (p = control_edge(call->control, i)); i++)
		for (size_t k = 0; k < p->counters_n; k++)
			if (strcmp(p->counters[k].name, name) == 0 && p->counters[k].value > most)
				most = p->counters[k].value;
	return most;
}

static void kernel_drop_get(struct api_call *call)
{
	const char *text = call->api->setup.kernel_drop;
	json_t *r = text && text[0] ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;

	if (!r)
		r = json_pack("{s:s, s:s, s:[]}", "state", "off", "reason", "the supervisor did not say", "interfaces");
	json_object_set_new(r, "dropped",
			    json_pack("{s:I, s:I}", "banned", (json_int_t)kernel_drop__count(call, "kernel_banned"),
				      "paced", (json_int_t)kernel_drop__count(call, "kernel_paced")));
	api_ok(call, r);
}

const struct api_route *api_kernel_drop_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "seawall/kernel_drop", kernel_drop_get, STATE_RIGHT_ACCOUNT_READ, 0 },
		{ 0 },
	};

	return routes;
}
