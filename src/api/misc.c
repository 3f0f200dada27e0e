/* SPDX-License-Identifier: Apache-2.0 */
/* misc: what is asked without a zone or account: the edge's addresses, health. */
#include "api/api_int.h"
#include "api/routes.h"

#include <stdio.h>

/* The addresses as prefixes of one address each; their text is the version that clients compare. */
static void misc_ips(struct api_call *call)
{
	json_t *v4 = json_array(), *v6 = json_array();
	char text[IP_TEXT_BYTES], prefix[IP_TEXT_BYTES + 8], etag[40];
	uint32_t sum = 0;

	for (size_t i = 0; i < call->node->addresses_n; i++) {
		const struct ip *ip = &call->node->addresses[i];
		ip_print(ip, text);
		snprintf(prefix, sizeof prefix, "%s/%d", text, ip->family == 4 ? 32 : 128);
		json_array_append_new(ip->family == 4 ? v4 : v6, json_string(prefix));
		sum = sum * 31 + hash_check32(slice_str(prefix));
	}
	snprintf(etag, sizeof etag, "%08x", sum);
	api_ok(call, json_pack("{s:o, s:o, s:s}", "ipv4_cidrs", v4, "ipv6_cidrs", v6, "etag", etag));
}

/* Whether the state can be read; a load balancer or a supervisor asks every few seconds. */
static void misc_health(struct api_call *call)
{
	if (store_version(call->state->store) < 0)
		api_text(call, 503, SLICE("text/plain; charset=utf-8"), SLICE("the state cannot be read\n"));
	else
		api_text(call, 200, SLICE("text/plain; charset=utf-8"), SLICE("ok\n"));
}

const struct api_route *api_misc_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "ips", misc_ips, STATE_RIGHT_NONE, API_OPEN },
		{ METHOD_GET, "/healthz", misc_health, STATE_RIGHT_NONE, API_OPEN },
		{ 0 },
	};

	return routes;
}
